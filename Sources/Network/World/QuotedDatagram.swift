import Wire

/// The beginning of a datagram of either family, as an ICMP error quotes it: RFC 792, RFC 2463 §2.4 c.
struct QuotedDatagram: Hashable, Sendable {
  var source: IPAddress
  var destination: IPAddress
  /// What it carries; of an IPv6 fragment what its fragment header says.
  var `protocol`: IPProtocol
  /// Octets in front of the payload.
  var headerLength: Int
  /// How long it says it was.
  var totalLength: Int
  /// Whether the payload begins where the whole datagram's does.
  var isFirst: Bool
  var bytes: [UInt8]

  /// `nil` where the quotation is too short for a header, or makes no sense.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    if let header = try? IPv4Header(decoding: bytes) {
      (source, destination) = (.v4(header.sourceAddress), .v4(header.destinationAddress))
      (`protocol`, isFirst) = (header.protocol, header.fragmentOffset == 0)
      (headerLength, totalLength) = (header.encodedLength, Int(header.totalLength))
      return
    }
    guard let header = try? IPv6Header(decoding: bytes) else { return nil }
    (source, destination) = (.v6(header.sourceAddress), .v6(header.destinationAddress))
    (`protocol`, isFirst) = (header.nextHeader, true)
    (headerLength, totalLength) = (40, 40 + Int(header.payloadLength))
    // Of the extension headers nodes here send the fragment header only.
    guard `protocol` == .ipv6Fragment, let fragment = try? IPv6FragmentHeader(decoding: Array(bytes.dropFirst(40)))
    else { return }
    (`protocol`, isFirst) = (fragment.nextHeader, fragment.fragmentOffset == 0)
    headerLength = 48
  }

  /// Whether it is an IPv6 packet.
  var isIPv6: Bool { source.isIPv6 }
}

/// What an ICMP error of either family says.
struct ErrorReport: Hashable, Sendable {
  var type: UInt8
  var code: UInt8
  /// The MTU that it names, where it says that a datagram was too big; 0 where it names none.
  var mtu: Int?
  /// The beginning of the datagram that it is about.
  var quoted: [UInt8]

  init(_ message: ICMPMessage) {
    type = message.type.rawValue
    code = message.code
    mtu = message.isFragmentationNeeded ? Int(message.nextHopMTU) : nil
    quoted = message.body
  }

  /// `nil` for a message that is no error.
  init?(_ message: ICMPv6Message) {
    guard message.type.isError else { return nil }
    type = message.type.rawValue
    code = message.code
    mtu = message.mtu.map { Int($0) }
    quoted = message.quotedPacket ?? []
  }

  /// What the stack tells itself where a datagram of its own does not fit.
  init(tooBig datagram: [UInt8], mtu: Int) {
    (type, code) =
      datagram.isIPv6 ? (ICMPv6Type.packetTooBig.rawValue, 0) : (ICMPType.destinationUnreachable.rawValue, 4)
    self.mtu = mtu
    quoted = datagram
  }
}
