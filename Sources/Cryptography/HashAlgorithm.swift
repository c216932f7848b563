/// The hashes of IPsec and IKE.
public enum HashAlgorithm: UInt8, CaseIterable, Hashable, Sendable, Codable {
  /// RFC 1321: 128 bits.
  case md5
  /// FIPS 180-1: 160 bits.
  case sha1
  /// FIPS 180-2: 256 bits.
  case sha256
  /// FIPS 180-2: 384 bits.
  case sha384
  /// FIPS 180-2: 512 bits.
  case sha512
  /// RIPEMD-160, as RFC 2857 uses it: 160 bits.
  case ripemd160

  private static let table: [(name: String, digestLength: Int, blockLength: Int)] = [
    ("MD5", 16, 64), ("SHA-1", 20, 64), ("SHA-256", 32, 64), ("SHA-384", 48, 128), ("SHA-512", 64, 128),
    ("RIPEMD-160", 20, 64),
  ]

  /// The name that people read: `SHA-1`.
  public var name: String { Self.table[Int(rawValue)].name }
  /// Octets of the digest.
  public var digestLength: Int { Self.table[Int(rawValue)].digestLength }
  /// Octets that the hash takes in at once: what HMAC pads its key to (RFC 2104 §2).
  public var blockLength: Int { Self.table[Int(rawValue)].blockLength }

  /// The digest of `octets`.
  public func digest(_ octets: [UInt8]) -> [UInt8] {
    var state = DigestState(self)
    state.update(octets)
    return state.digest()
  }

  /// The digest of the parts one behind the other, as the RFCs write `HASH(a | b | c)`.
  public func digest(_ parts: [[UInt8]]) -> [UInt8] {
    var state = DigestState(self)
    for part in parts { state.update(part) }
    return state.digest()
  }

  /// HMAC of the parts one behind the other, whole: IKE's `prf(key, a | b | c)` where no other was negotiated
  /// (RFC 2409 §4). With many messages a key, keep a ``MessageAuthenticator``.
  public func prf(_ key: [UInt8], _ parts: [[UInt8]]) -> [UInt8] {
    MessageAuthenticator(self, key: key).authenticate(parts)
  }
}

/// A hash that is read piece by piece. A copy goes on by itself, so that the digests of several continuations of one
/// beginning cost the beginning once.
public struct HashContext: Sendable {
  private var state: DigestState

  /// Begins a hash.
  public init(_ algorithm: HashAlgorithm) { state = DigestState(algorithm) }

  /// Which hash it is.
  public var algorithm: HashAlgorithm { state.algorithm }

  /// Reads on.
  public mutating func update(_ octets: [UInt8]) { state.update(octets) }

  /// Reads `range` of `octets`.
  public mutating func update(_ octets: [UInt8], range: Range<Int>) throws(CryptographyError) {
    try checkRange(range, in: octets.count)
    state.update(octets, range)
  }

  /// The digest of what was read so far; reading can go on.
  public func digest() -> [UInt8] { state.digest() }
}
