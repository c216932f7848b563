import Cryptography
import Units
import Wire

extension IPsecEngine {
  /// What becomes of a datagram that came to this node: RFC 2401 §5.2. AH, ESP and IPComp for one of its addresses is
  /// opened, one layer at a time; when nothing is left to open, the datagram is held to the policies with the trail of
  /// what it came by. Everything else came in clear as far as this node is concerned.
  public mutating func inbound(
    _ datagram: [UInt8], openedBy trail: AssociationTrail = AssociationTrail(), at now: Instant
  ) -> Inbound {
    let header: IPGlance
    do throws(DecodeError) { header = try IPGlance(verifying: datagram) } catch {
      return Inbound(match: nil, action: .refused(Inbound.Refused(reason: .malformedHeader(error, isInner: false))))
    }
    guard isOpened(header) else { return cleartext(PacketSelectors(header, of: datagram)) }
    return open(datagram, header, trail, at: now)
  }

  /// What becomes of a datagram that came without IPsec, and is to be delivered or forwarded: RFC 2401 §5.2.
  public func inboundCleartext(_ datagram: [UInt8], at now: Instant) -> Inbound {
    do throws(DecodeError) { return cleartext(try PacketSelectors(reading: datagram)) } catch {
      return Inbound(match: nil, action: .refused(Inbound.Refused(reason: .malformedHeader(error, isInner: false))))
    }
  }

  /// Whether a datagram is for this node and carries what an association is looked up for.
  @inline(__always)
  private func isOpened(_ header: IPGlance) -> Bool {
    switch header.protocol {
    case .esp, .ah, .ipcomp: policies.isLocal(header.destinationAddress)
    case .ipv4, .ipv6: bareTunnel(header) != nil
    default: false
    }
  }

  /// The association whose tunnel a datagram came through without its header: IPComp that would have made it no smaller
  /// leaves IP in IP (RFC 2393 §2.2).
  private func bareTunnel(_ header: IPGlance) -> Int? {
    guard compressesInTunnels, policies.isLocal(header.destinationAddress) else { return nil }
    return associations.inbound.records.indices.first { slot in
      guard associations.inbound.isLive(slot) else { return false }
      let parameters = associations.inbound.records[slot].parameters
      return parameters.suite.isOptional && parameters.isTunnel
        && parameters.identity.destination == header.destinationAddress && parameters.source == header.sourceAddress
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

  // MARK: - One layer

  /// What names the association of a datagram, and its number there.
  private struct Reference {
    var identity: AssociationIdentity
    var sequenceNumber: UInt32
  }

  @inline(__always)
  private mutating func open(
    _ datagram: [UInt8], _ header: IPGlance, _ trail: AssociationTrail, at now: Instant
  ) -> Inbound {
    guard !header.isFragment else { return Self.refused(.malformedPayload) }
    guard trail.count < AssociationTrail.limit else {
      return Self.refused(.nestingTooDeep(limit: AssociationTrail.limit))
    }
    if header.protocol == .ipv4 || header.protocol == .ipv6, let slot = bareTunnel(header) {
      let identity = associations.inbound.records[slot].identity
      return open(datagram, header, Reference(identity: identity, sequenceNumber: 0), trail, slot, now)
    }
    guard let reference = Self.reference(datagram, header) else {
      return Self.refused(Self.short(header))
    }
    guard let slot = associations.inbound.slot(of: reference.identity) else {
      return Self.refused(.unknownSPI(reference.identity), number: reference.sequenceNumber)
    }
    return open(datagram, header, reference, trail, slot, now)
  }

  /// SPI and sequence number of AH and ESP, or the compression parameter index; `nil` where the datagram is too short.
  @inline(__always)
  private static func reference(_ datagram: [UInt8], _ header: IPGlance) -> Reference? {
    let frame = unsafe datagram.span.bytes
    let start = header.headerLength
    let available = header.totalLength - start
    let (spi, number): (UInt32, UInt32)
    switch header.protocol {
    case .esp:
      guard available >= ESPGeometry.headerLength else { return nil }
      (spi, number) = (frame.uint32(at: start), frame.uint32(at: start + 4))
    case .ah:
      guard available >= AuthenticationHeaderTransform.fixedLength else { return nil }
      (spi, number) = (frame.uint32(at: start + 4), frame.uint32(at: start + 8))
    default:
      guard available >= IPCompHeader.fixedLength else { return nil }
      (spi, number) = (UInt32(frame.uint16(at: start + 2)), 0)
    }
    let identity = AssociationIdentity(
      spi: spi, destination: header.destinationAddress, securityProtocol: header.protocol)
    return Reference(identity: identity, sequenceNumber: number)
  }

  private static func short(_ header: IPGlance) -> InboundRefusal {
    let available = header.totalLength - header.headerLength
    return switch header.protocol {
    case .ah: .shortAuthenticationHeader(AuthenticationHeaderTransform.fixedLength, available: available)
    case .esp: .shortPacket(available)
    default: .decompressionFailed(.truncated)
    }
  }

  @inline(never)
  private static func refused(_ reason: InboundRefusal, number: UInt32? = nil) -> Inbound {
    Inbound(match: nil, action: .refused(Inbound.Refused(reason: reason, sequenceNumber: number)))
  }

  @inline(__always)
  private mutating func open(
    _ datagram: [UInt8], _ header: IPGlance, _ reference: Reference, _ trail: AssociationTrail, _ slot: Int,
    _ now: Instant
  ) -> Inbound {
    var match: PolicyMatch?
    var events: [LifetimeEvent] = []
    let action: Inbound.Action
    do throws(InboundRefusal) {
      guard !associations.inbound.records[slot].lifetime.isOver(at: now) else { throw .associationExpired(.duration) }
      let opened = try associations.inbound.records[slot].open(datagram, header, reference.sequenceNumber)
      var trail = trail
      trail.append(use(of: slot, reference.identity))
      let isComplete = try hold(opened, to: trail, slot, &match)
      action = .opened(
        Inbound.Opened(
          datagram: opened.datagram, association: reference.identity, sequenceNumber: reference.sequenceNumber,
          windowTop: windowTop(slot), trail: trail, isComplete: isComplete))
    } catch {
      action = .refused(
        Inbound.Refused(
          reason: error, association: reference.identity, sequenceNumber: reference.sequenceNumber,
          windowTop: windowTop(slot)))
      if case .associationExpired(let limit) = error { remove(slot, .inbound, limit, &events) }
    }
    if associations.inbound.isLive(slot) { lookAtInboundLimits(slot, &events) }
    return Inbound(match: match, action: action, events: events)
  }

  private func use(of slot: Int, _ identity: AssociationIdentity) -> AssociationUse {
    let origin = associations.inbound.records[slot].origin
    return AssociationUse(association: identity, policyIndex: origin.policyIndex, layer: origin.parameters.layer)
  }

  private func windowTop(_ slot: Int) -> UInt32 { associations.inbound.records[slot].window.top }

  // MARK: - The policies

  /// RFC 2401 §5.2.1, step 1 to 4: the packet is one that its association may carry; when nothing is left to open, the
  /// entry that covers it demands the associations that it came by, in that order. Says whether that is so already.
  @inline(__always)
  private func hold(
    _ opened: InboundAssociation.Opened, to trail: AssociationTrail, _ slot: Int, _ match: inout PolicyMatch?
  ) throws(InboundRefusal) -> Bool {
    let packet = PacketSelectors(opened.header, of: opened.datagram)
    let origin = associations.inbound.records[slot].origin
    guard origin.carried.matches(packet) else {
      throw .wrongInnerSelector(packet, origin.parameters.selector)
    }
    guard !isOpened(opened.header) else { return false }
    let found = policies.find(inbound: packet, byAssociationOf: origin.policyIndex)
    // The one association of the very entry, as nearly always: nothing else has to be looked at.
    if case .entry(origin.policyIndex) = found, layerCounts[origin.policyIndex] == 1, trail.count == 1 {
      match = policies.match(found)
      return true
    }
    let told = policies.match(found)
    match = told
    switch told {
    case .negotiation: return true
    case .none: throw .noPolicy(packet)
    case .entry(let entry):
      try check(entry, trail)
      return true
    }
  }

  private func check(_ entry: MatchedPolicy, _ trail: AssociationTrail) throws(InboundRefusal) {
    switch entry.action {
    case .discard: throw .policyDiscard(policy: entry.name)
    case .bypass:
      guard let last = trail.last else { return }
      throw .ipsecWherePolicyDemandsCleartext(policy: entry.name, last.association)
    case .apply(let protection):
      if trail.satisfies(protection, ofPolicy: entry.index) { return }
      throw .wrongAssociation(policy: entry.name, demanded: protection.words, used: words(trail, besides: entry.index))
    }
  }

  /// What was used, from the outside in; of which entry, where it is another than the one that covers the packet.
  private func words(_ trail: AssociationTrail, besides index: Int) -> String {
    trail.uses.map { use in
      let name = use.association.description
      guard use.policyIndex != index, policies.entries.indices.contains(use.policyIndex) else { return name }
      return "\(name) of policy entry \"\(policies.entries[use.policyIndex].name)\""
    }.joined(separator: ", then ")
  }
}

extension Protection {
  /// What a packet has to come by, from the outside in: `AH in tunnel mode, then ESP in transport mode`.
  var words: String {
    layers.reversed().map { layer in
      "\(layer.securityProtocol.name ?? "IPsec") in \(layer.mode.isTunnel ? "tunnel" : "transport") mode"
    }.joined(separator: ", then ")
  }
}
