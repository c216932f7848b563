/// What a certificate of version 3 says besides (RFC 2459 §4.2).
public struct CertificateExtensions: Hashable, Sendable {
  /// Whether its key may sign certificates (RFC 2459 §4.2.1.10).
  public var isAuthority = false
  /// How many authorities may follow below it; nil for any number.
  public var pathLength: Int?
  /// What its key is for; nil where nothing is said, which permits all (RFC 2459 §4.2.1.3).
  public var keyUsages: Set<KeyUsage>?
  /// RFC 2459 §4.2.1.7.
  public var alternativeNames: [AlternativeName] = []
  /// RFC 2459 §4.2.1.2.
  public var subjectKeyIdentifier: [UInt8]?
  /// RFC 2459 §4.2.1.1.
  public var authorityKeyIdentifier: [UInt8]?
  /// The numbers of those that must be understood, and aren't.
  public internal(set) var unknownCritical: [String] = []

  /// Says nothing.
  public init() {}

  static let authorityKeyIdentifier = ObjectIdentifier(2, 5, 29, 35)
  static let subjectKeyIdentifier = ObjectIdentifier(2, 5, 29, 14)
  static let keyUsage = ObjectIdentifier(2, 5, 29, 15)
  static let subjectAlternativeName = ObjectIdentifier(2, 5, 29, 17)
  static let basicConstraints = ObjectIdentifier(2, 5, 29, 19)

  // MARK: - Writing

  static func encoded(_ identifier: ObjectIdentifier, isCritical: Bool = false, _ contents: [UInt8]) -> [UInt8] {
    DER.sequence(
      DER.objectIdentifier(identifier), isCritical ? DER.boolean(true) : [], DER.octetString(contents))
  }

  static func encodedAuthority(_ identifier: [UInt8]) -> [UInt8] {
    encoded(authorityKeyIdentifier, DER.sequence(DER.value(.context(0), identifier)))
  }

  /// Extensions, without the tag that certificates and lists put around them.
  var encoded: [UInt8] {
    var parts: [[UInt8]] = []
    if isAuthority {
      let length = pathLength.map { DER.integer(UInt64(max(0, $0))) } ?? []
      parts.append(
        Self.encoded(Self.basicConstraints, isCritical: true, DER.sequence(DER.boolean(true), length)))
    }
    if let keyUsages {
      let bits = keyUsages.map(\.rawValue)
      parts.append(Self.encoded(Self.keyUsage, isCritical: true, DER.namedBits(bits)))
    }
    if let subjectKeyIdentifier {
      parts.append(Self.encoded(Self.subjectKeyIdentifier, DER.octetString(subjectKeyIdentifier)))
    }
    if let authorityKeyIdentifier { parts.append(Self.encodedAuthority(authorityKeyIdentifier)) }
    if !alternativeNames.isEmpty {
      parts.append(
        Self.encoded(Self.subjectAlternativeName, DER.sequence(of: alternativeNames.map(\.encoded))))
    }
    return DER.sequence(of: parts)
  }

  // MARK: - Reading

  /// Reads them where they are next, with that tag around them.
  init(reading fields: inout DERReader, tag: DERTag) throws(DERError) {
    guard fields.isNext(tag) else { return }
    var outer = try fields.inside(fields.next("extensions"))
    var list = try outer.sequence("extensions")
    var seen: Set<ObjectIdentifier> = []
    while !list.isAtEnd {
      let offset = list.position
      var part = try list.sequence("extension")
      let identifier = try part.objectIdentifier("extension")
      let isCritical = try part.optionalBoolean("extension, critical")
      let value = try part.next(.octetString, "extension \(identifier)")
      guard seen.insert(identifier).inserted else {
        throw list.error("extension \(identifier)", at: offset, "stands there twice (RFC 2459 §4.2)")
      }
      // The offsets of errors inside are those of the whole.
      var contents = try part.inside(value)
      if try !read(identifier, &contents), isCritical { unknownCritical.append("\(identifier)") }
    }
    try outer.finish("extensions")
  }

  /// Says whether it was one of those that are known.
  private mutating func read(
    _ identifier: ObjectIdentifier, _ contents: inout DERReader
  ) throws(DERError) -> Bool {
    switch identifier {
    case Self.basicConstraints:
      var inside = try contents.sequence("basicConstraints")
      isAuthority = try inside.optionalBoolean("basicConstraints, cA")
      if inside.isNext(.integer) { pathLength = try inside.smallNumber("basicConstraints, pathLenConstraint") }
    case Self.keyUsage:
      let bits = try contents.namedBits("keyUsage")
      keyUsages = Set(KeyUsage.allCases.filter { bits.contains($0.rawValue) })
    case Self.subjectKeyIdentifier:
      subjectKeyIdentifier = contents.contents(try contents.next(.octetString, "subjectKeyIdentifier"))
    case Self.authorityKeyIdentifier:
      var inside = try contents.sequence("authorityKeyIdentifier")
      if inside.isNext(.context(0)) {
        authorityKeyIdentifier = inside.contents(try inside.next("authorityKeyIdentifier, keyIdentifier"))
      }
    case Self.subjectAlternativeName:
      var inside = try contents.sequence("subjectAltName")
      while !inside.isAtEnd { alternativeNames.append(try AlternativeName(reading: &inside, "subjectAltName")) }
    default: return false
    }
    return true
  }
}
