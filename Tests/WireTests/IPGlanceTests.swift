import Testing

@testable import Wire

@Suite("IP headers of either family at a glance")
struct IPGlanceTests {
  static let payload: [UInt8] = [1, 2, 3, 4, 5]
  static let router = IPv6HopByHopHeader(nextHeader: .ipv6DestinationOptions, options: [5, 2, 0, 0]).encoded
  static let options = IPv6DestinationOptionsHeader(
    nextHeader: .ipv6Routing, options: [1, 8] + .init(repeating: 0, count: 8)
  )
  .encoded
  static let routing = IPv6RoutingHeader(
    nextHeader: .ipv6Fragment, routingType: 0, segmentsLeft: 1, data: [0, 0, 0, 0] + SampleFrames.other.octets
  ).encoded

  static func fragment(_ next: IPProtocol, offset: UInt16 = 0, more: Bool = false) -> [UInt8] {
    IPv6FragmentHeader(nextHeader: next, fragmentOffset: offset, moreFragments: more, identification: 9).encoded
  }

  /// Hop-by-hop options, destination options, routing and fragment header, in RFC 2460 §4.1's order.
  static let chain = router + options + routing + fragment(.esp)

  @Test("IPv4 is read as IPv4Glance reads it")
  func four() throws {
    for options in [[], [148, 4, 0, 0], [7, 7, 4, 0, 0, 0, 0, 0]] as [[UInt8]] {
      var header = IPv4Header(
        from: IPv4Address(1, 2, 3, 4), to: IPv4Address(5, 6, 7, 8), protocol: .ah, payloadLength: 5, timeToLive: 7,
        typeOfService: 0xB8, dontFragment: true, options: options)
      header.fragmentOffset = options.count == 4 ? 3 : 0
      let datagram = header.datagram(Self.payload)
      let (old, glance) = (try IPv4Glance(verifying: datagram), try IPGlance(verifying: datagram + [0xFF]))
      #expect(!glance.isIPv6 && glance.headerLength == 20 + options.count && glance.totalLength == 25 + options.count)
      #expect(glance.typeOfService == 0xB8 && glance.timeToLive == 7)
      #expect(glance.protocol == .ah && glance.protocolOffset == 9)
      #expect(glance.dontFragment && glance.isFragment == old.isFragment && glance.isFirst == old.isFirst)
      #expect(glance.sourceAddress == .v4(IPv4Address(1, 2, 3, 4)))
      #expect(glance.destinationAddress == .v4(IPv4Address(5, 6, 7, 8)))
    }
  }

  @Test("an IPv6 header alone")
  func plain() throws {
    let glance = try IPGlance(verifying: SampleFrames.six(.tcp, Self.payload) + [0xFF])
    #expect(glance.isIPv6 && glance.headerLength == 40 && glance.totalLength == 45)
    #expect(glance.typeOfService == 0xB9 && glance.timeToLive == 9)
    #expect(glance.protocol == .tcp && glance.protocolOffset == 6)
    #expect(glance.dontFragment && !glance.isFragment && glance.isFirst)
    #expect(glance.sourceAddress == .v6(SampleFrames.six) && glance.destinationAddress == .v6(SampleFrames.other))
    #expect(try IPGlance(verifying: SampleFrames.six(.noNextHeader, [])).protocol == .noNextHeader)
  }

  @Test("IPv6 with extension headers: what they lead to, and where it is named")
  func extensions() throws {
    let glance = try IPGlance(verifying: SampleFrames.six(.hopByHop, Self.chain + Self.payload))
    #expect(glance.headerLength == 40 + Self.chain.count && glance.totalLength == 45 + Self.chain.count)
    #expect(glance.protocol == .esp && glance.protocolOffset == 32 + Self.chain.count)
    #expect(!glance.isFragment && glance.isFirst)
    let behind = try IPGlance(verifying: SampleFrames.extensions)
    #expect(behind.protocol == .icmpv6 && behind.headerLength == 64 && behind.protocolOffset == 48)
  }

  @Test("naming another protocol at the place that was found changes just that")
  func protocolOffset() throws {
    for prefix in [0, Self.chain.count] {
      var packet = SampleFrames.six(prefix == 0 ? .esp : .hopByHop, Self.chain.prefix(prefix) + Self.payload)
      let before = try IPGlance(verifying: packet)
      packet[before.protocolOffset] = IPProtocol.ah.rawValue
      let after = try IPGlance(verifying: packet)
      #expect(before.protocol == .esp && after.protocol == .ah && after.headerLength == before.headerLength)
    }
  }

  @Test("every IPv6 fragment says of the payload what its fragment header says")
  func fragments() throws {
    let options = IPv6DestinationOptionsHeader(nextHeader: .udp, options: []).encoded
    func glance(_ offset: UInt16, _ more: Bool) throws -> IPGlance {
      try IPGlance(
        verifying: SampleFrames.six(
          .ipv6Fragment, Self.fragment(.ipv6DestinationOptions, offset: offset, more: more) + options))
    }
    let (first, middle, last, whole) = (
      try glance(0, true), try glance(1, true), try glance(2, false), try glance(0, false)
    )
    for fragment in [first, middle, last] {
      #expect(fragment.isFragment && fragment.protocol == .ipv6DestinationOptions && fragment.protocolOffset == 40)
      #expect(fragment.headerLength == 48)
    }
    #expect(first.isFirst && !middle.isFirst && !last.isFirst)
    // A fragment header of a packet that was not cut hides nothing: RFC 6946 §4.
    #expect(!whole.isFragment && whole.isFirst && whole.protocol == .udp && whole.headerLength == 56)
  }

  @Test("a packet that ends inside of its headers is refused at each length")
  func prefixes() throws {
    let packet = SampleFrames.six(.hopByHop, Self.chain)
    for length in 0..<packet.count {
      #expect(throws: DecodeError.self) { try IPGlance(verifying: Array(packet.prefix(length))) }
      guard length >= 40 else { continue }
      // The payload length says so too: then it is the extension header that is cut.
      var shorter = Array(packet.prefix(length))
      shorter[4] = UInt8((length - 40) >> 8)
      shorter[5] = UInt8((length - 40) & 0xFF)
      guard let glance = try? IPGlance(verifying: shorter) else { continue }
      Issue.record("\(length) octets were read as \(glance)")
    }
  }

  static let refusals: [(packet: [UInt8], reason: String)] = [
    ([], "IPv4 · Version at byte 0x0000: needs 1 byte, none is left (RFC 791 §3.1)"),
    ([0x60, 0], "IPv6 · Flow Label at byte 0x0001: needs 3 bytes, 1 is left (RFC 2460 §3)"),
    ([0x50] + .init(repeating: 0, count: 39), "IPv4 · Version at byte 0x0000: 5 is not allowed here (RFC 791 §3.1)"),
    (
      Array(SampleFrames.six(.udp, payload).dropLast()),
      "IPv6 · Payload Length at byte 0x0004: 5 exceeds the 4 bytes there are (RFC 2460 §3)"
    ),
    (
      SampleFrames.six(.ipv6Routing, [17, 2, 0, 0, 0, 0, 0, 0]),
      "IPv6 routing · type-specific data at byte 0x002c: needs 20 bytes, 4 are left (RFC 2460 §4.4)"
    ),
    (
      SampleFrames.six(.ipv6DestinationOptions, [17, 1, 0, 0, 0, 0, 0, 0]),
      "IPv6 destination options · Options at byte 0x002a: needs 14 bytes, 6 are left (RFC 2460 §4.6)"
    ),
    (
      SampleFrames.six(.ipv6Routing, [0, 0, 0, 0, 0, 0, 0, 0] + router),
      "IPv6 routing · Next Header at byte 0x0028: 0 is not allowed here (RFC 2460 §4.4)"
    ),
    (
      SampleFrames.six(.ipv6Fragment, fragment(.ipv6Fragment) + fragment(.udp)),
      "IPv6 fragment · Next Header at byte 0x0028: 44 is not allowed here (RFC 2460 §4.5)"
    ),
    (
      SampleFrames.six(
        .ipv6DestinationOptions, .init([[UInt8]](repeating: [60, 0, 1, 4, 0, 0, 0, 0], count: 9).joined())),
      "IPv6 destination options · Next Header at byte 0x0060: more than 8, which is as far as Lockstep follows"
        + " (RFC 2460 §4.6)"
    ),
  ]

  @Test("what is refused, and why", arguments: refusals.indices)
  func reasons(index: Int) {
    let (packet, reason) = Self.refusals[index]
    #expect {
      try IPGlance(verifying: packet)
    } throws: {
      #expect("\($0)" == reason)
      return true
    }
  }

  @Test("one hop less in place, of either family; none where none is left")
  func forwards() throws {
    var four = IPv4Header(from: .any, to: .broadcast, protocol: .udp, payloadLength: 5, timeToLive: 2).datagram(
      Self.payload)
    #expect(IPGlance.decrementTimeToLive(in: &four) == 1)
    #expect(try IPGlance(verifying: four).timeToLive == 1)
    var six = SampleFrames.six(.udp, Self.payload)
    for left in (0..<9 as Range<UInt8>).reversed() { #expect(IPGlance.decrementTimeToLive(in: &six) == left) }
    var expected = SampleFrames.six(.udp, Self.payload)
    expected[7] = 0
    #expect(IPGlance.decrementTimeToLive(in: &six) == nil && six == expected)
    var short: [UInt8] = [0x60, 0, 0, 0, 0, 0, 17, 9]
    var none: [UInt8] = []
    #expect(IPGlance.decrementTimeToLive(in: &short) == nil && short[7] == 9)
    #expect(IPGlance.decrementTimeToLive(in: &none) == nil)
  }

  @Test("noise is read or refused, and what is read lies inside")
  func noise() {
    var noise = Noise(seed: 6)
    var read = 0
    for _ in 0..<20_000 {
      var packet = SampleFrames.six(.hopByHop, Self.chain + Self.payload)
      for _ in 0..<3 {
        let change = noise.octets(2)
        packet[Int(change[0]) % packet.count] = change[1]
      }
      guard let glance = try? IPGlance(verifying: packet) else { continue }
      read += 1
      #expect(glance.headerLength <= glance.totalLength && glance.totalLength <= packet.count)
      #expect(glance.protocolOffset < glance.headerLength)
      #expect(packet[glance.protocolOffset] == glance.protocol.rawValue)
    }
    #expect((1000..<19_000).contains(read))
  }
}
