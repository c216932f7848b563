import IPsec
import Units
import Wire

/// What comes in for transaction exchanges: draft-ietf-ipsec-isakmp-mode-cfg-05, draft-beaulieu-ike-xauth-02.
extension IKEEngine {
  mutating func receiveTransaction(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) {
    let association = try protecting(header, datagram)
    let known = transactions.values.first {
      $0.association == association.id && $0.messageID == header.messageID
    }
    guard let known else { return try answerTransaction(association, header, datagram) }
    if known.received == datagram.bytes { return try repeatAnswer(known) }
    guard !known.isOver else { throw Rejection(.unexpected, "the transaction is over") }
    try finish(known, association, header, datagram)
  }

  private mutating func repeatAnswer(_ exchange: TransactionExchange) throws(Rejection) {
    guard exchange.asked == nil, exchange.repeats < Phase1Exchange.maximumRepeats else {
      throw Rejection(.duplicate, "a message of a transaction once more")
    }
    transactions[exchange.id]?.repeats += 1
    send(exchange, retransmission: exchange.repeats + 1)
  }

  private mutating func read(
    _ header: ISAKMPHeader, _ datagram: Datagram, _ rule: MessageRule, _ association: Phase1Association,
    _ vector: [UInt8], _ id: IKEExchangeID
  ) throws(Rejection) -> (payload: ConfigurationPayload, lastBlock: [UInt8], types: [PayloadType]) {
    let (message, lastBlock) = try open(header, datagram, rule, association.keys, vector: vector)
    try verifyFirst(message, header, association.keys, Self.transactionFormula, id)
    for case .configuration(let payload) in message.chain.payloads { return (payload, lastBlock, message.types) }
    throw Rejection(.malformed, "the table lets no message without attributes pass")
  }

  /// Message 1: the peer asks or sets.
  private mutating func answerTransaction(
    _ association: Phase1Association, _ header: ISAKMPHeader, _ datagram: Datagram
  ) throws(Rejection) {
    try checkIsNew(header, association)
    guard transactions.values.count(where: { $0.association == association.id }) < TransactionExchange.maximum else {
      throw Rejection(.limit, "\(TransactionExchange.maximum) transactions ran under the association already")
    }
    let rule = MessageRule.of(.transaction, 1)
    let id = desk.nextExchange()
    let mark = desk.actions.count
    let vector = association.keys.initializationVector(
      lastPhase1Block: association.lastBlock, messageID: header.messageID, desk: &desk, id)
    let (payload, lastBlock, types): (ConfigurationPayload, [UInt8], [PayloadType])
    do throws(Rejection) {
      (payload, lastBlock, types) = try read(header, datagram, rule, association, vector, id)
    } catch {
      desk.actions.removeSubrange(mark...)
      throw error
    }
    associations[association.id]?.peerMessageIDs.insert(header.messageID)
    let derived = Array(desk.actions[mark...])
    desk.actions.removeSubrange(mark...)
    noteBegan(id, .responder, association, header.messageID)
    desk.note(.received(message: 1, summary: rule.summary(of: types)), id)
    desk.actions += derived
    received(datagram.bytes.count, under: association.id, at: datagram.arrival)
    desk.note(.noted("the peer sends \(Self.words(payload))"), id)
    let (answer, next) = answer(payload, association)
    let reply = ConfigurationPayload(
      type: payload.type == .set ? .acknowledge : .reply, identifier: payload.identifier, attributes: answer)
    guard let (message, last) = seal(reply, 2, association, id, header.messageID, lastBlock) else { return }
    let exchange = TransactionExchange(
      id: id, association: association.id, messageID: header.messageID, identifier: payload.identifier, asked: nil,
      vector: last, received: datagram.bytes, sent: message, isOver: true)
    transactions[id] = exchange
    send(exchange, retransmission: nil)
    desk.note(.advanced(state: "Answered", story: "sent \(Self.words(reply))"), id)
    desk.note(.completed, id)
    go(next, association, at: datagram.arrival)
  }

  /// What a transaction leads to.
  private enum Outcome {
    case stay
    case stage(AccessStage)
    case configured(ModeConfiguration)
    case refused(String)
  }

  private mutating func go(_ outcome: Outcome, _ association: Phase1Association, at instant: Instant) {
    switch outcome {
    case .stay: break
    case .stage(let stage): enter(stage, association.id, at: instant)
    case .configured(let configuration):
      desk.note(.noted("the gateway gives \(configuration.words)"), association.id)
      desk.actions.append(.configured(configuration, peer: association.setting.peer.name))
      enter(.open, association.id, at: instant)
    case .refused(let why): refuseAccess(association, why: why, at: instant)
    }
  }

  /// What the peer is answered, and what that leads to. What comes at the wrong time is answered with nothing.
  private func answer(
    _ payload: ConfigurationPayload, _ association: Phase1Association
  ) -> (attributes: [DataAttribute], outcome: Outcome) {
    let peer = association.setting.peer
    let status = payload.attributes.first { $0.type == ConfigurationAttributeType.xauthStatus.rawValue }?.unsigned
    switch (payload.type, association.stage, peer.remoteAccess) {
    case (.request, .user, .caller(let user?, _)?) where payload.asksForUser: return (user.attributes, .stay)
    case (.set, .user, .caller?) where status == 1: return ([], .stage(peer.configurationStage))
    case (.set, .user, .caller?) where status != nil: return ([], .refused("the gateway does not believe the user"))
    case (.set, .configuration, .caller?):
      // What was acknowledged is returned without its values.
      let types = payload.attributes.map { DataAttribute(type: $0.type, value: .variable([])) }
      return (types, ModeConfiguration(payload.attributes).map(Outcome.configured) ?? .stay)
    case (.request, .configuration, .gateway(_, let configuration?, .pull)?):
      return (configuration.attributes, .stage(.open))
    case (.request, .verdict(true), .gateway(_, let configuration?, .pull)?):
      // Whoever goes on has heard that he is believed, though his acknowledgement was lost or is late.
      return (configuration.attributes, .stage(.open))
    case (.request, .open, .gateway(_, let configuration?, _)?): return (configuration.attributes, .stay)
    default: return ([], .stay)
    }
  }

  /// Message 2: the answer to what this side asked or set.
  private mutating func finish(
    _ exchange: TransactionExchange, _ association: Phase1Association, _ header: ISAKMPHeader, _ datagram: Datagram
  ) throws(Rejection) {
    let rule = MessageRule.of(.transaction, 2)
    let mark = desk.actions.count
    let (payload, _, types): (ConfigurationPayload, [UInt8], [PayloadType])
    do throws(Rejection) {
      (payload, _, types) = try read(header, datagram, rule, association, exchange.vector, exchange.id)
      guard payload.identifier == exchange.identifier,
        payload.type == (exchange.asked == .set ? .acknowledge : .reply)
      else { throw Rejection(.unexpected, "\(Self.words(payload)) is no answer to what was asked") }
    } catch {
      desk.actions.removeSubrange(mark...)
      var error = error
      error.exchange = exchange.id
      throw error
    }
    desk.actions.insert(
      .note(.received(message: 2, summary: rule.summary(of: types)), exchange: exchange.id), at: mark)
    received(datagram.bytes.count, under: association.id, at: datagram.arrival)
    transactions[exchange.id]?.isOver = true
    transactions[exchange.id]?.received = datagram.bytes
    desk.note(.advanced(state: "Done", story: "the peer answers with \(Self.words(payload))"), exchange.id)
    desk.note(.completed, exchange.id)
    go(outcome(of: payload, association), association, at: datagram.arrival)
  }

  private func outcome(of payload: ConfigurationPayload, _ association: Phase1Association) -> Outcome {
    switch (association.stage, association.setting.peer.remoteAccess) {
    case (.user, .gateway(let users?, _, _)?):
      return .stage(.verdict(isAccepted: users.contains { $0.isGiven(in: payload.attributes) }))
    case (.verdict(true), _): return .stage(association.setting.peer.configurationStage)
    case (.verdict(false), _): return .refused("the user is not believed")
    case (.configuration, .caller?):
      return ModeConfiguration(payload.attributes).map(Outcome.configured)
        ?? .refused("the gateway gives no address")
    case (.configuration, .gateway?): return .stage(.open)
    default: return .stay
    }
  }
}

extension ConfigurationPayload {
  /// Whether it asks for a name or a password.
  fileprivate var asksForUser: Bool {
    attributes.contains { attribute in IKEUser.request.contains { $0.type == attribute.type } }
  }
}
