import Journal
import Units

/// Makes an event of every kind that there is, with random contents. `packets` says how many packets there are to speak of.
public struct SampleEvents: Sendable {
  public var generator: SampleGenerator
  public var packets: UInt64

  public init(seed: UInt64, packets: UInt64 = .max) {
    generator = SampleGenerator(seed: seed)
    self.packets = packets
  }

  /// An event of the kind; `nil` for a kind that `Event.names` does not list.
  public mutating func event(kind: UInt16) -> Event? {
    let code = UInt8(truncatingIfNeeded: kind)
    switch kind >> 8 {
    case 1: return packetEvent(code).map { .packet($0) }
    case 2: return securityEvent(code).map { .security($0) }
    case 3: return exchangeEvent(code).map { .exchange($0) }
    case 4: return applicationEvent(code).map { .application($0) }
    case 5: return runEvent(code).map { .run($0) }
    default: return nil
    }
  }

  mutating func packet() -> PacketID { PacketID(1 + generator.number(UInt64.self) % packets) }
  private mutating func list() -> [PacketID] { (0..<generator.below(4)).map { _ in packet() } }
  private mutating func version() -> PacketVersion { PacketVersion(packet(), timeToLive: generator.number()) }
  private mutating func maybePacket() -> PacketID? { generator.boolean() ? packet() : nil }
  private mutating func flow() -> FlowID { FlowID(UInt32(generator.below(3))) }
  private mutating func exchange() -> ExchangeID { ExchangeID(UInt32(1 + generator.below(4))) }
  private mutating func maybeExchange() -> ExchangeID? { generator.boolean() ? exchange() : nil }
  private mutating func direction() -> Direction { generator.boolean() ? .inbound : .outbound }

  private mutating func association() -> AssociationName {
    // A few names only, so that what was installed is also used and removed.
    AssociationName(protocolNumber: 50, spi: 0x1000 + UInt32(generator.below(3)), destination: [192, 0, 2, 1])
  }

  private mutating func packetEvent(_ code: UInt8) -> PacketEvent? {
    switch code {
    case 1: .originated(packet(), flow: generator.boolean() ? flow() : nil)
    case 2:
      .transmitted(
        version(), link: LinkID(generator.number()), from: NodeID(generator.number()), to: NodeID(generator.number()),
        arrival: Instant(nanoseconds: generator.number()))
    case 3: .delivered(version(), protocolNumber: generator.number())
    case 4: .dropped(version(), reason: generator.element(DropReason.allCases), detail: generator.text())
    case 5: .fragmented(packet(), into: list(), mtu: generator.number())
    case 6: .reassembled(packet(), from: list())
    case 7: .duplicated(version(), link: LinkID(generator.number()))
    case 8: .held(packet(), policy: generator.text())
    case 9: .released(packet(), policy: generator.text())
    case 10: .pathMTULearned(destination: generator.octets(4...4), mtu: generator.number(), packet: maybePacket())
    default: nil
    }
  }

  private mutating func securityEvent(_ code: UInt8) -> SecurityEvent? {
    switch code {
    case 1:
      .policyMatched(
        packet(), direction: direction(), index: generator.number(), policy: generator.text(),
        verdict: generator.element([.discard, .bypass, .apply]))
    case 2: .associationWanted(policy: generator.text(), packet: maybePacket())
    case 3: .sealed(packet(), into: packet(), association: association(), sequenceNumber: generator.number())
    case 4:
      .opened(
        packet(), into: packet(), association: association(), sequenceNumber: generator.number(),
        windowTop: generator.number())
    case 5: .associationInstalled(description())
    case 6: .associationRemoved(association(), direction: direction(), end: end())
    case 7: .associationExpiring(association(), end: end())
    case 8: .dummySent(packet(), association: association(), sequenceNumber: generator.number())
    default: nil
    }
  }

  private mutating func end() -> AssociationEnd {
    generator.element([
      .lifetimeSeconds, .lifetimeKilobytes, .deletedByPeer, .deletedByUs, .replaced, .sequenceExhausted,
    ])
  }

  private mutating func description() -> AssociationDescription {
    AssociationDescription(
      name: association(), source: generator.octets(4...16), direction: direction(), isTunnel: generator.boolean(),
      cipher: generator.text(), cipherKey: generator.octets(0...32), integrity: generator.text(),
      integrityKey: generator.octets(0...32), policy: generator.text(), selector: generator.text(),
      lifetimeSeconds: generator.optional { $0.number() }, lifetimeKilobytes: generator.optional { $0.number() },
      replayWindow: generator.number(), exchange: maybeExchange(), layer: generator.number())
  }

  private mutating func exchangeEvent(_ code: UInt8) -> ExchangeEvent? {
    switch code {
    case 1: began()
    case 2: .advanced(exchange(), state: generator.text(), story: generator.text())
    case 3: .sent(exchange(), packet: packet(), message: generator.number(), summary: generator.text())
    case 4: .received(exchange(), packet: packet(), message: generator.number(), summary: generator.text())
    case 5: .retransmitted(exchange(), packet: packet(), attempt: generator.number())
    case 6: .derived(exchange(), derived())
    case 7: .chosen(exchange(), suite: generator.text())
    case 8: .refused(maybeExchange(), refusal())
    case 9: .completed(exchange())
    case 10: .abandoned(exchange(), why: generator.text())
    case 11: .ended(exchange(), why: generator.text())
    case 12: .exponentiated(exchange(), group: generator.number(), purpose: generator.text())
    case 13: .noted(maybeExchange(), text: generator.text())
    default: nil
    }
  }

  private mutating func began() -> ExchangeEvent {
    .began(
      exchange(), kind: generator.element([.mainMode, .aggressiveMode, .informational, .transaction, .quickMode]),
      isInitiator: generator.boolean(), peer: generator.octets(4...4), cookies: generator.octets(16...16),
      messageID: generator.number(), parent: maybeExchange())
  }

  private mutating func derived() -> DerivedValue {
    DerivedValue(
      name: generator.text(), formula: generator.text(), citation: generator.text(), value: generator.octets(0...40))
  }

  private mutating func refusal() -> RefusalDescription {
    RefusalDescription(
      side: generator.text(), rule: generator.text(), attribute: generator.text(), offered: generator.text(),
      wanted: generator.text(), citation: generator.text())
  }

  private mutating func applicationEvent(_ code: UInt8) -> ApplicationEvent? {
    switch code {
    case 1: .began(flow())
    case 2: .requested(flow(), sequence: generator.number(), packet: maybePacket(), octets: generator.number())
    case 3: .served(flow(), sequence: generator.number(), packet: maybePacket(), octets: generator.number())
    case 4:
      .answered(
        flow(), sequence: generator.number(), packet: maybePacket(), octets: generator.number(),
        elapsed: SimDuration(nanoseconds: generator.number()))
    case 5: .unanswered(flow(), sequence: generator.number())
    case 6: .connection(flow(), from: generator.text(), to: generator.text())
    case 7: .retransmitted(flow(), sequenceNumber: generator.number(), attempt: generator.number())
    case 8:
      .errorReceived(
        generator.boolean() ? flow() : nil, type: generator.number(), code: generator.number(), packet: maybePacket())
    case 9: .failed(flow(), why: generator.text())
    case 10: .completed(flow())
    default: nil
    }
  }

  private mutating func runEvent(_ code: UInt8) -> RunEvent? {
    switch code {
    case 1: .began
    case 2: .ended(generator.element([.quiet, .durationReached, .eventLimit]))
    case 3: .inserted(text: generator.text())
    default: nil
    }
  }
}
