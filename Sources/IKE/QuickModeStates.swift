import Cryptography
import IPsec
import Units
import Wire

/// The initiator has offered transforms for each layer: RFC 2409 §5.5, message 1.
struct SentProposal: Sendable {
  static let story = "sent message 1 with the offer, waiting for the responder's choice"

  let setting: QuickModeSetting
  /// What this side offers to receive by, the innermost layer's first.
  let inbound: [AssociationIdentity]
  let offer: SecurityAssociationPayload
  let nonce: [UInt8]
  let forwardSecrecy: ForwardSecrecy?
  let initializationVector: [UInt8]

  /// Begins quick mode. `vector` is the exchange's first.
  static func begin(
    _ setting: QuickModeSetting, inbound: [AssociationIdentity], vector: [UInt8], desk: inout Desk
  ) throws(IKERefusal) -> (state: SentProposal, answer: OutgoingMessage) {
    let offer = Phase2Negotiation.offer(setting.group, spis: inbound.map(\.spi))
    let nonce = desk.nonce()
    let secrecy = try ForwardSecrecy.make(setting, side: .initiator, desk: &desk)
    var rest: [ISAKMPPayload] = [.securityAssociation(offer), .nonce(nonce)]
    if let secrecy { rest.append(.keyExchange(secrecy.publicValue)) }
    rest += QuickModeSetting.identities(setting.acquire.selector)
    let hash = setting.keys.firstHash(
      messageID: setting.messageID, rest: ISAKMPMessage.encoded(rest), formula: Phase1Keys.quickFormula, desk: &desk,
      setting.exchange)
    let (message, next) = try setting.seal(.of(.quickMode, 1), hash: hash, rest, initializationVector: vector)
    let state = SentProposal(
      setting: setting, inbound: inbound, offer: offer, nonce: nonce, forwardSecrecy: secrecy,
      initializationVector: next)
    return (state, message)
  }

  /// Whether a message comes from the peer: HASH(2).
  func verify(_ message: ReceivedMessage, desk: inout Desk) throws(IKERefusal) {
    let hash = setting.answerHash(initiatorNonce: nonce, rest: message.behindFirst, desk: &desk)
    try checkHash("HASH(2)", message.body(.hash), hash, side: .initiator)
  }

  /// Takes the responder's choice, which was verified, and confirms.
  func receive(
    _ message: ReceivedMessage, lastBlock: [UInt8], desk: inout Desk
  ) throws(IKERefusal) -> (installs: [IKEInstall], answer: OutgoingMessage) {
    guard let answer = message.securityAssociation else {
      throw .impossible("the table lets no message without an SA pass", side: .initiator)
    }
    let responderNonce = message.body(.nonce)
    try checkNonce(responderNonce, side: .initiator)
    let agreement = try Phase2Negotiation.accept(
      answer: answer, to: offer, for: setting.group, notifications: message.notifications)
    try checkIdentities(message)
    desk.note(.chosen(suite: agreement.words), setting.exchange)
    let secret = try setting.sharedSecret(forwardSecrecy, message, side: .initiator, desk: &desk)
    let keys = BundleKeys(
      setting: setting, agreement: agreement, inbound: inbound, sharedSecret: secret, initiatorNonce: nonce,
      responderNonce: responderNonce)
    let installs = try keys.installs(side: .initiator, desk: &desk)
    let hash = setting.confirmation(initiatorNonce: nonce, responderNonce: responderNonce, desk: &desk)
    let (outgoing, _) = try setting.seal(.of(.quickMode, 3), hash: hash, [], initializationVector: lastBlock)
    return (installs, outgoing)
  }

  /// The responder returns the identities as they were sent; leaving them out says the same where they are the peers'
  /// own.
  private func checkIdentities(_ message: ReceivedMessage) throws(IKERefusal) {
    let received = message.identifications
    guard !received.isEmpty else { return }
    let selector = received.count == 2 ? Identities.selector(received[0], received[1]) : nil
    var sent = setting.acquire.selector
    // Whose the packets are is no part of what identities say.
    sent.names = nil
    guard selector == sent else {
      throw IKERefusal(
        side: .initiator, rule: "the identities are not those that were sent", attribute: "Identification",
        offered: received.map(Identities.words).joined(separator: " and "),
        wanted: QuickModeSetting.words(sent), citation: "RFC 2409 §5.5",
        notification: .invalidIDInformation)
    }
  }
}

extension QuickModeSetting {
  /// A selector as its two identities.
  static func words(_ selector: Selector) -> String {
    [
      Identities.payload(selector.source, selector.transport, selector.sourcePorts),
      Identities.payload(selector.destination, selector.transport, selector.destinationPorts),
    ].map(Identities.words).joined(separator: " and ")
  }
}

/// The responder has chosen a transform for each layer, and receives by the new associations already: message 2.
struct AnsweredProposal: Sendable {
  static let story = "sent message 2 with the choice, receiving by the new association, waiting for the confirmation"

  let setting: QuickModeSetting
  /// A pair for each layer, the innermost first.
  let installs: [IKEInstall]
  let initiatorNonce: [UInt8]
  let responderNonce: [UInt8]
  let initializationVector: [UInt8]

  /// The traffic that an offer is for, seen from the initiator; without identities it is that between the two peers
  /// (RFC 2409 §5.5).
  static func selector(of message: ReceivedMessage, from source: IPAddress, to destination: IPAddress) -> Selector? {
    let identities = message.identifications
    if identities.isEmpty {
      return Selector(source: AddressRange(source), destination: AddressRange(destination))
    }
    return identities.count == 2 ? Identities.selector(identities[0], identities[1]) : nil
  }

  /// Answers message 1, whose HASH(1) was verified.
  static func begin(
    _ setting: QuickModeSetting, _ message: ReceivedMessage, lastBlock: [UInt8], inbound: [AssociationIdentity],
    desk: inout Desk
  ) throws(IKERefusal) -> (state: AnsweredProposal, answer: OutgoingMessage) {
    guard let offer = message.securityAssociation else {
      throw .impossible("the table lets no message without an SA pass", side: .responder)
    }
    let initiatorNonce = message.body(.nonce)
    try checkNonce(initiatorNonce, side: .responder)
    let (agreement, answer) = try Phase2Negotiation.choose(
      from: offer, for: setting.group, spis: inbound.map(\.spi))
    desk.note(.chosen(suite: agreement.words), setting.exchange)
    if let number = setting.group.perfectForwardSecrecyGroup, let group = DiffieHellmanGroup(number: number),
      message.types.contains(.keyExchange)
    {
      try checkPublicValue(message.body(.keyExchange), group, side: .responder)
    }
    let secrecy = try ForwardSecrecy.make(setting, side: .responder, desk: &desk)
    let secret = try setting.sharedSecret(secrecy, message, side: .responder, desk: &desk)
    let nonce = desk.nonce()
    let keys = BundleKeys(
      setting: setting, agreement: agreement, inbound: inbound, sharedSecret: secret, initiatorNonce: initiatorNonce,
      responderNonce: nonce)
    let installs = try keys.installs(side: .responder, desk: &desk)
    var rest: [ISAKMPPayload] = [.securityAssociation(answer), .nonce(nonce)]
    if let secrecy { rest.append(.keyExchange(secrecy.publicValue)) }
    rest += message.identifications.map(ISAKMPPayload.identification)
    rest += lifetimes(agreement, setting.group, inbound).map(ISAKMPPayload.notification)
    let hash = setting.answerHash(
      initiatorNonce: initiatorNonce, rest: ISAKMPMessage.encoded(rest), desk: &desk)
    let (outgoing, next) = try setting.seal(.of(.quickMode, 2), hash: hash, rest, initializationVector: lastBlock)
    let state = AnsweredProposal(
      setting: setting, installs: installs, initiatorNonce: initiatorNonce, responderNonce: nonce,
      initializationVector: next)
    return (state, outgoing)
  }

  /// RESPONDER-LIFETIME for each layer whose life is to be shorter than what was offered, the outermost first.
  private static func lifetimes(
    _ agreement: Phase2Agreement, _ group: LayerGroup, _ inbound: [AssociationIdentity]
  ) -> [NotificationPayload] {
    group.outermostFirst.compactMap { place in
      agreement.layers[place].responderLifetime.map {
        .responderLifetime($0, group.securityProtocol(place), spi: inbound[place].spi)
      }
    }
  }

  /// Takes the confirmation: HASH(3).
  func receive(_ message: ReceivedMessage, desk: inout Desk) throws(IKERefusal) -> [IKEInstall] {
    let hash = setting.confirmation(initiatorNonce: initiatorNonce, responderNonce: responderNonce, desk: &desk)
    try checkHash("HASH(3)", message.body(.hash), hash, side: .responder)
    return installs
  }
}

/// The states of quick mode, both sides.
enum QuickModeState: Sendable {
  case sentProposal(SentProposal)
  case answeredProposal(AnsweredProposal)
  /// The initiator has sent message 3. Nothing is expected but message 2 once more, should message 3 have been lost.
  case confirmed

  /// The message that the state waits for.
  var awaited: Int? {
    switch self {
    case .sentProposal: 2
    case .answeredProposal: 3
    case .confirmed: nil
    }
  }
}

/// A quick mode under way, or over and remembered in case its last message was lost.
struct QuickModeExchange: Sendable {
  let id: IKEExchangeID
  let association: IKEExchangeID
  let messageID: UInt32
  let role: IKERole
  let peerIndex: Int
  let acquire: Acquire
  let policy: String
  /// What this side is to receive by, the innermost layer's first.
  let inbound: [AssociationIdentity]
  var state: QuickModeState
  /// The last message that came in.
  var received: [UInt8]
  /// Our last message.
  var sent: OutgoingMessage
  var attempts = 0
  var repeats = 0
  var generation: UInt32 = 0
  var hint: String?
}
