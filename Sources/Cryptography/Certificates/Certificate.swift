/// An X.509 certificate (RFC 2459 §4): a key, whose it is, and who says so.
///
/// A value: what was read stays beside the octets that it was read from. To have read one says nothing of whether it is
/// to be trusted: see ``CertificateVerifier``.
public struct Certificate: Hashable, Sendable {
  /// The octets of a CERT payload of type X.509 (RFC 2408 §3.9).
  public let encoded: [UInt8]
  /// 1, 2 or 3.
  public let version: Int
  /// Without zeros in front.
  public let serialNumber: [UInt8]
  /// Who signed it.
  public let issuer: DistinguishedName
  /// Whose it is.
  public let subject: DistinguishedName
  /// The first second in which it is valid, since the beginning of 1970.
  public let notBefore: Int64
  /// The last second in which it is valid.
  public let notAfter: Int64
  /// nil where it is neither RSA nor DSA, or of a length that is not taken: ``publicKeyFault`` says which.
  public let publicKey: PublicKey?
  /// Why there is no public key.
  public let publicKeyFault: KeyReadingError?
  /// How it is signed.
  public let signatureAlgorithm: SignatureAlgorithm
  /// What else it says; nothing in versions 1 and 2.
  public let extensions: CertificateExtensions

  let signature: [UInt8]
  /// What is signed.
  let signedPart: Range<Int>

  private static let structure = "certificate"

  /// Reads the octets of one certificate, all of them.
  public init(der octets: [UInt8]) throws(DERError) {
    var outer = DERReader(octets, structure: Self.structure)
    var reader = try outer.sequence("Certificate")
    try outer.finish("Certificate")
    let signed = try reader.next(.sequence, "tbsCertificate")
    let offset = reader.position
    let algorithm = try SignatureAlgorithm(reading: &reader, "signatureAlgorithm")
    signature = try reader.bitString("signatureValue")
    try reader.finish("Certificate")
    var fields = try reader.inside(signed)
    version = try Self.version(&fields)
    serialNumber = try Self.serialNumber(&fields)
    guard try SignatureAlgorithm(reading: &fields, "signature") == algorithm else {
      throw reader.error("signatureAlgorithm", at: offset, "is not the one that is signed (RFC 2459 §4.1.1.2)")
    }
    issuer = try DistinguishedName(reading: &fields, "issuer")
    var validity = try fields.sequence("validity")
    notBefore = try CertificateTime.read(&validity, "notBefore")
    notAfter = try CertificateTime.read(&validity, "notAfter")
    subject = try DistinguishedName(reading: &fields, "subject")
    let key = fields.whole(try fields.next(.sequence, "subjectPublicKeyInfo"))
    (publicKey, publicKeyFault) = Self.publicKey(key)
    // issuerUniqueID and subjectUniqueID, which RFC 2459 §4.1.2.8 wants nobody to make.
    for number: UInt8 in [1, 2] where fields.isNext(.context(number)) { _ = try fields.next("unique identifier") }
    extensions = try CertificateExtensions(reading: &fields, tag: .constructed(3))
    try fields.finish("tbsCertificate")
    signatureAlgorithm = algorithm
    signedPart = signed.whole
    encoded = octets
  }

  private static func version(_ fields: inout DERReader) throws(DERError) -> Int {
    guard fields.isNext(.constructed(0)) else { return 1 }
    var inside = try fields.inside(fields.next("version"))
    let offset = inside.position
    let number = try inside.smallNumber("version")
    guard number <= 2 else { throw inside.error("version", at: offset, "is \(number); expected 0 to 2") }
    return number + 1
  }

  /// Deviates: RFC 2459 §4.1.2.2 lets nobody issue a negative one; those that did are refused.
  private static func serialNumber(_ fields: inout DERReader) throws(DERError) -> [UInt8] {
    try fields.number("serialNumber")
  }

  private static func publicKey(_ octets: [UInt8]) -> (PublicKey?, KeyReadingError?) {
    do {
      return (try KeyEncoding.publicKey(octets, structure: "\(structure)'s public key"), nil)
    } catch {
      return (nil, error)
    }
  }

  /// Every `CERTIFICATE` of a text in PEM, in order; at least one.
  public static func all(pem text: String) throws(KeyReadingError) -> [Certificate] {
    var certificates: [Certificate] = []
    for block in try KeyEncoding.blocks(text) where block.label == "CERTIFICATE" || block.label == "X509 CERTIFICATE" {
      certificates.append(try KeyEncoding.parse { () throws(DERError) in try Certificate(der: block.octets) })
    }
    guard !certificates.isEmpty else { throw .text(PEMError(line: 0, label: "CERTIFICATE", fault: .missing)) }
    return certificates
  }

  /// `CERTIFICATE` in PEM.
  public var pem: String { PEMBlock(label: "CERTIFICATE", octets: encoded).text }

  /// Whether the key signed it. Errors are libcrypto's.
  public func isSigned(by key: PublicKey) throws(CryptographyError) -> Bool {
    try signatureAlgorithm.isSignature(signature, of: Array(encoded[signedPart]), by: key)
  }

  /// Whether a peer that shows it may call itself `name`: by one of its alternative names, or by its subject's name. DNS
  /// names and the domains of mail addresses are the same in either case of their letters (RFC 2459 §4.2.1.7).
  public func names(_ name: AlternativeName) -> Bool {
    switch name {
    case .directory(let name) where name == subject: true
    case .dns(let text):
      extensions.alternativeNames.contains { other in
        if case .dns(let own) = other { own.lowercased() == text.lowercased() } else { false }
      }
    case .email(let text):
      extensions.alternativeNames.contains { other in
        if case .email(let own) = other { Self.mailAddress(own) == Self.mailAddress(text) } else { false }
      }
    default: extensions.alternativeNames.contains(name)
    }
  }

  private static func mailAddress(_ text: String) -> [String] {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    return parts.dropLast() + [(parts.last ?? "").lowercased()]
  }
}
