// Version 1                                   Version 2
// | packet type (2)                |  0       | protocol (2)                   |  0
// | ARPHRD type (2)                |  2       | reserved (2)                   |  2
// | address length (2)             |  4       | interface index (4)            |  4
// | address (8)                    |  6       | ARPHRD type (2)                |  8
// | protocol (2)                   |  14      | packet type (1)                |  10
//                                             | address length (1)             |  11
//                                             | address (8)                    |  12   tcpdump.org LINKTYPE_LINUX_SLL(2)

/// What Linux puts in front of a packet that was captured on "any" interface. tcpdump.org, LINKTYPE_LINUX_SLL and
/// LINKTYPE_LINUX_SLL2.
public struct LinuxCookedHeader: Hashable, Sendable {
  /// Which of the two formats.
  public enum Version: Hashable, Sendable { case one, two }

  /// The format.
  public var version: Version
  /// 0 to us, 1 broadcast, 2 multicast, 3 to somebody else, 4 from us.
  public var packetType: UInt16
  /// The kind of link, by Linux's ARPHRD numbers.
  public var hardwareType: UInt16
  /// How many of the eight address octets count.
  public var addressLength: UInt16
  /// The sender's link address, padded to eight octets.
  public var address: UInt64
  /// What follows: an EtherType.
  public var `protocol`: EtherType
  /// Which interface; version 2 only.
  public var interfaceIndex: UInt32
  /// Reserved; version 2 only.
  public var reserved: UInt16

  /// Reads the header at the cursor.
  public init(
    reading frame: borrowing RawSpan, at cursor: inout Cursor, version: Version
  ) throws(DecodeError) {
    self.version = version
    let start = cursor.position
    switch version {
    case .one:
      try cursor.requireFixed(
        16, [(Field.packetType, 2), (.hardwareType, 2), (.addressLength, 2), (.address, 8), (.protocol, 2)])
      packetType = frame.uint16(at: start)
      hardwareType = frame.uint16(at: start + 2)
      addressLength = frame.uint16(at: start + 4)
      address = frame.uint64(at: start + 6)
      self.protocol = EtherType(rawValue: frame.uint16(at: start + 14))
      interfaceIndex = 0
      reserved = 0
    case .two:
      try cursor.requireFixed(
        20,
        [
          (Field.protocol, 2), (.reserved, 2), (.interfaceIndex, 4), (.hardwareType, 2), (.packetType, 1),
          (.addressLength, 1), (.address, 8),
        ])
      self.protocol = EtherType(rawValue: frame.uint16(at: start))
      reserved = frame.uint16(at: start + 2)
      interfaceIndex = frame.uint32(at: start + 4)
      hardwareType = frame.uint16(at: start + 8)
      packetType = UInt16(frame.uint8(at: start + 10))
      addressLength = UInt16(frame.uint8(at: start + 11))
      address = frame.uint64(at: start + 12)
    }
    cursor.position += encodedLength
  }

  /// Octets that `write(to:)` appends.
  public var encodedLength: Int { version == .one ? 16 : 20 }

  /// Appends the header.
  public func write(to writer: inout ByteWriter) {
    switch version {
    case .one:
      writer.append(packetType)
      writer.append(hardwareType)
      writer.append(addressLength)
      writer.append(address)
      writer.append(self.protocol.rawValue)
    case .two:
      writer.append(self.protocol.rawValue)
      writer.append(reserved)
      writer.append(interfaceIndex)
      writer.append(hardwareType)
      writer.append(UInt8(truncatingIfNeeded: packetType))
      writer.append(UInt8(truncatingIfNeeded: addressLength))
      writer.append(address)
    }
  }

  private func addAddress(_ start: Int, to list: inout FieldList<Field>) {
    if addressLength == 6 {
      list.address(.address, start, HardwareAddress(rawValue: address >> 16), count: 8)
    } else {
      let count = min(8, Int(addressLength))
      list.add(
        .address, start, 8, .bytes((0..<count).map { UInt8(truncatingIfNeeded: address >> UInt64(56 - 8 * $0)) }))
    }
  }

  /// The fields in the order of their octets.
  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    if version == .one {
      list.number(.packetType, 0, 2, packetType)
      list.number(.hardwareType, 2, 2, hardwareType)
      list.number(.addressLength, 4, 2, addressLength)
      addAddress(6, to: &list)
      list.number(.protocol, 14, 2, self.protocol.rawValue)
    } else {
      list.number(.protocol, 0, 2, self.protocol.rawValue)
      list.number(.reserved, 2, 2, reserved)
      list.number(.interfaceIndex, 4, 4, interfaceIndex)
      list.number(.hardwareType, 8, 2, hardwareType)
      list.number(.packetType, 10, 1, packetType)
      list.number(.addressLength, 11, 1, addressLength)
      addAddress(12, to: &list)
    }
    return list.nodes
  }

  /// The fields of the header.
  public enum Field: UInt8, TabledField {
    case packetType, hardwareType, addressLength, address, `protocol`, interfaceIndex, reserved

    public static let layer = LayerKind.linuxCooked

    private static let directions = ["to us", "broadcast", "multicast", "to somebody else", "from us"]

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .packetType: value < UInt64(Self.directions.count) ? Self.directions[Int(value)] : "unknown"
      case .protocol: EtherType.meaning(value)
      default: ""
      }
    }

    public var text: FieldText {
      let source = "tcpdump.org LINKTYPE_LINUX_SLL"
      return switch self {
      case .packetType:
        FieldText("packetType", "Packet type", source, "sll.pkttype", "Whether the packet came to us or went from us.")
      case .hardwareType: FieldText("hardwareType", "ARPHRD type", source, "sll.hatype", "The kind of link.")
      case .addressLength:
        FieldText("addressLength", "Address length", source, "sll.halen", "How many octets of the address count.")
      case .address: FieldText("address", "Address", source, "sll.src.eth", "The sender's link address.")
      case .protocol: FieldText("protocol", "Protocol type", source, "sll.etype", "What follows.")
      case .interfaceIndex:
        FieldText("interfaceIndex", "Interface index", source + "2", "sll.ifindex", "Which interface of the machine.")
      case .reserved: FieldText("reserved", "Reserved", source + "2", nil, "Must be zero.")
      }
    }
  }
}
