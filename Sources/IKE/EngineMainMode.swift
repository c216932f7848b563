import IPsec
import Units
import Wire

/// Main mode in the engine: RFC 2409 §5.4.
extension IKEEngine {
  // MARK: Initiator

  /// Begins main mode with a peer.
  mutating func startMainMode(_ peerIndex: Int, renews: IKEExchangeID?, at instant: Instant) {
    let peer = configuration.peers[peerIndex]
    guard !Phase1Negotiation.offer(peer).proposals.allSatisfy(\.transforms.isEmpty) else {
      failQueue(peerIndex, why: "no suite of the peer can be offered in phase 1 (RFC 2409 Appendix A)")
      return
    }
    let setting = MainModeSetting(
      exchange: desk.nextExchange(), peer: peer, local: IKEEndpoint(address: peer.localAddress),
      remote: IKEEndpoint(address: peer.remoteAddress))
    let (state, message) = SentSA.begin(setting, at: instant, desk: &desk)
    let pair = CookiePair(initiator: state.cookie, responder: .zero)
    desk.note(
      .began(
        kind: .identityProtection, role: .initiator, peer: peer.remoteAddress, cookies: pair, messageID: 0,
        parent: renews), setting.exchange)
    var exchange = MainModeExchange(
      setting: setting, peerIndex: peerIndex, role: .initiator, began: instant, renews: renews,
      branches: [MainModeExchange.Branch(state: .sentSA(state), received: [], sent: message)])
    cookies[state.cookie] = setting.exchange
    peers[peerIndex].negotiating = setting.exchange
    send(message, setting, retransmission: nil)
    desk.note(.advanced(state: "SentSA", story: SentSA.story), setting.exchange)
    arm(&exchange, at: instant)
    mainModes[setting.exchange] = exchange
  }

  mutating func arm(_ exchange: inout MainModeExchange, at instant: Instant) {
    exchange.generation += 1
    let schedule = exchange.setting.peer.retransmission
    let purpose: IKETimer.Purpose = exchange.role == .initiator ? .retransmit : .expire
    let wait = exchange.role == .initiator ? schedule.wait(attempt: exchange.attempts) : schedule.total
    desk.actions.append(
      .setTimer(
        IKETimer(exchange: exchange.id, purpose: purpose, generation: exchange.generation), at: instant + wait))
  }

  /// Sends a main mode's message.
  mutating func send(_ message: OutgoingMessage, _ setting: MainModeSetting, retransmission: Int?) {
    desk.actions.append(
      .send(
        message.bytes, from: setting.local, to: setting.remote, exchange: setting.exchange, message: message.message,
        summary: message.summary, retransmission: retransmission))
  }

  /// No answer came: the last message of the branches that got furthest goes out again, or the exchange is given up.
  mutating func retransmit(_ exchange: MainModeExchange, at instant: Instant) {
    var exchange = exchange
    guard exchange.attempts < exchange.setting.peer.retransmission.limit else {
      let message = exchange.furthest - 1
      abandon(
        exchange, why: "no answer to message \(message) of main mode after \(exchange.attempts) retransmissions",
        at: instant)
      return
    }
    exchange.attempts += 1
    let furthest = exchange.furthest
    for branch in exchange.branches where branch.state.awaited == furthest {
      send(branch.sent, exchange.setting, retransmission: exchange.attempts)
    }
    arm(&exchange, at: instant)
    mainModes[exchange.id] = exchange
  }

  /// Gives a main mode up, and what waited for it, unless another association with the peer serves as well.
  mutating func abandon(_ exchange: MainModeExchange, why: String, at instant: Instant) {
    let reason = exchange.hint.map { "\(why); \($0)" } ?? why
    forget(exchange)
    desk.note(.abandoned(why: reason), exchange.id)
    guard exchange.role == .initiator else { return }
    peers[exchange.peerIndex].negotiating = nil
    guard usableAssociation(exchange.peerIndex, at: instant) == nil else { return }
    failQueue(exchange.peerIndex, why: reason)
  }

  private mutating func failQueue(_ peerIndex: Int, why: String) {
    let queue = peers[peerIndex].queue
    peers[peerIndex].queue = []
    for acquire in queue {
      wanted.remove(Wanted(peerIndex: peerIndex, acquire: acquire))
      desk.actions.append(.acquireFailed(policy: name(of: acquire), why: why))
    }
  }

  private mutating func forget(_ exchange: MainModeExchange) {
    mainModes[exchange.id] = nil
    for branch in exchange.branches {
      switch branch.state {
      case .sentSA(let state): cookies[state.cookie] = nil
      case .answeredSA(let state):
        cookies[state.cookies.responder] = nil
        firstMessages[FirstMessage(remote: exchange.setting.remote, bytes: branch.received)] = nil
        halfOpen -= 1
      case .sentKeyExchange, .sentIdentity, .answeredKeyExchange: break
      }
    }
  }

  // MARK: Established

  mutating func establish(
    _ exchange: MainModeExchange, _ done: Authenticated, received: [UInt8], sent: OutgoingMessage?, at instant: Instant
  ) {
    forget(exchange)
    let association = Phase1Association(
      setting: exchange.setting, peerIndex: exchange.peerIndex, role: exchange.role, began: exchange.began,
      established: instant, agreement: done.agreement, keys: done.keys, lastBlock: done.lastBlock,
      finalReceived: received, finalSent: sent, firstReceived: exchange.branches.first?.received ?? [],
      generation: exchange.generation + 1)
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
    if let old = exchange.renews { retire(old, at: instant) }
    pump(exchange.peerIndex, at: instant)
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
