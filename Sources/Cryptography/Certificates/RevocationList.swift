/// A list of certificates that their issuer took back (RFC 2459 §5).
public struct RevocationList: Hashable, Sendable {
  /// Why a certificate was taken back (RFC 2459 §5.3.1).
  public enum Reason: Int, CaseIterable, Hashable, Sendable {
    /// Nothing is said.
    case unspecified = 0
    /// Somebody else has the key, or may have it.
    case keyCompromise = 1
    /// Somebody else has its issuer's key.
    case authorityCompromise = 2
    /// The subject's name is another now.
    case affiliationChanged = 3
    /// There is a newer one.
    case superseded = 4
    /// What it was for is no more.
    case cessationOfOperation = 5
    /// For the time being.
    case hold = 6
    /// No longer revoked: in lists of changes only.
    case removeFromList = 8
  }

  /// One that was taken back.
  public struct Entry: Hashable, Sendable {
    /// Without zeros in front.
    public let serialNumber: [UInt8]
    /// Since when, in seconds since the beginning of 1970.
    public let date: Int64
    /// Why; nil where nothing is said.
    public let reason: Reason?

    /// Takes a serial number as it comes, with zeros in front or without.
    public init(serialNumber: [UInt8], date: Int64, reason: Reason? = nil) {
      self.serialNumber = Array(serialNumber.drop { $0 == 0 })
      self.date = date
      self.reason = reason
    }
  }

  /// The octets of a CERT payload of type CRL (RFC 2408 §3.9).
  public let encoded: [UInt8]
  /// Whose certificates they are, and who signed the list.
  public let issuer: DistinguishedName
  /// When it was issued, in seconds since the beginning of 1970.
  public let thisUpdate: Int64
  /// When the next one is issued at the latest.
  public let nextUpdate: Int64?
  /// In the order of the list.
  public let entries: [Entry]
  /// How it is signed.
  public let signatureAlgorithm: SignatureAlgorithm
  /// The numbers of its extensions that must be understood, and aren't.
  public let unknownCritical: [String]

  let signature: [UInt8]
  let signedPart: Range<Int>

  private static let structure = "revocation list"
  static let number = ObjectIdentifier(2, 5, 29, 20)
  static let reasonCode = ObjectIdentifier(2, 5, 29, 21)

  // MARK: - Reading

  /// Reads the octets of one list, all of them.
  public init(der octets: [UInt8]) throws(DERError) {
    var outer = DERReader(octets, structure: Self.structure)
    var reader = try outer.sequence("CertificateList")
    try outer.finish("CertificateList")
    let signed = try reader.next(.sequence, "tbsCertList")
    let offset = reader.position
    let algorithm = try SignatureAlgorithm(reading: &reader, "signatureAlgorithm")
    signature = try reader.bitString("signatureValue")
    try reader.finish("CertificateList")
    var fields = try reader.inside(signed)
    if fields.isNext(.integer) { _ = try fields.smallNumber("version") }
    guard try SignatureAlgorithm(reading: &fields, "signature") == algorithm else {
      throw reader.error("signatureAlgorithm", at: offset, "is not the one that is signed (RFC 2459 §5.1.1.2)")
    }
    issuer = try DistinguishedName(reading: &fields, "issuer")
    thisUpdate = try CertificateTime.read(&fields, "thisUpdate")
    let hasNext = fields.isNext(.utcTime) || fields.isNext(.generalizedTime)
    nextUpdate = hasNext ? try CertificateTime.read(&fields, "nextUpdate") : nil
    var unknown: [String] = []
    entries = try Self.entries(&fields, &unknown)
    if fields.isNext(.constructed(0)) {
      var inside = try fields.inside(fields.next("crlExtensions"))
      _ = try Self.extensions(&inside, "crlExtensions", known: [Self.number], &unknown)
    }
    try fields.finish("tbsCertList")
    unknownCritical = unknown
    signatureAlgorithm = algorithm
    signedPart = signed.whole
    encoded = octets
  }

  private static func entries(_ fields: inout DERReader, _ unknown: inout [String]) throws(DERError) -> [Entry] {
    guard fields.isNext(.sequence) else { return [] }
    var list = try fields.sequence("revokedCertificates")
    var entries: [Entry] = []
    while !list.isAtEnd {
      var part = try list.sequence("revokedCertificates")
      let serialNumber = try part.number("userCertificate")
      let date = try CertificateTime.read(&part, "revocationDate")
      var reason: Reason?
      if !part.isAtEnd {
        var code = try extensions(&part, "crlEntryExtensions", known: [reasonCode], &unknown)
        if let value = try code?.next(.enumerated, "reasonCode"), let contents = code?.contents(value) {
          reason = contents.count == 1 ? Reason(rawValue: Int(contents[0])) : nil
        }
      }
      entries.append(Entry(serialNumber: serialNumber, date: date, reason: reason))
    }
    return entries
  }

  /// Reads extensions, and gives back what reads the contents of the last one that is known.
  private static func extensions(
    _ fields: inout DERReader, _ field: String, known: [ObjectIdentifier], _ unknown: inout [String]
  ) throws(DERError) -> DERReader? {
    var list = try fields.sequence(field)
    var result: DERReader?
    while !list.isAtEnd {
      var part = try list.sequence(field)
      let identifier = try part.objectIdentifier(field)
      let isCritical = try part.optionalBoolean("\(field), critical")
      let contents = try part.inside(part.next(.octetString, field))
      if known.contains(identifier) {
        result = contents
      } else if isCritical {
        unknown.append("\(identifier)")
      }
    }
    return result
  }

  /// Every `X509 CRL` of a text in PEM, in order; at least one.
  public static func all(pem text: String) throws(KeyReadingError) -> [RevocationList] {
    var lists: [RevocationList] = []
    for block in try KeyEncoding.blocks(text) where block.label == "X509 CRL" {
      lists.append(try KeyEncoding.parse { () throws(DERError) in try RevocationList(der: block.octets) })
    }
    guard !lists.isEmpty else { throw .text(PEMError(line: 0, label: "X509 CRL", fault: .missing)) }
    return lists
  }

  /// `X509 CRL` in PEM.
  public var pem: String { PEMBlock(label: "X509 CRL", octets: encoded).text }

  /// Whether the key signed it. Errors are libcrypto's.
  public func isSigned(by key: PublicKey) throws(CryptographyError) -> Bool {
    try signatureAlgorithm.isSignature(signature, of: Array(encoded[signedPart]), by: key)
  }

  /// What it says of a certificate.
  public func entry(serialNumber: [UInt8]) -> Entry? { entries.first { $0.serialNumber == serialNumber } }
}

extension RevocationList.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unspecified: "no reason given"
    case .keyCompromise: "its key was compromised"
    case .authorityCompromise: "its authority was compromised"
    case .affiliationChanged: "its subject's name changed"
    case .superseded: "it was superseded"
    case .cessationOfOperation: "it is no longer needed"
    case .hold: "it is on hold"
    case .removeFromList: "it was taken off the list"
    }
  }
}
