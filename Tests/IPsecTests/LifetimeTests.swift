import Cryptography
import Testing
import Units
import Wire

@testable import IPsec

@Suite struct LifetimeTests {
  @Test func `The initiator asks for a successor first, both in time`() throws {
    for seed in UInt64(1)...30 {
      let pair = try Pair(PairOptions(seed: seed))
      let first = try #require(pair.a.nextDeadline)
      let second = try #require(pair.b.nextDeadline)
      #expect(first >= .seconds(3_060) && first <= .seconds(3_240), "seed \(seed): \(first)")
      #expect(second > .seconds(3_240) && second <= .seconds(3_420), "seed \(seed): \(second)")
      #expect(try Pair(PairOptions(seed: seed)).a.nextDeadline == first)
    }
  }

  @Test func `A pair asks once, then ends`() throws {
    var pair = try Pair()
    #expect(pair.a.expire(at: .seconds(3_059)).isEmpty)
    var soft: [LifetimeEvent] = []
    while let deadline = pair.a.nextDeadline, deadline < .seconds(3_600) { soft += pair.a.expire(at: deadline) }
    #expect(soft.count == 1)
    guard case .renew(let request) = soft.first?.kind else {
      Issue.record("\(soft)")
      return
    }
    #expect(request.policy == "branch" && request.selector == branch && request.packet == nil)
    #expect(request.local == firewallA && request.remote == firewallB)
    #expect(request.successorOf == soft[0].association && soft[0].limit == .duration)

    #expect(pair.a.nextDeadline == .seconds(3_600))
    let hard = pair.a.expire(at: .seconds(3_600))
    #expect(hard.map(\.kind) == [.removed, .removed] && hard.map(\.direction) == [.outbound, .inbound])
    #expect(pair.a.nextDeadline == nil && pair.a.statuses.isEmpty)
    guard case .needsAssociation = pair.a.outbound(udp(8), at: .seconds(3_600)).action else {
      Issue.record("still sealed")
      return
    }
  }

  @Test(arguments: [nil, PacketNames(user: "alice@example.com")])
  func `Nobody asks for a successor that is there`(names: PacketNames?) throws {
    var options = PairOptions()
    options.selector.names = names
    var pair = try Pair(options)
    try pair.install(first: 0x2001, second: 0x2002, at: .seconds(3_000))
    var events: [LifetimeEvent] = []
    while let deadline = pair.b.nextDeadline, deadline <= .seconds(3_600) { events += pair.b.expire(at: deadline) }
    #expect(events.map(\.kind) == [.removed, .removed])
    #expect(pair.b.statuses.map(\.parameters.identity.spi) == [0x2001, 0x2002])
    guard names == nil else { return }
    // Traffic goes on without a gap.
    #expect(pair.b.inbound(try pair.seal(udp(8), at: .seconds(3_600)), at: .seconds(3_600)).opened != nil)
  }

  @Test func `An association that was removed wakes nobody`() throws {
    var pair = try Pair()
    for status in pair.a.statuses { _ = pair.a.remove(status.parameters.identity) }
    #expect(pair.a.nextDeadline == nil)
  }

  @Test func `An end that nobody noted in time is noted by the next packet`() throws {
    var pair = try Pair()
    let packet = try pair.seal(udp(8))
    let inbound = pair.b.inbound(packet, at: .seconds(3_600))
    #expect(inbound.refused?.reason == .associationExpired(.duration))
    #expect(inbound.refused?.reason.detail == "the association's lifetime in seconds is over (RFC 2401 §4.4.3)")
    #expect(inbound.events.map(\.kind) == [.removed])
    let outbound = pair.a.outbound(udp(8), at: .seconds(3_600))
    #expect(outbound.steps == nil && outbound.events.map(\.kind) == [.removed])
  }

  @Test func `Octets end an association exactly at its limit`() throws {
    // Each packet has 48 octets of ciphertext: 36 of datagram, padded.
    var pair = try Pair(PairOptions(lifetime: Lifetime(duration: nil, volume: .kilobytes(3))))
    #expect(pair.a.nextDeadline == nil)
    var events: [LifetimeEvent] = []
    for number in 1...64 {
      let outbound = pair.a.outbound(udp(8), at: .zero)
      events += outbound.events
      let step = try #require(outbound.steps?.first)
      #expect(step.sequenceNumber == UInt32(number))
      let inbound = pair.b.inbound(step.outer, at: .zero)
      #expect(inbound.opened != nil)
      events += inbound.events
    }
    #expect(events.filter(\.isRenewal).map(\.direction) == [.outbound, .inbound] && events.count == 2)
    #expect(events.allSatisfy { $0.limit == .volume })
    #expect(pair.a.statuses[0].volume == .kilobytes(3))
    let over = pair.a.outbound(udp(8), at: .zero)
    #expect(over.steps == nil && over.events.map(\.kind) == [.removed] && over.events.map(\.limit) == [.volume])
    #expect(pair.a.statuses.map(\.direction) == [.inbound])
  }

  @Test func `A receiver's octets end too, by a packet that is authentic only`() throws {
    var pair = try Pair(PairOptions(lifetime: Lifetime(duration: nil, volume: ByteCount(100))))
    var generous = try pair.parameters(0x1001, fromFirst: true)
    generous.lifetime.volume = nil
    #expect(pair.a.remove(generous.identity) == .outbound)
    try pair.a.install(generous, .outbound, isInitiator: true, at: .zero)
    let packets = try (0..<3).map { _ in try pair.seal(udp(8)) }
    #expect(pair.b.inbound(packets[0], at: .zero).opened != nil)
    #expect(pair.b.inbound(packets[1], at: .zero).opened != nil)
    var forged = packets[2]
    forged[forged.count - 1] ^= 1
    #expect(pair.b.inbound(forged, at: .zero).refused?.reason == .badICV)
    let last = pair.b.inbound(packets[2], at: .zero)
    #expect(last.refused?.reason == .associationExpired(.volume))
    #expect(last.events.map(\.kind) == [.removed])
    guard case .unknownSPI = pair.b.inbound(packets[2], at: .zero).refused?.reason else {
      Issue.record("still there")
      return
    }
  }

  @Test func `Sequence numbers never wrap`() throws {
    var pair = try Pair()
    pair.a.resume(after: .max - (1 << 20) - 1)
    var outbound = pair.a.outbound(udp(8), at: .zero)
    #expect(outbound.events.isEmpty)
    outbound = pair.a.outbound(udp(8), at: .zero)
    outbound = pair.a.outbound(udp(8), at: .zero)
    #expect(pair.a.statuses[0].packets == 3)
    pair.a.resume(after: .max - 1)
    outbound = pair.a.outbound(udp(8), at: .zero)
    #expect(outbound.steps?.first?.sequenceNumber == .max)
    #expect(pair.b.inbound(outbound.steps?.first?.outer ?? [], at: .zero).opened?.windowTop == .max)
    outbound = pair.a.outbound(udp(8), at: .zero)
    #expect(outbound.steps == nil)
    #expect(outbound.events.map(\.kind) == [.removed] && outbound.events.map(\.limit) == [.sequenceNumbers])
    guard case .needsAssociation = outbound.action else {
      Issue.record("\(outbound.action)")
      return
    }
  }

  @Test func `A successor is asked for a million sequence numbers before the end`() throws {
    var pair = try Pair()
    pair.a.resume(after: .max - (1 << 20) - 1)
    #expect(pair.a.outbound(udp(8), at: .zero).events.isEmpty)
    let outbound = pair.a.outbound(udp(8), at: .zero)
    #expect(outbound.events.map(\.isRenewal) == [true] && outbound.events.map(\.limit) == [.sequenceNumbers])
    #expect(pair.a.outbound(udp(8), at: .zero).events.isEmpty)
  }

  @Test func `Deadlines come in the order of time, then of making`() {
    var generator = numbers(5)
    var queue = DeadlineQueue()
    var expected: [(UInt64, UInt64)] = []
    for serial in UInt64(0)..<500 {
      let time = generator.below(40)
      queue.insert(
        DeadlineQueue.Entry(time: .seconds(time), serial: serial, slot: 0, direction: .inbound))
      expected.append((time, serial))
    }
    expected.sort { $0 < $1 }
    for (time, serial) in expected {
      #expect(queue.first?.time == .seconds(time) && queue.first?.serial == serial)
      queue.removeFirst()
    }
    #expect(queue.first == nil)
  }
}

extension IPsecEngine {
  mutating func resume(after number: UInt32) { associations.outbound.records[0].resume(after: number) }
}
