//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +---------------+---------------+-------------------------------+
// |     Type      |     Code      |          Checksum             |  0
// +---------------+---------------+-------------------------------+
// |   by type: identifier and sequence number, gateway address,   |  4
// |            pointer, or zero and next-hop MTU                  |
// +---------------------------------------------------------------+
// |   data, or the IP header and the first octets of the datagram |  8
// |   that the message is about                                   |
// +---------------------------------------------------------------+   RFC 792

/// What an ICMP message says. Open. RFC 792.
public struct ICMPType: RawRepresentable, Hashable, Sendable {
  public var rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let echoReply = ICMPType(rawValue: 0)
  public static let destinationUnreachable = ICMPType(rawValue: 3)
  public static let sourceQuench = ICMPType(rawValue: 4)
  public static let redirect = ICMPType(rawValue: 5)
  public static let echo = ICMPType(rawValue: 8)
  public static let routerAdvertisement = ICMPType(rawValue: 9)
  public static let routerSolicitation = ICMPType(rawValue: 10)
  public static let timeExceeded = ICMPType(rawValue: 11)
  public static let parameterProblem = ICMPType(rawValue: 12)
  public static let timestamp = ICMPType(rawValue: 13)
  public static let timestampReply = ICMPType(rawValue: 14)
  public static let informationRequest = ICMPType(rawValue: 15)
  public static let informationReply = ICMPType(rawValue: 16)
  public static let addressMaskRequest = ICMPType(rawValue: 17)
  public static let addressMaskReply = ICMPType(rawValue: 18)
  /// Security failures. RFC 2521.
  public static let securityFailures = ICMPType(rawValue: 40)

  private static let names: [UInt8: String] = [
    0: "Echo Reply", 3: "Destination Unreachable", 4: "Source Quench", 5: "Redirect", 8: "Echo",
    9: "Router Advertisement", 10: "Router Solicitation", 11: "Time Exceeded", 12: "Parameter Problem",
    13: "Timestamp", 14: "Timestamp Reply", 15: "Information Request", 16: "Information Reply",
    17: "Address Mask Request", 18: "Address Mask Reply", 40: "Security Failures",
  ]

  /// The RFC's name, `nil` for one that we do not know.
  public var name: String? { Self.names[rawValue] }

  /// Whether the message is about a datagram, whose beginning it quotes. RFC 1122 §3.2.2.
  public var isError: Bool { [3, 4, 5, 11, 12, 40].contains(rawValue) }
  /// Whether octets 4 to 7 are an identifier and a sequence number.
  public var isQuery: Bool { [0, 8, 13, 14, 15, 16, 17, 18].contains(rawValue) }
}

/// An ICMP message: header and body. RFC 792.
public struct ICMPMessage: WireHeader {
  public static let layer = LayerKind.icmp

  /// What the message says.
  public var type: ICMPType
  /// Which of the type's cases.
  public var code: UInt8
  /// The checksum as it stands in the message, right or wrong; `sealed` makes it right.
  public var checksum: UInt16
  /// Octets 4 to 7, whose meaning the type sets.
  public var rest: UInt32
  /// What follows the first eight octets.
  public var body: [UInt8]

  /// A message whose checksum is right.
  public init(type: ICMPType, code: UInt8 = 0, rest: UInt32 = 0, body: [UInt8] = []) {
    self.type = type
    self.code = code
    self.checksum = 0
    self.rest = rest
    self.body = body
    self = sealed
  }

  /// Reads the message that the cursor holds, all of it. RFC 792.
  public init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    try cursor.requireFixed(8, [(Field.type, 1), (.code, 1), (.checksum, 2), (.rest, 4)])
    let start = cursor.position
    type = ICMPType(rawValue: frame.uint8(at: start))
    code = frame.uint8(at: start + 1)
    checksum = frame.uint16(at: start + 2)
    rest = frame.uint32(at: start + 4)
    cursor.position += 8
    body = cursor.rest(frame)
  }

  public var encodedLength: Int { 8 + body.count }

  public func write(to writer: inout ByteWriter) {
    writer.append(type.rawValue)
    writer.append(code)
    writer.append(checksum)
    writer.append(rest)
    writer.append(body)
  }

  /// The checksum that this message should carry: over all of it. RFC 792.
  public var rightChecksum: UInt16 {
    var sum = InternetChecksum()
    sum.add(UInt16(type.rawValue) << 8 | UInt16(code))
    sum.add(rest)
    sum.add(body)
    return sum.checksum
  }

  /// The same message with its checksum right.
  public var sealed: ICMPMessage {
    var message = self
    message.checksum = rightChecksum
    return message
  }
}

// MARK: - The messages that nodes send

extension ICMPMessage {
  /// Which pinger an echo belongs to.
  public var identifier: UInt16 { UInt16(truncatingIfNeeded: rest >> 16) }
  /// Which of its pings.
  public var sequenceNumber: UInt16 { UInt16(truncatingIfNeeded: rest) }
  /// The MTU that a router names in a Destination Unreachable of code 4; 0 from a router older than RFC 1191.
  public var nextHopMTU: UInt16 { UInt16(truncatingIfNeeded: rest) }
  /// Whether this says that a datagram was too big for the next link and must not be fragmented. RFC 1191 §4.
  public var isFragmentationNeeded: Bool { type == .destinationUnreachable && code == 4 }

  /// An Echo. RFC 792 p. 14.
  public static func echo(identifier: UInt16, sequenceNumber: UInt16, data: [UInt8]) -> ICMPMessage {
    ICMPMessage(type: .echo, rest: UInt32(identifier) << 16 | UInt32(sequenceNumber), body: data)
  }

  /// The answer to an Echo: the same identifier, sequence number and data.
  public static func echoReply(to echo: ICMPMessage) -> ICMPMessage {
    ICMPMessage(type: .echoReply, rest: echo.rest, body: echo.body)
  }

  /// A Destination Unreachable about `datagram`. RFC 792 p. 4.
  public static func unreachable(code: UInt8, about datagram: [UInt8]) -> ICMPMessage {
    ICMPMessage(type: .destinationUnreachable, code: code, body: quotation(of: datagram))
  }

  /// Code 4: `datagram` has DF set and does not fit the next link. RFC 1191 §4.
  public static func fragmentationNeeded(nextHopMTU: UInt16, about datagram: [UInt8]) -> ICMPMessage {
    ICMPMessage(
      type: .destinationUnreachable, code: 4, rest: UInt32(nextHopMTU), body: quotation(of: datagram))
  }

  /// A Time Exceeded about `datagram`: code 0 on the way, code 1 while putting fragments together. RFC 792 p. 6.
  public static func timeExceeded(code: UInt8 = 0, about datagram: [UInt8]) -> ICMPMessage {
    ICMPMessage(type: .timeExceeded, code: code, body: quotation(of: datagram))
  }

  /// What an error message quotes of the datagram that it is about: as much as fits into 576 octets with an IP header in
  /// front. RFC 1812 §4.3.2.3; RFC 792 asked for the header and eight octets only.
  public static func quotation(of datagram: [UInt8]) -> [UInt8] { Array(datagram.prefix(576 - 20 - 8)) }

  /// The reason of a Destination Unreachable.
  public static func unreachableName(_ code: UInt8) -> String? {
    let names = [
      "network unreachable", "host unreachable", "protocol unreachable", "port unreachable",
      "fragmentation needed and DF set", "source route failed", "destination network unknown",
      "destination host unknown", "source host isolated", "network administratively prohibited",
      "host administratively prohibited", "network unreachable for this type of service",
      "host unreachable for this type of service", "communication administratively prohibited",
      "host precedence violation", "precedence cutoff in effect",
    ]
    return Int(code) < names.count ? names[Int(code)] : nil
  }
}
