//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  | Next Payload  |   RESERVED    |         Payload Length        |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   4  |     Type      |   RESERVED    |           Identifier          |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   8  ~                           Attributes                          ~
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      draft-ietf-ipsec-isakmp-mode-cfg-05 §3.2

/// Asks for, hands out or sets configuration of a peer: its inner address, DNS servers, or with XAUTH its name and
/// password.
public struct ConfigurationPayload: Hashable, Sendable {
  public enum Field: UInt8, TabledField {
    case type = 104
    case reserved, identifier

    public static var layer: LayerKind { .isakmp }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .type: ConfigurationType(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      case .reserved: reservedMeaning(value)
      default: ""
      }
    }

    private static var citation: String { "draft-ietf-ipsec-isakmp-mode-cfg-05 §3.2" }

    public var text: FieldText {
      switch self {
      case .type:
        FieldText(
          "type", "Attribute Message Type", Self.citation, "isakmp.cfg.type",
          "Whether this requests, replies, sets or acknowledges.")
      case .reserved:
        FieldText("reserved2", "RESERVED", Self.citation, "isakmp.reserved", "Unused, and zero.")
      case .identifier:
        FieldText(
          "identifier", "Identifier", Self.citation, "isakmp.cfg.identifier",
          "Tells one transaction from another where several run at once.")
      }
    }
  }

  public var type: ConfigurationType
  public var identifier: UInt16
  public var attributes: [DataAttribute]
  /// RESERVED; zero in what we send.
  public var reserved: UInt8

  public init(type: ConfigurationType, identifier: UInt16, attributes: [DataAttribute], reserved: UInt8 = 0) {
    self.type = type
    self.identifier = identifier
    self.attributes = attributes
    self.reserved = reserved
  }

  /// Reads the body up to the cursor's end.
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    type = ConfigurationType(rawValue: try cursor.uint8(frame, Field.type))
    reserved = try cursor.uint8(frame, Field.reserved)
    identifier = try cursor.uint16(frame, Field.identifier)
    attributes = try DataAttribute.readAll(frame, at: &cursor)
  }

  /// Octets of the body.
  public var encodedLength: Int { attributes.reduce(4) { $0 + $1.encodedLength } }

  /// Appends the body: everything behind the generic header.
  func write(to writer: inout ByteWriter) {
    writer.append(type.rawValue)
    writer.append(reserved)
    writer.append(identifier)
    for attribute in attributes { attribute.write(to: &writer) }
  }
}

extension ConfigurationPayload {
  /// The fields of a body that begins at `offset`.
  func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.type, 0, 1, type.rawValue)
    list.number(.reserved, 1, 1, reserved)
    list.number(.identifier, 2, 2, identifier)
    return list.nodes + DataAttribute.fields(of: attributes, in: .configuration, at: offset + 4)
  }
}
