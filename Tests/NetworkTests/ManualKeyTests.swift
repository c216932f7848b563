import Cryptography
import IPsec
import Journal
import Network
import Testing
import Units
import Wire

@Suite("Associations by hand, one in another")
struct ManualKeyTests {
  /// What goes over the link between fw-a and r: the protocols behind the IP header.
  private func protocols(_ record: Record) -> Set<UInt8> {
    Set(record.crossings(between: 1, and: 2).compactMap { (try? IPGlance(verifying: $0))?.protocol.rawValue })
  }

  @Test("they are there when the run begins, each with its entry, and no exchange made them")
  func installation() throws {
    var configuration = line(.four, [.ping(size: 56)])
    let hand = HandMade(
      "hosts", AddressRange(Family.four.hosts.left), AddressRange(Family.four.hosts.right), [.esp(), .ah()])
    hand.install(&configuration, left: 0, right: 4)
    let record = try run(configuration)
    #expect(record.answers == [1])
    #expect(record.drops.isEmpty)
    #expect(record.installed.count == 8)
    #expect(record.installed.map(\.layer) == [0, 0, 1, 1, 0, 0, 1, 1])
    #expect(record.installed.allSatisfy { $0.exchange == nil && $0.lifetimeSeconds == nil })
    let authentication = record.installed.filter { $0.name.protocolNumber == 51 }
    #expect(authentication.count == 4)
    #expect(authentication.allSatisfy { $0.cipher == "" && $0.integrity == "hmacSHA1_96" && $0.cipherKey == [] })
    #expect(record.entries.dropFirst().first?.node == NodeID(0))
    #expect(protocols(record) == [51])
  }

  @Test("one that its policy does not want is an error that names it")
  func refusal() throws {
    var configuration = line(.four, [])
    let hand = HandMade(
      "hosts", AddressRange(Family.four.hosts.left), AddressRange(Family.four.hosts.right), [.esp()])
    hand.install(&configuration, left: 0, right: 4)
    configuration.nodes[4].manualAssociations[0].parameters.policy = "friends"
    let error = #expect(throws: WorldError.self) { _ = try run(configuration) }
    #expect(
      error?.description == "bob cannot have the association ESP 0x00001000 to 10.2.0.10: "
        + "no policy entry \"friends\" applies IPsec at this node")
  }

  @Test(
    "transport between hosts, tunnels between gateways, over both families, alone and one in another",
    arguments: Family.allCases, Family.allCases)
  func combinations(inner: Family, outer: Family) throws {
    let gateways = outer.gateways
    let bundles: [(layers: [Layer], outermost: UInt8)] = [
      ([.esp(gateways)], 50), ([.ah(gateways)], 51), ([.esp(gateways), .ah(nil)], 51),
      ([.ah(gateways), .esp(gateways)], 50), ([.esp(gateways), .esp(gateways), .ah(gateways)], 51),
      ([.ipcomp(gateways), .esp(nil)], 50), ([.esp(gateways, .null, .hmacSHA1_96)], 50),
    ]
    for (layers, outermost) in bundles {
      var configuration = line(
        inner, [.ping(size: 400), .udpRequest(port: 53, requestSize: 300, responseSize: 1_000)], count: 2)
      HandMade("branch", AddressRange(inner.networks.left), AddressRange(inner.networks.right), layers)
        .install(&configuration, left: 1, right: 3)
      let record = try run(configuration)
      #expect(record.answers == [1, 1, 2, 2], "\(layers.map(\.suite))")
      #expect(record.drops.isEmpty, "\(layers.map(\.suite))")
      #expect(protocols(record) == [outermost], "\(layers.map(\.suite))")
    }
  }

  @Test("transport between hosts within a tunnel between gateways, and its journal", arguments: Family.allCases)
  func hostsWithinGateways(family: Family) throws {
    var configuration = line(family, [.ping(size: 56)])
    configuration.traffic += line(family, [.tcpRequest(port: 80, requestSize: 50, responseSize: 5_000)]).traffic
    configuration.traffic[1].start = .zero + .seconds(1)
    HandMade("hosts", AddressRange(family.hosts.left), AddressRange(family.hosts.right), [.esp()])
      .install(&configuration, left: 0, right: 4)
    HandMade(
      "branch", AddressRange(family.networks.left), AddressRange(family.networks.right), [.ah(family.gateways)],
      spi: 0x2000
    ).install(&configuration, left: 1, right: 3)
    let record = try run(configuration)
    #expect(record.answers == [1, 1])
    // The sources of IPv6 learn how much passes by losing a packet.
    #expect(Set(record.drops).isSubset(of: family == .four ? [] : [.fragmentationNeeded, .reassemblyTimeout]))
    #expect(protocols(record).isSubset(of: [51, 44]))
    // The first echo: sealed by alice, again by fw-a, opened by fw-b, then by bob, and it is the same packet again.
    let steps = record.entries.compactMap { entry -> String? in
      switch entry.event {
      case .security(.sealed(let inner, let outer, let association, _)):
        "\(entry.node.rawValue) seals \(inner.rawValue) into \(outer.rawValue) by \(association.protocolNumber)"
      case .security(.opened(let outer, let inner, let association, _, _)):
        "\(entry.node.rawValue) opens \(outer.rawValue) into \(inner.rawValue) by \(association.protocolNumber)"
      default: nil
      }
    }
    #expect(
      steps.prefix(4) == [
        "0 seals 1 into 2 by 50", "1 seals 2 into 3 by 51", "3 opens 3 into 2 by 51", "4 opens 2 into 1 by 50",
      ])
  }

  @Test("each layer of a bundle is an entry whose cause is the one before, and opening goes back the same way")
  func chains() throws {
    var configuration = line(.four, [.ping(size: 56)])
    HandMade(
      "branch", AddressRange(Family.four.networks.left), AddressRange(Family.four.networks.right),
      [.esp(Family.four.gateways), .ah(), .esp(Family.four.gateways)]
    ).install(&configuration, left: 1, right: 3)
    let record = try run(configuration)
    #expect(record.answers == [1])
    let sealed = record.entries.filter { if case .security(.sealed) = $0.event { true } else { false } }
    #expect(sealed.count == 6)
    for (first, second) in [(0, 1), (1, 2), (3, 4), (4, 5)] {
      guard case .security(.sealed(_, let made, _, _)) = sealed[first].event,
        case .security(.sealed(let given, _, _, _)) = sealed[second].event
      else { continue }
      #expect(made == given)
      #expect(sealed[second].cause == sealed[first].id)
    }
    let opened = record.all {
      if case .security(.opened(let outer, let inner, _, _, _)) = $0 { (outer, inner) } else { nil }
    }
    #expect(opened.count == 6)
    #expect(opened[0].1 == opened[1].0)
    #expect(opened[1].1 == opened[2].0)
    #expect(opened[2].1 == PacketID(1))
  }

  @Test("what a link cuts between two tunnel ends is put together before it is opened", arguments: Family.allCases)
  func largeThroughTunnel(family: Family) throws {
    var configuration = line(
      family, [.udpRequest(port: 53, requestSize: 4_000, responseSize: 6_000)], middle: LinkQuality(mtu: 1_280))
    HandMade(
      "branch", AddressRange(family.networks.left), AddressRange(family.networks.right), [.esp(family.gateways), .ah()]
    ).install(&configuration, left: 1, right: 3)
    // The sources of IPv6 learn the narrow path by losing a packet.
    configuration.traffic[0].count = family == .four ? 1 : 6
    let record = try run(configuration)
    #expect(record.answers.contains(family == .four ? 1 : 6))
    #expect(Set(record.drops).isSubset(of: [.fragmentationNeeded, .reassemblyTimeout]))
  }
}
