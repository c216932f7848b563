//  0      7 8     15 16    23 24    31
// +--------+--------+--------+--------+
// |   Source Port   |Destination Port |  0
// +--------+--------+--------+--------+
// |     Length      |    Checksum     |  4
// +--------+--------+--------+--------+   RFC 768

/// The header of a UDP datagram. RFC 768.
public struct UDPHeader: WireHeader {
  public static let layer = LayerKind.udp

  /// The sender's port.
  public var sourcePort: UInt16
  /// The receiver's port.
  public var destinationPort: UInt16
  /// Octets of header and data.
  public var length: UInt16
  /// Over pseudo header, header and data; zero where the sender made none.
  public var checksum: UInt16

  public init(sourcePort: UInt16, destinationPort: UInt16, length: UInt16 = 8, checksum: UInt16 = 0) {
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.length = length
    self.checksum = checksum
  }

  static let layout: [FieldWidth<Field>] = [
    (.sourcePort, 2), (.destinationPort, 2), (.length, 2), (.checksum, 2),
  ]

  /// Reads the header at the cursor. RFC 768. The length may pass what is there, as in a first fragment.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(8, Self.layout)
    let start = cursor.position
    sourcePort = frame.uint16(at: start)
    destinationPort = frame.uint16(at: start + 2)
    length = frame.uint16(at: start + 4)
    checksum = frame.uint16(at: start + 6)
    guard length >= 8 else { throw Field.length.invalidLength(Int(length), limit: 8, at: start + 4) }
    cursor.position += 8
  }

  public var encodedLength: Int { 8 }

  public func write(to writer: inout ByteWriter) {
    writer.append(sourcePort)
    writer.append(destinationPort)
    writer.append(length)
    writer.append(checksum)
  }

  /// Octets of data, by the length.
  public var payloadLength: Int { Int(length) - 8 }

  /// The whole datagram: this header with the length and checksum that go with `payload`, then the payload. A checksum
  /// that comes out as zero is sent as all ones, since zero says that there is none.
  public func datagram(_ payload: [UInt8], from source: IPAddress, to destination: IPAddress) -> [UInt8] {
    var header = self
    header.length = UInt16(clamping: 8 + payload.count)
    header.checksum = 0
    var writer = ByteWriter(capacity: 8 + payload.count)
    header.write(to: &writer)
    writer.append(payload)
    let sum = Self.checksum(of: writer.bytes, from: source, to: destination)
    writer.patch(sum == 0 ? 0xFFFF : sum, at: 6)
    return writer.bytes
  }

  /// The sum over pseudo header and `datagram`; 0 where the datagram carries its right checksum.
  public static func checksum(of datagram: [UInt8], from source: IPAddress, to destination: IPAddress) -> UInt16 {
    var sum = InternetChecksum.pseudoHeader(from: source, to: destination, protocol: .udp, length: datagram.count)
    sum.add(datagram)
    return sum.checksum
  }

  /// Whether a whole datagram is intact: it has no checksum (which only IPv4 allows), or the right one.
  public static func isIntact(_ datagram: [UInt8], from source: IPAddress, to destination: IPAddress) -> Bool {
    guard datagram.count >= 8 else { return false }
    if datagram[6] == 0, datagram[7] == 0, case .v4 = source { return true }
    return checksum(of: datagram, from: source, to: destination) == 0
  }
}

extension UDPHeader {
  /// The fields of the header. RFC 768.
  public enum Field: UInt8, TabledField {
    case sourcePort, destinationPort, length, checksum

    public static let layer = LayerKind.udp

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .sourcePort, .destinationPort: UDPHeader.portName(UInt16(truncatingIfNeeded: value))
      case .checksum: value == 0 ? "none" : ""
      case .length: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .sourcePort:
        FieldText("sourcePort", "Source Port", "RFC 768", "udp.srcport", "The port that answers go to.")
      case .destinationPort:
        FieldText(
          "destinationPort", "Destination Port", "RFC 768", "udp.dstport", "Which program at the destination is meant.")
      case .length:
        FieldText("length", "Length", "RFC 768", "udp.length", "Octets of header and data together.")
      case .checksum:
        FieldText(
          "checksum", "Checksum", "RFC 768", "udp.checksum",
          "Guards header, data and both addresses; zero says that the sender made none.")
      }
    }
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.sourcePort, 0, 2, sourcePort)
    list.number(.destinationPort, 2, 2, destinationPort)
    list.number(.length, 4, 2, length)
    list.number(.checksum, 6, 2, checksum)
    return list.nodes
  }

  /// Who usually listens on a port that matters in an IPsec lab; empty for the others.
  static func portName(_ port: UInt16) -> String {
    switch port {
    case 53: "DNS"
    case 500: "ISAKMP"
    case 520: "RIP"
    case 1701: "L2TP"
    case 4500: "IPsec through NAT"
    default: ""
    }
  }
}
