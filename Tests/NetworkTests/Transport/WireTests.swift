import Simulation
import Testing
import Units
import Wire

@testable import Network

/// Two connections on a wire that loses, doubles and delays segments, as the seed has it.
private struct Pair {
  enum Happening {
    case arrival(TCPSegment, atA: Bool)
    case timer(UInt32, ofA: Bool)
  }

  var a: End
  var b: End
  var queue = EventQueue<Happening>()
  var stream: RandomStream
  let loss: Ratio
  let duplication: Ratio
  var now = Instant.zero
  var steps = 0

  init(seed: UInt64) {
    stream = RandomStream(seed: seed, node: "pair", purpose: "wire")
    a = End(UInt32(truncatingIfNeeded: stream.next()), maximumSegmentSize: 200 + Int(stream.below(1_260)))
    b = End(UInt32(truncatingIfNeeded: stream.next()), maximumSegmentSize: 200 + Int(stream.below(1_260)))
    loss = Ratio(stream.below(30), 100)
    duplication = Ratio(stream.below(30), 100)
  }

  mutating func perform(_ actions: [TCPAction], ofA: Bool) {
    for case .setTimer(let at, let generation) in actions { put(.timer(generation, ofA: ofA), at: at) }
    let segments = ofA ? a.take(actions) : b.take(actions)
    for segment in segments where !stream.hits(loss) {
      for _ in 0..<(stream.hits(duplication) ? 2 : 1) {
        put(.arrival(segment, atA: !ofA), at: now + stream.duration(upTo: .milliseconds(200)))
      }
    }
  }

  mutating func put(_ happening: Happening, at instant: Instant) {
    do { try queue.schedule(happening, at: instant) } catch { Issue.record("a full queue") }
  }

  /// Runs until nothing is left to happen; each end closes when it has heard what it waits for.
  mutating func run(_ fromA: [UInt8], _ fromB: [UInt8]) {
    _ = b.take(b.machine.listen())
    perform(a.machine.open(at: now), ofA: true)
    perform(a.machine.send(fromA, at: now), ofA: true)
    perform(b.machine.send(fromB, at: now), ofA: false)
    while let next = queue.popNext(through: .distantFuture), steps < 60_000 {
      now = next.instant
      steps += 1
      switch next.event {
      case .arrival(let segment, true): perform(a.machine.receive(segment, at: now), ofA: true)
      case .arrival(let segment, false): perform(b.machine.receive(segment, at: now), ofA: false)
      case .timer(let generation, true): perform(a.machine.timerFired(generation: generation, at: now), ofA: true)
      case .timer(let generation, false): perform(b.machine.timerFired(generation: generation, at: now), ofA: false)
      }
      if a.received.count == fromB.count, a.machine.state == .established {
        perform(a.machine.close(at: now), ofA: true)
      }
      if b.peerHasFinished, b.machine.state == .closeWait { perform(b.machine.close(at: now), ofA: false) }
    }
  }
}

@Suite("Connections on a bad wire")
struct BadWireTests {
  @Test("for 300 wires all octets arrive in order and once, or the connection fails by name")
  func pairs() {
    var completed = 0
    for seed in 1...300 as ClosedRange<UInt64> {
      var pair = Pair(seed: seed)
      let fromA = (0..<Int(pair.stream.below(4_000))).map { _ in UInt8(truncatingIfNeeded: pair.stream.next()) }
      let fromB = (0..<Int(pair.stream.below(4_000))).map { _ in UInt8(truncatingIfNeeded: pair.stream.next()) }
      pair.run(fromA, fromB)
      #expect(pair.steps < 60_000, "seed \(seed): it does not come to an end")
      let failed = !pair.a.failures.isEmpty || !pair.b.failures.isEmpty
      #expect(pair.b.received == Array(fromA.prefix(pair.b.received.count)), "seed \(seed)")
      #expect(pair.a.received == Array(fromB.prefix(pair.a.received.count)), "seed \(seed)")
      guard !failed else { continue }
      completed += 1
      #expect(pair.a.received == fromB && pair.b.received == fromA, "seed \(seed)")
      #expect(pair.a.machine.state == .closed && pair.b.machine.state == .closed, "seed \(seed)")
    }
    #expect(completed > 240, "only \(completed) of 300 came through")
  }

  @Test(
    "random segments in every state: never a trap, bounded memory, and nothing is sent after the end",
    arguments: End.everyState)
  func randomSegments(state: TCPState) {
    let rounds = mutationCount(default: 4_000)
    var stream = RandomStream(seed: 11, node: "hostile", purpose: state.rawValue)
    var end = End.inState(state)
    for round in 0..<rounds {
      if round % 50 == 0 { end = .inState(state) }
      end.received = []
      let now = Instant(nanoseconds: UInt64(round) * 1_000_000)
      let answers: [TCPSegment]
      switch stream.below(12) {
      case 0: answers = end.fire()
      case 1: answers = end.take(end.machine.pathShrank(toSegmentSize: Int(stream.below(1_500)), at: now))
      case 2: answers = end.take(end.machine.send([UInt8](repeating: 9, count: Int(stream.below(3_000))), at: now))
      case 3 where stream.below(10) == 0: answers = end.take(end.machine.close(at: now))
      default: answers = end.receive(hostileSegment(&stream), at: now)
      }
      #expect(answers.count <= 66_000, "round \(round)")
      #expect(end.received.count <= 2 * TCPConnection.receiveWindow, "round \(round)")
    }
  }

  /// Numbers near those that count, and such from anywhere.
  private func hostileSegment(_ stream: inout RandomStream) -> TCPSegment {
    func near(_ base: UInt32) -> UInt32 {
      switch stream.below(6) {
      case 0: UInt32(truncatingIfNeeded: stream.next())
      case 1: base &+ 0x8000_0000 &+ UInt32(stream.below(4))
      case 2: base &+ 65_530 &+ UInt32(stream.below(10))
      default: base &- 3 &+ UInt32(stream.below(8))
      }
    }
    let length = stream.below(3) == 0 ? Int(stream.below(2_000)) : Int(stream.below(4))
    return TCPSegment(
      sequence: near(301), acknowledgment: near(101),
      control: TCPFlags(rawValue: UInt16(stream.below(stream.below(4) == 0 ? 64 : 32))).subtracting(
        stream.below(4) == 0 ? [] : [.rst]
      ).union(stream.below(2) == 0 ? .ack : []),
      window: UInt16(truncatingIfNeeded: stream.below(3) == 0 ? 0 : stream.next()),
      maximumSegmentSize: stream.below(2) == 0 ? UInt16(truncatingIfNeeded: stream.next()) : nil,
      payload: [UInt8](repeating: UInt8(stream.below(256)), count: length))
  }
}
