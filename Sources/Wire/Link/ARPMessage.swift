// +-------------------------------+-------------------------------+
// |  Hardware type                |  Protocol type                |  0
// +---------------+---------------+-------------------------------+
// |  HLEN         |  PLEN         |  Operation                    |  4
// +---------------+---------------+-------------------------------+
// |  Sender hardware (HLEN), sender protocol (PLEN),              |  8
// |  target hardware (HLEN), target protocol (PLEN) addresses     |
// +---------------------------------------------------------------+   RFC 826

/// An ARP message. RFC 826.
public struct ARPMessage: WireHeader {
  public static let layer = LayerKind.arp

  /// The kind of link; 1 for Ethernet.
  public var hardwareType: UInt16
  /// The protocol whose addresses are asked about.
  public var protocolType: EtherType
  /// 1 request, 2 reply.
  public var operation: UInt16
  /// The sender's link address.
  public var senderHardware: [UInt8]
  /// The sender's protocol address.
  public var senderProtocol: [UInt8]
  /// The target's link address; of the same length as the sender's.
  public var targetHardware: [UInt8]
  /// The target's protocol address; of the same length as the sender's.
  public var targetProtocol: [UInt8]

  /// A message about IPv4 addresses on an Ethernet.
  public init(
    operation: UInt16, sender: (HardwareAddress, IPv4Address), target: (HardwareAddress, IPv4Address)
  ) {
    hardwareType = 1
    protocolType = .ipv4
    self.operation = operation
    func octets(_ address: HardwareAddress) -> [UInt8] {
      (0..<6).map { UInt8(truncatingIfNeeded: address.rawValue >> UInt64(40 - 8 * $0)) }
    }
    senderHardware = octets(sender.0)
    senderProtocol = sender.1.octets
    targetHardware = octets(target.0)
    targetProtocol = target.1.octets
  }

  /// Reads the message at the cursor and leaves the cursor behind its addresses. RFC 826.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(
      8,
      [(Field.hardwareType, 2), (.protocolType, 2), (.hardwareLength, 1), (.protocolLength, 1), (.operation, 2)])
    let start = cursor.position
    hardwareType = frame.uint16(at: start)
    protocolType = EtherType(rawValue: frame.uint16(at: start + 2))
    let lengths = (hardware: Int(frame.uint8(at: start + 4)), protocol: Int(frame.uint8(at: start + 5)))
    operation = frame.uint16(at: start + 6)
    cursor.position += 8
    senderHardware = try cursor.octets(lengths.hardware, frame, Field.senderHardware)
    senderProtocol = try cursor.octets(lengths.protocol, frame, Field.senderProtocol)
    targetHardware = try cursor.octets(lengths.hardware, frame, Field.targetHardware)
    targetProtocol = try cursor.octets(lengths.protocol, frame, Field.targetProtocol)
  }

  public var encodedLength: Int { 8 + 2 * (senderHardware.count + senderProtocol.count) }

  public func write(to writer: inout ByteWriter) {
    writer.append(hardwareType)
    writer.append(protocolType.rawValue)
    writer.append(UInt8(truncatingIfNeeded: senderHardware.count))
    writer.append(UInt8(truncatingIfNeeded: senderProtocol.count))
    writer.append(operation)
    for part in [senderHardware, senderProtocol, targetHardware, targetProtocol] { writer.append(part) }
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.hardwareType, 0, 2, hardwareType)
    list.number(.protocolType, 2, 2, protocolType.rawValue)
    list.number(.hardwareLength, 4, 1, senderHardware.count)
    list.number(.protocolLength, 5, 1, senderProtocol.count)
    list.number(.operation, 6, 2, operation)
    var position = 8
    let parts: [(Field, [UInt8])] = [
      (.senderHardware, senderHardware), (.senderProtocol, senderProtocol), (.targetHardware, targetHardware),
      (.targetProtocol, targetProtocol),
    ]
    for (field, octets) in parts where !octets.isEmpty {
      Self.addAddress(field, position, octets, to: &list)
      position += octets.count
    }
    return list.nodes
  }

  private static func addAddress(
    _ field: Field, _ start: Int, _ octets: [UInt8], to list: inout FieldList<Field>
  ) {
    let number = octets.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch octets.count {
    case 4: list.address(field, start, IPv4Address(rawValue: UInt32(truncatingIfNeeded: number)))
    case 6: list.address(field, start, HardwareAddress(rawValue: number))
    default: list.octets(field, start, octets)
    }
  }

  /// The fields of a message. RFC 826.
  public enum Field: UInt8, TabledField {
    case hardwareType, protocolType, hardwareLength, protocolLength, operation
    case senderHardware, senderProtocol, targetHardware, targetProtocol

    public static let layer = LayerKind.arp

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .protocolType: EtherType.meaning(value)
      case .operation: value == 1 ? "request" : value == 2 ? "reply" : "unknown"
      default: ""
      }
    }

    public var text: FieldText {
      let rfc = "RFC 826"
      return switch self {
      case .hardwareType: FieldText("hardwareType", "Hardware type", rfc, "arp.hw.type", "The kind of link.")
      case .protocolType: FieldText("protocolType", "Protocol type", rfc, "arp.proto.type", "Whose addresses.")
      case .hardwareLength: FieldText("hardwareLength", "HLEN", rfc, "arp.hw.size", "Octets of a link address.")
      case .protocolLength: FieldText("protocolLength", "PLEN", rfc, "arp.proto.size", "Octets of a protocol address.")
      case .operation: FieldText("operation", "Opcode", rfc, "arp.opcode", "1 asks, 2 answers.")
      case .senderHardware:
        FieldText(
          "senderHardwareAddress", "Sender hardware address", rfc, "arp.src.hw_mac", "The sender's link address.")
      case .senderProtocol:
        FieldText(
          "senderProtocolAddress", "Sender protocol address", rfc, "arp.src.proto_ipv4", "The sender's address.")
      case .targetHardware:
        FieldText("targetHardwareAddress", "Target hardware address", rfc, "arp.dst.hw_mac", "What a request asks for.")
      case .targetProtocol:
        FieldText("targetProtocolAddress", "Target protocol address", rfc, "arp.dst.proto_ipv4", "Whose it is.")
      }
    }
  }
}
