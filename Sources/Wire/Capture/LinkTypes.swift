// Link types that some systems write where others write `raw` or `ppp`.
extension LinkType {
  /// IPv4 or IPv6 by its version, under the number that most BSDs give `raw`.
  public static let raw12 = LinkType(rawValue: 12)
  /// IPv4 or IPv6 by its version, under the number that OpenBSD gives `raw`.
  public static let raw14 = LinkType(rawValue: 14)
  /// PPP as pppd captures it: a direction octet and a zero in place of address and control.
  public static let pppPPPD = LinkType(rawValue: 166)
  /// PPP behind a direction octet.
  public static let pppWithDirection = LinkType(rawValue: 204)
}
