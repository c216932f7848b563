import Foundation
import Journal
import JournalSamples
import Testing
import Units

private func fold(_ events: [(UInt32, Event)]) -> WorldState {
  var state = WorldState()
  for (index, (node, event)) in events.enumerated() {
    state.apply(
      Entry(
        id: EntryID(UInt64(index) + 1), instant: Instant(nanoseconds: UInt64(index) * 10), node: NodeID(node),
        cause: nil, event: event))
  }
  return state
}

private let name = AssociationName(protocolNumber: 50, spi: 0x1000, destination: [192, 0, 2, 1])

private func installed(_ direction: Direction) -> Event {
  .security(
    .associationInstalled(
      AssociationDescription(
        name: name, source: [198, 51, 100, 1], direction: direction, isTunnel: true, cipher: "aes128CBC",
        cipherKey: [1], integrity: "hmacSHA1_96", integrityKey: [2], policy: "to-b", selector: "any",
        lifetimeSeconds: 60, lifetimeKilobytes: nil, replayWindow: 64, exchange: ExchangeID(2))))
}

@Suite struct WorldStateTests {
  @Test func associationsComeAreUsedAndGo() {
    var events: [(UInt32, Event)] = [(1, installed(.outbound)), (2, installed(.inbound))]
    events.append((1, .security(.sealed(PacketID(1), into: PacketID(2), association: name, sequenceNumber: 1))))
    events.append((1, .security(.sealed(PacketID(3), into: PacketID(4), association: name, sequenceNumber: 2))))
    let opened = SecurityEvent.opened(
      PacketID(4), into: PacketID(5), association: name, sequenceNumber: 2, windowTop: 2)
    events.append((2, .security(opened)))
    events.append((1, .security(.associationExpiring(name, end: .lifetimeSeconds))))
    let state = fold(events)
    let outbound = state.nodes[NodeID(1)]?.associations[AssociationKey(name, .outbound)]
    #expect(outbound?.packets == 2)
    #expect(outbound?.sequenceNumber == 2)
    #expect(outbound?.isExpiring == true)
    #expect(outbound?.installed == EntryID(1))
    let inbound = state.nodes[NodeID(2)]?.associations[AssociationKey(name, .inbound)]
    #expect(inbound?.sequenceNumber == 2)
    #expect(inbound?.isExpiring == false)

    events.append((1, .security(.associationRemoved(name, direction: .outbound, end: .replaced))))
    #expect(fold(events).nodes[NodeID(1)]?.associations.isEmpty == true)
    #expect(fold(events).nodes[NodeID(2)]?.associations.count == 1)
  }

  @Test func exchangesGoThroughTheirStates() {
    let id = ExchangeID(1)
    let began = ExchangeEvent.began(
      id, kind: .mainMode, isInitiator: true, peer: [192, 0, 2, 1], cookies: [UInt8](repeating: 1, count: 16),
      messageID: 0, parent: nil)
    let state = fold([
      (1, .exchange(began)), (1, .exchange(.sent(id, packet: PacketID(1), message: 1, summary: "HDR, SA"))),
      (1, .exchange(.retransmitted(id, packet: PacketID(1), attempt: 1))),
      (1, .exchange(.received(id, packet: PacketID(2), message: 2, summary: "HDR, SA"))),
      (1, .exchange(.chosen(id, suite: "3DES, SHA-1"))),
      (1, .exchange(.exponentiated(id, group: 2, purpose: "g^x"))),
      (1, .exchange(.advanced(id, state: "SentKeyExchange", story: "waiting for message 4"))),
    ])
    let exchange = state.nodes[NodeID(1)]?.exchanges[id]
    #expect(exchange?.phase == .underway)
    #expect(exchange?.state == "SentKeyExchange")
    #expect(exchange?.story == "waiting for message 4")
    #expect(exchange?.suite == "3DES, SHA-1")
    #expect(exchange.map { [$0.messagesSent, $0.messagesReceived, $0.retransmissions] } == [1, 1, 1])
    #expect(state.nodes[NodeID(1)]?.exponentiations == 1)
    for (event, phase) in [
      (ExchangeEvent.completed(id), ExchangeState.Phase.completed), (.abandoned(id, why: ""), .abandoned),
      (.ended(id, why: ""), .ended),
    ] {
      #expect(fold([(1, .exchange(began)), (1, .exchange(event))]).nodes[NodeID(1)]?.exchanges[id]?.phase == phase)
    }
  }

  @Test func packetsAreHeldReleasedDroppedDelivered() {
    let version = PacketVersion(PacketID(9), timeToLive: 64)
    let held = fold([
      (1, .packet(.held(PacketID(9), policy: "to-b"))), (1, .packet(.held(PacketID(10), policy: "to-b"))),
    ])
    #expect(held.nodes[NodeID(1)]?.held.keys == [PacketID(9), PacketID(10)])
    let after = fold([
      (1, .packet(.held(PacketID(9), policy: "to-b"))), (1, .packet(.held(PacketID(10), policy: "to-b"))),
      (1, .packet(.released(PacketID(10), policy: "to-b"))),
      (1, .packet(.dropped(version, reason: .acquireFailed, detail: ""))),
      (2, .packet(.delivered(version, protocolNumber: 1))),
      (1, .packet(.pathMTULearned(destination: [192, 0, 2, 1], mtu: 1_400, packet: nil))),
    ])
    #expect(after.nodes[NodeID(1)]?.held.isEmpty == true)
    #expect(after.nodes[NodeID(1)]?.drops[.acquireFailed] == 1)
    #expect(after.nodes[NodeID(2)]?.delivered == 1)
    #expect(after.nodes[NodeID(1)]?.pathMTU[AddressOctets([192, 0, 2, 1])] == 1_400)
    #expect(after.nodes.keys == [NodeID(1), NodeID(2)])
    #expect(after.entry == EntryID(6))
    #expect(after.instant == Instant(nanoseconds: 50))
  }

  @Test func flowsAndConnections() {
    let flow = FlowID(0)
    let state = fold([
      (1, .application(.began(flow))), (1, .application(.connection(flow, from: "CLOSED", to: "SYN-SENT"))),
      (2, .application(.connection(flow, from: "LISTEN", to: "SYN-RECEIVED"))),
      (1, .application(.requested(flow, sequence: 1, packet: nil, octets: 10))),
      (2, .application(.served(flow, sequence: 1, packet: nil, octets: 10))),
      (1, .application(.answered(flow, sequence: 1, packet: nil, octets: 10, elapsed: .zero))),
      (1, .application(.completed(flow))), (9, .run(.ended(.quiet))),
    ])
    #expect(state.nodes[NodeID(1)]?.connections[flow] == "SYN-SENT")
    #expect(state.nodes[NodeID(2)]?.connections[flow] == "SYN-RECEIVED")
    #expect(state.flows[flow].map { [$0.requested, $0.served, $0.answered, $0.unanswered] } == [1, 1, 1, 0])
    #expect(state.flows[flow]?.phase == .completed)
    #expect(state.end == .quiet)
  }

  /// What `isChanged(by:)` says may be left unread must change nothing: tried with every kind upon a state that has it all.
  @Test(arguments: 1...20 as ClosedRange<UInt64>) func whatChangesNothingMayBeLeftUnread(_ seed: UInt64) throws {
    var samples = SampleEvents(seed: seed)
    var full = WorldState()
    var skipping = WorldState()
    for number in 1...2_000 as ClosedRange<UInt64> {
      let kind = samples.generator.element(Event.names).kind
      let made = samples.event(kind: kind)
      let event = try #require(made)
      let entry = Entry(
        id: EntryID(number), instant: Instant(nanoseconds: number), node: NodeID(UInt32(samples.generator.below(3))),
        cause: nil, event: event)
      full.apply(entry)
      if WorldState.isChanged(by: kind) { skipping.apply(entry) } else { skipping.pass(entry.id, entry.instant) }
    }
    #expect(full == skipping, "seed \(seed)")
    #expect(try WorldState(encoded: full.encoded()) == full, "seed \(seed)")
    #expect(try JSONDecoder().decode(WorldState.self, from: JSONEncoder().encode(full)) == full, "seed \(seed)")
  }

  @Test func snapshotsRefuseDamage() throws {
    let octets = fold([(1, installed(.outbound)), (1, .packet(.held(PacketID(9), policy: "to-b")))]).encoded()
    for count in 0..<octets.count {
      #expect(throws: BodyError.self, "\(count) octets") { try WorldState(encoded: Array(octets[..<count])) }
    }
    #expect(throws: BodyError(offset: 0, expected: "a snapshot of format 1")) {
      try WorldState(encoded: [2] + octets.dropFirst())
    }
    #expect(throws: BodyError.self) { try WorldState(encoded: octets + [0]) }
  }

  @Test func tablesAreSeenInTheOrderOfTheirKeys() {
    var table = KeyedTable<PacketID, Int>()
    for key in [5, 1, 9, 3, 7] as [UInt64] { table[PacketID(key)] = Int(key) }
    #expect(table.values == [1, 3, 5, 7, 9])
    table[PacketID(5)] = nil
    #expect(table.rows.map { $0.key.rawValue } == [1, 3, 7, 9])
    #expect(table.count == 4)
  }
}
