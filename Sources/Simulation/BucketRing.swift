/// A ring of buckets, each a chain of slots, with two levels of bits that say which of them hold anything.
///
/// The bits find the next bucket in a few steps however many empty ones lie before it, so that narrow buckets cost nothing.
struct BucketRing: ~Copyable {
  /// What ends a chain.
  static let none = UInt32.max
  /// How many buckets a ring has at least, and at most: 16 MiB of heads.
  static let smallest = 256
  static let largest = 1 << 22
  static let largestInCache = 1 << 16

  /// How many buckets there are for so many events: with the width that goes with them they span three times the mean delay of
  /// an event at least.
  static func size(for events: Int) -> Int {
    let least = min(max(events > largestInCache ? events * 4 : events, smallest), largest)
    return 1 << (Int.bitWidth - (least - 1).leadingZeroBitCount)
  }

  private let heads: Block<UInt32>
  /// A bit a bucket.
  private let occupied: Block<UInt64>
  /// A bit a word of `occupied`.
  private let summary: Block<UInt64>
  private var used: Int

  /// `size` is a power of two, 64 at least.
  init(size: Int) {
    heads = Block(repeating: BucketRing.none, count: size)
    occupied = Block(repeating: 0, count: size >> 6)
    summary = Block(repeating: 0, count: (size + 4095) >> 12)
    used = 0
  }

  private init(copying other: borrowing BucketRing) {
    heads = other.heads.copy(count: other.size, padding: BucketRing.none)
    occupied = other.occupied.copy(count: other.occupied.count, padding: 0)
    summary = other.summary.copy(count: other.summary.count, padding: 0)
    used = other.used
  }

  borrowing func copy() -> BucketRing { BucketRing(copying: self) }

  /// How many buckets there are.
  var size: Int { heads.count }
  /// The place of a bucket in the ring.
  @inline(__always)
  func index(of bucket: UInt64) -> Int { Int(truncatingIfNeeded: bucket) & (size - 1) }

  /// Puts a slot at the head of a bucket's chain and returns the one that was there.
  @inline(__always)
  mutating func put(_ slot: UInt32, in bucket: UInt64) -> UInt32 {
    let index = index(of: bucket)
    let previous = heads[index]
    heads[index] = slot
    if previous == BucketRing.none { mark(index) }
    return previous
  }

  @inline(__always)
  private mutating func mark(_ index: Int) {
    let word = index >> 6
    occupied[word] |= 1 &<< UInt64(truncatingIfNeeded: index)
    summary[word >> 6] |= 1 &<< UInt64(truncatingIfNeeded: word)
    used &+= 1
  }

  func head(of bucket: UInt64) -> UInt32 { heads[index(of: bucket)] }

  /// Empties a bucket and returns the head of its chain.
  @inline(__always)
  mutating func empty(_ bucket: UInt64) -> UInt32 {
    let index = index(of: bucket)
    let head = heads[index]
    heads[index] = BucketRing.none
    let word = index >> 6
    let rest = occupied[word] & ~(1 &<< UInt64(truncatingIfNeeded: index))
    occupied[word] = rest
    if rest == 0 { summary[word >> 6] &= ~(1 &<< UInt64(truncatingIfNeeded: word)) }
    used &-= 1
    return head
  }

  /// The first bucket after `current` that holds anything. All that do lie less than `size` behind it.
  @inline(__always)
  func next(after current: UInt64) -> UInt64? {
    guard used > 0 else { return nil }
    let start = index(of: current &+ 1)
    let word = occupied[start >> 6] & (.max &<< UInt64(truncatingIfNeeded: start))
    let found = word != 0 ? start & ~63 | word.trailingZeroBitCount : indexBehind(word: start >> 6)
    return current &+ 1 &+ UInt64(truncatingIfNeeded: (found &- start) & (size - 1))
  }

  /// The first bucket that holds anything in the words behind `word`, all the way round to `word` itself.
  private func indexBehind(word: Int) -> Int {
    let start = (word + 1) & (occupied.count - 1)
    var index = start >> 6
    var bits = summary[index] & (.max &<< UInt64(truncatingIfNeeded: start))
    while bits == 0 {
      index = index + 1 < summary.count ? index + 1 : 0
      bits = summary[index]
    }
    let found = index << 6 | bits.trailingZeroBitCount
    return found << 6 | occupied[found].trailingZeroBitCount
  }
}
