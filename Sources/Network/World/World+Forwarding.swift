import Journal
import Units
import Wire

/// Datagrams between links: what arrives, what is passed on, what leaves.
extension World {
  /// A datagram has arrived at an endpoint.
  mutating func arrive(_ datagram: consuming Datagram, at endpoint: EndpointIndex) {
    let node = endpoints[endpoint.index].node
    do throws(DecodeError) {
      if datagram.bytes.first.map({ $0 >> 4 }) == 6 {
        let header = try IPGlance(verifying: datagram.bytes)
        return arrive(datagram, header, at: node, by: endpoints[endpoint.index].interface)
      }
      let header = try IPv4Glance(verifying: datagram.bytes)
      // Most of what arrives anywhere: a router that asks nobody passes it on.
      if nodes[node].isPlainRouter, header.timeToLive > 1, !nodes[node].isLocal(header.destinationAddress),
        let route = nodes[node].routes.route(to: header.destinationAddress)
      {
        _ = IPv4Header.decrementTimeToLive(in: &datagram.bytes)
        return emit(datagram, by: route, at: node, isForwarded: true)
      }
      arrive(datagram, IPGlance(header), at: node, by: endpoints[endpoint.index].interface)
    } catch {
      drop(datagram, Self.reason(for: error), error.description, at: node)
    }
  }

  /// A datagram with a verified header has come in by an interface.
  private mutating func arrive(_ datagram: consuming Datagram, _ header: IPGlance, at node: Int, by interface: Int) {
    if !nodes[node].filters.isEmpty, isFiltered(datagram, header, by: interface, .inward, at: node) { return }
    if nodes[node].isLocal(header.destinationAddress) {
      guard !isMartian(datagram, header, at: node) else { return }
      return receive(datagram, header, at: node, by: interface)
    }
    guard nodes[node].forwards else {
      drop(datagram, .notForUs, "\(header.destinationAddress) is not this host's address", at: node)
      return
    }
    if nodes[node].isSecured, !nodes[node].interfaces[interface].isInside {
      guard let passed = admitCleartext(datagram, at: node) else { return }
      return forward(passed, header, at: node)
    }
    forward(datagram, header, at: node)
  }

  static func reason(for error: DecodeError) -> DropReason {
    // A header that ends within its checksum is short, not altered.
    guard case .value = error.fault, error.field == IPv4Header.Field.headerChecksum.id else { return .malformedHeader }
    return .badChecksum
  }

  /// Passes a datagram on: RFC 1812 §5.2.
  mutating func forward(_ datagram: consuming Datagram, _ header: IPGlance, at node: Int) {
    guard let route = nodes[node].routes.route(to: header.destinationAddress) else {
      let cause = drop(datagram, .noRoute, "no route to \(header.destinationAddress)", at: node)
      return complain(.noRoute, about: datagram, at: node, cause: cause)
    }
    guard header.timeToLive > 1 else {
      let cause = drop(datagram, .timeToLiveExceeded, at: node)
      return complain(.hopsExceeded, about: datagram, at: node, cause: cause)
    }
    _ = IPGlance.decrementTimeToLive(in: &datagram.bytes)
    if nodes[node].isSecured, !nodes[node].interfaces[route.interface].isInside {
      protect(datagram, by: route, at: node, isForwarded: true)
    } else {
      emit(datagram, by: route, at: node, isForwarded: true)
    }
  }

  /// Hands a datagram to a link, cut to what the link takes where that is allowed.
  mutating func emit(_ datagram: consuming Datagram, by route: Route, at node: Int, isForwarded: Bool) {
    guard let endpoint = nodes[node].endpoints[route.interface] else {
      let name = nodes[node].interfaces[route.interface].name
      drop(datagram, .noRoute, "no link ends at \(name)", at: node)
      return
    }
    if !nodes[node].filters.isEmpty, isFiltered(datagram, by: route.interface, .outward, at: node) { return }
    let mtu = links[Int(endpoints[endpoint.index].link.rawValue)].quality.mtu
    if datagram.bytes.count > mtu {
      return emitFragments(datagram, mtu: mtu, by: route, at: node, isForwarded: isForwarded)
    }
    transmit(datagram, by: route, from: endpoint, at: node)
  }

  private mutating func emitFragments(
    _ datagram: Datagram, mtu: Int, by route: Route, at node: Int, isForwarded: Bool
  ) {
    guard !datagram.bytes.mayNotBeCut, !(isForwarded && datagram.bytes.isIPv6) else {
      let cause = drop(
        datagram, .fragmentationNeeded,
        "\(datagram.bytes.count) octets \(datagram.bytes.isIPv6 ? "of IPv6" : "with DF"), and the link takes \(mtu)",
        at: node)
      return tooBig(datagram, mtu: mtu, by: route, at: node, isForwarded: isForwarded, cause: cause)
    }
    guard let endpoint = nodes[node].endpoints[route.interface] else { return }
    for fragment in fragments(of: datagram, mtu: mtu, at: node) {
      transmit(fragment, by: route, from: endpoint, at: node)
    }
  }

  /// The pieces of a datagram, stored and told of; none where the mtu is too small for any.
  mutating func fragments(of datagram: Datagram, mtu: Int, at node: Int) -> [Datagram] {
    let pieces: [[UInt8]]
    do {
      pieces =
        datagram.bytes.isIPv6
        ? try IPv6Fragmenter.fragment(
          datagram.bytes, mtu: mtu, identification: nodes[node].nextFragmentIdentification())
        : try IPv4Fragmenter.fragment(datagram.bytes, mtu: mtu)
    } catch {
      drop(datagram, .exceedsLinkMTU, "\(error)", at: node)
      return []
    }
    let whole = Ancestor(datagram)
    var fragments = pieces.map { bytes in
      Datagram(
        bytes: bytes, packet: journal.store(bytes, creator: nodes[node].id, parents: [datagram.packet]),
        creator: nodes[node].id, cause: datagram.cause, ancestor: whole)
    }
    let cause = note(
      .packet(.fragmented(datagram.packet, into: fragments.map(\.packet), mtu: UInt32(clamping: mtu))), at: node,
      cause: datagram.cause)
    for index in fragments.indices { fragments[index].cause = cause }
    return fragments
  }

  /// Sends a datagram that fits over the link, and schedules its arrival as the link's quality will have it.
  private mutating func transmit(
    _ datagram: consuming Datagram, by route: Route, from endpoint: EndpointIndex, at node: Int
  ) {
    let link = endpoints[endpoint.index].link
    let nextHop = route.via ?? datagram.destination
    guard let receiver = links[Int(link.rawValue)].endpoint(of: nextHop) else {
      let cause = drop(datagram, .noSuchNextHop, "no neighbour on the link has \(nextHop)", at: node)
      if datagram.creator != nodes[node].id {
        complain(.noNeighbour, about: datagram, at: node, cause: cause)
      }
      return
    }
    let verdict = endpoints[endpoint.index].transmit(
      datagram.bytes.count, over: links[Int(link.rawValue)].quality, at: now)
    switch verdict {
    case .queueFull: drop(datagram, .linkQueueFull, at: node)
    case .arrives(let arrival):
      noteCrossing(&datagram, link, node, receiver, arrival)
      fly(datagram, to: receiver, meantFor: nextHop, at: arrival)
    case .lost(let arrival):
      noteCrossing(&datagram, link, node, receiver, arrival)
      drop(datagram, .linkLoss, "lost on the way", at: node)
    case .arrivesTwice(let first, let second):
      noteCrossing(&datagram, link, node, receiver, first)
      var copy = copy datagram
      copy.cause = note(.packet(.duplicated(datagram.version, link: link)), at: node, cause: datagram.cause)
      noteCrossing(&copy, link, node, receiver, second)
      fly(datagram, to: receiver, meantFor: nextHop, at: first)
      fly(copy, to: receiver, meantFor: nextHop, at: second)
    }
  }

  private mutating func fly(
    _ datagram: consuming Datagram, to receiver: EndpointIndex, meantFor nextHop: IPAddress, at arrival: Instant
  ) {
    let isPassedOn =
      links[Int(endpoints[receiver.index].link.rawValue)].hasBumps && nodes[endpoints[receiver.index].node].isBump
    let flight = isPassedOn ? flights.insert(datagram, meantFor: nextHop) : flights.insert(datagram)
    schedule(.arrival(receiver, flight: flight), at: arrival)
  }

  private mutating func noteCrossing(
    _ datagram: inout Datagram, _ link: LinkID, _ node: Int, _ receiver: EndpointIndex, _ arrival: Instant
  ) {
    guard journal.recordsCrossings else { return }
    let target = nodes[endpoints[receiver.index].node].id
    datagram.cause = note(
      .packet(
        .transmitted(datagram.version, link: link, from: nodes[node].id, to: target, arrival: arrival)), at: node,
      cause: datagram.cause)
  }
}
