// The one file of IPsec that touches memory without types: a packet is laid out front to back in memory of its exact
// size, and each of its parts is copied there once.

/// Writes a packet whose size is known.
@safe struct PacketLayout: ~Copyable {
  private let place: UnsafeMutableRawBufferPointer
  private let end: Int
  private var position = 0

  private init(_ place: UnsafeMutableRawBufferPointer) {
    unsafe self.place = place
    end = place.count
  }

  /// The packet of `count` octets that `body` writes. To write more or less is a programming error.
  @inline(__always)
  static func packet(of count: Int, _ body: (inout PacketLayout) -> Void) -> [UInt8] {
    // From memory of the stack, where it is short, into an array of the right size: the copy takes less than the
    // initializer of an array in place.
    unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { octets in
      var layout = unsafe PacketLayout(UnsafeMutableRawBufferPointer(octets))
      body(&layout)
      precondition(layout.position == count)
      return unsafe [UInt8](UnsafeBufferPointer(octets))
    }
  }

  /// Copies `range` of `octets`.
  @inline(__always)
  mutating func copy(_ octets: [UInt8], _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= octets.count && range.count <= end - position)
    unsafe octets.withUnsafeBytes { source in
      guard let start = source.baseAddress, let target = unsafe place.baseAddress else { return }
      unsafe (target + position).copyMemory(from: start + range.lowerBound, byteCount: range.count)
    }
    position += range.count
  }

  /// Writes a number, its most significant octet first.
  @inline(__always)
  mutating func put<Number: FixedWidthInteger>(_ number: Number) {
    let size = MemoryLayout<Number>.size
    precondition(size <= end - position)
    unsafe place.storeBytes(of: number.bigEndian, toByteOffset: position, as: Number.self)
    position += size
  }

  /// Writes 1, 2, 3 and so on, `count` octets.
  @inline(__always)
  mutating func putCounting(_ count: Int) {
    precondition(count >= 0 && count <= end - position)
    for number in 0..<count {
      unsafe place.storeBytes(
        of: UInt8(truncatingIfNeeded: number &+ 1), toByteOffset: position &+ number, as: UInt8.self)
    }
    position += count
  }

  /// Writes `count` zeros.
  @inline(__always)
  mutating func putZeros(_ count: Int) {
    precondition(count >= 0 && count <= end - position)
    guard let target = unsafe place.baseAddress else { return }
    unsafe (target + position).initializeMemory(as: UInt8.self, repeating: 0, count: count)
    position += count
  }
}
