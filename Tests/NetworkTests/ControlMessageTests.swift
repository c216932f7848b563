import Journal
import Testing
import Units
import Wire

@testable import Network

/// alice 10.1.0.10 – r1 – r2 – bob 10.2.0.10: nodes 0 to 3.
@Suite("ICMP, reassembly and what cannot be right, between hosts and routers")
struct ControlMessageTests {
  private let soon = Instant.zero + .seconds(1)

  private func inject(
    _ packets: [[UInt8]], at node: Int = 1, interface: Int = 0, _ configuration: WorldConfiguration? = nil,
    apart: SimDuration = .milliseconds(100)
  ) throws -> (record: Record, injected: [PacketID]) {
    let base = configuration ?? chain([.udpRequest(port: 53, requestSize: 40, responseSize: 100)])
    return try run(
      base,
      injecting: packets.enumerated().map {
        Injection(bytes: $1, node: node, interface: interface, at: soon + apart * UInt64($0))
      })
  }

  @Test("a trace by growing times to live names every router, then the host")
  func trace() throws {
    let probes = (1...4 as ClosedRange<UInt8>).map {
      udp([1, 2, 3], from: "10.1.0.10", 40_000, to: "10.2.0.10", 33_434, timeToLive: $0)
    }
    let (record, injected) = try inject(probes)
    let heard = record.messages(at: 0).map { ("\($0.source)", $0.message.type, $0.message.code) }
    #expect(heard.map(\.0) == ["10.1.0.1", "192.0.2.2", "10.2.0.10", "10.2.0.10"])
    #expect(
      heard.map(\.1) == [.timeExceeded, .timeExceeded, .destinationUnreachable, .destinationUnreachable])
    #expect(heard.map(\.2) == [0, 0, 3, 3])
    #expect(
      injected.map { record.drops(of: $0) } == [
        [.timeToLiveExceeded], [.timeToLiveExceeded], [.noListener], [.noListener],
      ])
  }

  @Test("no error about an error, a later fragment, a datagram for many or one from nobody (RFC 1122 §3.2.2)")
  func noErrors() throws {
    let plain = udp([1, 2, 3], from: "10.1.0.10", 40_000, to: "10.9.0.10", 33_434)
    let about = ICMPMessage.unreachable(code: 1, about: plain).encoded
    let later = resealed(plain) { $0[7] = 1 }
    var packets = [datagram(about, .icmp, from: "10.1.0.10", to: "10.9.0.1"), later]
    packets += ["255.255.255.255", "224.0.0.5", "10.1.255.255"].map {
      udp([1], from: "10.1.0.10", 40_000, to: $0, 33_434)
    }
    packets += ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "250.1.1.1", "10.1.255.255"].map {
      udp([1], from: $0, 40_000, to: "10.9.0.1", 33_434, timeToLive: 1)
    }
    let (record, injected) = try inject(packets)
    for (index, packet) in injected.enumerated() { #expect(!record.drops(of: packet).isEmpty, "packet \(index)") }
    let errors = record.packets.filter { $0.creator == NodeID(1) }
    #expect(errors.isEmpty, "\(errors.map { Array($0.bytes[12..<20]) })")
    // The same without what forbids it.
    let answered = try inject([plain]).record
    #expect(answered.messages(at: 0).map(\.message.code) == [0])
  }

  @Test("wrong checksums are dropped by name, whichever header has them")
  func checksums() throws {
    func spoiled(_ bytes: [UInt8]) -> [UInt8] {
      var bytes = bytes
      bytes[bytes.count - 1] ^= 1
      return bytes
    }
    let tcp = TCPHeader(
      sourcePort: 1, destinationPort: 2, sequenceNumber: 3, acknowledgmentNumber: 4, flags: .ack, window: 5, options: []
    ).segment([1, 2, 3], from: address("10.1.0.10"), to: address("10.2.0.10"))
    var header = echo(from: "10.1.0.10", to: "10.2.0.10")
    header[10] ^= 0x40
    let packets = [
      spoiled(echo(from: "10.1.0.10", to: "10.2.0.10")),
      spoiled(udp([1, 2, 3], from: "10.1.0.10", 1, to: "10.2.0.10", 53)),
      spoiled(datagram(tcp, .tcp, from: "10.1.0.10", to: "10.2.0.10")), header,
    ]
    let (record, injected) = try inject(packets)
    for packet in injected { #expect(record.drops(of: packet) == [.badChecksum]) }
    let details = record.all {
      if case .packet(.dropped(_, .badChecksum, let detail)) = $0 { detail } else { nil }
    }
    #expect(details.prefix(3) == ["ICMP", "UDP", "TCP"])
  }

  @Test("truncated and contradictory payloads are dropped by name")
  func malformedPayloads() throws {
    let short: [([UInt8], IPProtocol)] = [
      ([], .udp), ([0, 1, 0, 2, 0, 9], .udp), ([0, 1, 0, 2, 0, 3, 0, 0], .udp), ([0, 1, 0, 2, 0, 200, 0, 0], .udp),
      ([], .tcp), ([UInt8](repeating: 0, count: 19), .tcp), ([UInt8](repeating: 0, count: 20), .tcp),
      ([UInt8](repeating: 0xFF, count: 20), .tcp), ([], .icmp), ([8, 0, 0], .icmp),
    ]
    let (record, injected) = try inject(short.map { datagram($0.0, $0.1, from: "10.1.0.10", to: "10.2.0.10") })
    for (index, packet) in injected.enumerated() {
      #expect(record.drops(of: packet) == [.malformedPayload], "payload \(index)")
    }
    // An error that quotes nothing, and a protocol that nobody has.
    let empty = ICMPMessage(type: .destinationUnreachable, code: 1, rest: 0, body: [1, 2, 3]).encoded
    let others = try inject([
      datagram(empty, .icmp, from: "10.1.0.10", to: "10.2.0.10"),
      datagram([1], IPProtocol(rawValue: 200), from: "10.1.0.10", to: "10.2.0.10"),
    ])
    #expect(others.injected.map { others.record.drops(of: $0) } == [[.malformedPayload], [.noListener]])
    #expect(others.record.messages(at: 0).map(\.message.code) == [2])
  }

  @Test("headers that cannot be right, and datagrams for others at a host")
  func malformedHeaders() throws {
    let whole = echo(from: "10.1.0.10", to: "10.2.0.10")
    var packets = (0..<20).map { Array(whole[..<$0]) }
    packets.append(resealed(whole) { $0[0] = 0x65 })
    packets.append(resealed(whole) { $0[3] = 255 })
    packets.append(resealed(whole) { $0[3] = 19 })
    let (record, injected) = try inject(packets)
    for (index, packet) in injected.enumerated() { #expect(record.drops(of: packet) == [.malformedHeader], "\(index)") }
    let astray = try inject([whole], at: 0)
    #expect(astray.record.drops(of: astray.injected[0]) == [.notForUs])
  }

  @Test("octets behind the datagram's end are not delivered")
  func padding() throws {
    let (record, _) = try inject([echo(from: "10.1.0.10", to: "10.2.0.10") + [1, 2, 3]], at: 3)
    #expect(record.messages(at: 0).map(\.message.body.count) == [56])
  }

  @Test("a node that is asked in its own name answers nothing: a LAND segment, an echo and a datagram")
  func martians() throws {
    let configuration = chain([
      .udpRequest(port: 53, requestSize: 40, responseSize: 40), .tcpRequest(port: 80, requestSize: 9, responseSize: 9),
    ])
    let bob = address("10.2.0.10")
    let land = TCPHeader(
      sourcePort: 80, destinationPort: 80, sequenceNumber: 3, acknowledgmentNumber: 0, flags: .syn, window: 500,
      options: []
    ).segment([], from: bob, to: bob)
    let packets = [
      datagram(land, .tcp, from: "10.2.0.10", to: "10.2.0.10"), echo(from: "10.2.0.10", to: "10.2.0.10"),
      udp(Array("REQUEST 1 9 x\n".utf8), from: "10.2.0.10", 53, to: "10.2.0.10", 53),
    ]
    let (record, injected) = try inject(packets, at: 3, configuration)
    for packet in injected { #expect(record.drops(of: packet) == [.malformedHeader]) }
    #expect(record.answers.sorted() == [1, 1])
    let details = record.all {
      if case .packet(.dropped(_, .malformedHeader, let detail)) = $0 { detail } else { nil }
    }
    #expect(
      details.first == "it came from elsewhere, and its source 10.2.0.10 is this node (RFC 1122 §3.2.1.3)")
  }

  @Test("a node talks to itself, also for long")
  func loopback() throws {
    var configuration = chain([
      .ping(size: 56), .udpRequest(port: 53, requestSize: 40, responseSize: 40),
      .tcpRequest(port: 80, requestSize: 100, responseSize: 300_000),
    ])
    for index in configuration.traffic.indices {
      configuration.traffic[index].to = 0
      configuration.traffic[index].destination = address("10.1.0.10")
    }
    let record = try run(configuration)
    #expect(record.answers == [1, 1, 1])
    #expect(record.drops.isEmpty)
  }

  @Test(
    "a connection's states are told in the order in which they come, and the handshake ends before the first octets")
  func orderOfStates() throws {
    let record = try run(chain([.tcpRequest(port: 80, requestSize: 100, responseSize: 5_000)]))
    for node in [0, 3] as [UInt32] {
      let changes = record.entries.compactMap { entry -> (from: String, to: String)? in
        guard entry.node == NodeID(node), case .application(.connection(_, let from, let to)) = entry.event else {
          return nil
        }
        return (from, to)
      }
      #expect(changes.first?.from == "CLOSED")
      #expect(changes.last?.to == "CLOSED")
      for (one, next) in zip(changes, changes.dropFirst()) { #expect(one.to == next.from, "\(changes)") }
    }
    let lengths = record.crossings.filter { $0.from == 0 }.prefix(3).map(\.bytes.count)
    #expect(lengths == [44, 40, 140])
  }

  @Test("a request for fewer octets than none is served with none")
  func absurdRequest() throws {
    let packets = [
      "REQUEST 1 -5 x\n", "REQUEST 1 99999999999999999999 x\n", "REQUEST -1 5 x\n", "\n", "REQUEST 4294967295 0",
    ]
    .map { udp(Array($0.utf8), from: "10.1.0.10", 4_000, to: "10.2.0.10", 53) }
    let (record, injected) = try inject(packets)
    let served = record.all { if case .application(.served(_, _, let packet, _)) = $0 { packet } else { nil } }
    #expect(served.count == 1 + injected.count)
  }

  @Test("fragments that never become whole are given up by name after 30 s, with an error only where the first came")
  func reassemblyTimeout() throws {
    let whole = echo(from: "10.1.0.10", to: "10.2.0.10", size: 2_000)
    let pieces = try IPv4Fragmenter.fragment(whole, mtu: 600)
    for missing in pieces.indices {
      var sent = pieces
      sent.remove(at: missing)
      let (record, injected) = try inject(sent)
      for packet in injected { #expect(record.drops(of: packet) == [.reassemblyTimeout], "without \(missing)") }
      let drop = record.entries.first {
        if case .packet(.dropped(_, .reassemblyTimeout, _)) = $0.event { true } else { false }
      }
      // The last hop's links add 2 ms.
      #expect(drop?.instant == soon + .seconds(30) + .milliseconds(2))
      let errors = record.messages(at: 0).map(\.message).filter { $0.type == .timeExceeded }
      #expect(errors.map(\.code) == (missing == 0 ? [] : [1]))
    }
  }

  @Test("fragments in any order make the datagram, duplicates do no harm")
  func reassembly() throws {
    let whole = echo(from: "10.1.0.10", to: "10.2.0.10", size: 2_000)
    let pieces = try IPv4Fragmenter.fragment(whole, mtu: 600)
    for order in [[3, 2, 1, 0], [0, 2, 1, 3], [1, 1, 0, 0, 3, 2]] {
      let (record, _) = try inject(order.map { pieces[$0] })
      #expect(record.messages(at: 3).map(\.message.body.count) == [2_000], "\(order)")
      #expect(record.messages(at: 0).map(\.message.type) == [.echoReply], "\(order)")
    }
  }

  @Test("fragments that overlap are dropped, each by name, with those that had come before")
  func overlap() throws {
    let whole = echo(from: "10.1.0.10", to: "10.2.0.10", size: 1_000)
    let pieces = try IPv4Fragmenter.fragment(whole, mtu: 600)
    let overlapping = resealed(pieces[1]) { $0[7] -= 2 }
    let (record, injected) = try inject([pieces[0], overlapping])
    for packet in injected { #expect(record.drops(of: packet) == [.reassemblyOverlap]) }
    #expect(record.messages(at: 3).isEmpty)
  }

  /// alice sends a large datagram with DF a second, and an error comes in between.
  private func pathMTUs(_ messages: [(after: UInt64, mtu: UInt16, source: String)]) throws -> Record {
    let quoted = udp([UInt8](repeating: 0, count: 900), from: "10.1.0.10", 4_000, to: "10.2.0.10", 53)
    return try run(
      chain([.udpRequest(port: 53, requestSize: 900, responseSize: 10)], count: 1, duration: .seconds(2_000)),
      injecting: messages.map {
        let about = $0.source == "10.1.0.10" ? quoted : udp([1], from: $0.source, 4_000, to: "10.2.0.10", 53)
        let message = ICMPMessage.fragmentationNeeded(nextHopMTU: $0.mtu, about: about).encoded
        return Injection(
          bytes: datagram(message, .icmp, from: "192.0.2.2", to: "10.1.0.10"), node: 0,
          at: Instant.zero + .seconds($0.after))
      }
    ).record
  }

  @Test("a path's MTU is learned from errors about own datagrams, is never raised, and ages (RFC 1191 §3, §6.3)")
  func pathMTU() throws {
    func learned(_ messages: [(after: UInt64, mtu: UInt16, source: String)]) throws -> [UInt32] {
      try pathMTUs(messages).all { if case .packet(.pathMTULearned(_, let mtu, _)) = $0 { mtu } else { nil } }
    }
    let me = "10.1.0.10"
    let mtus1 = try learned([(1, 700, me), (2, 900, me), (3, 600, me)])
    #expect(mtus1 == [700, 600])
    let mtus2 = try learned([(1, 700, "10.1.0.99")])
    #expect(mtus2.isEmpty)
    let mtus3 = try learned([(1, 600, me), (700, 700, me)])
    #expect(mtus3 == [600, 700])
    // A router that names none: the next plateau below what was sent.
    let mtus4 = try learned([(1, 0, me)])
    #expect(mtus4 == [508])
    let mtus5 = try learned([(1, 20, me)])
    #expect(mtus5 == [508])
  }

  @Test("an aged MTU is forgotten: the next large datagram is sent whole again")
  func ageing() throws {
    var configuration = chain(
      [.udpRequest(port: 53, requestSize: 900, responseSize: 10)], count: 3, dontFragment: false,
      duration: .seconds(2_000))
    configuration.traffic[0].interval = .seconds(400)
    let quoted = udp([1], from: "10.1.0.10", 4_000, to: "10.2.0.10", 53)
    let message = ICMPMessage.fragmentationNeeded(nextHopMTU: 500, about: quoted).encoded
    let (record, _) = try run(
      configuration,
      injecting: [
        Injection(
          bytes: datagram(message, .icmp, from: "192.0.2.2", to: "10.1.0.10"), node: 0, at: Instant.zero + .seconds(10))
      ])
    let cut = record.entries.compactMap { entry -> Instant? in
      if case .packet(.fragmented) = entry.event { entry.instant } else { nil }
    }
    #expect(cut == [Instant.zero + .seconds(400)])
    #expect(record.answers == [1, 2, 3])
  }

  @Test("what a node remembers of paths is bounded")
  func boundedMTUs() throws {
    let collector = Collector()
    var world = try World(
      chain([.ping(size: 10)]), journal: JournalWriter(detail: .everything) { try collector.take($0) })
    guard let endpoint = world.nodes[0].endpoints[0] else { return }
    for index in 0..<2_000 {
      let quoted = udp([1], from: "10.1.0.10", 4_000, to: "10.\(3 + index / 256).0.\(index % 256)", 53)
      let message = ICMPMessage.fragmentationNeeded(nextHopMTU: 500, about: quoted).encoded
      let bytes = datagram(message, .icmp, from: "192.0.2.2", to: "10.1.0.10")
      world.arrive(
        Datagram(bytes: bytes, packet: PacketID(0), creator: .run, cause: nil, ancestor: nil), at: endpoint)
    }
    #expect(world.nodes[0].learnedMTUs.count == LearnedMTU.limit)
  }
}
