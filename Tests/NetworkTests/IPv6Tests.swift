import IPsec
import Journal
import Network
import Testing
import Units
import Wire

@Suite("Hosts and routers with IPv6")
struct IPv6Tests {
  @Test("ping, datagrams and connections, beside those of IPv4")
  func traffic() throws {
    let patterns: [TrafficPattern] = [
      .ping(size: 56), .udpRequest(port: 53, requestSize: 50, responseSize: 3_000),
      .tcpRequest(port: 80, requestSize: 100, responseSize: 20_000), .datagrams(port: 9, size: 100),
    ]
    var configuration = line(.six, patterns)
    configuration.traffic += line(.four, patterns).traffic.map {
      var traffic = $0
      traffic.name += " of four"
      return traffic
    }
    let record = try run(configuration)
    #expect(record.answers == [1, 1, 1, 1, 1, 1])
    #expect(record.drops.isEmpty)
    let hops = record.all {
      if case .packet(.delivered(let version, 58)) = $0 { version.timeToLive } else { nil }
    }
    #expect(hops == [61, 61])
  }

  /// What alice was told in ICMPv6: type, code, and the number behind them.
  private func told(_ record: Record) -> [[UInt32]] {
    record.entries.compactMap { entry in
      guard entry.node == NodeID(0), case .packet(.delivered(let version, 58)) = entry.event,
        let bytes = record.bytes(of: version.packet),
        let message = try? ICMPv6Message(decoding: Array(bytes[40...])), message.type.isError
      else { return nil }
      #expect(
        ICMPv6Message.checksum(of: message.encoded, from: .v6(source(bytes)), to: Family.six.hosts.left) == 0)
      return [
        UInt32(message.type.rawValue), UInt32(message.code), message.body.prefix(4).reduce(0) { $0 << 8 | UInt32($1) },
      ]
    }
  }

  private func source(_ bytes: [UInt8]) -> IPv6Address { IPv6Address(octets: bytes[8..<24]) ?? .any }

  @Test("no route, nobody on the link, nobody at the port, no hops left: each is told to the source")
  func errors() throws {
    var configuration = line(.six, [.ping(size: 8), .ping(size: 8), .datagrams(port: 9, size: 8)])
    configuration.traffic[0].destination = address("2001:db8:77::1")
    configuration.traffic[1].destination = address("2001:db8:2::99")
    configuration.traffic[2].destination = address("2001:db8:2::1")
    let record = try run(configuration)
    #expect(told(record) == [[1, 0, 0], [1, 3, 0], [1, 4, 0]])
    #expect(record.drops == [.noRoute, .noSuchNextHop, .noListener])
    let reported = record.all {
      if case .application(.errorReceived(let flow, let type, _, _)) = $0 {
        [flow?.rawValue ?? 99, UInt32(type)]
      } else {
        nil
      }
    }
    #expect(reported == [[0, 1], [1, 1], [2, 1]])
  }

  /// A packet of alice's, put onto the link to fw-a.
  private func injected(_ packets: [[UInt8]], _ configuration: WorldConfiguration? = nil) throws -> (Record, [PacketID])
  {
    try run(
      configuration ?? line(.six, []),
      injecting: packets.enumerated().map {
        Injection(bytes: $1, node: 1, at: Instant(nanoseconds: UInt64($0 + 1) * 1_000_000_000))
      })
  }

  private func packet(
    _ payload: [UInt8], _ number: IPProtocol, to destination: String = "2001:db8:2::10", hopLimit: UInt8 = 64,
    from source: String = "2001:db8:1::10"
  ) -> [UInt8] {
    guard case .v6(let source) = address(source), case .v6(let destination) = address(destination) else { return [] }
    return IPv6Header(
      from: source, to: destination, nextHeader: number, payloadLength: payload.count, hopLimit: hopLimit
    ).packet(payload)
  }

  @Test("hops that run out, protocols that nobody knows, and when nothing may be said")
  func moreErrors() throws {
    let (record, _) = try injected([
      packet([1, 2, 3], .udp, hopLimit: 1), packet([1, 2, 3], IPProtocol(rawValue: 200)),
      // An error about an error is never sent (RFC 2463 §2.4 e), nor one to nobody in particular.
      packet([1, 0, 0, 0, 0, 0, 0, 0], .icmpv6, hopLimit: 1), packet([1, 2, 3], .udp, hopLimit: 1, from: "::"),
      packet([1, 2, 3], .udp, hopLimit: 1, from: "ff02::1"),
    ])
    #expect(told(record) == [[3, 0, 0], [4, 1, 6]])
    #expect(record.drops.filter { $0 == .timeToLiveExceeded }.count == 4)
  }

  @Test("routers never cut: the source is told, cuts, and the receiver puts together")
  func pathMTU() throws {
    let record = try run(
      line(
        .six, [.ping(size: 3_000), .tcpRequest(port: 80, requestSize: 9_000, responseSize: 9_000)], count: 3,
        middle: LinkQuality(mtu: 1_300)))
    #expect(record.answers.contains(3))
    #expect(record.answers.count >= 5)
    #expect(told(record).contains([2, 0, 1_300]))
    let cutters = Set(
      record.entries.compactMap { entry in
        if case .packet(.fragmented) = entry.event { entry.node.rawValue } else { nil }
      })
    #expect(cutters == [0, 4])
    let learned = record.all { if case .packet(.pathMTULearned(_, let mtu, _)) = $0 { mtu } else { nil } }
    #expect(Set(learned) == [1_300])
    #expect(record.crossings(between: 2, and: 3).allSatisfy { $0.count <= 1_300 })
  }

  @Test("a message of less than 1,280 octets narrows no path further than that")
  func narrowest() throws {
    guard case .v6(let source) = Family.six.hosts.right, case .v6(let destination) = Family.six.hosts.left else {
      return
    }
    let quoted = packet([UInt8](repeating: 0, count: 2_000), .udp)
    let message = ICMPv6Message.packetTooBig(mtu: 100, about: quoted).sealed(from: source, to: destination).encoded
    let bytes = IPv6Header(from: source, to: destination, nextHeader: .icmpv6, payloadLength: 0).packet(message)
    let (record, _) = try run(
      line(.six, []), injecting: [Injection(bytes: bytes, node: 0, at: Instant(nanoseconds: 5))])
    let learned = record.all { if case .packet(.pathMTULearned(_, let mtu, _)) = $0 { mtu } else { nil } }
    #expect(learned == [1_280])
  }

  @Test("a fragment alone is given up after a minute, and the source is told")
  func lonelyFragment() throws {
    let whole = packet([UInt8](repeating: 7, count: 2_000), .udp)
    let pieces = try IPv6Fragmenter.fragment(whole, mtu: 1_280, identification: 9)
    let (record, injected) = try injected([pieces[0]])
    #expect(record.drops(of: injected[0]) == [.reassemblyTimeout])
    #expect(told(record) == [[3, 1, 0]])
  }

  @Test("what says it is longer than it is, and headers in the wrong place, go no further")
  func malformed() throws {
    var short = packet([1, 2, 3, 4, 5, 6, 7, 8], .udp)
    short.removeLast(3)
    let misplaced = packet([17, 0, 1, 4, 0, 0, 0, 0], .hopByHop)
    var wrongPlace = misplaced
    wrongPlace[6] = 60
    wrongPlace[40] = 0
    let (record, injected) = try injected([short, wrongPlace, Array(short[..<30])])
    for packet in injected { #expect(record.drops(of: packet) == [.malformedHeader]) }
  }

  @Test("an echo with a wrong checksum, and UDP with none, which IPv6 does not allow")
  func checksums() throws {
    let echo = ICMPv6Message.echoRequest(identifier: 1, sequenceNumber: 2, data: [1, 2]).encoded
    let (record, injected) = try injected([packet(echo, .icmpv6), packet([0, 9, 0, 9, 0, 8, 0, 0], .udp)])
    for packet in injected { #expect(record.drops(of: packet) == [.badChecksum]) }
  }

  @Test("tunnels of one family carry the other, and the path through them is learned", arguments: Family.allCases)
  func familyInFamily(inner: Family) throws {
    let outer: Family = inner == .four ? .six : .four
    var configuration = line(
      inner, [.ping(size: 1_380), .tcpRequest(port: 80, requestSize: 9_000, responseSize: 9_000)], count: 6,
      middle: LinkQuality(mtu: 1_400), dontFragment: true)
    HandMade("branch", AddressRange(inner.networks.left), AddressRange(inner.networks.right), [.esp(outer.gateways)])
      .install(&configuration, left: 1, right: 3)
    let record = try run(configuration)
    // Every connection; and of the pings those that their source may cut, once it knows the path.
    #expect(record.answers.count(where: { $0 == 6 }) == (inner == .four ? 1 : 2))
    #expect(record.answers.count >= (inner == .four ? 6 : 8))
    let learned = record.all {
      if case .packet(.pathMTULearned(let to, let mtu, _)) = $0 { (to.count, mtu) } else { nil }
    }
    #expect(learned.contains { $0.0 == (outer == .four ? 4 : 16) && $0.1 == 1_400 })
  }
}
