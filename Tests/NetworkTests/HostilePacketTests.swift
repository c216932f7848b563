import Cryptography
import IKE
import IPsec
import Journal
import Testing
import Units
import Wire

@testable import Network

/// alice 10.1.0.10 – fw-a 192.0.2.1 – r – fw-b 198.51.100.1 – bob 10.2.0.10: nodes 0 to 4; links 0 to 3.
@Suite("What a hostile network does to a tunnel, and what refuses it")
struct HostilePacketTests {
  private let late = Instant.zero + .seconds(5)

  /// ESP datagrams as they reach fw-b, in a run that nobody disturbs.
  private func sealed(_ configuration: WorldConfiguration) throws -> [Crossing] {
    try run(configuration).crossings.filter { $0.to == 3 && $0.from == 2 && $0.bytes[9] == 50 }
  }

  private func atB(_ bytes: [UInt8], _ instant: Instant) -> Injection {
    Injection(bytes: bytes, node: 3, interface: 1, at: instant)
  }

  /// Refused at fw-b by one name, and seen by nobody behind it.
  private func expectRefused(
    _ bytes: [UInt8], _ reason: DropReason, _ configuration: WorldConfiguration? = nil, _ note: String = ""
  ) throws {
    let base = configuration ?? tunnel([.ping(size: 56)])
    let (record, injected) = try run(base, injecting: [atB(bytes, late)])
    #expect(record.drops(of: injected[0]) == [reason], "\(note)")
    #expect(!record.crossings.contains { $0.packet == injected[0] }, "\(note)")
    let calm = try run(base)
    #expect(record.openedPackets.count == calm.openedPackets.count, "\(note)")
    #expect(record.answers == calm.answers, "\(note)")
  }

  @Test("a packet in clear from the router, where the policy demands IPsec")
  func spoofedCleartext() throws {
    try expectRefused(echo(from: "10.1.0.10", to: "10.2.0.10"), .cleartextWherePolicyDemandsIPsec)
    try expectRefused(udp([1], from: "10.1.9.9", 1, to: "10.2.0.10", 2), .cleartextWherePolicyDemandsIPsec)
  }

  @Test("ESP with an SPI that nobody knows, and ESP too short to have one")
  func unknownSPI() throws {
    let bytes = [UInt8](repeating: 0x42, count: 80)
    try expectRefused(datagram(bytes, .esp, from: "192.0.2.1", to: "198.51.100.1"), .unknownSPI)
    try expectRefused(datagram([1, 2, 3], .esp, from: "192.0.2.1", to: "198.51.100.1"), .shortPacket)
  }

  @Test("ESP altered in flight: every octet behind the SPI is under the ICV")
  func altered() throws {
    let base = tunnel([.ping(size: 56)])
    let first = try #require(try sealed(base).first)
    // Each in front of the original, so that the window does not refuse it first.
    for place in Array(20..<34) + stride(from: 34, to: first.bytes.count, by: 7) + [first.bytes.count - 1] {
      let bytes = first.bytes.enumerated().map { $0 == place ? $1 ^ 0x10 : $1 }
      let before = Instant(nanoseconds: first.arrival.nanoseconds - 1)
      let (record, injected) = try run(base, injecting: [atB(bytes, before)])
      #expect(record.drops(of: injected[0]) == [place < 24 ? .unknownSPI : .badICV], "octet \(place)")
      #expect(record.answers == [1], "octet \(place)")
    }
  }

  @Test("ESP played back: at once, and when the window has moved on")
  func replayed() throws {
    let base = tunnel([.ping(size: 56)], count: 100, interval: .milliseconds(10))
    let first = try #require(try sealed(base).first)
    try expectRefused(first.bytes, .leftOfWindow, base)
    let (record, injected) = try run(base, injecting: [atB(first.bytes, first.arrival + .microseconds(1))])
    #expect(record.drops(of: injected[0]) == [.replayed])
    #expect(record.answers.count == 100)
  }

  @Test("ESP cut off at every length")
  func truncated() throws {
    let base = tunnel([.ping(size: 20)])
    let first = try #require(try sealed(base).first)
    let cuts = (20..<first.bytes.count).map { length in
      resealed(Array(first.bytes[..<length])) {
        $0[2] = UInt8(length >> 8)
        $0[3] = UInt8(length & 255)
      }
    }
    let before = Instant(nanoseconds: first.arrival.nanoseconds - 1)
    let (record, injected) = try run(base, injecting: cuts.map { atB($0, before) })
    for (length, packet) in zip(20..., injected) {
      let drops = record.drops(of: packet)
      #expect(drops.count == 1, "\(length) octets: \(drops)")
      #expect(drops.allSatisfy { [.shortPacket, .badICV].contains($0) }, "\(length) octets: \(drops)")
    }
    #expect(record.openedPackets.count == 2)
  }

  @Test("ESP for a firewall without policies: it has no use for protocol 50, and says so")
  func noPolicies() throws {
    var base = tunnel([.ping(size: 56)])
    base.nodes[3].policies = nil
    base.nodes[3].peers = []
    base.traffic = []
    let esp = datagram([UInt8](repeating: 1, count: 40), .esp, from: "192.0.2.2", to: "198.51.100.1")
    let (record, injected) = try run(base, injecting: [atB(esp, late)])
    #expect(record.drops(of: injected[0]) == [.noListener])
    #expect(record.messages(at: 2).map(\.message.code) == [2])
  }

  @Test("AH and IPComp that no association is for", arguments: [IPProtocol.ah, .ipcomp])
  func noSuchAssociation(number: IPProtocol) throws {
    try expectRefused(
      datagram([UInt8](repeating: 1, count: 40), number, from: "192.0.2.2", to: "198.51.100.1"), .unknownSPI)
  }

  @Test("AH that ends within its fixed part, and IPComp that ends within its header")
  func shortHeaders() throws {
    try expectRefused(datagram([4, 4, 0, 0], .ah, from: "192.0.2.2", to: "198.51.100.1"), .shortPacket)
    try expectRefused(datagram([4, 0], .ipcomp, from: "192.0.2.2", to: "198.51.100.1"), .decompressionFailed)
  }

  @Test("what a policy discards on the way in")
  func discardedInbound() throws {
    let tcp = TCPHeader(
      sourcePort: 23, destinationPort: 9, sequenceNumber: 3, acknowledgmentNumber: 4, flags: .ack, window: 5,
      options: []
    ).segment([1], from: address("192.0.2.2"), to: address("198.51.100.1"))
    try expectRefused(datagram(tcp, .tcp, from: "192.0.2.2", to: "198.51.100.1"), .policyDiscard)
  }

  @Test("a policy by a range of ports: each port that is used gets an association of its own")
  func rangeOfPorts() throws {
    var configuration = tunnel([
      .udpRequest(port: 7_001, requestSize: 40, responseSize: 40),
      .udpRequest(port: 7_002, requestSize: 40, responseSize: 40),
      .udpRequest(port: 53, requestSize: 40, responseSize: 40),
    ])
    for (node, isClient) in [(1, true), (3, false)] {
      configuration.nodes[node].policies?[0].selector.transport = .value(.udp)
      if isClient {
        configuration.nodes[node].policies?[0].selector.destinationPorts = .range(7_000...7_010)
      } else {
        configuration.nodes[node].policies?[0].selector.sourcePorts = .range(7_000...7_010)
      }
    }
    configuration.nodes[2].routes = [
      route("10.1.0.0/16", via: "192.0.2.1"), route("10.2.0.0/16", via: "198.51.100.1"),
    ]
    let record = try run(configuration)
    #expect(record.answers == [1, 1, 1])
    #expect(record.installed.count == 8)
    let clear = record.crossings(between: 1, and: 2).filter { $0[9] == 17 && ($0[22] != 1 || $0[23] != 0xF4) }
    #expect(clear.count == 2)
  }

  @Test("a policy by ports: datagrams to port 53 in ESP, all else in clear")
  func ports() throws {
    var base = tunnel([.udpRequest(port: 53, requestSize: 50, responseSize: 50), .ping(size: 56)])
    for node in [1, 3] {
      guard var policies = base.nodes[node].policies else { continue }
      policies[0].selector.transport = .value(.udp)
      if node == 1 {
        policies[0].selector.destinationPorts = .port(53)
      } else {
        policies[0].selector.sourcePorts = .port(53)
      }
      base.nodes[node].policies = policies
    }
    base.nodes[2].routes = [route("10.1.0.0/16", via: "192.0.2.1"), route("10.2.0.0/16", via: "198.51.100.1")]
    let record = try run(base)
    #expect(record.answers == [1, 1])
    let protocols = record.crossings(between: 1, and: 2).map { $0[9] }
    #expect(protocols.filter { $0 == 50 }.count == 2)
    #expect(protocols.filter { $0 == 1 }.count == 2)
    let clear = udp([1], from: "10.1.0.10", 4_000, to: "10.2.0.10", 53)
    let (hostile, injected) = try run(base, injecting: [atB(clear, late)])
    #expect(hostile.drops(of: injected[0]) == [.cleartextWherePolicyDemandsIPsec])
  }

  @Test("transport mode between two hosts", arguments: [CipherAlgorithm.aes128CBC, .null])
  func transportMode(cipher: CipherAlgorithm) throws {
    var base = chain([
      .ping(size: 56), .udpRequest(port: 53, requestSize: 50, responseSize: 3_000),
      .tcpRequest(port: 80, requestSize: 50, responseSize: 20_000),
    ])
    let ends = [0: ("10.1.0.10", "10.2.0.10"), 3: ("10.2.0.10", "10.1.0.10")]
    for node in [0, 3] {
      guard let (own, other) = ends[node] else { continue }
      let suite = ESPSuite(cipher: cipher, integrity: .hmacSHA1_96)
      let protection = Protection(mode: .transport, suites: [suite].compactMap(\.self))
      base.nodes[node].policies = [
        SecurityPolicy(
          name: "to the other",
          selector: Selector(
            source: AddressRange(first: address(own), last: address(own)),
            destination: AddressRange(first: address(other), last: address(other))), action: .apply(protection)),
        SecurityPolicy(name: "rest", selector: .any, action: .bypass),
      ]
      base.nodes[node].peers = [
        IKEPeer(
          name: "other", localAddress: address(own), remoteAddress: address(other), preSharedKey: Array("key".utf8),
          suites: [Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 2)],
          lifetime: Lifetime(duration: .seconds(3_600), volume: nil))
      ]
    }
    let record = try run(base)
    #expect(record.answers.sorted() == [1, 1, 1])
    #expect(Set(record.crossings(between: 1, and: 2).map { $0[9] }) == [17, 50])
    #expect(record.drops.isEmpty)
    let readable = record.crossings(between: 1, and: 2).contains {
      String(decoding: $0, as: UTF8.self).contains("REQUEST")
    }
    #expect(readable == (cipher == .null))
    // The routers between them see ESP only, and what they make up is refused.
    let (hostile, injected) = try run(
      base, injecting: [Injection(bytes: echo(from: "10.1.0.10", to: "10.2.0.10"), node: 3, at: late)])
    #expect(hostile.drops(of: injected[0]) == [.cleartextWherePolicyDemandsIPsec])
  }

  @Test("a dead peer: 64 packets wait, the others are dropped, then all of them, and their source hears of it")
  func deadPeer() throws {
    let record = try run(
      tunnel([.ping(size: 56)], middle: LinkQuality(loss: Ratio(1, 1)), count: 100, interval: .milliseconds(1)))
    #expect(record.answers.isEmpty)
    #expect(record.installed.isEmpty)
    #expect(record.drops.filter { $0 == .acquireQueueFull }.count == 36)
    #expect(record.drops.filter { $0 == .acquireFailed }.count == 64)
    let errors = record.messages(at: 0)
    #expect(errors.count == 64)
    #expect(errors.allSatisfy { $0.message.type == .destinationUnreachable && $0.message.code == 1 })
    let held = record.all { if case .packet(.held(let packet, _)) = $0 { packet } else { nil } }
    #expect(held.allSatisfy { record.drops(of: $0) == [.acquireFailed] })
  }

  @Test("both ends begin at once, and all is answered", arguments: 1...6 as ClosedRange<UInt64>)
  func bothBegin(seed: UInt64) throws {
    var base = tunnel([.ping(size: 56), .ping(size: 56)], count: 20, seed: seed)
    base.traffic[1].from = 4
    base.traffic[1].to = 0
    base.traffic[1].destination = address("10.1.0.10")
    base.traffic[1].start = base.traffic[0].start
    let record = try run(base)
    #expect(record.answers.count == 40, "seed \(seed)")
    #expect(!record.drops.contains(.unknownSPI), "seed \(seed)")
  }

  @Test(
    "renewal under load on a bad line loses what the line loses, and nothing else",
    arguments: 1...3 as ClosedRange<UInt64>)
  func renewalUnderLoad(seed: UInt64) throws {
    var options = TunnelOptions()
    options.lifetime = Lifetime(duration: .seconds(20), volume: nil)
    let record = try run(
      tunnel(
        [.ping(size: 200)], middle: LinkQuality(loss: Ratio(1, 20)), count: 450, interval: .milliseconds(200),
        seed: seed, options: options, duration: .seconds(200)))
    #expect(record.installed.count >= 10, "seed \(seed)")
    let opened = Set(record.openedPackets)
    let lost = record.sealedPackets.subtracting(opened)
    #expect(lost.count <= record.drops.filter { $0 == .linkLoss }.count, "seed \(seed)")
    let others = record.drops.filter { ![.linkLoss, .isakmpUnknownCookie, .isakmpDuplicate].contains($0) }
    #expect(others.isEmpty, "seed \(seed): \(others)")
  }
}
