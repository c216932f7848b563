import IPsec
import Units
import Wire

/// A transaction under way, or over and remembered in case its last message was lost.
struct TransactionExchange: Sendable {
  let id: IKEExchangeID
  let association: IKEExchangeID
  let messageID: UInt32
  let identifier: UInt16
  /// What was asked with or set; `nil` for one that this side only answered.
  let asked: ConfigurationType?
  /// Where the next message's vector comes from.
  let vector: [UInt8]
  /// The last message that came in.
  var received: [UInt8]
  /// Our last message.
  var sent: OutgoingMessage
  var isOver: Bool
  var attempts = 0
  var repeats = 0
  var generation: UInt32 = 0

  /// More than this under one association nobody needs.
  static let maximum = 16
}

/// Transaction exchanges in the engine, and what they are for between phase 1 and phase 2:
/// draft-ietf-ipsec-isakmp-mode-cfg-05, draft-beaulieu-ike-xauth-02.
extension IKEEngine {
  static let transactionFormula = "prf(SKEYID_a, M-ID | ATTR)"

  // MARK: Stages

  /// Goes on with what lies between phase 1 and phase 2: this side asks where it is its turn, else waits.
  mutating func advanceAccess(_ id: IKEExchangeID, at instant: Instant) {
    guard let association = associations[id] else { return }
    switch (association.stage, association.setting.peer.remoteAccess) {
    case (.user, .gateway?): begin(.request, IKEUser.request, association, at: instant)
    case (.verdict(let isAccepted), .gateway?): begin(.set, [.status(isAccepted)], association, at: instant)
    case (.configuration, .caller(_, .pull?)?): begin(.request, ModeConfiguration.request, association, at: instant)
    case (.configuration, .gateway(_, let configuration?, .push)?):
      begin(.set, configuration.attributes, association, at: instant)
    case (.open, _): pump(association.peerIndex, at: instant)
    default: break
    }
  }

  /// Sets the time by which phase 2 has to be open: the other side may have given up without a word.
  mutating func watchAccess(_ association: Phase1Association, at instant: Instant) {
    guard association.stage != .open else { return }
    let timer = IKETimer(exchange: association.id, purpose: .expire, generation: association.generation)
    let patience = association.setting.peer.retransmission.total * 3
    desk.actions.append(.setTimer(timer, at: instant + patience))
  }

  /// That time has come.
  mutating func expireAccess(_ association: Phase1Association, at instant: Instant) {
    guard association.stage != .open else { return }
    refuseAccess(association, why: "the peer did not go on with XAUTH or mode configuration", at: instant)
  }

  mutating func enter(_ stage: AccessStage, _ id: IKEExchangeID, at instant: Instant) {
    associations[id]?.stage = stage
    advanceAccess(id, at: instant)
  }

  // MARK: Asking

  private mutating func begin(
    _ type: ConfigurationType, _ attributes: [DataAttribute], _ association: Phase1Association, at instant: Instant
  ) {
    let messageID = makeMessageID(association.id)
    let id = desk.nextExchange()
    noteBegan(id, .initiator, association, messageID)
    let vector = association.keys.initializationVector(
      lastPhase1Block: association.lastBlock, messageID: messageID, desk: &desk, id)
    let identifier = UInt16(truncatingIfNeeded: messageID)
    let payload = ConfigurationPayload(type: type, identifier: identifier, attributes: attributes)
    guard let (message, next) = seal(payload, 1, association, id, messageID, vector) else { return }
    var exchange = TransactionExchange(
      id: id, association: association.id, messageID: messageID, identifier: identifier, asked: type, vector: next,
      received: [], sent: message, isOver: false)
    send(exchange, retransmission: nil)
    desk.note(.advanced(state: "SentAttributes", story: "sent \(Self.words(payload)), waiting for the answer"), id)
    arm(&exchange, at: instant)
    transactions[id] = exchange
  }

  mutating func seal(
    _ payload: ConfigurationPayload, _ number: Int, _ association: Phase1Association, _ id: IKEExchangeID,
    _ messageID: UInt32, _ vector: [UInt8]
  ) -> (message: OutgoingMessage, next: [UInt8])? {
    let keys = association.keys
    let payloads: [ISAKMPPayload] = [.configuration(payload)]
    // HASH = prf(SKEYID_a, M-ID | ATTR)   draft-ietf-ipsec-isakmp-mode-cfg-05 §3.1
    let hash = keys.firstHash(
      messageID: messageID, rest: ISAKMPMessage.encoded(payloads), formula: Self.transactionFormula, desk: &desk, id)
    do {
      return try OutgoingMessage.encrypted(
        .of(.transaction, number), keys.header(.transaction, messageID: messageID), [.hash(hash)] + payloads,
        keys.protection, initializationVector: vector)
    } catch {
      desk.note(.abandoned(why: error.description), id)
      return nil
    }
  }

  mutating func noteBegan(
    _ id: IKEExchangeID, _ role: IKERole, _ association: Phase1Association, _ messageID: UInt32
  ) {
    desk.note(
      .began(
        kind: .transaction, role: role, peer: association.setting.remote.address, cookies: association.keys.cookies,
        messageID: messageID, parent: association.id), id)
  }

  mutating func send(_ exchange: TransactionExchange, retransmission: Int?) {
    guard let setting = associations[exchange.association]?.setting else { return }
    desk.actions.append(
      .send(
        exchange.sent.bytes, from: setting.local, to: setting.remote, exchange: exchange.id,
        message: exchange.sent.message, summary: exchange.sent.summary, retransmission: retransmission))
  }

  private mutating func arm(_ exchange: inout TransactionExchange, at instant: Instant) {
    guard let schedule = associations[exchange.association]?.setting.peer.retransmission else { return }
    exchange.generation += 1
    desk.actions.append(
      .setTimer(
        IKETimer(exchange: exchange.id, purpose: .retransmit, generation: exchange.generation),
        at: instant + schedule.wait(attempt: exchange.attempts)))
  }

  /// No answer came.
  mutating func retransmit(_ exchange: TransactionExchange, at instant: Instant) {
    guard !exchange.isOver, let association = associations[exchange.association] else { return }
    var exchange = exchange
    guard exchange.attempts < association.setting.peer.retransmission.limit else {
      let why = "no answer to message 1 of a transaction after \(exchange.attempts) retransmissions"
      transactions[exchange.id] = nil
      desk.note(.abandoned(why: why), exchange.id)
      if association.stage != .open { refuseAccess(association, why: why, at: instant) }
      return
    }
    exchange.attempts += 1
    send(exchange, retransmission: exchange.attempts)
    arm(&exchange, at: instant)
    transactions[exchange.id] = exchange
  }

  /// There will be no phase 2: the association ends, and what waited for it has failed.
  mutating func refuseAccess(_ association: Phase1Association, why: String, at instant: Instant) {
    failQueue(association.peerIndex, why: why)
    end(association, why: why, isTold: true, at: instant)
  }

  /// `ISAKMP_CFG_REQUEST (XAUTH-USER-NAME, XAUTH-USER-PASSWORD)`: never the values, which may be passwords.
  static func words(_ payload: ConfigurationPayload) -> String {
    let names = payload.attributes.prefix(16).map { ConfigurationAttributeType(rawValue: $0.type).meaning }
    return "\(payload.type.meaning) (\(names.isEmpty ? "nothing" : names.joined(separator: ", ")))"
  }
}
