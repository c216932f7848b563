/// The attribute types of a phase 1 transform (RFC 2409 Appendix A).
public struct IKEAttributeType: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let encryptionAlgorithm = IKEAttributeType(rawValue: 1)
  public static let hashAlgorithm = IKEAttributeType(rawValue: 2)
  public static let authenticationMethod = IKEAttributeType(rawValue: 3)
  public static let groupDescription = IKEAttributeType(rawValue: 4)
  public static let groupType = IKEAttributeType(rawValue: 5)
  public static let groupPrime = IKEAttributeType(rawValue: 6)
  public static let groupGeneratorOne = IKEAttributeType(rawValue: 7)
  public static let groupGeneratorTwo = IKEAttributeType(rawValue: 8)
  public static let groupCurveA = IKEAttributeType(rawValue: 9)
  public static let groupCurveB = IKEAttributeType(rawValue: 10)
  public static let lifeType = IKEAttributeType(rawValue: 11)
  public static let lifeDuration = IKEAttributeType(rawValue: 12)
  public static let pseudoRandomFunction = IKEAttributeType(rawValue: 13)
  public static let keyLength = IKEAttributeType(rawValue: 14)
  public static let fieldSize = IKEAttributeType(rawValue: 15)
  public static let groupOrder = IKEAttributeType(rawValue: 16)

  public static let names = CodePointNames<UInt16>(
    [
      (1, "Encryption Algorithm"), (2, "Hash Algorithm"), (3, "Authentication Method"), (4, "Group Description"),
      (5, "Group Type"), (6, "Group Prime/Irreducible Polynomial"), (7, "Group Generator One"),
      (8, "Group Generator Two"), (9, "Group Curve A"), (10, "Group Curve B"), (11, "Life Type"), (12, "Life Duration"),
      (13, "PRF"), (14, "Key Length"), (15, "Field Size"), (16, "Group Order"),
    ],
    ranges: [(17...16383, "reserved"), (16384...32767, "private use")])
}

/// Ciphers of an ISAKMP SA (RFC 2409 Appendix A; AES: RFC 3602 §5.3; Camellia: RFC 4312 §4.1).
public struct IKEEncryptionAlgorithm: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let desCBC = IKEEncryptionAlgorithm(rawValue: 1)
  public static let ideaCBC = IKEEncryptionAlgorithm(rawValue: 2)
  public static let blowfishCBC = IKEEncryptionAlgorithm(rawValue: 3)
  public static let rc5R16B64CBC = IKEEncryptionAlgorithm(rawValue: 4)
  public static let tripleDESCBC = IKEEncryptionAlgorithm(rawValue: 5)
  public static let castCBC = IKEEncryptionAlgorithm(rawValue: 6)
  public static let aesCBC = IKEEncryptionAlgorithm(rawValue: 7)
  public static let camelliaCBC = IKEEncryptionAlgorithm(rawValue: 8)

  public static let names = CodePointNames<UInt16>(
    [
      (1, "DES-CBC"), (2, "IDEA-CBC"), (3, "Blowfish-CBC"), (4, "RC5-R16-B64-CBC"), (5, "3DES-CBC"), (6, "CAST-CBC"),
      (7, "AES-CBC"), (8, "CAMELLIA-CBC"),
    ],
    ranges: [(0...0, "reserved"), (9...65000, "reserved"), (65001...65535, "private use")])
}

/// Hashes of an ISAKMP SA (RFC 2409 Appendix A; SHA-2: RFC 4868 as IANA numbers them).
public struct IKEHashAlgorithm: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let md5 = IKEHashAlgorithm(rawValue: 1)
  public static let sha1 = IKEHashAlgorithm(rawValue: 2)
  public static let tiger = IKEHashAlgorithm(rawValue: 3)
  public static let sha2_256 = IKEHashAlgorithm(rawValue: 4)
  public static let sha2_384 = IKEHashAlgorithm(rawValue: 5)
  public static let sha2_512 = IKEHashAlgorithm(rawValue: 6)

  public static let names = CodePointNames<UInt16>(
    [(1, "MD5"), (2, "SHA"), (3, "Tiger"), (4, "SHA2-256"), (5, "SHA2-384"), (6, "SHA2-512")],
    ranges: [(0...0, "reserved"), (7...65000, "reserved"), (65001...65535, "private use")])
}

/// How the peers prove who they are in phase 1 (RFC 2409 Appendix A, draft-beaulieu-ike-xauth-02 §7.2,
/// draft-zegman-ike-hybrid-auth-01 §3.2).
public struct IKEAuthenticationMethod: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let preSharedKey = IKEAuthenticationMethod(rawValue: 1)
  public static let dssSignatures = IKEAuthenticationMethod(rawValue: 2)
  public static let rsaSignatures = IKEAuthenticationMethod(rawValue: 3)
  public static let rsaEncryption = IKEAuthenticationMethod(rawValue: 4)
  public static let revisedRSAEncryption = IKEAuthenticationMethod(rawValue: 5)
  public static let hybridInitiatorRSA = IKEAuthenticationMethod(rawValue: 64221)
  public static let hybridResponderRSA = IKEAuthenticationMethod(rawValue: 64222)
  public static let xauthInitiatorPreShared = IKEAuthenticationMethod(rawValue: 65001)
  public static let xauthResponderPreShared = IKEAuthenticationMethod(rawValue: 65002)
  public static let xauthInitiatorRSA = IKEAuthenticationMethod(rawValue: 65005)
  public static let xauthResponderRSA = IKEAuthenticationMethod(rawValue: 65006)

  public static let names = CodePointNames<UInt16>(
    [
      (1, "pre-shared key"), (2, "DSS signatures"), (3, "RSA signatures"), (4, "encryption with RSA"),
      (5, "revised encryption with RSA"), (6, "encryption with ElGamal"), (7, "revised encryption with ElGamal"),
      (8, "ECDSA signatures"), (9, "ECDSA with SHA-256 on P-256"), (10, "ECDSA with SHA-384 on P-384"),
      (11, "ECDSA with SHA-512 on P-521"), (64221, "HybridInitRSA"), (64222, "HybridRespRSA"), (64223, "HybridInitDSS"),
      (64224, "HybridRespDSS"), (65001, "XAUTHInitPreShared"), (65002, "XAUTHRespPreShared"), (65003, "XAUTHInitDSS"),
      (65004, "XAUTHRespDSS"), (65005, "XAUTHInitRSA"), (65006, "XAUTHRespRSA"), (65007, "XAUTHInitRSAEncryption"),
      (65008, "XAUTHRespRSAEncryption"), (65009, "XAUTHInitRSARevisedEncryption"),
      (65010, "XAUTHRespRSARevisedEncryption"),
    ],
    ranges: [(0...0, "reserved"), (12...65000, "reserved"), (65001...65535, "private use")])
}

/// Diffie-Hellman groups by number (RFC 2409 §6, RFC 3526, RFC 5114, RFC 5903), in phase 1 and for perfect forward
/// secrecy in phase 2.
public struct OakleyGroup: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let modp768 = OakleyGroup(rawValue: 1)
  public static let modp1024 = OakleyGroup(rawValue: 2)
  public static let ec2n155 = OakleyGroup(rawValue: 3)
  public static let ec2n185 = OakleyGroup(rawValue: 4)
  public static let modp1536 = OakleyGroup(rawValue: 5)
  public static let modp2048 = OakleyGroup(rawValue: 14)
  public static let modp3072 = OakleyGroup(rawValue: 15)
  public static let modp4096 = OakleyGroup(rawValue: 16)
  public static let modp6144 = OakleyGroup(rawValue: 17)
  public static let modp8192 = OakleyGroup(rawValue: 18)

  public static let names = CodePointNames<UInt16>(
    [
      (1, "768-bit MODP group"), (2, "1024-bit MODP group"), (3, "EC2N group over GF[2^155]"),
      (4, "EC2N group over GF[2^185]"), (5, "1536-bit MODP group"), (6, "EC2N group over GF[2^163], random"),
      (7, "EC2N group over GF[2^163], Koblitz"), (8, "EC2N group over GF[2^283], random"),
      (9, "EC2N group over GF[2^283], Koblitz"), (10, "EC2N group over GF[2^409], random"),
      (11, "EC2N group over GF[2^409], Koblitz"), (12, "EC2N group over GF[2^571], random"),
      (13, "EC2N group over GF[2^571], Koblitz"), (14, "2048-bit MODP group"), (15, "3072-bit MODP group"),
      (16, "4096-bit MODP group"), (17, "6144-bit MODP group"), (18, "8192-bit MODP group"),
      (19, "256-bit random ECP group"), (20, "384-bit random ECP group"), (21, "521-bit random ECP group"),
      (22, "1024-bit MODP group with 160-bit prime order subgroup"),
      (23, "2048-bit MODP group with 224-bit prime order subgroup"),
      (24, "2048-bit MODP group with 256-bit prime order subgroup"), (25, "192-bit random ECP group"),
      (26, "224-bit random ECP group"),
    ],
    ranges: [(0...0, "reserved"), (27...32767, "reserved"), (32768...65535, "private use")])
}

/// What kind of group is described in new group mode (RFC 2409 Appendix A).
public struct OakleyGroupType: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let modp = OakleyGroupType(rawValue: 1)
  public static let ecp = OakleyGroupType(rawValue: 2)
  public static let ec2n = OakleyGroupType(rawValue: 3)

  public static let names = CodePointNames<UInt16>(
    [(1, "MODP"), (2, "ECP"), (3, "EC2N")],
    ranges: [(0...0, "reserved"), (4...65000, "reserved"), (65001...65535, "private use")])
}

/// What the life duration that follows counts: the same numbers in phase 1 (RFC 2409 Appendix A) and phase 2 (RFC
/// 2407 §4.5).
public struct LifeType: CodePoint {
  public var rawValue: UInt16
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let seconds = LifeType(rawValue: 1)
  public static let kilobytes = LifeType(rawValue: 2)

  public static let names = CodePointNames<UInt16>(
    [(1, "seconds"), (2, "kilobytes")],
    ranges: [(0...0, "reserved"), (3...61439, "reserved"), (61440...65535, "private use")])
}
