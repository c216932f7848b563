/// How an identification payload names somebody (RFC 2407 §4.6.2.1). Open: an unknown type survives a round trip.
public struct IdentificationType: CodePoint {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let ipv4Address = IdentificationType(rawValue: 1)
  public static let fullyQualifiedDomainName = IdentificationType(rawValue: 2)
  public static let userFullyQualifiedDomainName = IdentificationType(rawValue: 3)
  public static let ipv4AddressSubnet = IdentificationType(rawValue: 4)
  public static let ipv6Address = IdentificationType(rawValue: 5)
  public static let ipv6AddressSubnet = IdentificationType(rawValue: 6)
  public static let ipv4AddressRange = IdentificationType(rawValue: 7)
  public static let ipv6AddressRange = IdentificationType(rawValue: 8)
  public static let derASN1DistinguishedName = IdentificationType(rawValue: 9)
  public static let derASN1GeneralName = IdentificationType(rawValue: 10)
  public static let keyID = IdentificationType(rawValue: 11)

  public static let names = CodePointNames<UInt8>(
    [
      (0, "RESERVED"), (1, "ID_IPV4_ADDR"), (2, "ID_FQDN"), (3, "ID_USER_FQDN"), (4, "ID_IPV4_ADDR_SUBNET"),
      (5, "ID_IPV6_ADDR"), (6, "ID_IPV6_ADDR_SUBNET"), (7, "ID_IPV4_ADDR_RANGE"), (8, "ID_IPV6_ADDR_RANGE"),
      (9, "ID_DER_ASN1_DN"), (10, "ID_DER_ASN1_GN"), (11, "ID_KEY_ID"), (12, "ID_LIST"),
    ],
    ranges: [(13...248, "reserved"), (249...255, "private use")])
}

/// How a certificate payload is encoded (RFC 2408 §3.9). Open: an unknown encoding survives a round trip.
public struct CertificateEncoding: CodePoint {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let none = CertificateEncoding(rawValue: 0)
  public static let pkcs7WrappedX509 = CertificateEncoding(rawValue: 1)
  public static let pgp = CertificateEncoding(rawValue: 2)
  public static let dnsSignedKey = CertificateEncoding(rawValue: 3)
  public static let x509Signature = CertificateEncoding(rawValue: 4)
  public static let x509KeyExchange = CertificateEncoding(rawValue: 5)
  public static let kerberosTokens = CertificateEncoding(rawValue: 6)
  public static let certificateRevocationList = CertificateEncoding(rawValue: 7)
  public static let authorityRevocationList = CertificateEncoding(rawValue: 8)
  public static let spki = CertificateEncoding(rawValue: 9)
  public static let x509Attribute = CertificateEncoding(rawValue: 10)

  public static let names = CodePointNames<UInt8>(
    [
      (0, "NONE"), (1, "PKCS #7 wrapped X.509 certificate"), (2, "PGP Certificate"), (3, "DNS Signed Key"),
      (4, "X.509 Certificate - Signature"), (5, "X.509 Certificate - Key Exchange"), (6, "Kerberos Tokens"),
      (7, "Certificate Revocation List (CRL)"), (8, "Authority Revocation List (ARL)"), (9, "SPKI Certificate"),
      (10, "X.509 Certificate - Attribute"),
    ],
    ranges: [(11...255, "reserved")])
}

/// Which security protocol a proposal, notification or delete payload is about (RFC 2407 §4.4.1). Open: an unknown
/// protocol survives a round trip.
public struct SecurityProtocol: CodePoint {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// None named; notifications may use it.
  public static let none = SecurityProtocol(rawValue: 0)
  public static let isakmp = SecurityProtocol(rawValue: 1)
  public static let ah = SecurityProtocol(rawValue: 2)
  public static let esp = SecurityProtocol(rawValue: 3)
  public static let ipcomp = SecurityProtocol(rawValue: 4)

  public static let names = CodePointNames<UInt8>(
    [
      (0, "RESERVED"), (1, "PROTO_ISAKMP"), (2, "PROTO_IPSEC_AH"), (3, "PROTO_IPSEC_ESP"), (4, "PROTO_IPCOMP"),
    ],
    ranges: [(5...248, "reserved"), (249...255, "private use")])
}
