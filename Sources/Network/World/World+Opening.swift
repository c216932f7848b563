import IPsec
import Journal
import Wire

/// What enters by an interface that policies are kept for: cleartext is asked for its policy, and ESP is opened.
extension World {
  /// How often what came out of a packet may be a protected packet for the same node in its turn.
  static let nestingLimit = 8

  /// Asks the policies about a datagram that came in clear; `nil` where it goes no further.
  mutating func admitCleartext(_ datagram: consuming Datagram, at node: Int) -> Datagram? {
    guard let inbound = nodes[node].security?.inboundCleartext(datagram.bytes, at: now) else { return datagram }
    if let match = inbound.match { datagram.cause = record(match, of: datagram, .inbound, at: node) }
    guard case .refused(let refused) = inbound.action else { return datagram }
    drop(datagram, refused.reason.dropReason, refused.reason.detail, at: node)
    return nil
  }

  /// Takes the datagram out of a protected one that is for this node, and hands it on.
  mutating func unprotect(_ datagram: Datagram, at node: Int, depth: Int) {
    guard depth < Self.nestingLimit, let inbound = nodes[node].security?.inbound(datagram.bytes, at: now) else {
      drop(datagram, .unknownSPI, "more than \(Self.nestingLimit) layers", at: node)
      return
    }
    switch inbound.action {
    case .bypass:
      // A protocol that the engine does not open, and that a policy lets through: the node has no use for it.
      guard let header = try? IPv4Glance(verifying: datagram.bytes) else { break }
      deliver(datagram, header, at: node)
    case .refused(let refused): drop(datagram, refused.reason.dropReason, refused.reason.detail, at: node)
    case .opened(let opened):
      var inner = self.inner(of: datagram, opened, at: node)
      if let match = inbound.match { inner.cause = record(match, of: inner, .inbound, at: node) }
      admit(inner, at: node, depth: depth)
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

  private mutating func admit(_ inner: Datagram, at node: Int, depth: Int) {
    let header: IPv4Glance
    do { header = try IPv4Glance(verifying: inner.bytes) } catch {
      drop(inner, Self.reason(for: error), "the inner datagram: \(error)", at: node)
      return
    }
    guard nodes[node].isLocal(header.destinationAddress) else {
      guard nodes[node].forwards else {
        drop(inner, .notForUs, "\(header.destinationAddress) is not this host's address", at: node)
        return
      }
      return forward(inner, header, at: node)
    }
    guard !isMartian(inner, header, at: node) else { return }
    if header.protocol == .esp || header.protocol == .ah { return unprotect(inner, at: node, depth: depth + 1) }
    // Fragments that came out of a tunnel are put together where they end.
    if header.isFragment { return receive(inner, header, at: node, isOpened: true) }
    deliver(inner, header, at: node)
  }
}
