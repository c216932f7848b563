//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  |A|       Attribute Type        |    AF=0  Attribute Length     |
//      |F|                             |    AF=1  Attribute Value      |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   4  .                   AF=0  Attribute Value                       .
//      .                   AF=1  Not Transmitted                       .
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      RFC 2408 §3.3

/// One data attribute: of a transform, of a notification or of a configuration payload (RFC 2408 §3.3).
public struct DataAttribute: Hashable, Sendable {
  public enum Field: UInt8, TabledField {
    case attribute = 64
    case format, type, length, value

    public static var layer: LayerKind { .isakmp }

    public var text: FieldText {
      switch self {
      case .attribute:
        FieldText("attribute", "Data Attribute", "RFC 2408 §3.3", nil, "One property, as type and value.")
      case .format:
        FieldText(
          "format", "Attribute Format", "RFC 2408 §3.3", nil,
          "1 for the short form of type and value (TV), 0 for type, length and value (TLV).")
      case .type:
        FieldText("type", "Attribute Type", "RFC 2408 §3.3", nil, "Which property this is.")
      case .length:
        FieldText("length", "Attribute Length", "RFC 2408 §3.3", nil, "Octets of the value in the long form.")
      case .value:
        FieldText("value", "Attribute Value", "RFC 2408 §3.3", nil, "The property's value.")
      }
    }
  }

  /// A value in one of its two forms.
  public enum Value: Hashable, Sendable {
    /// Two octets in place of the length: the short form (TV).
    case basic(UInt16)
    /// A length and as many octets: the long form (TLV).
    case variable([UInt8])
  }

  /// Fifteen bits; the format bit is not part of it.
  public let type: UInt16
  public let value: Value

  public init(type: UInt16, value: Value) {
    self.type = type & 0x7FFF
    self.value = value
  }

  /// The short form.
  public static func basic(_ type: UInt16, _ value: UInt16) -> DataAttribute {
    DataAttribute(type: type, value: .basic(value))
  }

  /// The shortest form that holds `value`: TV up to 65535, else TLV with four octets, or eight where those don't do.
  public static func unsigned(_ type: UInt16, _ value: UInt64) -> DataAttribute {
    if let short = UInt16(exactly: value) { return .basic(type, short) }
    let width = value <= UInt64(UInt32.max) ? 4 : 8
    let octets = (0..<width).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * (width - 1 - $0))) }
    return DataAttribute(type: type, value: .variable(octets))
  }

  /// The value as a number, in whichever form it came; `nil` where it is empty or needs more than 64 bits.
  public var unsigned: UInt64? {
    switch value {
    case .basic(let short): return UInt64(short)
    case .variable(let octets):
      let significant = octets.drop { $0 == 0 }
      guard !octets.isEmpty, significant.count <= 8 else { return nil }
      return significant.reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  /// The octets of the value, two for the short form.
  public var octets: [UInt8] {
    switch value {
    case .basic(let short): [UInt8(truncatingIfNeeded: short >> 8), UInt8(truncatingIfNeeded: short)]
    case .variable(let octets): octets
    }
  }

  /// Reads one attribute and leaves the cursor behind it.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    let head = try cursor.uint16(frame, Field.type)
    type = head & 0x7FFF
    guard head & 0x8000 == 0 else {
      value = .basic(try cursor.uint16(frame, Field.value))
      return
    }
    let length = Int(try cursor.uint16(frame, Field.length))
    guard length <= cursor.remaining else {
      throw Field.length.invalidLength(length, limit: cursor.remaining, at: cursor.position - 2)
    }
    value = .variable(try cursor.octets(length, frame, Field.value))
  }

  /// Reads attributes up to the cursor's end.
  static func readAll(_ frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) -> [DataAttribute] {
    var attributes: [DataAttribute] = []
    while cursor.remaining > 0 { attributes.append(try DataAttribute(reading: frame, at: &cursor)) }
    return attributes
  }

  /// Octets of the attribute in the form that it has.
  public var encodedLength: Int {
    switch value {
    case .basic: 4
    case .variable(let octets): 4 + octets.count
    }
  }

  /// Appends the attribute in the form that it has.
  public func write(to writer: inout ByteWriter) {
    switch value {
    case .basic(let short):
      writer.append(type | 0x8000)
      writer.append(short)
    case .variable(let octets):
      writer.append(type)
      writer.withLength16 { $0.append(octets) }
    }
  }
}

extension DataAttribute {
  /// The attributes that fill `octets` exactly.
  public static func all(in octets: [UInt8]) throws(DecodeError) -> [DataAttribute] {
    var cursor = Cursor(end: octets.count)
    return unsafe try readAll(octets.span.bytes, at: &cursor)
  }
}
