import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// Everything that a peer or a stranger may send at the wrong time, in the wrong form, or too often.
@Suite struct HostileTests {
  /// A pair that was stopped after some messages had arrived, and the messages of a whole run.
  struct Stage {
    var pair: Pair
    /// The messages in their order: from the initiator, side 0, and the responder in turn.
    var messages: [(side: Int, bytes: [UInt8])]
  }

  static func setup() -> Setup {
    var setup = Setup()
    setup.suites[0].group = 1
    setup.group = 1
    return setup
  }

  /// The nine messages of a run with a seed.
  static func transcript(seed: UInt64) -> [(side: Int, bytes: [UInt8])] {
    var pair = Pair(setup(), seed: seed)
    pair.acquire(0)
    pair.run()
    return pair.sent.map { ($0.side, $0.bytes) }
  }

  /// A pair in which exactly the first `count` messages have arrived: those that follow are lost on their way. The
  /// clock stands still, so no timer fires.
  static func stage(seed: UInt64, after count: Int) -> Pair {
    var pair = Pair(setup(), seed: seed)
    let counter = Counter()
    pair.interceptor = { _, bytes in counter.next() > count ? [] : [bytes] }
    pair.acquire(0)
    pair.run(until: .zero + .seconds(1))
    pair.interceptor = { _, _ in [] }
    return pair
  }

  /// The last message that a side has received once `count` messages have arrived, and the one that it waits for then.
  static func expectation(_ side: Int, _ count: Int) -> (last: Int, awaited: Int) {
    // The initiator's messages have odd numbers and go to side 1.
    let isMine = { (number: Int) in (number % 2 == 1) == (side == 1) }
    let last = (1...9).last { $0 <= count && isMine($0) } ?? 0
    return (last, last == 0 ? 2 - side : last + 2)
  }

  /// Every state × every message of the run: exactly the awaited message goes on, an old one may be answered again, and
  /// nothing else has any effect.
  @Test(arguments: 0...9) func everyStateMeetsEveryMessage(count: Int) {
    let messages = Self.transcript(seed: 21)
    #expect(messages.count == 9)
    for side in 0...1 {
      for (index, message) in messages.enumerated() {
        var pair = Self.stage(seed: 21, after: count)
        let before = pair
        pair.deliver(message.bytes, to: side)
        let new = Array(pair.actions[side].dropFirst(before.actions[side].count))
        let number = index + 1
        let isReceived = new.contains { if case .note(.received, _) = $0 { true } else { false } }
        let isDropped = new.contains { if case .note(.dropped, _) = $0 { true } else { false } }
        let isRepeated = new.contains {
          if case .send(_, _, _, _, _, _, let attempt) = $0 { attempt != nil } else { false }
        }
        let expectation = Self.expectation(side, count)
        // What a side has yet to send cannot come back to it.
        guard message.side != side || number <= expectation.last + 1 else { continue }
        let isExpected = number == expectation.awaited
        #expect(isReceived == isExpected, "side \(side), \(count) arrived, message \(number)")
        // The last message that came in is answered again; the initiator of main mode has a timer for that instead.
        let isLast = number == expectation.last && [1, 3, 5, 7, 8].contains(number)
        #expect(isRepeated == isLast, "side \(side), \(count) arrived, message \(number)")
        #expect(isDropped == (!isExpected && !isLast), "side \(side), \(count) arrived, message \(number)")
      }
    }
  }

  /// Thousands of altered messages, in every state, in clear and encrypted: nothing traps, nothing is installed by
  /// them, and the exchange completes with the genuine ones.
  @Test(arguments: 1...9) func alteredMessagesAreNoHarm(number: Int) {
    for seed in 1...24 {
      var generator = SeededGenerator(seed: UInt64(seed), node: "mallory", purpose: "mutations \(number)")
      let counter = Counter()
      var pair = Pair(Self.setup(), seed: UInt64(seed))
      pair.interceptor = { _, bytes in
        guard counter.next() == number else { return [bytes] }
        return (0..<12).map { _ in Self.mutate(bytes, &generator) }.filter { $0 != bytes } + [bytes]
      }
      pair.acquire(0)
      let isDone = pair.run()
      #expect(isDone)
      let isConnected = pair.isConnected
      #expect(isConnected, "message \(number), seed \(seed): \(pair.failures(0)) \(pair.failures(1))")
      #expect(pair.isMirrored, "message \(number), seed \(seed)")
      #expect(pair.outbound[0].count == 1 && pair.outbound[1].count == 1, "message \(number), seed \(seed)")
    }
  }

  /// Altered messages alone: the genuine one never comes.
  @Test(arguments: 1...9) func alteredMessagesAloneInstallNothing(number: Int) {
    for seed in 1...40 {
      var generator = SeededGenerator(seed: UInt64(seed), node: "mallory", purpose: "forgeries \(number)")
      let original = Self.transcript(seed: 5)[number - 1]
      var pair = Self.stage(seed: 5, after: number - 1)
      let before = (pair.inbound, pair.outbound)
      for _ in 0..<10 {
        let forged = Self.mutate(original.bytes, &generator)
        if forged != original.bytes { pair.deliver(forged, to: 1 - original.side) }
      }
      #expect(pair.inbound == before.0 && pair.outbound == before.1, "message \(number), seed \(seed)")
      pair.deliver(original.bytes, to: 1 - original.side)
      let genuine = pair.actions[1 - original.side]
      #expect(genuine.contains { if case .note(.received, _) = $0 { true } else { false } })
    }
  }

  /// The message altered. No hash covers the header, and the commit bit means nothing here: a message that differs in
  /// that alone is the genuine one, and is returned as it was.
  static func mutate(_ original: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = original
    switch generator.below(6) {
    case 0: bytes.removeLast(Int(generator.below(UInt64(bytes.count))))
    case 1: bytes += generator.bytes(Int(generator.below(40)) + 1)
    case 2:
      let place = Int(generator.below(UInt64(bytes.count)))
      bytes.replaceSubrange(place..<min(bytes.count, place + 4), with: [0xFF, 0xFF, 0xFF, 0xFF])
    case 3:
      let place = 28 + Int(generator.below(UInt64(max(1, bytes.count - 28))))
      if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: generator.next()) }
    default:
      for _ in 0...generator.below(4) {
        let place = Int(generator.below(UInt64(bytes.count)))
        bytes[place] ^= 1 << UInt8(generator.below(8))
      }
    }
    guard bytes.count == original.count else { return bytes }
    let isOnlyCommit = bytes.indices.allSatisfy {
      bytes[$0] == original[$0] || $0 == 19 && bytes[$0] ^ original[$0] == 2
    }
    return isOnlyCommit ? original : bytes
  }

  @Test func noiseIsNoHarm() {
    var generator = SeededGenerator(seed: 3, node: "mallory", purpose: "noise")
    var pair = Self.stage(seed: 3, after: 4)
    for length in 0..<600 {
      var bytes = generator.bytes(length)
      if length >= 28, length % 2 == 0 {
        bytes.replaceSubrange(0..<18, with: Array(Self.transcriptHeader(pair)) + [UInt8(length % 15), 0x10])
      }
      pair.deliver(bytes, to: length % 2)
    }
    #expect(pair.inbound == [[:], [:]])
  }

  private static func transcriptHeader(_ pair: Pair) -> ArraySlice<UInt8> {
    pair.sent.last.map { $0.bytes.prefix(16) } ?? []
  }

  @Test func replaysOfAWholeRunDoNothing() {
    var pair = Pair(Self.setup(), seed: 8)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(30))
    let sent = pair.sent
    let before = (pair.inbound, pair.outbound, pair.engines[0].establishedAssociations)
    for _ in 0..<3 {
      for message in sent { pair.deliver(message.bytes, to: 1 - message.side) }
    }
    pair.run(until: .zero + .seconds(900))
    #expect(pair.inbound == before.0 && pair.outbound == before.1)
    #expect(pair.engines[0].establishedAssociations == before.2)
    #expect(pair.engines[1].openPhase1Exchanges == 0)
  }

  @Test func answersToOneMessageAreBounded() {
    var pair = Self.stage(seed: 8, after: 5)
    let fifth = pair.sent[4].bytes
    let before = pair.sent.count
    for _ in 0..<100 { pair.deliver(fifth, to: 1) }
    #expect(pair.sent.count - before == Phase1Exchange.maximumRepeats)
  }

  @Test func anUnprotectedDeleteChangesNothing() throws {
    var pair = Pair(Self.setup(), seed: 8)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(1))
    let association = try #require(pair.engines[1].associations.values.first)
    let header = ISAKMPHeader(
      initiatorCookie: association.keys.cookies.initiator, responderCookie: association.keys.cookies.responder,
      exchangeType: .informational, messageID: 77)
    let delete = DeletePayload(protocolID: .isakmp, spis: [association.keys.cookies.octets])
    let bytes = ISAKMPMessage(header: header, payloads: [.delete(delete)]).encoded
    pair.deliver(bytes, to: 1)
    #expect(pair.engines[1].establishedAssociations == 1)
    #expect(pair.drops(1).last == .unencrypted)
    #expect(pair.isConnected)
  }
}
