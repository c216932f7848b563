import Testing

@testable import Wire

@Suite("Cutting IPv6 packets")
struct IPv6FragmenterTests {
  static let payload = (0..<3001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
  static let hopByHop = IPv6HopByHopHeader(nextHeader: .ipv6DestinationOptions, options: [5, 2, 0, 0]).encoded
  static let routing = IPv6RoutingHeader(
    nextHeader: .ipv6DestinationOptions, routingType: 0, segmentsLeft: 1, data: [0, 0, 0, 0] + SampleFrames.six.octets
  ).encoded

  static func options(_ next: IPProtocol) -> [UInt8] {
    IPv6DestinationOptionsHeader(nextHeader: next, options: []).encoded
  }

  /// Packets, and how many octets of each every fragment repeats. RFC 2460 §4.5.
  static let packets: [(octets: [UInt8], front: Int)] = [
    (SampleFrames.six(.udp, payload), 40),
    (SampleFrames.six(.ipv6DestinationOptions, options(.udp) + payload), 40),
    (SampleFrames.six(.hopByHop, hopByHop + options(.udp) + payload), 48),
    (SampleFrames.six(.hopByHop, hopByHop + options(.ipv6Routing) + routing + options(.udp) + payload), 80),
  ]

  @Test("makes fragments that fit, repeat what they must, and come together again", arguments: packets.indices)
  func roundTrip(index: Int) throws {
    let (whole, front) = Self.packets[index]
    for mtu in [front + 64, front + 71, 576, 1280, 1500, whole.count - 1] {
      let fragments = try IPv6Fragmenter.fragment(whole, mtu: mtu, identification: 0xDEAD_BEEF)
      // All but the last take a multiple of eight octets, the last takes what fits.
      let (room, payload) = (mtu - front - 8, whole.count - front)
      #expect(fragments.count == 1 + (payload - room + (room & ~7) - 1) / (room & ~7))
      var reassembler = IPv6Reassembler(limits: .init())
      var result: IPv6Reassembler.Outcome = .waiting
      for fragment in fragments.reversed() {
        let glance = try IPGlance(verifying: fragment)
        #expect(fragment.count <= mtu && glance.totalLength == fragment.count)
        #expect(glance.isFragment && glance.headerLength == front + 8)
        #expect(result == .waiting)
        result = try reassembler.accept(fragment, at: .zero)
      }
      #expect(result == .complete(whole), "MTU \(mtu)")
    }
  }

  @Test("writes the fragment header where the headers for routers end")
  func layout() throws {
    let (whole, front) = Self.packets[3]
    let first = try #require(try IPv6Fragmenter.fragment(whole, mtu: 1280, identification: 7).first)
    var expected = Array(whole[..<front])
    expected[56] = IPProtocol.ipv6Fragment.rawValue
    (expected[4], expected[5]) = (UInt8((first.count - 40) >> 8), UInt8((first.count - 40) & 0xFF))
    #expect(Array(first[..<front]) == expected)
    let header = try IPv6FragmentHeader(decoding: Array(first[front...]))
    #expect(
      header
        == IPv6FragmentHeader(
          nextHeader: .ipv6DestinationOptions, fragmentOffset: 0, moreFragments: true, identification: 7))
  }

  @Test("leaves alone what fits, but for what the link padded")
  func fits() throws {
    let whole = SampleFrames.six(.udp, [1, 2, 3])
    #expect(try IPv6Fragmenter.fragment(whole, mtu: 43, identification: 1) == [whole])
    #expect(try IPv6Fragmenter.fragment(whole + [0, 0], mtu: 43, identification: 1) == [whole])
  }

  @Test("refuses by name: a fragment, no room, no sense")
  func refusals() throws {
    let whole = Self.packets[0].octets
    let fragment = try #require(try IPv6Fragmenter.fragment(whole, mtu: 1280, identification: 1).first)
    let four = IPv4Header(from: .any, to: .broadcast, protocol: .udp, payloadLength: 20).datagram(
      [UInt8](repeating: 0, count: 20))
    let cases: [(packet: [UInt8], mtu: Int, refusal: IPv6Fragmenter.Refusal, words: String)] = [
      (
        fragment, 576, .alreadyCut,
        "the packet is a fragment already, and only its source may cut it (RFC 2460 §4.5)"
      ),
      (
        whole, 55, .mtuTooSmall(mtu: 55),
        "an MTU of 55 leaves no room for eight octets behind the headers (RFC 2460 §4.5)"
      ),
      (
        Array(whole.dropLast()), 576,
        .malformed(IPv6Header.Field.payloadLength.invalidLength(3001, limit: 3000, at: 4)),
        "IPv6 · Payload Length at byte 0x0004: 3001 exceeds the 3000 bytes there are (RFC 2460 §3)"
      ),
      (
        four, 20, .malformed(IPv6Header.Field.version.invalid(4, at: 0)),
        "IPv6 · Version at byte 0x0000: 4 is not allowed here (RFC 2460 §3)"
      ),
    ]
    for (packet, mtu, refusal, words) in cases {
      #expect(throws: refusal) { try IPv6Fragmenter.fragment(packet, mtu: mtu, identification: 1) }
      #expect("\(refusal)" == words)
    }
    #expect(throws: IPv6Fragmenter.Refusal.self) { try IPv6Fragmenter.fragment([1], mtu: 0, identification: 1) }
  }
}
