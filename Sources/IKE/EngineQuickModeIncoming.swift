import IPsec
import Units
import Wire

/// What comes in for quick mode.
extension IKEEngine {
  mutating func receiveQuickMode(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) {
    let association = try protecting(header, datagram)
    if let id = quickModeIDs[QuickModeKey(association: association.id, messageID: header.messageID)],
      let exchange = quickModes[id]
    {
      if exchange.received == datagram.bytes { return try repeatAnswer(exchange, at: datagram.arrival) }
      do {
        return try advance(exchange, header, datagram)
      } catch {
        var error = error
        error.exchange = id
        throw error
      }
    }
    try checkIsNew(header, association)
    try answerProposal(association, header, datagram)
  }

  /// A message ID begins one exchange only. One that this side has used itself means that its own message came back:
  /// the keys are the same in both directions, and so would HASH(1) be.
  func checkIsNew(_ header: ISAKMPHeader, _ association: Phase1Association) throws(Rejection) {
    guard header.messageID != 0 else {
      throw Rejection(.malformed, "the message ID is not 0 in phase 2 (RFC 2408 §3.1)", .invalidMessageID)
    }
    guard !association.peerMessageIDs.contains(header.messageID) else {
      throw Rejection(.duplicate, "an exchange with this message ID is over")
    }
    guard !association.ownMessageIDs.contains(header.messageID) else {
      throw Rejection(.unexpected, "the message ID is one of this node's own: a message of its own came back")
    }
  }

  /// The association that a message of phase 2 claims to be protected by.
  func protecting(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) -> Phase1Association {
    let id = cookies[header.responderCookie] ?? cookies[header.initiatorCookie]
    guard let id, let association = associations[id], association.keys.cookies == CookiePair(header),
      association.setting.remote == datagram.remote
    else {
      throw Rejection(
        .unknownCookie,
        "no phase 1 association has the cookies \(header.initiatorCookie), \(header.responderCookie)", .invalidCookie)
    }
    guard header.flags.contains(.encryption) else {
      throw Rejection(.unencrypted, "phase 2 is encrypted (RFC 2409 §5.5)")
    }
    return association
  }

  /// The last message of the peer once more: our answer to it was lost.
  private mutating func repeatAnswer(_ exchange: QuickModeExchange, at instant: Instant) throws(Rejection) {
    guard exchange.repeats < Phase1Exchange.maximumRepeats else {
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
    received(datagram.bytes.count, under: exchange.association, at: datagram.arrival)
    do {
      let (installs, answer) = try state.receive(message, lastBlock: lastBlock, desk: &desk)
      confirm(exchange, installs, answer, datagram)
    } catch {
      // The peer itself says what can't be accepted: there is nothing left to wait for.
      desk.note(.refused(error), exchange.id)
      sendNotification(error, about: message.offered, under: exchange.association, at: datagram.arrival)
      giveUp(exchange, why: error.description, at: datagram.arrival)
    }
  }

  private mutating func confirm(
    _ exchange: QuickModeExchange, _ installs: [IKEInstall], _ answer: OutgoingMessage, _ datagram: Datagram
  ) {
    var exchange = exchange
    let entered = enter(installs, exchange, at: datagram.arrival)
    desk.actions += entered.map(IKEAction.installInbound) + entered.map(IKEAction.installOutbound)
    wanted.remove(Wanted(peerIndex: exchange.peerIndex, acquire: exchange.acquire))
    exchange.state = .confirmed
    exchange.received = datagram.bytes
    exchange.sent = answer
    exchange.generation += 1
    quickModes[exchange.id] = exchange
    finished.append(
      exchange.id, until: datagram.arrival + configuration.peers[exchange.peerIndex].retransmission.total)
    send(answer, exchange, retransmission: nil, at: datagram.arrival)
    desk.note(.advanced(state: "Confirmed", story: "sent message 3: \(entered.words) are installed"), exchange.id)
    desk.note(.completed, exchange.id)
  }

  /// Message 3.
  private mutating func receiveConfirmation(
    _ exchange: QuickModeExchange, _ state: AnsweredProposal, _ header: ISAKMPHeader, _ datagram: Datagram
  ) throws(Rejection) {
    let rule = MessageRule.of(.quickMode, 3)
    let (message, _) = try open(header, datagram, rule, state.setting.keys, vector: state.initializationVector)
    let mark = desk.actions.count
    let installs: [IKEInstall]
    do { installs = try state.receive(message, desk: &desk) } catch { throw undoing(mark, error) }
    noteReceived(rule, message, exchange.id, before: mark)
    forget(exchange)
    desk.actions += enter(installs, exchange, at: datagram.arrival).map(IKEAction.installOutbound)
    desk.note(
      .advanced(state: "Installed", story: "message 3 has arrived: \(installs.words) are installed"), exchange.id)
    desk.note(.completed, exchange.id)
    received(datagram.bytes.count, under: exchange.association, at: datagram.arrival)
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
    guard association.stage == .open else {
      throw Rejection(.unexpected, "phase 2 has to wait for XAUTH and mode configuration")
    }
    guard !association.isUsedUp else { throw Rejection(.limit, "the phase 1 association is used up") }
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
    received(datagram.bytes.count, under: association.id, at: datagram.arrival)
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
    let (acquire, group) = try acquire(for: message, association)
    let setting = quickModeSetting(
      association, messageID: message.header.messageID, acquire, group, exchange: id)
    let inbound = try makeInbound(group, at: setting.local, side: .responder)
    let began: (state: AnsweredProposal, answer: OutgoingMessage)
    do {
      began = try AnsweredProposal.begin(setting, message, lastBlock: lastBlock, inbound: inbound, desk: &desk)
    } catch {
      release(inbound)
      throw error
    }
    var exchange = QuickModeExchange(
      id: id, association: association.id, messageID: setting.messageID, role: .responder,
      peerIndex: association.peerIndex, acquire: acquire, policy: setting.policy, inbound: inbound,
      state: .answeredProposal(began.state), received: datagram.bytes, sent: began.answer)
    desk.actions += began.state.installs.map(IKEAction.installInbound)
    send(began.answer, exchange, retransmission: nil, at: datagram.arrival)
    desk.note(.advanced(state: "AnsweredProposal", story: AnsweredProposal.story), id)
    arm(&exchange, at: datagram.arrival)
    keep(exchange)
  }

  /// The policy and the layers of it that an offer falls under, and its traffic seen from this side: of those whose
  /// selectors fit, the first that can take a proposal, else the first of the same protocols.
  private func acquire(
    for message: ReceivedMessage, _ association: Phase1Association
  ) throws(IKERefusal) -> (acquire: Acquire, group: LayerGroup) {
    let ends = (local: association.setting.local.address, remote: association.setting.remote.address)
    let identities = [association.setting.peerIdentity, association.setting.ownIdentity]
    let selector = AnsweredProposal.selector(of: message, from: ends.remote, to: ends.local)?.reversed
    let candidates = selector.map { directory.candidates(for: $0, peer: association.peerIndex, ends, identities) } ?? []
    let groups = candidates.compactMap { item in directory.group(of: item).map { (item: item, group: $0) } }
    let chosen =
      groups.count < 2
      ? groups.first
      : groups.first { message.offers($0.group) } ?? groups.first { message.namesProtocols(of: $0.group) } ?? groups[0]
    guard let selector, let chosen else {
      throw IKERefusal(
        side: .responder, rule: "no policy is for this traffic", attribute: "Identification",
        offered: message.identifications.map(Identities.words).joined(separator: " and "),
        wanted: directory.wanted(peer: association.peerIndex, ends), citation: "RFC 2409 §5.5",
        notification: .invalidIDInformation)
    }
    return (Acquire(item: chosen.item, selector: directory.selector(selector, for: chosen.item)), chosen.group)
  }

  /// Says no to an offer that the peer really made.
  private mutating func refuse(
    _ refusal: IKERefusal, _ message: ReceivedMessage, _ association: Phase1Association, _ id: IKEExchangeID,
    _ datagram: Datagram
  ) {
    desk.note(.refused(refusal), id)
    sendNotification(refusal, about: message.offered, under: association.id, at: datagram.arrival)
    desk.note(.abandoned(why: refusal.description), id)
  }
}

extension ReceivedMessage {
  /// The first protocol of a message's proposals that IPsec has, with the SPI that the sender receives under, if that
  /// is one.
  fileprivate var offered: (protocolID: SecurityProtocol, spi: UInt32?) {
    let proposal = securityAssociation?.proposals.first { $0.protocolID.ipProtocol != nil }
    guard let proposal else { return (.esp, nil) }
    return (proposal.protocolID, proposal.protocolID.number(proposal.spi))
  }

  /// Whether one of the alternatives is what a group wants. The SPIs of the answer do not matter for that.
  fileprivate func offers(_ group: LayerGroup) -> Bool {
    guard let offer = securityAssociation else { return false }
    let spis = [UInt32](repeating: 0, count: group.layers.count)
    return (try? Phase2Negotiation.choose(from: offer, for: group, spis: spis)) != nil
  }

  /// Whether one of the alternatives is of the protocols that a group wants.
  fileprivate func namesProtocols(of group: LayerGroup) -> Bool {
    guard let offer = securityAssociation else { return false }
    return Phase2Negotiation.alternatives(offer).contains { Phase2Negotiation.assignment($0, group) != nil }
  }
}

extension [IKEInstall] {
  /// `both associations`, or `all 4 associations`.
  fileprivate var words: String { count == 1 ? "both associations" : "all \(2 * count) associations" }
}
