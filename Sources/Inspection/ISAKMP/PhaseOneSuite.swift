import Cryptography
import IKE
import Wire

/// The cipher and hash of an ISAKMP SA, as its clear SA payloads have them. RFC 2409 Appendix A.
struct PhaseOneSuite: Hashable, Sendable {
  var encryption: UInt16
  var hash: UInt16

  private static let ciphers: [(IKEEncryptionAlgorithm, CipherFamily)] = [
    (.desCBC, .des), (.ideaCBC, .idea), (.blowfishCBC, .blowfish), (.tripleDESCBC, .tripleDES), (.castCBC, .cast),
    (.aesCBC, .aesCBC),
  ]
  private static let hashes: [(IKEHashAlgorithm, HashAlgorithm)] = [
    (.md5, .md5), (.sha1, .sha1), (.sha2_256, .sha256), (.sha2_384, .sha384), (.sha2_512, .sha512),
  ]

  /// The suites of all transforms in `payload` that say both a cipher and a hash.
  static func all(in payload: SecurityAssociationPayload) -> [PhaseOneSuite] {
    payload.proposals.flatMap(\.transforms).compactMap { transform in
      guard let encryption = transform.number(of: .encryptionAlgorithm),
        let hash = transform.number(of: .hashAlgorithm)
      else { return nil }
      return PhaseOneSuite(encryption: encryption, hash: hash)
    }
  }

  /// What takes the key off messages, or why nothing does.
  func protection(key: [UInt8]) -> Result<(MessageProtection, KeyDerivation), Obstacle> {
    guard let family = Self.ciphers.first(where: { $0.0.rawValue == encryption })?.1 else {
      return .failure(Obstacle("Lockstep does not have \(IKEEncryptionAlgorithm(rawValue: encryption).meaning)"))
    }
    guard let hash = Self.hashes.first(where: { $0.0.rawValue == hash })?.1 else {
      return .failure(Obstacle("Lockstep does not have \(IKEHashAlgorithm(rawValue: hash).meaning)"))
    }
    guard let cipher = family.member(keyLength: key.count) else {
      return .failure(
        Obstacle(
          "the key has \(key.count) octets, and \(IKEEncryptionAlgorithm(rawValue: encryption).meaning) takes"
            + " \(family.keyLengths)"))
    }
    return .success((MessageProtection(cipher: cipher, key: key), KeyDerivation(hash: hash)))
  }

  /// Why a suite opens nothing.
  struct Obstacle: Error {
    let words: String
    init(_ words: String) { self.words = words }
  }
}

extension Transform {
  fileprivate func number(of type: IKEAttributeType) -> UInt16? {
    attributes.first { $0.type == type.rawValue }?.unsigned.flatMap { UInt16(exactly: $0) }
  }
}
