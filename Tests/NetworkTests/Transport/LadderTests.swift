import Testing
import Units
import Wire

@testable import Network

@Suite("Connections as the ladders of RFC 793")
struct LadderTests {
  @Test("figure 7: the handshake, and a segment with text in each direction")
  func handshake() {
    var ladder = Ladder.established()
    #expect(ladder.lines == ["--> SEQ=100 SYN", "<-- SEQ=300 ACK=101 SYN,ACK", "--> SEQ=101 ACK=301 ACK"])
    #expect(ladder.a.states == [.synSent, .established])
    #expect(ladder.b.states == [.listen, .synReceived, .established])
    ladder.lines = []
    ladder.exchange(fromA: ladder.a.take(ladder.a.machine.send(Array("hello".utf8), at: .zero)))
    ladder.exchange(fromB: ladder.b.take(ladder.b.machine.send(Array("good day".utf8), at: .zero)))
    #expect(
      ladder.lines == [
        "--> SEQ=101 ACK=301 ACK 5", "<-- SEQ=301 ACK=106 ACK", "<-- SEQ=301 ACK=106 ACK 8",
        "--> SEQ=106 ACK=309 ACK",
      ])
    #expect(String(decoding: ladder.b.received, as: UTF8.self) == "hello")
    #expect(String(decoding: ladder.a.received, as: UTF8.self) == "good day")
  }

  @Test("figure 8: both ends open at once, and one connection comes of it")
  func simultaneousOpen() {
    var ladder = Ladder(a: End(100), b: End(300))
    let fromA = ladder.a.take(ladder.a.machine.open(at: .zero))
    let fromB = ladder.b.take(ladder.b.machine.open(at: .zero))
    ladder.exchange(fromA: fromA, fromB: fromB)
    #expect(ladder.a.states == [.synSent, .synReceived, .established])
    #expect(ladder.b.states == [.synSent, .synReceived, .established])
    #expect(ladder.lines.count <= 8)
    ladder.exchange(fromA: ladder.a.take(ladder.a.machine.send([1, 2, 3], at: .zero)))
    #expect(ladder.b.received == [1, 2, 3])
  }

  @Test("figure 9: the answer to an old SYN is reset, and the listener's side forgets the half-open connection")
  func oldDuplicateSYN() {
    var a = End(100)
    let open = a.take(a.machine.open(at: .zero))
    #expect(open.map(\.line) == ["SEQ=100 SYN"])
    var old = End(300)
    _ = old.take(old.machine.listen())
    let answer = old.receive(segment(90, .syn))
    #expect(answer.map(\.line) == ["SEQ=300 ACK=91 SYN,ACK"])
    let reset = a.receive(answer[0])
    #expect(reset.map(\.line) == ["SEQ=91 RST"])
    #expect(a.machine.state == .synSent)
    // Deviates: RFC 793 goes back to LISTEN. Here a connection is one peer's; who listens is its node.
    #expect(old.receive(reset[0]).isEmpty)
    #expect(old.machine.state == .closed)
    var fresh = End(400)
    _ = fresh.take(fresh.machine.listen())
    var ladder = Ladder(a: a, b: fresh)
    ladder.exchange(fromA: open)
    #expect(ladder.a.machine.state == .established)
    #expect(ladder.b.machine.state == .established)
  }

  @Test(
    "figure 10: an end that has crashed opens again, and learns that the other still believes in the old connection")
  func halfOpenDiscovery() {
    var ladder = Ladder.established()
    ladder.a = End(900_000)
    ladder.lines = []
    ladder.exchange(fromA: ladder.a.take(ladder.a.machine.open(at: .zero)))
    #expect(ladder.lines == ["--> SEQ=900000 SYN", "<-- SEQ=301 ACK=101 ACK", "--> SEQ=101 RST"])
    #expect(ladder.a.machine.state == .synSent)
    #expect(ladder.b.machine.state == .closed)
    #expect(ladder.b.failures == ["the peer reset the connection (RST)"])
  }

  @Test("figure 11: text for an end that has crashed is answered by a reset that the other end believes")
  func activeSideDiscovers() {
    var ladder = Ladder.established()
    ladder.a = End(0)
    ladder.lines = []
    ladder.exchange(fromB: ladder.b.take(ladder.b.machine.send([1], at: .zero)))
    #expect(ladder.lines == ["<-- SEQ=301 ACK=101 ACK 1", "--> SEQ=101 RST"])
    #expect(ladder.b.failures == ["the peer reset the connection (RST)"])
  }

  @Test("figure 12: two listeners get rid of an old SYN")
  func oldSYNBetweenListeners() {
    var ladder = Ladder(a: End(100), b: End(300))
    _ = ladder.a.take(ladder.a.machine.listen())
    _ = ladder.b.take(ladder.b.machine.listen())
    ladder.exchange(fromA: [segment(77, .syn)])
    #expect(ladder.lines == ["--> SEQ=77 SYN", "<-- SEQ=300 ACK=78 SYN,ACK", "--> SEQ=78 RST"])
    #expect(ladder.a.machine.state == .listen)
    #expect(ladder.b.machine.state == .closed)
  }

  @Test(
    "figure 13: a close from either end, with TIME-WAIT of two lifetimes at the one that began",
    arguments: [true, false])
  func close(byA: Bool) {
    var ladder = Ladder.established()
    ladder.lines = []
    if byA {
      ladder.exchange(fromA: ladder.a.take(ladder.a.machine.close(at: .zero)))
      #expect(ladder.b.peerHasFinished)
      ladder.exchange(fromB: ladder.b.take(ladder.b.machine.close(at: .zero)))
    } else {
      ladder.exchange(fromB: ladder.b.take(ladder.b.machine.close(at: .zero)))
      #expect(ladder.a.peerHasFinished)
      ladder.exchange(fromA: ladder.a.take(ladder.a.machine.close(at: .zero)))
    }
    var first = byA ? ladder.a : ladder.b
    let second = byA ? ladder.b : ladder.a
    #expect(first.states.suffix(4) == [.established, .finWait1, .finWait2, .timeWait])
    #expect(second.states.suffix(4) == [.established, .closeWait, .lastAck, .closed])
    #expect(ladder.lines.count == 4)
    #expect(first.timer?.at == Instant.zero + .seconds(60))
    #expect(first.fire().isEmpty)
    #expect(first.machine.state == .closed)
    #expect(first.failures.isEmpty && second.failures.isEmpty)
  }

  @Test("figure 14: both ends close at once")
  func simultaneousClose() {
    var ladder = Ladder.established()
    let fromA = ladder.a.take(ladder.a.machine.close(at: .zero))
    let fromB = ladder.b.take(ladder.b.machine.close(at: .zero))
    ladder.exchange(fromA: fromA, fromB: fromB)
    for end in [ladder.a, ladder.b] {
      #expect(end.states.suffix(4) == [.established, .finWait1, .closing, .timeWait])
      #expect(end.peerHasFinished)
    }
  }

  @Test("text is still taken after the own FIN, and still sent after the peer's")
  func halfClosed() {
    var ladder = Ladder.established()
    ladder.exchange(fromA: ladder.a.take(ladder.a.machine.close(at: .zero)))
    ladder.exchange(fromB: ladder.b.take(ladder.b.machine.send(Array("late".utf8), at: .zero)))
    #expect(String(decoding: ladder.a.received, as: UTF8.self) == "late")
    #expect(ladder.a.take(ladder.a.machine.send([1], at: .zero)).isEmpty)
  }

  @Test("a refused connection fails by name, and a closed end answers text and SYN as RFC 793 §3.4 says")
  func refused() {
    var ladder = Ladder(a: End(100), b: End(300))
    ladder.exchange(fromA: ladder.a.take(ladder.a.machine.open(at: .zero)))
    #expect(ladder.lines == ["--> SEQ=100 SYN", "<-- SEQ=0 ACK=101 RST,ACK"])
    #expect(ladder.a.failures == ["the peer refused the connection (RST)"])
    #expect(TCPConnection.reset(for: segment(5, ack: 9, .ack))?.line == "SEQ=9 RST")
    #expect(TCPConnection.reset(for: segment(5, .fin, "abc"))?.line == "SEQ=0 ACK=9 RST,ACK")
    #expect(TCPConnection.reset(for: segment(5, .rst)) == nil)
  }

  @Test("RST in the window ends every state that has a peer; one outside it ends none", arguments: End.everyState)
  func reset(state: TCPState) {
    var end = End.inState(state)
    #expect(end.machine.state == state)
    let next: UInt32 = [.closeWait, .closing, .lastAck, .timeWait].contains(state) ? 302 : 301
    let outside = state == .synSent ? segment(0, ack: 500, [.rst, .ack]) : segment(next &- 1, ack: 101, .rst)
    #expect(end.receive(outside).isEmpty)
    #expect(end.machine.state == state)
    let inside = state == .synSent ? segment(0, ack: 101, [.rst, .ack]) : segment(next, ack: 101, .rst)
    #expect(end.receive(inside).isEmpty)
    switch state {
    case .listen: #expect(end.machine.state == .listen)
    case .closed, .timeWait:
      #expect(end.machine.state == .closed)
      #expect(end.failures.isEmpty)
    default:
      #expect(end.machine.state == .closed)
      #expect(end.failures.count == 1)
    }
    end.timer = end.timer.map { ($0.at, $0.generation) }
    #expect(end.fire().isEmpty, "a closed connection sends nothing more")
  }

  @Test("a segment outside the window is answered by an acknowledgment and otherwise nothing")
  func outsideTheWindow() {
    var ladder = Ladder.established()
    let before = ladder.a.machine
    for sequence in [300, 301 &- 65_536, 301 + 65_535, 301 &+ 0x8000_0000] as [UInt32] {
      #expect(ladder.a.receive(segment(sequence, ack: 101, .ack, "x")).map(\.line) == ["SEQ=101 ACK=301 ACK"])
    }
    #expect(ladder.a.machine == before)
    #expect(ladder.a.received.isEmpty)
  }

  @Test("two ends that a forged segment has put out of step do not answer each other without end")
  func outOfStep() {
    var ladder = Ladder.established()
    _ = ladder.b.receive(segment(101, ack: 301, .ack, "forged"))
    ladder.lines = []
    ladder.exchange(fromB: [segment(301, ack: 107, .ack)])
    #expect(ladder.lines.count <= 4, "\(ladder.lines)")
  }

  @Test("a second SYN within the window resets the connection")
  func secondSYN() {
    var end = End.inState(.established)
    #expect(end.receive(segment(400, .syn)).map(\.line) == ["SEQ=0 ACK=401 RST,ACK"])
    #expect(end.failures == ["the peer sent a second SYN within the window"])
  }

  @Test("a SYN that comes again with text behind it has its text read from the right place")
  func textBehindSYN() {
    var end = End.inState(.established)
    _ = end.receive(segment(300, ack: 101, [.syn, .ack], "abc"))
    #expect(String(decoding: end.received, as: UTF8.self) == "abc")
  }

  @Test(
    "an acknowledgment of what was never sent is answered and believed in nothing",
    arguments: [102, 5_000, 101 &+ 0x8000_0000, 100 &+ 0x8000_0000] as [UInt32])
  func acknowledgmentOfTheFuture(number: UInt32) {
    var end = End.inState(.established)
    _ = end.receive(segment(301, ack: number, .ack, "x"))
    #expect(end.take(end.machine.send([7], at: .zero)).map(\.sequence) == [101])
  }

  @Test("close before the handshake's end: from SYN-SENT nothing more is heard, from SYN-RECEIVED a FIN follows it")
  func earlyClose() {
    var end = End.inState(.synSent)
    _ = end.take(end.machine.send([1, 2, 3], at: .zero))
    #expect(end.take(end.machine.close(at: .zero)).isEmpty)
    #expect(end.machine.state == .closed)
    #expect(end.fire().isEmpty, "its timer has no meaning any more")
    var server = End.inState(.synReceived)
    #expect(server.take(server.machine.close(at: .zero)).isEmpty)
    #expect(server.receive(segment(301, ack: 101, .ack)).map(\.line) == ["SEQ=101 ACK=301 FIN,ACK"])
    #expect(server.machine.state == .finWait1)
  }
}
