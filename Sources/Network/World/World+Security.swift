import IKE
import IPsec
import Journal
import Units
import Wire

/// The driver of the nodes' IPsec engines: what leaves and enters by an interface that policies are kept for.
extension World {
  /// How often what came out of a packet may be a protected packet for the same node in its turn.
  static let nestingLimit = 8

  // MARK: Leaving

  /// A datagram is about to leave by an interface that policies are kept for.
  mutating func protect(
    _ datagram: Datagram, by route: Route, at node: Int, isForwarded: Bool
  ) {
    let linkMTU = linkMTU(of: route, at: node)
    guard let outbound = nodes[node].security?.outbound(datagram.bytes, at: now, linkMTU: linkMTU) else {
      return emit(datagram, by: route, at: node, isForwarded: isForwarded)
    }
    var datagram = datagram
    datagram.cause = record(outbound.match, of: datagram, .outbound, at: node)
    switch outbound.action {
    case .bypass: emit(datagram, by: route, at: node, isForwarded: isForwarded)
    case .discard(let refusal): drop(datagram, refusal.dropReason, refusal.detail, at: node)
    case .needsAssociation(let request):
      hold(datagram, for: request, by: route, at: node, isForwarded: isForwarded)
    case .sealed(let steps): sendSealed(steps, of: datagram, at: node)
    case .tooBig(let mtu):
      let cause = drop(datagram, .fragmentationNeeded, "the tunnel takes \(mtu) octets", at: node)
      tooBig(datagram, mtu: mtu, at: node, isForwarded: isForwarded, cause: cause)
    }
    handle(outbound.events, at: node, cause: datagram.cause)
  }

  /// The MTU of the link that a route leaves by.
  func linkMTU(of route: Route, at node: Int) -> Int {
    guard let endpoint = nodes[node].endpoints[route.interface] else { return LinkQuality().mtu }
    return links[Int(endpoints[endpoint.index].link.rawValue)].quality.mtu
  }

  /// Writes down which policy decided; gives the cause of what follows.
  private mutating func record(
    _ match: PolicyMatch, of datagram: Datagram, _ direction: Direction, at node: Int
  ) -> EntryID? {
    guard case .entry(let policy) = match else { return datagram.cause }
    return note(
      .security(
        .policyMatched(
          datagram.packet, direction: direction, index: UInt32(clamping: policy.index), policy: policy.name,
          verdict: policy.action.verdict)), at: node, cause: datagram.cause)
  }

  private mutating func sendSealed(_ steps: SealSteps, of datagram: Datagram, at node: Int) {
    let inner = innerDatagrams(of: steps, datagram, at: node)
    for (step, inner) in zip(steps, inner) {
      let outer = journal.store(step.outer, creator: nodes[node].id, parents: [inner.packet])
      let cause = note(
        .security(
          .sealed(
            inner.packet, into: outer, association: AssociationName(step.association),
            sequenceNumber: step.sequenceNumber)), at: node, cause: inner.cause)
      let sealed = Datagram(
        bytes: step.outer, packet: outer, creator: nodes[node].id, cause: cause,
        ancestor: Ancestor(packet: inner.packet, bytes: inner.bytes, parent: inner.ancestor))
      guard let route = nodes[node].routes.route(to: step.association.destination) else {
        drop(sealed, .noRoute, "no route to \(step.association.destination)", at: node)
        continue
      }
      emit(sealed, by: route, at: node, isForwarded: false)
    }
  }

  /// The datagrams that went into the steps: the one that was given, or the pieces that it was cut into before.
  private mutating func innerDatagrams(
    of steps: SealSteps, _ datagram: Datagram, at node: Int
  ) -> [Datagram] {
    if steps.count == 1, steps[0].inner == datagram.bytes { return [datagram] }
    let whole = Ancestor(packet: datagram.packet, bytes: datagram.bytes, parent: datagram.ancestor)
    var pieces = steps.map { step in
      Datagram(
        bytes: step.inner, packet: journal.store(step.inner, creator: nodes[node].id, parents: [datagram.packet]),
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

  private mutating func hold(
    _ datagram: Datagram, for request: AcquireRequest, by route: Route, at node: Int, isForwarded: Bool
  ) {
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
    nodes[node].held.append(
      HeldDatagram(datagram: datagram, policy: request.policy, route: route, isForwarded: isForwarded))
    acquire(request, packet: datagram.packet, at: node, cause: cause)
  }

  private mutating func acquire(_ request: AcquireRequest, packet: PacketID?, at node: Int, cause: EntryID?) {
    let cause = note(
      .security(.associationWanted(policy: request.policy, packet: packet)), at: node, cause: cause)
    let actions = nodes[node].exchanges?.acquire(policy: request.policy, protecting: request.selector, at: now) ?? []
    perform(actions, at: node, ExchangeOccasion(cause: cause, datagram: nil))
  }

  mutating func acquireFailed(_ policy: String, _ why: String, at node: Int, cause: EntryID?) {
    for var held in takeHeld(policy, at: node) {
      held.datagram.cause = cause ?? held.datagram.cause
      let cause = drop(held.datagram, .acquireFailed, why, at: node)
      guard held.isForwarded else { continue }
      sendError(.unreachable(code: 1, about: held.datagram.bytes), about: held.datagram, at: node, cause: cause)
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
      protect(held.datagram, by: held.route, at: node, isForwarded: held.isForwarded)
    }
  }

  // MARK: Associations

  mutating func installInbound(_ pair: IKEInstall, at node: Int, cause: EntryID?) {
    install(pair.inbound, .inbound, pair, at: node, cause: cause)
  }

  mutating func installOutbound(_ pair: IKEInstall, at node: Int, _ occasion: inout ExchangeOccasion) {
    let cause = install(pair.outbound, .outbound, pair, at: node, cause: occasion.cause)
    occasion.outcomes.append(.installed(policy: pair.outbound.policy, cause: cause))
  }

  @discardableResult
  private mutating func install(
    _ parameters: AssociationParameters, _ direction: AssociationDirection, _ pair: IKEInstall, at node: Int,
    cause: EntryID?
  ) -> EntryID? {
    let partner = direction == .inbound ? pair.outbound.identity : pair.inbound.identity
    do {
      try nodes[node].security?.install(
        parameters, direction, partner: partner, isInitiator: pair.isInitiator, at: now)
    } catch {
      return note(
        .exchange(.noted(ExchangeID(pair.exchange.rawValue), text: "not installed: \(error)")), at: node, cause: cause)
    }
    let entry = note(
      .security(
        .associationInstalled(
          AssociationDescription(parameters, direction, exchange: ExchangeID(pair.exchange.rawValue)))), at: node,
      cause: cause)
    scheduleLifetimes(at: node)
    return entry
  }

  mutating func remove(_ identity: AssociationIdentity, _ end: AssociationEnd, at node: Int, cause: EntryID?) {
    guard let direction = nodes[node].security?.remove(identity) else { return }
    note(
      .security(
        .associationRemoved(
          AssociationName(identity), direction: Direction(direction), end: end)), at: node, cause: cause)
  }

  /// What the passing of time or of packets did to associations.
  private mutating func handle(_ events: [LifetimeEvent], at node: Int, cause: EntryID?) {
    for event in events {
      let name = AssociationName(event.association)
      switch event.kind {
      case .renew:
        let cause = note(
          .security(.associationExpiring(name, end: event.limit.end)), at: node, cause: cause)
        let actions = nodes[node].exchanges?.renew(association: event.association, at: now) ?? []
        perform(actions, at: node, ExchangeOccasion(cause: cause, datagram: nil))
      case .removed:
        let cause = note(
          .security(
            .associationRemoved(name, direction: Direction(event.direction), end: event.limit.end)), at: node,
          cause: cause)
        guard event.direction == .inbound else { continue }
        let actions = nodes[node].exchanges?.removed(inbound: event.association, at: now) ?? []
        perform(actions, at: node, ExchangeOccasion(cause: cause, datagram: nil))
      }
    }
    if !events.isEmpty { scheduleLifetimes(at: node) }
  }

  private mutating func scheduleLifetimes(at node: Int) {
    guard let deadline = nodes[node].security?.nextDeadline, deadline < .distantFuture else { return }
    if let scheduled = nodes[node].lifetimesDue, scheduled <= deadline { return }
    nodes[node].lifetimesDue = deadline
    nodes[node].securityGeneration &+= 1
    schedule(.lifetimes(node: Int32(node), generation: nodes[node].securityGeneration), at: deadline)
  }

  mutating func lifetimesDue(node: Int, generation: UInt32) {
    guard generation == nodes[node].securityGeneration else { return }
    nodes[node].lifetimesDue = nil
    let events = nodes[node].security?.expire(at: now) ?? []
    handle(events, at: node, cause: nil)
    scheduleLifetimes(at: node)
  }
}

// MARK: - Entering

extension World {
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

// MARK: - Path MTU

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
