/// Eight or sixteen octets as they lie in memory: an initialization vector, a block of ciphertext that the next one is
/// chained to, or a counter block.
struct ChainingBlock: Sendable {
  private var words = SIMD2<UInt64>()

  /// All zeros.
  init() {}

  /// The `count` octets at `start`: eight, or else sixteen.
  @inline(__always)
  init(_ start: UnsafePointer<UInt8>, count: Int) {
    let start = unsafe UnsafeRawPointer(start)
    words[0] = unsafe start.loadUnaligned(as: UInt64.self)
    if count > 8 { words[1] = unsafe start.loadUnaligned(fromByteOffset: 8, as: UInt64.self) }
  }

  /// The `count` octets from `offset` of `octets` on: none, eight, or else sixteen, and all of them there.
  @inline(__always)
  init(_ octets: [UInt8], at offset: Int, count: Int) {
    guard count > 0 else { return }
    precondition(offset >= 0 && offset + (count > 8 ? 16 : 8) <= octets.count)
    self = unsafe octets.withUnsafeBufferPointer { octets in
      guard let start = octets.baseAddress else { return ChainingBlock() }
      return unsafe ChainingBlock(start + offset, count: count)
    }
  }

  /// The first counter block of a packet: nonce, initialization vector, and a counter that starts at one. RFC 3686 §4.
  init(nonce: UInt32, vector: ChainingBlock) {
    words[0] = (UInt64(nonce) << 32 | vector.number >> 32).bigEndian
    words[1] = (vector.number << 32 | 1).bigEndian
  }

  /// The first eight octets as a number, the most significant first.
  @inline(__always)
  var number: UInt64 { UInt64(bigEndian: words[0]) }

  /// The octets that differ between two blocks.
  @inline(__always)
  static func ^ (left: ChainingBlock, right: ChainingBlock) -> ChainingBlock {
    var result = left
    result.words ^= right.words
    return result
  }

  /// Adds the first `count` octets, eight or else sixteen, to those at `start`, without carry.
  @inline(__always)
  func apply(to start: UnsafeMutablePointer<UInt8>, count: Int) {
    let changed = unsafe ChainingBlock(start, count: count) ^ self
    let start = UnsafeMutableRawPointer(start)
    unsafe start.storeBytes(of: changed.words[0], as: UInt64.self)
    if count > 8 { unsafe start.storeBytes(of: changed.words[1], toByteOffset: 8, as: UInt64.self) }
  }

  /// Lends all sixteen octets.
  @inline(__always)
  func withOctets<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
    unsafe withUnsafePointer(to: words) { unsafe body(UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self)) }
  }
}
