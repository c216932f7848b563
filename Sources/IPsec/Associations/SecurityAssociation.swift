import Cryptography
import Units
import Wire

/// What names an association in the database of the node that receives by it: RFC 2401 §4.1.
public struct AssociationIdentity: Hashable, Sendable {
  /// The security parameters index; 1 to 255 are reserved, 0 is for local use.
  public var spi: UInt32
  /// Where its packets go.
  public var destination: IPAddress
  /// ESP, AH or IPComp, whose compression parameter index takes the SPI's place (RFC 2393 §3.3).
  public var securityProtocol: IPProtocol

  public init(spi: UInt32, destination: IPAddress, securityProtocol: IPProtocol) {
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
  public var source: IPAddress
  /// Tunnel mode; else transport mode.
  public var isTunnel: Bool
  /// What it does to a packet.
  public var suite: AssociationSuite
  /// The cipher's key, `suite.cipher.keyLength` octets.
  public var cipherKey: [UInt8]
  /// The authenticator's key, `suite.integrity.keyLength` octets.
  public var integrityKey: [UInt8]
  /// What it may carry, in the direction that it carries it.
  public var selector: Selector
  /// The policy entry that it was made for.
  public var policy: String
  /// Which layer of the entry's bundle it is, from 0 for the innermost.
  public var layer: Int
  /// Its hard limits.
  public var lifetime: Lifetime
  /// Sequence numbers that the replay window spans; 0 for no check.
  public var replayWindow: Int

  public init(
    identity: AssociationIdentity, source: IPAddress, isTunnel: Bool, suite: AssociationSuite, cipherKey: [UInt8],
    integrityKey: [UInt8], selector: Selector, policy: String, layer: Int = 0, lifetime: Lifetime, replayWindow: Int
  ) {
    self.identity = identity
    self.source = source
    self.isTunnel = isTunnel
    self.suite = suite
    self.cipherKey = cipherKey
    self.integrityKey = integrityKey
    self.selector = selector
    self.policy = policy
    self.layer = layer
    self.lifetime = lifetime
    self.replayWindow = replayWindow
  }
}
