import Testing
import Units
import Wire

@testable import Network

@Suite("Retransmission, windows and segment sizes")
struct RetransmissionTests {
  @Test("the wait doubles up to a minute, and after eight times in vain the connection is given up by name")
  func backOff() {
    var end = End(100)
    _ = end.take(end.machine.open(at: .zero))
    var waits: [UInt64] = []
    var last = Instant.zero
    while let timer = end.timer {
      waits.append((timer.at - last).nanoseconds / 1_000_000_000)
      last = timer.at
      let sent = end.fire()
      #expect(sent.map(\.line) == (end.machine.state == .closed ? [] : ["SEQ=100 SYN"]))
    }
    #expect(waits == [3, 6, 12, 24, 48, 60, 60, 60, 60])
    #expect(end.failures == ["no acknowledgment after 8 retransmissions"])
    #expect(end.machine.state == .closed)
  }

  @Test("a measured round trip sets the wait, and one of a segment that was sent twice is not measured (Karn)")
  func measurement() {
    var timeout = RetransmissionTimeout()
    timeout.measured(2_000_000_000)
    #expect(timeout.nanoseconds == 6_000_000_000)
    timeout.measured(2_000_000_000)
    #expect(timeout.nanoseconds == 5_000_000_000)
    timeout.backOff()
    #expect(timeout.nanoseconds == 10_000_000_000)
    var quick = RetransmissionTimeout()
    quick.measured(1)
    #expect(quick.nanoseconds == RetransmissionTimeout.minimum)

    var end = End(100)
    _ = end.take(end.machine.open(at: .zero))
    _ = end.fire()
    _ = end.take(end.machine.receive(segment(300, ack: 101, [.syn, .ack]), at: Instant.zero + .seconds(100)))
    let now = Instant.zero + .seconds(200)
    _ = end.take(end.machine.send([1], at: now))
    #expect(end.timer?.at == now + .seconds(6))
  }

  @Test("a timer that was set anew since says nothing")
  func staleTimer() {
    var ladder = Ladder.established()
    _ = ladder.a.take(ladder.a.machine.send([1], at: .zero))
    let stale = ladder.a.timer
    _ = ladder.a.receive(segment(301, ack: 102, .ack))
    ladder.a.timer = stale
    #expect(ladder.a.fire().isEmpty)
  }

  @Test("text, FIN and the handshake's answer are sent again in their own form")
  func everyKind() {
    var server = End.inState(.synReceived)
    #expect(server.fire().map(\.line) == ["SEQ=100 ACK=301 SYN,ACK"])
    var text = End.inState(.established)
    _ = text.take(text.machine.send([1, 2], at: .zero))
    #expect(text.fire().map(\.line) == ["SEQ=101 ACK=301 ACK 2"])
    var fin = End.inState(.finWait1)
    #expect(fin.fire().map(\.line) == ["SEQ=101 ACK=301 FIN,ACK"])
    var last = End.inState(.lastAck)
    #expect(last.fire().map(\.line) == ["SEQ=101 ACK=302 FIN,ACK"])
  }

  @Test("the third duplicate acknowledgment sends the missing segment at once, older acknowledgments do not count")
  func fastRetransmission() {
    var ladder = Ladder.established(sizeOfA: 100, sizeOfB: 100)
    let sent = ladder.a.take(ladder.a.machine.send([UInt8](repeating: 7, count: 600), at: .zero))
    #expect(sent.count == 6)
    #expect(ladder.a.receive(segment(301, ack: 201, .ack)).isEmpty)
    for _ in 0..<5 { #expect(ladder.a.receive(segment(301, ack: 101, .ack)).isEmpty, "an old one") }
    #expect(ladder.a.receive(segment(301, ack: 201, .ack)).isEmpty)
    #expect(ladder.a.receive(segment(301, ack: 201, .ack)).isEmpty)
    #expect(ladder.a.receive(segment(301, ack: 201, .ack)).map(\.line) == ["SEQ=201 ACK=301 ACK 100"])
    #expect(ladder.a.receive(segment(301, ack: 201, .ack)).isEmpty)
    // The next hole shows by an acknowledgment that covers part of what was under way.
    #expect(ladder.a.receive(segment(301, ack: 401, .ack)).map(\.line) == ["SEQ=401 ACK=301 ACK 100"])
  }

  @Test("a shut window is probed by one octet; who answers the probes may keep it shut as long as it likes")
  func zeroWindow() {
    var ladder = Ladder.established()
    _ = ladder.a.receive(segment(301, ack: 101, .ack, window: 0))
    #expect(ladder.a.take(ladder.a.machine.send(Array(1...100), at: .zero)).isEmpty)
    for probe in 1...30 {
      #expect(ladder.a.fire().map(\.line) == ["SEQ=101 ACK=301 ACK 1"], "probe \(probe)")
      #expect(ladder.a.receive(segment(301, ack: 101, .ack, window: 0)).isEmpty)
    }
    #expect(ladder.a.failures.isEmpty)
    let opened = ladder.a.receive(segment(301, ack: 102, .ack, window: 1_000))
    #expect(opened.map(\.line) == ["SEQ=102 ACK=301 ACK 99"])
  }

  @Test("a shut window whose probes nobody answers is given up")
  func zeroWindowAndSilence() {
    var ladder = Ladder.established()
    _ = ladder.a.receive(segment(301, ack: 101, .ack, window: 0))
    _ = ladder.a.take(ladder.a.machine.send([1], at: .zero))
    for _ in 0..<9 { _ = ladder.a.fire() }
    #expect(ladder.a.failures == ["no acknowledgment after 8 retransmissions"])
  }

  @Test("no more is sent than the window takes, and a window of an older segment is not believed")
  func window() {
    var ladder = Ladder.established()
    _ = ladder.a.receive(segment(301, ack: 101, .ack, window: 10))
    #expect(ladder.a.take(ladder.a.machine.send(Array(1...100), at: .zero)).map(\.payload.count) == [10])
    let more = ladder.a.receive(segment(301, ack: 106, .ack, window: 20, "ab"))
    #expect(more.filter { !$0.payload.isEmpty }.map(\.payload.count) == [15])
    // It was sent before the last one: SND.WL1 says so.
    let stale = ladder.a.receive(segment(301, ack: 106, .ack, window: 60_000, "a"))
    #expect(stale.allSatisfy { $0.payload.isEmpty })
  }

  @Test("text that comes out of order, twice and overlapping is handed on in order and once")
  func outOfOrder() {
    var end = End.inState(.established)
    let text = "the quick brown fox"
    func piece(_ range: Range<Int>) -> TCPSegment {
      segment(301 + UInt32(range.lowerBound), ack: 101, .ack, String(Array(text)[range]))
    }
    for range in [10..<15, 10..<15, 4..<12, 15..<19, 13..<19, 2..<6, 0..<3, 0..<19] { _ = end.receive(piece(range)) }
    #expect(String(decoding: end.received, as: UTF8.self) == text)
    #expect(end.receive(segment(320, ack: 101, [.fin, .ack])).map(\.line) == ["SEQ=101 ACK=321 ACK"])
    #expect(end.machine.state == .closeWait)
  }

  @Test("a queue full of later pieces still takes the one that everybody waits for")
  func fullQueue() {
    var end = End.inState(.established)
    for index in 1...2_000 {
      _ = end.receive(segment(301 + UInt32(index) * 2, ack: 101, .ack, "x"))
    }
    #expect(end.receive(segment(301, ack: 101, .ack, "abc")).map(\.acknowledgment) == [304])
    // 256 pieces in every other place, of which the first follows on.
    #expect(end.received.count == 3)
    var queue = OutOfOrderQueue()
    for start in (0..<5_000 as Range<UInt32>).reversed() { queue.insert([1], at: TCPSequence(start * 2)) }
    #expect(queue.count == OutOfOrderQueue.pieceLimit)
    #expect(queue.take(from: TCPSequence(0)) == [1])
  }

  @Test("sequence numbers go on past their end", arguments: [0xFFFF_FFFF, 0xFFFF_FFF0, 0xFFFF_0000] as [UInt32])
  func wrapping(initial: UInt32) {
    var ladder = Ladder(a: End(initial), b: End(initial &+ 5))
    _ = ladder.b.take(ladder.b.machine.listen())
    ladder.exchange(fromA: ladder.a.take(ladder.a.machine.open(at: .zero)))
    let octets = (0..<100_000).map { UInt8($0 % 251) }
    ladder.exchange(fromA: ladder.a.take(ladder.a.machine.send(octets, at: .zero)), limit: 1_000)
    #expect(ladder.b.received == octets)
  }

  @Test("a segment is as long as the smaller of both sizes, and 536 where the peer says nothing (RFC 1122 §4.2.2.6)")
  func segmentSize() {
    for (a, b, expected) in [(1_460, 700, 700), (500, 1_460, 500), (1_460, 1_460, 1_460)] {
      let ladder = Ladder.established(sizeOfA: a, sizeOfB: b)
      #expect(ladder.a.machine.maximumSegmentSize == expected)
      #expect(ladder.b.machine.maximumSegmentSize == expected)
    }
    var silent = End(100)
    _ = silent.take(silent.machine.open(at: .zero))
    _ = silent.receive(segment(300, ack: 101, [.syn, .ack]))
    #expect(silent.machine.maximumSegmentSize == 536)
    var absurd = End(100)
    _ = absurd.take(absurd.machine.open(at: .zero))
    _ = absurd.receive(segment(300, ack: 101, [.syn, .ack], size: 0))
    #expect(absurd.machine.maximumSegmentSize == 1)
  }

  @Test("when the path shrinks the oldest segment goes again at once, smaller; a closed connection stays silent")
  func pathShrinks() {
    var ladder = Ladder.established()
    _ = ladder.a.take(ladder.a.machine.send([UInt8](repeating: 1, count: 3_000), at: .zero))
    let smaller = ladder.a.take(ladder.a.machine.pathShrank(toSegmentSize: 500, at: .zero))
    #expect(smaller.map(\.line) == ["SEQ=101 ACK=301 ACK 500"])
    #expect(ladder.a.take(ladder.a.machine.pathShrank(toSegmentSize: 900, at: .zero)).isEmpty)
    #expect(ladder.a.take(ladder.a.machine.pathShrank(toSegmentSize: 0, at: .zero)).isEmpty)
    #expect(ladder.a.machine.maximumSegmentSize == 500)
    _ = ladder.a.receive(segment(301, ack: 101, .rst))
    #expect(ladder.a.machine.state == .closed)
    #expect(ladder.a.take(ladder.a.machine.pathShrank(toSegmentSize: 100, at: .zero)).isEmpty)
    #expect(ladder.a.take(ladder.a.machine.send([1], at: .zero)).isEmpty)
  }

  @Test("in TIME-WAIT a FIN that comes again is acknowledged, and the wait begins anew")
  func timeWait() {
    var end = End.inState(.timeWait)
    let before = end.timer?.generation
    let again = end.take(
      end.machine.receive(segment(301, ack: 102, [.fin, .ack]), at: Instant.zero + .seconds(10)))
    #expect(again.map(\.line) == ["SEQ=102 ACK=302 ACK"])
    #expect(end.timer?.at == Instant.zero + .seconds(70))
    #expect(end.timer?.generation != before)
  }
}
