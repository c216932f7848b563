import Cryptography
import Testing
import Units
import Wire

@testable import IPsec

@Suite struct SecurityPolicyDatabaseTests {
  static let protection = Protection(mode: .tunnel(local: firewallA, remote: firewallB), suites: [])

  @Test func `The first entry that covers a packet decides`() throws {
    let database = SecurityPolicyDatabase(
      [
        SecurityPolicy(
          name: "no telnet",
          selector: Selector(
            source: .any, destination: .any, transport: .value(.tcp), destinationPorts: .range(23...23)),
          action: .discard),
        SecurityPolicy(name: "branch", selector: branch, action: .apply(Self.protection)),
        SecurityPolicy(name: "rest", selector: .any, action: .bypass),
      ], localAddresses: [firewallA])
    let telnet = PacketSelectors(
      source: alice, destination: bob, transport: .tcp, sourcePort: 1_025, destinationPort: 23)
    let web = PacketSelectors(source: alice, destination: bob, transport: .tcp, sourcePort: 1_025, destinationPort: 80)
    let elsewhere = PacketSelectors(source: alice, destination: carol, transport: .icmp)
    #expect(database.match(outbound: telnet).name == "no telnet")
    #expect(database.match(outbound: web).name == "branch")
    #expect(database.match(outbound: elsewhere).name == "rest")
    #expect(database.match(inbound: web.reversed).name == "branch")
    #expect(database.match(inbound: web).name == "rest")
    #expect(database.match(inbound: telnet.reversed).name == "no telnet")
  }

  @Test func `What no entry covers is discarded, and said so`() {
    let database = SecurityPolicyDatabase([], localAddresses: [firewallA])
    let packet = PacketSelectors(source: alice, destination: bob, transport: .icmp)
    #expect(database.match(outbound: packet) == .none)
    #expect(database.match(inbound: packet) == .none)
    var engine = IPsecEngine(policies: [], localAddresses: [firewallA], generator: numbers(1))
    #expect(engine.outbound(udp(8), at: .zero).action == .discard(.noPolicy))
    let inbound = engine.inboundCleartext(udp(8), at: .zero)
    #expect(
      inbound.refused?.reason.detail
        == "no policy entry covers it (10.1.0.10 → 10.2.0.10, UDP, port 1025 → 7) (RFC 2401 §4.4.1)")
  }

  @Test func `ISAKMP of this node passes, that of others does not`() {
    let database = SecurityPolicyDatabase([], localAddresses: [firewallA])
    let own = PacketSelectors(
      source: firewallA, destination: firewallB, transport: .udp, sourcePort: 500, destinationPort: 500)
    #expect(database.match(outbound: own) == .negotiation)
    #expect(database.match(inbound: own.reversed) == .negotiation)
    #expect(database.match(inbound: own) == .none)
    let others = PacketSelectors(
      source: alice, destination: bob, transport: .udp, sourcePort: 500, destinationPort: 500)
    #expect(database.match(outbound: others) == .none)
    let tcp = PacketSelectors(
      source: firewallA, destination: firewallB, transport: .tcp, sourcePort: 500, destinationPort: 500)
    #expect(database.match(outbound: tcp) == .none)
  }

  @Test func `Ports are matched, and OPAQUE ones only by any`() {
    let web = Selector(source: .any, destination: .any, transport: .value(.tcp), destinationPorts: .range(80...88))
    func packet(_ port: UInt16?) -> PacketSelectors {
      PacketSelectors(source: alice, destination: bob, transport: .tcp, sourcePort: port, destinationPort: port)
    }
    for (port, matches): (UInt16?, Bool) in [(79, false), (80, true), (88, true), (89, false), (nil, false)] {
      #expect(web.matches(packet(port)) == matches, "port \(String(describing: port))")
    }
    #expect(Selector(source: .any, destination: .any, transport: .value(.tcp)).matches(packet(nil)))
    #expect(!web.matches(PacketSelectors(source: alice, destination: bob, transport: .udp, destinationPort: 80)))
  }

  @Test func `Addresses are matched at both edges of a range`() {
    let range = AddressRange(first: ip(10, 0, 0, 5), last: ip(10, 0, 0, 9))
    for (host, matches): (UInt8, Bool) in [(4, false), (5, true), (9, true), (10, false)] {
      let packet = PacketSelectors(source: ip(10, 0, 0, host), destination: bob, transport: .icmp)
      #expect(Selector(source: range, destination: .any).matches(packet) == matches)
      #expect(Selector(source: .any, destination: range).matches(packet.reversed) == matches)
    }
  }

  @Test func `A later fragment and ESP show no ports`() throws {
    let whole = try PacketSelectors(reading: udp(64))
    #expect(whole.sourcePort == 1_025 && whole.destinationPort == 7)
    let fragments = try IPv4Fragmenter.fragment(udp(64), mtu: 60)
    #expect(try PacketSelectors(reading: fragments[0]).destinationPort == 7)
    let later = try PacketSelectors(reading: fragments[1])
    #expect(later.transport == .udp && later.destinationPort == nil)
    let sealed = IPv4Header(from: alice.four, to: bob.four, protocol: .esp, payloadLength: 16).datagram(
      hex("00001001 00000001") + [0, 7, 0, 7, 0, 0, 0, 0])
    let esp = try PacketSelectors(reading: sealed)
    #expect(esp.transport == .esp && esp.sourcePort == nil)
  }

  @Test func `AH is followed to the transport header`() throws {
    let whole = udp(8)
    let ah = AuthenticationHeader(
      nextHeader: .udp, spi: 0x1001, sequenceNumber: 1, integrityCheckValue: [UInt8](repeating: 0, count: 12))
    let payload = ah.encoded + whole[20...]
    let header = IPv4Header(from: alice.four, to: bob.four, protocol: .ah, payloadLength: payload.count)
    let packet = try PacketSelectors(reading: header.datagram(payload))
    #expect(packet.transport == .udp && packet.destinationPort == 7)
    for length in 20..<header.encodedLength + payload.count {
      let cut = IPv4Header(from: alice.four, to: bob.four, protocol: .ah, payloadLength: length - 20)
        .datagram(Array(payload.prefix(length - 20)))
      let selectors = try PacketSelectors(reading: cut)
      #expect(selectors.transport == (length < 44 ? .ah : .udp), "\(length) octets")
      #expect((selectors.destinationPort == nil) == (length < 48))
    }
  }

  @Test func `A packet whose header cannot be right has no selectors`() {
    let datagram = udp(8)
    for length in 0..<datagram.count {
      #expect(throws: DecodeError.self) { try PacketSelectors(reading: Array(datagram.prefix(length))) }
    }
    var wrongChecksum = datagram
    wrongChecksum[10] ^= 1
    #expect(throws: DecodeError.self) { try PacketSelectors(reading: wrongChecksum) }
  }

  @Test func `Selectors in words`() {
    #expect("\(branch)" == "10.1.0.0/16 → 10.2.0.0/16, any protocol")
    let odd = Selector(
      source: AddressRange(first: ip(10, 0, 0, 5), last: ip(10, 0, 0, 9)),
      destination: AddressRange(first: bob, last: bob), transport: .value(.tcp), destinationPorts: .range(80...88))
    #expect("\(odd)" == "10.0.0.5-10.0.0.9 → 10.2.0.10, TCP, port any → 80-88")
    #expect("\(Selector.any)" == "any → any, any protocol")
    #expect("\(PacketSelectors(source: alice, destination: bob, transport: .icmp))" == "10.1.0.10 → 10.2.0.10, ICMP")
  }
}

extension PolicyMatch {
  var name: String? { if case .entry(let entry) = self { entry.name } else { nil } }
}
