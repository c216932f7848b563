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

  private mutating func arm(_ exchange: inout MainModeExchange, at instant: Instant) {
    exchange.generation += 1
    let schedule = exchange.setting.peer.retransmission
    let purpose: IKETimer.Purpose = exchange.role == .initiator ? .retransmit : .expire
    let wait = exchange.role == .initiator ? schedule.wait(attempt: exchange.attempts) : schedule.total
    desk.actions.append(
      .setTimer(
        IKETimer(exchange: exchange.id, purpose: purpose, generation: exchange.generation), at: instant + wait))
  }

  /// Sends a main mode's message.
  func sending(_ message: OutgoingMessage, _ setting: MainModeSetting, retransmission: Int?) -> IKEAction {
    .send(
      message.bytes, from: setting.local, to: setting.remote, exchange: setting.exchange, message: message.message,
      summary: message.summary, retransmission: retransmission)
  }

  mutating func send(_ message: OutgoingMessage, _ setting: MainModeSetting, retransmission: Int?) {
    desk.actions.append(sending(message, setting, retransmission: retransmission))
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
      desk.actions.append(
        .acquireFailed(policy: configuration.policies[acquire.policy].name, why: why))
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

  // MARK: Incoming

  mutating func receiveMainMode(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) {
    guard header.messageID == 0 else {
      throw Rejection(.malformed, "the message ID is 0 in phase 1 (RFC 2408 §3.1)")
    }
    guard header.responderCookie != .zero else { return try receiveFirst(header, datagram) }
    guard let id = cookies[header.responderCookie] ?? cookies[header.initiatorCookie] else {
      throw Rejection(
        .unknownCookie, "no main mode has the cookies \(header.initiatorCookie), \(header.responderCookie)")
    }
    if let association = associations[id] {
      try answerAgain(association, header, datagram)
    } else if let exchange = mainModes[id] {
      guard exchange.setting.remote == datagram.remote else {
        throw Rejection(.unknownCookie, "the main mode with these cookies is with another address")
      }
      advance(exchange, header, datagram)
    }
  }

  /// A message of a main mode that is over: the responder answers message 5 once more, since message 6 may have been lost.
  private mutating func answerAgain(
    _ association: Phase1Association, _ header: ISAKMPHeader, _ datagram: Datagram
  ) throws(Rejection) {
    guard association.keys.cookies == CookiePair(header), association.setting.remote == datagram.remote else {
      throw Rejection(.unknownCookie, "the association with this cookie has another partner")
    }
    guard datagram.bytes == association.finalReceived else {
      throw Rejection(.unexpected, "the main mode is over")
    }
    guard let answer = association.finalSent, association.repeats < MainModeExchange.maximumRepeats else {
      throw Rejection(.duplicate, "the last message of main mode once more")
    }
    associations[association.id]?.repeats += 1
    send(answer, association.setting, retransmission: association.repeats + 1)
  }

  /// Message 1: a new exchange, or one whose answer was lost.
  private mutating func receiveFirst(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) {
    let first = FirstMessage(remote: datagram.remote, bytes: datagram.bytes)
    if let id = firstMessages[first] { return try answerFirstAgain(id) }
    guard let peerIndex = directory.peer(local: datagram.local.address, remote: datagram.remote.address) else {
      throw Rejection(.refused, "no peer is configured for \(datagram.remote.address)")
    }
    guard halfOpen < Self.maximumHalfOpen else {
      throw Rejection(.limit, "\(Self.maximumHalfOpen) main modes are half-open already")
    }
    let rule = MessageRule.of(.identityProtection, 1)
    guard !header.flags.contains(.encryption) else {
      throw Rejection(.unexpected, "message 1 of main mode is in clear (RFC 2409 §5.4)")
    }
    let message: ReceivedMessage
    do { message = try ReceivedMessage(clear: datagram.bytes) } catch { throw Rejection(error) }
    if let refusal = rule.refusal(of: message.types, side: .responder) { throw Rejection(refusal) }
    answerFirst(message, first, peerIndex, datagram)
  }

  private mutating func answerFirstAgain(_ id: IKEExchangeID) throws(Rejection) {
    guard var exchange = mainModes[id], exchange.furthest == 3,
      exchange.branches[0].repeats < MainModeExchange.maximumRepeats
    else { throw Rejection(.duplicate, "message 1 of main mode once more") }
    exchange.branches[0].repeats += 1
    send(exchange.branches[0].sent, exchange.setting, retransmission: exchange.branches[0].repeats)
    mainModes[id] = exchange
  }

  private mutating func answerFirst(
    _ message: ReceivedMessage, _ first: FirstMessage, _ peerIndex: Int, _ datagram: Datagram
  ) {
    let peer = configuration.peers[peerIndex]
    let setting = MainModeSetting(
      exchange: desk.nextExchange(), peer: peer, local: datagram.local, remote: datagram.remote)
    let cookie = desk.cookie(local: datagram.local, remote: datagram.remote, at: datagram.arrival)
    let pair = CookiePair(initiator: message.header.initiatorCookie, responder: cookie)
    desk.note(
      .began(
        kind: .identityProtection, role: .responder, peer: datagram.remote.address, cookies: pair, messageID: 0,
        parent: nil), setting.exchange)
    do {
      let mark = desk.actions.count
      let (state, answer) = try AnsweredSA.begin(setting, message, cookie: cookie, desk: &desk)
      noteReceived(.of(.identityProtection, 1), message, setting.exchange, before: mark)
      var exchange = MainModeExchange(
        setting: setting, peerIndex: peerIndex, role: .responder, began: datagram.arrival, renews: nil,
        branches: [MainModeExchange.Branch(state: .answeredSA(state), received: datagram.bytes, sent: answer)])
      cookies[cookie] = setting.exchange
      firstMessages[first] = setting.exchange
      halfOpen += 1
      send(answer, setting, retransmission: nil)
      desk.note(.advanced(state: "AnsweredSA", story: AnsweredSA.story), setting.exchange)
      arm(&exchange, at: datagram.arrival)
      mainModes[setting.exchange] = exchange
    } catch {
      reject(Rejection(error), exchange: setting.exchange)
      complainInClear(error, pair, setting)
      desk.note(.abandoned(why: error.description), setting.exchange)
    }
  }

  /// Notes a message as received, in front of what it led to.
  mutating func noteReceived(
    _ rule: MessageRule, _ message: ReceivedMessage, _ exchange: IKEExchangeID, before mark: Int
  ) {
    desk.actions.insert(
      .note(.received(message: rule.message, summary: rule.summary(of: message.types)), exchange: exchange), at: mark)
  }

  // MARK: Branches

  private mutating func advance(_ exchange: MainModeExchange, _ header: ISAKMPHeader, _ datagram: Datagram) {
    var exchange = exchange
    if let index = exchange.branches.firstIndex(where: { $0.received == datagram.bytes }) {
      repeatAnswer(&exchange, index)
      mainModes[exchange.id] = exchange
      return
    }
    var rejection = Rejection(.unknownCookie, "the main mode has other cookies")
    var isFirst = true
    for branch in exchange.branches.reversed() where branch.state.matches(header) {
      do {
        return try step(&exchange, branch.state, header, datagram)
      } catch {
        // The furthest state's reason is the one to tell, unless an earlier one found fault with the content.
        if isFirst || error.refusal != nil && rejection.refusal == nil { rejection = error }
        isFirst = false
      }
    }
    reject(rejection, exchange: exchange.id)
    if let refusal = rejection.refusal, exchange.complaints < MainModeExchange.maximumComplaints {
      exchange.complaints += 1
      complainInClear(refusal, CookiePair(header), exchange.setting)
    }
    mainModes[exchange.id] = exchange
  }

  /// A message that led somewhere already. The responder answers it again while nothing newer has come. The initiator has a
  /// timer of its own: if it answered too, each duplicate would be echoed to the end of the exchange.
  private mutating func repeatAnswer(_ exchange: inout MainModeExchange, _ index: Int) {
    let branch = exchange.branches[index]
    guard exchange.role == .responder, branch.state.awaited == exchange.furthest,
      branch.repeats < MainModeExchange.maximumRepeats
    else {
      reject(Rejection(.duplicate, "message \(branch.state.awaited - 1) of main mode once more"), exchange: exchange.id)
      return
    }
    exchange.branches[index].repeats += 1
    send(branch.sent, exchange.setting, retransmission: branch.repeats + 1)
  }

  private mutating func step(
    _ exchange: inout MainModeExchange, _ state: MainModeState, _ header: ISAKMPHeader, _ datagram: Datagram
  ) throws(Rejection) {
    let (message, lastBlock) = try state.read(header, datagram.bytes)
    guard exchange.branches.count < MainModeExchange.maximumBranches else {
      throw Rejection(.limit, "the main mode has \(MainModeExchange.maximumBranches) branches already")
    }
    let mark = desk.actions.count
    let result: MainModeState.Step
    do {
      result = try state.advance(
        message, lastBlock: lastBlock, isInitialContact: isInitialContact(exchange), desk: &desk)
    } catch {
      // What was derived on the way to a refusal is nobody's key; the work that was done stays on record.
      desk.actions = desk.actions[..<mark] + desk.actions[mark...].filter(\.isExponentiation)
      throw Rejection(error)
    }
    noteReceived(.of(.identityProtection, state.awaited), message, exchange.id, before: mark)
    switch result {
    case .next(let next, let answer):
      exchange.branches.append(MainModeExchange.Branch(state: next, received: datagram.bytes, sent: answer))
      exchange.attempts = 0
      send(answer, exchange.setting, retransmission: nil)
      desk.note(.advanced(state: next.name, story: next.story), exchange.id)
      if exchange.role == .initiator { arm(&exchange, at: datagram.arrival) }
      mainModes[exchange.id] = exchange
    case .done(let done, let answer):
      if let answer { send(answer, exchange.setting, retransmission: nil) }
      establish(exchange, done, received: datagram.bytes, sent: answer, at: datagram.arrival)
    }
  }

  /// Whether nothing with this peer exists yet: RFC 2407 §4.6.3.3.
  private func isInitialContact(_ exchange: MainModeExchange) -> Bool {
    peers[exchange.peerIndex].associations.isEmpty && peers[exchange.peerIndex].children.isEmpty
  }

  // MARK: Established

  private mutating func establish(
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

extension CookiePair {
  init(_ header: ISAKMPHeader) {
    self.init(initiator: header.initiatorCookie, responder: header.responderCookie)
  }
}

extension IKEAction {
  /// Whether it tells of an exponentiation.
  fileprivate var isExponentiation: Bool {
    if case .note(.exponentiated, _) = self { true } else { false }
  }
}
