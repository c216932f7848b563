/// When to look at the bucket width again, and what was seen since it was looked at last.
struct Tuning: BitwiseCopyable, Sendable {
  static let shortestStretch = 256

  /// How many events there are between two looks, and how many of them are left.
  private(set) var stretch = Tuning.shortestStretch
  private var left = Tuning.shortestStretch
  /// The simulated time that the buckets opened since then spanned.
  private(set) var spanned: UInt64 = 0

  @inline(__always)
  mutating func skipped(_ time: UInt64) { spanned &+= time }

  /// Counts events that are taken out.
  @inline(__always)
  mutating func took(_ events: Int) { left &-= events }

  /// Whether it is time for a look.
  var isDue: Bool { left <= 0 }

  mutating func begin(stretch events: Int) {
    stretch = events
    left = events
    spanned = 0
  }
}

// Fitting the buckets to the events.

extension EventCalendar {
  /// Makes the ring larger where the events have outgrown it, with buckets that fit the nearer half of what is pending.
  @inline(never)
  mutating func enlargeRing() {
    let live = takeAll()
    let size = BucketRing.size(for: nodes.count)
    rebuild(live, size: size, shift: sampledShift(of: live, size: size))
    tuning.begin(stretch: Tuning.shortestStretch + count >> 2)
  }

  /// Fits the width of the buckets to the time that lay between the events of the last stretch.
  ///
  /// A stretch is at least twice as many events as are pending, so that building anew costs each of them a constant. A
  /// single long silence counts for 64 buckets at most: what matters is how close events are where there are events.
  @inline(never)
  mutating func retune() {
    let ideal = BucketRing.size(for: count)
    let size = ideal > ring.size || ideal << 3 < ring.size ? ideal : ring.size
    let fitting = EventCalendar.shift(forGap: tuning.spanned / UInt64(tuning.stretch), size: size)
    if size != ring.size || fitting > shift + 1 || fitting + 1 < shift {
      rebuild(takeAll(), size: size, shift: fitting)
    }
    tuning.begin(stretch: Tuning.shortestStretch + count << 1)
  }

  /// The width of buckets for events that lie `gap` apart: two to four gaps, so that a bucket is worth opening; where the events
  /// outgrow the caches half a gap to one, since there each link of a chain is a wait for memory.
  private static func shift(forGap gap: UInt64, size: Int) -> UInt64 {
    let bits = UInt64.bitWidth - gap.leadingZeroBitCount
    return UInt64(min(max(0, size > BucketRing.largestInCache ? bits - 1 : bits + 1), 58))
  }

  private func sampledShift(of live: [Ticket], size: Int) -> UInt64 {
    let step = max(1, live.count / 64)
    let times = stride(from: 0, to: live.count, by: step).map { live[$0].time }.sorted()
    guard let first = times.first else { return shift }
    let median = times[times.count / 2]
    return EventCalendar.shift(forGap: (median - first) / UInt64(max(1, live.count / 2)), size: size)
  }

  /// Empties ring, batch and heaps and returns what was in them.
  private mutating func takeAll() -> [Ticket] {
    var live: [Ticket] = []
    live.reserveCapacity(count)
    for index in 0..<batchCount { live.append(batch[index]) }
    for index in 0..<near.count { live.append(near.tickets[index]) }
    for index in 0..<far.count { live.append(far.tickets[index]) }
    while let bucket = ring.next(after: current) {
      var slot = ring.empty(bucket)
      while slot != BucketRing.none {
        live.append(ticket(slot))
        slot = nodes[Int(slot)].next
      }
    }
    batchCount = 0
    near.removeAll()
    far.removeAll()
    return live
  }

  private mutating func rebuild(_ live: [Ticket], size: Int, shift: UInt64) {
    if size != ring.size { ring = BucketRing(size: size) }
    self.shift = shift
    current = now &>> shift
    for ticket in live { place(ticket) }
  }
}
