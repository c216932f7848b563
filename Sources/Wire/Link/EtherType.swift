/// The number that says what an Ethernet frame carries. Open.
public struct EtherType: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let ipv4 = EtherType(rawValue: 0x0800)
  public static let arp = EtherType(rawValue: 0x0806)
  public static let transparentEthernetBridging = EtherType(rawValue: 0x6558)
  public static let vlan = EtherType(rawValue: 0x8100)
  public static let ipv6 = EtherType(rawValue: 0x86DD)
  public static let ppp = EtherType(rawValue: 0x880B)
  public static let pppoeSession = EtherType(rawValue: 0x8864)
  public static let providerBridging = EtherType(rawValue: 0x88A8)

  /// The usual name, `nil` for one that we do not know.
  public var name: String? {
    switch self {
    case .ipv4: "IPv4"
    case .arp: "ARP"
    case .transparentEthernetBridging: "Ethernet"
    case .vlan: "802.1Q VLAN tag"
    case .ipv6: "IPv6"
    case .ppp: "PPP"
    case .pppoeSession: "PPPoE session"
    case .providerBridging: "802.1ad provider bridging tag"
    default: nil
    }
  }

  /// What a field with this number means.
  static func meaning(_ value: UInt64) -> String {
    EtherType(rawValue: UInt16(truncatingIfNeeded: value)).name ?? "unknown"
  }

  /// Whether the number is a length: an 802.3 frame says how much it carries instead of what.
  public var isLength: Bool { rawValue <= 1500 }
  /// Whether a VLAN tag follows.
  public var isTag: Bool { self == .vlan || self == .providerBridging }
}

/// What a frame of a capture file begins with. Open; the numbers are those of the capture formats (tcpdump.org's
/// list of link-layer header types).
public struct LinkType: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// A BSD loopback: the address family in the byte order of whoever captured.
  public static let null = LinkType(rawValue: 0)
  public static let ethernet = LinkType(rawValue: 1)
  /// PPP, with address and control where they were not compressed away.
  public static let ppp = LinkType(rawValue: 9)
  /// No link header: the version nibble says which IP.
  public static let raw = LinkType(rawValue: 101)
  /// PPP in HDLC framing: address and control are always there.
  public static let pppHDLC = LinkType(rawValue: 50)
  /// An OpenBSD loopback: the address family, most significant octet first.
  public static let loop = LinkType(rawValue: 108)
  /// Linux "cooked" capture, version 1.
  public static let linuxCooked = LinkType(rawValue: 113)
  public static let ipv4 = LinkType(rawValue: 228)
  public static let ipv6 = LinkType(rawValue: 229)
  /// Linux "cooked" capture, version 2.
  public static let linuxCooked2 = LinkType(rawValue: 276)
}
