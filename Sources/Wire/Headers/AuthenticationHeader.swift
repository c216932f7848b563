//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +---------------+---------------+-------------------------------+
// |  Next Header  |  Payload Len  |           RESERVED            |  0
// +---------------+---------------+-------------------------------+
// |                Security Parameters Index (SPI)                |  4
// +---------------------------------------------------------------+
// |                     Sequence Number Field                     |  8
// +---------------------------------------------------------------+
// |                Authentication Data (variable)                 |  12, to 4 * (Payload Len + 2)
// +---------------------------------------------------------------+   RFC 2402 §2

/// The IP authentication header. RFC 2402 §2.
public struct AuthenticationHeader: WireHeader {
  public static let layer = LayerKind.ah

  /// What follows the header.
  public var nextHeader: IPProtocol
  /// Reserved; zero, but covered by the ICV as it stands.
  public var reserved: UInt16
  /// Which SA of the receiver's the packet belongs to.
  public var spi: UInt32
  /// Counts the packets of the SA, from 1.
  public var sequenceNumber: UInt32
  /// The ICV with whatever padding the header has: a multiple of four octets, 1,016 at most.
  public var integrityCheckValue: [UInt8]

  public init(
    nextHeader: IPProtocol, reserved: UInt16 = 0, spi: UInt32, sequenceNumber: UInt32, integrityCheckValue: [UInt8]
  ) {
    self.nextHeader = nextHeader
    self.reserved = reserved
    self.spi = spi
    self.sequenceNumber = sequenceNumber
    self.integrityCheckValue = integrityCheckValue
  }

  static let layout: [FieldWidth<Field>] = [
    (.nextHeader, 1), (.payloadLength, 1), (.reserved, 2), (.securityParametersIndex, 4), (.sequenceNumber, 4),
  ]

  /// Reads the header at the cursor and leaves the cursor behind the ICV. RFC 2402 §2. A payload length below 1 would
  /// end the header inside its fixed part and is refused.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(12, Self.layout)
    let start = cursor.position
    let length = (Int(frame.uint8(at: start + 1)) + 2) * 4
    guard length >= 12 else { throw Field.payloadLength.invalidLength(length, limit: 12, at: start + 1) }
    nextHeader = IPProtocol(rawValue: frame.uint8(at: start))
    reserved = frame.uint16(at: start + 2)
    spi = frame.uint32(at: start + 4)
    sequenceNumber = frame.uint32(at: start + 8)
    cursor.position = start + 12
    integrityCheckValue = try cursor.octets(length - 12, frame, Field.integrityCheckValue)
  }

  public var encodedLength: Int { 12 + integrityCheckValue.count }
  /// Payload Len as it stands in the header: its length in words of four octets, minus 2. RFC 2402 §2.2.
  public var payloadLength: UInt8 { UInt8(truncatingIfNeeded: encodedLength / 4 - 2) }

  public func write(to writer: inout ByteWriter) {
    writer.append(nextHeader.rawValue)
    writer.append(payloadLength)
    writer.append(reserved)
    writer.append(spi)
    writer.append(sequenceNumber)
    writer.append(integrityCheckValue)
  }
}

extension AuthenticationHeader {
  /// The fields of the header. RFC 2402 §2.
  public enum Field: UInt8, TabledField {
    case nextHeader, payloadLength, reserved, securityParametersIndex, sequenceNumber, integrityCheckValue

    public static let layer = LayerKind.ah

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .nextHeader: IPProtocol.meaning(value)
      case .payloadLength: "\(value * 4 + 8) octets"
      case .securityParametersIndex: hexadecimal(value, digits: 8)
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .nextHeader:
        FieldText("nextHeader", "Next Header", "RFC 2402 §2.1", "ah.next_header", "What is authenticated behind AH.")
      case .payloadLength:
        FieldText(
          "payloadLength", "Payload Len", "RFC 2402 §2.2", "ah.length",
          "The length of AH in words of four octets, minus 2.")
      case .reserved: FieldText("reserved", "RESERVED", "RFC 2402 §2.3", "ah.reserved", "Must be zero.")
      case .securityParametersIndex:
        FieldText(
          "securityParametersIndex", "Security Parameters Index", "RFC 2402 §2.4", "ah.spi",
          "With the destination address, tells the receiver which SA, and so which key, the packet belongs to.")
      case .sequenceNumber:
        FieldText(
          "sequenceNumber", "Sequence Number", "RFC 2402 §2.5", "ah.sequence",
          "Counts the packets of the SA from 1, so that the receiver can refuse one that it has had before.")
      case .integrityCheckValue:
        FieldText(
          "integrityCheckValue", "Authentication Data", "RFC 2402 §2.6", "ah.icv",
          "The ICV over the payload, AH and every field of the IP header that no router changes.")
      }
    }
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.nextHeader, 0, 1, nextHeader.rawValue)
    list.number(.payloadLength, 1, 1, payloadLength)
    list.number(.reserved, 2, 2, reserved)
    list.number(.securityParametersIndex, 4, 4, spi)
    list.number(.sequenceNumber, 8, 4, sequenceNumber)
    list.octets(.integrityCheckValue, 12, integrityCheckValue)
    return list.nodes
  }
}
