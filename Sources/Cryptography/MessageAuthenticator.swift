/// HMAC (RFC 2104), keyed once for a security association and used for all of its packets.
///
/// It never changes after its making, so that it may be shared freely; half a KiB each.
public final class MessageAuthenticator: Sendable {
  /// The hash inside.
  public let algorithm: HashAlgorithm

  let keyed: KeyedDigest

  /// Takes a key of any length: one longer than the hash's block is hashed first (RFC 2104 §2).
  public init(_ algorithm: HashAlgorithm, key: [UInt8]) {
    self.algorithm = algorithm
    keyed = KeyedDigest(algorithm, key: key)
  }

  /// The whole HMAC of `octets`.
  public func authenticate(_ octets: [UInt8]) -> [UInt8] {
    keyed.authenticate { $0.update(octets) }
  }

  /// The whole HMAC of the parts one behind the other.
  public func authenticate(_ parts: [[UInt8]]) -> [UInt8] {
    keyed.authenticate { state in
      for part in parts { state.update(part) }
    }
  }

  /// The whole HMAC of `range` of `octets`.
  public func authenticate(_ octets: [UInt8], range: Range<Int>) throws(CryptographyError) -> [UInt8] {
    try checkRange(range, in: octets.count)
    return keyed.authenticate { $0.update(octets, range) }
  }

  /// Computes the HMAC of `range` and puts its first `length` octets into `buffer` at `offset`, which may lie in the
  /// range: what stood there was read before.
  public func writeIntegrityCheckValue(
    of range: Range<Int>, into buffer: inout [UInt8], at offset: Int, length: Int
  ) throws(CryptographyError) {
    try check(range, offset, length, in: buffer.count)
    keyed.authenticate(&buffer, range, at: offset, length: length)
  }

  /// Whether the `length` octets at `offset` of `buffer` are the beginning of the HMAC of `range`; compared in
  /// constant time.
  public func verifyIntegrityCheckValue(
    of range: Range<Int>, in buffer: [UInt8], at offset: Int, length: Int
  ) throws(CryptographyError) -> Bool {
    try check(range, offset, length, in: buffer.count)
    return keyed.verify(buffer, range, at: offset, length: length)
  }

  func check(
    _ range: Range<Int>, _ offset: Int, _ length: Int, in count: Int
  ) throws(CryptographyError) {
    guard length >= 1, length <= keyed.digestLength else {
      throw .integrityCheckValueLength(
        algorithm: "HMAC-\(algorithm.name)", longest: keyed.digestLength, actual: length)
    }
    try checkRange(range, in: count)
    try checkRange(offset, length, in: count)
  }
}
