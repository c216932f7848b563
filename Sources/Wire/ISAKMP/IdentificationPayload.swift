//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  | Next Payload  |   RESERVED    |         Payload Length        |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   4  |   ID Type     |  Protocol ID  |             Port              |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   8  ~                     Identification Data                       ~
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      RFC 2407 §4.6.2 (RFC 2408 §3.8)

/// Who somebody is (phase 1) or which traffic an SA is for (phase 2) (RFC 2407 §4.6.2).
public struct IdentificationPayload: Hashable, Sendable {
  public enum Field: UInt8, TabledField {
    case type = 72
    case protocolID, port, data, address, mask, first, last

    public static var layer: LayerKind { .isakmp }

    /// Of the data and what lies in them: the identification type.
    public func text(variant: UInt8) -> FieldText {
      let type = IdentificationType(rawValue: variant)
      return switch self {
      case .data: text.filter(type.displayFilterName)
      case .address, .mask, .first, .last: text.filter(type.displayFilterName(of: self))
      case .type, .protocolID, .port: text
      }
    }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .type: IdentificationType(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      case .protocolID: value == 0 ? "any" : IPProtocol(rawValue: UInt8(truncatingIfNeeded: value)).name ?? ""
      case .port: value == 0 ? "any" : ""
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .type:
        FieldText(
          "type", "Identification Type", "RFC 2407 §4.6.2.1", "isakmp.id.type", "How the identification data are meant."
        )
      case .protocolID:
        FieldText(
          "protocolID", "Protocol ID", "RFC 2407 §4.6.2", "isakmp.id.protoid",
          "The IP protocol of the traffic; 0 for any.")
      case .port:
        FieldText("port", "Port", "RFC 2407 §4.6.2", "isakmp.id.port", "The port of the traffic; 0 for any.")
      case .data:
        FieldText(
          "data", "Identification Data", "RFC 2407 §4.6.2", "isakmp.id.data",
          "The address, name or key identifier itself.")
      case .address:
        FieldText("address", "Address", "RFC 2407 §4.6.2.5", nil, "An address in the subnet.")
      case .mask:
        FieldText("mask", "Mask", "RFC 2407 §4.6.2.5", nil, "Ones where the subnet's addresses agree.")
      case .first:
        FieldText("first", "First Address", "RFC 2407 §4.6.2.8", nil, "Where the range begins, itself included.")
      case .last:
        FieldText("last", "Last Address", "RFC 2407 §4.6.2.8", nil, "Where the range ends, itself included.")
      }
    }
  }

  public var type: IdentificationType
  /// 0 for any; in phase 1, 0 or UDP (RFC 2407 §4.6.2).
  public var protocolID: UInt8
  /// 0 for any; in phase 1, 0 or 500.
  public var port: UInt16
  public var data: [UInt8]

  public init(type: IdentificationType, protocolID: UInt8 = 0, port: UInt16 = 0, data: [UInt8]) {
    self.type = type
    self.protocolID = protocolID
    self.port = port
    self.data = data
  }

  /// Reads the body up to the cursor's end. Whether the data suit the type is `identity`'s to say: a body that doesn't
  /// still has to go into the HASH.
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    type = IdentificationType(rawValue: try cursor.uint8(frame, Field.type))
    protocolID = try cursor.uint8(frame, Field.protocolID)
    port = try cursor.uint16(frame, Field.port)
    data = cursor.rest(frame)
  }

  /// Octets of the body.
  public var encodedLength: Int { 4 + data.count }

  /// Appends the body: everything behind the generic header.
  func write(to writer: inout ByteWriter) {
    writer.append(type.rawValue)
    writer.append(protocolID)
    writer.append(port)
    writer.append(data)
  }

  /// Everything behind the generic header: IDii_b and IDir_b of RFC 2409 §5.
  public func body() -> [UInt8] {
    var writer = ByteWriter(capacity: encodedLength)
    write(to: &writer)
    return writer.bytes
  }
}

extension IdentificationPayload {
  /// The fields of a body that begins at `offset`.
  func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.type, 0, 1, type.rawValue)
    list.number(.protocolID, 1, 1, protocolID)
    list.number(.port, 2, 2, port)
    var nodes = list.nodes
    if !data.isEmpty { nodes.append(dataField(at: offset + 4)) }
    return nodes
  }

  private func dataField(at offset: Int) -> FieldNode {
    let range = offset..<offset + data.count
    guard let identity else {
      return FieldNode(Field.data, range, .bytes(data), meaning: type.name == nil ? "" : "does not suit its type")
    }
    if case .ipv4Address(let address) = identity {
      return FieldNode(Field.data.id, range, .ipv4, UInt64(address.rawValue), variant: type.rawValue)
    }
    let children = identity.parts.enumerated().map { index, part in
      let start = offset + index * data.count / 2
      return FieldNode(part.field.id, start..<start + data.count / 2, .text(part.text), variant: type.rawValue)
    }
    return FieldNode(
      Field.data.id, range, identity.text.map { .text($0) } ?? .bytes(data), variant: type.rawValue,
      children: children)
  }
}
