/// The number in an IP header that names what follows. Open: what we do not know survives a round trip.
public struct IPProtocol: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  // Computed, so that other rooms compare a number, where a constant would be fetched by a call.
  @inlinable public static var hopByHop: IPProtocol { IPProtocol(rawValue: 0) }
  @inlinable public static var icmp: IPProtocol { IPProtocol(rawValue: 1) }
  @inlinable public static var ipv4: IPProtocol { IPProtocol(rawValue: 4) }
  @inlinable public static var tcp: IPProtocol { IPProtocol(rawValue: 6) }
  @inlinable public static var udp: IPProtocol { IPProtocol(rawValue: 17) }
  @inlinable public static var ipv6: IPProtocol { IPProtocol(rawValue: 41) }
  @inlinable public static var ipv6Routing: IPProtocol { IPProtocol(rawValue: 43) }
  @inlinable public static var ipv6Fragment: IPProtocol { IPProtocol(rawValue: 44) }
  @inlinable public static var gre: IPProtocol { IPProtocol(rawValue: 47) }
  @inlinable public static var esp: IPProtocol { IPProtocol(rawValue: 50) }
  @inlinable public static var ah: IPProtocol { IPProtocol(rawValue: 51) }
  @inlinable public static var icmpv6: IPProtocol { IPProtocol(rawValue: 58) }
  @inlinable public static var noNextHeader: IPProtocol { IPProtocol(rawValue: 59) }
  @inlinable public static var ipv6DestinationOptions: IPProtocol { IPProtocol(rawValue: 60) }
  @inlinable public static var ipcomp: IPProtocol { IPProtocol(rawValue: 108) }
  @inlinable public static var l2tp: IPProtocol { IPProtocol(rawValue: 115) }

  /// What a field with this number means.
  static func meaning(_ value: UInt64) -> String {
    IPProtocol(rawValue: UInt8(truncatingIfNeeded: value)).name ?? "unknown"
  }

  /// The usual short name, `nil` for one that we do not know.
  public var name: String? {
    switch self {
    case .hopByHop: "IPv6 hop-by-hop options"
    case .icmp: "ICMP"
    case .ipv4: "IPv4"
    case .tcp: "TCP"
    case .udp: "UDP"
    case .ipv6: "IPv6"
    case .ipv6Routing: "IPv6 routing"
    case .ipv6Fragment: "IPv6 fragment"
    case .gre: "GRE"
    case .esp: "ESP"
    case .ah: "AH"
    case .icmpv6: "ICMPv6"
    case .noNextHeader: "no next header"
    case .ipv6DestinationOptions: "IPv6 destination options"
    case .ipcomp: "IPComp"
    case .l2tp: "L2TPv3"
    default: nil
    }
  }
}
