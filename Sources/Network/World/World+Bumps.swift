import IKE
import IPsec
import Journal
import Units
import Wire

/// A link while the world is built: who is on it.
struct Segment {
  var neighbours: [(address: IPAddress, endpoint: EndpointIndex)] = []
  /// The ends of bumps in the wire.
  var bumps: [EndpointIndex] = []
}

extension WorldConfiguration {
  /// The addresses on the inside link of a bump in the wire; none for any other node.
  func addressesProtected(byBump node: Int) throws(WorldError) -> [IPAddress] {
    let bump = nodes[node]
    guard bump.kind == .bump else { return [] }
    let places = bump.interfaces.indices.map { index in
      links.firstIndex { $0.endpoints.contains(InterfaceReference(node: node, interface: index)) }
    }
    guard bump.interfaces.count == 2, bump.interfaces.allSatisfy(\.addresses.isEmpty),
      let inside = bump.interfaces.firstIndex(where: \.isInside), !bump.interfaces[1 - inside].isInside,
      let first = places[0], let second = places[1], first != second
    else { throw .noBump(node: bump.name) }
    return links[inside == 0 ? first : second].endpoints.flatMap { end in
      nodes.indices.contains(end.node) && nodes[end.node].interfaces.indices.contains(end.interface)
        ? nodes[end.node].interfaces[end.interface].addresses.map(\.address) : []
    }
  }
}

/// Bumps in the wire: RFC 2401 §3.3. They join links to one segment: who is on one finds the neighbours on the others.
extension World {
  /// Makes links of segments: on each, those who are behind bumps are reached through the nearest.
  mutating func join(_ segments: [Segment], _ qualities: [LinkQuality]) {
    for (index, segment) in segments.enumerated() {
      let hidden = segment.bumps.isEmpty ? [] : neighbours(behindBumpsOf: index, segments)
      links.append(
        Link(
          quality: qualities[index], neighbours: segment.neighbours + hidden, hasBumps: !segment.bumps.isEmpty))
    }
  }

  private func neighbours(
    behindBumpsOf index: Int, _ segments: [Segment]
  ) -> [(address: IPAddress, endpoint: EndpointIndex)] {
    var found: [(address: IPAddress, endpoint: EndpointIndex)] = []
    var seen: Set<Int> = [index]
    // Links that were reached, each with the end on the first link that leads there.
    var reached: [(link: Int, through: EndpointIndex?)] = [(index, nil)]
    var next = 0
    while next < reached.count {
      let (link, through) = reached[next]
      next += 1
      for bump in segments[link].bumps {
        guard let far = farEnd(of: bump) else { continue }
        let other = Int(endpoints[far.index].link.rawValue)
        guard seen.insert(other).inserted else { continue }
        let entrance = through ?? bump
        found += segments[other].neighbours.map { ($0.address, entrance) }
        reached.append((other, entrance))
      }
    }
    return found
  }

  /// The other end of the bump that has this one.
  private func farEnd(of endpoint: EndpointIndex) -> EndpointIndex? {
    let end = endpoints[endpoint.index]
    return nodes[end.node].endpoints.indices.first { $0 != end.interface }.flatMap { nodes[end.node].endpoints[$0] }
  }

  // MARK: Passing

  /// A datagram on its way to the neighbour `hop` has come to a bump in the wire.
  mutating func pass(_ datagram: consuming Datagram, to hop: IPAddress, from endpoint: EndpointIndex) {
    let node = endpoints[endpoint.index].node
    let interface = endpoints[endpoint.index].interface
    let header: IPGlance
    do { header = try IPGlance(verifying: datagram.bytes) } catch {
      drop(datagram, Self.reason(for: error), error.description, at: node)
      return
    }
    if !nodes[node].filters.isEmpty, isFiltered(datagram, header, by: interface, .inward, at: node) { return }
    let route = Route(interface: 1 - interface, via: hop)
    guard nodes[node].isSecured else { return emit(datagram, by: route, at: node, isForwarded: true) }
    let isLeaving = nodes[node].interfaces[interface].isInside
    let isOurs = nodes[node].isLocal(isLeaving ? header.sourceAddress : header.destinationAddress)
    if header.isFragment, isOurs {
      let origin = FragmentOrigin(isOpened: false, isLeaving: isLeaving)
      guard let whole = reassemble(datagram, header, at: node, origin) else { return }
      guard let glance = try? IPGlance(verifying: whole.bytes) else {
        drop(whole, .malformedHeader, "after reassembly", at: node)
        return
      }
      return passWhole(whole, glance, by: route, at: node, isLeaving: isLeaving, isOurs: true)
    }
    passWhole(datagram, header, by: route, at: node, isLeaving: isLeaving, isOurs: isOurs)
  }

  private mutating func passWhole(
    _ datagram: Datagram, _ header: IPGlance, by route: Route, at node: Int, isLeaving: Bool, isOurs: Bool
  ) {
    if isLeaving { return protect(datagram, by: route, at: node, isForwarded: !isOurs) }
    if isOurs, header.carriesIPsec { return unprotect(datagram, openedBy: AssociationTrail(), at: node) }
    if isOurs, isForBump(datagram, header, at: node) { return deliver(datagram, header, at: node) }
    guard let passed = admitCleartext(datagram, at: node) else { return }
    emit(passed, by: route, at: node, isForwarded: !isOurs)
  }

  /// Whether what comes for somebody behind a bump concerns the bump alone: what a path takes that its own associations go
  /// by, and what its own peers negotiate.
  private func isForBump(_ datagram: Datagram, _ header: IPGlance, at node: Int) -> Bool {
    if header.carriesICMP { return concernsOwnAssociation(datagram, header, at: node) }
    guard header.protocol == .udp, nodes[node].isNegotiating,
      UDPGlance(verifying: datagram.bytes, behind: header)?.destinationPort == IKEEndpoint.isakmpPort
    else { return false }
    return nodes[node].exchanges?.configuration.peers.contains { $0.remoteAddress == header.sourceAddress } ?? false
  }

  /// What a bump has opened, or let pass, goes on inside to whom it is for, or else to the one there that it came for.
  mutating func handOver(_ datagram: Datagram, cameFor outer: IPAddress, at node: Int) {
    let interface = nodes[node].sides.inside
    let isNear = nodes[node].isLocal(datagram.destination)
    emit(datagram, by: Route(interface: interface, via: isNear ? nil : outer), at: node, isForwarded: true)
  }

  // MARK: In the stack

  /// A stack that knows nothing of the IPsec below it cuts its datagrams to what the path takes as far as it knows; what
  /// lies below puts them together again, since transport mode never sees a fragment (RFC 2401 Appendix B).
  mutating func leaveStack(_ datagram: Datagram, by route: Route, to destination: IPAddress, at node: Int) {
    let mtu = min(linkMTU(of: route, at: node), nodes[node].learnedMTU(to: destination, at: now) ?? .max)
    guard datagram.bytes.count > mtu else { return protect(datagram, by: route, at: node, isForwarded: false) }
    guard !datagram.bytes.mayNotBeCut else {
      let cause = drop(datagram, .fragmentationNeeded, "the path takes \(mtu) octets", at: node)
      return tooBig(datagram, mtu: mtu, by: route, at: node, isForwarded: false, cause: cause)
    }
    for fragment in fragments(of: datagram, mtu: mtu, at: node) {
      guard let header = try? IPGlance(verifying: fragment.bytes) else { continue }
      let origin = FragmentOrigin(isOpened: false, isLeaving: true)
      guard let whole = reassemble(fragment, header, at: node, origin) else { continue }
      protect(whole, by: route, at: node, isForwarded: false)
    }
  }
}
