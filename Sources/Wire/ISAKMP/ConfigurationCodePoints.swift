/// What a configuration payload does (draft-ietf-ipsec-isakmp-mode-cfg-05 §3.3). Open: an unknown type survives a
/// round trip.
public struct ConfigurationType: CodePoint {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let request = ConfigurationType(rawValue: 1)
  public static let reply = ConfigurationType(rawValue: 2)
  public static let set = ConfigurationType(rawValue: 3)
  public static let acknowledge = ConfigurationType(rawValue: 4)

  public static let names = CodePointNames<UInt8>(
    [
      (0, "RESERVED"), (1, "ISAKMP_CFG_REQUEST"), (2, "ISAKMP_CFG_REPLY"), (3, "ISAKMP_CFG_SET"),
      (4, "ISAKMP_CFG_ACK"),
    ],
    ranges: [(5...127, "reserved"), (128...255, "private use")])
}

/// The attribute types of a configuration payload (draft-ietf-ipsec-isakmp-mode-cfg-05 §3.4,
/// draft-beaulieu-ike-xauth-02 §6.2, and Cisco's Unity extensions).
public struct ConfigurationAttributeType: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let internalIPv4Address = ConfigurationAttributeType(rawValue: 1)
  public static let internalIPv4Netmask = ConfigurationAttributeType(rawValue: 2)
  public static let internalIPv4DNS = ConfigurationAttributeType(rawValue: 3)
  public static let internalIPv4NBNS = ConfigurationAttributeType(rawValue: 4)
  public static let internalAddressExpiry = ConfigurationAttributeType(rawValue: 5)
  public static let internalIPv4DHCP = ConfigurationAttributeType(rawValue: 6)
  public static let applicationVersion = ConfigurationAttributeType(rawValue: 7)
  public static let internalIPv6Address = ConfigurationAttributeType(rawValue: 8)
  public static let internalIPv4Subnet = ConfigurationAttributeType(rawValue: 13)
  public static let supportedAttributes = ConfigurationAttributeType(rawValue: 14)
  public static let internalIPv6Subnet = ConfigurationAttributeType(rawValue: 15)
  public static let xauthType = ConfigurationAttributeType(rawValue: 16520)
  public static let xauthUserName = ConfigurationAttributeType(rawValue: 16521)
  public static let xauthUserPassword = ConfigurationAttributeType(rawValue: 16522)
  public static let xauthPasscode = ConfigurationAttributeType(rawValue: 16523)
  public static let xauthMessage = ConfigurationAttributeType(rawValue: 16524)
  public static let xauthChallenge = ConfigurationAttributeType(rawValue: 16525)
  public static let xauthDomain = ConfigurationAttributeType(rawValue: 16526)
  public static let xauthStatus = ConfigurationAttributeType(rawValue: 16527)

  public static let names = CodePointNames<UInt16>(
    [
      (1, "INTERNAL_IP4_ADDRESS"), (2, "INTERNAL_IP4_NETMASK"), (3, "INTERNAL_IP4_DNS"), (4, "INTERNAL_IP4_NBNS"),
      (5, "INTERNAL_ADDRESS_EXPIRY"), (6, "INTERNAL_IP4_DHCP"), (7, "APPLICATION_VERSION"),
      (8, "INTERNAL_IP6_ADDRESS"), (9, "INTERNAL_IP6_NETMASK"), (10, "INTERNAL_IP6_DNS"), (11, "INTERNAL_IP6_NBNS"),
      (12, "INTERNAL_IP6_DHCP"), (13, "INTERNAL_IP4_SUBNET"), (14, "SUPPORTED_ATTRIBUTES"),
      (15, "INTERNAL_IP6_SUBNET"), (16520, "XAUTH-TYPE"), (16521, "XAUTH-USER-NAME"), (16522, "XAUTH-USER-PASSWORD"),
      (16523, "XAUTH-PASSCODE"), (16524, "XAUTH-MESSAGE"), (16525, "XAUTH-CHALLENGE"), (16526, "XAUTH-DOMAIN"),
      (16527, "XAUTH-STATUS"), (16528, "XAUTH-NEXT-PIN"), (16529, "XAUTH-ANSWER"), (28672, "UNITY-BANNER"),
      (28673, "UNITY-SAVE-PASSWD"), (28674, "UNITY-DEF-DOMAIN"), (28675, "UNITY-SPLITDNS-NAME"),
      (28676, "UNITY-SPLIT-INCLUDE"), (28677, "UNITY-NATT-PORT"), (28678, "UNITY-LOCAL-LAN"), (28679, "UNITY-PFS"),
      (28680, "UNITY-FW-TYPE"), (28681, "UNITY-BACKUP-SERVERS"), (28682, "UNITY-DDNS-HOSTNAME"),
    ],
    ranges: [(16...16383, "reserved"), (16384...32767, "private use")])
}
