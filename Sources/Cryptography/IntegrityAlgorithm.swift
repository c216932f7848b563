/// The authenticators of ESP and AH.
public enum IntegrityAlgorithm: UInt8, CaseIterable, Hashable, Sendable, Codable {
  /// No authentication; permitted for ESP with a real cipher only (RFC 2406 §5).
  case none
  /// RFC 2403.
  case hmacMD5_96
  /// RFC 2404.
  case hmacSHA1_96
  /// RFC 4868.
  case hmacSHA256_128
  /// RFC 4868.
  case hmacSHA384_192
  /// RFC 4868.
  case hmacSHA512_256
  /// RFC 2857.
  case hmacRIPEMD160_96

  private static let table: [(name: String, hash: HashAlgorithm?, icvLength: Int)] = [
    ("NULL", nil, 0), ("HMAC-MD5-96", .md5, 12), ("HMAC-SHA-1-96", .sha1, 12), ("HMAC-SHA-256-128", .sha256, 16),
    ("HMAC-SHA-384-192", .sha384, 24), ("HMAC-SHA-512-256", .sha512, 32), ("HMAC-RIPEMD-160-96", .ripemd160, 12),
  ]

  /// The RFC's name: `HMAC-SHA-1-96`.
  public var name: String { Self.table[Int(rawValue)].name }
  /// The hash inside; nil for none.
  public var hash: HashAlgorithm? { Self.table[Int(rawValue)].hash }
  /// Octets of the key: as long as the digest, and no other length (RFC 2403 §3, RFC 2404 §3, RFC 2857 §3, RFC 4868
  /// §2.1.1).
  public var keyLength: Int { hash?.digestLength ?? 0 }
  /// Octets of the HMAC that the packet carries.
  public var icvLength: Int { Self.table[Int(rawValue)].icvLength }

  /// The authenticator for a security association; nil for ``none``. Fails where the key's length is wrong.
  public func authenticator(key: [UInt8]) throws(CryptographyError) -> MessageAuthenticator? {
    guard key.count == keyLength else {
      throw .keyLength(algorithm: name, expected: keyLength...keyLength, actual: key.count)
    }
    return hash.map { MessageAuthenticator($0, key: key) }
  }
}
