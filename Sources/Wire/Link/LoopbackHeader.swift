/// The address family in front of a packet on a BSD loopback interface. tcpdump.org, LINKTYPE_NULL and LINKTYPE_LOOP.
public struct LoopbackHeader: WireHeader {
  public static let layer = LayerKind.loopback

  /// The address family, in whichever byte order makes it a small number: who captured wrote his own.
  public var family: UInt32
  /// Whether the least significant octet came first.
  public var isLittleEndian: Bool

  public init(family: UInt32, isLittleEndian: Bool) {
    self.family = family
    self.isLittleEndian = isLittleEndian && family.byteSwapped > 0xFFFF
  }

  /// Reads the family at the cursor.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    let word = try cursor.uint32(frame, Field.family)
    isLittleEndian = word > 0xFFFF
    family = isLittleEndian ? word.byteSwapped : word
  }

  public var encodedLength: Int { 4 }

  public func write(to writer: inout ByteWriter) { writer.append(isLittleEndian ? family.byteSwapped : family) }

  /// What follows; the BSDs and Darwin number IPv6 differently.
  public var etherType: EtherType? {
    switch family {
    case 2: .ipv4
    case 10, 24, 28, 30: .ipv6
    default: nil
    }
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.family, 0, 4, family)
    return list.nodes
  }

  /// The one field.
  public enum Field: UInt8, TabledField {
    case family

    public static let layer = LayerKind.loopback

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      LoopbackHeader(family: UInt32(truncatingIfNeeded: value), isLittleEndian: false).etherType?.name ?? "unknown"
    }

    public var text: FieldText {
      FieldText(
        "family", "Address family", "tcpdump.org LINKTYPE_NULL", "null.family", "Which IP follows.")
    }
  }
}
