import Cryptography
import Units
import Wire

extension IPsecEngine {
  /// What becomes of a datagram that came to this node: RFC 2401 §5.2. ESP for one of its addresses is opened, and
  /// then held to the policies; everything else came in clear as far as this node is concerned.
  public mutating func inbound(_ datagram: [UInt8], at now: Instant) -> Inbound {
    let header: IPv4Glance
    do throws(DecodeError) { header = try IPv4Glance(verifying: datagram) } catch {
      return Inbound(match: nil, action: .refused(Inbound.Refused(reason: .malformedHeader(error, isInner: false))))
    }
    guard header.protocol == .esp, policies.isLocal(header.destinationAddress) else {
      return cleartext(PacketSelectors(header, of: datagram))
    }
    return open(datagram, header, at: now)
  }

  /// What becomes of a datagram that came without IPsec, and is to be delivered or forwarded: RFC 2401 §5.2.
  public func inboundCleartext(_ datagram: [UInt8], at now: Instant) -> Inbound {
    do throws(DecodeError) { return cleartext(try PacketSelectors(reading: datagram)) } catch {
      return Inbound(match: nil, action: .refused(Inbound.Refused(reason: .malformedHeader(error, isInner: false))))
    }
  }

  private func cleartext(_ packet: PacketSelectors) -> Inbound {
    let match = policies.match(inbound: packet)
    let reason: InboundRefusal?
    switch match {
    case .negotiation: reason = nil
    case .none: reason = .noPolicy(packet)
    case .entry(let entry):
      switch entry.action {
      case .bypass: reason = nil
      case .discard: reason = .policyDiscard(policy: entry.name)
      case .apply: reason = .cleartextWherePolicyDemandsIPsec(policy: entry.name)
      }
    }
    return Inbound(match: match, action: reason.map { .refused(Inbound.Refused(reason: $0)) } ?? .bypass)
  }

  private mutating func open(_ datagram: [UInt8], _ header: IPv4Glance, at now: Instant) -> Inbound {
    guard !header.isFragment else { return Self.refused(.malformedPayload) }
    var cursor = Cursor(position: header.headerLength, end: header.totalLength)
    let length = cursor.remaining
    guard let esp = unsafe try? ESPHeader(reading: datagram.span.bytes, at: &cursor) else {
      return Self.refused(.shortPacket(length))
    }
    let identity = AssociationIdentity(
      spi: esp.spi, destination: header.destinationAddress, securityProtocol: .esp)
    guard let slot = associations.inbound.slot(of: identity) else {
      return Self.refused(.unknownSPI(identity), number: esp.sequenceNumber)
    }
    return open(datagram, header, esp, slot, now)
  }

  private static func refused(_ reason: InboundRefusal, number: UInt32? = nil) -> Inbound {
    Inbound(match: nil, action: .refused(Inbound.Refused(reason: reason, sequenceNumber: number)))
  }

  private mutating func open(
    _ datagram: [UInt8], _ header: IPv4Glance, _ esp: ESPHeader, _ slot: Int, _ now: Instant
  ) -> Inbound {
    var match: PolicyMatch?
    var events: [LifetimeEvent] = []
    let action: Inbound.Action
    let identity = AssociationIdentity(
      spi: esp.spi, destination: header.destinationAddress, securityProtocol: .esp)
    do throws(InboundRefusal) {
      guard !associations.inbound.records[slot].lifetime.isOver(at: now) else { throw .associationExpired(.duration) }
      let opened = try associations.inbound.records[slot].open(datagram, header, esp.sequenceNumber)
      try check(opened, slot, &match)
      action = .opened(
        Inbound.Opened(
          datagram: opened.datagram, association: identity, sequenceNumber: esp.sequenceNumber,
          windowTop: windowTop(slot)))
    } catch {
      action = .refused(
        Inbound.Refused(
          reason: error, association: identity, sequenceNumber: esp.sequenceNumber, windowTop: windowTop(slot)))
      if case .associationExpired(let limit) = error { remove(slot, .inbound, limit, &events) }
    }
    if associations.inbound.isLive(slot) { lookAtInboundLimits(slot, &events) }
    return Inbound(match: match, action: action, events: events)
  }

  private func windowTop(_ slot: Int) -> UInt32 { associations.inbound.records[slot].window.top }

  /// RFC 2401 §5.2.1, steps 2 to 4: the packet is one that its association may carry, and the entry that covers it is
  /// the one that the association was made for.
  private func check(
    _ opened: InboundAssociation.Opened, _ slot: Int, _ match: inout PolicyMatch?
  ) throws(InboundRefusal) {
    let packet = PacketSelectors(opened.header, of: opened.datagram)
    let origin = associations.inbound.records[slot].origin
    guard origin.parameters.selector.matches(packet) else {
      throw .wrongInnerSelector(packet, origin.parameters.selector)
    }
    let found = policies.find(inbound: packet)
    let told = policies.match(found)
    match = told
    if case .entry(let index) = found, index == origin.policyIndex { return }
    switch told {
    case .negotiation: return
    case .none: throw .noPolicy(packet)
    case .entry(let entry): try Self.check(entry, origin)
    }
  }

  private static func check(_ entry: MatchedPolicy, _ origin: AssociationOrigin) throws(InboundRefusal) {
    switch entry.action {
    case .discard: throw .policyDiscard(policy: entry.name)
    case .bypass: throw .ipsecWherePolicyDemandsCleartext(policy: entry.name, origin.parameters.identity)
    case .apply: throw .wrongAssociation(policy: entry.name, used: origin.parameters.policy)
    }
  }
}
