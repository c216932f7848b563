import Cryptography
import IKE
import IPsec

extension ScalarRule {
  private static let ciphers: [(name: String, value: CipherAlgorithm)] = [
    ("aes128", .aes128CBC), ("aes192", .aes192CBC), ("aes256", .aes256CBC), ("3des", .tripleDESCBC), ("des", .desCBC),
    ("cast128", .cast128CBC), ("blowfish128", .blowfishCBC), ("idea", .ideaCBC), ("aes128ctr", .aes128CTR),
    ("aes192ctr", .aes192CTR), ("aes256ctr", .aes256CTR), ("null", .null),
  ]
  private static let authenticators: [(name: String, value: IntegrityAlgorithm)] = [
    ("sha256", .hmacSHA256_128), ("sha1", .hmacSHA1_96), ("md5", .hmacMD5_96), ("ripemd160", .hmacRIPEMD160_96),
    ("none", .none),
  ]
  private static let hashes: [(name: String, value: HashAlgorithm)] = [
    ("sha256", .sha256), ("sha1", .sha1), ("md5", .md5),
  ]
  private static let groups: [UInt16] = [1, 2, 5, 14]

  /// Every pair of a cipher and an authenticator for ESP but the one that RFC 2406 §5 forbids.
  static let espSuites: [(name: String, value: ESPSuite)] = ciphers.flatMap { cipher in
    authenticators.compactMap { integrity in
      ESPSuite(cipher: cipher.value, integrity: integrity.value).map { ("\(cipher.name)-\(integrity.name)", $0) }
    }
  }

  static let espSuite = ScalarRule(
    expected:
      "a cipher and an authenticator such as \"aes128-sha1\" (ciphers: \(list(ciphers.map(\.name))); "
      + "authenticators: \(list(authenticators.map(\.name))))", choices: espSuites.map(\.name)
  ) { text throws(ScalarFault) in
    if text == "null-none" {
      throw ScalarFault("\"null-none\" protects nothing: cipher and authenticator may not both be null (RFC 2406 §5)")
    }
    if ciphers.contains(where: { $0.name == text }) {
      throw ScalarFault("\(quoted(text)) is a cipher without an authenticator", suggestion: "\(text)-sha1")
    }
    if authenticators.contains(where: { $0.name == text }) {
      throw ScalarFault("\(quoted(text)) is an authenticator, as \"ah\" has it, and no suite of ESP")
    }
    guard let suite = espSuites.first(where: { $0.name == text }) else {
      throw ScalarFault("\(quoted(text)) is unknown", suggestion: closest(to: text, among: espSuites.map(\.name)))
    }
    return .suite(.esp(suite.value))
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }

  /// Every authenticator of AH: RFC 2402 §5 has none without.
  static let ahSuite = choice(authenticators.dropLast().map(\.name)) { text in
    .suite(.ah(authenticators.first { $0.name == text }?.value ?? .hmacSHA1_96))
  }

  static let compression = choice(["deflate"]) { _ in .suite(.ipcomp(.deflate)) }

  /// Every protection suite of phase 1 with a pre-shared key.
  static let phase1Suites: [(name: String, value: Phase1Suite)] = ciphers.prefix(5).flatMap { cipher in
    hashes.flatMap { hash in
      groups.map { group in
        (
          "\(cipher.name)-\(hash.name)-group\(group)",
          Phase1Suite(cipher: cipher.value, hash: hash.value, group: group)
        )
      }
    }
  }

  static let phase1Suite = ScalarRule(
    expected:
      "a cipher, a hash and a group such as \"aes128-sha1-group2\" (ciphers: aes128, aes192, aes256, 3des, des; "
      + "hashes: sha256, sha1, md5; groups: 1, 2, 5, 14)", choices: phase1Suites.map(\.name)
  ) { text throws(ScalarFault) in
    guard let suite = phase1Suites.first(where: { $0.name == text }) else {
      throw ScalarFault("\(quoted(text)) is unknown", suggestion: closest(to: text, among: phase1Suites.map(\.name)))
    }
    return .phase1Suite(suite.value)
  }

  /// The group of a further Diffie-Hellman exchange in quick mode.
  static let perfectForwardSecrecy = choice(["none"] + groups.map { "group\($0)" }) { text in
    .group(UInt16(text.dropFirst("group".count)))
  }
}
