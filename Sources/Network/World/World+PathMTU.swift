import IPsec
import Journal
import Units
import Wire

/// Errors that come back, and how large a datagram a path takes: RFC 1191, RFC 1981; of an association's path RFC 2401 §6.1.
extension World {
  mutating func receiveError(_ report: ErrorReport, _ datagram: Datagram, at node: Int) {
    guard let quoted = QuotedDatagram(report.quoted) else {
      drop(datagram, .malformedPayload, "the error quotes no datagram", at: node)
      return
    }
    if let mtu = report.mtu { learn(mtu, quoted, datagram, at: node) }
    guard let flow = flow(of: quoted, at: node) else { return }
    note(
      .application(
        .errorReceived(flow, type: report.type, code: report.code, packet: datagram.packet)), at: node,
      cause: datagram.cause)
    if report.mtu != nil { shrinkConnections(to: quoted.destination, at: node) }
  }

  /// The path to a destination takes no more than the message says: RFC 1191 §3, §5, RFC 1981 §4.
  private mutating func learn(_ said: Int, _ quoted: QuotedDatagram, _ datagram: Datagram, at node: Int) {
    if quoted.protocol == .esp || quoted.protocol == .ah {
      return learnTunnelMTU(Self.pathMTU(said, quoted), quoted, datagram, at: node)
    }
    // Anybody can send such a message: it is about what this node has sent, and never raises what is known.
    let mtu = Self.pathMTU(said, quoted)
    guard nodes[node].isLocal(quoted.source), learn(mtu, to: quoted.destination, at: node) else { return }
    note(
      .packet(
        .pathMTULearned(
          destination: quoted.destination.octets, mtu: UInt32(clamping: mtu), packet: datagram.packet)),
      at: node, cause: datagram.cause)
  }

  /// What a message means by the MTU that it names: a router that is older than RFC 1191 names none, and no IPv6 path is
  /// narrower than 1,280 octets (RFC 2460 §5).
  private static func pathMTU(_ said: Int, _ quoted: QuotedDatagram) -> Int {
    if quoted.isIPv6 { return max(said, 1_280) }
    return said >= 68 ? said : plateau(below: quoted.totalLength)
  }

  /// Remembers a path's MTU where it is lower than what is known (RFC 1191 §3), and there is room.
  @discardableResult
  private mutating func learn(_ mtu: Int, to destination: IPAddress, at node: Int) -> Bool {
    if let known = nodes[node].learnedMTU(to: destination, at: now), known <= mtu { return false }
    if nodes[node].learnedMTUs.count >= LearnedMTU.limit {
      let now = now
      nodes[node].learnedMTUs = nodes[node].learnedMTUs.filter { now < $0.value.learned + LearnedMTU.lifetime }
    }
    guard nodes[node].learnedMTUs.count < LearnedMTU.limit || nodes[node].learnedMTUs[destination] != nil else {
      return false
    }
    nodes[node].learnedMTUs[destination] = LearnedMTU(mtu: mtu, learned: now)
    return true
  }

  /// The next lower value of the table that RFC 1191 §7 gives for routers that name no MTU.
  static func plateau(below length: Int) -> Int {
    [65_535, 32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68].first { $0 < length } ?? 68
  }

  /// A datagram that may not be cut does not fit: tells whoever made it.
  mutating func tooBig(
    _ datagram: Datagram, mtu: Int, by route: Route, at node: Int, isForwarded: Bool, cause: EntryID?
  ) {
    if datagram.creator == nodes[node].id, datagram.ancestor != nil, datagram.bytes.carriesIPsec {
      return tunnelTooBig(datagram, mtu: mtu, by: route, at: node, cause: cause)
    }
    if isForwarded || nodes[node].isBump { return complain(.tooBig(mtu: mtu), about: datagram, at: node, cause: cause) }
    guard let quoted = QuotedDatagram(datagram.bytes), let flow = flow(of: quoted, at: node) else { return }
    let report = ErrorReport(tooBig: datagram.bytes, mtu: mtu)
    learn(mtu, to: quoted.destination, at: node)
    note(
      .application(.errorReceived(flow, type: report.type, code: report.code, packet: datagram.packet)), at: node,
      cause: cause)
    shrinkConnections(to: quoted.destination, at: node)
  }

  /// A datagram of this node's own, of IPv6, does not fit its tunnel: the source cuts it itself (RFC 2460 §4.5), and its
  /// connections take note.
  mutating func protectFragments(of datagram: Datagram, mtu: Int, by route: Route, at node: Int) {
    let destination = datagram.destination
    // A later fragment does not show whose it is.
    let names = nodes[node].namesPackets ? names(of: datagram, at: node) : nil
    learn(mtu, to: destination, at: node)
    for fragment in fragments(of: datagram, mtu: mtu, at: node) {
      protect(fragment, by: route, at: node, isForwarded: false, names: names)
    }
    shrinkConnections(to: destination, at: node)
  }
}

// MARK: - Associations

extension World {
  /// Whether an ICMP error speaks of what this node has sent by one of its associations: it is heard without a policy
  /// for it, since nothing but the path's MTU is learned from it (RFC 2401 §6.1.1).
  func concernsOwnAssociation(_ datagram: Datagram, _ header: IPGlance, at node: Int) -> Bool {
    let body = datagram.bytes.dropFirst(header.headerLength)
    let type = header.isIPv6 ? ICMPv6Type.packetTooBig.rawValue : ICMPType.destinationUnreachable.rawValue
    guard body.first == type else { return false }
    return nodes[node].security?.outboundAssociation(Array(body.dropFirst(8))) != nil
  }

  private mutating func learnTunnelMTU(_ mtu: Int, _ quoted: QuotedDatagram, _ datagram: Datagram, at node: Int) {
    guard let identity = nodes[node].security?.outboundAssociation(quoted.bytes)?.identity else { return }
    _ = nodes[node].security?.learnPathMTU(mtu, forAssociation: identity, at: now)
    // Of IPv6 the sealed packet is this node's to cut, since nobody else may.
    if quoted.isIPv6 { learn(mtu, to: identity.destination, at: node) }
    note(
      .packet(
        .pathMTULearned(
          destination: identity.destination.octets, mtu: UInt32(clamping: mtu), packet: datagram.packet)), at: node,
      cause: datagram.cause)
  }

  /// What this node has sealed does not fit its own link: the association learns it, and the datagram that was to be
  /// sealed is tried again, which now is cut before, or tells its source how large it may be.
  private mutating func tunnelTooBig(_ outer: Datagram, mtu: Int, by route: Route, at node: Int, cause: EntryID?) {
    guard let identity = nodes[node].security?.outboundAssociation(outer.bytes)?.identity,
      let inner = outer.unsealed,
      nodes[node].security?.learnPathMTU(mtu, forAssociation: identity, at: now) == true
    else { return }
    let learned = note(
      .packet(
        .pathMTULearned(
          destination: identity.destination.octets, mtu: UInt32(clamping: mtu), packet: outer.packet)), at: node,
      cause: cause)
    let isOwn = QuotedDatagram(inner.bytes).map { nodes[node].isLocal($0.source) } ?? false
    protect(
      Datagram(
        bytes: inner.bytes, packet: inner.packet, creator: inner.creator, cause: learned, ancestor: inner.parent),
      by: route, at: node, isForwarded: !isOwn)
  }
}

extension Datagram {
  /// What its creator has sealed to make it, under all the associations that it went through there.
  fileprivate var unsealed: Ancestor? {
    guard var inner = ancestor else { return nil }
    while inner.creator == creator, inner.bytes.carriesIPsec, let parent = inner.parent { inner = parent }
    return inner
  }
}

extension [UInt8] {
  /// Whether they are a datagram of AH, ESP or IPComp.
  var carriesIPsec: Bool { (try? IPGlance(verifying: self))?.carriesIPsec ?? false }
}
