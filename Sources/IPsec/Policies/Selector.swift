import Wire

/// Addresses from a first to a last one, both included: what a prefix, a range and a single address come down to. They
/// are of one family, but for ``any``, which is every address of both: IPv4's come before IPv6's.
public struct AddressRange: Hashable, Sendable {
  /// The first address.
  public var first: IPAddress
  /// The last address, not before the first.
  public var last: IPAddress

  /// Every address of either family.
  public static let any = AddressRange(first: .v4(.any), last: .v6(IPv6Address(high: .max, low: .max)))
  /// Every IPv4 address.
  public static let anyIPv4 = AddressRange(first: .v4(.any), last: .v4(.broadcast))
  /// Every IPv6 address.
  public static let anyIPv6 = AddressRange(
    first: .v6(IPv6Address(high: 0, low: 0)), last: .v6(IPv6Address(high: .max, low: .max)))

  public init(first: IPAddress, last: IPAddress) {
    self.first = min(first, last)
    self.last = max(first, last)
  }

  /// One address.
  public init(_ address: IPAddress) { self.init(first: address, last: address) }

  /// The addresses of a prefix.
  public init(_ prefix: IPPrefix) { self.init(first: prefix.network, last: prefix.last) }

  /// Whether `address` lies between the two.
  @inlinable
  public func contains(_ address: IPAddress) -> Bool { first <= address && address <= last }

  /// Whether every address of `other` is one of these.
  public func contains(_ other: AddressRange) -> Bool { first <= other.first && other.last <= last }

  /// Whether some address is in both.
  public func overlaps(_ other: AddressRange) -> Bool { first <= other.last && other.first <= last }

  /// Those of them that are of the family of `address`; `nil` where there are none.
  public func held(toFamilyOf address: IPAddress) -> AddressRange? {
    let family: AddressRange = if case .v4 = address { .anyIPv4 } else { .anyIPv6 }
    return overlaps(family) ? AddressRange(first: max(first, family.first), last: min(last, family.last)) : nil
  }
}

/// Which transport protocols a selector is for: RFC 2401 §4.4.2.
public enum TransportSelector: Hashable, Sendable {
  /// Any, shown or not.
  case any
  /// This one.
  case value(IPProtocol)
  /// The packet hides it: OPAQUE. What carries ESP is such a packet.
  case opaque
}

/// Which ports a selector is for: RFC 2401 §4.4.2.
public enum PortSelector: Hashable, Sendable {
  /// Any, shown or not.
  case any
  /// Those from the first to the last.
  case range(ClosedRange<UInt16>)
  /// The packet hides it, as behind ESP and in later fragments: OPAQUE.
  case opaque

  /// One port.
  public static func port(_ port: UInt16) -> PortSelector { .range(port...port) }

  /// The ports, where they are named.
  public var range: ClosedRange<UInt16>? { if case .range(let range) = self { range } else { nil } }

  /// The port, where it is one.
  public var single: UInt16? { range.flatMap { $0.count == 1 ? $0.lowerBound : nil } }
}

/// Which packets a policy entry, or a security association, is for: RFC 2401 §4.4.2. Seen from the packet: source and
/// destination are those of its header.
public struct Selector: Hashable, Sendable {
  /// Source addresses.
  public var source: AddressRange
  /// Destination addresses.
  public var destination: AddressRange
  /// The transport protocol.
  public var transport: TransportSelector
  /// Source ports.
  public var sourcePorts: PortSelector
  /// Destination ports.
  public var destinationPorts: PortSelector
  /// Whose packets these are, at the node where they are made; `nil` for anybody's.
  public var names: PacketNames?
  /// How sensitive the data are, by the classification levels of RFC 1108 §2.3 in their order; `nil` for any, labelled or
  /// not.
  public var sensitivity: ClosedRange<Sensitivity>?

  /// Every packet.
  public static let any = Selector(source: .any, destination: .any)

  public init(
    source: AddressRange, destination: AddressRange, transport: TransportSelector = .any,
    sourcePorts: PortSelector = .any, destinationPorts: PortSelector = .any, names: PacketNames? = nil,
    sensitivity: ClosedRange<Sensitivity>? = nil
  ) {
    self.source = source
    self.destination = destination
    self.transport = transport
    self.sourcePorts = sourcePorts
    self.destinationPorts = destinationPorts
    self.names = names
    self.sensitivity = sensitivity
  }

  /// The same packets on their way back. Whose they are is known only where they are made, so that the way back is
  /// nobody's.
  public var reversed: Selector {
    Selector(
      source: destination, destination: source, transport: transport, sourcePorts: destinationPorts,
      destinationPorts: sourcePorts, sensitivity: sensitivity)
  }

  /// The same packets, whosever they are.
  var withoutNames: Selector {
    var selector = self
    selector.names = nil
    return selector
  }

  /// Whether a user's or a system's name is asked for.
  public var isNamed: Bool { names != nil }

  /// Whether it asks for what only the first fragment of a datagram shows.
  var namesPorts: Bool { sourcePorts != .any || destinationPorts != .any }
}

/// How sensitive data are: the classification levels of the security option, in their order (RFC 1108 §2.3).
public enum Sensitivity: UInt8, Hashable, Comparable, Sendable, CaseIterable {
  case unclassified
  case confidential
  case secret
  case topSecret

  public static func < (lhs: Sensitivity, rhs: Sensitivity) -> Bool { lhs.rawValue < rhs.rawValue }

  /// The level that an octet of the option stands for.
  init?(classificationLevel octet: UInt8) {
    switch octet {
    case 0xAB: self = .unclassified
    case 0x96: self = .confidential
    case 0x5A: self = .secret
    case 0x3D: self = .topSecret
    default: return nil
    }
  }

  /// `top secret`.
  public var name: String {
    switch self {
    case .unclassified: "unclassified"
    case .confidential: "confidential"
    case .secret: "secret"
    case .topSecret: "top secret"
    }
  }
}
