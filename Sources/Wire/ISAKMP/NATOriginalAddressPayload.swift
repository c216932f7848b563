//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  | Next Payload  |   RESERVED    |         Payload Length        |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   4  |    ID Type    |   RESERVED    |           RESERVED            |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   8  |          IPv4 (4 octets) or IPv6 address (16 octets)          |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      RFC 3947 §5.2

/// The address that a host had before a NAT changed it, sent in quick mode for transport mode (RFC 3947 §5.2).
public struct NATOriginalAddressPayload: Hashable, Sendable {
  public enum Field: UInt8, TabledField {
    case type = 112
    case reserved, address

    public static var layer: LayerKind { .isakmp }

    /// Of the address: 1 for IPv6.
    public func text(variant: UInt8) -> FieldText {
      variant == 0 ? text : text.filter("isakmp.ike.nat_original_address_ipv6")
    }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .type: IdentificationType(rawValue: UInt8(truncatingIfNeeded: value)).meaning
      case .reserved: reservedMeaning(value)
      case .address: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .type:
        FieldText(
          "type", "ID Type", "RFC 3947 §5.2", "isakmp.id.type",
          "The family of the address: ID_IPV4_ADDR or ID_IPV6_ADDR.")
      case .reserved:
        FieldText("reserved2", "RESERVED", "RFC 3947 §5.2", "isakmp.reserved", "Unused, and zero.")
      case .address:
        FieldText(
          "address", "Original Address", "RFC 3947 §5.2", "isakmp.ike.nat_original_address_ipv4",
          "The address as this side knows it, so that checksums over it can be mended.")
      }
    }
  }

  public var address: IPAddress
  /// Three octets; zero in what we send.
  public var reserved: UInt32

  public init(address: IPAddress, reserved: UInt32 = 0) {
    self.address = address
    self.reserved = reserved & 0xFF_FFFF
  }

  /// Reads the body, which the address fills exactly.
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    let start = cursor.position
    let head = try cursor.uint32(frame, Field.type)
    reserved = head & 0xFF_FFFF
    let type = IdentificationType(rawValue: UInt8(truncatingIfNeeded: head >> 24))
    guard type == .ipv4Address || type == .ipv6Address else { throw Field.type.invalid(type.rawValue, at: start) }
    let width = type == .ipv4Address ? 4 : 16
    guard cursor.remaining == width else {
      throw Field.address.invalidLength(cursor.remaining, limit: width, at: cursor.position)
    }
    address =
      type == .ipv4Address
      ? .v4(frame.ipv4Address(at: cursor.position)) : .v6(frame.ipv6Address(at: cursor.position))
    cursor.position += width
  }

  /// The address's family as an identification type.
  public var type: IdentificationType {
    switch address {
    case .v4: .ipv4Address
    case .v6: .ipv6Address
    }
  }

  /// Octets of the body.
  public var encodedLength: Int { 4 + address.octets.count }

  /// Appends the body: everything behind the generic header.
  func write(to writer: inout ByteWriter) {
    writer.append(UInt32(type.rawValue) << 24 | reserved & 0xFF_FFFF)
    writer.append(address.octets)
  }
}

extension NATOriginalAddressPayload {
  /// The fields of a body that begins at `offset`.
  func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.type, 0, 1, type.rawValue)
    list.number(.reserved, 1, 3, reserved)
    switch address {
    case .v4(let address): list.address(.address, 4, address)
    case .v6(let address): list.add(.address, 4, address, variant: 1)
    }
    return list.nodes
  }
}
