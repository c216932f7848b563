import Cryptography
import Units
import Wire

/// The initiator has sent its offer with all that it knows: RFC 2409 §5.4, message 1 of aggressive mode.
struct SentOffer: Sendable {
  static let story =
    "sent message 1 with the offer, g^xi, Ni and the identity in clear, waiting for the responder's proof"

  let setting: Phase1Setting
  let cookie: Cookie
  let offer: SecurityAssociationPayload
  let group: DiffieHellmanGroup
  let exponent: [UInt8]
  let publicValue: [UInt8]
  let nonce: [UInt8]

  /// Begins aggressive mode. The public value goes along, so all suites that are offered are of one group (RFC 2409
  /// §5.4).
  static func begin(
    _ setting: Phase1Setting, at instant: Instant, desk: inout Desk
  ) throws(IKERefusal) -> (state: SentOffer, answer: OutgoingMessage) {
    let offer = Phase1Negotiation.offer(setting.peer)
    guard let number = Phase1Negotiation.offered(setting.peer).first?.group,
      let group = DiffieHellmanGroup(number: number),
      let pair = desk.keyPair(group, purpose: "g^xi", setting.exchange)
    else { throw .impossible("g^xi can't be computed", side: .initiator) }
    let cookie = desk.cookie(local: setting.local, remote: setting.remote, at: instant)
    let nonce = desk.nonce()
    let identity = Identities.phase1(setting.ownIdentity)
    let message = OutgoingMessage.clear(
      .of(.aggressive, 1), ISAKMPHeader(initiatorCookie: cookie, exchangeType: .aggressive),
      [.securityAssociation(offer), .keyExchange(pair.publicValue), .nonce(nonce), .identification(identity)]
        + setting.certificateRequests + setting.vendorIDs)
    let state = SentOffer(
      setting: setting, cookie: cookie, offer: offer, group: group, exponent: pair.exponent,
      publicValue: pair.publicValue, nonce: nonce)
    return (state, message)
  }

  /// Takes the responder's choice, derives the keys, checks its proof and gives its own under their protection, as RFC
  /// 2409 §5 permits. HASH_R covers much, but not IDii: if that was altered on its way, the responder refuses message
  /// 3, and this side only learns it when quick mode has no answer.
  func receive(
    _ message: ReceivedMessage, isInitialContact: Bool, desk: inout Desk
  ) throws(IKERefusal) -> (done: Authenticated, answer: OutgoingMessage) {
    guard let answer = message.securityAssociation, message.header.responderCookie != .zero else {
      throw .noResponderCookie
    }
    let agreement = try Phase1Negotiation.accept(answer: answer, to: offer, for: setting.peer)
    let (keys, vector) = try derive(message, agreement, desk: &desk)
    try keys.authenticate(message, message.identifications.first, from: .responder, in: setting, desk: &desk)
    desk.note(.chosen(suite: agreement.words), setting.exchange)
    let proof = try keys.proof(of: .initiator, Identities.phase1(setting.ownIdentity), in: setting, desk: &desk)
    // HASH_I does not cover the notification; in front, it leaves the last block to what is covered.
    let contact: [ISAKMPPayload] = isInitialContact ? [.notification(.initialContact(keys.cookies))] : []
    let (outgoing, next) = try OutgoingMessage.encrypted(
      .of(.aggressive, 3, isEncrypted: true, proof: setting.peer.authentication.proof), keys.header(.aggressive),
      contact + proof, keys.protection, initializationVector: vector)
    let done = Authenticated(
      agreement: agreement, keys: keys, lastBlock: next, notifications: [])
    return (done, outgoing)
  }

  private func derive(
    _ message: ReceivedMessage, _ agreement: Phase1Agreement, desk: inout Desk
  ) throws(IKERefusal) -> (keys: Phase1Keys, initializationVector: [UInt8]) {
    let responderNonce = message.body(.nonce)
    let responderValue = message.body(.keyExchange)
    try checkNonce(responderNonce, side: .initiator)
    try checkIsNotOwn(responderValue, publicValue)
    let secret = try desk.sharedSecret(
      group, exponent: exponent, peerPublicValue: responderValue, side: .initiator, name: "g^xy", setting.exchange)
    let inputs = Phase1Keys.Inputs(
      agreement: agreement, cookies: CookiePair(initiator: cookie, responder: message.header.responderCookie),
      preSharedKey: setting.preSharedKey, initiatorNonce: nonce, responderNonce: responderNonce,
      initiatorPublicValue: publicValue, responderPublicValue: responderValue, sharedSecret: secret,
      initiatorSABody: offer.body())
    return Phase1Keys.derive(inputs, desk: &desk, setting.exchange)
  }
}

/// The responder has chosen, derived the keys and proved who it is: message 2 of aggressive mode. All that work was
/// done for a message that anybody may have sent.
struct AnsweredOffer: Sendable {
  static let story = "sent message 2 with g^xr, Nr, the identity in clear and HASH_R, waiting for the initiator's proof"

  let setting: Phase1Setting
  let agreement: Phase1Agreement
  let keys: Phase1Keys
  /// IDii, as it came with message 1.
  let identity: IdentificationPayload
  let initializationVector: [UInt8]

  /// Answers message 1.
  static func begin(
    _ setting: Phase1Setting, _ message: ReceivedMessage, cookie: Cookie, desk: inout Desk
  ) throws(IKERefusal) -> (state: AnsweredOffer, answer: OutgoingMessage) {
    guard let offer = message.securityAssociation, let identity = message.identifications.first,
      message.header.initiatorCookie != .zero
    else { throw .noInitiatorCookie }
    let (agreement, answer) = try Phase1Negotiation.choose(from: offer, for: setting.peer)
    desk.note(.chosen(suite: agreement.words), setting.exchange)
    let cookies = CookiePair(initiator: message.header.initiatorCookie, responder: cookie)
    let (keys, vector, own) = try derive(setting, message, agreement, cookies, desk: &desk)
    let ownIdentity = Identities.phase1(setting.ownIdentity)
    let proof = try keys.proof(of: .responder, ownIdentity, in: setting, desk: &desk)
    let outgoing = OutgoingMessage.clear(
      .of(.aggressive, 2, proof: setting.peer.authentication.proof), keys.header(.aggressive),
      [
        .securityAssociation(answer), .keyExchange(keys.responderPublicValue), .nonce(own),
        .identification(ownIdentity),
      ] + proof + setting.vendorIDs)
    let state = AnsweredOffer(
      setting: setting, agreement: agreement, keys: keys, identity: identity, initializationVector: vector)
    return (state, outgoing)
  }

  private static func derive(
    _ setting: Phase1Setting, _ message: ReceivedMessage, _ agreement: Phase1Agreement, _ cookies: CookiePair,
    desk: inout Desk
  ) throws(IKERefusal) -> (keys: Phase1Keys, initializationVector: [UInt8], nonce: [UInt8]) {
    let initiatorNonce = message.body(.nonce)
    let initiatorValue = message.body(.keyExchange)
    try checkNonce(initiatorNonce, side: .responder)
    let (pair, secret) = try desk.answerKeyExchange(
      initiatorValue, group: agreement.suite.group, setting.exchange)
    let nonce = desk.nonce()
    let inputs = Phase1Keys.Inputs(
      agreement: agreement, cookies: cookies, preSharedKey: setting.preSharedKey, initiatorNonce: initiatorNonce,
      responderNonce: nonce, initiatorPublicValue: initiatorValue, responderPublicValue: pair.publicValue,
      sharedSecret: secret, initiatorSABody: message.body(.securityAssociation))
    let (keys, vector) = Phase1Keys.derive(inputs, desk: &desk, setting.exchange)
    return (keys, vector, nonce)
  }

  /// Checks the initiator's proof. It may come in clear or protected (RFC 2409 §5); in clear nothing but the hash
  /// counts, since that covers nothing else of the message, and phase 2 goes on from the first initialization vector.
  func receive(
    _ message: ReceivedMessage, lastBlock: [UInt8], desk: inout Desk
  ) throws(IKERefusal) -> Authenticated {
    try keys.authenticate(message, identity, from: .initiator, in: setting, desk: &desk)
    let isEncrypted = message.header.flags.contains(.encryption)
    return Authenticated(
      agreement: agreement, keys: keys, lastBlock: isEncrypted ? lastBlock : initializationVector,
      notifications: isEncrypted ? message.notifications : [])
  }
}
