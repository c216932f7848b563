import Wire

/// Addresses from a first to a last one, both included: what a prefix, a range and a single address come down to.
public struct AddressRange: Hashable, Sendable {
  /// The first address.
  public var first: IPv4Address
  /// The last address, not before the first.
  public var last: IPv4Address

  /// Every address.
  public static let any = AddressRange(first: .any, last: .broadcast)

  public init(first: IPv4Address, last: IPv4Address) {
    self.first = min(first, last)
    self.last = max(first, last)
  }

  /// The addresses of a prefix.
  public init(_ prefix: IPv4Prefix) { self.init(first: prefix.network, last: prefix.last) }

  /// Whether `address` lies between the two.
  @inlinable
  public func contains(_ address: IPv4Address) -> Bool { first <= address && address <= last }

  /// Whether every address of `other` is one of these.
  public func contains(_ other: AddressRange) -> Bool { first <= other.first && other.last <= last }

  /// Whether some address is in both.
  public func overlaps(_ other: AddressRange) -> Bool { first <= other.last && other.first <= last }
}

/// Which packets a policy entry, or a security association, is for: RFC 2401 §4.4.2. Seen from the packet: source and
/// destination are those of its header.
public struct Selector: Hashable, Sendable {
  /// Source addresses.
  public var source: AddressRange
  /// Destination addresses.
  public var destination: AddressRange
  /// The transport protocol; `nil` for any.
  public var transport: IPProtocol?
  /// Source ports; `nil` for any, also where the packet shows none (OPAQUE).
  public var sourcePorts: ClosedRange<UInt16>?
  /// Destination ports; `nil` for any, also where the packet shows none (OPAQUE).
  public var destinationPorts: ClosedRange<UInt16>?

  /// Every packet.
  public static let any = Selector(source: .any, destination: .any)

  public init(
    source: AddressRange, destination: AddressRange, transport: IPProtocol? = nil,
    sourcePorts: ClosedRange<UInt16>? = nil, destinationPorts: ClosedRange<UInt16>? = nil
  ) {
    self.source = source
    self.destination = destination
    self.transport = transport
    self.sourcePorts = sourcePorts
    self.destinationPorts = destinationPorts
  }

  /// The same packets on their way back.
  public var reversed: Selector {
    Selector(
      source: destination, destination: source, transport: transport, sourcePorts: destinationPorts,
      destinationPorts: sourcePorts)
  }
}
