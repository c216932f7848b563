import IPsec
import Units
import Wire

/// What comes in for phase 1: new exchanges, messages that go on, and messages once more.
extension IKEEngine {
  mutating func receivePhase1(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) {
    guard header.messageID == 0 else {
      throw Rejection(.malformed, "the message ID is 0 in phase 1 (RFC 2408 §3.1)", .invalidMessageID)
    }
    guard header.responderCookie != .zero else { return try receiveFirst(header, datagram) }
    guard let id = cookies[header.responderCookie] ?? cookies[header.initiatorCookie] else {
      throw Rejection(
        .unknownCookie, "no \(header.words) has the cookies \(header.initiatorCookie), \(header.responderCookie)",
        .invalidCookie)
    }
    let mode = associations[id]?.mode ?? phase1Exchanges[id]?.mode
    guard mode?.exchangeType == header.exchangeType else {
      throw Rejection(.unexpected, "the cookies are of another kind of exchange", .invalidExchangeType)
    }
    if let association = associations[id] {
      try answerAgain(association, header, datagram)
    } else if let exchange = phase1Exchanges[id] {
      guard exchange.setting.remote == datagram.remote else {
        throw Rejection(.unknownCookie, "the \(header.words) with these cookies is with another address")
      }
      advance(exchange, header, datagram)
    }
  }

  /// A message of a phase 1 exchange that is over: who sent the last one answers once more, since that may have been
  /// lost.
  private mutating func answerAgain(
    _ association: Phase1Association, _ header: ISAKMPHeader, _ datagram: Datagram
  ) throws(Rejection) {
    guard association.keys.cookies == CookiePair(header), association.setting.remote == datagram.remote else {
      throw Rejection(.unknownCookie, "the association with this cookie has another partner")
    }
    guard datagram.bytes == association.finalReceived else {
      throw Rejection(.unexpected, "the \(header.words) is over")
    }
    // Once the peer has begun phase 2, it has seen the last message.
    guard let answer = association.finalSent, association.peerMessageIDs.count == 1,
      association.repeats < Phase1Exchange.maximumRepeats
    else {
      throw Rejection(.duplicate, "the last message of \(header.words) once more")
    }
    associations[association.id]?.repeats += 1
    send(answer, association.setting, retransmission: association.repeats + 1)
  }

  /// Message 1: a new exchange, or one whose answer was lost.
  private mutating func receiveFirst(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) {
    let first = FirstMessage(remote: datagram.remote, bytes: datagram.bytes)
    if let id = firstMessages[first] { return try answerFirstAgain(id) }
    guard cookies[header.initiatorCookie] == nil else {
      throw Rejection(.unexpected, "the initiator's cookie is this node's own: a message of its own came back")
    }
    guard halfOpen < Self.maximumHalfOpen else {
      throw Rejection(.limit, "\(Self.maximumHalfOpen) exchanges of phase 1 are half-open already")
    }
    let rule = MessageRule.of(header.exchangeType, 1)
    guard !header.flags.contains(.encryption) else {
      throw Rejection(.unexpected, "message 1 of \(header.words) is in clear (RFC 2409 §5.4)")
    }
    let message: ReceivedMessage
    do { message = try ReceivedMessage(clear: datagram.bytes) } catch { throw Rejection(error) }
    if let refusal = rule.refusal(of: message.types, side: .responder) {
      var rejection = Rejection(refusal)
      rejection.notification = refusal.notification
      throw rejection
    }
    answerFirst(message, first, try peer(for: message, datagram), datagram)
  }

  /// Whose message 1 may be: main mode knows the sender by its address, aggressive mode by its identity (RFC 2409
  /// §5.4).
  private func peer(for message: ReceivedMessage, _ datagram: Datagram) throws(Rejection) -> Int {
    let (local, remote) = (datagram.local.address, datagram.remote.address)
    guard message.header.exchangeType == .aggressive else {
      guard let index = directory.caller(message.securityAssociation, local: local, remote: remote) else {
        throw Rejection(.refused, "no peer is configured for \(remote)")
      }
      guard configuration.peers[index].mode == .main else {
        throw Rejection(.refused, "with \(remote) aggressive mode is configured, and this is main mode")
      }
      return index
    }
    // A strange protocol or port would only show when HASH_I, which covers it, does not come out right.
    guard let payload = message.identifications.first, let identity = payload.identity,
      Identities.refusal(of: payload, expected: identity, side: .responder) == nil,
      let index = directory.caller(identity, local: local, remote: remote)
    else {
      let words = message.identifications.map(Identities.words).joined()
      throw Rejection(.refused, "no peer is configured for aggressive mode with \(remote) as \(words)")
    }
    return index
  }

  private mutating func answerFirstAgain(_ id: IKEExchangeID) throws(Rejection) {
    guard var exchange = phase1Exchanges[id], exchange.furthest == 3,
      exchange.branches[0].repeats < Phase1Exchange.maximumRepeats
    else { throw Rejection(.duplicate, "message 1 of phase 1 once more") }
    exchange.branches[0].repeats += 1
    send(exchange.branches[0].sent, exchange.setting, retransmission: exchange.branches[0].repeats)
    phase1Exchanges[id] = exchange
  }

  private mutating func answerFirst(
    _ message: ReceivedMessage, _ first: FirstMessage, _ peerIndex: Int, _ datagram: Datagram
  ) {
    let peer = configuration.peers[peerIndex]
    let setting = Phase1Setting(
      exchange: desk.nextExchange(), peer: peer, local: datagram.local, remote: datagram.remote)
    let cookie = desk.cookie(local: datagram.local, remote: datagram.remote, at: datagram.arrival)
    let pair = CookiePair(initiator: message.header.initiatorCookie, responder: cookie)
    desk.note(
      .began(
        kind: message.header.exchangeType, role: .responder, peer: datagram.remote.address, cookies: pair, messageID: 0,
        parent: nil), setting.exchange)
    do {
      let mark = desk.actions.count
      let (state, answer) = try Phase1State.answer(setting, message, cookie: cookie, desk: &desk)
      noteReceived(.of(message.header.exchangeType, 1), message, setting.exchange, before: mark)
      var exchange = Phase1Exchange(
        setting: setting, peerIndex: peerIndex, role: .responder, mode: peer.mode, began: datagram.arrival,
        renews: nil, branches: [Phase1Exchange.Branch(state: state, received: datagram.bytes, sent: answer)])
      exchange.isProbeAnswered = message.announcesProbes
      cookies[cookie] = setting.exchange
      firstMessages[first] = setting.exchange
      halfOpen += 1
      send(answer, setting, retransmission: nil)
      desk.note(.advanced(state: state.name, story: state.story), setting.exchange)
      arm(&exchange, at: datagram.arrival)
      phase1Exchanges[setting.exchange] = exchange
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

  private mutating func advance(_ exchange: Phase1Exchange, _ header: ISAKMPHeader, _ datagram: Datagram) {
    var exchange = exchange
    if let index = exchange.branches.firstIndex(where: { $0.received == datagram.bytes }) {
      repeatAnswer(&exchange, index)
      phase1Exchanges[exchange.id] = exchange
      return
    }
    guard !exchange.branches.contains(where: { $0.sent.bytes == datagram.bytes }) else {
      reject(Rejection(.unexpected, "a message of this node's own came back"), exchange: exchange.id)
      return
    }
    var rejection = Rejection(.unknownCookie, "the \(header.words) has other cookies")
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
    if rejection.refusal != nil, exchange.mode == .aggressive { exchange.wasted += 1 }
    if rejection.refusal == nil { complain(of: rejection, datagram) }
    if let refusal = rejection.refusal, exchange.complaints < Phase1Exchange.maximumComplaints {
      exchange.complaints += 1
      complainInClear(refusal, CookiePair(header), exchange.setting)
    }
    phase1Exchanges[exchange.id] = exchange
  }

  /// A message that led somewhere already. The responder answers it again while nothing newer has come. The initiator
  /// has a timer of its own: if it answered too, each duplicate would be echoed to the end of the exchange.
  private mutating func repeatAnswer(_ exchange: inout Phase1Exchange, _ index: Int) {
    let branch = exchange.branches[index]
    guard exchange.role == .responder, branch.state.awaited == exchange.furthest,
      branch.repeats < Phase1Exchange.maximumRepeats
    else {
      reject(
        Rejection(.duplicate, "message \(branch.state.awaited - 1) of \(exchange.mode.words) once more"),
        exchange: exchange.id)
      return
    }
    exchange.branches[index].repeats += 1
    send(branch.sent, exchange.setting, retransmission: branch.repeats + 1)
  }

  private mutating func step(
    _ exchange: inout Phase1Exchange, _ state: Phase1State, _ header: ISAKMPHeader, _ datagram: Datagram
  ) throws(Rejection) {
    let (message, lastBlock) = try state.read(header, datagram.bytes)
    guard exchange.branches.count + exchange.wasted < Phase1Exchange.maximumBranches else {
      throw Rejection(.limit, "the \(exchange.mode.words) has \(Phase1Exchange.maximumBranches) branches already")
    }
    let mark = desk.actions.count
    let before = exchange
    let state = recognised(state, message, &exchange)
    let result: Phase1State.Step
    do {
      result = try state.advance(
        message, lastBlock: lastBlock, isInitialContact: isInitialContact(exchange), desk: &desk)
    } catch {
      exchange = before
      // What was derived on the way to a refusal is nobody's key; the work that was done stays on record.
      desk.actions = desk.actions[..<mark] + desk.actions[mark...].filter(\.isExponentiation)
      throw Rejection(error)
    }
    noteReceived(
      .of(
        header.exchangeType, state.awaited, isEncrypted: header.flags.contains(.encryption),
        proof: state.setting.peer.authentication.proof), message, exchange.id,
      before: mark)
    if message.announcesProbes { exchange.isProbeAnswered = true }
    switch result {
    case .next(let next, let answer):
      exchange.branches.append(Phase1Exchange.Branch(state: next, received: datagram.bytes, sent: answer))
      exchange.attempts = 0
      send(answer, exchange.setting, retransmission: nil)
      desk.note(.advanced(state: next.name, story: next.story), exchange.id)
      if exchange.role == .initiator { arm(&exchange, at: datagram.arrival) }
      phase1Exchanges[exchange.id] = exchange
    case .done(let done, let answer):
      if let answer { send(answer, exchange.setting, retransmission: nil) }
      establish(exchange, done, received: datagram.bytes, sent: answer, at: datagram.arrival)
    }
  }

  /// A caller of unknown address that signs shows only now, in message 5, who it is: it is the peer of that name from
  /// here on, whose certificate has to be right.
  private func recognised(
    _ state: Phase1State, _ message: ReceivedMessage, _ exchange: inout Phase1Exchange
  ) -> Phase1State {
    guard case .answeredKeyExchange(var answered) = state, answered.setting.peer.isAddressUnknown,
      answered.setting.peer.credentials != nil, let identity = message.identifications.first?.identity,
      let index = directory.signer(
        identity, local: answered.setting.local.address, remote: answered.setting.remote.address, answered.agreement)
    else { return state }
    answered.setting.peer = configuration.peers[index]
    exchange.setting.peer = configuration.peers[index]
    exchange.peerIndex = index
    return .answeredKeyExchange(answered)
  }

  /// Whether nothing with this peer exists yet: RFC 2407 §4.6.3.3.
  private func isInitialContact(_ exchange: Phase1Exchange) -> Bool {
    peers[exchange.peerIndex].associations.isEmpty && peers[exchange.peerIndex].children.isEmpty
  }
}

extension CookiePair {
  init(_ header: ISAKMPHeader) {
    self.init(initiator: header.initiatorCookie, responder: header.responderCookie)
  }
}

extension ISAKMPHeader {
  /// The exchange of phase 1 that it says it is of.
  fileprivate var words: String { (exchangeType == .aggressive ? Phase1Mode.aggressive : .main).words }
}

extension IKEAction {
  /// Whether it tells of an exponentiation.
  fileprivate var isExponentiation: Bool {
    if case .note(.exponentiated, _) = self { true } else { false }
  }
}
