import Cryptography
import IPsec
import Journal
import Testing
import Units
import Wire

@testable import Network

/// alice 10.1.0.10 – fw-a – r – fw-b – bob 10.2.0.10, nodes 0 to 4, with a tunnel between the firewalls whose keys the test
/// knows: it forges what no honest sender makes, and makes the ICV right where that is not the point.
@Suite("What bad input gets: a drop with its reason, and nothing delivered")
struct BadInputTests {
  /// What the tunnel is made of.
  enum Kind: CaseIterable {
    case esp
    case ah

    var layer: Layer {
      let gateways = Family.four.gateways
      return self == .esp ? .esp(gateways, .null, .hmacSHA1_96) : .ah(gateways)
    }
    var number: IPProtocol { self == .esp ? .esp : .ah }
  }

  /// The SPI of what fw-b receives by.
  static let spi: UInt32 = 0x1000
  static let late = Instant.zero + .seconds(200)

  private func world(_ kind: Kind, count: Int = 1, selector: AddressRange? = nil) -> WorldConfiguration {
    var configuration = line(.four, [.ping(size: 56)], count: count)
    let networks = Family.four.networks
    var hand = HandMade(
      "tunnel", selector ?? AddressRange(networks.left), selector ?? AddressRange(networks.right), [kind.layer])
    for index in hand.associations.right.indices { hand.associations.right[index].parameters.replayWindow = 64 }
    hand.install(&configuration, left: 1, right: 3)
    return configuration
  }

  private func key(_ kind: Kind) -> [UInt8] { (0..<20).map { UInt8(truncatingIfNeeded: $0 * 5) } }

  /// ESP or AH in tunnel mode around a datagram, as fw-a would seal it; `spoil` changes it before the ICV is made.
  private func sealed(
    _ kind: Kind, _ inner: [UInt8], sequence: UInt32, to destination: String = "198.51.100.1", spi: UInt32 = spi,
    spoil: (inout [UInt8]) -> Void = { _ in }
  ) throws -> [UInt8] {
    guard kind == .esp else {
      let transform = try #require(try AuthenticationHeaderTransform(.hmacSHA1_96, key: key(kind)))
      let outer = datagram(inner, .ipv4, from: "192.0.2.1", to: destination)
      return try transform.protect(outer, spi: spi, sequenceNumber: sequence)
    }
    let padding = (4 - (inner.count + 2) % 4) % 4
    var body = spi.bytes + sequence.bytes + inner
    body += (0..<padding).map { UInt8($0 + 1) } + [UInt8(padding), IPProtocol.ipv4.rawValue]
    spoil(&body)
    let value = MessageAuthenticator(.sha1, key: key(kind)).authenticate(body).prefix(12)
    return datagram(body + value, .esp, from: "192.0.2.1", to: destination)
  }

  private let ping = echo(from: "10.1.0.10", to: "10.2.0.10")

  /// What a packet that reaches fw-b late in the run gets; that nothing of it goes on, and all else stays as it was.
  private func expect(
    _ bytes: [UInt8], _ reason: DropReason, in configuration: WorldConfiguration, _ note: String = "",
    location: SourceLocation = #_sourceLocation
  ) throws {
    let (record, injected) = try run(
      configuration, injecting: [Injection(bytes: bytes, node: 3, interface: 1, at: Self.late)])
    let calm = try run(configuration)
    #expect(record.drops(of: injected[0]) == [reason], "\(note)", sourceLocation: location)
    #expect(record.answers == calm.answers, "\(note)", sourceLocation: location)
    #expect(record.deliveries(at: 4) == calm.deliveries(at: 4), "\(note)", sourceLocation: location)
    #expect(record.openedPackets.count == calm.openedPackets.count, "\(note)", sourceLocation: location)
  }

  @Test("what the test forges well is taken", arguments: Kind.allCases)
  func honest(kind: Kind) throws {
    let (record, injected) = try run(
      world(kind),
      injecting: [Injection(bytes: try sealed(kind, ping, sequence: 900), node: 3, interface: 1, at: Self.late)])
    #expect(record.drops(of: injected[0]).isEmpty)
    #expect(record.deliveries(at: 4) == (try run(world(kind))).deliveries(at: 4) + 1)
  }

  @Test("a bad ICV", arguments: Kind.allCases)
  func badICV(kind: Kind) throws {
    var packet = try sealed(kind, ping, sequence: 900)
    packet[packet.count - 1] ^= 1
    try expect(packet, .badICV, in: world(kind))
  }

  @Test("a replay, a number left of the window, and number 0", arguments: Kind.allCases)
  func replays(kind: Kind) throws {
    let configuration = world(kind, count: 100)
    try expect(try sealed(kind, ping, sequence: 100), .replayed, in: configuration)
    try expect(try sealed(kind, ping, sequence: 37), .replayed, in: configuration)
    try expect(try sealed(kind, ping, sequence: 36), .leftOfWindow, in: configuration)
    try expect(try sealed(kind, ping, sequence: 0), .leftOfWindow, in: configuration)
  }

  @Test("an SPI that nobody knows, and the right one at another address of the same node", arguments: Kind.allCases)
  func unknownSPI(kind: Kind) throws {
    try expect(try sealed(kind, ping, sequence: 900, spi: 0x7777), .unknownSPI, in: world(kind))
    try expect(try sealed(kind, ping, sequence: 900, to: "10.2.0.1"), .unknownSPI, in: world(kind))
  }

  @Test("in clear where the policy demands IPsec", arguments: Kind.allCases)
  func cleartext(kind: Kind) throws {
    try expect(ping, .cleartextWherePolicyDemandsIPsec, in: world(kind))
  }

  @Test("by IPsec where the policy demands clear", arguments: Kind.allCases)
  func needlessIPsec(kind: Kind) throws {
    var configuration = world(kind)
    let daytime = Selector(
      source: AddressRange(Family.four.networks.right), destination: AddressRange(Family.four.networks.left),
      transport: .value(.udp), sourcePorts: .port(13))
    configuration.nodes[3].policies?.insert(
      SecurityPolicy(name: "daytime", selector: daytime, action: .bypass), at: 0)
    let inner = udp([1, 2], from: "10.1.0.10", 2_000, to: "10.2.0.10", 13)
    try expect(try sealed(kind, inner, sequence: 900), .ipsecWherePolicyDemandsCleartext, in: configuration)
  }

  @Test("an inner packet that the association may not carry", arguments: Kind.allCases)
  func wrongInnerSelector(kind: Kind) throws {
    let spoofed = echo(from: "10.9.0.10", to: "10.2.0.10")
    try expect(try sealed(kind, spoofed, sequence: 900), .wrongInnerSelector, in: world(kind))
  }

  @Test("cut off at every length", arguments: Kind.allCases)
  func short(kind: Kind) throws {
    let whole = try sealed(kind, ping, sequence: 900)
    let cuts = stride(from: 20, to: whole.count, by: 3).map { length in
      resealed(Array(whole[..<length])) { $0[3] = UInt8(length) }
    }
    let injections = cuts.map { Injection(bytes: $0, node: 3, interface: 1, at: Self.late) }
    let (record, injected) = try run(world(kind), injecting: injections)
    for (cut, packet) in zip(cuts, injected) {
      let drops = record.drops(of: packet)
      #expect(drops == [.shortPacket] || drops == [.badICV], "\(cut.count) octets: \(drops)")
      if cut.count < 20 + (kind == .esp ? 24 : 24) { #expect(drops == [.shortPacket], "\(cut.count) octets") }
    }
    #expect(record.deliveries(at: 4) == (try run(world(kind))).deliveries(at: 4))
  }

  @Test("wrong padding octets, and a pad length past the payload, under a right ICV")
  func padding() throws {
    // 83 octets: three octets of padding.
    let inner = echo(from: "10.1.0.10", to: "10.2.0.10", size: 55)
    let wrong = try sealed(.esp, inner, sequence: 900) { $0[$0.count - 4] = 9 }
    try expect(wrong, .badPadding, in: world(.esp))
    let past = try sealed(.esp, inner, sequence: 900) { $0[$0.count - 2] = 200 }
    try expect(past, .badPadLength, in: world(.esp))
    let foreign = try sealed(.esp, inner, sequence: 900) { $0[$0.count - 1] = 6 }
    try expect(foreign, .unexpectedNextHeader, in: world(.esp))
  }

  @Test("a forged large number does not move the window", arguments: Kind.allCases)
  func forgedNumber(kind: Kind) throws {
    let configuration = world(kind, count: 20)
    let first = try #require(
      try run(configuration).crossings.first { $0.to == 3 && $0.from == 2 && $0.bytes[9] == kind.number.rawValue })
    var forged = first.bytes
    let place = kind == .esp ? 24 : 28
    forged.replaceSubrange(place..<place + 4, with: UInt32(0xFFFF_FFF0).bytes)
    let before = Instant(nanoseconds: first.arrival.nanoseconds - 1)
    let (record, injected) = try run(
      configuration, injecting: [Injection(bytes: forged, node: 3, interface: 1, at: before)])
    #expect(record.drops(of: injected[0]) == [.badICV])
    #expect(record.answers.count == 20)
    #expect(!record.dropReasons.contains(.leftOfWindow))
  }

  @Test("nested 64 deep: sixteen are opened and then no more", arguments: Kind.allCases)
  func deep(kind: Kind) throws {
    let configuration = world(kind, selector: .any)
    var packet = ping
    for number in 0..<64 { packet = try sealed(kind, packet, sequence: 1_000 - UInt32(number)) }
    let (record, injected) = try run(
      configuration, injecting: [Injection(bytes: packet, node: 3, interface: 1, at: Self.late)])
    #expect(record.drops(of: injected[0]).isEmpty)
    #expect(record.dropReasons.filter { $0 == .nestingTooDeep }.count == 1)
    let calm = try run(configuration)
    #expect(record.openedPackets.count == calm.openedPackets.count + 16)
    #expect(record.deliveries(at: 4) == calm.deliveries(at: 4))
  }
}

extension UInt32 {
  fileprivate var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * UInt32($0))) } }
}

extension Record {
  /// How many datagrams were handed to a node's protocols.
  fileprivate func deliveries(at node: Int) -> Int {
    entries.count { entry in
      guard entry.node == NodeID(UInt32(node)), case .packet(.delivered) = entry.event else { return false }
      return true
    }
  }

  /// Every reason for which something was dropped.
  fileprivate var dropReasons: [DropReason] {
    all { if case .packet(.dropped(_, let reason, _)) = $0 { reason } else { nil } }
  }
}
