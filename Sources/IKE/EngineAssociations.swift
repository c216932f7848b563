import IPsec
import Units
import Wire

/// Phase 1 associations and the pairs made under them: what is wanted, what lives, what ends.
extension IKEEngine {
  // MARK: What is wanted

  /// Negotiates a pair now, or queues it until there is a phase 1 association. What is on its way already is left
  /// alone.
  mutating func want(_ acquire: Acquire, _ peerIndex: Int, at instant: Instant) {
    let item = Wanted(peerIndex: peerIndex, acquire: acquire)
    guard !wanted.contains(item) else { return }
    guard peers[peerIndex].queue.count < PeerState.maximumQueue else {
      let why = "\(PeerState.maximumQueue) negotiations with the peer wait already"
      desk.actions.append(.acquireFailed(policy: name(of: acquire), why: why))
      return
    }
    wanted.insert(item)
    peers[peerIndex].queue.append(acquire)
    pump(peerIndex, at: instant)
  }

  /// The association that new exchanges with a peer go under.
  func usableAssociation(_ peerIndex: Int, at instant: Instant) -> Phase1Association? {
    guard let current = peers[peerIndex].current, let association = associations[current] else { return nil }
    guard !association.isUsedUp, association.end ?? .distantFuture > instant else { return nil }
    return association
  }

  /// Starts what waits for a peer: quick modes under its association, or phase 1 where there is none.
  mutating func pump(_ peerIndex: Int, at instant: Instant) {
    guard !peers[peerIndex].queue.isEmpty else { return }
    guard let association = usableAssociation(peerIndex, at: instant) else {
      if peers[peerIndex].negotiating == nil { startPhase1(peerIndex, renews: nil, at: instant) }
      return
    }
    guard association.stage == .open else { return }
    let queue = peers[peerIndex].queue
    peers[peerIndex].queue = []
    for acquire in queue { startQuickMode(acquire, under: association.id, at: instant) }
  }

  // MARK: Phase 1 associations

  /// The successor of an association is negotiated, if something still lives by it.
  mutating func renew(_ association: Phase1Association, at instant: Instant) {
    let peer = peers[association.peerIndex]
    guard association.setting.peer.remoteAccess?.isGateway != true else { return }
    guard peer.current == association.id, peer.negotiating == nil, !peer.children.isEmpty || !peer.queue.isEmpty,
      !association.isRenewing
    else { return }
    associations[association.id]?.isRenewing = true
    desk.note(.noted("its lifetime is nearly over: \(association.mode.words) for a successor begins"), association.id)
    startPhase1(association.peerIndex, renews: association.id, at: instant)
  }

  /// An association that has a successor ends soon: what is under way in it is given the time of a few retransmissions.
  mutating func retire(_ id: IKEExchangeID, at instant: Instant) {
    guard var association = associations[id] else { return }
    let grace = association.setting.peer.retransmission.wait(attempt: 2)
    association.generation += 1
    let end = min(association.end ?? .distantFuture, instant + grace)
    desk.actions.append(
      .setTimer(IKETimer(exchange: id, purpose: .end, generation: association.generation), at: end))
    associations[id] = association
  }

  /// An association is no more. Quick modes of ours that were under way in it begin again under another.
  mutating func end(_ association: Phase1Association, why: String, isTold: Bool, at instant: Instant) {
    guard associations[association.id] != nil else { return }
    if isTold { sendDelete(of: association, at: instant) }
    associations[association.id] = nil
    cookies[association.ownCookie] = nil
    for transaction in transactions.values where transaction.association == association.id {
      transactions[transaction.id] = nil
    }
    if let first = association.first { firstMessages[first] = nil }
    peers[association.peerIndex].associations.removeAll { $0 == association.id }
    peers[association.peerIndex].current = peers[association.peerIndex].associations.last
    desk.note(.ended(why: why), association.id)
    // What waited for it to open waits for nothing any more.
    if association.stage != .open, peers[association.peerIndex].negotiating == nil,
      usableAssociation(association.peerIndex, at: instant) == nil
    {
      failQueue(association.peerIndex, why: why)
    }
    endQuickModes(under: association, at: instant)
  }

  private mutating func endQuickModes(under association: Phase1Association, at instant: Instant) {
    let under = quickModes.values.filter { $0.association == association.id }.sorted { $0.id < $1.id }
    var again: [Acquire] = []
    for exchange in under {
      switch exchange.state {
      case .confirmed: forget(exchange)
      case .answeredProposal: giveUp(exchange, why: "its phase 1 association has ended", at: instant)
      case .sentProposal:
        forget(exchange)
        release(exchange.inbound)
        wanted.remove(Wanted(peerIndex: exchange.peerIndex, acquire: exchange.acquire))
        desk.note(.abandoned(why: "its phase 1 association has ended; it begins again under another"), exchange.id)
        again.append(exchange.acquire)
      }
    }
    for acquire in again { want(acquire, association.peerIndex, at: instant) }
  }

  /// Counts what the cipher of an association protects, and negotiates a successor where that is enough.
  mutating func account(_ octets: Int, _ id: IKEExchangeID, at instant: Instant) {
    guard var association = associations[id] else { return }
    association.protectedOctets += UInt64(octets)
    associations[id] = association
    if association.isWorn { renew(association, at: instant) }
  }

  /// INITIAL-CONTACT: the peer remembers nothing from before this phase 1 began (RFC 2407 §4.6.3.3). What is younger is
  /// left alone: both ends may have begun at once.
  mutating func initialContact(_ peerIndex: Int, before began: Instant) {
    for id in peers[peerIndex].associations {
      guard let association = associations[id], association.established < began else { continue }
      end(association, why: "the peer has begun anew (INITIAL-CONTACT)", isTold: false, at: began)
    }
    let old = peers[peerIndex].children.compactMap { children[$0] }.filter { $0.installed < began }
    guard !old.isEmpty else { return }
    for child in old { forget(child) }
    let identities = old.flatMap(\.pairs).flatMap { [$0.inbound, $0.outbound] }
    desk.actions.append(.remove(identities, why: .initialContact))
  }

  // MARK: Pairs

  /// What a scenario calls the policy that something is wanted for.
  func name(of acquire: Acquire) -> String { configuration.policies[acquire.item.policy].name }

  /// Enters what a quick mode made, and says which older pairs each of its pairs replaces.
  mutating func enter(_ installs: [IKEInstall], _ exchange: QuickModeExchange, at instant: Instant) -> [IKEInstall] {
    let older = peers[exchange.peerIndex].children.compactMap { children[$0] }
      .filter { $0.acquire == exchange.acquire }
    let child = Child(
      id: exchange.id, peerIndex: exchange.peerIndex, acquire: exchange.acquire,
      pairs: installs.map { ($0.inbound.identity, $0.outbound.identity) }, installed: instant)
    children[child.id] = child
    for identity in child.identities { childByAssociation[identity] = child.id }
    peers[exchange.peerIndex].children.append(child.id)
    return installs.enumerated().map { place, install in
      var install = install
      install.replaces = older.flatMap { [$0.pairs[place].inbound, $0.pairs[place].outbound] }
      return install
    }
  }

  /// Forgets what a quick mode made; its SPIs may serve again.
  mutating func forget(_ child: Child) {
    children[child.id] = nil
    for identity in child.identities where childByAssociation[identity] == child.id {
      childByAssociation[identity] = nil
    }
    release(child.pairs.map(\.inbound))
    peers[child.peerIndex].children.removeAll { $0 == child.id }
  }

  // MARK: SPIs

  /// An SPI for each layer, the innermost first, that nothing here goes by.
  mutating func makeInbound(
    _ group: LayerGroup, at destination: IPAddress, side: IKERole
  ) throws(IKERefusal) -> [AssociationIdentity] {
    var inbound: [AssociationIdentity] = []
    for layer in group.layers {
      guard let spi = layer.protocolID == .ipcomp ? makeCPI() : makeSPI() else {
        release(inbound)
        throw IKERefusal(
          side: side, rule: "no compression parameter index is left", citation: "RFC 2393 §3.3",
          notification: .noProposalChosen)
      }
      inbound.append(
        AssociationIdentity(spi: spi, destination: destination, securityProtocol: layer.securityProtocol))
    }
    return inbound
  }

  /// An SPI that nothing here goes by. 1 to 255 are reserved (RFC 2402 §2.4, RFC 2406 §2.1).
  mutating func makeSPI() -> UInt32 {
    while true {
      let spi = UInt32(truncatingIfNeeded: desk.randomness.spis.next())
      if SecurityProtocol.esp.spiRange.contains(spi), takenSPIs.insert(spi).inserted { return spi }
    }
  }

  /// A compression parameter index that nothing here goes by; `nil` where so many are taken that the next one would be
  /// hard to find.
  private mutating func makeCPI() -> UInt32? {
    let range = SecurityProtocol.ipcomp.spiRange
    while takenCPIs.count < range.count / 4 * 3 {
      let cpi = range.lowerBound + UInt32(desk.randomness.spis.below(UInt64(range.count)))
      if takenCPIs.insert(cpi).inserted { return cpi }
    }
    return nil
  }

  /// SPIs that this side received by, or had offered, may serve again.
  mutating func release(_ identities: [AssociationIdentity]) {
    for identity in identities {
      if identity.securityProtocol == .ipcomp {
        takenCPIs.remove(identity.spi)
      } else {
        takenSPIs.remove(identity.spi)
      }
    }
  }
}

extension Phase1Association {
  /// The cookie that this side chose.
  var ownCookie: Cookie { role == .initiator ? keys.cookies.initiator : keys.cookies.responder }

  /// How a responder knows a late duplicate of message 1.
  var first: IKEEngine.FirstMessage? {
    role == .responder ? IKEEngine.FirstMessage(remote: setting.remote, bytes: firstReceived) : nil
  }
}
