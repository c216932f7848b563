import Testing
import Units

@testable import Wire

@Suite("IPv6 fragments")
struct IPv6FragmentationTests {
  static let hopByHop = IPv6HopByHopHeader(nextHeader: .ipv6Fragment, options: [5, 2, 0, 0]).encoded
  static let payload = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 31) }

  /// A fragment with the octets in `range` of the payload, hop-by-hop options in front of the fragment header.
  static func fragment(
    _ range: Range<Int>, of payload: [UInt8] = payload, last: Bool? = nil, identification: UInt32 = 7
  ) -> [UInt8] {
    let header = IPv6FragmentHeader(
      nextHeader: .udp, fragmentOffset: UInt16(range.lowerBound / 8),
      moreFragments: !(last ?? (range.upperBound == payload.count)), identification: identification)
    return SampleFrames.six(.hopByHop, hopByHop + header.encoded + Array(payload[range]))
  }

  /// The packet that the fragments are of.
  static let whole = SampleFrames.six(
    .hopByHop, IPv6HopByHopHeader(nextHeader: .udp, options: [5, 2, 0, 0]).encoded + payload)

  @Test("come together in any order, without the fragment header")
  func roundTrip() throws {
    let pieces = [Self.fragment(0..<40), Self.fragment(40..<80), Self.fragment(80..<100)]
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 1, 0, 2]] {
      var reassembler = IPv6Reassembler()
      for index in order.dropLast() { #expect(try reassembler.accept(pieces[index], at: .zero) == .waiting) }
      let last = try #require(order.last)
      #expect(try reassembler.accept(pieces[last], at: .zero) == .complete(Self.whole), "\(order)")
      #expect(reassembler.waitingDatagrams == 0 && reassembler.waitingOctets == 0)
    }
  }

  @Test("what is no fragment passes; a packet that is its own only fragment is taken by itself")
  func untouched() throws {
    var reassembler = IPv6Reassembler()
    #expect(try reassembler.accept(SampleFrames.extensions, at: .zero) == .complete(SampleFrames.extensions))
    #expect(try reassembler.accept(Self.fragment(0..<40), at: .zero) == .waiting)
    #expect(try reassembler.accept(Self.fragment(0..<100), at: .zero) == .complete(Self.whole))
    #expect(reassembler.waitingDatagrams == 1)
  }

  @Test("that overlap give the packet up, and what is still to come of it")
  func overlap() throws {
    var reassembler = IPv6Reassembler()
    #expect(try reassembler.accept(Self.fragment(0..<40), at: .zero) == .waiting)
    #expect(throws: IPv6Reassembler.Refusal.overlap) { try reassembler.accept(Self.fragment(32..<80), at: .zero) }
    #expect(throws: IPv6Reassembler.Refusal.overlap) { try reassembler.accept(Self.fragment(40..<100), at: .zero) }
    #expect(reassembler.waitingOctets == 0)
    #expect(reassembler.expire(at: .zero + .seconds(60)).isEmpty)
    #expect(reassembler.waitingDatagrams == 0)
    #expect(IPv6Reassembler.Refusal.overlap.description == "the packet's fragments overlap (RFC 5722 §4)")
  }

  @Test("that disagree, are ragged, too long or cut short are refused by name")
  func refusals() throws {
    var reassembler = IPv6Reassembler()
    #expect(try reassembler.accept(Self.fragment(16..<24, last: true), at: .zero) == .waiting)
    #expect(throws: IPv6Reassembler.Refusal.contradictoryEnd) {
      try reassembler.accept(Self.fragment(32..<40), at: .zero)
    }
    #expect(throws: IPv6Reassembler.Refusal.raggedLength) { try reassembler.accept(Self.fragment(0..<7), at: .zero) }
    #expect(throws: IPv6Reassembler.Refusal.raggedLength) { try reassembler.accept(Self.fragment(8..<8), at: .zero) }
    let long = IPv6FragmentHeader(
      nextHeader: .udp, fragmentOffset: 8191, moreFragments: false, identification: 1)
    #expect(throws: IPv6Reassembler.Refusal.tooLong) {
      try reassembler.accept(SampleFrames.six(.ipv6Fragment, long.encoded + [UInt8](repeating: 0, count: 8)), at: .zero)
    }
    #expect(
      throws: IPv6Reassembler.Refusal.malformed(
        IPv6Header.Field.payloadLength.invalidLength(56, limit: 50, at: 4))
    ) {
      try reassembler.accept(Array(Self.fragment(0..<40).dropLast(6)), at: .zero)
    }
  }

  @Test("say which packet they belong to, of either family")
  func keys() throws {
    let key = try #require(IPv6Reassembler.Key(Self.fragment(40..<80, identification: 9)))
    #expect(key.source == SampleFrames.six && key.destination == SampleFrames.other && key.identification == 9)
    for packet in [Self.fragment(0..<100), Self.whole, [], SampleFrames.tcp] {
      #expect(IPv6Reassembler.Key(packet) == nil)
    }
    let four = try #require(try IPv4Fragmenter.fragment(FragmentationTests.datagram(200), mtu: 100).last)
    let other = try #require(IPv4Reassembler.Key(four))
    #expect(other.source == IPv4Address(10, 1, 0, 5) && other.destination == IPv4Address(10, 2, 0, 7))
    #expect(other.protocol == .udp && other.identification == 7)
    for datagram in [FragmentationTests.datagram(200), Self.whole, []] {
      #expect(IPv4Reassembler.Key(datagram) == nil)
    }
  }

  @Test("are fragments only where sources put the header: behind AH there is nothing to put together")
  func behindAH() throws {
    let ah = AuthenticationHeader(
      nextHeader: .ipv6Fragment, reserved: 0, spi: 1, sequenceNumber: 1,
      integrityCheckValue: [UInt8](repeating: 0, count: 12))
    let header = IPv6FragmentHeader(nextHeader: .udp, fragmentOffset: 0, moreFragments: true, identification: 1)
    let packet = SampleFrames.six(.ah, ah.encoded + header.encoded + [UInt8](repeating: 0, count: 8))
    var reassembler = IPv6Reassembler()
    #expect(try reassembler.accept(packet, at: .zero) == .complete(packet))
    #expect(!(try IPGlance(verifying: packet).isFragment) && IPv6Reassembler.Key(packet) == nil)
    let twice = SampleFrames.six(.ipv6Fragment, IPGlanceTests.fragment(.ipv6Fragment) + header.encoded)
    #expect(throws: IPv6Reassembler.Refusal.self) { try reassembler.accept(twice, at: .zero) }
    #expect(throws: IPv6Reassembler.Refusal.malformed(IPv6Header.Field.version.invalid(4, at: 0))) {
      try reassembler.accept(SampleFrames.tcp, at: .zero)
    }
  }

  @Test("that wait are bounded in number, octets and time")
  func bounds() throws {
    var reassembler = IPv6Reassembler(limits: .init(datagrams: 2, octets: 100, fragments: 2, timeout: .seconds(60)))
    #expect(try reassembler.accept(Self.fragment(0..<40, identification: 1), at: .zero) == .waiting)
    #expect(try reassembler.accept(Self.fragment(40..<48, identification: 2), at: .zero + .seconds(1)) == .waiting)
    #expect(throws: IPv6Reassembler.Refusal.tooManyDatagrams) {
      try reassembler.accept(Self.fragment(0..<40, identification: 3), at: .zero)
    }
    #expect(throws: IPv6Reassembler.Refusal.tooManyOctets) {
      try reassembler.accept(Self.fragment(0..<80, identification: 1), at: .zero)
    }
    #expect(try reassembler.accept(Self.fragment(56..<64, identification: 2), at: .zero) == .waiting)
    #expect(throws: IPv6Reassembler.Refusal.tooManyFragments) {
      try reassembler.accept(Self.fragment(72..<80, identification: 2), at: .zero)
    }
    #expect(reassembler.nextDeadline == .zero + .seconds(60))
    let expired = reassembler.expire(at: .zero + .seconds(60))
    #expect(expired.map(\.key.identification) == [1])
    #expect(expired.first?.firstFragment == Self.fragment(0..<40, identification: 1))
  }

  @Test("in random disorder never trap, and stay within the bounds")
  func chaos() throws {
    for seed in UInt64(1)...200 {
      var noise = Noise(seed: seed)
      var reassembler = IPv6Reassembler(limits: .init(datagrams: 4, octets: 4096, fragments: 20))
      for _ in 0..<30 {
        let start = noise.below(12) * 8
        var piece = Self.fragment(start..<min(100, start + 8 + noise.below(3) * 16))
        if noise.below(4) == 0 { piece[noise.below(piece.count)] ^= UInt8(1 << noise.below(8)) }
        if noise.below(8) == 0 { piece = Array(piece.prefix(noise.below(piece.count))) }
        _ = try? reassembler.accept(piece, at: .zero)
      }
      #expect(reassembler.waitingDatagrams <= 4, "seed \(seed)")
    }
  }
}
