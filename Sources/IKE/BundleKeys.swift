import Cryptography
import IPsec
import Units
import Wire

/// The keys of all associations that a quick mode makes: RFC 2409 §5.5.
struct BundleKeys: Sendable {
  var setting: QuickModeSetting
  var agreement: Phase2Agreement
  /// What this side receives by, the innermost layer's first.
  var inbound: [AssociationIdentity]
  var sharedSecret: [UInt8]
  var initiatorNonce: [UInt8]
  var responderNonce: [UInt8]

  /// A pair for each layer, ready to install, the innermost first.
  func installs(side: IKERole, desk: inout Desk) throws(IKERefusal) -> [IKEInstall] {
    var installs: [IKEInstall] = []
    for place in agreement.layers.indices {
      installs.append(try install(place, side: side, desk: &desk))
    }
    return installs
  }

  private func install(_ place: Int, side: IKERole, desk: inout Desk) throws(IKERefusal) -> IKEInstall {
    let selector = selector(place)
    let outbound = AssociationIdentity(
      spi: agreement.layers[place].peerSPI, destination: setting.remote,
      securityProtocol: inbound[place].securityProtocol)
    return IKEInstall(
      exchange: setting.exchange, isInitiator: side == .initiator,
      inbound: try parameters(place, inbound[place], from: setting.remote, selector.reversed, side, &desk),
      outbound: try parameters(place, outbound, from: setting.local, selector, side, &desk), replaces: [])
  }

  /// What a layer carries, as seen outbound: the innermost what was negotiated, the others whatever goes between the
  /// two ends (RFC 2401 §4.5).
  private func selector(_ place: Int) -> Selector {
    guard place > 0 else { return setting.acquire.selector }
    return Selector(
      source: AddressRange(setting.local), destination: AddressRange(setting.remote))
  }

  private func parameters(
    _ place: Int, _ identity: AssociationIdentity, from source: IPAddress, _ selector: Selector, _ side: IKERole,
    _ desk: inout Desk
  ) throws(IKERefusal) -> AssociationParameters {
    let layer = setting.group.layers[place]
    let suite = agreement.layers[place].suite
    let material = keymat(suite, layer.protocolID, identity.spi, &desk)
    let cipherKey = Array(material.prefix(suite.cipher.keyLength))
    // RFC 2405 §2.2, RFC 2451 §2.3: such keys are not to be used. The next attempt has other nonces.
    guard !suite.cipher.isWeakKey(cipherKey) else {
      throw IKERefusal(
        side: side, rule: "the derived key is a weak one", attribute: suite.cipher.name, citation: "RFC 2405 §2.2")
    }
    return AssociationParameters(
      identity: identity, source: source, isTunnel: layer.mode.isTunnel, suite: suite, cipherKey: cipherKey,
      integrityKey: Array(material.dropFirst(suite.cipher.keyLength)), selector: selector, policy: setting.policy,
      layer: setting.group.first + place, lifetime: agreement.layers[place].lifetime.lifetime,
      replayWindow: layer.replayWindow)
  }

  /// The cipher's key and behind it the authenticator's; counter mode's nonce is the end of the cipher's (RFC 3686
  /// §5.1). Compression has neither.
  private func keymat(
    _ suite: AssociationSuite, _ protocolID: SecurityProtocol, _ spi: UInt32, _ desk: inout Desk
  ) -> [UInt8] {
    let count = suite.cipher.keyLength + suite.integrity.keyLength
    guard count > 0 else { return [] }
    // KEYMAT = K1 | K2 | …, K1 = prf(SKEYID_d, [ g(qm)^xy | ] protocol | SPI | Ni_b | Nr_b)   RFC 2409 §5.5
    let keys = setting.keys
    let material = keys.derivation.keymat(
      skeyidD: keys.skeyidD, sharedSecret: sharedSecret, securityProtocol: protocolID, spi: protocolID.octets(spi),
      initiatorNonce: initiatorNonce, responderNonce: responderNonce, count: count)
    let formula =
      sharedSecret.isEmpty
      ? "prf(SKEYID_d, protocol | SPI | Ni_b | Nr_b), prf(SKEYID_d, K1 | protocol | SPI | Ni_b | Nr_b), …"
      : "prf(SKEYID_d, g(qm)^xy | protocol | SPI | Ni_b | Nr_b), prf(SKEYID_d, K1 | g(qm)^xy | protocol | SPI | Ni_b | Nr_b), …"
    desk.derived("KEYMAT", formula, "RFC 2409 §5.5", material, setting.exchange)
    return material
  }
}
