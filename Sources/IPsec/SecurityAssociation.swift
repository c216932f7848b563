import Cryptography
import Units
import Wire

/// What names an association in the database of the node that receives by it: RFC 2401 §4.1.
public struct AssociationIdentity: Hashable, Sendable {
  /// The security parameters index; 1 to 255 are reserved, 0 is for local use.
  public var spi: UInt32
  /// Where its packets go.
  public var destination: IPv4Address
  /// ESP or AH.
  public var securityProtocol: IPProtocol

  public init(spi: UInt32, destination: IPv4Address, securityProtocol: IPProtocol) {
    self.spi = spi
    self.destination = destination
    self.securityProtocol = securityProtocol
  }
}

/// All that two ends agree on for one direction: what a negotiation hands over, and what a scenario writes for manual
/// keys.
public struct AssociationParameters: Hashable, Sendable {
  /// SPI, destination, protocol.
  public var identity: AssociationIdentity
  /// Where its packets come from: the other end of the tunnel, or the peer in transport mode.
  public var source: IPv4Address
  /// Tunnel mode; else transport mode.
  public var isTunnel: Bool
  /// Cipher and authenticator.
  public var suite: ESPSuite
  /// The cipher's key, `suite.cipher.keyLength` octets.
  public var cipherKey: [UInt8]
  /// The authenticator's key, `suite.integrity.keyLength` octets.
  public var integrityKey: [UInt8]
  /// What it may carry, in the direction that it carries it.
  public var selector: Selector
  /// The policy entry that it was made for.
  public var policy: String
  /// Its hard limits.
  public var lifetime: Lifetime
  /// Sequence numbers that the replay window spans; 0 for no check.
  public var replayWindow: Int

  public init(
    identity: AssociationIdentity, source: IPv4Address, isTunnel: Bool, suite: ESPSuite, cipherKey: [UInt8],
    integrityKey: [UInt8], selector: Selector, policy: String, lifetime: Lifetime, replayWindow: Int
  ) {
    self.identity = identity
    self.source = source
    self.isTunnel = isTunnel
    self.suite = suite
    self.cipherKey = cipherKey
    self.integrityKey = integrityKey
    self.selector = selector
    self.policy = policy
    self.lifetime = lifetime
    self.replayWindow = replayWindow
  }
}
