/// The attribute types of a phase 2 transform (RFC 2407 §4.5; ECN: RFC 3168 §9.2.2; ESN: RFC 4304 §2).
public struct IPsecAttributeType: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let lifeType = IPsecAttributeType(rawValue: 1)
  public static let lifeDuration = IPsecAttributeType(rawValue: 2)
  public static let groupDescription = IPsecAttributeType(rawValue: 3)
  public static let encapsulationMode = IPsecAttributeType(rawValue: 4)
  public static let authenticationAlgorithm = IPsecAttributeType(rawValue: 5)
  public static let keyLength = IPsecAttributeType(rawValue: 6)
  public static let keyRounds = IPsecAttributeType(rawValue: 7)
  public static let compressDictionarySize = IPsecAttributeType(rawValue: 8)
  public static let compressPrivateAlgorithm = IPsecAttributeType(rawValue: 9)
  public static let ecnTunnel = IPsecAttributeType(rawValue: 10)
  public static let extendedSequenceNumber = IPsecAttributeType(rawValue: 11)

  public static let names = CodePointNames<UInt16>(
    [
      (1, "SA Life Type"), (2, "SA Life Duration"), (3, "Group Description"), (4, "Encapsulation Mode"),
      (5, "Authentication Algorithm"), (6, "Key Length"), (7, "Key Rounds"), (8, "Compress Dictionary Size"),
      (9, "Compress Private Algorithm"), (10, "ECN Tunnel"), (11, "Extended (64-bit) Sequence Number"),
      (12, "Authentication Key Length"), (13, "Signature Encoding Algorithm"),
    ],
    ranges: [(14...32000, "reserved"), (32001...32767, "private use")])
}

/// Tunnel or transport mode (RFC 2407 §4.5; in UDP: RFC 3947 §5.1 and its drafts).
public struct EncapsulationMode: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let tunnel = EncapsulationMode(rawValue: 1)
  public static let transport = EncapsulationMode(rawValue: 2)
  public static let udpTunnel = EncapsulationMode(rawValue: 3)
  public static let udpTransport = EncapsulationMode(rawValue: 4)
  public static let udpTunnelDraft = EncapsulationMode(rawValue: 61443)
  public static let udpTransportDraft = EncapsulationMode(rawValue: 61444)

  public static let names = CodePointNames<UInt16>(
    [
      (1, "Tunnel"), (2, "Transport"), (3, "UDP-Encapsulated-Tunnel"), (4, "UDP-Encapsulated-Transport"),
      (61443, "UDP-Encapsulated-Tunnel (draft)"), (61444, "UDP-Encapsulated-Transport (draft)"),
    ],
    ranges: [(0...0, "reserved"), (5...61439, "reserved"), (61440...65535, "private use")])
}

/// The authenticator of AH or ESP (RFC 2407 §4.5; SHA-2: RFC 4868; RIPEMD: RFC 2857; AES-XCBC: RFC 3566).
public struct AuthenticationAlgorithm: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let hmacMD5 = AuthenticationAlgorithm(rawValue: 1)
  public static let hmacSHA1 = AuthenticationAlgorithm(rawValue: 2)
  public static let desMAC = AuthenticationAlgorithm(rawValue: 3)
  public static let kpdk = AuthenticationAlgorithm(rawValue: 4)
  public static let hmacSHA2_256 = AuthenticationAlgorithm(rawValue: 5)
  public static let hmacSHA2_384 = AuthenticationAlgorithm(rawValue: 6)
  public static let hmacSHA2_512 = AuthenticationAlgorithm(rawValue: 7)
  public static let hmacRIPEMD = AuthenticationAlgorithm(rawValue: 8)
  public static let aesXCBCMAC = AuthenticationAlgorithm(rawValue: 9)

  public static let names = CodePointNames<UInt16>(
    [
      (1, "HMAC-MD5"), (2, "HMAC-SHA"), (3, "DES-MAC"), (4, "KPDK"), (5, "HMAC-SHA2-256"), (6, "HMAC-SHA2-384"),
      (7, "HMAC-SHA2-512"), (8, "HMAC-RIPEMD"), (9, "AES-XCBC-MAC"), (10, "SIG-RSA"), (11, "AES-128-GMAC"),
      (12, "AES-192-GMAC"), (13, "AES-256-GMAC"),
    ],
    ranges: [(0...0, "reserved"), (14...61439, "reserved"), (61440...65535, "private use")])
}

/// Transforms of an ISAKMP SA (RFC 2407 §4.4.2).
public struct ISAKMPTransformID: CodePoint {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let keyIKE = ISAKMPTransformID(rawValue: 1)

  public static let names = CodePointNames<UInt8>(
    [(1, "KEY_IKE")],
    ranges: [(0...0, "reserved"), (2...248, "reserved"), (249...255, "private use")])
}

/// Transforms of AH (RFC 2407 §4.4.3).
public struct AHTransformID: CodePoint {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let md5 = AHTransformID(rawValue: 2)
  public static let sha1 = AHTransformID(rawValue: 3)
  public static let des = AHTransformID(rawValue: 4)
  public static let sha2_256 = AHTransformID(rawValue: 5)
  public static let sha2_384 = AHTransformID(rawValue: 6)
  public static let sha2_512 = AHTransformID(rawValue: 7)
  public static let ripemd = AHTransformID(rawValue: 8)
  public static let aesXCBCMAC = AHTransformID(rawValue: 9)

  public static let names = CodePointNames<UInt8>(
    [
      (2, "AH_MD5"), (3, "AH_SHA"), (4, "AH_DES"), (5, "AH_SHA2-256"), (6, "AH_SHA2-384"), (7, "AH_SHA2-512"),
      (8, "AH_RIPEMD"), (9, "AH_AES-XCBC-MAC"), (10, "AH_RSA"), (11, "AH_AES-128-GMAC"), (12, "AH_AES-192-GMAC"),
      (13, "AH_AES-256-GMAC"),
    ],
    ranges: [(0...1, "reserved"), (14...248, "reserved"), (249...255, "private use")])
}

/// Transforms of ESP (RFC 2407 §4.4.4; AES: RFC 3602 §5.2).
public struct ESPTransformID: CodePoint {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let desIV64 = ESPTransformID(rawValue: 1)
  public static let des = ESPTransformID(rawValue: 2)
  public static let tripleDES = ESPTransformID(rawValue: 3)
  public static let rc5 = ESPTransformID(rawValue: 4)
  public static let idea = ESPTransformID(rawValue: 5)
  public static let cast = ESPTransformID(rawValue: 6)
  public static let blowfish = ESPTransformID(rawValue: 7)
  public static let tripleIDEA = ESPTransformID(rawValue: 8)
  public static let desIV32 = ESPTransformID(rawValue: 9)
  public static let rc4 = ESPTransformID(rawValue: 10)
  public static let null = ESPTransformID(rawValue: 11)
  public static let aesCBC = ESPTransformID(rawValue: 12)
  public static let aesCTR = ESPTransformID(rawValue: 13)

  public static let names = CodePointNames<UInt8>(
    [
      (1, "ESP_DES_IV64"), (2, "ESP_DES"), (3, "ESP_3DES"), (4, "ESP_RC5"), (5, "ESP_IDEA"), (6, "ESP_CAST"),
      (7, "ESP_BLOWFISH"), (8, "ESP_3IDEA"), (9, "ESP_DES_IV32"), (10, "ESP_RC4"), (11, "ESP_NULL"),
      (12, "ESP_AES-CBC"), (13, "ESP_AES-CTR"), (14, "ESP_AES-CCM_8"), (15, "ESP_AES-CCM_12"), (16, "ESP_AES-CCM_16"),
      (18, "ESP_AES-GCM_8"), (19, "ESP_AES-GCM_12"), (20, "ESP_AES-GCM_16"), (21, "ESP_SEED_CBC"), (22, "ESP_CAMELLIA"),
      (23, "ESP_NULL_AUTH_AES-GMAC"),
    ],
    ranges: [(0...0, "reserved"), (24...248, "reserved"), (249...255, "private use")])
}

/// Transforms of IPComp (RFC 2407 §4.4.5; LZJH: RFC 3051).
public struct IPCompTransformID: CodePoint {
  public var rawValue: UInt8
  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let oui = IPCompTransformID(rawValue: 1)
  public static let deflate = IPCompTransformID(rawValue: 2)
  public static let lzs = IPCompTransformID(rawValue: 3)
  public static let lzjh = IPCompTransformID(rawValue: 4)

  public static let names = CodePointNames<UInt8>(
    [(1, "IPCOMP_OUI"), (2, "IPCOMP_DEFLATE"), (3, "IPCOMP_LZS"), (4, "IPCOMP_LZJH")],
    ranges: [(0...0, "reserved"), (5...47, "reserved"), (48...63, "private use"), (64...255, "reserved")])
}
