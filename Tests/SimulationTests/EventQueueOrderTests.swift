import Simulation
import Testing
import Units

/// How far ahead of now the events of a test are scheduled.
enum Spread: String, CaseIterable {
  case atOnce, few, uniform, exponential, bursts, bimodal, hugeGaps, farTimers, growingGaps, backwards

  func instant(after now: Instant, random: inout RandomStream) -> Instant {
    now + SimDuration(nanoseconds: delay(random: &random))
  }

  private func delay(random: inout RandomStream) -> UInt64 {
    switch self {
    case .atOnce: 0
    case .few: random.below(3)
    case .uniform: random.below(1_000_000)
    case .exponential: 1 << random.below(40)
    case .bursts: random.below(50) == 0 ? 1_000_000 : 0
    case .bimodal: random.below(10) == 0 ? 3_600_000_000_000 + random.below(1_000) : random.below(2_000)
    case .hugeGaps: random.below(1_000) == 0 ? 1 << 55 : random.below(100)
    case .farTimers: random.below(3) == 0 ? .max : random.below(100_000)
    case .growingGaps: random.below(1 << (random.next() & 63))
    case .backwards: 1_000_000 &- random.below(1_000_000)
    }
  }
}

/// What the queue must do, done by a search through everything that is pending.
struct ReferenceQueue {
  private var pending: [(time: UInt64, insertion: Int)] = []
  private var insertions = 0
  private(set) var now = Instant.zero

  var count: Int { pending.count }
  var nextInstant: Instant? { pending.last.map { Instant(nanoseconds: $0.time) } }

  /// Keeps `pending` sorted, the first at the end.
  mutating func schedule(at instant: Instant) -> Int {
    let time = max(instant, now).nanoseconds
    var (low, high) = (0, pending.count)
    while low < high {
      let middle = (low + high) / 2
      if pending[middle].time > time { low = middle + 1 } else { high = middle }
    }
    pending.insert((time, insertions), at: low)
    insertions += 1
    return insertions - 1
  }

  mutating func popNext() -> (instant: Instant, event: Int)? {
    guard let first = pending.popLast() else { return nil }
    now = Instant(nanoseconds: first.time)
    return (now, first.insertion)
  }
}

@Suite("The order of events")
struct EventQueueOrderTests {
  /// The chance in 100 that an operation schedules, over three stretches: filling, holding, running dry.
  private static let stretches: [UInt64] = [80, 50, 30]

  @Test(
    "is that of a sorted list, however the events are spread", arguments: Spread.allCases, 1...2 as ClosedRange<UInt64>)
  func reference(spread: Spread, seed: UInt64) throws {
    var random = RandomStream(seed: seed, node: "order", purpose: spread.rawValue)
    var queue = EventQueue<Int>()
    var reference = ReferenceQueue()
    for chance in Self.stretches {
      for step in 0..<4_000 {
        if random.below(100) < chance {
          let instant = spread.instant(after: queue.now, random: &random)
          try queue.schedule(reference.schedule(at: instant), at: instant)
        } else {
          let (popped, expected) = (queue.popNext(), reference.popNext())
          guard popped?.instant == expected?.instant, popped?.event == expected?.event, queue.now == reference.now
          else {
            Issue.record(
              "seed \(seed), \(spread), step \(step): \(String(describing: popped)), not \(String(describing: expected))"
            )
            return
          }
        }
        if step % 7 == 0 { try #require(queue.nextInstant == reference.nextInstant, "seed \(seed), step \(step)") }
      }
    }
    while let expected = reference.popNext() {
      let popped = queue.popNext()?.event
      try #require(popped == expected.event, "seed \(seed)")
    }
    #expect(queue.isEmpty)
  }

  @Test("holds while the spread changes under way, so that buckets are fitted anew")
  func changingSpread() throws {
    let seed: UInt64 = 11
    var random = RandomStream(seed: seed, node: "order", purpose: "changing")
    var queue = EventQueue<Int>()
    var reference = ReferenceQueue()
    for round in 0..<40 {
      let spread = Spread.allCases[Int(random.below(UInt64(Spread.allCases.count)))]
      let pending = 1 << random.below(11)
      for _ in 0..<1_500 {
        while reference.count < pending {
          let instant = spread.instant(after: queue.now, random: &random)
          try queue.schedule(reference.schedule(at: instant), at: instant)
        }
        let expected = reference.popNext()
        let popped = queue.popNext()?.event
        try #require(popped == expected?.event, "seed \(seed), round \(round), \(spread)")
      }
    }
  }

  @Test("holds with 100,000 pending, near and far")
  func many() throws {
    var random = RandomStream(seed: 5, node: "order", purpose: "many")
    var queue = EventQueue<UInt64>()
    var times: [UInt64] = []
    for _ in 0..<100_000 {
      let time = random.below(2) == 0 ? random.below(1_000_000) : random.below(1 << 50)
      times.append(time)
      try queue.schedule(time, at: Instant(nanoseconds: time))
    }
    for time in times.sorted() {
      let popped = queue.popNext()?.event
      try #require(popped == time)
    }
  }

  @Test("at one instant is that of insertion, also for what is scheduled at that instant while it lasts")
  func equalTimes() throws {
    var queue = EventQueue<Int>()
    let instant = Instant(nanoseconds: 1_000_000_007)
    for event in 0..<20_000 { try queue.schedule(event, at: instant) }
    for event in 0..<40_000 {
      let popped = queue.popNext()
      try #require(popped?.event == event && popped?.instant == instant)
      if event < 20_000 { try queue.schedule(20_000 + event, at: instant) }
    }
    #expect(queue.isEmpty)
  }
}
