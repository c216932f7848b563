// +----------+----------+----------------+---------------------+
// |   130    |  Length  | Classification |     Protection      |  0, to Length
// |          |          |     Level      |   Authority Flags   |
// +----------+----------+----------------+---------------------+   RFC 1108 §2

/// The Basic Security Option of an IPv4 header: how secret a datagram is, and by whose rules. RFC 1108 §2.
public struct IPv4SecurityOption: Hashable, Sendable {
  /// How secret the datagram is.
  public var level: ClassificationLevel
  /// The octets of flags, each with seven flags and a zero where the Field Termination Indicator goes, which is worked
  /// out anew on writing. There may be none. RFC 1108 §2.4.
  public private(set) var flagOctets: [UInt8]

  /// A label by the rules of `authorities`; without one there are no flags at all.
  public init(_ level: ClassificationLevel, _ authorities: ProtectionAuthorities = []) {
    self.level = level
    flagOctets = authorities.isEmpty ? [] : [authorities.rawValue & 0xFE]
  }

  /// The authorities of the first octet of flags, the only one that RFC 1108 gives names in.
  public var authorities: ProtectionAuthorities { ProtectionAuthorities(rawValue: flagOctets.first ?? 0) }

  /// Reads `option`, one of `IPv4Header.parsedOptions`, from a header that begins at `offset`. Refuses one of another
  /// type, one without a level, and one whose last octet of flags is not the one that says so. RFC 1108 §2.
  public init(_ option: IPv4Option, at offset: Int = 0) throws(DecodeError) {
    typealias Field = IPv4Header.Field
    let start = offset + 20 + option.range.lowerBound
    guard option.type == .security else { throw Field.option.invalid(option.type.rawValue, at: start) }
    // The data of an option whose length makes no sense begin with that length.
    let stated = option.isMalformed ? Int(option.data.first ?? 0) : option.range.count
    guard !option.isMalformed, let first = option.data.first else {
      throw Field.option.invalidLength(stated, limit: stated < 3 ? 3 : option.range.count, at: start)
    }
    level = ClassificationLevel(rawValue: first)
    let flags = option.data.dropFirst()
    for (index, octet) in flags.enumerated() where (octet & 1 == 1) != (index < flags.count - 1) {
      throw Field.fieldTerminationIndicator.invalid(octet & 1, at: start + 3 + index)
    }
    flagOctets = flags.map { $0 & 0xFE }
  }

  /// The option as it stands in a header, type and length included, without padding.
  public var encoded: [UInt8] {
    let flags = flagOctets.enumerated().map { $0.element | ($0.offset < flagOctets.count - 1 ? 1 : 0) }
    return [IPv4OptionType.security.rawValue, UInt8(clamping: 3 + flags.count), level.rawValue] + flags
  }
}

extension IPv4SecurityOption {
  /// How secret a datagram is. Open. The numbers lie four bits apart from each other, so that an accident on the way does
  /// not make one of them another. RFC 1108 §2.3.
  public struct ClassificationLevel: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let topSecret = ClassificationLevel(rawValue: 0x3D)
    public static let secret = ClassificationLevel(rawValue: 0x5A)
    public static let confidential = ClassificationLevel(rawValue: 0x96)
    public static let unclassified = ClassificationLevel(rawValue: 0xAB)

    /// From the most secret down, as RFC 1108's table has them.
    private static let table: [(rawValue: UInt8, name: String)] = [
      (0x01, "Reserved 4"), (0x3D, "Top Secret"), (0x5A, "Secret"), (0x96, "Confidential"), (0x66, "Reserved 3"),
      (0xCC, "Reserved 2"), (0xAB, "Unclassified"), (0xF1, "Reserved 1"),
    ]

    /// The RFC's name, `nil` for a number that it does not assign.
    public var name: String? { Self.table.first { $0.rawValue == rawValue }?.name }

    /// How secret beside the other levels: 0 for Reserved 1, 1 for Unclassified, up to 7; `nil` for a number that RFC
    /// 1108 does not assign, which is no more and no less secret than any other.
    public var rank: Int? {
      Self.table.firstIndex { $0.rawValue == rawValue }.map { Self.table.count - 1 - $0 }
    }
  }

  /// By whose rules a datagram is to be protected. RFC 1108 §2.4.
  public struct ProtectionAuthorities: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let genser = ProtectionAuthorities(rawValue: 0x80)
    public static let siopESI = ProtectionAuthorities(rawValue: 0x40)
    public static let sci = ProtectionAuthorities(rawValue: 0x20)
    public static let nsa = ProtectionAuthorities(rawValue: 0x10)
    public static let doe = ProtectionAuthorities(rawValue: 0x08)
  }

  /// The fields of an option whose type lies at `offset`.
  func nodes(at offset: Int) -> [FieldNode] {
    var list = FieldList<IPv4Header.Field>(at: offset)
    list.number(.classificationLevel, 2, 1, level.rawValue)
    for (index, octet) in encoded.dropFirst(3).enumerated() {
      list.number(
        .protectionAuthorityFlags, 3 + index, 1, octet,
        children: index == 0 ? Self.firstFlags(octet, at: offset + 3) : Self.laterFlags(octet, at: offset + 3 + index))
    }
    return list.nodes.numbered()
  }

  private static func firstFlags(_ octet: UInt8, at offset: Int) -> [FieldNode] {
    var list = FieldList<IPv4Header.Field>(at: offset)
    let fields: [IPv4Header.Field] = [.genser, .siopESI, .sci, .nsa, .doe]
    for (bit, field) in fields.enumerated() { list.flag(field, 0, bit: bit, octet & 0x80 >> UInt8(bit) != 0) }
    list.number(.unassignedAuthorities, 0, 1, octet >> 1 & 3, bits: 5..<7)
    list.flag(.fieldTerminationIndicator, 0, bit: 7, octet & 1 != 0)
    return list.nodes
  }

  private static func laterFlags(_ octet: UInt8, at offset: Int) -> [FieldNode] {
    var list = FieldList<IPv4Header.Field>(at: offset)
    list.number(.unassignedAuthorities, 0, 1, octet >> 1, bits: 0..<7)
    list.flag(.fieldTerminationIndicator, 0, bit: 7, octet & 1 != 0)
    return list.nodes
  }
}

extension IPv4Header {
  /// What the Basic Security Option says, the first one that makes sense; `nil` where there is none. RFC 1108 §2.
  public var securityOption: IPv4SecurityOption? {
    guard !options.isEmpty else { return nil }
    return parsedOptions.lazy.filter { $0.type == .security }.compactMap { try? IPv4SecurityOption($0) }.first
  }
}
