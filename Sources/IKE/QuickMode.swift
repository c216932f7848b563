import Cryptography
import IPsec
import Units
import Wire

/// What does not change during a quick mode.
struct QuickModeSetting: Sendable {
  var exchange: IKEExchangeID
  /// The phase 1 association that protects it.
  var association: IKEExchangeID
  var messageID: UInt32
  var keys: Phase1Keys
  /// Where the two ends are.
  var local: IPAddress
  var remote: IPAddress
  var acquire: Acquire
  /// The policy's name.
  var policy: String
  /// What is negotiated.
  var group: LayerGroup
}

/// The own half of quick mode's Diffie-Hellman exchange, for perfect forward secrecy.
struct ForwardSecrecy: Sendable {
  var group: DiffieHellmanGroup
  var exponent: [UInt8]
  var publicValue: [UInt8]

  /// `nil` where the policy wants none.
  static func make(
    _ setting: QuickModeSetting, side: IKERole, desk: inout Desk
  ) throws(IKERefusal) -> ForwardSecrecy? {
    guard let number = setting.group.perfectForwardSecrecyGroup else { return nil }
    guard let group = DiffieHellmanGroup(number: number) else {
      throw .impossible("there is no group \(number)", side: side)
    }
    let purpose = side == .initiator ? "g(qm)^xi" : "g(qm)^xr"
    guard let pair = desk.keyPair(group, purpose: purpose, setting.exchange) else {
      throw .impossible("\(purpose) can't be computed", side: side)
    }
    return ForwardSecrecy(group: group, exponent: pair.exponent, publicValue: pair.publicValue)
  }
}

extension QuickModeSetting {
  /// IDci and IDcr for a selector seen from the initiator. They always go along, as the field expects, though RFC 2409
  /// §5.5 lets them be left out where they say no more than the two peers' addresses.
  static func identities(_ selector: Selector) -> [ISAKMPPayload] {
    [
      .identification(Identities.payload(selector.source, selector.transport, selector.sourcePorts)),
      .identification(Identities.payload(selector.destination, selector.transport, selector.destinationPorts)),
    ]
  }

  /// A message whose first payload is the hash over the rest of it.
  func seal(
    _ rule: MessageRule, hash: [UInt8], _ rest: [ISAKMPPayload], initializationVector: [UInt8]
  ) throws(IKERefusal) -> (message: OutgoingMessage, next: [UInt8]) {
    try OutgoingMessage.encrypted(
      rule, keys.header(.quickMode, messageID: messageID), [.hash(hash)] + rest, keys.protection,
      initializationVector: initializationVector)
  }

  /// The shared secret of quick mode's own exchange: empty without perfect forward secrecy. A KE payload has to be
  /// there exactly when a group was negotiated (RFC 2409 §5.5).
  func sharedSecret(
    _ own: ForwardSecrecy?, _ message: ReceivedMessage, side: IKERole, desk: inout Desk
  ) throws(IKERefusal) -> [UInt8] {
    let isThere = message.types.contains(.keyExchange)
    guard isThere == (own != nil) else {
      throw IKERefusal(
        side: side, rule: "a group and a Key Exchange payload go together", attribute: "Key Exchange",
        offered: isThere ? "a payload" : "no payload", wanted: isThere ? "no payload" : "a payload",
        citation: "RFC 2409 §5.5", notification: .invalidKeyInformation)
    }
    guard let own else { return [] }
    return try desk.sharedSecret(
      own.group, exponent: own.exponent, peerPublicValue: message.body(.keyExchange), side: side, name: "g(qm)^xy",
      exchange)
  }

  /// HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b), noted.
  func confirmation(initiatorNonce: [UInt8], responderNonce: [UInt8], desk: inout Desk) -> [UInt8] {
    // HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b)   RFC 2409 §5.5
    let hash = keys.derivation.quickHash3(
      skeyidA: keys.skeyidA, messageID: messageID, initiatorNonce: initiatorNonce, responderNonce: responderNonce)
    desk.derived("HASH(3)", "prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b)", "RFC 2409 §5.5", hash, exchange)
    return hash
  }

  /// HASH(2) over what follows it, noted.
  func answerHash(initiatorNonce: [UInt8], rest: [UInt8], desk: inout Desk) -> [UInt8] {
    // HASH(2) = prf(SKEYID_a, M-ID | Ni_b | SA | Nr [ | KE ] [ | IDci | IDcr ])   RFC 2409 §5.5
    let hash = keys.derivation.quickHash2(
      skeyidA: keys.skeyidA, messageID: messageID, initiatorNonce: initiatorNonce, rest: rest)
    desk.derived(
      "HASH(2)", "prf(SKEYID_a, M-ID | Ni_b | SA | Nr [ | KE ] [ | IDci | IDcr ])", "RFC 2409 §5.5", hash, exchange)
    return hash
  }
}

extension Phase1Keys {
  /// HASH(1) over what follows it, noted: of quick mode and of informational exchanges.
  func firstHash(messageID: UInt32, rest: [UInt8], formula: String, desk: inout Desk, _ exchange: IKEExchangeID)
    -> [UInt8]
  {
    // HASH(1) = prf(SKEYID_a, M-ID | everything behind it)   RFC 2409 §5.5, §5.7
    let hash = derivation.quickHash1(skeyidA: skeyidA, messageID: messageID, rest: rest)
    desk.derived("HASH(1)", formula, "RFC 2409 §5.5", hash, exchange)
    return hash
  }

  static let quickFormula = "prf(SKEYID_a, M-ID | SA | Ni [ | KE ] [ | IDci | IDcr ])"
  static let informationalFormula = "prf(SKEYID_a, M-ID | N/D)"
}

/// A hash that has to be right for the message to count.
func checkHash(
  _ name: String, _ received: [UInt8], _ computed: [UInt8], side: IKERole
) throws(IKERefusal) {
  guard isSame(received, computed) else {
    throw IKERefusal(
      side: side, rule: "\(name) does not prove SKEYID_a", attribute: "Hash", offered: hexadecimal(received),
      wanted: hexadecimal(computed), citation: "RFC 2409 §5.5", notification: .invalidHashInformation)
  }
}
