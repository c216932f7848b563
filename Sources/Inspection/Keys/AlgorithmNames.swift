import Cryptography

/// A family of ciphers as key files name it: the key's length decides which member it is.
enum CipherFamily: Hashable, Sendable {
  case members([CipherAlgorithm])
  /// Known by name, but not to us.
  case unsupported

  static let null = CipherFamily.members([.null])
  static let des = CipherFamily.members([.desCBC])
  static let tripleDES = CipherFamily.members([.tripleDESCBC])
  static let aesCBC = CipherFamily.members([.aes128CBC, .aes192CBC, .aes256CBC])
  static let aesCTR = CipherFamily.members([.aes128CTR, .aes192CTR, .aes256CTR])
  static let cast = CipherFamily.members([.cast128CBC])
  static let blowfish = CipherFamily.members([.blowfishCBC])
  static let idea = CipherFamily.members([.ideaCBC])

  /// The member whose key has `count` octets.
  func member(keyLength count: Int) -> CipherAlgorithm? {
    guard case .members(let members) = self else { return nil }
    return members.first { $0.keyLengths.contains(count) }
  }

  /// The lengths of key that there are, for people.
  var keyLengths: String {
    guard case .members(let members) = self else { return "" }
    return members.map { algorithm in
      let lengths = algorithm.keyLengths
      return lengths.count == 1 ? "\(lengths.lowerBound)" : "\(lengths.lowerBound) to \(lengths.upperBound)"
    }.joined(separator: " or ")
  }
}

/// An authenticator as key files name it.
enum IntegrityName: Hashable, Sendable {
  case none
  case hmac(HashAlgorithm, length: Int)
  case unchecked(length: Int)
  case unsupported
}

/// The names of one format, in the order in which an error lists them.
struct AlgorithmNames: Sendable {
  var encryption: [(name: String, family: CipherFamily)]
  var integrity: [(name: String, integrity: IntegrityName)]
  var isCaseSensitive: Bool

  func family(_ name: String) -> CipherFamily? {
    encryption.first { matches($0.name, name) }?.family
  }

  func integrity(_ name: String) -> IntegrityName? {
    integrity.first { matches($0.name, name) }?.integrity
  }

  private func matches(_ known: String, _ name: String) -> Bool {
    isCaseSensitive ? known == name : known.lowercased() == name.lowercased()
  }
}

extension AlgorithmNames {
  /// The names that Wireshark offers for `esp_sa`.
  static let wireshark = AlgorithmNames(
    encryption: [
      ("NULL", .null), ("TripleDES-CBC [RFC2451]", .tripleDES), ("AES-CBC [RFC3602]", .aesCBC),
      ("AES-CTR [RFC3686]", .aesCTR), ("DES-CBC [RFC2405]", .des), ("CAST5-CBC [RFC2144]", .cast),
      ("BLOWFISH-CBC [RFC2451]", .blowfish), ("TWOFISH-CBC", .unsupported), ("AES-GCM [RFC4106]", .unsupported),
      ("AES-GCM with 8 octet ICV [RFC4106]", .unsupported), ("AES-GCM with 12 octet ICV [RFC4106]", .unsupported),
      ("AES-GCM with 16 octet ICV [RFC4106]", .unsupported),
      ("ChaCha20 with Poly1305 [RFC7634]", .unsupported),
    ],
    integrity: [
      ("NULL", .none), ("HMAC-SHA-1-96 [RFC2404]", .hmac(.sha1, length: 12)),
      ("HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]", .hmac(.sha256, length: 12)),
      ("HMAC-SHA-256-128 [RFC4868]", .hmac(.sha256, length: 16)),
      ("HMAC-SHA-384-192 [RFC4868]", .hmac(.sha384, length: 24)),
      ("HMAC-SHA-512-256 [RFC4868]", .hmac(.sha512, length: 32)), ("HMAC-MD5-96 [RFC2403]", .hmac(.md5, length: 12)),
      ("MAC-RIPEMD-160-96 [RFC2857]", .hmac(.ripemd160, length: 12)),
      ("ANY 64 bit authentication [no checking]", .unchecked(length: 8)),
      ("ANY 96 bit authentication [no checking]", .unchecked(length: 12)),
      ("ANY 128 bit authentication [no checking]", .unchecked(length: 16)),
      ("ANY 192 bit authentication [no checking]", .unchecked(length: 24)),
      ("ANY 256 bit authentication [no checking]", .unchecked(length: 32)),
    ],
    isCaseSensitive: true)

  /// The names of the list of associations in JSON: those of scapy, and what people write for them.
  static let associationList = AlgorithmNames(
    encryption: [
      ("NULL", .null), ("DES", .des), ("3DES", .tripleDES), ("CAST", .cast), ("Blowfish", .blowfish),
      ("AES-CBC", .aesCBC), ("AES-CTR", .aesCTR), ("IDEA", .idea), ("none", .null), ("des-cbc", .des),
      ("3des-cbc", .tripleDES),
      ("des3", .tripleDES), ("cast-cbc", .cast), ("cast128", .cast), ("cast5", .cast), ("blowfish-cbc", .blowfish),
      ("idea-cbc", .idea), ("aes", .aesCBC), ("AES-GCM", .unsupported), ("AES-CCM", .unsupported),
      ("AES-NULL-GMAC", .unsupported),
      ("CHACHA20-POLY1305", .unsupported),
    ],
    integrity: [
      ("NULL", .none), ("HMAC-MD5-96", .hmac(.md5, length: 12)), ("HMAC-SHA1-96", .hmac(.sha1, length: 12)),
      ("SHA2-256-128", .hmac(.sha256, length: 16)), ("SHA2-384-192", .hmac(.sha384, length: 24)),
      ("SHA2-512-256", .hmac(.sha512, length: 32)), ("HMAC-RIPEMD160-96", .hmac(.ripemd160, length: 12)),
      ("none", .none), ("hmac-md5", .hmac(.md5, length: 12)), ("hmac-sha1", .hmac(.sha1, length: 12)),
      ("hmac-sha-1-96", .hmac(.sha1, length: 12)), ("hmac-sha256", .hmac(.sha256, length: 16)),
      ("hmac-sha2-256-128", .hmac(.sha256, length: 16)), ("hmac-sha2-384-192", .hmac(.sha384, length: 24)),
      ("hmac-sha2-512-256", .hmac(.sha512, length: 32)), ("AES-CMAC-96", .unsupported),
    ],
    isCaseSensitive: false)
}

extension AlgorithmNames {
  /// The cipher that `name` and the key mean; says what is wrong with them otherwise.
  func encryption(_ name: String, key: String) throws(KeyFault) -> AssociationKeys.Encryption {
    guard let family = family(name) else {
      throw KeyFault(
        .name, "unknown encryption algorithm \(quoted(name))",
        "expected one of \(encryption.map(\.name).joined(separator: ", "))")
    }
    if family == .unsupported { return .unsupported(name) }
    if family == .null { return .cipher(.null, key: []) }
    let octets = try Self.octets(key)
    let material = family == .tripleDES && octets.count == 16 ? octets + octets.prefix(8) : octets
    guard let algorithm = family.member(keyLength: material.count) else {
      throw KeyFault(
        .key, "\(name) with a key of \(octets.count) octet\(octets.count == 1 ? "" : "s")",
        "expected \(family.keyLengths) octets in hexadecimal")
    }
    return .cipher(algorithm, key: material)
  }

  /// The authenticator that `name` and the key mean; says what is wrong with them otherwise.
  func integrity(_ name: String, key: String) throws(KeyFault) -> AssociationKeys.Integrity {
    guard let known = integrity(name) else {
      throw KeyFault(
        .name, "unknown authentication algorithm \(quoted(name))",
        "expected one of \(integrity.map(\.name).joined(separator: ", "))")
    }
    switch known {
    case .none: return .none
    case .unchecked(let length): return .unchecked(length: length)
    case .unsupported: return .unsupported(name)
    case .hmac(let hash, let length): return .hmac(hash, length: length, key: try Self.octets(key))
    }
  }

  private static func octets(_ key: String) throws(KeyFault) -> [UInt8] {
    guard let octets = Inspection.octets(hexadecimal: key) else {
      throw KeyFault(
        .key, "the key \(quoted(key)) is not hexadecimal", "write an even number of digits 0 to 9 and a to f")
    }
    return octets
  }
}

/// What is wrong with an algorithm and its key, before it is known where that stands.
struct KeyFault: Error {
  enum Part { case name, key }
  var part: Part
  var problem: String
  var remedy: String

  init(_ part: Part, _ problem: String, _ remedy: String) {
    self.part = part
    self.problem = problem
    self.remedy = remedy
  }
}
