import CLibcrypto

/// Which of the first 128 octets of something are read as zero: how an authenticator skips what may change on the way
/// without a copy of the packet (RFC 2402 §3.3.3).
public struct OctetMask: Hashable, Sendable {
  /// How many octets it can speak of.
  public static let reach = 128

  private var low: UInt64 = 0
  private var high: UInt64 = 0

  /// Nothing is read as zero.
  public init() {}

  /// These are.
  public init(_ ranges: Range<Int>...) {
    for range in ranges { formUnion(range) }
  }

  /// Adds the octets of a range, as far as the mask reaches.
  public mutating func formUnion(_ range: Range<Int>) {
    for place in max(0, range.lowerBound)..<max(0, min(range.upperBound, Self.reach)) {
      if place < 64 { low |= 1 << UInt64(place) } else { high |= 1 << UInt64(place - 64) }
    }
  }

  /// Puts zeros where the mask says so.
  @inline(__always)
  func clear(_ start: UnsafeMutablePointer<UInt8>, count: Int) {
    var bits = low
    while bits != 0 {
      let place = bits.trailingZeroBitCount
      if place < count { unsafe start[place] = 0 }
      bits &= bits &- 1
    }
    bits = high
    while bits != 0 {
      let place = bits.trailingZeroBitCount + 64
      if place < count { unsafe start[place] = 0 }
      bits &= bits &- 1
    }
  }
}

extension MessageAuthenticator {
  /// Computes the HMAC of `range` of `buffer`, its first octets read through `mask` and the very first as `firstOctet`,
  /// and puts its first `length` octets at `offset`.
  public func writeIntegrityCheckValue(
    of range: Range<Int>, through mask: OctetMask, firstOctet: UInt8, into buffer: inout [UInt8], at offset: Int,
    length: Int
  ) throws(CryptographyError) {
    try check(range, offset, length, in: buffer.count)
    keyed.authenticate(&buffer, range, mask, firstOctet, at: offset, length: length)
  }

  /// Whether the `length` octets at `offset` of `buffer` are the beginning of the HMAC of `range`, its first octets read
  /// through `mask` and the very first as `firstOctet`; compared in constant time.
  public func verifyIntegrityCheckValue(
    of range: Range<Int>, through mask: OctetMask, firstOctet: UInt8, in buffer: [UInt8], at offset: Int, length: Int
  ) throws(CryptographyError) -> Bool {
    try check(range, offset, length, in: buffer.count)
    return keyed.verify(buffer, range, mask, firstOctet, at: offset, length: length)
  }
}

extension KeyedDigest {
  /// Reads octets into a hash, the first of them as the mask leaves them.
  @inline(__always)
  private static func read(
    _ octets: UnsafeRawBufferPointer, _ mask: OctetMask, _ firstOctet: UInt8, into state: inout DigestState
  ) {
    let front = min(OctetMask.reach, octets.count)
    unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: OctetMask.reach) { place in
      guard front > 0, let start = place.baseAddress, let source = octets.baseAddress else { return }
      unsafe UnsafeMutableRawPointer(start).copyMemory(from: source, byteCount: front)
      unsafe start[0] = firstOctet
      unsafe mask.clear(start, count: front)
      unsafe state.update(UnsafeRawBufferPointer(start: start, count: front))
    }
    if octets.count > front { unsafe state.update(UnsafeRawBufferPointer(rebasing: octets[front...])) }
  }

  func authenticate(
    _ buffer: inout [UInt8], _ range: Range<Int>, _ mask: OctetMask, _ firstOctet: UInt8, at offset: Int, length: Int
  ) {
    unsafe buffer.withUnsafeMutableBytes { octets in
      unsafe compute({
        unsafe Self.read(
          UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(octets)[range]), mask, firstOctet, into: &$0)
      }) {
        unsafe UnsafeMutableRawBufferPointer(rebasing: octets[offset..<offset + length])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<length]))
      }
    }
  }

  func verify(
    _ buffer: [UInt8], _ range: Range<Int>, _ mask: OctetMask, _ firstOctet: UInt8, at offset: Int, length: Int
  ) -> Bool {
    unsafe buffer.withUnsafeBytes { octets in
      unsafe compute({
        unsafe Self.read(UnsafeRawBufferPointer(rebasing: octets[range]), mask, firstOctet, into: &$0)
      }) {
        guard let computed = $0.baseAddress, let received = octets.baseAddress else { return false }
        return unsafe CRYPTO_memcmp(computed, received + offset, length) == 0
      }
    }
  }
}
