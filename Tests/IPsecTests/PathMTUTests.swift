import Cryptography
import Testing
import Units
import Wire

@testable import IPsec

@Suite struct PathMTUTests {
  // MARK: Exactness

  @Test(arguments: 0..<IPsecEngineTests.suites.count, [true, false])
  func `The sealed length is foreseen, and the limit is the largest that fits`(index: Int, isTunnel: Bool) throws {
    var pair = try Pair(PairOptions(suite: IPsecEngineTests.suites[index], isTunnel: isTunnel))
    let identity = try pair.parameters(0x1001, fromFirst: true).identity
    var lengths: [Int: Int] = [:]
    for size in 0...172 {
      let datagram = udp(size)
      lengths[datagram.count] = try pair.seal(datagram).count
    }
    for mtu in 120...260 {
      let limit = try #require(pair.a.maximumInnerLength(forAssociation: identity, linkMTU: mtu, at: .zero))
      if let fits = lengths[limit] { #expect(fits <= mtu, "MTU \(mtu)") }
      if let next = lengths[limit + 1] { #expect(next > mtu, "MTU \(mtu)") }
    }
  }

  @Test func `No path is narrower than IPv4 allows`() throws {
    for index in IPsecEngineTests.suites.indices {
      for isTunnel in [true, false] {
        var pair = try Pair(PairOptions(suite: IPsecEngineTests.suites[index], isTunnel: isTunnel))
        let identity = try pair.parameters(0x1001, fromFirst: true).identity
        let isNews = pair.a.learnPathMTU(0, forAssociation: identity, at: .zero)
        #expect(isNews)
        let limit = try #require(pair.a.maximumInnerLength(forAssociation: identity, at: .zero))
        #expect((68..<84).contains(limit))
        #expect(pair.a.outbound(udp(40, dontFragment: true), at: .zero).steps?.count == 1)
        #expect(pair.a.outbound(udp(400, dontFragment: true), at: .zero).action == .tooBig(mtu: limit))
      }
    }
  }

  // MARK: DF

  /// What is to be seen of a datagram that is too large: its outer datagrams' DF bit and number, or that it is refused.
  enum Outcome: Equatable {
    case whole(dontFragment: Bool)
    case pieces(dontFragment: Bool)
    case tooBig
  }

  static let matrix: [(DontFragmentHandling, FragmentationOrder, inner: Bool, Outcome)] = [
    (.copy, .afterEncapsulation, false, .whole(dontFragment: false)),
    (.copy, .afterEncapsulation, true, .tooBig),
    (.set, .afterEncapsulation, false, .pieces(dontFragment: true)),
    (.set, .afterEncapsulation, true, .tooBig),
    (.clear, .afterEncapsulation, false, .whole(dontFragment: false)),
    (.clear, .afterEncapsulation, true, .whole(dontFragment: false)),
    (.copy, .beforeEncapsulation, false, .pieces(dontFragment: false)),
    (.copy, .beforeEncapsulation, true, .tooBig),
    (.set, .beforeEncapsulation, false, .pieces(dontFragment: true)),
    (.set, .beforeEncapsulation, true, .tooBig),
    (.clear, .beforeEncapsulation, false, .pieces(dontFragment: false)),
    (.clear, .beforeEncapsulation, true, .whole(dontFragment: false)),
  ]

  @Test(arguments: 0..<matrix.count)
  func `A datagram that is too large for its tunnel`(row: Int) throws {
    let (handling, order, inner, expected) = Self.matrix[row]
    var pair = try Pair(PairOptions(dontFragment: handling, fragmentation: order))
    let datagram = udp(900, dontFragment: inner)
    let outbound = pair.a.outbound(datagram, at: .zero, linkMTU: 600)
    switch (expected, outbound.action) {
    case (.tooBig, .tooBig(let mtu)):
      #expect(mtu == 542)  // 600 - 20 - 8 - 16 - 12, down to whole blocks, less pad length and next header
    case (.whole(let dontFragment), .sealed(let steps)):
      #expect(steps.count == 1 && steps[0].inner == nil)
      #expect(try IPv4Header(decoding: steps[0].outer).dontFragment == dontFragment)
    case (.pieces(let dontFragment), .sealed(let steps)):
      #expect(steps.count == 2)
      #expect(steps.map(\.sequenceNumber) == [1, 2])
      for step in steps {
        #expect(step.outer.count <= 600)
        #expect(try IPv4Header(decoding: step.outer).dontFragment == dontFragment)
      }
    default: Issue.record("\(outbound.action)")
    }
    // The same where nothing is too large: only the DF bit differs.
    let steps = try #require(pair.a.outbound(udp(40, dontFragment: inner), at: .zero, linkMTU: 600).steps)
    let bit = handling == .copy ? inner : handling == .set
    #expect(try steps.map { try IPv4Header(decoding: $0.outer).dontFragment } == [bit])
  }

  @Test func `Pieces that were sealed one by one are put together behind the tunnel`() throws {
    for mtu in stride(from: 130, through: 700, by: 19) {
      var pair = try Pair(PairOptions(fragmentation: .beforeEncapsulation))
      let datagram = udp(1_300)
      let steps = try #require(pair.a.outbound(datagram, at: .zero, linkMTU: mtu).steps)
      var payload: [UInt8] = []
      for step in steps {
        #expect(step.outer.count <= mtu)
        let inner = try #require(pair.b.inbound(step.outer, at: .zero).opened?.datagram)
        #expect(inner == step.inner)
        #expect(try IPv4Glance(verifying: inner).flagsAndOffset & 0x1FFF == UInt16(payload.count / 8))
        payload += inner[20...]
      }
      #expect(payload == Array(datagram[20...]), "MTU \(mtu)")
    }
  }

  @Test func `An association for certain ports is not given pieces that show none`() throws {
    var options = PairOptions(fragmentation: .beforeEncapsulation)
    options.selector.transport = .value(.udp)
    options.selector.destinationPorts = .port(7)
    var pair = try Pair(options)
    let steps = try #require(pair.a.outbound(udp(900), at: .zero, linkMTU: 600).steps)
    #expect(steps.count == 1 && steps[0].outer.count > 600)
  }

  @Test func `In transport mode the datagram is sealed whole, or is too big`() throws {
    var pair = try Pair(PairOptions(isTunnel: false, fragmentation: .beforeEncapsulation))
    #expect(pair.a.outbound(udp(900), at: .zero, linkMTU: 600).steps?.count == 1)
    let outbound = pair.a.outbound(udp(900, dontFragment: true), at: .zero, linkMTU: 600)
    #expect(outbound.action == .tooBig(mtu: 562))
    #expect(try pair.seal(udp(534, dontFragment: true)).count <= 600)
  }

  @Test func `What IPv4 cannot hold is cut first, or refused`() throws {
    var pair = try Pair(PairOptions(dontFragment: .clear))
    let steps = try #require(pair.a.outbound(udp(65_500), at: .zero, linkMTU: 65_535).steps)
    #expect(steps.count == 2 && steps.allSatisfy { $0.outer.count <= 65_535 })
    #expect(
      pair.a.outbound(udp(65_500, dontFragment: true), at: .zero, linkMTU: 65_535).action
        == .discard(.datagramTooLong))
  }

  // MARK: Learning

  @Test func `A router's message about a sealed datagram narrows the path for ten minutes`() throws {
    var pair = try Pair()
    let datagram = udp(1_000, dontFragment: true)
    let outer = try pair.seal(datagram)
    let message = ICMPMessage.fragmentationNeeded(nextHopMTU: 600, about: outer)
    let identity = try pair.parameters(0x1001, fromFirst: true).identity
    #expect(pair.a.learnPathMTU(600, quoting: Array(message.body.prefix(28)), at: .seconds(5)) == identity)
    #expect(pair.a.learnPathMTU(600, quoting: message.body, at: .seconds(6)) == nil)
    #expect(pair.a.learnPathMTU(1_400, quoting: message.body, at: .seconds(6)) == nil)
    #expect(pair.a.outbound(datagram, at: .seconds(604)).action == .tooBig(mtu: 542))
    #expect(pair.a.outbound(udp(514, dontFragment: true), at: .seconds(604)).steps?[0].outer.count == 600)
    #expect(pair.a.outbound(datagram, at: .seconds(605)).steps?.count == 1)
    #expect(pair.a.maximumInnerLength(forAssociation: identity, at: .seconds(605)) == 1_438)
  }

  @Test func `A successor knows what its predecessor learned`() throws {
    var pair = try Pair()
    let identity = try pair.parameters(0x1001, fromFirst: true).identity
    let isNews = pair.a.learnPathMTU(600, forAssociation: identity, at: .zero)
    #expect(isNews)
    try pair.install(first: 0x2001, second: 0x2002, at: .seconds(10))
    #expect(pair.a.outbound(udp(900, dontFragment: true), at: .seconds(20)).action == .tooBig(mtu: 542))
  }

  @Test func `A router that names no MTU is answered with the next plateau`() throws {
    var pair = try Pair()
    let outer = try pair.seal(udp(1_000, dontFragment: true))
    #expect(pair.a.learnPathMTU(0, quoting: outer, at: .zero) != nil)
    // 1,104 octets did not pass; 1,006 is the plateau below: RFC 1191 §7.1.
    #expect(pair.a.outbound(udp(1_000, dontFragment: true), at: .zero).action == .tooBig(mtu: 942))
  }

  @Test func `A message about somebody else's packet is nothing to us`() throws {
    var pair = try Pair()
    var outer = try pair.seal(udp(1_000))
    #expect(pair.b.learnPathMTU(600, quoting: outer, at: .zero) == nil)
    for length in 0..<28 { #expect(pair.a.learnPathMTU(600, quoting: Array(outer.prefix(length)), at: .zero) == nil) }
    outer[22] ^= 1
    #expect(pair.a.learnPathMTU(600, quoting: outer, at: .zero) == nil)
  }
}
