//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-----+-+-------+-----+-------------------------------+
// |C|R|K|S|s|Recur|A| Flags | Ver |         Protocol Type         |  0
// +-+-+-+-+-+-----+-+-------+-----+-------------------------------+
// |      Checksum (if C)          |       Reserved1 (if C)        |
// +-------------------------------+-------------------------------+
// |                         Key (if K)                            |
// +---------------------------------------------------------------+
// |                    Sequence Number (if S)                     |
// +---------------------------------------------------------------+
// |              Acknowledgment Number (if A, version 1)          |
// +---------------------------------------------------------------+   RFC 2784 §2, RFC 2890 §2, RFC 2637 §4.1

/// The header of generic routing encapsulation: version 0, and 1 as PPTP uses it. RFC 2784 §2, RFC 2890 §2.
public struct GREHeader: WireHeader {
  public static let layer = LayerKind.gre

  /// The flags that stand for no field here (strict source route, recursion control, the reserved ones): as they were.
  public var otherFlags: UInt16
  /// 0, or 1 for PPTP.
  public var version: UInt8
  /// The EtherType of what follows.
  public var protocolType: EtherType
  /// Over the header and what follows.
  public var checksum: UInt16?
  /// What stands behind the checksum.
  public var reserved1: UInt16
  /// Tells apart the flows of one tunnel.
  public var key: UInt32?
  /// Counts the packets.
  public var sequenceNumber: UInt32?
  /// The highest number received; version 1 only.
  public var acknowledgmentNumber: UInt32?

  public init(
    protocolType: EtherType, version: UInt8 = 0, checksum: UInt16? = nil, reserved1: UInt16 = 0, key: UInt32? = nil,
    sequenceNumber: UInt32? = nil, acknowledgmentNumber: UInt32? = nil, otherFlags: UInt16 = 0
  ) {
    self.otherFlags = otherFlags & 0x0F78
    self.version = version & 7
    self.protocolType = protocolType
    self.checksum = checksum
    self.reserved1 = reserved1
    self.key = key
    self.sequenceNumber = sequenceNumber
    self.acknowledgmentNumber = acknowledgmentNumber
  }

  /// Reads the header at the cursor and leaves the cursor behind its optional fields. RFC 2784 §2. A header with routing
  /// is refused, as RFC 2784 §2.3 has a receiver do, and so is a version above 1.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(4, [(Field.flags, 2), (.protocolType, 2)])
    let start = cursor.position
    let flags = frame.uint16(at: start)
    guard flags & 0x4000 == 0 else { throw Field.routingPresent.invalid(1, at: start) }
    guard flags & 7 <= 1 else { throw Field.version.invalid(flags & 7, at: start) }
    version = UInt8(flags & 7)
    // In version 0 the A bit is one of the reserved flags.
    otherFlags = flags & 0x0F78 | (version == 0 ? flags & 0x80 : 0)
    protocolType = EtherType(rawValue: frame.uint16(at: start + 2))
    cursor.position += 4
    checksum = flags & 0x8000 == 0 ? nil : try cursor.uint16(frame, Field.checksum)
    reserved1 = checksum == nil ? 0 : try cursor.uint16(frame, Field.reserved1)
    key = flags & 0x2000 == 0 ? nil : try cursor.uint32(frame, Field.key)
    sequenceNumber = flags & 0x1000 == 0 ? nil : try cursor.uint32(frame, Field.sequenceNumber)
    acknowledgmentNumber =
      version == 1 && flags & 0x80 != 0 ? try cursor.uint32(frame, Field.acknowledgmentNumber) : nil
  }

  private var flags: UInt16 {
    (checksum == nil ? 0 : 0x8000) | (key == nil ? 0 : 0x2000) | (sequenceNumber == nil ? 0 : 0x1000)
      | (acknowledgmentNumber == nil ? 0 : 0x0080) | otherFlags | UInt16(version)
  }

  public var encodedLength: Int {
    4 + [checksum == nil, key == nil, sequenceNumber == nil, acknowledgmentNumber == nil].count { !$0 } * 4
  }

  public func write(to writer: inout ByteWriter) {
    writer.append(flags)
    writer.append(protocolType.rawValue)
    if let checksum {
      writer.append(checksum)
      writer.append(reserved1)
    }
    for word in [key, sequenceNumber, acknowledgmentNumber] {
      if let word { writer.append(word) }
    }
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.flags, 0, 2, flags)
    list.flag(.checksumPresent, 0, bit: 0, checksum != nil)
    list.flag(.routingPresent, 0, bit: 1, false)
    list.flag(.keyPresent, 0, bit: 2, key != nil)
    list.flag(.sequenceNumberPresent, 0, bit: 3, sequenceNumber != nil)
    list.number(.version, 1, 1, version, bits: 5..<8)
    list.number(.protocolType, 2, 2, protocolType.rawValue)
    var position = 4
    if let checksum {
      list.number(.checksum, position, 2, checksum)
      list.number(.reserved1, position + 2, 2, reserved1)
      position += 4
    }
    let words: [(Field, UInt32?)] = [
      (.key, key), (.sequenceNumber, sequenceNumber), (.acknowledgmentNumber, acknowledgmentNumber),
    ]
    for case (let field, let word?) in words {
      list.number(field, position, 4, word)
      position += 4
    }
    return list.nodes
  }

  /// The fields of the header. RFC 2784 §2, RFC 2890 §2.
  public enum Field: UInt8, TabledField {
    case flags, checksumPresent, routingPresent, keyPresent, sequenceNumberPresent, version, protocolType
    case checksum, reserved1, key, sequenceNumber, acknowledgmentNumber

    public static let layer = LayerKind.gre

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .protocolType: EtherType.meaning(value)
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .flags:
        FieldText("flags", "Flags and Version", "RFC 2784 §2", "gre.flags_and_version", "Which fields there are.")
      case .checksumPresent:
        FieldText("checksumPresent", "Checksum Present", "RFC 2784 §2.2", "gre.flags.checksum", "A checksum follows.")
      case .routingPresent:
        FieldText(
          "routingPresent", "Routing Present", "RFC 1701", "gre.flags.routing",
          "A list of routers follows; withdrawn, and refused.")
      case .keyPresent: FieldText("keyPresent", "Key Present", "RFC 2890 §2", "gre.flags.key", "A key follows.")
      case .sequenceNumberPresent:
        FieldText(
          "sequenceNumberPresent", "Sequence Number Present", "RFC 2890 §2", "gre.flags.sequence_number",
          "A sequence number follows.")
      case .version:
        FieldText("version", "Version Number", "RFC 2784 §2.4", "gre.flags.version", "0, or 1 for PPTP.")
      case .protocolType:
        FieldText("protocolType", "Protocol Type", "RFC 2784 §2.4", "gre.proto", "What is encapsulated.")
      case .checksum:
        FieldText("checksum", "Checksum", "RFC 2784 §2.5", "gre.checksum", "Guards the header and what follows.")
      case .reserved1: FieldText("reserved1", "Reserved1", "RFC 2784 §2.6", "gre.offset", "Must be zero.")
      case .key: FieldText("key", "Key", "RFC 2890 §2.1", "gre.key", "Tells apart the flows of one tunnel.")
      case .sequenceNumber:
        FieldText(
          "sequenceNumber", "Sequence Number", "RFC 2890 §2.2", "gre.sequence_number", "Counts the packets.")
      case .acknowledgmentNumber:
        FieldText(
          "acknowledgmentNumber", "Acknowledgment Number", "RFC 2637 §4.1", "gre.ack_number",
          "The highest sequence number that the sender has had.")
      }
    }
  }
}
