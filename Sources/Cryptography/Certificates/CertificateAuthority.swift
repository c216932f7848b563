/// One that issues certificates and revocation lists. Nothing in them is random, nor taken from a clock: the same
/// arguments make the same octets, in any process.
public struct CertificateAuthority: Hashable, Sendable {
  /// Its own certificate.
  public let certificate: Certificate
  private let key: PrivateKey
  private let hash: HashAlgorithm

  /// When a certificate is valid: seconds since the beginning of 1970, the last one included.
  public typealias Validity = ClosedRange<Int64>

  /// What a certificate is to say.
  public struct Request: Hashable, Sendable {
    /// Whose it is.
    public var subject: DistinguishedName
    /// The subject's key.
    public var publicKey: PublicKey
    /// See ``CertificateAuthority/serialNumber(using:)``.
    public var serialNumber: [UInt8]
    /// When it is valid.
    public var validity: Validity
    /// The identities under which the subject's IKE may appear.
    public var alternativeNames: [AlternativeName]
    /// Whether the subject may issue certificates itself.
    public var isAuthority: Bool
    /// How many authorities may follow below the subject; nil for any number.
    public var pathLength: Int?

    /// A request for the certificate of a node, where nothing else is said.
    public init(
      subject: DistinguishedName, publicKey: PublicKey, serialNumber: [UInt8], validity: Validity,
      alternativeNames: [AlternativeName] = [], isAuthority: Bool = false, pathLength: Int? = nil
    ) {
      self.subject = subject
      self.publicKey = publicKey
      self.serialNumber = serialNumber
      self.validity = validity
      self.alternativeNames = alternativeNames
      self.isAuthority = isAuthority
      self.pathLength = pathLength
    }
  }

  /// An authority with a certificate that it has already, and the key of that.
  public init(certificate: Certificate, key: PrivateKey, hash: HashAlgorithm = .sha1) throws(CryptographyError) {
    guard certificate.publicKey == key.publicKey else {
      throw .key(algorithm: key.publicKey.algorithm, fault: "is not the one of the certificate \(certificate.subject)")
    }
    self.certificate = certificate
    self.key = key
    self.hash = hash
  }

  /// A root: one that signs its own certificate.
  public static func root(
    subject: DistinguishedName, key: PrivateKey, serialNumber: [UInt8], validity: Validity,
    pathLength: Int? = nil, hash: HashAlgorithm = .sha1
  ) throws(CryptographyError) -> CertificateAuthority {
    let request = Request(
      subject: subject, publicKey: key.publicKey, serialNumber: serialNumber, validity: validity, isAuthority: true,
      pathLength: pathLength)
    let signer = Signer(name: subject, key: key, hash: hash, keyIdentifier: nil)
    return try CertificateAuthority(certificate: signer.issue(request), key: key, hash: hash)
  }

  /// A serial number of eight octets, the highest bit zero (RFC 2459 §4.1.2.2). Takes eight octets of the stream.
  public static func serialNumber(using generator: inout SeededGenerator) -> [UInt8] {
    var octets = generator.bytes(8)
    octets[0] = octets[0] & 0x7F | 0x40
    return octets
  }

  /// A certificate with this authority's name and signature.
  public func issue(_ request: Request) throws(CryptographyError) -> Certificate { try signer.issue(request) }

  /// The list with that number (RFC 2459 §5.2.3) of what was taken back.
  public func revocationList(
    number: UInt64, thisUpdate: Int64, nextUpdate: Int64, _ entries: [RevocationList.Entry]
  ) throws(CryptographyError) -> RevocationList {
    try signer.list(number, thisUpdate, nextUpdate, entries)
  }

  private var signer: Signer {
    Signer(
      name: certificate.subject, key: key, hash: hash,
      keyIdentifier: certificate.extensions.subjectKeyIdentifier)
  }
}

/// Who signs, with what.
private struct Signer {
  let name: DistinguishedName
  let key: PrivateKey
  let hash: HashAlgorithm
  /// nil where it signs its own certificate.
  let keyIdentifier: [UInt8]?

  /// SHA-1 of the public key's bits: RFC 2459 §4.2.1.2 (1).
  private static func identifier(_ key: PublicKey) -> [UInt8] {
    switch key {
    case .rsa(let key): HashAlgorithm.sha1.digest(key.encoded)
    case .dsa(let key): HashAlgorithm.sha1.digest(DER.integer(key.value))
    }
  }

  private func sign(_ fields: (SignatureAlgorithm) -> [UInt8]) throws(CryptographyError) -> [UInt8] {
    guard let algorithm = SignatureAlgorithm(key, hash) else {
      throw .algorithmUnavailable(
        name: "\(key.publicKey.algorithm) with \(hash.name)", reason: "no certificate is signed so")
    }
    let signed = fields(algorithm)
    return DER.sequence(signed, algorithm.encoded, DER.bitString(try algorithm.sign(signed, with: key)))
  }

  func issue(_ request: CertificateAuthority.Request) throws(CryptographyError) -> Certificate {
    var extensions = CertificateExtensions()
    extensions.isAuthority = request.isAuthority
    extensions.pathLength = request.pathLength
    extensions.keyUsages =
      request.isAuthority ? [.certificateSigning, .revocationListSigning] : [.digitalSignature, .keyEncipherment]
    // A DSA key can't encrypt.
    if case .dsa = request.publicKey { extensions.keyUsages?.remove(.keyEncipherment) }
    extensions.subjectKeyIdentifier = Self.identifier(request.publicKey)
    extensions.authorityKeyIdentifier = keyIdentifier
    extensions.alternativeNames = request.alternativeNames
    let contents = extensions.encoded
    let octets = try sign { algorithm in
      DER.sequence(
        DER.value(.constructed(0), DER.integer(2)), DER.integer(request.serialNumber), algorithm.encoded,
        name.encoded,
        DER.sequence(
          CertificateTime.encoded(request.validity.lowerBound), CertificateTime.encoded(request.validity.upperBound)),
        request.subject.encoded, request.publicKey.subjectPublicKeyInfo, DER.value(.constructed(3), contents))
    }
    return try readBack { () throws(DERError) in try Certificate(der: octets) }
  }

  func list(
    _ number: UInt64, _ thisUpdate: Int64, _ nextUpdate: Int64, _ entries: [RevocationList.Entry]
  ) throws(CryptographyError) -> RevocationList {
    let revoked = entries.map { entry in
      let reason = entry.reason.map { reason in
        DER.sequence(
          CertificateExtensions.encoded(
            RevocationList.reasonCode, DER.value(.enumerated, [UInt8(reason.rawValue)])))
      }
      return DER.sequence(DER.integer(entry.serialNumber), CertificateTime.encoded(entry.date), reason ?? [])
    }
    let authority = keyIdentifier.map { CertificateExtensions.encodedAuthority($0) } ?? []
    let extensions = DER.sequence(
      authority, CertificateExtensions.encoded(RevocationList.number, DER.integer(number)))
    let octets = try sign { algorithm in
      DER.sequence(
        DER.integer(1), algorithm.encoded, name.encoded, CertificateTime.encoded(thisUpdate),
        CertificateTime.encoded(nextUpdate), revoked.isEmpty ? [] : DER.sequence(of: revoked),
        DER.value(.constructed(0), extensions))
    }
    return try readBack { () throws(DERError) in try RevocationList(der: octets) }
  }

  /// What was made is read like any other: an address of five octets, say, was asked for and is refused here.
  private func readBack<Result>(_ body: () throws(DERError) -> Result) throws(CryptographyError) -> Result {
    do { return try body() } catch {
      throw .key(algorithm: key.publicKey.algorithm, fault: "signed what is no \(error)")
    }
  }
}
