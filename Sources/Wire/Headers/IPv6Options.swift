//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +---------------+---------------+-------------------------------+
// |  Next Header  |  Hdr Ext Len  |            Options            |  0, to 8 * (Hdr Ext Len + 1)
// +---------------+---------------+-------------------------------+   RFC 2460 §4.3, §4.6

/// The fields of an extension header that carries options.
public protocol IPv6OptionsField: TabledField {
  static var nextHeader: Self { get }
  static var headerExtensionLength: Self { get }
  static var options: Self { get }
  static var option: Self { get }
}

/// A hop-by-hop or destination options header: the two look alike, and differ in who reads them. RFC 2460 §4.3, §4.6.
public struct IPv6OptionsHeader<Field: IPv6OptionsField>: WireHeader {
  public static var layer: LayerKind { Field.layer }

  /// What follows the header.
  public var nextHeader: IPProtocol
  /// The options with their padding: 6 octets and a multiple of eight.
  public var options: [UInt8]

  /// A header whose options are padded with PadN to the length that the header asks for. RFC 2460 §4.2.
  public init(nextHeader: IPProtocol, options: [UInt8]) {
    self.nextHeader = nextHeader
    let missing = -(options.count + 2) & 7
    let padding: [UInt8] =
      missing == 0
      ? [] : missing == 1 ? [0] : [1, UInt8(missing - 2)] + [UInt8](repeating: 0, count: missing - 2)
    self.options = Array((options + padding).prefix(2046))
  }

  /// Reads the header at the cursor and leaves the cursor behind the options. RFC 2460 §4.3.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(2, [(Field.nextHeader, 1), (.headerExtensionLength, 1)])
    nextHeader = IPProtocol(rawValue: frame.uint8(at: cursor.position))
    let length = (Int(frame.uint8(at: cursor.position + 1)) + 1) * 8
    cursor.position += 2
    options = try cursor.octets(length - 2, frame, Field.options)
  }

  public var encodedLength: Int { 2 + options.count }

  public func write(to writer: inout ByteWriter) {
    writer.append(nextHeader.rawValue)
    writer.append(UInt8(truncatingIfNeeded: encodedLength / 8 - 1))
    writer.append(options)
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.nextHeader, 0, 1, nextHeader.rawValue)
    list.number(.headerExtensionLength, 1, 1, encodedLength / 8 - 1)
    list.octets(.options, 2, options, children: optionNodes(at: offset + 2).numbered())
    return list.nodes
  }

  private func optionNodes(at offset: Int) -> [FieldNode] {
    var nodes: [FieldNode] = []
    var position = 0
    while position < options.count {
      let type = options[position]
      let stated = type == 0 ? 1 : position + 1 < options.count ? Int(options[position + 1]) + 2 : .max
      let end = stated > options.count - position ? options.count : position + stated
      nodes.append(
        FieldNode(
          Field.option, offset + position..<offset + end, .unsigned(UInt64(type)),
          meaning: Self.optionName(type) + (end - position == stated ? "" : "; its length makes no sense")))
      position = end
    }
    return nodes
  }

  private static func optionName(_ type: UInt8) -> String {
    switch type {
    case 0: "Pad1"
    case 1: "PadN"
    case 5: "Router Alert (RFC 2711)"
    case 0xC2: "Jumbo Payload (RFC 2675)"
    case 0xC9: "Home Address (RFC 3775)"
    default: "option \(type), unknown"
    }
  }
}

/// The options that every router on the way reads. RFC 2460 §4.3.
public typealias IPv6HopByHopHeader = IPv6OptionsHeader<IPv6HopByHopField>
/// The options that the destination reads. RFC 2460 §4.6.
public typealias IPv6DestinationOptionsHeader = IPv6OptionsHeader<IPv6DestinationOptionsField>

/// The fields of a hop-by-hop options header. RFC 2460 §4.3.
public enum IPv6HopByHopField: UInt8, IPv6OptionsField {
  case nextHeader, headerExtensionLength, options, option

  public static let layer = LayerKind.ipv6HopByHop

  public func meaning(of value: UInt64, variant: UInt8) -> String {
    switch self {
    case .nextHeader: IPProtocol.meaning(value)
    case .headerExtensionLength: "\(value * 8 + 8) octets"
    default: ""
    }
  }

  public var text: FieldText {
    let section = "RFC 2460 §4.3"
    return switch self {
    case .nextHeader:
      FieldText("nextHeader", "Next Header", section, "ipv6.hopopts.nxt", "What follows this header.")
    case .headerExtensionLength:
      FieldText(
        "headerExtensionLength", "Hdr Ext Len", section, "ipv6.hopopts.len",
        "The header's length in units of eight octets, the first not counted.")
    case .options: FieldText("options", "Options", section, nil, "What every router on the way has to look at.")
    case .option: FieldText("option", "Option", "RFC 2460 §4.2", "ipv6.opt.type", "One option: type, length, data.")
    }
  }
}

/// The fields of a destination options header. RFC 2460 §4.6.
public enum IPv6DestinationOptionsField: UInt8, IPv6OptionsField {
  case nextHeader, headerExtensionLength, options, option

  public static let layer = LayerKind.ipv6DestinationOptions

  public func meaning(of value: UInt64, variant: UInt8) -> String {
    switch self {
    case .nextHeader: IPProtocol.meaning(value)
    case .headerExtensionLength: "\(value * 8 + 8) octets"
    default: ""
    }
  }

  public var text: FieldText {
    let section = "RFC 2460 §4.6"
    return switch self {
    case .nextHeader:
      FieldText("nextHeader", "Next Header", section, "ipv6.dstopts.nxt", "What follows this header.")
    case .headerExtensionLength:
      FieldText(
        "headerExtensionLength", "Hdr Ext Len", section, "ipv6.dstopts.len",
        "The header's length in units of eight octets, the first not counted.")
    case .options: FieldText("options", "Options", section, nil, "What the destination has to look at.")
    case .option: FieldText("option", "Option", "RFC 2460 §4.2", "ipv6.opt.type", "One option: type, length, data.")
    }
  }
}
