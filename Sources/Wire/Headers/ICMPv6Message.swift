//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +---------------+---------------+-------------------------------+
// |     Type      |     Code      |          Checksum             |  0
// +---------------+---------------+-------------------------------+
// |                         Message Body                          |  4
// +---------------------------------------------------------------+   RFC 2463 §2.1

/// What an ICMPv6 message says. Open. RFC 2463.
public struct ICMPv6Type: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let destinationUnreachable = ICMPv6Type(rawValue: 1)
  public static let packetTooBig = ICMPv6Type(rawValue: 2)
  public static let timeExceeded = ICMPv6Type(rawValue: 3)
  public static let parameterProblem = ICMPv6Type(rawValue: 4)
  public static let echoRequest = ICMPv6Type(rawValue: 128)
  public static let echoReply = ICMPv6Type(rawValue: 129)
  public static let neighborSolicitation = ICMPv6Type(rawValue: 135)
  public static let neighborAdvertisement = ICMPv6Type(rawValue: 136)

  private static let names: [UInt8: String] = [
    1: "Destination Unreachable", 2: "Packet Too Big", 3: "Time Exceeded", 4: "Parameter Problem",
    128: "Echo Request", 129: "Echo Reply", 130: "Multicast Listener Query", 131: "Multicast Listener Report",
    132: "Multicast Listener Done", 133: "Router Solicitation", 134: "Router Advertisement",
    135: "Neighbor Solicitation", 136: "Neighbor Advertisement", 137: "Redirect",
    143: "Multicast Listener Report, version 2",
  ]

  /// The RFC's name, `nil` for one that we do not know.
  public var name: String? { Self.names[rawValue] }
  /// Whether the message is about a packet, whose beginning it quotes: the high bit says so. RFC 2463 §2.1.
  public var isError: Bool { rawValue < 128 }
  /// Whether octets 4 to 7 are an identifier and a sequence number.
  public var isEcho: Bool { self == .echoRequest || self == .echoReply }
}

/// An ICMPv6 message. RFC 2463 §2.1.
public struct ICMPv6Message: WireHeader {
  public static let layer = LayerKind.icmpv6

  /// What the message says.
  public var type: ICMPv6Type
  /// Which of the type's cases.
  public var code: UInt8
  /// Over pseudo header and message; as it stands in the message.
  public var checksum: UInt16
  /// What follows the checksum.
  public var body: [UInt8]

  public init(type: ICMPv6Type, code: UInt8 = 0, checksum: UInt16 = 0, body: [UInt8]) {
    self.type = type
    self.code = code
    self.checksum = checksum
    self.body = body
  }

  /// Reads the message that the cursor holds, all of it. RFC 2463 §2.1.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(4, [(Field.type, 1), (.code, 1), (.checksum, 2)])
    let start = cursor.position
    type = ICMPv6Type(rawValue: frame.uint8(at: start))
    code = frame.uint8(at: start + 1)
    checksum = frame.uint16(at: start + 2)
    cursor.position += 4
    body = cursor.rest(frame)
  }

  public var encodedLength: Int { 4 + body.count }

  public func write(to writer: inout ByteWriter) {
    writer.append(type.rawValue)
    writer.append(code)
    writer.append(checksum)
    writer.append(body)
  }

  /// The same message with the checksum that goes with these addresses. RFC 2463 §2.3.
  public func sealed(from source: IPv6Address, to destination: IPv6Address) -> ICMPv6Message {
    var message = self
    message.checksum = 0
    message.checksum = Self.checksum(of: message.encoded, from: .v6(source), to: .v6(destination))
    return message
  }

  /// The sum over pseudo header and `message`; 0 where the message carries its right checksum.
  public static func checksum(of message: [UInt8], from source: IPAddress, to destination: IPAddress) -> UInt16 {
    var sum = InternetChecksum.pseudoHeader(from: source, to: destination, protocol: .icmpv6, length: message.count)
    sum.add(message)
    return sum.checksum
  }

  public func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.type, 0, 1, type.rawValue)
    list.number(.code, 1, 1, code, variant: type.rawValue)
    list.number(.checksum, 2, 2, checksum)
    addBody(to: &list)
    return list.nodes
  }

  private func addBody(to list: inout FieldList<Field>) {
    guard let first = rest else { return list.octets(.data, 4, body) }
    switch type {
    case _ where type.isEcho:
      list.number(.identifier, 4, 2, first >> 16)
      list.number(.sequenceNumber, 6, 2, first & 0xFFFF)
    case .packetTooBig: list.number(.maximumTransmissionUnit, 4, 4, first)
    case .parameterProblem: list.number(.pointer, 4, 4, first)
    default: list.number(.rest, 4, 4, first)
    }
    if !type.isError { list.octets(.data, 8, Array(body.dropFirst(4))) }
  }

  /// The fields of a message; which of them there are, the type says. RFC 2463.
  public enum Field: UInt8, TabledField {
    case type, code, checksum, rest, identifier, sequenceNumber, maximumTransmissionUnit, pointer, data

    public static let layer = LayerKind.icmpv6

    /// The code's variant is the type.
    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .type: ICMPv6Type(rawValue: UInt8(truncatingIfNeeded: value)).name ?? "unknown"
      case .code: ICMPv6Message.meaning(ofCode: UInt8(truncatingIfNeeded: value), ICMPv6Type(rawValue: variant))
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .type: FieldText("type", "Type", "RFC 2463 §2.1", "icmpv6.type", "What the message says.")
      case .code: FieldText("code", "Code", "RFC 2463 §2.1", "icmpv6.code", "Which case of it.")
      case .checksum:
        FieldText(
          "checksum", "Checksum", "RFC 2463 §2.3", "icmpv6.checksum", "Guards the message and both addresses.")
      case .rest: FieldText("rest", "Message Body", "RFC 2463 §2.1", nil, "What the type says.")
      case .identifier:
        FieldText(
          "identifier", "Identifier", "RFC 2463 §4.1", "icmpv6.echo.identifier", "Tells apart the programs that ask.")
      case .sequenceNumber:
        FieldText(
          "sequenceNumber", "Sequence Number", "RFC 2463 §4.1", "icmpv6.echo.sequence_number",
          "Counts the questions of one program.")
      case .maximumTransmissionUnit:
        FieldText("maximumTransmissionUnit", "MTU", "RFC 2463 §3.2", "icmpv6.mtu", "The largest packet that fits.")
      case .pointer:
        FieldText("pointer", "Pointer", "RFC 2463 §3.4", "icmpv6.pointer", "The octet of the packet that was wrong.")
      case .data: FieldText("data", "Data", "RFC 2463 §4.1", nil, "What the message carries.")
      }
    }
  }
}
