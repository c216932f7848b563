import Cryptography
import IKE
import IPsec
import Journal
import Network
import Testing
import Units
import Wire

@Suite("IPsec in the stack, below it, and in a box on the wire")
struct PlacementTests {
  /// The line of tests with a bump in the wire, node 5, between alice and fw-a.
  private func bumped(
    _ family: Family, _ traffic: [TrafficPattern], count: Int = 1, middle: LinkQuality = LinkQuality(),
    dontFragment: Bool = false
  ) -> WorldConfiguration {
    var configuration = line(family, traffic, count: count, middle: middle, dontFragment: dontFragment)
    configuration.nodes.append(
      NodeConfiguration(
        name: "bump", kind: .bump,
        interfaces: [
          InterfaceConfiguration(name: "in", addresses: [], isInside: true),
          InterfaceConfiguration(name: "out", addresses: []),
        ], routes: [route("0.0.0.0/0", via: "10.1.0.1"), route("::/0", via: "2001:db8:1::1")]))
    configuration.links[0] = link("inside", (0, 0), (5, 0), LinkQuality())
    configuration.links.append(link("outside", (5, 1), (1, 0), LinkQuality()))
    return configuration
  }

  private func hosts(_ family: Family, _ layers: [Layer]) -> HandMade {
    HandMade("hosts", AddressRange(family.hosts.left), AddressRange(family.hosts.right), layers)
  }

  /// The nodes at which something happened to a packet, in order, in a word.
  private func story(_ record: Record, at node: UInt32) -> [String] {
    record.entries.compactMap { entry in
      guard entry.node == NodeID(node) else { return nil }
      return switch entry.event {
      case .packet(.originated): "originated"
      case .packet(.fragmented(_, let pieces, _)): "cut in \(pieces.count)"
      case .packet(.reassembled): "put together"
      case .packet(.delivered): "delivered"
      case .security(.sealed): "sealed"
      case .security(.opened): "opened"
      case .packet(.dropped(_, let reason, _)): "\(reason)"
      default: nil
      }
    }
  }

  @Test("a box on the wire without policies is as a piece of wire", arguments: Family.allCases)
  func transparent(family: Family) throws {
    let patterns: [TrafficPattern] = [
      .ping(size: 3_000), .udpRequest(port: 53, requestSize: 20, responseSize: 20),
      .tcpRequest(port: 80, requestSize: 100, responseSize: 3_000),
    ]
    let record = try run(bumped(family, patterns))
    #expect(record.answers.count == 3)
    #expect(record.drops.isEmpty)
    func hops(_ record: Record) -> [UInt8] {
      record.all { if case .packet(.delivered(let version, _)) = $0 { version.timeToLive } else { nil } }
    }
    #expect(hops(record).sorted() == hops(try run(line(family, patterns))).sorted())
    #expect(record.crossings(between: 5, and: 1).count == record.crossings(between: 0, and: 5).count)
  }

  @Test("a box on the wire protects the host behind it, which knows nothing of it", arguments: Family.allCases)
  func transport(family: Family) throws {
    for layers: [Layer] in [[.esp()], [.ah()], [.esp(), .ah()], [.esp(family.hosts), .ah()]] {
      var configuration = bumped(
        family,
        [
          .ping(size: 56), .udpRequest(port: 53, requestSize: 2_900, responseSize: 2_900),
          .tcpRequest(port: 80, requestSize: 100, responseSize: 9_000),
        ])
      hosts(family, layers).install(&configuration, left: 5, right: 4)
      let record = try run(configuration)
      #expect(record.answers.count >= (family == .four ? 3 : 2), "\(layers)")
      let inside = Set(record.crossings(between: 0, and: 5).compactMap { try? IPGlance(verifying: $0).protocol })
      let outside = Set(record.crossings(between: 1, and: 2).compactMap { try? IPGlance(verifying: $0).protocol })
      #expect(inside == [family == .four ? .icmp : .icmpv6, .udp, .tcp])
      #expect(outside == [layers.last?.suite.securityProtocol ?? .esp])
      #expect(story(record, at: 0).allSatisfy { $0 != "sealed" && $0 != "opened" })
    }
  }

  @Test("a box on the wire makes a tunnel to a gateway, and what is for the host behind it comes out there")
  func tunnelFromBump() throws {
    let ends = (Family.four.hosts.left, Family.four.gateways.right)
    var configuration = bumped(.four, [.ping(size: 2_000)])
    HandMade(
      "branch", AddressRange(Family.four.hosts.left), AddressRange(Family.four.networks.right), [.esp(ends)]
    ).install(&configuration, left: 5, right: 3)
    let record = try run(configuration)
    #expect(record.answers == [1])
    #expect(record.drops.isEmpty)
    #expect(
      story(record, at: 5) == [
        "put together", "sealed", "cut in 2", "put together", "opened", "opened",
      ])
  }

  @Test("what is in clear where policy demands IPsec does not pass the box, nor what was altered")
  func refusals() throws {
    var configuration = bumped(.four, [])
    hosts(.four, [.esp()]).install(&configuration, left: 5, right: 4)
    let bytes = echo(from: "10.2.0.10", to: "10.1.0.10")
    let forged = datagram([UInt8](repeating: 0, count: 40), .esp, from: "10.2.0.10", to: "10.1.0.10")
    let (record, injected) = try run(
      configuration,
      injecting: [bytes, forged].enumerated().map {
        Injection(bytes: $1, node: 1, interface: 1, at: Instant(nanoseconds: UInt64($0 + 1)))
      })
    #expect(record.drops(of: injected[0]) == [.cleartextWherePolicyDemandsIPsec])
    #expect(record.drops(of: injected[1]) == [.unknownSPI])
    #expect(story(record, at: 0).isEmpty)
  }

  @Test("the host behind a box on the wire is told how much passes, by a message in its peer's name")
  func pathMTUThroughBump() throws {
    for family in Family.allCases {
      var configuration = bumped(
        family, [.tcpRequest(port: 80, requestSize: 9_000, responseSize: 100)], middle: LinkQuality(mtu: 1_300),
        dontFragment: true)
      hosts(family, [.esp(family.hosts)]).install(&configuration, left: 5, right: 4)
      let record = try run(configuration)
      #expect(record.answers == [1])
      let told = record.all {
        if case .application(.errorReceived(_, let type, let code, _)) = $0 { [type, code] } else { nil }
      }
      #expect(told.contains(family == .four ? [3, 4] : [2, 0]))
    }
  }

  @Test("a box on the wire negotiates in the name of the host behind it", arguments: [true, false])
  func negotiation(isInitiator: Bool) throws {
    var configuration = bumped(.four, [.ping(size: 56)], count: 3)
    let (left, right) = Family.four.hosts
    if !isInitiator {
      configuration.traffic[0].from = 4
      configuration.traffic[0].to = 0
      configuration.traffic[0].destination = left
    }
    guard let suite = ESPSuite(cipher: .aes128CBC, integrity: .hmacSHA1_96) else { return }
    for (node, own, other) in [(5, left, right), (4, right, left)] {
      configuration.nodes[node].policies = [
        SecurityPolicy(
          name: "hosts", selector: Selector(source: AddressRange(own), destination: AddressRange(other)),
          action: .apply(Protection(mode: .transport, suites: [suite])))
      ]
      configuration.nodes[node].peers = [
        IKEPeer(
          name: "other", localAddress: own, remoteAddress: other, preSharedKey: [1, 2, 3],
          suites: [Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 2)])
      ]
    }
    let record = try run(configuration)
    #expect(record.answers == [1, 2, 3])
    #expect(record.drops.isEmpty)
    #expect(record.installed.count == 4)
  }

  @Test(
    "changed packets put before and behind a box on the wire, and below a stack: each ends by name or is delivered",
    arguments: 1...4 as ClosedRange<UInt64>, Family.allCases)
  func injections(seed: UInt64, family: Family) throws {
    var configuration = bumped(
      family, [.ping(size: 2_000), .tcpRequest(port: 80, requestSize: 100, responseSize: 4_000)], count: 2)
    hosts(family, seed % 2 == 0 ? [.esp(), .ah()] : [.esp(family.hosts)]).install(&configuration, left: 5, right: 4)
    configuration.nodes[4].placement = .bumpInTheStack
    try expectSettled(configuration, seed: seed)
  }

  @Test("a box that is no bump is an error that names it")
  func noBump() throws {
    for spoil: (inout WorldConfiguration) -> Void in [
      { $0.nodes[5].interfaces[1] = interface("out", "10.1.0.9/16") }, { $0.nodes[5].interfaces[0].isInside = false },
      { $0.nodes[5].interfaces[1].isInside = true }, { $0.links.removeLast() }, { $0.nodes[5].interfaces.removeLast() },
    ] {
      var configuration = bumped(.four, [])
      spoil(&configuration)
      let error = #expect(throws: WorldError.self) { _ = try run(configuration) }
      #expect(
        error?.description
          == "bump is a bump in the wire, which has two interfaces without addresses on two links; one of them is inside"
          || error?.description.hasPrefix("link outside ends at interface 1 of node 5") == true)
    }
  }

  @Test("below the stack: cut to the link, put together, sealed, cut again; and back", arguments: Family.allCases)
  func bumpInTheStack(family: Family) throws {
    var configuration = line(family, [.ping(size: 2_000)])
    hosts(family, [.esp()]).install(&configuration, left: 0, right: 4)
    let inStack = try run(configuration)
    #expect(inStack.answers == [1])
    #expect(
      story(inStack, at: 0) == ["originated", "sealed", "cut in 2", "put together", "opened", "delivered"])
    configuration.nodes[0].placement = .bumpInTheStack
    configuration.nodes[4].placement = .bumpInTheStack
    let record = try run(configuration)
    #expect(record.answers == [1])
    #expect(record.drops.isEmpty)
    #expect(
      story(record, at: 0) == [
        "originated", "cut in 2", "put together", "sealed", "cut in 2", "put together", "opened", "delivered",
      ])
    // What a policy lets pass goes the same way.
    for node in [0, 4] { configuration.nodes[node].policies?[0].action = .bypass }
    for node in [0, 4] { configuration.nodes[node].manualAssociations = [] }
    let clear = try run(configuration)
    #expect(clear.answers == [1])
    #expect(story(clear, at: 0) == ["originated", "cut in 2", "put together", "cut in 2", "put together", "delivered"])
    // What was put together is the packet that was cut.
    let whole = record.all { if case .packet(.reassembled(let packet, _)) = $0 { packet } else { nil } }
    #expect(whole.first == PacketID(1))
  }

  @Test("below the stack: what may not be cut is answered to the stack as a router would", arguments: Family.allCases)
  func stackIsTold(family: Family) throws {
    var configuration = line(
      family, [.tcpRequest(port: 80, requestSize: 9_000, responseSize: 100), .ping(size: 1_440)], count: 3,
      dontFragment: true)
    hosts(family, [.esp(family.hosts)]).install(&configuration, left: 0, right: 4)
    for node in [0, 4] { configuration.nodes[node].placement = .bumpInTheStack }
    let record = try run(configuration)
    #expect(record.answers.filter { $0 == 1 }.count >= 1)
    #expect(record.drops.contains(.fragmentationNeeded))
    let told = story(record, at: 0)
    let refused = try #require(told.firstIndex(of: "fragmentationNeeded"))
    #expect(told[refused...].starts(with: ["fragmentationNeeded", "originated"]))
    let learned = record.all { if case .packet(.pathMTULearned(_, let mtu, _)) = $0 { mtu } else { nil } }
    #expect(!learned.isEmpty)
    #expect(learned.allSatisfy { $0 < 1_500 })
    // Each end has learned from one echo that was lost.
    if family == .six { #expect(record.answers.filter { $0 == 3 }.count == 2) }
  }
}
