import Testing
import Units

@testable import Wire

@Suite("IPv4 fragments")
struct FragmentationTests {
  static func datagram(
    _ count: Int, options: [UInt8] = [], dontFragment: Bool = false, identification: UInt16 = 7
  ) -> [UInt8] {
    IPv4Header(
      from: IPv4Address(10, 1, 0, 5), to: IPv4Address(10, 2, 0, 7), protocol: .udp, payloadLength: count,
      identification: identification, dontFragment: dontFragment, options: options
    ).datagram((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
  }

  @Test("fit the MTU, carry right checksums, and come together again in any order", arguments: [28, 68, 576, 1500])
  func roundTrip(mtu: Int) throws {
    var noise = Noise(seed: UInt64(mtu))
    let whole = Self.datagram(mtu == 28 ? 100 : 3001)
    var fragments = try IPv4Fragmenter.fragment(whole, mtu: mtu)
    #expect(fragments.count > 1)
    for fragment in fragments {
      #expect(fragment.count <= mtu)
      _ = try IPv4Glance(verifying: fragment)
    }
    fragments.shuffle(using: &noise)
    var reassembler = IPv4Reassembler()
    for fragment in fragments.dropLast() { #expect(try reassembler.accept(fragment, at: .zero) == .waiting) }
    let last = try #require(fragments.last)
    #expect(try reassembler.accept(last, at: .zero) == .complete(whole), "seed \(mtu)")
    #expect(reassembler.waitingDatagrams == 0 && reassembler.waitingOctets == 0)
  }

  @Test("of fragments come together too")
  func twice() throws {
    let whole = Self.datagram(2000)
    var reassembler = IPv4Reassembler()
    let small = try IPv4Fragmenter.fragment(whole, mtu: 1500).flatMap { try IPv4Fragmenter.fragment($0, mtu: 400) }
    let outcomes = try small.map { try reassembler.accept($0, at: .zero) }
    #expect(outcomes.last == .complete(whole))
  }

  @Test("carry the options whose copy bit is set; the first carries all")
  func options() throws {
    let whole = Self.datagram(200, options: [7, 7, 4, 1, 2, 3, 4, 131, 7, 4, 9, 9, 9, 9])
    let fragments = try IPv4Fragmenter.fragment(whole, mtu: 100)
    let types = try fragments.map { try IPv4Header(decoding: $0).parsedOptions.map(\.type) }
    #expect(types.first?.prefix(2) == [.recordRoute, .looseSourceRoute])
    #expect(types.dropFirst().allSatisfy { $0 == [.looseSourceRoute, .endOfList] })
  }

  @Test("are refused by name: DF, no room, no sense")
  func refusals() {
    #expect(throws: IPv4Fragmenter.Refusal.dontFragment(mtu: 100)) {
      try IPv4Fragmenter.fragment(Self.datagram(200, dontFragment: true), mtu: 100)
    }
    #expect(throws: IPv4Fragmenter.Refusal.mtuTooSmall(mtu: 27)) {
      try IPv4Fragmenter.fragment(Self.datagram(200), mtu: 27)
    }
    #expect(throws: IPv4Fragmenter.Refusal.self) { try IPv4Fragmenter.fragment([1, 2, 3], mtu: 2) }
    #expect(throws: Never.self) { try IPv4Fragmenter.fragment(Self.datagram(80, dontFragment: true), mtu: 100) }
  }

  @Test("that overlap give the datagram up; a duplicate does not")
  func overlaps() throws {
    let fragments = try IPv4Fragmenter.fragment(Self.datagram(64), mtu: 44)
    let other = try IPv4Fragmenter.fragment(Self.datagram(64), mtu: 36)
    var reassembler = IPv4Reassembler()
    #expect(try reassembler.accept(fragments[0], at: .zero) == .waiting)
    #expect(try reassembler.accept(fragments[0], at: .zero) == .waiting)
    #expect(throws: IPv4Reassembler.Refusal.overlap) { try reassembler.accept(other[1], at: .zero) }
    #expect(reassembler.waitingDatagrams == 0)
    #expect(
      IPv4Reassembler.Refusal.overlap.description == "the fragment overlaps one that came before (RFC 1858 §4)")
  }

  @Test("that disagree, run past 65535 octets or are ragged are refused by name")
  func contradictions() throws {
    func fragment(_ offset: UInt16, _ count: Int, more: Bool) -> [UInt8] {
      var header = IPv4Header(
        from: .any, to: .broadcast, protocol: .udp, payloadLength: count, identification: 1)
      header.fragmentOffset = offset
      header.moreFragments = more
      return header.datagram([UInt8](repeating: 1, count: count))
    }
    var reassembler = IPv4Reassembler()
    #expect(try reassembler.accept(fragment(2, 8, more: false), at: .zero) == .waiting)
    #expect(throws: IPv4Reassembler.Refusal.contradictoryEnd) {
      try reassembler.accept(fragment(4, 8, more: true), at: .zero)
    }
    #expect(throws: IPv4Reassembler.Refusal.tooLong) {
      try reassembler.accept(fragment(8189, 100, more: false), at: .zero)
    }
    #expect(throws: IPv4Reassembler.Refusal.raggedLength) {
      try reassembler.accept(fragment(0, 7, more: true), at: .zero)
    }
    #expect(throws: IPv4Reassembler.Refusal.raggedLength) {
      try reassembler.accept(fragment(1, 0, more: false), at: .zero)
    }
  }

  @Test("that wait are bounded in number, octets and time")
  func bounds() throws {
    let limits = IPv4Reassembler.Limits(datagrams: 2, octets: 100, fragments: 2, timeout: .seconds(30))
    var reassembler = IPv4Reassembler(limits: limits)
    func first(_ identification: UInt16) throws -> [UInt8] {
      try IPv4Fragmenter.fragment(Self.datagram(64, identification: identification), mtu: 52)[0]
    }
    #expect(try reassembler.accept(first(1), at: .zero) == .waiting)
    #expect(try reassembler.accept(first(2), at: .zero + .seconds(1)) == .waiting)
    #expect(throws: IPv4Reassembler.Refusal.tooManyDatagrams) { try reassembler.accept(first(3), at: .zero) }
    #expect(reassembler.nextDeadline == .zero + .seconds(30))
    let expired = reassembler.expire(at: .zero + .seconds(30))
    #expect(expired.map(\.key.identification) == [1])
    #expect(expired.first?.firstFragment == (try first(1)))
    var narrow = IPv4Reassembler(limits: .init(octets: 31))
    #expect(throws: IPv4Reassembler.Refusal.tooManyOctets) { try narrow.accept(first(1), at: .zero) }
    let three = try IPv4Fragmenter.fragment(Self.datagram(64), mtu: 36)
    var few = IPv4Reassembler(limits: limits)
    #expect(try few.accept(three[0], at: .zero) == .waiting)
    #expect(try few.accept(three[1], at: .zero) == .waiting)
    #expect(throws: IPv4Reassembler.Refusal.tooManyFragments) { try few.accept(three[2], at: .zero) }
  }

  @Test("in random disorder never trap, and never make anything but the datagram")
  func chaos() throws {
    for seed in UInt64(1)...200 {
      var noise = Noise(seed: seed)
      let whole = Self.datagram(300)
      var reassembler = IPv4Reassembler(limits: .init(datagrams: 4, octets: 4096, fragments: 20))
      for _ in 0..<30 {
        let pieces = try IPv4Fragmenter.fragment(whole, mtu: 60 + noise.below(3) * 8)
        var piece = pieces[noise.below(pieces.count)]
        if noise.below(4) == 0 { piece[noise.below(piece.count)] ^= UInt8(1 << noise.below(8)) }
        if case .complete(let datagram)? = try? reassembler.accept(piece, at: .zero) {
          #expect(datagram.count >= 20, "seed \(seed)")
        }
      }
    }
  }
}
