import Cryptography
import Units
import Wire

/// The responder has chosen a suite: RFC 2409 §5.4, message 2. It has done no exponentiation yet, and keeps no more
/// than what the hashes will need.
struct AnsweredSA: Sendable {
  static let story = "sent message 2 with the chosen suite, waiting for g^xi and Ni"

  let setting: Phase1Setting
  let cookies: CookiePair
  let agreement: Phase1Agreement
  /// SAi_b, as it came.
  let initiatorSABody: [UInt8]

  /// Answers message 1.
  static func begin(
    _ setting: Phase1Setting, _ message: ReceivedMessage, cookie: Cookie, desk: inout Desk
  ) throws(IKERefusal) -> (state: AnsweredSA, answer: OutgoingMessage) {
    guard let offer = message.securityAssociation, message.header.initiatorCookie != .zero else {
      throw .noInitiatorCookie
    }
    let (agreement, answer) = try Phase1Negotiation.choose(from: offer, for: setting.peer)
    desk.note(.chosen(suite: agreement.words), setting.exchange)
    let cookies = CookiePair(initiator: message.header.initiatorCookie, responder: cookie)
    let header = ISAKMPHeader(
      initiatorCookie: cookies.initiator, responderCookie: cookies.responder, exchangeType: .identityProtection)
    let outgoing = OutgoingMessage.clear(
      .of(.identityProtection, 2), header, [.securityAssociation(answer)] + setting.vendorIDs)
    let state = AnsweredSA(
      setting: setting, cookies: cookies, agreement: agreement, initiatorSABody: message.body(.securityAssociation))
    return (state, outgoing)
  }

  /// Takes the initiator's public value and nonce, and sends its own.
  func receive(
    _ message: ReceivedMessage, desk: inout Desk
  ) throws(IKERefusal) -> (state: AnsweredKeyExchange, answer: OutgoingMessage) {
    let initiatorNonce = message.body(.nonce)
    let initiatorValue = message.body(.keyExchange)
    try checkNonce(initiatorNonce, side: .responder)
    let (pair, secret) = try desk.answerKeyExchange(initiatorValue, group: agreement.suite.group, setting.exchange)
    let nonce = desk.nonce()
    let inputs = Phase1Keys.Inputs(
      agreement: agreement, cookies: cookies, preSharedKey: setting.preSharedKey, initiatorNonce: initiatorNonce,
      responderNonce: nonce, initiatorPublicValue: initiatorValue, responderPublicValue: pair.publicValue,
      sharedSecret: secret, initiatorSABody: initiatorSABody)
    let (keys, vector) = Phase1Keys.derive(inputs, desk: &desk, setting.exchange)
    let header = ISAKMPHeader(
      initiatorCookie: cookies.initiator, responderCookie: cookies.responder, exchangeType: .identityProtection)
    let outgoing = OutgoingMessage.clear(
      .of(.identityProtection, 4), header,
      [.keyExchange(pair.publicValue), .nonce(nonce)] + setting.certificateRequests)
    let state = AnsweredKeyExchange(
      setting: setting, agreement: agreement, keys: keys, initializationVector: vector)
    return (state, outgoing)
  }
}

/// The responder has derived the keys: message 4.
struct AnsweredKeyExchange: Sendable {
  static let story = "sent message 4 with g^xr and Nr, waiting for the initiator's proof"

  var setting: Phase1Setting
  let agreement: Phase1Agreement
  let keys: Phase1Keys
  let initializationVector: [UInt8]

  /// Checks the initiator's proof and gives its own.
  func receive(
    _ message: ReceivedMessage, lastBlock: [UInt8], desk: inout Desk
  ) throws(IKERefusal) -> (done: Authenticated, answer: OutgoingMessage) {
    try keys.authenticate(message, message.identifications.first, from: .initiator, in: setting, desk: &desk)
    let identity = Identities.phase1(setting.ownIdentity)
    let proof = try keys.proof(of: .responder, identity, in: setting, desk: &desk)
    let (outgoing, next) = try OutgoingMessage.encrypted(
      .of(.identityProtection, 6, proof: setting.peer.authentication.proof), keys.header(.identityProtection),
      [.identification(identity)] + proof, keys.protection, initializationVector: lastBlock)
    let done = Authenticated(
      agreement: agreement, keys: keys, lastBlock: next, notifications: message.notifications)
    return (done, outgoing)
  }
}
