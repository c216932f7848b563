import Cryptography
import IKE
import IPsec
import Journal
import Network
import Testing
import Units
import Wire

/// What a tunnel of the tests is like.
struct TunnelOptions {
  var suite: (CipherAlgorithm, IntegrityAlgorithm) = (.tripleDESCBC, .hmacSHA1_96)
  var phase1 = Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 2)
  var lifetime = Lifetime(duration: .seconds(3_600), volume: nil)
  var phase1Lifetime = Lifetime(duration: .seconds(28_800), volume: nil)
  var group: UInt16?
  var keyOfB = "a secret"
  var dontFragment = DontFragmentHandling.copy
  var order = FragmentationOrder.afterEncapsulation
}

/// alice – fw-a – r – fw-b – bob, with a tunnel between the firewalls.
func tunnel(
  _ traffic: [TrafficPattern], middle: LinkQuality = LinkQuality(), count: Int = 1, interval: SimDuration = .seconds(1),
  seed: UInt64 = 1, options: TunnelOptions = TunnelOptions(), dontFragment: Bool = false,
  duration: SimDuration = .seconds(300)
) -> WorldConfiguration {
  func firewall(_ name: String, _ own: String, _ other: String, _ lan: String, _ lans: (String, String), key: String)
    -> NodeConfiguration
  {
    let protection = Protection(
      mode: .tunnel(local: address(own), remote: address(other)),
      suites: [ESPSuite(cipher: options.suite.0, integrity: options.suite.1)].compactMap(\.self),
      perfectForwardSecrecyGroup: options.group, lifetime: options.lifetime, dontFragment: options.dontFragment,
      fragmentation: options.order)
    return NodeConfiguration(
      name: name, kind: .firewall,
      interfaces: [interface("lan", lan, isInside: true), interface("wan", own + "/30")],
      routes: [route("0.0.0.0/0", via: own.hasPrefix("192") ? "192.0.2.2" : "198.51.100.2")],
      policies: [
        SecurityPolicy(
          name: "branch",
          selector: Selector(source: AddressRange(prefix(lans.0)), destination: AddressRange(prefix(lans.1))),
          action: .apply(protection)),
        SecurityPolicy(
          name: "no telnet",
          selector: Selector(source: .any, destination: .any, transport: .value(.tcp), destinationPorts: .port(23)),
          action: .discard),
        SecurityPolicy(name: "rest", selector: .any, action: .bypass),
      ],
      peers: [
        IKEPeer(
          name: "other", localAddress: address(own), remoteAddress: address(other), preSharedKey: Array(key.utf8),
          suites: [options.phase1], lifetime: options.phase1Lifetime)
      ])
  }
  return WorldConfiguration(
    seed: seed, duration: duration,
    nodes: [
      NodeConfiguration(
        name: "alice", kind: .host, interfaces: [interface("eth0", "10.1.0.10/16")],
        routes: [route("0.0.0.0/0", via: "10.1.0.1")]),
      firewall("fw-a", "192.0.2.1", "198.51.100.1", "10.1.0.1/16", ("10.1.0.0/16", "10.2.0.0/16"), key: "a secret"),
      NodeConfiguration(
        name: "r", kind: .router, interfaces: [interface("a", "192.0.2.2/30"), interface("b", "198.51.100.2/30")]),
      firewall(
        "fw-b", "198.51.100.1", "192.0.2.1", "10.2.0.1/16", ("10.2.0.0/16", "10.1.0.0/16"), key: options.keyOfB),
      NodeConfiguration(
        name: "bob", kind: .host, interfaces: [interface("eth0", "10.2.0.10/16")],
        routes: [route("0.0.0.0/0", via: "10.2.0.1")]),
    ],
    links: [
      link("left", (0, 0), (1, 0), LinkQuality()), link("a", (1, 1), (2, 0), LinkQuality()),
      link("b", (2, 1), (3, 1), middle), link("right", (3, 0), (4, 0), LinkQuality()),
    ],
    traffic: traffic.enumerated().map { index, pattern in
      TrafficConfiguration(
        name: "flow-\(index)", from: 0, to: 4, destination: address("10.2.0.10"), pattern: pattern,
        start: Instant(nanoseconds: UInt64(index) * 1_000_000), count: count, interval: interval,
        timeout: .seconds(200), dontFragment: dontFragment)
    })
}

extension Record {
  var installed: [AssociationDescription] {
    all { if case .security(.associationInstalled(let description)) = $0 { description } else { nil } }
  }

  /// The octets of every packet that crossed the links between the firewalls.
  func crossings(between first: Int, and second: Int) -> [[UInt8]] {
    all {
      if case .packet(.transmitted(let version, _, let from, let to, _)) = $0,
        Set([from.rawValue, to.rawValue]) == Set([UInt32(first), UInt32(second)])
      {
        bytes(of: version.packet)
      } else {
        nil
      }
    }
  }
}

@Suite("Firewalls with a tunnel between them")
struct TunnelTests {
  @Test("the first ping starts main mode and quick mode, waits for them and is answered")
  func firstPing() throws {
    let record = try run(tunnel([.ping(size: 56)], count: 3))
    #expect(record.answers == [1, 2, 3])
    #expect(record.drops.isEmpty)
    let sent = record.all { if case .exchange(.sent(let id, _, let message, _)) = $0 { (id, message) } else { nil } }
    #expect(sent.count == 9)
    #expect(record.installed.count == 4)
    let crossings = record.crossings(between: 1, and: 2)
    #expect(crossings.count == 9 + 6)
    #expect(crossings.allSatisfy { $0[9] == 17 || $0[9] == 50 })
  }

  @Test(
    "every cipher and authenticator carries ping, datagrams and connections",
    arguments: [
      (CipherAlgorithm.desCBC, IntegrityAlgorithm.hmacMD5_96), (.tripleDESCBC, .hmacSHA1_96),
      (.aes128CBC, .hmacSHA256_128), (.aes256CBC, .hmacSHA1_96), (.null, .hmacSHA1_96), (.aes128CBC, .none),
    ])
  func suites(cipher: CipherAlgorithm, integrity: IntegrityAlgorithm) throws {
    var options = TunnelOptions()
    options.suite = (cipher, integrity)
    let record = try run(
      tunnel(
        [
          .ping(size: 1_400), .udpRequest(port: 53, requestSize: 100, responseSize: 2_000),
          .tcpRequest(port: 80, requestSize: 100, responseSize: 20_000),
        ], options: options))
    #expect(record.answers == [1, 1, 1])
  }

  @Test(
    "with perfect forward secrecy quick mode has its own exponentiations", arguments: [nil, 1, 2, 5, 14] as [UInt16?])
  func perfectForwardSecrecy(group: UInt16?) throws {
    var options = TunnelOptions()
    options.group = group
    let record = try run(tunnel([.ping(size: 56)], options: options))
    #expect(record.answers == [1])
    let work = record.all { if case .exchange(.exponentiated(_, let group, _)) = $0 { group } else { nil } }
    #expect(work.count == (group == nil ? 4 : 8))
  }

  @Test("associations are renewed by time before they end, without losing a packet")
  func renewalByTime() throws {
    var options = TunnelOptions()
    options.lifetime = Lifetime(duration: .seconds(30), volume: nil)
    let record = try run(
      tunnel([.ping(size: 56)], count: 1_000, interval: .milliseconds(100), options: options, duration: .seconds(400)))
    #expect(record.answers.count == 1_000)
    #expect(record.drops.isEmpty)
    #expect(record.installed.count >= 12)
  }

  @Test("associations are renewed by volume before they end, without losing a packet")
  func renewalByVolume() throws {
    var options = TunnelOptions()
    options.lifetime = Lifetime(duration: nil, volume: .kilobytes(50))
    let record = try run(
      tunnel([.ping(size: 500)], count: 500, interval: .milliseconds(100), options: options, duration: .seconds(400)))
    #expect(record.answers.count == 500)
    #expect(record.drops.isEmpty)
    #expect(record.installed.count >= 16)
  }

  @Test("phase 1 is renewed too, and traffic goes on")
  func renewalOfPhase1() throws {
    var options = TunnelOptions()
    options.phase1Lifetime = Lifetime(duration: .seconds(60), volume: nil)
    options.lifetime = Lifetime(duration: .seconds(40), volume: nil)
    let record = try run(
      tunnel([.ping(size: 56)], count: 300, interval: .seconds(1), options: options, duration: .seconds(400)))
    #expect(record.answers.count == 300)
    // Both ends say goodbye to the old association at once; each hears of it after it has forgotten it.
    #expect(Set(record.drops).isSubset(of: [.isakmpUnknownCookie]))
    let mainModes = record.all { if case .exchange(.began(_, .mainMode, true, _, _, _, _)) = $0 { 1 } else { nil } }
    #expect(mainModes.count >= 4)
  }

  @Test("over a bad line the negotiation retransmits and comes to its end", arguments: 1...8 as ClosedRange<UInt64>)
  func badLine(seed: UInt64) throws {
    let record = try run(
      tunnel(
        [.tcpRequest(port: 80, requestSize: 100, responseSize: 5_000)],
        middle: LinkQuality(loss: Ratio(1, 5), duplication: Ratio(1, 10)), seed: seed))
    #expect(record.answers == [1], "seed \(seed)")
  }

  @Test("another key at the other end: nothing is installed, and what waited is dropped by name")
  func wrongKey() throws {
    var options = TunnelOptions()
    options.keyOfB = "another secret"
    let record = try run(tunnel([.ping(size: 56)], options: options))
    #expect(record.answers.isEmpty)
    #expect(record.installed.isEmpty)
    #expect(record.drops.contains(.acquireFailed))
  }

  @Test("what a policy discards is dropped by name, and what it bypasses passes in clear")
  func otherPolicies() throws {
    var configuration = tunnel([.tcpRequest(port: 23, requestSize: 10, responseSize: 10), .ping(size: 56)])
    for index in configuration.traffic.indices { configuration.traffic[index].destination = address("198.51.100.1") }
    let record = try run(configuration)
    #expect(record.drops.contains(.policyDiscard))
    #expect(record.crossings(between: 1, and: 2).contains { $0[9] == 1 })
  }

  @Test(
    "datagrams that are too large for the tunnel are cut before or after it, or their source is told",
    arguments: FragmentationOrder.allCases, [true, false])
  func largeDatagrams(order: FragmentationOrder, dontFragment: Bool) throws {
    var options = TunnelOptions()
    options.order = order
    let record = try run(
      tunnel(
        [
          .tcpRequest(port: 80, requestSize: 10, responseSize: 9_000),
          .udpRequest(port: 53, requestSize: 10, responseSize: 3_000),
        ],
        middle: LinkQuality(mtu: 1_000), options: options, dontFragment: dontFragment))
    #expect(record.answers.contains(1))
    if !dontFragment { #expect(record.answers == [1, 1]) }
  }

  @Test("the same seed gives the same journal, another one other keys, cookies and SPIs")
  func determinism() throws {
    let first = try run(tunnel([.ping(size: 56)], count: 3))
    #expect(try run(tunnel([.ping(size: 56)], count: 3)).digest == first.digest)
    let other = try run(tunnel([.ping(size: 56)], count: 3, seed: 2))
    #expect(Set(first.installed.map(\.name.spi)).isDisjoint(with: other.installed.map(\.name.spi)))
    #expect(Set(first.installed.map(\.cipherKey)).isDisjoint(with: other.installed.map(\.cipherKey)))
  }

  @Test("an idle host beside them changes no number of theirs")
  func idleHost() throws {
    let first = try run(tunnel([.ping(size: 56)], count: 3))
    var larger = tunnel([.ping(size: 56)], count: 3)
    larger.nodes.append(
      NodeConfiguration(name: "dave", kind: .host, interfaces: [interface("eth0", "10.3.0.1/16")]))
    #expect(try run(larger).entries == first.entries)
  }
}
