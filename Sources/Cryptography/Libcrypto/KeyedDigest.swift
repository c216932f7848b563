import CLibcrypto

/// HMAC with the key already read: the states of both hashes behind their padded keys (RFC 2104 §4). A computation
/// copies them, where libcrypto's HMAC_CTX would allocate. A class, so that nothing else is copied.
final class KeyedDigest: Sendable {
  private static let innerPad: UInt8 = 0x36
  private static let outerPad: UInt8 = 0x5C
  /// As long as the longest digest.
  private static let room = 64

  /// Octets of the HMAC.
  let digestLength: Int
  private let inner: DigestState
  private let outer: DigestState

  init(_ algorithm: HashAlgorithm, key: [UInt8]) {
    let short = key.count > algorithm.blockLength ? algorithm.digest(key) : key
    let padded = short + [UInt8](repeating: 0, count: algorithm.blockLength - short.count)
    var inner = DigestState(algorithm)
    inner.update(padded.map { $0 ^ Self.innerPad })
    var outer = DigestState(algorithm)
    outer.update(padded.map { $0 ^ Self.outerPad })
    digestLength = algorithm.digestLength
    self.inner = inner
    self.outer = outer
  }

  /// The whole HMAC of what `read` gives to the hash, in a place that is valid until `use` returns.
  @inline(__always)
  func compute<Result>(
    _ read: (inout DigestState) -> Void, _ use: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.room) { place in
      let digest = unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(place)[..<digestLength])
      guard let start = place.baseAddress else { return unsafe use(digest) }
      var state = inner
      read(&state)
      unsafe state.finish(into: start)
      var second = outer
      unsafe second.update(digest)
      unsafe second.finish(into: start)
      return unsafe use(digest)
    }
  }

  /// The whole HMAC of what `read` gives to the hash.
  func authenticate(_ read: (inout DigestState) -> Void) -> [UInt8] {
    unsafe compute(read) { unsafe [UInt8]($0) }
  }

  /// Puts the first `length` octets of the HMAC over `range` at `offset`; the caller has checked both places.
  func authenticate(_ buffer: inout [UInt8], _ range: Range<Int>, at offset: Int, length: Int) {
    unsafe buffer.withUnsafeMutableBytes { octets in
      unsafe compute({ unsafe $0.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(octets)[range])) }) {
        unsafe UnsafeMutableRawBufferPointer(rebasing: octets[offset..<offset + length])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<length]))
      }
    }
  }

  /// Whether the `length` octets at `offset` begin the HMAC over `range`, in constant time; the caller has checked
  /// both places.
  func verify(_ buffer: [UInt8], _ range: Range<Int>, at offset: Int, length: Int) -> Bool {
    unsafe buffer.withUnsafeBytes { octets in
      unsafe compute({ unsafe $0.update(UnsafeRawBufferPointer(rebasing: octets[range])) }) {
        guard let computed = $0.baseAddress, let received = octets.baseAddress else { return false }
        return unsafe CRYPTO_memcmp(computed, received + offset, length) == 0
      }
    }
  }
}

/// Whether two strings of octets are the same, in a time that depends on their lengths only.
public func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  return unsafe left.withUnsafeBytes { left in
    unsafe right.withUnsafeBytes { right in
      guard let left = left.baseAddress, let other = right.baseAddress else { return true }
      return unsafe CRYPTO_memcmp(left, other, right.count) == 0
    }
  }
}
