import Cryptography
import Wire

/// The pair of cookies that names an ISAKMP association: CKY-I and CKY-R.
public struct CookiePair: Hashable, Sendable {
  /// CKY-I.
  public var initiator: Cookie
  /// CKY-R.
  public var responder: Cookie

  public init(initiator: Cookie, responder: Cookie) {
    self.initiator = initiator
    self.responder = responder
  }

  /// CKY-I | CKY-R, sixteen octets.
  public var octets: [UInt8] { initiator.octets + responder.octets }

  /// CKY-R | CKY-I, sixteen octets.
  var reversedOctets: [UInt8] { responder.octets + initiator.octets }
}

/// The formulas of RFC 2409, each as a function of what stands in it. The prf is the HMAC of the negotiated hash (RFC
/// 2409 §4). Nothing here knows of messages or states, so that a capture file can be opened with the same code.
public struct KeyDerivation: Hashable, Sendable {
  /// The negotiated hash.
  public var hash: HashAlgorithm

  public init(hash: HashAlgorithm) { self.hash = hash }

  func prf(_ key: [UInt8], _ parts: [[UInt8]]) -> [UInt8] { hash.prf(key, parts) }

  // MARK: SKEYID and its three descendants

  /// SKEYID = prf(pre-shared-key, Ni_b | Nr_b)   RFC 2409 §5, pre-shared keys
  public func skeyid(preSharedKey: [UInt8], initiatorNonce: [UInt8], responderNonce: [UInt8]) -> [UInt8] {
    prf(preSharedKey, [initiatorNonce, responderNonce])
  }

  /// SKEYID = prf(Ni_b | Nr_b, g^xy)   RFC 2409 §5, signatures
  public func skeyid(sharedSecret: [UInt8], initiatorNonce: [UInt8], responderNonce: [UInt8]) -> [UInt8] {
    prf(initiatorNonce + responderNonce, [sharedSecret])
  }

  /// SKEYID_d = prf(SKEYID, g^xy | CKY-I | CKY-R | 0)   RFC 2409 §5
  public func skeyidD(skeyid: [UInt8], sharedSecret: [UInt8], cookies: CookiePair) -> [UInt8] {
    prf(skeyid, [sharedSecret, cookies.octets, [0]])
  }

  /// SKEYID_a = prf(SKEYID, SKEYID_d | g^xy | CKY-I | CKY-R | 1)   RFC 2409 §5
  public func skeyidA(skeyid: [UInt8], skeyidD: [UInt8], sharedSecret: [UInt8], cookies: CookiePair) -> [UInt8] {
    prf(skeyid, [skeyidD, sharedSecret, cookies.octets, [1]])
  }

  /// SKEYID_e = prf(SKEYID, SKEYID_a | g^xy | CKY-I | CKY-R | 2)   RFC 2409 §5
  public func skeyidE(skeyid: [UInt8], skeyidA: [UInt8], sharedSecret: [UInt8], cookies: CookiePair) -> [UInt8] {
    prf(skeyid, [skeyidA, sharedSecret, cookies.octets, [2]])
  }

  // MARK: The cipher's key and its initialization vectors

  /// Ka = K1 | K2 | …, K1 = prf(SKEYID_e, 0), Kn = prf(SKEYID_e, Kn-1), cut to `count` octets; SKEYID_e itself where it
  /// is long enough   RFC 2409 Appendix B
  public func expandedKey(skeyidE: [UInt8], count: Int) -> [UInt8] {
    guard skeyidE.count < count else { return Array(skeyidE.prefix(count)) }
    var block = prf(skeyidE, [[0]])
    var key = block
    while key.count < count {
      block = prf(skeyidE, [block])
      key += block
    }
    return Array(key.prefix(count))
  }

  /// The key of the cipher that protects messages 5 and 6 and phase 2: the first octets of SKEYID_e, or of Ka where it
  /// is too short. DES takes the first eight octets that are neither a weak nor a semi-weak key; RFC 2409 Appendix B.
  public func cipherKey(_ cipher: CipherAlgorithm, skeyidE: [UInt8]) -> [UInt8] {
    let length = cipher.keyLength
    let key = expandedKey(skeyidE: skeyidE, count: length)
    guard cipher == .desCBC else { return key }
    return firstStrongKey(cipher, length: length, in: skeyidE) ?? key
  }

  private func firstStrongKey(_ cipher: CipherAlgorithm, length: Int, in material: [UInt8]) -> [UInt8]? {
    stride(from: 0, through: material.count - length, by: length).lazy
      .map { Array(material[$0..<$0 + length]) }
      .first { !cipher.isWeakKey($0) }
  }

  /// IV = hash(g^xi | g^xr), the first octets, as many as the cipher's block has   RFC 2409 Appendix B
  public func phase1InitializationVector(
    initiatorPublicValue: [UInt8], responderPublicValue: [UInt8], cipher: CipherAlgorithm
  ) -> [UInt8] {
    Array(hash.digest([initiatorPublicValue, responderPublicValue]).prefix(cipher.blockLength))
  }

  /// IV = hash(last phase 1 CBC output block | M-ID), the first octets   RFC 2409 Appendix B
  public func phase2InitializationVector(
    lastPhase1Block: [UInt8], messageID: UInt32, cipher: CipherAlgorithm
  ) -> [UInt8] {
    Array(hash.digest([lastPhase1Block, Self.octets(messageID)]).prefix(cipher.blockLength))
  }

  // MARK: The hashes that authenticate

  /// HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b)   RFC 2409 §5
  public func hashI(
    skeyid: [UInt8], initiatorPublicValue: [UInt8], responderPublicValue: [UInt8], cookies: CookiePair,
    initiatorSABody: [UInt8], initiatorIdentityBody: [UInt8]
  ) -> [UInt8] {
    prf(
      skeyid,
      [initiatorPublicValue, responderPublicValue, cookies.octets, initiatorSABody, initiatorIdentityBody])
  }

  /// HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b)   RFC 2409 §5
  public func hashR(
    skeyid: [UInt8], initiatorPublicValue: [UInt8], responderPublicValue: [UInt8], cookies: CookiePair,
    initiatorSABody: [UInt8], responderIdentityBody: [UInt8]
  ) -> [UInt8] {
    prf(
      skeyid,
      [responderPublicValue, initiatorPublicValue, cookies.reversedOctets, initiatorSABody, responderIdentityBody])
  }

  /// HASH(1) = prf(SKEYID_a, M-ID | SA | Ni [ | KE ] [ | IDci | IDcr ])   RFC 2409 §5.5
  ///
  /// `rest` is everything behind the HASH payload up to the end of the last payload, generic headers included. The same
  /// formula protects informational exchanges: HASH(1) = prf(SKEYID_a, M-ID | N/D), RFC 2409 §5.7.
  public func quickHash1(skeyidA: [UInt8], messageID: UInt32, rest: [UInt8]) -> [UInt8] {
    prf(skeyidA, [Self.octets(messageID), rest])
  }

  /// HASH(2) = prf(SKEYID_a, M-ID | Ni_b | SA | Nr [ | KE ] [ | IDci | IDcr ])   RFC 2409 §5.5
  public func quickHash2(skeyidA: [UInt8], messageID: UInt32, initiatorNonce: [UInt8], rest: [UInt8]) -> [UInt8] {
    prf(skeyidA, [Self.octets(messageID), initiatorNonce, rest])
  }

  /// HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b)   RFC 2409 §5.5
  public func quickHash3(
    skeyidA: [UInt8], messageID: UInt32, initiatorNonce: [UInt8], responderNonce: [UInt8]
  ) -> [UInt8] {
    prf(skeyidA, [[0], Self.octets(messageID), initiatorNonce, responderNonce])
  }

  // MARK: Keys for the associations

  /// KEYMAT = K1 | K2 | …, cut to `count` octets   RFC 2409 §5.5
  ///
  ///     K1 = prf(SKEYID_d, [ g(qm)^xy | ] protocol | SPI | Ni_b | Nr_b)
  ///     Kn = prf(SKEYID_d, Kn-1 | [ g(qm)^xy | ] protocol | SPI | Ni_b | Nr_b)
  ///
  /// `sharedSecret` is that of quick mode's own exchange, for perfect forward secrecy; empty without it. `spi` is that
  /// of the association that the keys are for, so that the two directions have keys of their own.
  public func keymat(
    skeyidD: [UInt8], sharedSecret: [UInt8], securityProtocol: SecurityProtocol, spi: [UInt8],
    initiatorNonce: [UInt8], responderNonce: [UInt8], count: Int
  ) -> [UInt8] {
    let seed = [sharedSecret, [securityProtocol.rawValue], spi, initiatorNonce, responderNonce]
    guard count > 0 else { return [] }
    let authenticator = MessageAuthenticator(hash, key: skeyidD)
    var block = authenticator.authenticate(seed)
    var material = block
    while material.count < count {
      block = authenticator.authenticate([block] + seed)
      material += block
    }
    return Array(material.prefix(count))
  }

  static func octets(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
  }
}
