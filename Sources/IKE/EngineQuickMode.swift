import IPsec
import Units
import Wire

/// Quick mode in the engine: RFC 2409 §5.5.
extension IKEEngine {
  // MARK: Initiator

  mutating func startQuickMode(_ acquire: Acquire, under id: IKEExchangeID, at instant: Instant) {
    guard let association = associations[id], let protection = directory.protection(of: acquire.policy) else { return }
    let setting = quickModeSetting(
      association, messageID: makeMessageID(id), acquire, protection, exchange: desk.nextExchange())
    noteBegan(setting, .initiator)
    let spi = makeSPI()
    do {
      let vector = setting.keys.initializationVector(
        lastPhase1Block: association.lastBlock, messageID: setting.messageID, desk: &desk, setting.exchange)
      let (state, message) = try SentProposal.begin(setting, spi: spi, vector: vector, desk: &desk)
      var exchange = QuickModeExchange(
        id: setting.exchange, association: id, messageID: setting.messageID, role: .initiator,
        peerIndex: association.peerIndex, acquire: acquire, policy: setting.policy, spi: spi,
        state: .sentProposal(state), received: [], sent: message)
      send(message, exchange, retransmission: nil, at: instant)
      desk.note(.advanced(state: "SentProposal", story: SentProposal.story), exchange.id)
      arm(&exchange, at: instant)
      keep(exchange)
    } catch {
      takenSPIs.remove(spi)
      wanted.remove(Wanted(peerIndex: association.peerIndex, acquire: acquire))
      desk.note(.refused(error), setting.exchange)
      desk.note(.abandoned(why: error.description), setting.exchange)
      desk.actions.append(.acquireFailed(policy: setting.policy, why: error.description))
    }
  }

  private func quickModeSetting(
    _ association: Phase1Association, messageID: UInt32, _ acquire: Acquire, _ protection: Protection,
    exchange: IKEExchangeID
  ) -> QuickModeSetting {
    QuickModeSetting(
      exchange: exchange, association: association.id, messageID: messageID, keys: association.keys,
      peer: association.setting.peer, acquire: acquire, policy: configuration.policies[acquire.policy].name,
      protection: protection)
  }

  private mutating func noteBegan(_ setting: QuickModeSetting, _ role: IKERole) {
    desk.note(
      .began(
        kind: .quickMode, role: role, peer: setting.peer.remoteAddress, cookies: setting.keys.cookies,
        messageID: setting.messageID, parent: setting.association), setting.exchange)
  }

  /// A message ID that neither side has used under an association: RFC 2409 §5.5 wants it random and unique.
  mutating func makeMessageID(_ id: IKEExchangeID) -> UInt32 {
    while true {
      let messageID = UInt32(truncatingIfNeeded: desk.randomness.messageIDs.next())
      guard let association = associations[id] else { return messageID }
      guard !association.peerMessageIDs.contains(messageID) else { continue }
      if associations[id]?.ownMessageIDs.insert(messageID).inserted == true { return messageID }
    }
  }

  // MARK: Exchanges

  private mutating func keep(_ exchange: QuickModeExchange) {
    quickModes[exchange.id] = exchange
    quickModeIDs[exchange.key] = exchange.id
  }

  mutating func forget(_ exchange: QuickModeExchange) {
    quickModes[exchange.id] = nil
    quickModeIDs[exchange.key] = nil
  }

  /// Forgets quick modes whose last message nobody can ask for any more.
  mutating func forgetFinished(until instant: Instant) {
    while let id = finished.next(at: instant) {
      if let exchange = quickModes[id] { forget(exchange) }
    }
  }

  mutating func send(
    _ message: OutgoingMessage, _ exchange: QuickModeExchange, retransmission: Int?, at instant: Instant
  ) {
    guard let association = associations[exchange.association] else { return }
    desk.actions.append(
      .send(
        message.bytes, from: association.setting.local, to: association.setting.remote, exchange: exchange.id,
        message: message.message, summary: message.summary, retransmission: retransmission))
    account(message.bytes.count, exchange.association, at: instant)
  }

  private mutating func arm(_ exchange: inout QuickModeExchange, at instant: Instant) {
    exchange.generation += 1
    let wait = configuration.peers[exchange.peerIndex].retransmission.wait(attempt: exchange.attempts)
    desk.actions.append(
      .setTimer(
        IKETimer(exchange: exchange.id, purpose: .retransmit, generation: exchange.generation), at: instant + wait))
  }

  /// No answer came to message 1, or no confirmation to message 2.
  mutating func retransmit(_ exchange: QuickModeExchange, at instant: Instant) {
    var exchange = exchange
    guard exchange.state.awaited != nil else { return }
    guard exchange.attempts < configuration.peers[exchange.peerIndex].retransmission.limit else {
      let why =
        "no answer to message \(exchange.sent.message) of quick mode after \(exchange.attempts) retransmissions"
      giveUp(exchange, why: exchange.hint.map { "\(why); \($0)" } ?? why, at: instant)
      // A peer that answers nothing has probably lost the association: the next packet begins with main mode again.
      if exchange.role == .initiator, let association = associations[exchange.association] {
        end(association, why: "the peer no longer answers", isTold: true, at: instant)
      }
      return
    }
    exchange.attempts += 1
    send(exchange.sent, exchange, retransmission: exchange.attempts, at: instant)
    arm(&exchange, at: instant)
    quickModes[exchange.id] = exchange
  }

  /// Gives a quick mode up, and takes back what it has installed.
  mutating func giveUp(_ exchange: QuickModeExchange, why: String, at instant: Instant) {
    forget(exchange)
    takenSPIs.remove(exchange.spi)
    desk.note(.abandoned(why: why), exchange.id)
    switch exchange.state {
    case .sentProposal:
      wanted.remove(Wanted(peerIndex: exchange.peerIndex, acquire: exchange.acquire))
      desk.actions.append(.acquireFailed(policy: exchange.policy, why: why))
    case .answeredProposal(let state):
      desk.actions.append(.remove([state.install.inbound.identity], why: .unconfirmed))
      // The initiator may have installed the pair: message 3 is the one that nobody acknowledges.
      sendDelete(of: [exchange.spi], peer: exchange.peerIndex, at: instant)
    case .confirmed: break
    }
  }

  // MARK: Incoming

  mutating func receiveQuickMode(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) {
    let association = try protecting(header, datagram)
    guard header.messageID != 0 else {
      throw Rejection(.malformed, "the message ID is not 0 in phase 2 (RFC 2408 §3.1)")
    }
    var rejection: Rejection?
    for role in [IKERole.initiator, .responder] {
      let key = QuickModeKey(association: association.id, messageID: header.messageID, role: role)
      guard let id = quickModeIDs[key], let exchange = quickModes[id] else { continue }
      if exchange.received == datagram.bytes { return try repeatAnswer(exchange, at: datagram.arrival) }
      do {
        return try advance(exchange, header, datagram)
      } catch {
        rejection = rejection ?? error
        rejection?.exchange = id
      }
    }
    guard !association.peerMessageIDs.contains(header.messageID) else {
      throw rejection ?? Rejection(.duplicate, "a quick mode with this message ID is over")
    }
    do { try answerProposal(association, header, datagram) } catch { throw rejection ?? error }
  }

  /// The association that a message of phase 2 claims to be protected by.
  func protecting(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) -> Phase1Association {
    let id = cookies[header.responderCookie] ?? cookies[header.initiatorCookie]
    guard let id, let association = associations[id], association.keys.cookies == CookiePair(header),
      association.setting.remote == datagram.remote
    else {
      throw Rejection(
        .unknownCookie,
        "no phase 1 association has the cookies \(header.initiatorCookie), \(header.responderCookie)")
    }
    guard header.flags.contains(.encryption) else {
      throw Rejection(.unencrypted, "phase 2 is encrypted (RFC 2409 §5.5)")
    }
    return association
  }

  /// The last message of the peer once more: our answer to it was lost.
  private mutating func repeatAnswer(_ exchange: QuickModeExchange, at instant: Instant) throws(Rejection) {
    guard exchange.repeats < MainModeExchange.maximumRepeats else {
      throw Rejection(.duplicate, "message \(exchange.sent.message - 1) of quick mode once more")
    }
    quickModes[exchange.id]?.repeats += 1
    send(exchange.sent, exchange, retransmission: exchange.repeats + 1, at: instant)
  }

  /// Decrypts a message of phase 2 and measures it by its row.
  func open(
    _ header: ISAKMPHeader, _ datagram: Datagram, _ rule: MessageRule, _ keys: Phase1Keys, vector: [UInt8]
  ) throws(Rejection) -> (message: ReceivedMessage, lastBlock: [UInt8]) {
    let body = Array(datagram.bytes.dropFirst(ISAKMPHeader.encodedLength))
    guard let step = keys.protection.decrypt(body, initializationVector: vector) else {
      throw Rejection(.malformed, "the message is no whole number of cipher blocks (RFC 2409 Appendix B)")
    }
    let message: ReceivedMessage
    do {
      message = try ReceivedMessage(header: header, decrypted: step.body)
    } catch {
      throw Rejection(.malformed, "it does not decrypt to payloads: \(Rejection(error).detail)")
    }
    if let refusal = rule.refusal(of: message.types, side: rule.sender.opposite) {
      throw Rejection(.unexpected, refusal.description)
    }
    return (message, step.nextInitializationVector)
  }

  private mutating func advance(
    _ exchange: QuickModeExchange, _ header: ISAKMPHeader, _ datagram: Datagram
  ) throws(Rejection) {
    switch exchange.state {
    case .sentProposal(let state): try receiveAnswer(exchange, state, header, datagram)
    case .answeredProposal(let state): try receiveConfirmation(exchange, state, header, datagram)
    case .confirmed: throw Rejection(.unexpected, "the quick mode is over")
    }
  }

  /// Message 2.
  private mutating func receiveAnswer(
    _ exchange: QuickModeExchange, _ state: SentProposal, _ header: ISAKMPHeader, _ datagram: Datagram
  ) throws(Rejection) {
    let rule = MessageRule.of(.quickMode, 2)
    let (message, lastBlock) = try open(
      header, datagram, rule, state.setting.keys, vector: state.initializationVector)
    let mark = desk.actions.count
    do { try state.verify(message, desk: &desk) } catch { throw undoing(mark, error) }
    noteReceived(rule, message, exchange.id, before: mark)
    account(datagram.bytes.count, exchange.association, at: datagram.arrival)
    do {
      let (install, answer) = try state.receive(message, lastBlock: lastBlock, desk: &desk)
      confirm(exchange, install, answer, datagram)
    } catch {
      // The peer itself says what can't be accepted: there is nothing left to wait for.
      desk.note(.refused(error), exchange.id)
      sendNotification(error, about: exchange.spi, under: exchange.association, at: datagram.arrival)
      giveUp(exchange, why: error.description, at: datagram.arrival)
    }
  }

  private mutating func confirm(
    _ exchange: QuickModeExchange, _ install: IKEInstall, _ answer: OutgoingMessage, _ datagram: Datagram
  ) {
    var exchange = exchange
    desk.actions.append(.install(enter(install, exchange, at: datagram.arrival)))
    wanted.remove(Wanted(peerIndex: exchange.peerIndex, acquire: exchange.acquire))
    exchange.state = .confirmed
    exchange.received = datagram.bytes
    exchange.sent = answer
    exchange.generation += 1
    quickModes[exchange.id] = exchange
    finished.append(
      exchange.id, until: datagram.arrival + configuration.peers[exchange.peerIndex].retransmission.total)
    send(answer, exchange, retransmission: nil, at: datagram.arrival)
    desk.note(.advanced(state: "Confirmed", story: "sent message 3: both associations are installed"), exchange.id)
    desk.note(.completed, exchange.id)
  }

  /// Message 3.
  private mutating func receiveConfirmation(
    _ exchange: QuickModeExchange, _ state: AnsweredProposal, _ header: ISAKMPHeader, _ datagram: Datagram
  ) throws(Rejection) {
    let rule = MessageRule.of(.quickMode, 3)
    let (message, _) = try open(header, datagram, rule, state.setting.keys, vector: state.initializationVector)
    let mark = desk.actions.count
    let install: IKEInstall
    do { install = try state.receive(message, desk: &desk) } catch { throw undoing(mark, error) }
    noteReceived(rule, message, exchange.id, before: mark)
    forget(exchange)
    desk.actions.append(.installOutbound(enter(install, exchange, at: datagram.arrival)))
    desk.note(
      .advanced(state: "Installed", story: "message 3 has arrived: both associations are installed"), exchange.id)
    desk.note(.completed, exchange.id)
    account(datagram.bytes.count, exchange.association, at: datagram.arrival)
  }

  /// Takes back what was noted on the way to a refusal.
  mutating func undoing(_ mark: Int, _ refusal: IKERefusal) -> Rejection {
    desk.actions.removeSubrange(mark...)
    return Rejection(refusal)
  }

  // MARK: Responder

  /// Message 1.
  private mutating func answerProposal(
    _ association: Phase1Association, _ header: ISAKMPHeader, _ datagram: Datagram
  ) throws(Rejection) {
    guard !association.isExhausted else { throw Rejection(.limit, "the phase 1 association is used up") }
    let rule = MessageRule.of(.quickMode, 1)
    let id = desk.nextExchange()
    let mark = desk.actions.count
    let keys = association.keys
    let vector = keys.initializationVector(
      lastPhase1Block: association.lastBlock, messageID: header.messageID, desk: &desk, id)
    let opened: (message: ReceivedMessage, lastBlock: [UInt8])
    do {
      opened = try open(header, datagram, rule, keys, vector: vector)
      try verifyFirst(opened.message, header, keys, Phase1Keys.quickFormula, id)
    } catch {
      desk.actions.removeSubrange(mark...)
      throw error
    }
    // From here on the message is the peer's own.
    associations[association.id]?.peerMessageIDs.insert(header.messageID)
    desk.actions.insert(
      .note(
        .began(
          kind: .quickMode, role: .responder, peer: datagram.remote.address, cookies: keys.cookies,
          messageID: header.messageID, parent: association.id), exchange: id), at: mark)
    noteReceived(rule, opened.message, id, before: mark + 1)
    account(datagram.bytes.count, association.id, at: datagram.arrival)
    do {
      try answer(opened.message, lastBlock: opened.lastBlock, association, id, datagram)
    } catch {
      refuse(error, opened.message, association, id, datagram)
    }
  }

  /// HASH(1) of quick mode and of informational exchanges.
  mutating func verifyFirst(
    _ message: ReceivedMessage, _ header: ISAKMPHeader, _ keys: Phase1Keys, _ formula: String, _ exchange: IKEExchangeID
  ) throws(Rejection) {
    let hash = keys.firstHash(
      messageID: header.messageID, rest: message.behindFirst, formula: formula, desk: &desk, exchange)
    do {
      try checkHash("HASH(1)", message.body(.hash), hash, side: .responder)
    } catch { throw Rejection(error) }
  }

  private mutating func answer(
    _ message: ReceivedMessage, lastBlock: [UInt8], _ association: Phase1Association, _ id: IKEExchangeID,
    _ datagram: Datagram
  ) throws(IKERefusal) {
    let acquire = try acquire(for: message, association)
    guard let protection = directory.protection(of: acquire.policy) else { return }
    let setting = quickModeSetting(
      association, messageID: message.header.messageID, acquire, protection, exchange: id)
    let spi = makeSPI()
    let began: (state: AnsweredProposal, answer: OutgoingMessage)
    do {
      began = try AnsweredProposal.begin(setting, message, lastBlock: lastBlock, spi: spi, desk: &desk)
    } catch {
      takenSPIs.remove(spi)
      throw error
    }
    var exchange = QuickModeExchange(
      id: id, association: association.id, messageID: setting.messageID, role: .responder,
      peerIndex: association.peerIndex, acquire: acquire, policy: setting.policy, spi: spi,
      state: .answeredProposal(began.state), received: datagram.bytes, sent: began.answer)
    desk.actions.append(.installInbound(began.state.install))
    send(began.answer, exchange, retransmission: nil, at: datagram.arrival)
    desk.note(.advanced(state: "AnsweredProposal", story: AnsweredProposal.story), id)
    arm(&exchange, at: datagram.arrival)
    keep(exchange)
  }

  /// The policy that an offer falls under, and its traffic seen from this side.
  private func acquire(
    for message: ReceivedMessage, _ association: Phase1Association
  ) throws(IKERefusal) -> Acquire {
    let selector = AnsweredProposal.selector(of: message, peer: association.setting.peer)?.reversed
    guard let selector, let policy = directory.policy(for: selector, peer: association.peerIndex) else {
      throw IKERefusal(
        side: .responder, rule: "no policy is for this traffic", attribute: "Identification",
        offered: message.identifications.map(Identities.words).joined(separator: " and "),
        wanted: directory.wanted(peer: association.peerIndex), citation: "RFC 2409 §5.5",
        notification: .invalidIDInformation)
    }
    return Acquire(policy: policy, selector: selector)
  }

  /// Says no to an offer that the peer really made.
  private mutating func refuse(
    _ refusal: IKERefusal, _ message: ReceivedMessage, _ association: Phase1Association, _ id: IKEExchangeID,
    _ datagram: Datagram
  ) {
    desk.note(.refused(refusal), id)
    let spi = message.securityAssociation?.proposals.first.flatMap { Phase2Negotiation.number($0.spi) }
    sendNotification(refusal, about: spi, under: association.id, at: datagram.arrival)
    desk.note(.abandoned(why: refusal.description), id)
  }
}

extension QuickModeExchange {
  var key: IKEEngine.QuickModeKey {
    IKEEngine.QuickModeKey(association: association, messageID: messageID, role: role)
  }
}
