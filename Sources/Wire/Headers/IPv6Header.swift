//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-------+---------------+---------------------------------------+
// |Version| Traffic Class |           Flow Label                  |  0
// +-------+---------------+-------+---------------+---------------+
// |         Payload Length        |  Next Header  |   Hop Limit   |  4
// +-------------------------------+---------------+---------------+
// |                         Source Address                        |  8
// +---------------------------------------------------------------+
// |                      Destination Address                      |  24
// +---------------------------------------------------------------+   RFC 2460 §3

/// The header of an IPv6 packet. RFC 2460 §3.
public struct IPv6Header: WireHeader {
  public static let layer = LayerKind.ipv6

  /// As IPv4's Type of Service.
  public var trafficClass: UInt8
  /// Packets that routers should treat as one stream; 20 bits.
  public var flowLabel: UInt32
  /// Octets behind the header, extension headers included.
  public var payloadLength: UInt16
  /// What follows the header.
  public var nextHeader: IPProtocol
  /// Routers that may still forward the packet.
  public var hopLimit: UInt8
  /// Where the packet says it comes from.
  public var sourceAddress: IPv6Address
  /// Where it goes.
  public var destinationAddress: IPv6Address

  public init(
    from source: IPv6Address, to destination: IPv6Address, nextHeader: IPProtocol, payloadLength: Int,
    hopLimit: UInt8 = 64, trafficClass: UInt8 = 0, flowLabel: UInt32 = 0
  ) {
    self.trafficClass = trafficClass
    self.flowLabel = flowLabel & 0xFFFFF
    self.payloadLength = UInt16(clamping: payloadLength)
    self.nextHeader = nextHeader
    self.hopLimit = hopLimit
    self.sourceAddress = source
    self.destinationAddress = destination
  }

  static let layout: [FieldWidth<Field>] = [
    (.version, 1), (.flowLabel, 3), (.payloadLength, 2), (.nextHeader, 1), (.hopLimit, 1), (.sourceAddress, 16),
    (.destinationAddress, 16),
  ]

  /// Reads the header at the cursor. RFC 2460 §3. The payload length may pass what is there, as in what ICMPv6 quotes.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(40, Self.layout)
    let start = cursor.position
    let first = frame.uint32(at: start)
    guard first >> 28 == 6 else { throw Field.version.invalid(first >> 28, at: start) }
    trafficClass = UInt8(truncatingIfNeeded: first >> 20)
    flowLabel = first & 0xFFFFF
    payloadLength = frame.uint16(at: start + 4)
    nextHeader = IPProtocol(rawValue: frame.uint8(at: start + 6))
    hopLimit = frame.uint8(at: start + 7)
    sourceAddress = frame.ipv6Address(at: start + 8)
    destinationAddress = frame.ipv6Address(at: start + 24)
    cursor.position = start + 40
  }

  public var encodedLength: Int { 40 }

  public func write(to writer: inout ByteWriter) {
    writer.append(6 << 28 | UInt32(trafficClass) << 20 | flowLabel & 0xFFFFF)
    writer.append(payloadLength)
    writer.append(nextHeader.rawValue)
    writer.append(hopLimit)
    writer.append(sourceAddress)
    writer.append(destinationAddress)
  }

  /// The whole packet: this header with the payload length that goes with `payload`, then the payload.
  public func packet(_ payload: [UInt8]) -> [UInt8] {
    var header = self
    header.payloadLength = UInt16(clamping: payload.count)
    var writer = ByteWriter(capacity: 40 + payload.count)
    header.write(to: &writer)
    writer.append(payload)
    return writer.bytes
  }
}

extension IPv6Header {
  /// The fields of the header. RFC 2460 §3.
  public enum Field: UInt8, TabledField {
    case version, trafficClass, flowLabel, payloadLength, nextHeader, hopLimit, sourceAddress, destinationAddress

    public static let layer = LayerKind.ipv6

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .nextHeader: IPProtocol.meaning(value)
      default: ""
      }
    }

    public var text: FieldText {
      let box = "RFC 2460 §3"
      return switch self {
      case .version: FieldText("version", "Version", box, "ipv6.version", "The format of the header: 6 for IPv6.")
      case .trafficClass:
        FieldText("trafficClass", "Traffic Class", box, "ipv6.tclass", "How routers should treat the packet.")
      case .flowLabel:
        FieldText("flowLabel", "Flow Label", box, "ipv6.flow", "Marks packets that routers should treat as one stream.")
      case .payloadLength:
        FieldText("payloadLength", "Payload Length", box, "ipv6.plen", "Octets behind this header.")
      case .nextHeader: FieldText("nextHeader", "Next Header", box, "ipv6.nxt", "What follows this header.")
      case .hopLimit:
        FieldText("hopLimit", "Hop Limit", box, "ipv6.hlim", "How many more routers may forward the packet.")
      case .sourceAddress:
        FieldText("sourceAddress", "Source Address", box, "ipv6.src", "Who sent the packet, or claims to have.")
      case .destinationAddress:
        FieldText("destinationAddress", "Destination Address", box, "ipv6.dst", "Who the packet is for.")
      }
    }
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.version, 0, 1, 6, bits: 0..<4)
    list.number(.trafficClass, 0, 2, trafficClass, bits: 4..<12)
    list.number(.flowLabel, 1, 3, flowLabel, bits: 4..<24)
    list.number(.payloadLength, 4, 2, payloadLength)
    list.number(.nextHeader, 6, 1, nextHeader.rawValue)
    list.number(.hopLimit, 7, 1, hopLimit)
    list.address(.sourceAddress, 8, sourceAddress)
    list.address(.destinationAddress, 24, destinationAddress)
    return list.nodes
  }
}
