import Simulation
import Units
import Wire

@testable import Network

/// The wire of two connections that a test runs by hand: what each end asked for, and what it was told.
struct End {
  var machine: TCPConnection
  var received: [UInt8] = []
  var states: [TCPState] = []
  var failures: [String] = []
  var retransmissions = 0
  var peerHasFinished = false
  var timer: (at: Instant, generation: UInt32)?

  init(_ initialSequence: UInt32, maximumSegmentSize: Int = 1_460) {
    machine = TCPConnection(initialSequence: initialSequence, maximumSegmentSize: maximumSegmentSize)
  }

  /// Takes the actions in and gives the segments that are to be sent.
  mutating func take(_ actions: [TCPAction]) -> [TCPSegment] {
    var segments: [TCPSegment] = []
    for action in actions {
      switch action {
      case .send(let segment): segments.append(segment)
      case .retransmitted: retransmissions += 1
      case .setTimer(let at, let generation): timer = (at, generation)
      case .changed(_, let to): states.append(to)
      case .received(let octets): received += octets
      case .peerFinished: peerHasFinished = true
      case .failed(let why): failures.append(why)
      }
    }
    return segments
  }

  mutating func receive(_ segment: TCPSegment, at now: Instant = .zero) -> [TCPSegment] {
    take(machine.receive(segment, at: now))
  }

  /// Lets the timer that was set last fire at its instant.
  mutating func fire() -> [TCPSegment] {
    guard let timer else { return [] }
    self.timer = nil
    return take(machine.timerFired(generation: timer.generation, at: timer.at))
  }
}

/// A segment in the notation of RFC 793: `<SEQ=100><ACK=300><CTL=ACK>`.
func segment(
  _ sequence: UInt32, ack: UInt32 = 0, _ control: TCPFlags, window: UInt16 = 65_535, size: UInt16? = nil,
  _ text: String = ""
) -> TCPSegment {
  TCPSegment(
    sequence: sequence, acknowledgment: ack, control: control, window: window, maximumSegmentSize: size,
    payload: Array(text.utf8))
}

extension TCPSegment {
  /// `SEQ=100 ACK=300 SYN,ACK 5`: what ladders are compared by.
  var line: String {
    let names = [(TCPFlags.syn, "SYN"), (.fin, "FIN"), (.rst, "RST"), (.ack, "ACK")]
    let control = names.filter { self.control.contains($0.0) }.map(\.1).joined(separator: ",")
    let acknowledged = self.control.contains(.ack) ? " ACK=\(acknowledgment)" : ""
    return "SEQ=\(sequence)\(acknowledged) \(control)" + (payload.isEmpty ? "" : " \(payload.count)")
  }
}

/// Two ends and a wire without delay or faults, that writes down what crosses it.
struct Ladder {
  var a: End
  var b: End
  var lines: [String] = []

  /// Carries segments back and forth until both ends are silent.
  mutating func exchange(fromA: [TCPSegment] = [], fromB: [TCPSegment] = [], limit: Int = 200) {
    var toB = fromA
    var toA = fromB
    var steps = 0
    while !(toA.isEmpty && toB.isEmpty), steps < limit {
      steps += 1
      if !toB.isEmpty {
        let next = toB.removeFirst()
        lines.append("--> " + next.line)
        toA += b.receive(next)
      } else {
        let next = toA.removeFirst()
        lines.append("<-- " + next.line)
        toB += a.receive(next)
      }
    }
  }

  /// A at 100, B at 300, as in the figures of RFC 793; both established.
  static func established(sizeOfA: Int = 1_460, sizeOfB: Int = 1_460) -> Ladder {
    var ladder = Ladder(a: End(100, maximumSegmentSize: sizeOfA), b: End(300, maximumSegmentSize: sizeOfB))
    _ = ladder.b.take(ladder.b.machine.listen())
    ladder.exchange(fromA: ladder.a.take(ladder.a.machine.open(at: .zero)))
    return ladder
  }
}

extension End {
  /// A connection that A of RFC 793 would have: its number 100, the peer's 300, in the state that is asked for.
  static func inState(_ state: TCPState) -> End {
    var end = End(100)
    let hello = segment(300, ack: 101, [.syn, .ack], size: 1_460)
    func synchronize(_ end: inout End) {
      _ = end.take(end.machine.open(at: .zero))
      _ = end.receive(hello)
    }
    let finish = segment(301, ack: 101, [.fin, .ack])
    switch state {
    case .closed: break
    case .listen: _ = end.take(end.machine.listen())
    case .synSent: _ = end.take(end.machine.open(at: .zero))
    case .synReceived:
      _ = end.take(end.machine.listen())
      _ = end.receive(segment(300, .syn, size: 1_460))
    case .established: synchronize(&end)
    case .closeWait:
      synchronize(&end)
      _ = end.receive(finish)
    case .lastAck:
      end = .inState(.closeWait)
      _ = end.take(end.machine.close(at: .zero))
    case .finWait1, .finWait2, .closing, .timeWait:
      synchronize(&end)
      _ = end.take(end.machine.close(at: .zero))
      if state == .finWait2 || state == .timeWait { _ = end.receive(segment(301, ack: 102, .ack)) }
      if state == .closing { _ = end.receive(finish) }
      if state == .timeWait { _ = end.receive(segment(301, ack: 102, [.fin, .ack])) }
    }
    return end
  }

  static let everyState: [TCPState] = [
    .closed, .listen, .synSent, .synReceived, .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck,
    .timeWait,
  ]
}
