import Cryptography
import IPsec
import Journal
import Network
import Units
import Wire

/// Which addresses a test's traffic, or its tunnel, goes by.
enum Family: CaseIterable {
  case four
  case six

  /// alice and bob.
  var hosts: (left: IPAddress, right: IPAddress) {
    self == .four
      ? (address("10.1.0.10"), address("10.2.0.10")) : (address("2001:db8:1::10"), address("2001:db8:2::10"))
  }

  /// The gateways, as their peers see them.
  var gateways: (left: IPAddress, right: IPAddress) {
    self == .four
      ? (address("192.0.2.1"), address("198.51.100.1")) : (address("2001:db8:a::1"), address("2001:db8:b::1"))
  }

  /// The networks behind the gateways.
  var networks: (left: IPPrefix, right: IPPrefix) {
    self == .four
      ? (prefix("10.1.0.0/16"), prefix("10.2.0.0/16")) : (prefix("2001:db8:1::/64"), prefix("2001:db8:2::/64"))
  }
}

/// An interface with an address of each family.
func interface(_ name: String, _ texts: [String], isInside: Bool = false) -> InterfaceConfiguration {
  InterfaceConfiguration(
    name: name,
    addresses: texts.map {
      InterfaceAddress(address(String($0.prefix { $0 != "/" })), prefix: prefix($0))
    }, isInside: isInside)
}

/// alice – fw-a – r – fw-b – bob, nodes 0 to 4 and links 0 to 3, each with addresses of both families and without IPsec.
func line(
  _ family: Family, _ traffic: [TrafficPattern], count: Int = 1, middle: LinkQuality = LinkQuality(),
  dontFragment: Bool = false, duration: SimDuration = .seconds(300)
) -> WorldConfiguration {
  let nodes = [
    NodeConfiguration(
      name: "alice", kind: .host, interfaces: [interface("eth0", ["10.1.0.10/16", "2001:db8:1::10/64"])],
      routes: [route("0.0.0.0/0", via: "10.1.0.1"), route("::/0", via: "2001:db8:1::1")]),
    NodeConfiguration(
      name: "fw-a", kind: .firewall,
      interfaces: [
        interface("lan", ["10.1.0.1/16", "2001:db8:1::1/64"], isInside: true),
        interface("wan", ["192.0.2.1/30", "2001:db8:a::1/64"]),
      ], routes: [route("0.0.0.0/0", via: "192.0.2.2"), route("::/0", via: "2001:db8:a::2")]),
    NodeConfiguration(
      name: "r", kind: .router,
      interfaces: [
        interface("a", ["192.0.2.2/30", "2001:db8:a::2/64"]), interface("b", ["198.51.100.2/30", "2001:db8:b::2/64"]),
      ],
      routes: [
        route("10.1.0.0/16", via: "192.0.2.1"), route("10.2.0.0/16", via: "198.51.100.1"),
        route("2001:db8:1::/64", via: "2001:db8:a::1"), route("2001:db8:2::/64", via: "2001:db8:b::1"),
      ]),
    NodeConfiguration(
      name: "fw-b", kind: .firewall,
      interfaces: [
        interface("lan", ["10.2.0.1/16", "2001:db8:2::1/64"], isInside: true),
        interface("wan", ["198.51.100.1/30", "2001:db8:b::1/64"]),
      ], routes: [route("0.0.0.0/0", via: "198.51.100.2"), route("::/0", via: "2001:db8:b::2")]),
    NodeConfiguration(
      name: "bob", kind: .host, interfaces: [interface("eth0", ["10.2.0.10/16", "2001:db8:2::10/64"])],
      routes: [route("0.0.0.0/0", via: "10.2.0.1"), route("::/0", via: "2001:db8:2::1")]),
  ]
  return WorldConfiguration(
    seed: 1, duration: duration, nodes: nodes,
    links: [
      link("left", (0, 0), (1, 0), LinkQuality()), link("a", (1, 1), (2, 0), LinkQuality()),
      link("b", (2, 1), (3, 1), middle), link("right", (3, 0), (4, 0), LinkQuality()),
    ],
    traffic: traffic.enumerated().map { index, pattern in
      TrafficConfiguration(
        name: "flow-\(index)", from: 0, to: 4, destination: family.hosts.right, pattern: pattern,
        start: Instant(nanoseconds: UInt64(index) * 1_000_000), count: count, interval: .seconds(1),
        timeout: .seconds(100), dontFragment: dontFragment)
    })
}

// MARK: - Keys by hand

/// A layer of a bundle between two ends: tunnel mode where it has ends of its own.
struct Layer {
  var suite: AssociationSuite
  var tunnel: (left: IPAddress, right: IPAddress)?
  var trafficFlow: TrafficFlowConfidentiality?

  static func esp(
    _ tunnel: (IPAddress, IPAddress)? = nil, _ cipher: CipherAlgorithm = .aes128CBC,
    _ integrity: IntegrityAlgorithm = .hmacSHA1_96
  ) -> Layer {
    guard let suite = ESPSuite(cipher: cipher, integrity: integrity) else { preconditionFailure("no such suite") }
    return Layer(suite: .esp(suite), tunnel: tunnel)
  }

  static func ah(_ tunnel: (IPAddress, IPAddress)? = nil) -> Layer { Layer(suite: .ah(.hmacSHA1_96), tunnel: tunnel) }

  static func ipcomp(_ tunnel: (IPAddress, IPAddress)? = nil) -> Layer {
    Layer(suite: .ipcomp(.deflate), tunnel: tunnel)
  }
}

/// What two nodes are given by hand, so that what goes between two places is protected.
struct HandMade {
  var policies: (left: SecurityPolicy, right: SecurityPolicy)
  var associations: (left: [ManualAssociation], right: [ManualAssociation])

  /// The first layer lies innermost. The numbers of the associations begin at `spi`.
  init(_ name: String, _ left: AddressRange, _ right: AddressRange, _ layers: [Layer], spi: UInt32 = 0x1000) {
    func policy(_ isLeft: Bool) -> SecurityPolicy {
      let all = layers.map { layer in
        let mode: IPsec.EncapsulationMode =
          layer.tunnel.map {
            .tunnel(local: isLeft ? $0.left : $0.right, remote: isLeft ? $0.right : $0.left)
          } ?? .transport
        return ProtectionLayer(
          mode: mode, suites: [layer.suite], replayWindow: 0, fragmentation: .afterEncapsulation,
          trafficFlow: layer.trafficFlow)
      }
      let selector = Selector(source: isLeft ? left : right, destination: isLeft ? right : left)
      return SecurityPolicy(
        name: name, selector: selector,
        action: .apply(Protection(innermost: all[0], outer: Array(all.dropFirst()), lifetime: .unlimited)))
    }
    policies = (policy(true), policy(false))
    associations = ([], [])
    for (index, layer) in layers.enumerated() {
      for isRightward in [true, false] {
        let sender = isRightward ? policies.left : policies.right
        guard let protection = sender.protection else { continue }
        let carried = sender.selector(ofLayer: index, protection, for: nil)
        let ends = protection.ends(ofLayer: index) ?? (carried.source.first, carried.destination.first)
        let parameters = AssociationParameters(
          identity: AssociationIdentity(
            spi: spi + UInt32(index) * 2 + (isRightward ? 0 : 1), destination: ends.remote,
            securityProtocol: layer.suite.securityProtocol),
          source: ends.local, isTunnel: layer.tunnel != nil, suite: layer.suite,
          cipherKey: (0..<layer.suite.cipher.keyLength).map { UInt8(truncatingIfNeeded: $0 * 7 + index) },
          integrityKey: (0..<layer.suite.integrity.keyLength).map { UInt8(truncatingIfNeeded: $0 * 5 + index) },
          selector: carried, policy: name, layer: index, lifetime: .unlimited, replayWindow: 0)
        associations.left.append(ManualAssociation(parameters, isRightward ? .outbound : .inbound))
        associations.right.append(ManualAssociation(parameters, isRightward ? .inbound : .outbound))
      }
    }
  }

  /// Gives them to two nodes of a world, before what they have; all else passes.
  func install(_ configuration: inout WorldConfiguration, left: Int, right: Int) {
    for (node, policy, associations) in [
      (left, policies.left, associations.left), (right, policies.right, associations.right),
    ] {
      let others = configuration.nodes[node].policies ?? [SecurityPolicy(name: "rest", selector: .any, action: .bypass)]
      configuration.nodes[node].policies = [policy] + others
      configuration.nodes[node].manualAssociations += associations
    }
  }
}
