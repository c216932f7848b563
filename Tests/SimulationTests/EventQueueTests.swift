import Simulation
import Testing
import Units

@Suite("The event queue")
struct EventQueueTests {
  private func at(_ nanoseconds: UInt64) -> Instant { Instant(nanoseconds: nanoseconds) }

  @Test("is empty at the beginning of time")
  func empty() {
    var queue = EventQueue<Int>()
    let first = queue.popNext()
    #expect(first == nil && queue.nextInstant == nil)
    #expect(queue.isEmpty && queue.now == .zero)
  }

  @Test("lets what was scheduled in the past happen now, behind what is pending for now")
  func past() throws {
    var queue = EventQueue<String>()
    try queue.schedule("first", at: at(100))
    try queue.schedule("second", at: at(100))
    let first = queue.popNext()?.event
    #expect(first == "first")
    let held = try queue.schedule("late", at: at(5))
    #expect(held == at(100))
    let second = queue.popNext()?.event
    #expect(second == "second")
    let late = queue.popNext()
    #expect(late?.event == "late" && late?.instant == at(100))
  }

  @Test("takes nothing out behind the end of a run, and still takes in what happens before it")
  func through() throws {
    var queue = EventQueue<String>()
    try queue.schedule("far", at: at(7_000_000_000))
    let early = queue.popNext(through: at(5_000_000_000))
    #expect(early == nil)
    #expect(queue.now == .zero && queue.count == 1)
    try queue.schedule("between", at: at(6_000_000_000))
    let between = queue.popNext(through: at(6_000_000_000))?.event
    #expect(between == "between")
    let far = queue.popNext(through: .distantFuture)?.event
    #expect(far == "far")
  }

  @Test("keeps timers of the distant future to the end")
  func distantFuture() throws {
    var queue = EventQueue<Int>()
    for event in 0..<600 { try queue.schedule(event, at: event % 2 == 0 ? .distantFuture : at(UInt64(event))) }
    let order = (0..<600).map { _ in queue.popNext()?.event }
    #expect(order == Array(stride(from: 1, to: 600, by: 2)) + Array(stride(from: 0, to: 600, by: 2)))
    #expect(queue.now == .distantFuture)
    try queue.schedule(1, at: .zero)
    let afterwards = queue.popNext()?.instant
    #expect(afterwards == .distantFuture)
  }

  @Test("refuses more than its limit by name, and goes on")
  func overflow() throws {
    var queue = EventQueue<Int>(limit: 2)
    try queue.schedule(1, at: at(1_000_000_000))
    try queue.schedule(2, at: at(2_000_000_000))
    _ = queue.popNext()
    try queue.schedule(3, at: at(3_000_000_000))
    let failure = #expect(throws: EventQueueOverflow.self) { try queue.schedule(4, at: at(4)) }
    #expect(
      failure?.description
        == "event queue: 2 events are pending at 1.000000000, which is the limit; something schedules more than ever happens"
    )
    #expect(queue.count == 2)
    let next = queue.popNext()?.event
    #expect(next == 2)
  }

  @Test("is a value: a copy goes its own way")
  func value() throws {
    var queue = EventQueue<[Int]>()
    for event in 0..<1_000 { try queue.schedule([event], at: at(UInt64(event * 7_919 % 1_000))) }
    for _ in 0..<300 { _ = queue.popNext() }
    var copy = queue
    for event in 0..<500 { try copy.schedule([-event], at: at(500)) }
    #expect(queue.count == 700 && copy.count == 1_200)
    let (first, second) = (rest(queue), rest(copy).filter { ($0.first ?? 0) > 0 })
    #expect(first.count == 700 && first.filter { ($0.first ?? 0) > 0 } == second)
  }

  private func rest<Event>(_ queue: EventQueue<Event>) -> [Event] {
    var (queue, events) = (queue, [Event]())
    while let (_, event) = queue.popNext() { events.append(event) }
    return events
  }
}

@Suite("What an event queue holds on to")
struct EventQueueMemoryTests {
  private final class Probe {}

  @Test("is released once it was taken out")
  func released() throws {
    var queue = EventQueue<Probe>()
    weak var seen: Probe?
    do {
      let probe = Probe()
      seen = probe
      try queue.schedule(probe, at: .zero)
    }
    #expect(seen != nil)
    _ = queue.popNext()
    #expect(seen == nil)
  }

  @Test("is released with the last copy, through every growth")
  func lastCopy() throws {
    weak var seen: Probe?
    do {
      let probe = Probe()
      seen = probe
      var queue = EventQueue<Probe>()
      for event in 0..<5_000 { try queue.schedule(probe, at: Instant(nanoseconds: UInt64(event))) }
      var copy = queue
      for _ in 0..<100 { _ = copy.popNext() }
      #expect(queue.count == 5_000 && copy.count == 4_900)
    }
    #expect(seen == nil)
  }
}
