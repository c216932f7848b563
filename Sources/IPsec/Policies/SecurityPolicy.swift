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

/// How IPComp compresses: RFC 2393.
public enum CompressionAlgorithm: UInt8, Hashable, Sendable, CaseIterable {
  /// RFC 2394; 2 is its well-known compression parameter index too.
  case deflate = 2
}

/// What one association does to a packet: its protocol, with the algorithms.
public enum AssociationSuite: Hashable, Sendable {
  /// RFC 2406.
  case esp(ESPSuite)
  /// RFC 2402, with an authenticator other than ``IntegrityAlgorithm/none``.
  case ah(IntegrityAlgorithm)
  /// RFC 2393: no protection, but part of a bundle like the others.
  case ipcomp(CompressionAlgorithm)

  /// The number of its protocol.
  public var securityProtocol: IPProtocol {
    switch self {
    case .esp: .esp
    case .ah: .ah
    case .ipcomp: .ipcomp
    }
  }

  /// The cipher; null where there is none.
  public var cipher: CipherAlgorithm { if case .esp(let suite) = self { suite.cipher } else { .null } }

  /// The authenticator; none where there is none.
  public var integrity: IntegrityAlgorithm {
    switch self {
    case .esp(let suite): suite.integrity
    case .ah(let integrity): integrity
    case .ipcomp: .none
    }
  }

  /// Whether a packet that it would not make smaller passes without it: RFC 2393 §2.2.
  public var isOptional: Bool { if case .ipcomp = self { true } else { false } }
}

/// Where an association's protection begins and ends: RFC 2401 §4.1.
public enum EncapsulationMode: Hashable, Sendable {
  /// Between the source and the destination of the packet as it is when the association's turn comes.
  case transport
  /// Between two gateways' addresses, as this node sees them.
  case tunnel(local: IPAddress, remote: IPAddress)

  /// Whether it is tunnel mode.
  public var isTunnel: Bool {
    switch self {
    case .tunnel: true
    case .transport: false
    }
  }
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

  /// No limit: what manual keys have.
  public static let unlimited = Lifetime(duration: nil, volume: nil)
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

/// One association of a bundle as a policy wants it: RFC 2401 §4.3.
public struct ProtectionLayer: Hashable, Sendable {
  /// Tunnel or transport.
  public var mode: EncapsulationMode
  /// What may be agreed on, the best first: one at least, all of one protocol.
  public var suites: [AssociationSuite]
  /// Sequence numbers that the replay window spans, 32 to 1,024; 0 for no check.
  public var replayWindow: Int
  /// The DF bit of the outer header.
  public var dontFragment: DontFragmentHandling
  /// When packets that are too large are cut.
  public var fragmentation: FragmentationOrder
  /// What hides how much is sent; `nil` for nothing.
  public var trafficFlow: TrafficFlowConfidentiality?

  public init(
    mode: EncapsulationMode, suites: [AssociationSuite], replayWindow: Int = 64,
    dontFragment: DontFragmentHandling = .copy, fragmentation: FragmentationOrder = .afterEncapsulation,
    trafficFlow: TrafficFlowConfidentiality? = nil
  ) {
    self.mode = mode
    self.suites = suites
    self.replayWindow = replayWindow
    self.dontFragment = dontFragment
    self.fragmentation = fragmentation
    self.trafficFlow = trafficFlow
  }

  /// The number of its protocol.
  public var securityProtocol: IPProtocol { suites.first?.securityProtocol ?? .esp }
}

/// How ESP hides how much is sent, and when: RFC 2406 §2.4, and RFC 4303 §2.6 for what RFC 2406 left open.
public struct TrafficFlowConfidentiality: Hashable, Sendable {
  /// What every ciphertext is padded to a multiple of, in octets: up to 240, since a pad length is an octet. 0 for no more
  /// than the cipher asks for.
  public var paddingMultiple: Int
  /// How often a dummy packet, next header 59, is sent; `nil` for never.
  public var dummyInterval: SimDuration?
  /// Octets of a dummy's payload.
  public var dummyLength: Int

  /// The largest multiple that padding of 255 octets reaches with every cipher.
  public static let largestMultiple = 240

  public init(paddingMultiple: Int = 0, dummyInterval: SimDuration? = nil, dummyLength: Int = 256) {
    self.paddingMultiple = max(0, min(paddingMultiple, Self.largestMultiple))
    self.dummyInterval = dummyInterval
    self.dummyLength = max(0, min(dummyLength, 1_024))
  }
}

/// Which of a selector's values an association takes from the packet that asked for it, where the others come from the
/// policy entry: RFC 2401 §4.4.1.
public struct SelectorFields: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let source = SelectorFields(rawValue: 1)
  public static let destination = SelectorFields(rawValue: 2)
  public static let transport = SelectorFields(rawValue: 4)
  public static let sourcePort = SelectorFields(rawValue: 8)
  public static let destinationPort = SelectorFields(rawValue: 16)
}

/// How the packets of an entry are to be protected, and what may be negotiated for it.
public struct Protection: Hashable, Sendable {
  /// What is applied first: it lies innermost.
  public var innermost: ProtectionLayer
  /// What is applied behind it, in this order: the last lies outermost.
  public var outer: [ProtectionLayer]
  /// The Oakley group of a further Diffie-Hellman exchange in quick mode (perfect forward secrecy); `nil` for none.
  public var perfectForwardSecrecyGroup: UInt16?
  /// The longest life that this side wants.
  public var lifetime: Lifetime
  /// What comes from the packet and not from the entry.
  public var valuesFromPacket: SelectorFields

  /// A bundle.
  public init(
    innermost: ProtectionLayer, outer: [ProtectionLayer] = [], perfectForwardSecrecyGroup: UInt16? = nil,
    lifetime: Lifetime = Lifetime(duration: .seconds(3_600), volume: nil), valuesFromPacket: SelectorFields = []
  ) {
    self.innermost = innermost
    self.outer = outer
    self.perfectForwardSecrecyGroup = perfectForwardSecrecyGroup
    self.lifetime = lifetime
    self.valuesFromPacket = valuesFromPacket
  }

  /// One association of ESP.
  public init(
    mode: EncapsulationMode, suites: [ESPSuite], perfectForwardSecrecyGroup: UInt16? = nil,
    lifetime: Lifetime = Lifetime(duration: .seconds(3_600), volume: nil), replayWindow: Int = 64,
    dontFragment: DontFragmentHandling = .copy, fragmentation: FragmentationOrder = .afterEncapsulation
  ) {
    self.init(
      innermost: ProtectionLayer(
        mode: mode, suites: suites.map(AssociationSuite.esp), replayWindow: replayWindow, dontFragment: dontFragment,
        fragmentation: fragmentation),
      perfectForwardSecrecyGroup: perfectForwardSecrecyGroup, lifetime: lifetime)
  }

  /// How many associations a packet passes through.
  public var layerCount: Int { 1 + outer.count }

  /// The layers in the order in which they are applied: the first lies innermost.
  public var layers: [ProtectionLayer] { [innermost] + outer }

  /// The layer at a place, from 0 for the innermost; `nil` where there is none.
  public func layer(_ index: Int) -> ProtectionLayer? {
    if index == 0 { return innermost }
    return outer.indices.contains(index - 1) ? outer[index - 1] : nil
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
