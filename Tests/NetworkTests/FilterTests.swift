import IPsec
import Journal
import Network
import Testing
import Units
import Wire

@Suite("Packet filters")
struct FilterTests {
  private let unreachable = FilterRule(
    name: "no unreachables", action: .drop, interface: "wan", direction: .inward, transport: .icmp, icmpType: 3,
    icmpCode: 4)

  /// Why packets were dropped, and what was said of it.
  private func filtered(_ record: Record) -> [String] {
    record.all { if case .packet(.dropped(_, .filtered, let detail)) = $0 { detail } else { nil } }
  }

  @Test("the first rule that fits decides, and what none fits passes")
  func firstMatch() throws {
    var configuration = line(
      .four,
      [
        .udpRequest(port: 53, requestSize: 20, responseSize: 20),
        .udpRequest(port: 54, requestSize: 20, responseSize: 20),
        .tcpRequest(port: 80, requestSize: 20, responseSize: 20), .ping(size: 20),
      ])
    configuration.nodes[2].filters = [
      FilterRule(
        name: "names", action: .pass, interface: "a", direction: .inward, source: prefix("10.1.0.0/16"),
        destination: prefix("10.2.0.0/16"), transport: .udp, destinationPorts: 53...53),
      FilterRule(name: "answers", action: .pass, transport: .udp, sourcePorts: 53...53),
      FilterRule(name: "no UDP", action: .drop, direction: .inward, transport: .udp),
      FilterRule(name: "no pings out", action: .drop, interface: "b", direction: .outward, icmpType: 8),
    ]
    let record = try run(configuration)
    #expect(record.answers == [1, 1])
    #expect(filtered(record) == ["rule \"no UDP\", in by a", "rule \"no pings out\", out by b"])
  }

  @Test("ports and types do not show in later fragments, and not behind ESP")
  func laterFragments() throws {
    var configuration = line(.four, [.udpRequest(port: 53, requestSize: 3_000, responseSize: 20)])
    configuration.nodes[2].filters = [
      FilterRule(name: "no names", action: .drop, transport: .udp, destinationPorts: 53...53)
    ]
    let record = try run(configuration)
    #expect(record.answers.isEmpty)
    #expect(filtered(record) == ["rule \"no names\", in by a"])
    #expect(record.drops.filter { $0 == .reassemblyTimeout }.count == 2)
    HandMade(
      "branch", AddressRange(Family.four.networks.left), AddressRange(Family.four.networks.right),
      [.esp(Family.four.gateways)]
    ).install(&configuration, left: 1, right: 3)
    let sealed = try run(configuration)
    #expect(sealed.answers == [1])
    #expect(filtered(sealed).isEmpty)
  }

  @Test("a filter that drops the message makes a black hole of a narrow path, for hosts and for a tunnel")
  func blackHole() throws {
    for tunnelled in [false, true] {
      var configuration = line(
        .four, [.tcpRequest(port: 80, requestSize: 5_000, responseSize: 10)], middle: LinkQuality(mtu: 1_000),
        dontFragment: true)
      if tunnelled {
        HandMade(
          "branch", AddressRange(Family.four.networks.left), AddressRange(Family.four.networks.right),
          [.esp(Family.four.gateways)]
        ).install(&configuration, left: 1, right: 3)
      }
      #expect(try run(configuration).answers == [1], "tunnelled: \(tunnelled)")
      configuration.nodes[1].filters = [unreachable]
      let record = try run(configuration)
      #expect(record.answers.isEmpty, "tunnelled: \(tunnelled)")
      #expect(Set(filtered(record)) == ["rule \"no unreachables\", in by wan"])
      #expect(!record.drops.filter { $0 == .fragmentationNeeded }.isEmpty)
    }
  }

  @Test("the same for IPv6, whose routers never cut")
  func blackHoleOfSix() throws {
    var configuration = line(
      .six, [.tcpRequest(port: 80, requestSize: 5_000, responseSize: 10)], middle: LinkQuality(mtu: 1_300))
    #expect(try run(configuration).answers == [1])
    configuration.nodes[1].filters = [
      FilterRule(name: "no messages", action: .drop, direction: .inward, transport: .icmpv6, icmpType: 2)
    ]
    let record = try run(configuration)
    #expect(record.answers.isEmpty)
    #expect(filtered(record).contains("rule \"no messages\", in by wan"))
  }
}
