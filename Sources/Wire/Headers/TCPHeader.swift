//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-------------------------------+-------------------------------+
// |          Source Port          |       Destination Port        |  0
// +-------------------------------+-------------------------------+
// |                        Sequence Number                        |  4
// +---------------------------------------------------------------+
// |                    Acknowledgment Number                      |  8
// +-------+-----------+-----------+-------------------------------+
// | Data  | Reserved  |U|A|P|R|S|F|            Window             |  12
// | Offset|           |R|C|S|S|Y|I|                               |
// +-------+-----------+-----------+-------------------------------+
// |           Checksum            |         Urgent Pointer        |  16
// +-------------------------------+---------------+---------------+
// |                    Options                    |    Padding    |  20, to 4 * Data Offset
// +-----------------------------------------------+---------------+   RFC 793 §3.1

/// The flags of a TCP segment, with the four of RFC 3168 and RFC 3540 and the reserved three in front: 12 bits.
public struct TCPFlags: OptionSet, Hashable, Sendable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue & 0x0FFF }

  public static let fin = TCPFlags(rawValue: 0x001)
  public static let syn = TCPFlags(rawValue: 0x002)
  public static let rst = TCPFlags(rawValue: 0x004)
  public static let psh = TCPFlags(rawValue: 0x008)
  public static let ack = TCPFlags(rawValue: 0x010)
  public static let urg = TCPFlags(rawValue: 0x020)
  public static let ece = TCPFlags(rawValue: 0x040)
  public static let cwr = TCPFlags(rawValue: 0x080)
  public static let ns = TCPFlags(rawValue: 0x100)

  /// The three bits that are still reserved.
  public var reserved: UInt16 { rawValue >> 9 }
}

/// The header of a TCP segment. RFC 793 §3.1.
public struct TCPHeader: WireHeader {
  public static let layer = LayerKind.tcp

  /// The sender's port.
  public var sourcePort: UInt16
  /// The receiver's port.
  public var destinationPort: UInt16
  /// The number of the first octet of data; of the SYN where there is one.
  public var sequenceNumber: UInt32
  /// The number of the next octet that the sender expects.
  public var acknowledgmentNumber: UInt32
  /// The flags and the reserved bits.
  public var flags: TCPFlags
  /// Octets that the sender is ready to take, before scaling.
  public var window: UInt16
  /// Over pseudo header, header and data.
  public var checksum: UInt16
  /// Where urgent data ends, counted from the sequence number.
  public var urgentPointer: UInt16
  /// Options and their padding as they stand in the header: a multiple of four octets, 40 at most.
  public var options: [UInt8]

  public init(
    sourcePort: UInt16, destinationPort: UInt16, sequenceNumber: UInt32, acknowledgmentNumber: UInt32 = 0,
    flags: TCPFlags, window: UInt16, urgentPointer: UInt16 = 0, options: [TCPOption] = []
  ) {
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.sequenceNumber = sequenceNumber
    self.acknowledgmentNumber = acknowledgmentNumber
    self.flags = flags
    self.window = window
    self.checksum = 0
    self.urgentPointer = urgentPointer
    self.options = TCPOption.encode(options)
  }

  static let layout: [FieldWidth<Field>] = [
    (.sourcePort, 2), (.destinationPort, 2), (.sequenceNumber, 4), (.acknowledgmentNumber, 4), (.dataOffset, 2),
    (.window, 2), (.checksum, 2), (.urgentPointer, 2),
  ]

  /// Reads the header at the cursor and leaves the cursor behind the options. RFC 793 §3.1.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(20, Self.layout)
    let start = cursor.position
    sourcePort = frame.uint16(at: start)
    destinationPort = frame.uint16(at: start + 2)
    sequenceNumber = frame.uint32(at: start + 4)
    acknowledgmentNumber = frame.uint32(at: start + 8)
    let offsetAndFlags = frame.uint16(at: start + 12)
    flags = TCPFlags(rawValue: offsetAndFlags)
    window = frame.uint16(at: start + 14)
    checksum = frame.uint16(at: start + 16)
    urgentPointer = frame.uint16(at: start + 18)
    let headerLength = Int(offsetAndFlags >> 12) * 4
    guard headerLength >= 20 else {
      throw Field.dataOffset.invalidLength(headerLength, limit: 20, at: start + 12)
    }
    cursor.position = start + 20
    options = try cursor.octets(headerLength - 20, frame, Field.options)
  }

  public var encodedLength: Int { 20 + options.count }

  public func write(to writer: inout ByteWriter) {
    writer.append(sourcePort)
    writer.append(destinationPort)
    writer.append(sequenceNumber)
    writer.append(acknowledgmentNumber)
    writer.append(UInt16(truncatingIfNeeded: encodedLength / 4) << 12 | flags.rawValue)
    writer.append(window)
    writer.append(checksum)
    writer.append(urgentPointer)
    writer.append(options)
  }

  /// The options one by one.
  public var parsedOptions: [TCPOption] { TCPOption.parse(options).map(\.option) }

  /// The largest segment that the sender takes, where it says so. RFC 793 §3.1.
  public var maximumSegmentSize: UInt16? {
    for case .maximumSegmentSize(let size) in parsedOptions { return size }
    return nil
  }

  /// The whole segment: this header with the checksum that goes with `payload`, then the payload.
  public func segment(_ payload: [UInt8], from source: IPAddress, to destination: IPAddress) -> [UInt8] {
    var header = self
    header.checksum = 0
    var writer = ByteWriter(capacity: encodedLength + payload.count)
    header.write(to: &writer)
    writer.append(payload)
    writer.patch(Self.checksum(of: writer.bytes, from: source, to: destination), at: 16)
    return writer.bytes
  }

  /// The sum over pseudo header and `segment`; 0 where the segment carries its right checksum.
  public static func checksum(of segment: [UInt8], from source: IPAddress, to destination: IPAddress) -> UInt16 {
    var sum = InternetChecksum.pseudoHeader(from: source, to: destination, protocol: .tcp, length: segment.count)
    sum.add(segment)
    return sum.checksum
  }

  /// Whether a whole segment carries its right checksum.
  public static func isIntact(_ segment: [UInt8], from source: IPAddress, to destination: IPAddress) -> Bool {
    segment.count >= 20 && checksum(of: segment, from: source, to: destination) == 0
  }
}
