/// What the frames of a capture begin with: a LINKTYPE of the tcpdump group's registry. Open: an unknown one survives a round
/// trip.
public struct LinkType: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// BSD loopback: the address family as four octets in the byte order of the machine that captured.
  public static let null = LinkType(rawValue: 0)
  public static let ethernet = LinkType(rawValue: 1)
  /// PPP, with or without the address and control octets of HDLC.
  public static let ppp = LinkType(rawValue: 9)
  /// IPv4 or IPv6 by its version, under the number that some systems give `raw`.
  public static let raw12 = LinkType(rawValue: 12)
  /// IPv4 or IPv6 by its version, under the number that OpenBSD gives `raw`.
  public static let raw14 = LinkType(rawValue: 14)
  /// PPP in HDLC framing: address and control octets, or Cisco's.
  public static let pppHDLC = LinkType(rawValue: 50)
  /// IPv4 or IPv6 by its version.
  public static let raw = LinkType(rawValue: 101)
  /// OpenBSD loopback: the address family as four octets in network order.
  public static let loop = LinkType(rawValue: 108)
  /// Linux cooked capture, version 1.
  public static let linuxCooked = LinkType(rawValue: 113)
  /// PPP as pppd captures it: a direction octet and a zero in place of address and control.
  public static let pppPPPD = LinkType(rawValue: 166)
  /// PPP behind a direction octet.
  public static let pppWithDirection = LinkType(rawValue: 204)
  public static let ipv4 = LinkType(rawValue: 228)
  public static let ipv6 = LinkType(rawValue: 229)
  /// Linux cooked capture, version 2.
  public static let linuxCooked2 = LinkType(rawValue: 276)

  public static let names = CodePointNames<UInt16>([
    (0, "NULL"), (1, "ETHERNET"), (9, "PPP"), (12, "RAW (12)"), (14, "RAW (14)"), (50, "PPP_HDLC"), (101, "RAW"),
    (108, "LOOP"), (113, "LINUX_SLL"), (166, "PPP_PPPD"), (204, "PPP_WITH_DIR"), (228, "IPV4"), (229, "IPV6"),
    (276, "LINUX_SLL2"),
  ])
}
