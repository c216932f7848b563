//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +---------------+---------------+---------------+---------------+
// |  Next Header  |  Hdr Ext Len  |  Routing Type | Segments Left |  0
// +---------------+---------------+---------------+---------------+
// |                       type-specific data                      |  4, to 8 * (Hdr Ext Len + 1)
// +---------------------------------------------------------------+   RFC 2460 §4.4

/// A routing header: places that a packet has to visit on its way. RFC 2460 §4.4.
public struct IPv6RoutingHeader: WireHeader {
  public static let layer = LayerKind.ipv6Routing

  /// What follows the header.
  public var nextHeader: IPProtocol
  /// Which kind of routing header; 0 is the list of addresses that RFC 5095 has since withdrawn.
  public var routingType: UInt8
  /// Places that are still to be visited.
  public var segmentsLeft: UInt8
  /// What the type says: 4 octets and a multiple of eight.
  public var data: [UInt8]

  public init(nextHeader: IPProtocol, routingType: UInt8, segmentsLeft: UInt8, data: [UInt8]) {
    self.nextHeader = nextHeader
    self.routingType = routingType
    self.segmentsLeft = segmentsLeft
    self.data = data + [UInt8](repeating: 0, count: -(data.count + 4) & 7)
  }

  /// Reads the header at the cursor and leaves the cursor behind its data. RFC 2460 §4.4.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(
      4, [(Field.nextHeader, 1), (.headerExtensionLength, 1), (.routingType, 1), (.segmentsLeft, 1)])
    let start = cursor.position
    nextHeader = IPProtocol(rawValue: frame.uint8(at: start))
    routingType = frame.uint8(at: start + 2)
    segmentsLeft = frame.uint8(at: start + 3)
    cursor.position = start + 4
    data = try cursor.octets(Int(frame.uint8(at: start + 1)) * 8 + 4, frame, Field.data)
  }

  public var encodedLength: Int { 4 + data.count }

  public func write(to writer: inout ByteWriter) {
    writer.append(nextHeader.rawValue)
    writer.append(UInt8(truncatingIfNeeded: encodedLength / 8 - 1))
    writer.append(routingType)
    writer.append(segmentsLeft)
    writer.append(data)
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.nextHeader, 0, 1, nextHeader.rawValue)
    list.number(.headerExtensionLength, 1, 1, encodedLength / 8 - 1)
    list.number(.routingType, 2, 1, routingType)
    list.number(.segmentsLeft, 3, 1, segmentsLeft)
    list.octets(.data, 4, data)
    return list.nodes
  }

  /// The fields of the header. RFC 2460 §4.4.
  public enum Field: UInt8, TabledField {
    case nextHeader, headerExtensionLength, routingType, segmentsLeft, data

    public static let layer = LayerKind.ipv6Routing

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .nextHeader: IPProtocol.meaning(value)
      case .headerExtensionLength: "\(value * 8 + 8) octets"
      default: ""
      }
    }

    public var text: FieldText {
      let section = "RFC 2460 §4.4"
      return switch self {
      case .nextHeader:
        FieldText("nextHeader", "Next Header", section, "ipv6.routing.nxt", "What follows this header.")
      case .headerExtensionLength:
        FieldText(
          "headerExtensionLength", "Hdr Ext Len", section, "ipv6.routing.len",
          "The header's length in units of eight octets, the first not counted.")
      case .routingType:
        FieldText("routingType", "Routing Type", section, "ipv6.routing.type", "Which kind of routing header this is.")
      case .segmentsLeft:
        FieldText(
          "segmentsLeft", "Segments Left", section, "ipv6.routing.segleft", "Places that are still to be visited.")
      case .data: FieldText("data", "type-specific data", section, nil, "What the routing type says, often addresses.")
      }
    }
  }
}
