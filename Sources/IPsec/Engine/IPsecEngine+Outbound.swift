import Cryptography
import Units
import Wire

/// How a datagram gets through the associations of its entry: RFC 2401 §6.1, §8.1 and Appendix B.
enum SealingPlan: Hashable {
  /// In one piece.
  case whole
  /// Cut to pieces of at most so many octets first.
  case pieces(limit: Int)
  /// Not at all: nobody may cut it, and so many octets would pass.
  case tooBig(limit: Int)
  /// Not at all: it would pass what a datagram has.
  case tooLong
}

/// A datagram on its way through an entry that applies IPsec. There is one of it, which is lent to those who look at it.
struct Departure: ~Copyable {
  static let longestDatagram = 65_535
  /// What every IPv6 link takes, and so the least that a router may tell a source: RFC 2460 §5.
  static let ipv6MinimumMTU = 1_280

  let datagram: [UInt8]
  /// Whether it is the one that was given, with nothing taken off.
  let isGiven: Bool
  let header: IPGlance
  let packet: PacketSelectors
  let names: PacketNames?
  let policyIndex: Int
  let linkMTU: Int
  let now: Instant
  /// By layer: the slot of its association.
  var slots = SlotList()
  var events: [LifetimeEvent] = []

  init(
    _ datagram: [UInt8], _ header: IPGlance, _ packet: PacketSelectors, _ names: PacketNames?, _ policyIndex: Int,
    _ linkMTU: Int, _ now: Instant
  ) {
    // What a link padded is no part of the datagram.
    isGiven = datagram.count == header.totalLength
    self.datagram = isGiven ? datagram : Array(datagram[0..<header.totalLength])
    self.header = header
    self.packet = packet
    self.names = names
    self.policyIndex = policyIndex
    self.linkMTU = linkMTU
    self.now = now
  }
}

/// Slots of the associations of a bundle, the innermost first; one takes no memory elsewhere.
struct SlotList {
  private var first = 0
  private var others: [Int] = []
  private(set) var count = 0

  subscript(index: Int) -> Int { index == 0 ? first : others[index - 1] }

  mutating func append(_ slot: Int) {
    if count == 0 { first = slot } else { others.append(slot) }
    count += 1
  }
}

// MARK: - Outbound processing

extension IPsecEngine {
  /// What is to be done with a datagram that leaves this node, its own or one that it forwards: RFC 2401 §5.1.
  /// `linkMTU` is that of the link by which the outer datagram will leave; it is cut there, by the node, where it is
  /// longer and may be cut. `names` says whose it is, where the node made it and knows.
  public mutating func outbound(
    _ datagram: [UInt8], at now: Instant, linkMTU: Int = 1_500, names: PacketNames? = nil
  ) -> Outbound {
    let header: IPGlance
    do throws(DecodeError) { header = try IPGlance(verifying: datagram) } catch {
      return Outbound(match: .none, action: .discard(.malformedHeader(error)))
    }
    let packet = PacketSelectors(header, of: datagram)
    let finding = policies.find(outbound: packet, of: names)
    guard case .entry(let index) = finding, layerCounts[index] > 0 else {
      return Outbound(match: policies.match(finding), action: withoutIPsec(finding))
    }
    var events: [LifetimeEvent] = []
    if let action = applyAtOnce(datagram, header, packet, names, index, linkMTU, now, &events) {
      return Outbound(match: policies.match(finding), action: action, events: events)
    }
    var departure = Departure(datagram, header, packet, names, index, linkMTU, now)
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

  /// What becomes of nearly every datagram: one association seals it in one piece and has room for it. Nothing is kept
  /// for a second look, and so nothing copied. `nil`, and nothing done, where there is more to it.
  @inline(__always)
  private mutating func applyAtOnce(
    _ datagram: [UInt8], _ header: IPGlance, _ packet: PacketSelectors, _ names: PacketNames?, _ index: Int,
    _ linkMTU: Int, _ now: Instant, _ events: inout [LifetimeEvent]
  ) -> Outbound.Action? {
    guard layerCounts[index] == 1, datagram.count == header.totalLength,
      firstLayerIsTunnel[index] || !header.isFragment && policies.isLocal(packet.source),
      let slot = associations.newestOutbound(ofPolicy: index, layer: 0, carrying: packet, of: names),
      associations.outbound.records[slot].sealsWhole(header, linkMTU: linkMTU, at: now)
    else { return nil }
    do throws(CryptographyError) {
      guard let step = try sealStep(datagram, header, slot) else { return .bypass }
      lookAtOutboundLimits(slot, &events)
      return .sealed(SealSteps(step))
    } catch { return .discard(.cryptographyFailed(error)) }
  }

  private mutating func apply(_ departure: inout Departure) -> Outbound.Action {
    if !firstLayerIsTunnel[departure.policyIndex] {
      guard !departure.header.isFragment else { return .discard(.fragmentInTransportMode) }
      guard policies.isLocal(departure.packet.source) else { return .discard(.transportModeInTransit) }
    }
    // An association that is over is taken out, and the next one tried; each round takes one out at least.
    while true {
      departure.slots = SlotList()
      if let missing = chooseAssociations(&departure) { return needsAssociation(missing, departure) }
      if let action = seal(&departure) { return action }
    }
  }

  /// Puts the newest association of each layer that may carry the packet into the departure; gives the first layer that
  /// has none.
  private func chooseAssociations(_ departure: inout Departure) -> Int? {
    let index = departure.policyIndex
    let names = departure.names
    guard
      let innermost = associations.newestOutbound(ofPolicy: index, layer: 0, carrying: departure.packet, of: names)
    else { return 0 }
    departure.slots.append(innermost)
    guard layerCounts[index] > 1 else { return nil }
    var (packet, last) = (departure.packet, innermost)
    for layer in 1..<layerCounts[index] {
      packet = associations.outbound.records[last].selectorsOfSealed(packet)
      guard let slot = associations.newestOutbound(ofPolicy: index, layer: layer, carrying: packet, of: names) else {
        return layer
      }
      departure.slots.append(slot)
      last = slot
    }
    return nil
  }

  private func needsAssociation(_ layer: Int, _ departure: borrowing Departure) -> Outbound.Action {
    let policy = policies.entries[departure.policyIndex]
    guard case .apply(let protection) = policy.action else { return .discard(.noPolicy) }
    return .needsAssociation(
      AcquireRequest(
        policy, index: departure.policyIndex, layer: layer, protection: protection, for: departure.packet))
  }

  /// `nil` where an association was over: it is out of the database.
  private mutating func seal(_ departure: inout Departure) -> Outbound.Action? {
    switch plan(departure) {
    case .tooBig(let limit): return .tooBig(mtu: limit)
    case .tooLong: return .discard(.datagramTooLong)
    case .whole:
      guard hasRoom(&departure) else { return nil }
      return sealWhole(&departure)
    case .pieces(let limit):
      guard let pieces = Self.pieces(of: departure.datagram, limit) else { return .discard(.datagramTooLong) }
      guard hasRoom(&departure, for: pieces) else { return nil }
      return seal(pieces, &departure)
    }
  }

  /// The plan asks for pieces only where there is room for them and the header was verified: that this fails is a
  /// matter of form.
  private static func pieces(of datagram: [UInt8], _ limit: Int) -> [(datagram: [UInt8], header: IPGlance)]? {
    try? IPv4Fragmenter.fragment(datagram, mtu: limit).map { piece in (piece, try IPGlance(verifying: piece)) }
  }

  private mutating func sealWhole(_ departure: inout Departure) -> Outbound.Action {
    do throws(CryptographyError) {
      var steps = try sealBundle(departure.datagram, departure.header, departure.slots)
      if departure.isGiven, !steps.isEmpty { steps[0].inner = nil }
      lookAtOutboundLimits(&departure)
      return SealSteps(steps).map { .sealed($0) } ?? .bypass
    } catch { return .discard(.cryptographyFailed(error)) }
  }

  private mutating func seal(
    _ pieces: [(datagram: [UInt8], header: IPGlance)], _ departure: inout Departure
  ) -> Outbound.Action {
    var steps: [SealStep] = []
    do throws(CryptographyError) {
      for piece in pieces { steps += try sealBundle(piece.datagram, piece.header, departure.slots) }
    } catch { return .discard(.cryptographyFailed(error)) }
    lookAtOutboundLimits(&departure)
    return SealSteps(steps).map { .sealed($0) } ?? .bypass
  }

  /// Through all associations of a bundle, the innermost first. Those that leave a datagram as it is make no step.
  mutating func sealBundle(
    _ datagram: [UInt8], _ header: IPGlance, _ slots: SlotList
  ) throws(CryptographyError) -> [SealStep] {
    var steps: [SealStep] = []
    var (datagram, header) = (datagram, header)
    for place in 0..<slots.count {
      guard var step = try sealStep(datagram, header, slots[place]) else { continue }
      step.inner = datagram
      steps.append(step)
      guard place + 1 < slots.count else { break }
      // What was just made is a header of our own making.
      guard let made = try? IPGlance(verifying: step.outer) else { break }
      (datagram, header) = (step.outer, made)
    }
    for index in steps.indices.dropLast() { steps[index].isLast = false }
    return steps
  }

  @inline(__always)
  private mutating func sealStep(
    _ datagram: [UInt8], _ header: IPGlance, _ slot: Int
  ) throws(CryptographyError) -> SealStep? {
    let rules = associations.outbound.records[slot].origin.rules
    let dontFragment =
      rules.isTunnel
      ? OuterHeader.dontFragment(rules.dontFragment, inner: Self.mayNotBeCut(header)) : header.dontFragment
    return try associations.outbound.records[slot].seal(
      datagram, Departing(header: header, identification: nextIdentification(), dontFragment: dontFragment))
  }

  /// Whether a tunnel that copies DF sets it: never around an IPv6 packet that every link takes, whose source would be told
  /// of no MTU below that (RFC 2460 §5).
  static func mayNotBeCut(_ header: IPGlance) -> Bool {
    header.isIPv6 ? header.totalLength > Departure.ipv6MinimumMTU : header.dontFragment
  }

  /// Looks at the soft limits of all that just sent.
  private mutating func lookAtOutboundLimits(_ departure: inout Departure) {
    for place in 0..<departure.slots.count { lookAtOutboundLimits(departure.slots[place], &departure.events) }
  }

  /// Whether every association of the bundle may send the datagram, or the pieces that it was cut to; one that reached a limit is removed.
  private mutating func hasRoom(
    _ departure: inout Departure, for pieces: [(datagram: [UInt8], header: IPGlance)] = []
  ) -> Bool {
    for place in 0..<departure.slots.count {
      let slot = departure.slots[place]
      let octets =
        pieces.isEmpty
        ? volume(of: departure.header, at: place, departure.slots)
        : pieces.reduce(0) { $0 + volume(of: $1.header, at: place, departure.slots) }
      let limit = associations.outbound.records[slot].limit(
        reachedByPackets: max(1, pieces.count), octets: octets, at: departure.now)
      guard let limit else { continue }
      remove(slot, .outbound, limit, &departure.events)
      return false
    }
    return true
  }
}

extension IPsecEngine {
  /// Octets that a datagram costs the association at a place of its bundle, at most: IPComp may save some.
  private func volume(of header: IPGlance, at place: Int, _ slots: SlotList) -> Int {
    var (total, headerLength) = (header.totalLength, header.headerLength)
    for inner in 0..<place {
      total = associations.outbound.records[slots[inner]].sealedLength(total: total, headerLength: headerLength)
      headerLength = associations.outbound.records[slots[inner]].frontLength(behind: headerLength)
    }
    return associations.outbound.records[slots[place]].volume(total: total, headerLength: headerLength)
  }
}

extension OutboundAssociation {
  /// The limit that is reached, or would be passed by sending so much.
  func limit(reachedByPackets packets: Int, octets: Int, at now: Instant) -> LifetimeLimit? {
    if lifetime.isOver(at: now) { return .duration }
    if UInt32.max - sequenceNumber < UInt32(packets) { return .sequenceNumbers }
    return lifetime.hasRoom(for: octets) ? nil : .volume
  }

  /// Whether it seals a datagram in one piece that passes the link and the path, and reaches no limit by it.
  @inline(__always)
  func sealsWhole(_ header: IPGlance, linkMTU: Int, at now: Instant) -> Bool {
    let (total, headerLength) = (header.totalLength, header.headerLength)
    return sealedLength(total: total, headerLength: headerLength) <= outerMTU(linkMTU: linkMTU, at: now)
      && limit(reachedByPackets: 1, octets: volume(total: total, headerLength: headerLength), at: now) == nil
  }

  /// What a packet that this has sealed shows to the layer around it.
  func selectorsOfSealed(_ packet: PacketSelectors) -> PacketSelectors {
    let (source, destination) =
      parameters.isTunnel ? (parameters.source, identity.destination) : (packet.source, packet.destination)
    return PacketSelectors(
      source: source, destination: destination, transport: identity.securityProtocol, sensitivity: packet.sensitivity)
  }
}
