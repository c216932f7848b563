// Behind a NAT both ESP and ISAKMP go over UDP port 4500. Four octets of zero, where ESP has its SPI, mark ISAKMP; one
// octet of ones alone keeps the NAT's mapping alive. RFC 3948 §2.

/// The four zeros that tell ISAKMP from ESP on UDP port 4500. RFC 3948 §2.2.
public struct NonESPMarker: WireHeader {
  public static let layer = LayerKind.nonESPMarker

  public init() {}

  /// Reads the marker at the cursor; anything but zeros is refused, for it is an SPI.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    let start = cursor.position
    let marker = try cursor.uint32(frame, Field.marker)
    guard marker == 0 else { throw Field.marker.invalid(marker, at: start) }
  }

  public var encodedLength: Int { 4 }

  public func write(to writer: inout ByteWriter) { writer.append(UInt32(0)) }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.marker, 0, 4, 0)
    return list.nodes
  }

  /// The one field.
  public enum Field: UInt8, TabledField {
    case marker

    public static let layer = LayerKind.nonESPMarker

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      "ISAKMP follows, not ESP"
    }

    public var text: FieldText {
      FieldText(
        "marker", "Non-ESP Marker", "RFC 3948 §2.2", nil,
        "Zeros where ESP has its SPI, which is never zero: so the receiver knows that ISAKMP follows.")
    }
  }
}

/// The single octet that keeps a NAT's mapping alive. RFC 3948 §2.3.
public struct NATKeepalive: WireHeader {
  public static let layer = LayerKind.natKeepalive

  public init() {}

  /// Reads the octet at the cursor, which must be 0xFF.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    let start = cursor.position
    let octet = try cursor.uint8(frame, Field.octet)
    guard octet == 0xFF else { throw Field.octet.invalid(octet, at: start) }
  }

  public var encodedLength: Int { 1 }

  public func write(to writer: inout ByteWriter) { writer.append(UInt8(0xFF)) }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.octet, 0, 1, 0xFF)
    return list.nodes
  }

  /// The one field.
  public enum Field: UInt8, TabledField {
    case octet

    public static let layer = LayerKind.natKeepalive

    public var text: FieldText {
      FieldText(
        "octet", "NAT-keepalive", "RFC 3948 §2.3", nil,
        "Sent now and then so that the NAT on the way does not forget the mapping; the receiver ignores it.")
    }
  }
}
