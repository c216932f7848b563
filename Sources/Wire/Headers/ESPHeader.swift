//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +---------------------------------------------------------------+
// |               Security Parameters Index (SPI)                 |  0
// +---------------------------------------------------------------+
// |                      Sequence Number                          |  4
// +---------------------------------------------------------------+
// |                    Payload Data (variable)                    |  8
// |               +-----------------------------------------------+
// |               |     Padding (0-255 bytes)                     |
// +---------------+-----------------------------------------------+
// |                               |  Pad Length   | Next Header   |  end - ICV - 2
// +-------------------------------+---------------+---------------+
// |                 Authentication Data (variable)                |  end - ICV
// +---------------------------------------------------------------+   RFC 2406 §2

/// What stands in clear at the front of an ESP packet. RFC 2406 §2.1, §2.2.
public struct ESPHeader: WireHeader {
  public static let layer = LayerKind.esp

  /// Which SA of the receiver's the packet belongs to.
  public var spi: UInt32
  /// Counts the packets of the SA, from 1.
  public var sequenceNumber: UInt32

  public init(spi: UInt32, sequenceNumber: UInt32) {
    self.spi = spi
    self.sequenceNumber = sequenceNumber
  }

  /// Reads the header at the cursor. RFC 2406 §2.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(8, [(Field.securityParametersIndex, 4), (.sequenceNumber, 4)])
    spi = frame.uint32(at: cursor.position)
    sequenceNumber = frame.uint32(at: cursor.position + 4)
    cursor.position += 8
  }

  public var encodedLength: Int { 8 }

  public func write(to writer: inout ByteWriter) {
    writer.append(spi)
    writer.append(sequenceNumber)
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.securityParametersIndex, 0, 4, spi)
    list.number(.sequenceNumber, 4, 4, sequenceNumber)
    return list.nodes
  }
}

/// What stands at the end of the decrypted part: padding, its length, and what the payload is. RFC 2406 §2.4 to §2.6.
public struct ESPTrailer: Hashable, Sendable {
  /// The padding; a cipher that asks for nothing else has it count 1, 2, 3 and so on.
  public var padding: [UInt8]
  /// What the payload is.
  public var nextHeader: IPProtocol

  public init(padding: [UInt8], nextHeader: IPProtocol) {
    self.padding = padding
    self.nextHeader = nextHeader
  }

  /// The trailer that makes `payloadLength` octets a multiple of `alignment`, with the padding that RFC 2406 §2.4 sets.
  /// `alignment` is the cipher's block or 4, whichever is larger, and 256 at most.
  public init(padding payloadLength: Int, to alignment: Int, nextHeader: IPProtocol) {
    let unit = max(1, min(256, alignment))
    let count = (unit - (payloadLength + 2) % unit) % unit
    padding = (0..<count).map { UInt8(truncatingIfNeeded: $0 + 1) }
    self.nextHeader = nextHeader
  }

  /// Reads the trailer at the end of what the cursor holds, and moves the cursor's end in front of it: the cursor then
  /// holds the payload. Refuses a pad length that passes what stands before it.
  public init(readingEndOf frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    guard cursor.remaining >= 2 else {
      throw DecodeError(
        field: ESPHeader.Field.padLength.id, offset: cursor.position,
        fault: .truncated(needed: 2, available: cursor.remaining))
    }
    let length = Int(frame.uint8(at: cursor.end - 2))
    guard length <= cursor.remaining - 2 else {
      throw ESPHeader.Field.padLength.invalidLength(length, limit: cursor.remaining - 2, at: cursor.end - 2)
    }
    nextHeader = IPProtocol(rawValue: frame.uint8(at: cursor.end - 1))
    padding = frame.octets(in: cursor.end - 2 - length..<cursor.end - 2)
    cursor.end -= 2 + length
  }

  /// Octets of padding, pad length and next header.
  public var encodedLength: Int { padding.count + 2 }

  /// Appends padding, pad length and next header.
  public func write(to writer: inout ByteWriter) {
    writer.append(padding)
    writer.append(UInt8(truncatingIfNeeded: padding.count))
    writer.append(nextHeader.rawValue)
  }

  /// Whether the padding counts 1, 2, 3, …: a receiver may check it (RFC 2406 §2.4).
  public var isMonotonic: Bool { padding.enumerated().allSatisfy { $1 == UInt8(truncatingIfNeeded: $0 + 1) } }

  /// The fields of a trailer that begins at `offset`.
  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<ESPHeader.Field>(at: offset)
    list.octets(.padding, 0, padding, meaning: isMonotonic ? "counts from 1, as it should" : "does not count from 1")
    list.number(.padLength, padding.count, 1, padding.count)
    list.number(.nextHeader, padding.count + 1, 1, nextHeader.rawValue)
    return list.nodes
  }
}

extension ESPHeader {
  /// The fields of an ESP packet; those behind the sequence number show only where a key opens it. RFC 2406 §2.
  public enum Field: UInt8, TabledField {
    case securityParametersIndex, sequenceNumber, initializationVector, payloadData
    case padding, padLength, nextHeader, integrityCheckValue

    public static let layer = LayerKind.esp

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .nextHeader: IPProtocol.meaning(value)
      case .securityParametersIndex: hexadecimal(value, digits: 8)
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .securityParametersIndex:
        FieldText(
          "securityParametersIndex", "Security Parameters Index", "RFC 2406 §2.1", "esp.spi",
          "With the destination address, tells the receiver which SA, and so which keys, the packet belongs to.")
      case .sequenceNumber:
        FieldText(
          "sequenceNumber", "Sequence Number", "RFC 2406 §2.2", "esp.sequence",
          "Counts the packets of the SA from 1, so that the receiver can refuse one that it has had before.")
      case .initializationVector:
        FieldText(
          "initializationVector", "Initialization Vector", "RFC 2406 §2.3", "esp.iv",
          "Makes equal payloads encrypt differently; differs from packet to packet.")
      case .payloadData:
        FieldText(
          "payloadData", "Payload Data", "RFC 2406 §2.3", "esp.encrypted_data", "What is protected, encrypted.")
      case .padding:
        FieldText(
          "padding", "Padding", "RFC 2406 §2.4", "esp.pad",
          "Fills the last cipher block, and sets the two octets behind it at the end of a word of four.")
      case .padLength:
        FieldText("padLength", "Pad Length", "RFC 2406 §2.5", "esp.pad_len", "Octets of padding before this one.")
      case .nextHeader:
        FieldText(
          "nextHeader", "Next Header", "RFC 2406 §2.6", "esp.protocol",
          "What the payload is: 4 an IP datagram (tunnel mode), else a transport protocol (transport mode).")
      case .integrityCheckValue:
        FieldText(
          "integrityCheckValue", "Authentication Data", "RFC 2406 §2.7", "esp.icv",
          "The ICV over everything before it: proves that the packet was made by who holds the key, and not changed.")
      }
    }
  }
}
