import IKE
import IPsec
import Journal
import Units
import Wire

/// The driver of the nodes' IPsec engines: what leaves and enters by an interface that policies are kept for.
extension World {
  // MARK: Leaving

  /// A datagram is about to leave by an interface that policies are kept for.
  mutating func protect(
    _ datagram: Datagram, by route: Route, at node: Int, isForwarded: Bool, names: PacketNames? = nil
  ) {
    let linkMTU = linkMTU(of: route, at: node)
    let names = isForwarded || !nodes[node].namesPackets ? nil : names ?? self.names(of: datagram, at: node)
    guard let outbound = nodes[node].security?.outbound(datagram.bytes, at: now, linkMTU: linkMTU, names: names) else {
      return emit(datagram, by: route, at: node, isForwarded: isForwarded)
    }
    var datagram = datagram
    datagram.cause = record(outbound.match, of: datagram, .outbound, at: node)
    switch outbound.action {
    case .bypass: emit(datagram, by: route, at: node, isForwarded: isForwarded)
    case .discard(let refusal): drop(datagram, refusal.dropReason, refusal.detail, at: node)
    case .needsAssociation(let request):
      let held = HeldDatagram(
        datagram: datagram, policy: request.policy, route: route, isForwarded: isForwarded, names: names)
      hold(held, for: request, at: node)
    case .sealed(let steps):
      sendSealed(steps, of: datagram, by: route, at: node)
      if !nodes[node].dummies.isEmpty { startDummies(outbound.match, by: route, at: node, cause: datagram.cause) }
    case .tooBig(let mtu): tunnelTakes(mtu, datagram, by: route, at: node, isForwarded: isForwarded)
    }
    handle(outbound.events, at: node, cause: datagram.cause)
  }

  /// A datagram is too large for its tunnel, and may not be cut on its way.
  private mutating func tunnelTakes(
    _ mtu: Int, _ datagram: Datagram, by route: Route, at node: Int, isForwarded: Bool
  ) {
    let isOwn = !isForwarded && !nodes[node].isBump
    // A stack above a bump is told first, and cuts from then on; what it cuts comes here whole again.
    let knows = !nodes[node].isBumpInTheStack || nodes[node].learnedMTU(to: datagram.destination, at: now) != nil
    if isOwn, knows, datagram.bytes.isIPv6, !datagram.bytes.mayNotBeCut {
      return protectFragments(of: datagram, mtu: mtu, by: route, at: node)
    }
    let cause = drop(datagram, .fragmentationNeeded, "the tunnel takes \(mtu) octets", at: node)
    if isOwn, nodes[node].isBumpInTheStack {
      return complain(.tooBig(mtu: mtu), about: datagram, at: node, cause: cause)
    }
    tooBig(datagram, mtu: mtu, by: route, at: node, isForwarded: isForwarded, cause: cause)
  }

  /// Whose a datagram is that this node has made: its flow's user's, where its ports show the flow.
  func names(of datagram: Datagram, at node: Int) -> PacketNames? {
    guard let quoted = QuotedDatagram(datagram.bytes), let flow = flow(of: quoted, at: node),
      flows[Int(flow.rawValue)].configuration.from == node
    else { return nodes[node].systemNames }
    return flows[Int(flow.rawValue)].names
  }

  /// The MTU of the link that a route leaves by.
  func linkMTU(of route: Route, at node: Int) -> Int {
    guard let endpoint = nodes[node].endpoints[route.interface] else { return LinkQuality().mtu }
    return links[Int(endpoints[endpoint.index].link.rawValue)].quality.mtu
  }

  /// Writes down which policy decided; gives the cause of what follows.
  mutating func record(
    _ match: PolicyMatch, of datagram: Datagram, _ direction: Direction, at node: Int
  ) -> EntryID? {
    guard case .entry(let policy) = match else { return datagram.cause }
    return note(
      .security(
        .policyMatched(
          datagram.packet, direction: direction, index: UInt32(clamping: policy.index), policy: policy.name,
          verdict: policy.action.verdict)), at: node, cause: datagram.cause)
  }

  private mutating func sendSealed(_ steps: SealSteps, of datagram: Datagram, by way: Route, at node: Int) {
    sendSealed(steps, of: innerDatagrams(of: steps, datagram, at: node)[...], nil, by: way, at: node)
  }

  /// Tells of steps and sends what the last of each chain has made. The first of a chain has sealed the next of `pieces`,
  /// or else what is `unfinished`: what the step before has made and is sealed again.
  mutating func sendSealed(
    _ steps: some Sequence<SealStep>, of pieces: ArraySlice<Datagram>, _ unfinished: Datagram?, by way: Route,
    at node: Int
  ) {
    var (pieces, unfinished) = (pieces, unfinished)
    for step in steps {
      guard let inner = unfinished ?? pieces.popFirst() else { break }
      let outer = journal.store(step.outer, creator: nodes[node].id, parents: [inner.packet])
      let cause = note(
        .security(
          .sealed(
            inner.packet, into: outer, association: AssociationName(step.association),
            sequenceNumber: step.sequenceNumber)), at: node, cause: inner.cause)
      let sealed = Datagram(
        bytes: step.outer, packet: outer, creator: nodes[node].id, cause: cause, ancestor: Ancestor(inner))
      unfinished = step.isLast ? nil : sealed
      if step.isLast { emitSealed(sealed, by: step.association, of: way, at: node) }
    }
  }

  /// The way to an association's other end. A bump in the wire knows none but the one that the datagram itself was to take:
  /// the end is on the link, or behind the same neighbour.
  private func route(toEndOf association: AssociationIdentity, of way: Route, at node: Int) -> Route? {
    guard nodes[node].isBump, let endpoint = nodes[node].endpoints[way.interface] else {
      return nodes[node].routes.route(to: association.destination)
    }
    let link = links[Int(endpoints[endpoint.index].link.rawValue)]
    return link.endpoint(of: association.destination) != nil ? Route(interface: way.interface) : way
  }

  /// A sealed datagram leaves; one of IPv6 is cut to what its path is known to take, as only its source may.
  mutating func emitSealed(_ sealed: Datagram, by association: AssociationIdentity, of way: Route, at node: Int) {
    guard let route = route(toEndOf: association, of: way, at: node) else {
      drop(sealed, .noRoute, "no route to \(association.destination)", at: node)
      return
    }
    guard sealed.bytes.isIPv6, let mtu = nodes[node].learnedMTU(to: sealed.destination, at: now),
      sealed.bytes.count > mtu
    else { return emit(sealed, by: route, at: node, isForwarded: false) }
    for fragment in fragments(of: sealed, mtu: mtu, at: node) {
      emit(fragment, by: route, at: node, isForwarded: false)
    }
  }

  /// The datagrams that went into the first step of each chain: the one that was given, or the pieces that it was cut into
  /// before.
  private mutating func innerDatagrams(
    of steps: SealSteps, _ datagram: Datagram, at node: Int
  ) -> [Datagram] {
    let inners = steps.indices.filter { $0 == 0 || steps[$0 - 1].isLast }.compactMap { steps[$0].inner }
    if inners.isEmpty { return [datagram] }
    let whole = Ancestor(datagram)
    var pieces = inners.map { inner in
      Datagram(
        bytes: inner, packet: journal.store(inner, creator: nodes[node].id, parents: [datagram.packet]),
        creator: nodes[node].id, cause: datagram.cause, ancestor: whole)
    }
    let longest = pieces.map(\.bytes.count).max() ?? 0
    let cause = note(
      .packet(
        .fragmented(datagram.packet, into: pieces.map(\.packet), mtu: UInt32(clamping: longest))), at: node,
      cause: datagram.cause)
    for index in pieces.indices { pieces[index].cause = cause }
    return pieces
  }

  // MARK: Waiting for an association

  private mutating func hold(_ held: HeldDatagram, for request: AcquireRequest, at node: Int) {
    let datagram = held.datagram
    guard nodes[node].isNegotiating else {
      drop(datagram, .acquireFailed, "no association for \(request.policy), and nothing negotiates one", at: node)
      return
    }
    let waiting = nodes[node].held.count { $0.policy == request.policy }
    guard waiting < Node.heldLimit else {
      drop(datagram, .acquireQueueFull, "\(waiting) packets wait for \(request.policy)", at: node)
      return
    }
    let cause = note(
      .packet(.held(datagram.packet, policy: request.policy)), at: node, cause: datagram.cause)
    nodes[node].held.append(held)
    acquire(request, packet: datagram.packet, at: node, cause: cause)
  }

  private mutating func acquire(_ request: AcquireRequest, packet: PacketID?, at node: Int, cause: EntryID?) {
    let cause = note(
      .security(.associationWanted(policy: request.policy, packet: packet)), at: node, cause: cause)
    let actions = nodes[node].exchanges?.acquire(request, at: now) ?? []
    perform(actions, at: node, ExchangeOccasion(cause: cause, datagram: nil))
  }

  mutating func acquireFailed(_ policy: String, _ why: String, at node: Int, cause: EntryID?) {
    for var held in takeHeld(policy, at: node) {
      held.datagram.cause = cause ?? held.datagram.cause
      let cause = drop(held.datagram, .acquireFailed, why, at: node)
      guard held.isForwarded else { continue }
      complain(.noNeighbour, about: held.datagram, at: node, cause: cause)
    }
  }

  private mutating func takeHeld(_ policy: String, at node: Int) -> [HeldDatagram] {
    let held = nodes[node].held.filter { $0.policy == policy }
    nodes[node].held.removeAll { $0.policy == policy }
    return held
  }

  mutating func release(_ policy: String, at node: Int, cause: EntryID?) {
    for var held in takeHeld(policy, at: node) {
      held.datagram.cause = note(
        .packet(.released(held.datagram.packet, policy: policy)), at: node, cause: cause)
      protect(held.datagram, by: held.route, at: node, isForwarded: held.isForwarded, names: held.names)
    }
  }
}
