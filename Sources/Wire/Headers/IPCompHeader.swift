//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +---------------+---------------+-------------------------------+
// |  Next Header  |     Flags     | Compression Parameter Index   |  0
// +---------------+---------------+-------------------------------+   RFC 2393 §3.3

/// The header in front of a compressed payload. RFC 2393 §3.3.
public struct IPCompHeader: WireHeader {
  public static let layer = LayerKind.ipcomp
  /// Octets of the header.
  public static let fixedLength = 4

  /// What the payload is once it is unpacked.
  public var nextHeader: IPProtocol
  /// Reserved; zero.
  public var flags: UInt8
  /// CPI: how it was packed; below 64 the number of the algorithm (2 DEFLATE, 3 LZS), else agreed through IKE.
  public var compressionParameterIndex: UInt16

  public init(nextHeader: IPProtocol, flags: UInt8 = 0, compressionParameterIndex: UInt16) {
    self.nextHeader = nextHeader
    self.flags = flags
    self.compressionParameterIndex = compressionParameterIndex
  }

  /// Reads the header at the cursor. RFC 2393 §3.3.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(4, [(Field.nextHeader, 1), (.flags, 1), (.compressionParameterIndex, 2)])
    nextHeader = IPProtocol(rawValue: frame.uint8(at: cursor.position))
    flags = frame.uint8(at: cursor.position + 1)
    compressionParameterIndex = frame.uint16(at: cursor.position + 2)
    cursor.position += 4
  }

  public var encodedLength: Int { Self.fixedLength }

  public func write(to writer: inout ByteWriter) {
    writer.append(nextHeader.rawValue)
    writer.append(flags)
    writer.append(compressionParameterIndex)
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.nextHeader, 0, 1, nextHeader.rawValue)
    list.number(.flags, 1, 1, flags)
    list.number(.compressionParameterIndex, 2, 2, compressionParameterIndex)
    return list.nodes
  }

  private static func meaning(ofIndex index: UInt64) -> String {
    switch index {
    case 1: "OUI"
    case 2: "DEFLATE"
    case 3: "LZS"
    case 4: "LZJH"
    case 256...: "agreed"
    default: "reserved"
    }
  }

  /// The fields of the header. RFC 2393 §3.3.
  public enum Field: UInt8, TabledField {
    case nextHeader, flags, compressionParameterIndex

    public static let layer = LayerKind.ipcomp

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .nextHeader: IPProtocol.meaning(value)
      case .compressionParameterIndex: IPCompHeader.meaning(ofIndex: value)
      default: ""
      }
    }

    public var text: FieldText {
      let section = "RFC 2393 §3.3"
      return switch self {
      case .nextHeader:
        FieldText(
          "nextHeader", "Next Header", section, "ipcomp.next_header", "What the payload is once it is unpacked.")
      case .flags: FieldText("flags", "Flags", section, "ipcomp.flags", "Must be zero.")
      case .compressionParameterIndex:
        FieldText(
          "compressionParameterIndex", "Compression Parameter Index", section, "ipcomp.cpi",
          "Tells the receiver how the payload was packed.")
      }
    }
  }
}
