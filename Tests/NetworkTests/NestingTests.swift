import Cryptography
import IKE
import IPsec
import Journal
import Network
import Simulation
import Testing
import Units
import Wire

@Suite("Depths, ways and keys of nested associations")
struct NestingTests {
  private func nested(_ depth: Int) -> WorldConfiguration {
    var configuration = line(.four, [.ping(size: 8)])
    HandMade(
      "branch", AddressRange(Family.four.networks.left), AddressRange(Family.four.networks.right),
      Array(repeating: .esp(Family.four.gateways, .null, .hmacMD5_96), count: depth)
    ).install(&configuration, left: 1, right: 3)
    return configuration
  }

  @Test("as deep as the limit it is opened; one deeper is dropped by that name, and nothing is delivered")
  func depth() throws {
    let limit = AssociationTrail.limit
    let deepest = try run(nested(limit))
    #expect(deepest.answers == [1])
    #expect(deepest.sealedPackets.count == 2 * limit)
    for depth in [limit + 1, 20] {
      let record = try run(nested(depth))
      #expect(record.answers.isEmpty)
      #expect(record.drops == [.nestingTooDeep])
      let opened = record.all { if case .security(.opened) = $0 { true } else { nil } }
      #expect(opened.count == limit)
    }
  }

  @Test("a fragment in clear is never put together with those that a tunnel vouches for")
  func waysOfFragments() throws {
    var configuration = line(.four, [.ping(size: 2_000)])
    configuration.traffic[0].destination = address("10.2.0.1")
    HandMade(
      "branch", AddressRange(Family.four.networks.left), AddressRange(Family.four.networks.right),
      [.esp(Family.four.gateways)]
    ).install(&configuration, left: 1, right: 3)
    let calm = try run(configuration)
    #expect(calm.answers == [1])
    // alice's second fragment, in clear, before either of hers has come.
    let pieces = calm.crossings.filter { $0.from == 0 && $0.to == 1 }
    var forged = pieces[1].bytes
    forged[forged.count - 1] ^= 1
    let (record, injected) = try run(
      configuration, injecting: [Injection(bytes: forged, node: 3, interface: 1, at: pieces[0].arrival)])
    #expect(record.answers == [1])
    #expect(record.drops(of: injected[0]) == [.reassemblyTimeout])
    #expect(record.drops == [.reassemblyTimeout])
  }

  @Test("a piece that IPComp leaves as it is goes its way beside those that it shrinks")
  func unshrunkPiece() throws {
    var configuration = line(.four, [.ping(size: 1_472), .ping(size: 1_480), .ping(size: 1_460)])
    HandMade(
      "branch", AddressRange(Family.four.networks.left), AddressRange(Family.four.networks.right),
      [.ipcomp(Family.four.gateways)]
    ).install(&configuration, left: 1, right: 3)
    for node in [1, 3] {
      guard case .apply(var protection)? = configuration.nodes[node].policies?[0].action else { continue }
      protection.innermost.fragmentation = .beforeEncapsulation
      configuration.nodes[node].policies?[0].action = .apply(protection)
    }
    let record = try run(configuration)
    #expect(record.answers.count == 3)
    #expect(record.drops.isEmpty)
  }

  /// fw-a and fw-b negotiate a bundle, the outermost layer's protocol on the wire being `number`.
  private func negotiated(_ inner: Family, _ outer: Family, _ layers: [Layer]) -> WorldConfiguration {
    var configuration = line(
      inner, [.ping(size: 56), .tcpRequest(port: 80, requestSize: 100, responseSize: 4_000)], count: 2)
    let hand = HandMade(
      "branch", AddressRange(inner.networks.left), AddressRange(inner.networks.right), layers)
    let ends = outer.gateways
    for (node, policy, own, other) in [
      (1, hand.policies.left, ends.left, ends.right), (3, hand.policies.right, ends.right, ends.left),
    ] {
      configuration.nodes[node].policies = [policy, SecurityPolicy(name: "rest", selector: .any, action: .bypass)]
      configuration.nodes[node].peers = [
        IKEPeer(
          name: "other", localAddress: own, remoteAddress: other, preSharedKey: [1, 2, 3],
          suites: [Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 2)])
      ]
    }
    return configuration
  }

  @Test(
    "bundles are negotiated, over both families, and what waits for them is answered", arguments: Family.allCases,
    Family.allCases)
  func negotiation(inner: Family, outer: Family) throws {
    let ends = outer.gateways
    for layers: [Layer] in [[.esp(ends)], [.ah(ends)], [.esp(ends), .ah()], [.ipcomp(ends), .esp()]] {
      let record = try run(negotiated(inner, outer, layers))
      #expect(record.answers.sorted() == [1, 1, 2, 2], "\(layers.map(\.suite))")
      #expect(record.installed.count == 4 * layers.count, "\(layers.map(\.suite))")
      #expect(record.drops.allSatisfy { $0 == .fragmentationNeeded }, "\(record.drops)")
    }
  }

  @Test(
    "changed packets put into worlds of both families with bundles: each ends by name or is delivered",
    arguments: 1...3 as ClosedRange<UInt64>, Family.allCases)
  func injections(seed: UInt64, family: Family) throws {
    let ends = (family == .four ? Family.six : .four).gateways
    try expectSettled(negotiated(family, family == .four ? .six : .four, [.esp(ends), .ah()]), seed: seed)
  }
}
