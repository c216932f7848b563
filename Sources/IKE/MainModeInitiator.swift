import Cryptography
import Units
import Wire

/// The initiator has offered its suites: RFC 2409 §5.4, message 1.
struct SentSA: Sendable {
  static let story = "sent message 1, waiting for the responder's choice"

  let setting: Phase1Setting
  let cookie: Cookie
  let offer: SecurityAssociationPayload

  /// Begins main mode.
  static func begin(
    _ setting: Phase1Setting, at instant: Instant, desk: inout Desk
  ) -> (state: SentSA, answer: OutgoingMessage) {
    let cookie = desk.cookie(local: setting.local, remote: setting.remote, at: instant)
    let offer = Phase1Negotiation.offer(setting.peer)
    let header = ISAKMPHeader(initiatorCookie: cookie, exchangeType: .identityProtection)
    let message = OutgoingMessage.clear(
      .of(.identityProtection, 1), header, [.securityAssociation(offer)] + setting.vendorIDs)
    return (SentSA(setting: setting, cookie: cookie, offer: offer), message)
  }

  /// Takes the responder's choice, and sends the public value and the nonce.
  func receive(
    _ message: ReceivedMessage, desk: inout Desk
  ) throws(IKERefusal) -> (state: SentKeyExchange, answer: OutgoingMessage) {
    guard let answer = message.securityAssociation, message.header.responderCookie != .zero else {
      throw .noResponderCookie
    }
    let agreement = try Phase1Negotiation.accept(answer: answer, to: offer, for: setting.peer)
    guard let group = DiffieHellmanGroup(number: agreement.suite.group),
      let pair = desk.keyPair(group, purpose: "g^xi", setting.exchange)
    else { throw .impossible("g^xi can't be computed", side: .initiator) }
    desk.note(.chosen(suite: agreement.words), setting.exchange)
    let cookies = CookiePair(initiator: cookie, responder: message.header.responderCookie)
    let nonce = desk.nonce()
    let header = ISAKMPHeader(
      initiatorCookie: cookies.initiator, responderCookie: cookies.responder, exchangeType: .identityProtection)
    let outgoing = OutgoingMessage.clear(
      .of(.identityProtection, 3), header,
      [.keyExchange(pair.publicValue), .nonce(nonce)] + setting.certificateRequests)
    let state = SentKeyExchange(
      setting: setting, cookies: cookies, agreement: agreement, initiatorSABody: offer.body(), group: group,
      exponent: pair.exponent, publicValue: pair.publicValue, nonce: nonce)
    return (state, outgoing)
  }
}

/// The initiator has sent its public value and nonce: message 3.
struct SentKeyExchange: Sendable {
  static let story = "sent message 3 with g^xi and Ni, waiting for g^xr and Nr"

  let setting: Phase1Setting
  let cookies: CookiePair
  let agreement: Phase1Agreement
  let initiatorSABody: [UInt8]
  let group: DiffieHellmanGroup
  let exponent: [UInt8]
  let publicValue: [UInt8]
  let nonce: [UInt8]

  /// Takes the responder's public value and nonce, derives the keys, and sends the identity under them.
  func receive(
    _ message: ReceivedMessage, isInitialContact: Bool, desk: inout Desk
  ) throws(IKERefusal) -> (state: SentIdentity, answer: OutgoingMessage) {
    let responderNonce = message.body(.nonce)
    try checkNonce(responderNonce, side: .initiator)
    try checkIsNotOwn(message.body(.keyExchange), publicValue)
    let secret = try desk.sharedSecret(
      group, exponent: exponent, peerPublicValue: message.body(.keyExchange), side: .initiator, name: "g^xy",
      setting.exchange)
    let inputs = Phase1Keys.Inputs(
      agreement: agreement, cookies: cookies, preSharedKey: setting.preSharedKey, initiatorNonce: nonce,
      responderNonce: responderNonce, initiatorPublicValue: publicValue,
      responderPublicValue: message.body(.keyExchange), sharedSecret: secret, initiatorSABody: initiatorSABody)
    let (keys, vector) = Phase1Keys.derive(inputs, desk: &desk, setting.exchange)
    let identity = Identities.phase1(setting.ownIdentity)
    let proof = try keys.proof(of: .initiator, identity, in: setting, desk: &desk)
    var payloads: [ISAKMPPayload] = [.identification(identity)] + proof
    // HASH_I does not cover the notification. It stands in front, so that the last block, from which the chain of
    // vectors goes on, belongs to what is covered: whoever tampers with the notification cannot break the chain.
    if isInitialContact { payloads.insert(.notification(.initialContact(cookies)), at: 0) }
    let (outgoing, next) = try OutgoingMessage.encrypted(
      .of(.identityProtection, 5, proof: setting.peer.authentication.proof), keys.header(.identityProtection), payloads,
      keys.protection,
      initializationVector: vector)
    return (SentIdentity(setting: setting, agreement: agreement, keys: keys, initializationVector: next), outgoing)
  }
}

/// The initiator has proved who it is: message 5.
struct SentIdentity: Sendable {
  static let story = "sent message 5 with the identity and HASH_I, waiting for the responder's proof"

  let setting: Phase1Setting
  let agreement: Phase1Agreement
  let keys: Phase1Keys
  let initializationVector: [UInt8]

  /// Checks the responder's proof.
  func receive(
    _ message: ReceivedMessage, lastBlock: [UInt8], desk: inout Desk
  ) throws(IKERefusal) -> Authenticated {
    try keys.authenticate(message, message.identifications.first, from: .responder, in: setting, desk: &desk)
    return Authenticated(
      agreement: agreement, keys: keys, lastBlock: lastBlock, notifications: message.notifications)
  }
}
