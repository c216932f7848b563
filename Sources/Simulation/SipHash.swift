/// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short inputs to 64 bits.
///
/// It stands here because Swift's own `Hasher` is seeded anew in each process, and because a stream's first number must
/// not tell anything about the numbers of a stream with a similar name.
struct SipHash {
  private var v0, v1, v2, v3: UInt64
  private var tail: UInt64 = 0
  private var length = 0

  init(key k0: UInt64, _ k1: UInt64) {
    // "somepseudorandomlygeneratedbytes", the constants of the paper.
    v0 = k0 ^ 0x736f_6d65_7073_6575
    v1 = k1 ^ 0x646f_7261_6e64_6f6d
    v2 = k0 ^ 0x6c79_6765_6e65_7261
    v3 = k1 ^ 0x7465_6462_7974_6573
  }

  mutating func append(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      tail |= UInt64(byte) << (8 * UInt64(length & 7))
      length += 1
      if length & 7 == 0 {
        compress(tail)
        tail = 0
      }
    }
  }

  /// Appends the octets of `text` behind their number, so that ("ab", "c") and ("a", "bc") differ.
  mutating func append(counted text: String) {
    let count = UInt64(text.utf8.count)
    append((0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) })
    append(text.utf8)
  }

  consuming func finish() -> UInt64 {
    compress(tail | UInt64(length & 0xff) << 56)
    v2 ^= 0xff
    for _ in 0..<4 { round() }
    return v0 ^ v1 ^ v2 ^ v3
  }

  private mutating func compress(_ word: UInt64) {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  private mutating func round() {
    v0 &+= v1
    v1 = rotated(v1, by: 13) ^ v0
    v0 = rotated(v0, by: 32)
    v2 &+= v3
    v3 = rotated(v3, by: 16) ^ v2
    v0 &+= v3
    v3 = rotated(v3, by: 21) ^ v0
    v2 &+= v1
    v1 = rotated(v1, by: 17) ^ v2
    v2 = rotated(v2, by: 32)
  }
}

@inlinable
func rotated(_ word: UInt64, by count: UInt64) -> UInt64 { word &<< count | word &>> (64 &- count) }
