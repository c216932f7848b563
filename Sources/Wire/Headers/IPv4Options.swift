/// The number that begins an IPv4 option: copy bit, class, number. RFC 791 §3.1. Open.
public struct IPv4OptionType: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let endOfList = IPv4OptionType(rawValue: 0)
  public static let noOperation = IPv4OptionType(rawValue: 1)
  public static let recordRoute = IPv4OptionType(rawValue: 7)
  public static let timestamp = IPv4OptionType(rawValue: 68)
  public static let security = IPv4OptionType(rawValue: 130)
  public static let looseSourceRoute = IPv4OptionType(rawValue: 131)
  public static let streamIdentifier = IPv4OptionType(rawValue: 136)
  public static let strictSourceRoute = IPv4OptionType(rawValue: 137)
  /// RFC 2113.
  public static let routerAlert = IPv4OptionType(rawValue: 148)

  /// Whether every fragment carries the option, and not the first alone.
  public var isCopied: Bool { rawValue & 0x80 != 0 }

  /// The RFC's name, `nil` for one that we do not know.
  public var name: String? {
    switch self {
    case .endOfList: "End of Option List"
    case .noOperation: "No Operation"
    case .recordRoute: "Record Route"
    case .timestamp: "Internet Timestamp"
    case .security: "Security"
    case .looseSourceRoute: "Loose Source and Record Route"
    case .streamIdentifier: "Stream Identifier"
    case .strictSourceRoute: "Strict Source and Record Route"
    case .routerAlert: "Router Alert"
    default: nil
    }
  }
}

/// One option of an IPv4 header, as a view into the header's raw option octets.
public struct IPv4Option: Hashable, Sendable {
  /// Which option.
  public var type: IPv4OptionType
  /// Where it lies in the option octets, type and length included.
  public var range: Range<Int>
  /// Its data, without type and length.
  public var data: [UInt8]
  /// Whether its length made no sense: the option then holds all that was left.
  public var isMalformed: Bool

  /// The options in `octets`, up to and including End of Option List; padding behind that is not listed. An option
  /// whose length is below 2 or passes the end is the last, and marked so.
  public static func parse(_ octets: [UInt8]) -> [IPv4Option] {
    var options: [IPv4Option] = []
    var position = 0
    while position < octets.count {
      let option = next(octets, at: position)
      options.append(option)
      if option.type == .endOfList || option.isMalformed { break }
      position = option.range.upperBound
    }
    return options
  }

  private static func next(_ octets: [UInt8], at position: Int) -> IPv4Option {
    let type = IPv4OptionType(rawValue: octets[position])
    if type == .endOfList || type == .noOperation {
      return IPv4Option(type: type, range: position..<position + 1, data: [], isMalformed: false)
    }
    let length = position + 1 < octets.count ? Int(octets[position + 1]) : 0
    guard length >= 2, position + length <= octets.count else {
      return IPv4Option(
        type: type, range: position..<octets.count, data: Array(octets[(position + 1)...]), isMalformed: true)
    }
    return IPv4Option(
      type: type, range: position..<position + length, data: Array(octets[position + 2..<position + length]),
      isMalformed: false)
  }

  /// The option as a field, for option octets that begin at `offset`.
  func node(at offset: Int) -> FieldNode {
    let name = type.name ?? "option \(type.rawValue & 0x1F) of class \(type.rawValue >> 5 & 3), unknown"
    return FieldNode(
      IPv4Header.Field.option, offset + range.lowerBound..<offset + range.upperBound,
      .unsigned(UInt64(type.rawValue)),
      meaning: name + (type.isCopied ? ", in every fragment" : "") + (isMalformed ? "; its length makes no sense" : ""),
      children: (try? IPv4SecurityOption(self))?.nodes(at: offset + range.lowerBound) ?? [])
  }
}

extension IPv4Header {
  /// The options one by one. RFC 791 §3.1.
  public var parsedOptions: [IPv4Option] { IPv4Option.parse(options) }

  /// The options that fragments behind the first carry: those whose copy bit is set, padded. RFC 791 §3.1.
  public var copiedOptions: [UInt8] {
    var copied: [UInt8] = []
    for option in parsedOptions where option.type.isCopied && !option.isMalformed { copied += options[option.range] }
    return Self.padded(copied)
  }
}
