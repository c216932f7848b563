//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +---------------+---------------+-------------------------+---+-+
// |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|  0
// +---------------+---------------+-------------------------+---+-+
// |                         Identification                        |  4
// +---------------------------------------------------------------+   RFC 2460 §4.5

/// The header of an IPv6 fragment. RFC 2460 §4.5.
public struct IPv6FragmentHeader: WireHeader {
  public static let layer = LayerKind.ipv6Fragment

  /// What the fragmented part of the packet begins with.
  public var nextHeader: IPProtocol
  /// Reserved; zero.
  public var reserved: UInt8
  /// Where in the packet this fragment belongs, in units of eight octets; 13 bits.
  public var fragmentOffset: UInt16
  /// Reserved; two bits of zero.
  public var reservedBits: UInt8
  /// M: not the last fragment.
  public var moreFragments: Bool
  /// What the fragments of one packet have in common.
  public var identification: UInt32

  public init(
    nextHeader: IPProtocol, reserved: UInt8 = 0, fragmentOffset: UInt16, reservedBits: UInt8 = 0, moreFragments: Bool,
    identification: UInt32
  ) {
    self.nextHeader = nextHeader
    self.reserved = reserved
    self.fragmentOffset = fragmentOffset & 0x1FFF
    self.reservedBits = reservedBits & 3
    self.moreFragments = moreFragments
    self.identification = identification
  }

  /// Reads the header at the cursor. RFC 2460 §4.5.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(
      8, [(Field.nextHeader, 1), (.reserved, 1), (.fragmentOffset, 2), (.identification, 4)])
    let start = cursor.position
    nextHeader = IPProtocol(rawValue: frame.uint8(at: start))
    reserved = frame.uint8(at: start + 1)
    let word = frame.uint16(at: start + 2)
    fragmentOffset = word >> 3
    reservedBits = UInt8(truncatingIfNeeded: word >> 1 & 3)
    moreFragments = word & 1 == 1
    identification = frame.uint32(at: start + 4)
    cursor.position = start + 8
  }

  public var encodedLength: Int { 8 }

  public func write(to writer: inout ByteWriter) {
    writer.append(nextHeader.rawValue)
    writer.append(reserved)
    writer.append(fragmentOffset << 3 | UInt16(reservedBits & 3) << 1 | (moreFragments ? 1 : 0))
    writer.append(identification)
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.nextHeader, 0, 1, nextHeader.rawValue)
    list.number(.reserved, 1, 1, reserved)
    list.number(.fragmentOffset, 2, 2, fragmentOffset, bits: 0..<13)
    list.number(.reservedBits, 3, 1, reservedBits, bits: 5..<7)
    list.flag(.moreFragments, 3, bit: 7, moreFragments)
    list.number(.identification, 4, 4, identification)
    return list.nodes
  }

  /// The fields of the header. RFC 2460 §4.5.
  public enum Field: UInt8, TabledField {
    case nextHeader, reserved, fragmentOffset, reservedBits, moreFragments, identification

    public static let layer = LayerKind.ipv6Fragment

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .nextHeader: IPProtocol.meaning(value)
      case .fragmentOffset: "\(value * 8) octets"
      default: ""
      }
    }

    public var text: FieldText {
      let section = "RFC 2460 §4.5"
      return switch self {
      case .nextHeader:
        FieldText(
          "nextHeader", "Next Header", section, "ipv6.fraghdr.nxt",
          "What the fragmented part of the packet begins with.")
      case .reserved: FieldText("reserved", "Reserved", section, "ipv6.fraghdr.reserved_octet", "Must be zero.")
      case .fragmentOffset:
        FieldText(
          "fragmentOffset", "Fragment Offset", section, "ipv6.fraghdr.offset",
          "Where in the packet this fragment belongs, in units of eight octets.")
      case .reservedBits: FieldText("reservedBits", "Res", section, "ipv6.fraghdr.reserved_bits", "Must be zero.")
      case .moreFragments:
        FieldText("moreFragments", "M flag", section, "ipv6.fraghdr.more", "Set on every fragment but the last.")
      case .identification:
        FieldText(
          "identification", "Identification", section, "ipv6.fraghdr.ident",
          "The sender's number for the packet, by which fragments find each other.")
      }
    }
  }
}
