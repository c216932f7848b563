import BenchmarkLimits
import Simulation
import Units

extension BenchmarkSection {
  /// The event queue in the hold model, against queues written by hand in C++.
  static let eventKernel = BenchmarkSection(
    name: "event-kernel",
    summary: """
      Event kernel, hold model: take the first event out, hand it to a function, schedule another an exponentially distributed
      time later. The limits do the same with entries of 16 bytes; the calendar's bucket width is set by hand.
      """,
    measure: { plan in try EventKernel.sizes.map { try EventKernel(size: $0, isQuick: plan.isQuick).measure(plan) } })
}

/// The events of the measurement, of the size that those of the network have.
enum HoldEvent {
  case arrival(node: UInt32, packet: UInt32)
  case timer(node: UInt32)
}

/// What the events change, so that no call can be left out.
struct HoldWorld {
  var mix: UInt64 = 0
  var packets: UInt64 = 0
  var timers: UInt64 = 0

  @inline(never)
  mutating func handle(_ event: HoldEvent, at instant: Instant) -> HoldEvent {
    mix = mix &* 31 &+ instant.nanoseconds
    switch event {
    case .arrival(let node, let packet):
      packets &+= UInt64(packet)
      return .timer(node: node)
    case .timer(let node):
      timers &+= 1
      return .arrival(node: node &+ 1, packet: 1)
    }
  }
}

struct EventKernel {
  struct Size {
    let pending: Int
    let name: String
    /// Events a second that were aimed at.
    let target: Double
    /// The best scheduler of ns-3.37, built with -O3.
    let ns3: Double
    let timesNS3: Double
    /// What part of the calendar's rate is aimed at, where anything is.
    let ofCalendar: Double?
  }

  static let sizes = [
    Size(pending: 100, name: "100 pending", target: 27e6, ns3: 10.4e6, timesNS3: 2, ofCalendar: nil),
    Size(pending: 10_000, name: "10,000 pending", target: 21e6, ns3: 7.0e6, timesNS3: 3, ofCalendar: 0.65),
    Size(pending: 1_000_000, name: "1,000,000 pending", target: 4.9e6, ns3: 2.2e6, timesNS3: 2, ofCalendar: nil),
  ]

  static let meanGap: UInt64 = 1_000_000

  let size: Size
  let operations: Int
  let gaps = EventKernel.exponentialGaps(8_192)

  init(size: Size, isQuick: Bool) {
    self.size = size
    operations = isQuick ? 1_000_000 : 4_000_000
  }

  func measure(_ plan: BenchmarkPlan) throws -> Measurement {
    var sums = [UInt64](repeating: 0, count: 3)
    let medians = try plan.medians([
      { try ours(&sums[0]) }, { priorityQueue(&sums[1]) }, { calendarQueue(&sums[2]) },
    ])
    guard Set(sums).count == 1 else { throw SidesDisagree(figure: size.name) }
    var bounds: [Bound] = [
      .target(size.target), .limit("std::priority_queue", medians[1], atLeast: 1.3),
      .limit("calendar queue in C++", medians[2], atLeast: size.ofCalendar),
    ]
    bounds.append(.peer("ns-3.37 -O3", size.ns3, atLeast: size.timesNS3))
    return Measurement(figure: size.name, unit: "events/s", ours: medians[0], bounds: bounds)
  }

  private func ours(_ sum: inout UInt64) throws -> Double {
    var queue = EventQueue<HoldEvent>()
    var world = HoldWorld()
    for index in 0..<size.pending {
      try queue.schedule(.timer(node: UInt32(index)), at: Instant(nanoseconds: gaps[index & (gaps.count - 1)]))
    }
    try hold(&queue, &world, from: size.pending, count: size.pending)
    let clock = ContinuousClock()
    let duration = try clock.measure { try hold(&queue, &world, from: 2 * size.pending, count: operations) }
    sum = world.mix
    return BenchmarkPlan.rate(of: operations, in: duration)
  }

  @inline(never)
  private func hold(_ queue: inout EventQueue<HoldEvent>, _ world: inout HoldWorld, from first: Int, count: Int) throws
  {
    let mask = gaps.count - 1
    for index in first..<(first + count) {
      guard let (instant, event) = queue.popNext() else { return }
      let next = world.handle(event, at: instant)
      try queue.schedule(next, at: instant + SimDuration(nanoseconds: gaps[index & mask]))
    }
  }

  private func priorityQueue(_ sum: inout UInt64) -> Double {
    let nanoseconds = unsafe limits_hold_priority_queue(
      UInt64(size.pending), UInt64(operations), gaps, UInt64(gaps.count), &sum)
    return BenchmarkPlan.rate(of: operations, in: .nanoseconds(nanoseconds))
  }

  private func calendarQueue(_ sum: inout UInt64) -> Double {
    let nanoseconds = unsafe limits_hold_calendar_queue(
      UInt64(size.pending), UInt64(operations), gaps, UInt64(gaps.count), EventKernel.meanGap, &sum)
    return BenchmarkPlan.rate(of: operations, in: .nanoseconds(nanoseconds))
  }

  /// Exponentially distributed times with the mean `meanGap`, from the distances between points thrown at random.
  private static func exponentialGaps(_ count: Int) -> [UInt64] {
    var random = RandomStream(seed: 1, node: "bench", purpose: "gaps")
    let points = (0...count).map { _ in random.below(UInt64(count) * meanGap) }.sorted()
    var gaps = zip(points.dropFirst(), points).map { $0 - $1 }
    gaps.shuffle(using: &random)
    return gaps
  }
}
