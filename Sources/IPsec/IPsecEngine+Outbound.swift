import Cryptography
import Units
import Wire

/// How a datagram gets through an association: RFC 2401 §6.1, §8.1 and Appendix B.
enum SealingPlan: Hashable {
  /// In one piece, with this DF bit outside.
  case whole(dontFragment: Bool)
  /// Cut to pieces of at most so many octets first.
  case pieces(limit: Int, dontFragment: Bool)
  /// Not at all: nobody may cut it, and so many octets would pass.
  case tooBig(limit: Int)
  /// Not at all: it would pass what IPv4 has.
  case tooLong
}

/// What an entry says about headers and cutting.
struct SealingRules: Hashable {
  let isTunnel: Bool
  let dontFragment: DontFragmentHandling
  let fragmentation: FragmentationOrder

  init(_ protection: Protection) {
    isTunnel = protection.mode.isTunnel
    dontFragment = protection.dontFragment
    fragmentation = protection.fragmentation
  }
}

extension OutboundAssociation {
  static let longestDatagram = 65_535

  /// The plan for a datagram under the entry's rules. Both DF bits set: it is too big. The inner one set, the outer
  /// clear: the outer datagram is fragmented. The inner one clear: it may be cut before, must be where the outer bit
  /// is set, and is not where the association is for certain ports, which its later fragments would not show (RFC
  /// 2401 §4.4.2, OPAQUE).
  func plan(_ header: IPv4Glance, _ rules: SealingRules, linkMTU: Int, at now: Instant) -> SealingPlan {
    let isTunnel = rules.isTunnel
    let dontFragment =
      isTunnel ? OuterHeader.dontFragment(rules.dontFragment, inner: header.dontFragment) : header.dontFragment
    let mtu = outerMTU(linkMTU: linkMTU, at: now)
    let length = sealedLength(of: header)
    if length <= mtu { return .whole(dontFragment: dontFragment) }
    let limit = maximumInnerLength(mtu: mtu, headerLength: header.headerLength)
    if header.dontFragment, dontFragment { return .tooBig(limit: limit) }
    let mayCut = isTunnel && !header.dontFragment && limit >= header.headerLength + 8
    let cutsFirst = rules.fragmentation == .beforeEncapsulation && !parameters.selector.namesPorts
    if mayCut, cutsFirst || dontFragment || length > Self.longestDatagram {
      return .pieces(limit: limit, dontFragment: dontFragment)
    }
    return length > Self.longestDatagram ? .tooLong : .whole(dontFragment: dontFragment)
  }
}

extension Selector {
  var namesPorts: Bool { sourcePorts != nil || destinationPorts != nil }
}

// MARK: - Outbound processing

extension IPsecEngine {
  /// What is to be done with a datagram that leaves this node, its own or one that it forwards: RFC 2401 §5.1.
  /// `linkMTU` is that of the link by which the outer datagram will leave; it is cut there, by the node, where it is
  /// longer and may be cut.
  public mutating func outbound(_ datagram: [UInt8], at now: Instant, linkMTU: Int = 1_500) -> Outbound {
    let header: IPv4Glance
    do throws(DecodeError) { header = try IPv4Glance(verifying: datagram) } catch {
      return Outbound(match: .none, action: .discard(.malformedHeader(error)))
    }
    let packet = PacketSelectors(header, of: datagram)
    let finding = policies.find(outbound: packet)
    guard case .entry(let index) = finding, let rules = sealingRules[index] else {
      return Outbound(match: policies.match(finding), action: withoutIPsec(finding))
    }
    var departure = Departure(datagram, header, packet, index, rules, linkMTU, now)
    let action = apply(&departure)
    return Outbound(match: policies.match(finding), action: action, events: departure.events)
  }

  private func withoutIPsec(_ finding: SecurityPolicyDatabase.Finding) -> Outbound.Action {
    switch finding {
    case .negotiation: .bypass
    case .none: .discard(.noPolicy)
    case .entry(let index): policies.entries[index].action == .bypass ? .bypass : .discard(.policyDiscard)
    }
  }

  /// A datagram on its way through an entry that applies IPsec.
  struct Departure {
    let datagram: [UInt8]
    let header: IPv4Glance
    let packet: PacketSelectors
    let policyIndex: Int
    let rules: SealingRules
    let linkMTU: Int
    let now: Instant
    var events: [LifetimeEvent] = []

    init(
      _ datagram: [UInt8], _ header: IPv4Glance, _ packet: PacketSelectors, _ policyIndex: Int,
      _ rules: SealingRules,
      _ linkMTU: Int, _ now: Instant
    ) {
      // What a link padded is no part of the datagram.
      self.datagram = datagram.count == header.totalLength ? datagram : Array(datagram[0..<header.totalLength])
      self.header = header
      self.packet = packet
      self.policyIndex = policyIndex
      self.rules = rules
      self.linkMTU = linkMTU
      self.now = now
    }
  }

  private mutating func apply(_ departure: inout Departure) -> Outbound.Action {
    if !departure.rules.isTunnel {
      guard !departure.header.isFragment else { return .discard(.fragmentInTransportMode) }
      guard policies.isLocal(departure.packet.source) else { return .discard(.transportModeInTransit) }
    }
    var position = associations.outboundOfPolicy[departure.policyIndex].count - 1
    while position >= 0 {
      let slot = associations.outboundOfPolicy[departure.policyIndex][position]
      if let action = tryAssociation(slot, &departure) { return action }
      position -= 1
    }
    return needsAssociation(departure)
  }

  private func needsAssociation(_ departure: Departure) -> Outbound.Action {
    let policy = policies.entries[departure.policyIndex]
    guard case .apply(let protection) = policy.action else { return .discard(.noPolicy) }
    return .needsAssociation(
      AcquireRequest(policy, index: departure.policyIndex, protection: protection, for: departure.packet))
  }

  /// `nil` where this association is not for the packet, or is over: an older one may do.
  private mutating func tryAssociation(_ slot: Int, _ departure: inout Departure) -> Outbound.Action? {
    guard associations.outbound.records[slot].carries(departure.packet) else { return nil }
    let plan = associations.outbound.records[slot].plan(
      departure.header, departure.rules, linkMTU: departure.linkMTU, at: departure.now)
    switch plan {
    case .tooBig(let limit): return .tooBig(mtu: limit)
    case .tooLong: return .discard(.datagramTooLong)
    case .whole(let dontFragment): return sealWhole(slot, dontFragment, &departure)
    case .pieces(let limit, let dontFragment):
      guard let pieces = Self.pieces(of: departure.datagram, limit) else { return .discard(.datagramTooLong) }
      return seal(pieces, slot, dontFragment, &departure)
    }
  }

  /// The plan asks for pieces only where there is room for them and the header was verified: that this fails is a
  /// matter of form.
  private static func pieces(of datagram: [UInt8], _ limit: Int) -> [(datagram: [UInt8], header: IPv4Glance)]? {
    try? IPv4Fragmenter.fragment(datagram, mtu: limit).map { piece in (piece, try IPv4Glance(verifying: piece)) }
  }

  private mutating func sealWhole(
    _ slot: Int, _ dontFragment: Bool, _ departure: inout Departure
  ) -> Outbound.Action? {
    let octets = associations.outbound.records[slot].ciphertextLength(of: departure.header)
    guard hasRoom(slot, packets: 1, octets: octets, &departure) else { return nil }
    let identification = nextIdentification()
    do throws(CryptographyError) {
      let step = try associations.outbound.records[slot].seal(
        departure.datagram, departure.header, identification: identification, dontFragment: dontFragment)
      lookAtOutboundLimits(slot, &departure.events)
      return .sealed(SealSteps(step))
    } catch { return .discard(.cryptographyFailed(error)) }
  }

  /// Seals all pieces by one association, or none.
  private mutating func seal(
    _ pieces: [(datagram: [UInt8], header: IPv4Glance)], _ slot: Int, _ dontFragment: Bool, _ departure: inout Departure
  ) -> Outbound.Action? {
    let octets = pieces.reduce(0) { $0 + associations.outbound.records[slot].ciphertextLength(of: $1.header) }
    guard hasRoom(slot, packets: pieces.count, octets: octets, &departure) else { return nil }
    var steps: [SealStep] = []
    steps.reserveCapacity(pieces.count)
    for piece in pieces {
      let identification = nextIdentification()
      do throws(CryptographyError) {
        steps.append(
          try associations.outbound.records[slot].seal(
            piece.datagram, piece.header, identification: identification, dontFragment: dontFragment))
      } catch { return .discard(.cryptographyFailed(error)) }
    }
    lookAtOutboundLimits(slot, &departure.events)
    return .sealed(SealSteps(steps))
  }

  /// Whether an association may send so much; it is removed where a limit is reached.
  private mutating func hasRoom(
    _ slot: Int, packets: Int, octets: Int, _ departure: inout Departure
  ) -> Bool {
    let limit = associations.outbound.records[slot].limit(
      reachedByPackets: packets, octets: octets, at: departure.now)
    guard let limit else { return true }
    remove(slot, .outbound, limit, &departure.events)
    return false
  }
}

extension OutboundAssociation {
  /// The limit that is reached, or would be passed by sending so much.
  func limit(reachedByPackets packets: Int, octets: Int, at now: Instant) -> LifetimeLimit? {
    if lifetime.isOver(at: now) { return .duration }
    if UInt32.max - sequenceNumber < UInt32(packets) { return .sequenceNumbers }
    return lifetime.hasRoom(for: octets) ? nil : .volume
  }
}
