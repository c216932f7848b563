import Cryptography
import Wire

/// What phase 1 has derived once both public values and nonces are known: RFC 2409 §5.
struct Phase1Keys: Sendable {
  let derivation: KeyDerivation
  let protection: MessageProtection
  let cookies: CookiePair
  let skeyid: [UInt8]
  let skeyidD: [UInt8]
  let skeyidA: [UInt8]
  let initiatorPublicValue: [UInt8]
  let responderPublicValue: [UInt8]
  /// SAi_b: the initiator's SA payload without its generic header, as it was sent.
  let initiatorSABody: [UInt8]

  /// What the two ends exchanged in messages 1 to 4.
  struct Inputs: Sendable {
    var agreement: Phase1Agreement
    var cookies: CookiePair
    /// `nil` where signatures authenticate.
    var preSharedKey: [UInt8]?
    var initiatorNonce: [UInt8]
    var responderNonce: [UInt8]
    var initiatorPublicValue: [UInt8]
    var responderPublicValue: [UInt8]
    var sharedSecret: [UInt8]
    var initiatorSABody: [UInt8]
  }

  /// Derives everything, and notes each value with its formula. Returns the first initialization vector too.
  static func derive(
    _ inputs: Inputs, desk: inout Desk, _ exchange: IKEExchangeID
  ) -> (keys: Phase1Keys, initializationVector: [UInt8]) {
    let suite = inputs.agreement.suite
    let derivation = KeyDerivation(hash: suite.hash)
    func note(_ name: String, _ formula: String, _ value: [UInt8], _ citation: String = "RFC 2409 §5") {
      desk.derived(name, formula, citation, value, exchange)
    }
    let skeyid = skeyid(inputs, derivation) { note($0, $1, $2) }
    // SKEYID_d = prf(SKEYID, g^xy | CKY-I | CKY-R | 0)   RFC 2409 §5
    let skeyidD = derivation.skeyidD(skeyid: skeyid, sharedSecret: inputs.sharedSecret, cookies: inputs.cookies)
    note("SKEYID_d", "prf(SKEYID, g^xy | CKY-I | CKY-R | 0)", skeyidD)
    // SKEYID_a = prf(SKEYID, SKEYID_d | g^xy | CKY-I | CKY-R | 1)   RFC 2409 §5
    let skeyidA = derivation.skeyidA(
      skeyid: skeyid, skeyidD: skeyidD, sharedSecret: inputs.sharedSecret, cookies: inputs.cookies)
    note("SKEYID_a", "prf(SKEYID, SKEYID_d | g^xy | CKY-I | CKY-R | 1)", skeyidA)
    // SKEYID_e = prf(SKEYID, SKEYID_a | g^xy | CKY-I | CKY-R | 2)   RFC 2409 §5
    let skeyidE = derivation.skeyidE(
      skeyid: skeyid, skeyidA: skeyidA, sharedSecret: inputs.sharedSecret, cookies: inputs.cookies)
    note("SKEYID_e", "prf(SKEYID, SKEYID_a | g^xy | CKY-I | CKY-R | 2)", skeyidE)
    let key = derivation.cipherKey(suite.cipher, skeyidE: skeyidE)
    note(
      "cipher key",
      skeyidE.count < suite.cipher.keyLength
        ? "Ka = K1 | K2 | …, K1 = prf(SKEYID_e, 0), Kn = prf(SKEYID_e, Kn-1)" : "the first octets of SKEYID_e", key,
      "RFC 2409 Appendix B")
    // IV = hash(g^xi | g^xr)   RFC 2409 Appendix B
    let vector = derivation.phase1InitializationVector(
      initiatorPublicValue: inputs.initiatorPublicValue, responderPublicValue: inputs.responderPublicValue,
      cipher: suite.cipher)
    note("IV", "hash(g^xi | g^xr)", vector, "RFC 2409 Appendix B")
    let keys = Phase1Keys(
      derivation: derivation, protection: MessageProtection(cipher: suite.cipher, key: key), cookies: inputs.cookies,
      skeyid: skeyid, skeyidD: skeyidD, skeyidA: skeyidA, initiatorPublicValue: inputs.initiatorPublicValue,
      responderPublicValue: inputs.responderPublicValue, initiatorSABody: inputs.initiatorSABody)
    return (keys, vector)
  }

  private static func skeyid(
    _ inputs: Inputs, _ derivation: KeyDerivation, _ note: (String, String, [UInt8]) -> Void
  ) -> [UInt8] {
    if let key = inputs.preSharedKey {
      // SKEYID = prf(pre-shared-key, Ni_b | Nr_b)   RFC 2409 §5
      let value = derivation.skeyid(
        preSharedKey: key, initiatorNonce: inputs.initiatorNonce, responderNonce: inputs.responderNonce)
      note("SKEYID", "prf(pre-shared-key, Ni_b | Nr_b)", value)
      return value
    }
    // SKEYID = prf(Ni_b | Nr_b, g^xy)   RFC 2409 §5
    let value = derivation.skeyid(
      sharedSecret: inputs.sharedSecret, initiatorNonce: inputs.initiatorNonce, responderNonce: inputs.responderNonce)
    note("SKEYID", "prf(Ni_b | Nr_b, g^xy)", value)
    return value
  }

  /// HASH_I for a role of initiator, HASH_R for responder, over the body of that side's identity; noted. DSS is tied to
  /// SHA-1, whatever hash was agreed on (RFC 2409 §5.1).
  func authenticator(
    of role: IKERole, identityBody: [UInt8], in setting: Phase1Setting, desk: inout Desk
  ) -> [UInt8] {
    let exchange = setting.exchange
    let derivation = setting.peer.authentication == .dssSignatures ? KeyDerivation(hash: .sha1) : self.derivation
    switch role {
    case .initiator:
      // HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b)   RFC 2409 §5
      let value = derivation.hashI(
        skeyid: skeyid, initiatorPublicValue: initiatorPublicValue, responderPublicValue: responderPublicValue,
        cookies: cookies, initiatorSABody: initiatorSABody, initiatorIdentityBody: identityBody)
      desk.derived(
        "HASH_I", "prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b)", "RFC 2409 §5", value, exchange)
      return value
    case .responder:
      // HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b)   RFC 2409 §5
      let value = derivation.hashR(
        skeyid: skeyid, initiatorPublicValue: initiatorPublicValue, responderPublicValue: responderPublicValue,
        cookies: cookies, initiatorSABody: initiatorSABody, responderIdentityBody: identityBody)
      desk.derived(
        "HASH_R", "prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b)", "RFC 2409 §5", value, exchange)
      return value
    }
  }

  /// The header of an encrypted message.
  func header(_ exchange: ExchangeType, messageID: UInt32 = 0) -> ISAKMPHeader {
    ISAKMPHeader(
      initiatorCookie: cookies.initiator, responderCookie: cookies.responder, exchangeType: exchange,
      messageID: messageID)
  }

  /// The first initialization vector of a phase 2 exchange, noted.
  func initializationVector(
    lastPhase1Block: [UInt8], messageID: UInt32, desk: inout Desk, _ exchange: IKEExchangeID
  ) -> [UInt8] {
    // IV = hash(last phase 1 CBC output block | M-ID)   RFC 2409 Appendix B
    let vector = derivation.phase2InitializationVector(
      lastPhase1Block: lastPhase1Block, messageID: messageID, cipher: protection.cipher)
    desk.derived("IV", "hash(last phase 1 CBC output block | M-ID)", "RFC 2409 Appendix B", vector, exchange)
    return vector
  }
}
