/// The ciphers of ESP and IKE that Lockstep seals or opens with.
public enum CipherAlgorithm: UInt8, CaseIterable, Hashable, Sendable, Codable {
  /// No encryption: RFC 2410.
  case null
  /// DES in CBC mode: RFC 2405.
  case desCBC
  /// Triple DES (encrypt, decrypt, encrypt) in CBC mode: RFC 2451.
  case tripleDESCBC
  /// AES in CBC mode with a key of 128 bits: RFC 3602.
  case aes128CBC
  /// AES in CBC mode with a key of 192 bits: RFC 3602.
  case aes192CBC
  /// AES in CBC mode with a key of 256 bits: RFC 3602.
  case aes256CBC
  /// CAST-128 in CBC mode: RFC 2144, RFC 2451.
  case cast128CBC
  /// Blowfish in CBC mode: RFC 2451.
  case blowfishCBC
  /// AES in counter mode with a key of 128 bits: RFC 3686.
  case aes128CTR
  /// AES in counter mode with a key of 192 bits: RFC 3686.
  case aes192CTR
  /// AES in counter mode with a key of 256 bits: RFC 3686.
  case aes256CTR
  /// IDEA in CBC mode: RFC 2451.
  case ideaCBC
}

/// What there is to know about a cipher: lengths in octets.
struct CipherProperties: Sendable {
  let name: String
  /// What libcrypto calls it; nil where nothing is computed, or not by libcrypto.
  let libraryName: String?
  let provider: Provider
  let keyLength: Int
  let keyLengths: ClosedRange<Int>
  let blockLength: Int
  let initializationVectorLength: Int
  /// Octets at the end of the keying material that are not the cipher's key but the nonce of its counter block.
  let nonceLength: Int

  /// A block cipher in CBC mode: the IV is a block.
  static func cbc(
    _ name: String, _ libraryName: String?, _ provider: Provider, key: Int, keys: ClosedRange<Int>? = nil, block: Int
  ) -> Self {
    Self(
      name: name, libraryName: libraryName, provider: provider, keyLength: key, keyLengths: keys ?? key...key,
      blockLength: block, initializationVectorLength: block, nonceLength: 0)
  }

  /// AES in counter mode: the keying material ends in a nonce of four octets, the packet carries eight (RFC 3686 §5.1).
  static func aesCTR(_ name: String, _ libraryName: String, key: Int) -> Self {
    Self(
      name: name, libraryName: libraryName, provider: .default, keyLength: key + 4, keyLengths: (key + 4)...(key + 4),
      blockLength: 1, initializationVectorLength: 8, nonceLength: 4)
  }
}

extension CipherAlgorithm {
  /// Names are those that ESP's RFCs and Wireshark use. Blowfish itself takes keys from 32 bits on, though RFC 2451
  /// §2.2 offers them from 40: which lengths are acceptable is a policy's business.
  private static let table: [CipherProperties] = [
    CipherProperties(
      name: "NULL", libraryName: nil, provider: .default, keyLength: 0, keyLengths: 0...0, blockLength: 1,
      initializationVectorLength: 0, nonceLength: 0),
    .cbc("DES-CBC", "DES-CBC", .legacy, key: 8, block: 8),
    .cbc("3DES-CBC", "DES-EDE3-CBC", .default, key: 24, block: 8),
    .cbc("AES-128-CBC", "AES-128-CBC", .default, key: 16, block: 16),
    .cbc("AES-192-CBC", "AES-192-CBC", .default, key: 24, block: 16),
    .cbc("AES-256-CBC", "AES-256-CBC", .default, key: 32, block: 16),
    .cbc("CAST5-CBC", "CAST5-CBC", .legacy, key: 16, keys: 5...16, block: 8),
    .cbc("BLOWFISH-CBC", "BF-CBC", .legacy, key: 16, keys: 4...56, block: 8),
    .aesCTR("AES-128-CTR", "AES-128-CTR", key: 16),
    .aesCTR("AES-192-CTR", "AES-192-CTR", key: 24),
    .aesCTR("AES-256-CTR", "AES-256-CTR", key: 32),
    .cbc("IDEA-CBC", nil, .default, key: 16, block: IDEA.blockLength),
  ]

  var properties: CipherProperties { Self.table[Int(rawValue)] }

  /// The name that people read: `3DES-CBC`.
  public var name: String { properties.name }
  /// Octets of keying material where no length was negotiated. Counter mode counts its nonce of four (RFC 3686 §5.1).
  public var keyLength: Int { properties.keyLength }
  /// Every number of octets of keying material that the cipher takes.
  public var keyLengths: ClosedRange<Int> { properties.keyLengths }
  /// Octets of which the plaintext must be a multiple; 1 where there is no such demand.
  public var blockLength: Int { properties.blockLength }
  /// Octets of the initialization vector that each packet carries.
  public var initializationVectorLength: Int { properties.initializationVectorLength }

  /// Says what is wrong with a key of `count` octets.
  func checkKeyLength(_ count: Int) throws(CryptographyError) {
    guard keyLengths.contains(count) else {
      throw .keyLength(algorithm: name, expected: keyLengths, actual: count)
    }
  }

  /// Says what is wrong with an initialization vector of `count` octets.
  func checkInitializationVectorLength(_ count: Int) throws(CryptographyError) {
    guard count == initializationVectorLength else {
      throw .initializationVectorLength(algorithm: name, expected: initializationVectorLength, actual: count)
    }
  }
}
