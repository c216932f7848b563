import Cryptography
import Units
import Wire

/// A cipher and an authenticator for ESP: never both of them null (RFC 2406 §5).
public struct ESPSuite: Hashable, Sendable {
  /// Confidentiality.
  public let cipher: CipherAlgorithm
  /// Integrity and data origin authentication.
  public let integrity: IntegrityAlgorithm

  /// `nil` where both are null: RFC 2406 §5 forbids it.
  public init?(cipher: CipherAlgorithm, integrity: IntegrityAlgorithm) {
    guard cipher != .null || integrity != .none else { return nil }
    self.cipher = cipher
    self.integrity = integrity
  }
}

/// Where an association's protection begins and ends: RFC 2401 §4.1.
public enum EncapsulationMode: Hashable, Sendable {
  /// Between the packet's own source and destination.
  case transport
  /// Between two gateways' addresses, as this node sees them.
  case tunnel(local: IPv4Address, remote: IPv4Address)
}

/// How long an association may live: the first limit that is reached ends it (RFC 2401 §4.4.3).
public struct Lifetime: Hashable, Sendable {
  /// Time since it was made; `nil` for no limit.
  public var duration: SimDuration?
  /// Octets that it protected; `nil` for no limit.
  public var volume: ByteCount?

  public init(duration: SimDuration?, volume: ByteCount?) {
    self.duration = duration
    self.volume = volume
  }
}

/// What is done with the DF bit of an outer header: RFC 2401 §8.1.
public enum DontFragmentHandling: String, Hashable, Sendable, CaseIterable {
  case copy
  case set
  case clear
}

/// Whether a packet that is too large for its tunnel is cut before or after it is sealed.
public enum FragmentationOrder: String, Hashable, Sendable, CaseIterable {
  case beforeEncapsulation
  case afterEncapsulation
}

/// How the packets of an entry are to be protected, and what may be negotiated for it.
public struct Protection: Hashable, Sendable {
  /// Tunnel or transport.
  public var mode: EncapsulationMode
  /// What may be agreed on, the best first.
  public var suites: [ESPSuite]
  /// The Oakley group of a further Diffie-Hellman exchange in quick mode (perfect forward secrecy); `nil` for none.
  public var perfectForwardSecrecyGroup: UInt16?
  /// The longest life that this side wants.
  public var lifetime: Lifetime
  /// Sequence numbers that the replay window spans, 32 to 1,024; 0 for no check.
  public var replayWindow: Int
  /// The DF bit of the outer header.
  public var dontFragment: DontFragmentHandling
  /// When packets that are too large are cut.
  public var fragmentation: FragmentationOrder

  public init(
    mode: EncapsulationMode, suites: [ESPSuite], perfectForwardSecrecyGroup: UInt16? = nil,
    lifetime: Lifetime = Lifetime(duration: .seconds(3_600), volume: nil), replayWindow: Int = 64,
    dontFragment: DontFragmentHandling = .copy, fragmentation: FragmentationOrder = .afterEncapsulation
  ) {
    self.mode = mode
    self.suites = suites
    self.perfectForwardSecrecyGroup = perfectForwardSecrecyGroup
    self.lifetime = lifetime
    self.replayWindow = replayWindow
    self.dontFragment = dontFragment
    self.fragmentation = fragmentation
  }
}

/// What is to be done with a packet: RFC 2401 §4.4.1.
public enum PolicyAction: Hashable, Sendable {
  /// It goes no further.
  case discard
  /// It passes without IPsec.
  case bypass
  /// It passes under IPsec only. Boxed, so that an action is as small as a reference.
  indirect case apply(Protection)
}

/// An entry of the security policy database. The selector is written for the outbound direction; inbound packets are
/// matched with it reversed.
public struct SecurityPolicy: Hashable, Sendable {
  /// What the scenario calls it; unique within its node.
  public var name: String
  /// Outbound traffic that it covers.
  public var selector: Selector
  /// What is done with that traffic.
  public var action: PolicyAction

  public init(name: String, selector: Selector, action: PolicyAction) {
    self.name = name
    self.selector = selector
    self.action = action
  }
}
