import Cryptography
import Units
import Wire

/// What does not change during phase 1.
struct Phase1Setting: Sendable {
  var exchange: IKEExchangeID
  var peer: IKEPeer
  var local: IKEEndpoint
  var remote: IKEEndpoint

  /// Who this side says it is.
  var ownIdentity: Identity { peer.localIdentity ?? Identity(local.address) }
  /// What SKEYID is made with; `nil` where signatures authenticate.
  var preSharedKey: [UInt8]? { peer.credentials == nil ? peer.preSharedKey : nil }
  /// Who the peer has to be.
  var peerIdentity: Identity { peer.remoteIdentity ?? Identity(remote.address) }
}

/// Both ends of phase 1 have proved who they are.
struct Authenticated: Sendable {
  var agreement: Phase1Agreement
  var keys: Phase1Keys
  /// The last block that was encrypted: where the vectors of phase 2 come from.
  var lastBlock: [UInt8]
  /// What came along with the last message that was received, and was protected.
  var notifications: [NotificationPayload]
}

extension Desk {
  /// The responder's half of a Diffie-Hellman exchange, and g^xy. The peer's value is looked at before any work is
  /// done.
  mutating func answerKeyExchange(
    _ initiatorValue: [UInt8], group number: UInt16, _ exchange: IKEExchangeID
  ) throws(IKERefusal) -> (pair: (exponent: [UInt8], publicValue: [UInt8]), secret: [UInt8]) {
    guard let group = DiffieHellmanGroup(number: number) else {
      throw .impossible("there is no group \(number)", side: .responder)
    }
    try checkPublicValue(initiatorValue, group, side: .responder)
    guard let pair = keyPair(group, purpose: "g^xr", exchange) else {
      throw .impossible("g^xr can't be computed", side: .responder)
    }
    let secret = try sharedSecret(
      group, exponent: pair.exponent, peerPublicValue: initiatorValue, side: .responder, name: "g^xy", exchange)
    return (pair, secret)
  }
}

/// A responder that returns g^xi itself has read it off the wire.
func checkIsNotOwn(_ value: [UInt8], _ own: [UInt8]) throws(IKERefusal) {
  guard value != own else {
    throw IKERefusal(
      side: .initiator, rule: "the public value is this side's own", attribute: "Key Exchange",
      citation: "RFC 2409 §5", notification: .invalidKeyInformation)
  }
}

extension IKERefusal {
  /// Something that only fails where libcrypto does.
  static func impossible(_ rule: String, side: IKERole) -> IKERefusal {
    IKERefusal(side: side, rule: rule, citation: "RFC 2409 §5")
  }

  static let noResponderCookie = IKERefusal(
    side: .initiator, rule: "the responder has to choose a cookie", attribute: "Responder Cookie", offered: "0",
    citation: "RFC 2408 §3.1", notification: .invalidCookie)

  static let noInitiatorCookie = IKERefusal(
    side: .responder, rule: "the initiator has to choose a cookie", attribute: "Initiator Cookie", offered: "0",
    citation: "RFC 2408 §3.1", notification: .invalidCookie)
}

extension NotificationPayload {
  /// INITIAL-CONTACT: RFC 2407 §4.6.3.3. Its SPI is the two cookies.
  static func initialContact(_ cookies: CookiePair) -> NotificationPayload {
    NotificationPayload(protocolID: .isakmp, spi: cookies.octets, type: .initialContact)
  }
}
