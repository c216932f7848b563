@testable import Wire

/// A frame of each kind that we read, made by our own writers; tshark judges them too.
struct SampleFrame: Sendable {
  let name: String
  let linkType: LinkType
  let bytes: [UInt8]
}

enum SampleFrames {
  typealias D = DissectorTests
  static let six = IPv6Address(high: 0x2001_0DB8_0000_0001, low: 0x0000_0000_0000_0042)
  static let other = IPv6Address(high: 0x2001_0DB8_0000_0002, low: 0x0000_0000_0000_0007)
  static let ethernet = EthernetHeader(
    destination: HardwareAddress(rawValue: 0x0200_0A01_0005), source: HardwareAddress(rawValue: 0x0200_0A02_0007),
    type: .ipv4)

  static func tagged(_ tags: [VLANTag], _ payload: [UInt8], type: EtherType = .ipv4) -> [UInt8] {
    EthernetHeader(destination: ethernet.destination, source: ethernet.source, tags: tags, type: type).encoded + payload
  }

  static let tcp = D.ip(
    .tcp,
    TCPHeader(
      sourcePort: 40_000, destinationPort: 9999, sequenceNumber: 0xFFFF_FFF0, acknowledgmentNumber: 77,
      flags: [.syn, .ack, .ece, .psh, .ns], window: 4096, urgentPointer: 3,
      options: [
        .maximumSegmentSize(1400), .timestamps(value: 1, echoReply: 2), .windowScale(3), .noOperation, .noOperation,
      ]
    ).segment([1, 2, 3], from: .v4(D.alice), to: .v4(D.bob)))

  static let echo6 = ICMPv6Message(type: .echoRequest, body: [0x12, 0x34, 0, 9, 1, 2, 3, 4]).sealed(
    from: six, to: other)

  static func six(_ next: IPProtocol, _ payload: [UInt8]) -> [UInt8] {
    IPv6Header(
      from: six, to: other, nextHeader: next, payloadLength: payload.count, hopLimit: 9, trafficClass: 0xB9,
      flowLabel: 0xABCDE
    ).packet(payload)
  }

  static let extensions = six(
    .hopByHop,
    IPv6HopByHopHeader(nextHeader: .ipv6DestinationOptions, options: [5, 2, 0, 0]).encoded
      + IPv6DestinationOptionsHeader(nextHeader: .icmpv6, options: [UInt8](repeating: 0, count: 9)).encoded
      + echo6.encoded)

  static let fragment6 = six(
    .ipv6Fragment,
    IPv6FragmentHeader(nextHeader: .icmpv6, fragmentOffset: 3, moreFragments: true, identification: 0xBEEF).encoded
      + [UInt8](repeating: 1, count: 16))

  /// ICMPv6 errors of each type, about the packet with extension headers.
  static let errors6 = [
    .unreachable(code: 4, about: extensions), .packetTooBig(mtu: 1280, about: extensions),
    .timeExceeded(about: extensions), .parameterProblem(code: 2, pointer: 42, about: extensions),
  ].map { (error: ICMPv6Message) in six(.icmpv6, error.sealed(from: six, to: other).encoded) }

  static let gre = D.ip(
    .gre, GREHeader(protocolType: .ipv4, key: 0xCAFE, sequenceNumber: 7).encoded + D.ping)

  static let ah = D.ip(
    .ah,
    AuthenticationHeader(
      nextHeader: .icmp, reserved: 0, spi: 0x1234, sequenceNumber: 9,
      integrityCheckValue: [UInt8](repeating: 0xA5, count: 12)
    ).encoded + ICMPMessage.echo(identifier: 1, sequenceNumber: 1, data: [1, 2]).encoded)

  static let options = IPv4Header(
    from: D.alice, to: D.bob, protocol: .icmp, payloadLength: 0, identification: 99, timeToLive: 3, typeOfService: 0xB9,
    options: [148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0]
  ).datagram(ICMPMessage(type: .redirect, code: 1, rest: D.gateway.rawValue, body: Array(D.ping.prefix(28))).encoded)

  /// Basic Security Options: with a level alone, with authorities, and with more octets of flags than RFC 1108 uses.
  static let labels = [
    IPv4SecurityOption(.unclassified).encoded, IPv4SecurityOption(.topSecret, [.genser, .nsa]).encoded,
    [1, 130, 6, 0x96, 0x2F, 0x03, 0x80],
  ].map { (options: [UInt8]) in
    IPv4Header(from: D.alice, to: D.bob, protocol: .icmp, payloadLength: 0, options: options).datagram(
      ICMPMessage.echo(identifier: 1, sequenceNumber: 1, data: []).encoded)
  }

  static let unreachable = D.ip(
    .icmp, ICMPMessage.fragmentationNeeded(nextHopMTU: 1400, about: D.udp(7, [1, 2, 3, 4])).encoded)
  static let l2tpControl: [UInt8] = {
    var writer = ByteWriter()
    L2TPAttributeValuePair(isMandatory: true, type: 0, value: [0, 1]).write(to: &writer)
    L2TPAttributeValuePair(isMandatory: false, type: 7, value: Array("carol".utf8)).write(to: &writer)
    let header = L2TPHeader(
      isControl: true, length: UInt16(12 + writer.count), tunnelID: 3, sessionID: 0,
      sequence: .init(sent: 1, expected: 2))
    return D.udp(1701, header.encoded + writer.bytes)
  }()

  static let l2tpData = D.udp(
    1701,
    L2TPHeader(isControl: false, length: nil, tunnelID: 3, sessionID: 4, sequence: nil).encoded
      + PPPHeader(hasAddressAndControl: true, protocol: .ipv4).encoded + D.ping)

  static let cooked: [UInt8] = [0, 4, 0, 1, 0, 6, 2, 0, 10, 1, 0, 5, 0, 0, 8, 0] + D.ping
  static let cooked2: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 10, 1, 0, 5, 0, 0] + D.ping

  static let esp = D.ip(.esp, ESPHeader(spi: 0xABCD, sequenceNumber: 5).encoded + [UInt8](repeating: 3, count: 32))
  static let espInUDP = D.udp(4500, [0, 0, 0x12, 0x34, 0, 0, 0, 1] + [UInt8](repeating: 3, count: 32))
  static let keepalive = D.udp(4500, [0xFF])
  static let ipcomp = D.ip(
    .ipcomp, IPCompHeader(nextHeader: .icmp, compressionParameterIndex: 2).encoded + [1, 2, 3])
  static let padded = tagged([], D.ping + [UInt8](repeating: 0, count: 14))
  static let vlan = tagged([VLANTag(control: 0xB064)], D.ping)
  static let vlans = tagged([VLANTag(type: .providerBridging, control: 5), VLANTag(control: 6)], D.ping)
  static let arp = tagged(
    [], ARPMessage(operation: 1, sender: (ethernet.source, D.alice), target: (ethernet.destination, D.bob)).encoded,
    type: .arp)
  static let ppp = PPPHeader(hasAddressAndControl: true, protocol: .ipv4).encoded + D.ping
  static let barePPP = PPPHeader(hasAddressAndControl: false, protocol: .ipv4).encoded + D.ping

  private static let overRaw: [(String, [UInt8])] = [
    ("ping", D.ping), ("TCP", tcp), ("IPv6 extensions", extensions), ("IPv6 fragment", fragment6), ("GRE", gre),
    ("AH", ah), ("options", options), ("unreachable", unreachable), ("L2TP control", l2tpControl),
    ("L2TP data", l2tpData), ("ESP", esp), ("ESP in UDP", espInUDP), ("keepalive", keepalive), ("IPComp", ipcomp),
    ("ICMPv6 unreachable", errors6[0]), ("ICMPv6 too big", errors6[1]), ("ICMPv6 time", errors6[2]),
    ("ICMPv6 parameter", errors6[3]), ("label", labels[0]), ("label with authorities", labels[1]),
    ("label with flags", labels[2]),
  ]
  private static let overLinks: [(String, LinkType, [UInt8])] = [
    ("Ethernet with padding", .ethernet, padded), ("VLAN", .ethernet, vlan), ("two VLAN tags", .ethernet, vlans),
    ("ARP", .ethernet, arp), ("PPP", .ppp, ppp), ("bare PPP", .ppp, barePPP), ("cooked", .linuxCooked, cooked),
    ("cooked 2", .linuxCooked2, cooked2), ("null", .null, [2, 0, 0, 0] + D.ping),
  ]

  static let all: [SampleFrame] =
    overRaw.map { SampleFrame(name: $0.0, linkType: .raw, bytes: $0.1) }
    + overLinks.map { SampleFrame(name: $0.0, linkType: $0.1, bytes: $0.2) }
}
