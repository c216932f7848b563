/// The name of an issuer or a subject: attributes in an order, from the country down (RFC 2459 §4.1.2.4).
///
/// Two names are the same where their octets are. Deviates: RFC 2459 §4.1.2.4 has letters of either case in
/// PrintableString be the same; authorities copy the names that they issue under, octet by octet.
public struct DistinguishedName: Hashable, Sendable {
  /// As it is encoded: what ID payloads of type ID_DER_ASN1_DN and certificate requests carry (RFC 2407 §4.6.2.9).
  public let encoded: [UInt8]
  /// `C=CH, O=Lockstep, CN=fw-a`. Characters that would move a terminal's cursor are replaced.
  private let text: String

  /// Attributes that have letters; the others appear by their numbers.
  private static let attributes: [(letters: String, identifier: ObjectIdentifier, tag: DERTag?)] = [
    ("C", ObjectIdentifier(2, 5, 4, 6), .printableString), ("ST", ObjectIdentifier(2, 5, 4, 8), nil),
    ("L", ObjectIdentifier(2, 5, 4, 7), nil), ("O", ObjectIdentifier(2, 5, 4, 10), nil),
    ("OU", ObjectIdentifier(2, 5, 4, 11), nil), ("CN", ObjectIdentifier(2, 5, 4, 3), nil),
    ("serialNumber", ObjectIdentifier(2, 5, 4, 5), .printableString),
    ("E", ObjectIdentifier(1, 2, 840, 113549, 1, 9, 1), .ia5String),
    ("DC", ObjectIdentifier(0, 9, 2342, 19_200_300, 100, 1, 25), .ia5String),
    ("UID", ObjectIdentifier(0, 9, 2342, 19_200_300, 100, 1, 1), nil),
  ]

  /// Reads `C=CH, O=Lockstep, CN=fw-a`; a comma that belongs to a value has a backslash in front.
  public init(_ text: String) throws(DistinguishedNameError) {
    var parts: [[UInt8]] = []
    for part in Self.parts(text) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else { throw DistinguishedNameError(text: text, part: part, fault: .form) }
      let (letters, value) = (Self.trimmed(pair[0]), Self.trimmed(pair[1]))
      guard let row = Self.attributes.first(where: { $0.letters.lowercased() == letters.lowercased() }) else {
        throw DistinguishedNameError(text: text, part: letters, fault: .attribute)
      }
      guard !value.isEmpty, let encoded = Self.encoded(value, row.tag) else {
        throw DistinguishedNameError(text: text, part: part, fault: .value)
      }
      parts.append(DER.set(of: [DER.sequence(DER.objectIdentifier(row.identifier), encoded)]))
    }
    let encoded = DER.sequence(of: parts)
    do {
      try self.init(encoded: encoded)
    } catch {
      throw DistinguishedNameError(text: text, part: text, fault: .form)
    }
  }

  /// Reads the encoded name.
  public init(encoded: [UInt8]) throws(DERError) {
    var reader = DERReader(encoded, structure: "distinguished name")
    try self.init(reading: &reader, "Name")
    try reader.finish("Name")
  }

  init(reading reader: inout DERReader, _ field: String) throws(DERError) {
    let value = try reader.next(.sequence, field)
    encoded = reader.whole(value)
    var names: [String] = []
    var sets = try reader.inside(value)
    while !sets.isAtEnd {
      var set = try sets.inside(sets.next(.set, field))
      while !set.isAtEnd {
        var pair = try set.sequence(field)
        let identifier = try pair.objectIdentifier(field)
        let value = try pair.next(field)
        let letters = Self.attributes.first { $0.identifier == identifier }?.letters ?? "\(identifier)"
        names.append("\(letters)=\(Self.readable(Self.text(pair.contents(value), value.tag)))")
      }
    }
    text = names.joined(separator: ", ")
  }

  /// The parts between commas that have no backslash in front.
  private static func parts(_ text: String) -> [String] {
    var (parts, isEscaped) = ([""], false)
    for character in text {
      if character == ",", !isEscaped {
        parts.append("")
      } else if character != "\\" || isEscaped {
        parts[parts.count - 1].append(character)
      }
      isEscaped = character == "\\" && !isEscaped
    }
    return parts
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }

  /// PrintableString where its few characters are enough, else UTF8String (RFC 2459 §4.1.2.4).
  private static func encoded(_ value: String, _ tag: DERTag?) -> [UInt8]? {
    let isPrintable = value.utf8.allSatisfy { octet in
      (0x30...0x39).contains(octet) || (0x41...0x5A).contains(octet) || (0x61...0x7A).contains(octet)
        || " '()+,-./:=?".utf8.contains(octet)
    }
    switch tag {
    case .printableString: return isPrintable ? DER.string(.printableString, value) : nil
    case .ia5String: return value.utf8.allSatisfy { $0 < 0x80 } ? DER.string(.ia5String, value) : nil
    default: return DER.string(isPrintable ? .printableString : .utf8String, value)
    }
  }

  private static func text(_ octets: [UInt8], _ tag: DERTag) -> String {
    guard tag == .bmpString else { return String(decoding: octets, as: UTF8.self) }
    let units = stride(from: 0, to: octets.count - 1, by: 2).map { UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]) }
    return String(decoding: units, as: UTF16.self)
  }

  /// Commas with a backslash in front, control characters replaced.
  static func readable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: result += "\u{FFFD}"
      default:
        if scalar == "," || scalar == "\\" { result += "\\" }
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension DistinguishedName: CustomStringConvertible {
  public var description: String { text }
}

/// Why a text is no distinguished name. The text is what a person reads.
public struct DistinguishedNameError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Fault: Hashable, Sendable {
    /// Not an attribute, an equals sign and a value.
    case form
    /// Letters that stand for no attribute.
    case attribute
    /// A value that is empty, or has characters that the attribute can't have.
    case value
  }

  /// The whole text.
  public let text: String
  /// The part that is wrong.
  public let part: String
  /// What is wrong with it.
  public let fault: Fault

  public var description: String {
    switch fault {
    case .form: "\"\(text)\": \"\(part)\" is no attribute; expected a name like C=CH, O=Lockstep, CN=fw-a"
    case .attribute:
      "\"\(text)\": there is no attribute \(part); expected C, ST, L, O, OU, CN, serialNumber, E, DC or UID"
    case .value: "\"\(text)\": \"\(part)\" has no value, or one with characters that it can't have"
    }
  }
}
