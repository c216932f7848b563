import IPsec
import Journal
import Units
import Wire

/// How large a datagram an association's path takes: RFC 2401 §6.1.
extension World {
  /// Whether an ICMP error speaks of what this node has sent by one of its associations: it is heard without a policy
  /// for it, since nothing but the path's MTU is learned from it (RFC 2401 §6.1.1).
  func concernsOwnAssociation(_ datagram: Datagram, _ header: IPv4Glance, at node: Int) -> Bool {
    let body = datagram.bytes.dropFirst(header.headerLength)
    guard body.first == ICMPType.destinationUnreachable.rawValue,
      let quoted = try? IPv4Header(decoding: Array(body.dropFirst(8)))
    else { return false }
    return association(quoted, Array(body.dropFirst(8)), at: node) != nil
  }

  /// The association that a quoted datagram was sent by, where it is one of this node's.
  private func association(_ quoted: IPv4Header, _ bytes: [UInt8], at node: Int) -> AssociationIdentity? {
    let start = quoted.encodedLength
    guard quoted.protocol == .esp, bytes.count >= start + 4, nodes[node].isLocal(quoted.sourceAddress) else {
      return nil
    }
    let spi = bytes[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let identity = AssociationIdentity(
      spi: spi, destination: quoted.destinationAddress, securityProtocol: quoted.protocol)
    return nodes[node].security?.isOutbound(identity) == true ? identity : nil
  }

  mutating func learnTunnelMTU(
    _ mtu: Int, _ quoted: IPv4Header, _ body: [UInt8], _ datagram: Datagram, at node: Int
  ) {
    guard let identity = association(quoted, body, at: node) else { return }
    _ = nodes[node].security?.learnPathMTU(mtu, forAssociation: identity, at: now)
    note(
      .packet(
        .pathMTULearned(
          destination: identity.destination.octets, mtu: UInt32(clamping: mtu), packet: datagram.packet)), at: node,
      cause: datagram.cause)
  }

  /// What this node has sealed does not fit its own link: the association learns it, and the inner datagram is tried again,
  /// which now is cut before, or tells its source how large it may be.
  mutating func tunnelTooBig(_ outer: Datagram, _ inner: Ancestor, mtu: Int, at node: Int, cause: EntryID?) {
    guard let header = try? IPv4Header(decoding: outer.bytes),
      let identity = association(header, outer.bytes, at: node),
      let route = nodes[node].routes.route(to: header.destinationAddress),
      nodes[node].security?.learnPathMTU(mtu, forAssociation: identity, at: now) != nil
    else { return }
    let learned = note(
      .packet(
        .pathMTULearned(
          destination: identity.destination.octets, mtu: UInt32(clamping: mtu), packet: outer.packet)), at: node,
      cause: cause)
    let isOwn = (try? IPv4Header(decoding: inner.bytes)).map { nodes[node].isLocal($0.sourceAddress) } ?? false
    protect(
      Datagram(
        bytes: inner.bytes, packet: inner.packet, creator: outer.creator, cause: learned, ancestor: inner.parent),
      by: route, at: node, isForwarded: !isOwn)
  }
}
