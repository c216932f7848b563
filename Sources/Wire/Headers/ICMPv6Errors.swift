// The messages that nodes send, what is read from them, and when an error may be sent at all. Their checksum covers the
// addresses, which only the sender knows: `sealed(from:to:)` puts it in.

extension ICMPv6Message {
  /// Octets 4 to 7, whose meaning the type sets; `nil` where the message ends before.
  var rest: UInt32? { body.count >= 4 ? body.prefix(4).reduce(0) { $0 << 8 | UInt32($1) } : nil }

  private init(_ type: ICMPv6Type, code: UInt8 = 0, rest: UInt32, _ octets: some Collection<UInt8>) {
    var writer = ByteWriter(capacity: 4 + octets.count)
    writer.append(rest)
    writer.append(octets)
    self.init(type: type, code: code, body: writer.bytes)
  }

  /// Which pinger an echo belongs to; `nil` for what is no echo.
  public var identifier: UInt16? { type.isEcho ? rest.map { UInt16(truncatingIfNeeded: $0 >> 16) } : nil }
  /// Which of its pings; `nil` for what is no echo.
  public var sequenceNumber: UInt16? { type.isEcho ? rest.map { UInt16(truncatingIfNeeded: $0) } : nil }
  /// What an echo carries; empty for what is no echo.
  public var echoData: [UInt8] { type.isEcho ? Array(body.dropFirst(4)) : [] }
  /// The MTU of the link that a Packet Too Big speaks of, in octets; `nil` for any other message. RFC 2463 §3.2.
  public var mtu: UInt32? { type == .packetTooBig ? rest : nil }
  /// Where in the packet the octet stands that a Parameter Problem speaks of; `nil` for any other message. RFC 2463 §3.4.
  public var pointer: UInt32? { type == .parameterProblem ? rest : nil }
  /// The beginning of the packet that an error is about; `nil` for a message that is none. RFC 2463 §2.4 c.
  public var quotedPacket: [UInt8]? { type.isError && body.count >= 4 ? Array(body.dropFirst(4)) : nil }

  /// An Echo Request. RFC 2463 §4.1.
  public static func echoRequest(identifier: UInt16, sequenceNumber: UInt16, data: [UInt8]) -> ICMPv6Message {
    ICMPv6Message(.echoRequest, rest: UInt32(identifier) << 16 | UInt32(sequenceNumber), data)
  }

  /// The answer to an Echo Request: the same identifier, sequence number and data. RFC 2463 §4.2.
  public static func echoReply(to request: ICMPv6Message) -> ICMPv6Message {
    ICMPv6Message(type: .echoReply, body: request.body)
  }

  /// A Destination Unreachable about `packet`; `unreachableName` says what the codes mean. RFC 2463 §3.1.
  public static func unreachable(code: UInt8, about packet: [UInt8]) -> ICMPv6Message {
    ICMPv6Message(.destinationUnreachable, code: code, rest: 0, quotation(of: packet))
  }

  /// A Packet Too Big: `packet` does not fit the next link, whose MTU is `mtu` octets. RFC 2463 §3.2.
  public static func packetTooBig(mtu: UInt32, about packet: [UInt8]) -> ICMPv6Message {
    ICMPv6Message(.packetTooBig, rest: mtu, quotation(of: packet))
  }

  /// A Time Exceeded about `packet`: code 0 on the way, code 1 while putting fragments together. RFC 2463 §3.3.
  public static func timeExceeded(code: UInt8 = 0, about packet: [UInt8]) -> ICMPv6Message {
    ICMPv6Message(.timeExceeded, code: code, rest: 0, quotation(of: packet))
  }

  /// A Parameter Problem with the octet at `pointer` of `packet`: code 0 for a field that makes no sense, 1 for a next
  /// header and 2 for an option that the node does not know. RFC 2463 §3.4.
  public static func parameterProblem(code: UInt8, pointer: Int, about packet: [UInt8]) -> ICMPv6Message {
    ICMPv6Message(.parameterProblem, code: code, rest: UInt32(clamping: pointer), quotation(of: packet))
  }

  /// What an error message quotes of the packet that it is about: as much as fits into IPv6's least MTU of 1280 octets
  /// with the IPv6 header in front. RFC 2463 §2.4 c.
  public static func quotation(of packet: [UInt8]) -> ArraySlice<UInt8> { packet.prefix(1280 - 40 - 8) }

  /// Whether a node may send this error about `packet`, the packet that brought it about. RFC 2463 §2.4 e forbids it
  /// where the packet is itself an ICMPv6 error, went to many (but for Packet Too Big and an option that is not known), or
  /// does not say which one node sent it. Packets that the link brought to many, and anycast sources, only the caller can
  /// know; so too how many errors there have been lately (§2.4 f).
  public func mayBeSent(about packet: [UInt8]) -> Bool {
    guard let header = try? IPv6Header(decoding: packet) else { return false }
    if header.sourceAddress == .any || header.sourceAddress.isMulticast { return false }
    let mayAnswerMulticast = type == .packetTooBig || type == .parameterProblem && code == 2
    if header.destinationAddress.isMulticast, !mayAnswerMulticast { return false }
    guard let glance = try? IPGlance(verifying: packet) else { return true }
    let isICMPv6 = glance.protocol == .icmpv6 && glance.isFirst && glance.headerLength < glance.totalLength
    return !(isICMPv6 && ICMPv6Type(rawValue: packet[glance.headerLength]).isError)
  }

  /// The reason of a Destination Unreachable; `nil` for a code that has none. RFC 2463 §3.1.
  public static func unreachableName(_ code: UInt8) -> String? {
    switch code {
    case 0: "no route to the destination"
    case 1: "communication administratively prohibited"
    case 3: "address unreachable"
    case 4: "port unreachable"
    default: nil
    }
  }

  static func meaning(ofCode code: UInt8, _ type: ICMPv6Type) -> String {
    let name: String? =
      switch (type, code) {
      case (.destinationUnreachable, _): unreachableName(code)
      case (.timeExceeded, 0): "hop limit exceeded on the way"
      case (.timeExceeded, 1): "fragments not all there in time"
      case (.parameterProblem, 0): "a field makes no sense"
      case (.parameterProblem, 1): "next header unknown"
      case (.parameterProblem, 2): "option unknown"
      case (.timeExceeded, _), (.parameterProblem, _): nil
      default: ""
      }
    return name ?? "unknown"
  }
}
