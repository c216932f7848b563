/// What an ISAKMP payload holds (RFC 2408 §3.1; RFC 3947 §6 for the NAT payloads). Open: an unknown type survives a
/// round trip.
public struct PayloadType: CodePoint {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let none = PayloadType(rawValue: 0)
  public static let securityAssociation = PayloadType(rawValue: 1)
  public static let proposal = PayloadType(rawValue: 2)
  public static let transform = PayloadType(rawValue: 3)
  public static let keyExchange = PayloadType(rawValue: 4)
  public static let identification = PayloadType(rawValue: 5)
  public static let certificate = PayloadType(rawValue: 6)
  public static let certificateRequest = PayloadType(rawValue: 7)
  public static let hash = PayloadType(rawValue: 8)
  public static let signature = PayloadType(rawValue: 9)
  public static let nonce = PayloadType(rawValue: 10)
  public static let notification = PayloadType(rawValue: 11)
  public static let delete = PayloadType(rawValue: 12)
  public static let vendorID = PayloadType(rawValue: 13)
  /// The attribute payload of draft-ietf-ipsec-isakmp-mode-cfg-05 §3.2.
  public static let configuration = PayloadType(rawValue: 14)
  /// NAT-D as RFC 3947 numbers it.
  public static let natDiscovery = PayloadType(rawValue: 20)
  /// NAT-OA as RFC 3947 numbers it.
  public static let natOriginalAddress = PayloadType(rawValue: 21)
  /// NAT-D as draft-ietf-ipsec-nat-t-ike-02 and -03 number it.
  public static let natDiscoveryDraft = PayloadType(rawValue: 130)
  /// NAT-OA as draft-ietf-ipsec-nat-t-ike-02 and -03 number it.
  public static let natOriginalAddressDraft = PayloadType(rawValue: 131)

  public static let names = CodePointNames<UInt8>(
    [
      (0, "NONE"), (1, "Security Association"), (2, "Proposal"), (3, "Transform"), (4, "Key Exchange"),
      (5, "Identification"), (6, "Certificate"), (7, "Certificate Request"), (8, "Hash"), (9, "Signature"),
      (10, "Nonce"), (11, "Notification"), (12, "Delete"), (13, "Vendor ID"), (14, "Configuration (Attributes)"),
      (15, "SA KEK"), (16, "SA TEK"), (17, "Key Download"), (18, "Sequence Number"), (19, "Proof of Possession"),
      (20, "NAT Discovery"), (21, "NAT Original Address"), (22, "Group Associated Policy"),
      (130, "NAT Discovery (draft)"), (131, "NAT Original Address (draft)"), (132, "IKE Fragment (Cisco)"),
    ],
    ranges: [(23...127, "reserved"), (128...255, "private use")])
}
