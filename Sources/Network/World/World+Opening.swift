import IPsec
import Journal
import Wire

/// What enters by an interface that policies are kept for: cleartext is asked for its policy, and ESP is opened.
extension World {
  /// Asks the policies about a datagram that came in clear; `nil` where it goes no further.
  mutating func admitCleartext(_ datagram: consuming Datagram, at node: Int) -> Datagram? {
    guard let inbound = nodes[node].security?.inboundCleartext(datagram.bytes, at: now) else { return datagram }
    if let match = inbound.match { datagram.cause = record(match, of: datagram, .inbound, at: node) }
    guard case .refused(let refused) = inbound.action else { return datagram }
    drop(datagram, refused.reason.dropReason, refused.reason.detail, at: node)
    return nil
  }

  /// Takes the datagram out of a protected one that is for this node, by one association, and hands it on. `trail` are
  /// those that it came by already: the engine holds their number within bounds.
  mutating func unprotect(_ datagram: Datagram, openedBy trail: AssociationTrail, at node: Int) {
    guard let inbound = nodes[node].security?.inbound(datagram.bytes, openedBy: trail, at: now) else { return }
    switch inbound.action {
    case .bypass:
      // A protocol that the engine does not open, and that a policy lets through: the node has no use for it.
      guard let header = try? IPGlance(verifying: datagram.bytes) else { break }
      var datagram = datagram
      if let match = inbound.match { datagram.cause = record(match, of: datagram, .inbound, at: node) }
      if nodes[node].isBump {
        handOver(datagram, cameFor: datagram.destination, at: node)
      } else {
        deliver(datagram, header, at: node)
      }
    case .refused(let refused): drop(datagram, refused.reason.dropReason, refused.reason.detail, at: node)
    case .opened(let opened):
      var inner = self.inner(of: datagram, opened, at: node)
      if let match = inbound.match { inner.cause = record(match, of: inner, .inbound, at: node) }
      admit(inner, opened, at: node)
    }
    handle(inbound.events, at: node, cause: datagram.cause)
  }

  /// The datagram that came out. Where the truth says that it is the one that was put in, it is that packet again.
  private mutating func inner(of datagram: Datagram, _ opened: Inbound.Opened, at node: Int) -> Datagram {
    let known = datagram.ancestor.flatMap { $0.bytes.isSameDatagram(as: opened.datagram) ? $0 : nil }
    let packet =
      known?.packet ?? journal.store(opened.datagram, creator: datagram.creator, parents: [datagram.packet])
    let cause = note(
      .security(
        .opened(
          datagram.packet, into: packet, association: AssociationName(opened.association),
          sequenceNumber: opened.sequenceNumber, windowTop: opened.windowTop)), at: node, cause: datagram.cause)
    return Datagram(
      bytes: opened.datagram, packet: packet, creator: datagram.creator, cause: cause,
      ancestor: known.map(\.parent) ?? datagram.ancestor)
  }

  private mutating func admit(_ inner: Datagram, _ opened: Inbound.Opened, at node: Int) {
    let header: IPGlance
    do { header = try IPGlance(verifying: inner.bytes) } catch {
      drop(inner, Self.reason(for: error), "the inner datagram: \(error)", at: node)
      return
    }
    if nodes[node].isBump, opened.isComplete {
      return handOver(inner, cameFor: opened.association.destination, at: node)
    }
    guard nodes[node].isLocal(header.destinationAddress) else {
      guard nodes[node].forwards else {
        drop(inner, .notForUs, "\(header.destinationAddress) is not this host's address", at: node)
        return
      }
      return forward(inner, header, at: node)
    }
    guard !isMartian(inner, header, at: node) else { return }
    guard opened.isComplete else { return openFurther(inner, header, opened.trail, at: node) }
    // Fragments that came out of a tunnel are put together where they end.
    if header.isFragment {
      return receiveFragment(inner, header, at: node, FragmentOrigin(isOpened: true, trail: opened.trail))
    }
    deliver(inner, header, at: node)
  }

  /// What came out is for this node again and carries IPsec: whole, it is opened in its turn.
  private mutating func openFurther(
    _ inner: Datagram, _ header: IPGlance, _ trail: AssociationTrail, at node: Int
  ) {
    guard header.isFragment else { return unprotect(inner, openedBy: trail, at: node) }
    let origin = FragmentOrigin(isOpened: false, trail: trail)
    guard let whole = reassemble(inner, header, at: node, origin) else { return }
    unprotect(whole, openedBy: trail, at: node)
  }
}

extension IPGlance {
  /// Whether an association may be for what it carries: AH, ESP, IPComp, and a whole datagram, as IPComp in tunnel mode
  /// leaves it that would have made it no smaller (RFC 2393 §2.2).
  var carriesIPsec: Bool {
    switch self.protocol {
    case .esp, .ah, .ipcomp, .ipv4, .ipv6: true
    default: false
    }
  }

  /// Whether it carries the control messages of its family.
  var carriesICMP: Bool { self.protocol == (isIPv6 ? .icmpv6 : .icmp) }
}
