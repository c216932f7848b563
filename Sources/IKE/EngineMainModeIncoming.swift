import IPsec
import Units
import Wire

/// What comes in for main mode: new exchanges, messages that go on, and messages once more.
extension IKEEngine {
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
    // Once phase 2 has begun, the initiator has seen message 6.
    guard let answer = association.finalSent, association.peerMessageIDs.count == 1,
      association.repeats < MainModeExchange.maximumRepeats
    else {
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
    guard cookies[header.initiatorCookie] == nil else {
      throw Rejection(.unexpected, "the initiator's cookie is this node's own: a message of its own came back")
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
    guard !exchange.branches.contains(where: { $0.sent.bytes == datagram.bytes }) else {
      reject(Rejection(.unexpected, "a message of this node's own came back"), exchange: exchange.id)
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
