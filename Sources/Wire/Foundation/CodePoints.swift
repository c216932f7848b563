/// The number in an IP header that names what follows. Open: what we do not know survives a round trip.
public struct IPProtocol: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let hopByHop = IPProtocol(rawValue: 0)
  public static let icmp = IPProtocol(rawValue: 1)
  public static let ipv4 = IPProtocol(rawValue: 4)
  public static let tcp = IPProtocol(rawValue: 6)
  public static let udp = IPProtocol(rawValue: 17)
  public static let ipv6 = IPProtocol(rawValue: 41)
  public static let ipv6Routing = IPProtocol(rawValue: 43)
  public static let ipv6Fragment = IPProtocol(rawValue: 44)
  public static let gre = IPProtocol(rawValue: 47)
  public static let esp = IPProtocol(rawValue: 50)
  public static let ah = IPProtocol(rawValue: 51)
  public static let icmpv6 = IPProtocol(rawValue: 58)
  public static let noNextHeader = IPProtocol(rawValue: 59)
  public static let ipv6DestinationOptions = IPProtocol(rawValue: 60)
  public static let ipcomp = IPProtocol(rawValue: 108)
  public static let l2tp = IPProtocol(rawValue: 115)

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
