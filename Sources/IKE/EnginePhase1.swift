import IPsec
import Units
import Wire

/// Phase 1 in the engine: RFC 2409 §5.4.
extension IKEEngine {
  // MARK: Initiator

  /// Begins phase 1 with a peer, in the mode that is configured for it.
  mutating func startPhase1(_ peerIndex: Int, renews: IKEExchangeID?, at instant: Instant) {
    let peer = configuration.peers[peerIndex]
    guard let remote = address(of: peerIndex) else {
      failQueue(peerIndex, why: "the peer's address is not known before it begins (RFC 2409 §5.4)")
      return
    }
    guard peer.remoteAccess?.isGateway != true else {
      failQueue(peerIndex, why: "the peer dials in: it has to begin")
      return
    }
    guard !Phase1Negotiation.offered(peer).isEmpty else {
      failQueue(peerIndex, why: "no suite of the peer can be offered in phase 1 (RFC 2409 Appendix A)")
      return
    }
    let setting = Phase1Setting(
      exchange: desk.nextExchange(), peer: peer, local: IKEEndpoint(address: peer.localAddress), remote: remote)
    let mark = desk.actions.count
    let state: Phase1State
    let message: OutgoingMessage
    do { (state, message) = try Phase1State.begin(setting, at: instant, desk: &desk) } catch {
      failQueue(peerIndex, why: error.description)
      return
    }
    let cookie = Cookie(rawValue: message.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    desk.actions.insert(
      .note(
        .began(
          kind: peer.mode.exchangeType, role: .initiator, peer: remote.address,
          cookies: CookiePair(initiator: cookie, responder: .zero), messageID: 0, parent: renews),
        exchange: setting.exchange), at: mark)
    var exchange = Phase1Exchange(
      setting: setting, peerIndex: peerIndex, role: .initiator, mode: peer.mode, began: instant, renews: renews,
      branches: [Phase1Exchange.Branch(state: state, received: [], sent: message)])
    cookies[cookie] = setting.exchange
    peers[peerIndex].negotiating = setting.exchange
    send(message, setting, retransmission: nil)
    desk.note(.advanced(state: state.name, story: state.story), setting.exchange)
    arm(&exchange, at: instant)
    phase1Exchanges[setting.exchange] = exchange
  }

  /// Where a peer is: where it has to be, or where it was when it last proved who it is. `nil` where that is not known.
  private func address(of peerIndex: Int) -> IKEEndpoint? {
    let peer = configuration.peers[peerIndex]
    guard peer.isAddressUnknown else { return IKEEndpoint(address: peer.remoteAddress) }
    return peers[peerIndex].associations.last.flatMap { associations[$0] }?.setting.remote
  }

  mutating func arm(_ exchange: inout Phase1Exchange, at instant: Instant) {
    exchange.generation += 1
    let schedule = exchange.setting.peer.retransmission
    // Who waits for the last message sends again: the initiator of main mode, both sides of aggressive mode.
    let isAsking = exchange.role == .initiator || exchange.mode == .aggressive
    let purpose: IKETimer.Purpose = isAsking ? .retransmit : .expire
    let wait = isAsking ? schedule.wait(attempt: exchange.attempts) : schedule.total
    desk.actions.append(
      .setTimer(
        IKETimer(exchange: exchange.id, purpose: purpose, generation: exchange.generation), at: instant + wait))
  }

  /// Sends a message of phase 1.
  mutating func send(_ message: OutgoingMessage, _ setting: Phase1Setting, retransmission: Int?) {
    desk.actions.append(
      .send(
        message.bytes, from: setting.local, to: setting.remote, exchange: setting.exchange, message: message.message,
        summary: message.summary, retransmission: retransmission))
  }

  /// No answer came: the last message of the branches that got furthest goes out again, or the exchange is given up.
  mutating func retransmit(_ exchange: Phase1Exchange, at instant: Instant) {
    var exchange = exchange
    guard exchange.attempts < exchange.setting.peer.retransmission.limit else {
      let message = exchange.furthest - 1
      abandon(
        exchange,
        why: "no answer to message \(message) of \(exchange.mode.words) after \(exchange.attempts) retransmissions",
        at: instant)
      return
    }
    exchange.attempts += 1
    let furthest = exchange.furthest
    for branch in exchange.branches where branch.state.awaited == furthest {
      send(branch.sent, exchange.setting, retransmission: exchange.attempts)
    }
    arm(&exchange, at: instant)
    phase1Exchanges[exchange.id] = exchange
  }

  /// Gives phase 1 up, and what waited for it, unless another association with the peer serves as well.
  mutating func abandon(_ exchange: Phase1Exchange, why: String, at instant: Instant) {
    let reason = exchange.hint.map { "\(why); \($0)" } ?? why
    forget(exchange)
    desk.note(.abandoned(why: reason), exchange.id)
    guard exchange.role == .initiator else { return }
    peers[exchange.peerIndex].negotiating = nil
    guard usableAssociation(exchange.peerIndex, at: instant) == nil else { return }
    failQueue(exchange.peerIndex, why: reason)
  }

  mutating func failQueue(_ peerIndex: Int, why: String) {
    let queue = peers[peerIndex].queue
    peers[peerIndex].queue = []
    for acquire in queue {
      wanted.remove(Wanted(peerIndex: peerIndex, acquire: acquire))
      desk.actions.append(.acquireFailed(policy: name(of: acquire), why: why))
    }
  }

  private mutating func forget(_ exchange: Phase1Exchange) {
    phase1Exchanges[exchange.id] = nil
    for branch in exchange.branches {
      switch branch.state {
      case .sentSA(let state): cookies[state.cookie] = nil
      case .sentOffer(let state): cookies[state.cookie] = nil
      case .answeredSA(let state): forget(state.cookies.responder, exchange, branch)
      case .answeredOffer(let state): forget(state.keys.cookies.responder, exchange, branch)
      case .sentKeyExchange, .sentIdentity, .answeredKeyExchange: break
      }
    }
  }

  /// Forgets what a responder keeps of message 1.
  private mutating func forget(_ cookie: Cookie, _ exchange: Phase1Exchange, _ branch: Phase1Exchange.Branch) {
    cookies[cookie] = nil
    firstMessages[FirstMessage(remote: exchange.setting.remote, bytes: branch.received)] = nil
    halfOpen -= 1
  }

  // MARK: Established

  mutating func establish(
    _ exchange: Phase1Exchange, _ done: Authenticated, received: [UInt8], sent: OutgoingMessage?, at instant: Instant
  ) {
    forget(exchange)
    let association = Phase1Association(
      setting: exchange.setting, peerIndex: exchange.peerIndex, role: exchange.role, mode: exchange.mode,
      began: exchange.began,
      established: instant, agreement: done.agreement, keys: done.keys, lastBlock: done.lastBlock,
      finalReceived: received, finalSent: sent, firstReceived: exchange.branches.first?.received ?? [],
      generation: exchange.generation + 1, stage: exchange.setting.peer.firstStage,
      isProbeAnswered: exchange.isProbeAnswered)
    cookies[association.ownCookie] = association.id
    if let first = association.first { firstMessages[first] = association.id }
    associations[association.id] = association
    peers[exchange.peerIndex].associations.append(association.id)
    peers[exchange.peerIndex].current = association.id
    if peers[exchange.peerIndex].negotiating == association.id { peers[exchange.peerIndex].negotiating = nil }
    desk.note(
      .advanced(state: "Established", story: "both ends have proved who they are: phase 2 can begin"), association.id)
    desk.note(.completed, association.id)
    if done.notifications.contains(where: { $0.type == .initialContact }) {
      initialContact(exchange.peerIndex, before: exchange.began)
    }
    armLifetime(association)
    watch(association, at: instant)
    watchAccess(association, at: instant)
    if let old = exchange.renews { retire(old, at: instant) }
    advanceAccess(association.id, at: instant)
  }

  private mutating func armLifetime(_ association: Phase1Association) {
    let times: [(IKETimer.Purpose, Instant?)] = [(.renew, association.renewal), (.end, association.end)]
    for (purpose, time) in times {
      guard let time else { continue }
      desk.actions.append(
        .setTimer(
          IKETimer(exchange: association.id, purpose: purpose, generation: association.generation), at: time))
    }
  }
}
