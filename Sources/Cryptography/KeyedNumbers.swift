/// Sixty-four bits for each number, which nobody foresees who does not hold the key: SipHash-2-4 (Aumasson and Bernstein,
/// 2012) of a message of eight octets. For the initialization vectors of packets, which have numbers: nothing is kept
/// from one packet to the next, and it takes a small part of what a block of a ``SeededGenerator`` takes.
public struct KeyedNumbers: Hashable, Sendable {
  private let low: UInt64
  private let high: UInt64

  /// A key of 128 bits, whose octets SipHash reads with the least significant first.
  public init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  /// Draws a key.
  public init(drawing generator: inout SeededGenerator) {
    self.init(low: generator.next(), high: generator.next())
  }

  /// What belongs to `number`.
  public subscript(number: UInt64) -> UInt64 {
    var state = State(low: low, high: high)
    state.absorb(number)
    // The length of the message stands in the last octet of the last word.
    state.absorb(8 << 56)
    return state.finish()
  }

  /// Four words: §2 of the paper.
  private struct State {
    var v0: UInt64
    var v1: UInt64
    var v2: UInt64
    var v3: UInt64

    @inline(__always)
    init(low: UInt64, high: UInt64) {
      v0 = low ^ 0x736F_6D65_7073_6575
      v1 = high ^ 0x646F_7261_6E64_6F6D
      v2 = low ^ 0x6C79_6765_6E65_7261
      v3 = high ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func absorb(_ word: UInt64) {
      v3 ^= word
      round()
      round()
      v0 ^= word
    }

    @inline(__always)
    mutating func finish() -> UInt64 {
      v2 ^= 0xFF
      for _ in 0..<4 { round() }
      return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(__always)
    private mutating func round() {
      v0 &+= v1
      v1 = Self.rotate(v1, 13) ^ v0
      v0 = Self.rotate(v0, 32)
      v2 &+= v3
      v3 = Self.rotate(v3, 16) ^ v2
      v0 &+= v3
      v3 = Self.rotate(v3, 21) ^ v0
      v2 &+= v1
      v1 = Self.rotate(v1, 17) ^ v2
      v2 = Self.rotate(v2, 32)
    }

    @inline(__always)
    private static func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 { word &<< count | word &>> (64 &- count) }
  }
}
