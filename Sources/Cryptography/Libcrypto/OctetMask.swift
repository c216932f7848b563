import CLibcrypto

/// Which of the first 64 octets of something are read as zero: how an authenticator skips what may change on the way
/// without a copy of the packet (RFC 2402 §3.3.3). As many as a hash takes at a time.
public struct OctetMask: Sendable {
  /// How many octets it can speak of.
  public static let reach = 64

  /// Ones where an octet is kept, the first octet in the least significant eight bits.
  private var kept = InlineArray<8, UInt64>(repeating: .max)

  /// Nothing is read as zero.
  public init() {}

  /// These are.
  public init(_ ranges: Range<Int>...) {
    for range in ranges { formUnion(range) }
  }

  /// Adds the octets of a range, as far as the mask reaches.
  public mutating func formUnion(_ range: Range<Int>) {
    for place in max(0, range.lowerBound)..<max(0, min(range.upperBound, Self.reach)) {
      kept[place >> 3] &= ~(0xFF << UInt64(8 * (place & 7)))
    }
  }

  /// Copies as many octets as the mask speaks of, with zeros where it says so, and another first one.
  @inline(__always)
  func copy(_ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, firstOctet: UInt8) {
    for index in 0..<8 {
      let word = unsafe UInt64(littleEndian: source.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
      let masked = word & kept[index]
      let whole = index == 0 ? masked & ~0xFF | UInt64(firstOctet) : masked
      unsafe target.storeBytes(of: whole.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
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
    let reach = OctetMask.reach
    unsafe withUnsafeTemporaryAllocation(byteCount: reach, alignment: 8) { place in
      guard let start = place.baseAddress, let source = octets.baseAddress else { return }
      guard octets.count >= reach else {
        // Shorter than the mask reaches: made as long first, and no more of it read than there was.
        unsafe place.initializeMemory(as: UInt8.self, repeating: 0)
        unsafe start.copyMemory(from: source, byteCount: octets.count)
        unsafe mask.copy(start, to: start, firstOctet: firstOctet)
        let read = unsafe UnsafeRawBufferPointer(start: start, count: octets.count)
        return unsafe state.update(read)
      }
      unsafe mask.copy(source, to: start, firstOctet: firstOctet)
      unsafe state.update(UnsafeRawBufferPointer(place))
      unsafe state.update(UnsafeRawBufferPointer(rebasing: octets[reach...]))
    }
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
