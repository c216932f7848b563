import Wire

/// Which way a datagram crosses an interface.
public enum FilterDirection: String, Hashable, Sendable, CaseIterable {
  /// It comes from the link: before IPsec has opened it.
  case inward = "in"
  /// It goes onto the link: when IPsec has sealed it, and before it is cut to what the link takes.
  case outward = "out"
}

/// A rule of a stateless packet filter: it knows of each datagram what its headers show, and nothing of the one before.
/// Ports and ICMP types stand in the first fragment only: a rule that asks for them fits no later one (RFC 1858 §2).
public struct FilterRule: Hashable, Sendable {
  /// What is done with a datagram that fits.
  public enum Action: String, Hashable, Sendable, CaseIterable {
    case pass
    case drop
  }

  /// What the scenario calls it; a drop is recorded with it.
  public var name: String
  public var action: Action
  /// The name of the interface that is crossed; `nil` for any.
  public var interface: String?
  /// Which way; `nil` for either.
  public var direction: FilterDirection?
  /// Where the datagram comes from; `nil` for anywhere.
  public var source: IPPrefix?
  /// Where it goes; `nil` for anywhere.
  public var destination: IPPrefix?
  /// What it carries behind its extension headers; `nil` for anything.
  public var transport: IPProtocol?
  /// Ports of TCP or UDP that it comes from; `nil` for any.
  public var sourcePorts: ClosedRange<UInt16>?
  /// Ports of TCP or UDP that it goes to; `nil` for any.
  public var destinationPorts: ClosedRange<UInt16>?
  /// The type of an ICMP or ICMPv6 message; `nil` for any.
  public var icmpType: UInt8?
  /// The code of an ICMP or ICMPv6 message; `nil` for any.
  public var icmpCode: UInt8?

  public init(
    name: String, action: Action, interface: String? = nil, direction: FilterDirection? = nil, source: IPPrefix? = nil,
    destination: IPPrefix? = nil, transport: IPProtocol? = nil, sourcePorts: ClosedRange<UInt16>? = nil,
    destinationPorts: ClosedRange<UInt16>? = nil, icmpType: UInt8? = nil, icmpCode: UInt8? = nil
  ) {
    self.name = name
    self.action = action
    self.interface = interface
    self.direction = direction
    self.source = source
    self.destination = destination
    self.transport = transport
    self.sourcePorts = sourcePorts
    self.destinationPorts = destinationPorts
    self.icmpType = icmpType
    self.icmpCode = icmpCode
  }
}

extension FilterRule {
  /// Whether it speaks of a datagram that crosses `interface`. `bytes` begin with the verified `header`.
  func fits(_ header: IPGlance, of bytes: [UInt8], by interface: String, _ direction: FilterDirection) -> Bool {
    guard self.interface.map({ $0 == interface }) ?? true, self.direction.map({ $0 == direction }) ?? true,
      source?.contains(header.sourceAddress) ?? true, destination?.contains(header.destinationAddress) ?? true,
      transport.map({ $0 == header.protocol }) ?? true
    else { return false }
    return fitsPorts(header, bytes) && fitsMessage(header, bytes)
  }

  private func fitsPorts(_ header: IPGlance, _ bytes: [UInt8]) -> Bool {
    guard sourcePorts != nil || destinationPorts != nil else { return true }
    let start = header.headerLength
    guard header.isFirst, header.protocol == .tcp || header.protocol == .udp,
      min(header.totalLength, bytes.count) >= start + 4
    else { return false }
    let source = UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1])
    let destination = UInt16(bytes[start + 2]) << 8 | UInt16(bytes[start + 3])
    return sourcePorts?.contains(source) ?? true && destinationPorts?.contains(destination) ?? true
  }

  private func fitsMessage(_ header: IPGlance, _ bytes: [UInt8]) -> Bool {
    guard icmpType != nil || icmpCode != nil else { return true }
    let start = header.headerLength
    guard header.isFirst, header.carriesICMP, min(header.totalLength, bytes.count) >= start + 2 else { return false }
    return icmpType.map { $0 == bytes[start] } ?? true && icmpCode.map { $0 == bytes[start + 1] } ?? true
  }
}
