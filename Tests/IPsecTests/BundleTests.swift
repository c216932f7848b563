import Cryptography
import Testing
import Units
import Wire

@testable import IPsec

/// What one layer does, for the matrix of all of them.
enum LayerKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case ah = "AH"
  case esp = "ESP"
  case espWithoutCipher = "ESP without cipher"
  case espWithoutAuthenticator = "ESP without authenticator"
  case ipcomp = "IPComp"

  static let secure: [LayerKind] = [.ah, .esp, .espWithoutCipher, .espWithoutAuthenticator]

  var testDescription: String { rawValue }

  func suite() throws -> AssociationSuite {
    switch self {
    case .ah: .ah(.hmacSHA1_96)
    case .esp: .esp(try IPsecTests.suite(.aes128CBC, .hmacSHA1_96))
    case .espWithoutCipher: .esp(try IPsecTests.suite(.null, .hmacMD5_96))
    case .espWithoutAuthenticator: .esp(try IPsecTests.suite(.tripleDESCBC, .none))
    case .ipcomp: .ipcomp(.deflate)
    }
  }
}

/// A layer of a bundle between two ends: transport, or a tunnel between addresses of their own.
struct LayerPlan: Sendable {
  var kind: LayerKind
  var tunnel: (first: IPAddress, second: IPAddress)?
  var trafficFlow: TrafficFlowConfidentiality?

  static func transport(_ kind: LayerKind) -> LayerPlan { LayerPlan(kind: kind, tunnel: nil) }
  static func tunnel(_ kind: LayerKind, _ first: IPAddress, _ second: IPAddress) -> LayerPlan {
    LayerPlan(kind: kind, tunnel: (first, second))
  }
}

/// Two ends with a bundle between them, keyed by hand: SPI 0x2000 and up there, 0x3000 and up back.
struct Bundle {
  var a: IPsecEngine
  var b: IPsecEngine

  init(_ plans: [LayerPlan], between first: IPAddress, and second: IPAddress, selector: Selector = .any) throws {
    a = try Self.engine(plans, own: [first] + plans.compactMap(\.tunnel?.first), isFirst: true, selector)
    b = try Self.engine(plans, own: [second] + plans.compactMap(\.tunnel?.second), isFirst: false, selector)
    for (index, plan) in plans.enumerated() {
      let tunnels = plans[...index].compactMap(\.tunnel)
      let ends = tunnels.last ?? (first, second)
      let there = try Self.parameters(plan, index, from: ends.0, to: ends.1, base: 0x2000, selector)
      let back = try Self.parameters(plan, index, from: ends.1, to: ends.0, base: 0x3000, selector.reversed)
      try a.install(there, .outbound, isInitiator: true, at: .zero)
      try a.install(back, .inbound, isInitiator: true, at: .zero)
      try b.install(there, .inbound, isInitiator: false, at: .zero)
      try b.install(back, .outbound, isInitiator: false, at: .zero)
    }
  }

  private static func engine(
    _ plans: [LayerPlan], own: [IPAddress], isFirst: Bool, _ selector: Selector
  ) throws -> IPsecEngine {
    let layers = try plans.map { plan in
      let mode: IPsec.EncapsulationMode =
        plan.tunnel.map {
          .tunnel(local: isFirst ? $0.first : $0.second, remote: isFirst ? $0.second : $0.first)
        } ?? .transport
      return ProtectionLayer(mode: mode, suites: [try plan.kind.suite()], trafficFlow: plan.trafficFlow)
    }
    let protection = Protection(innermost: layers[0], outer: Array(layers.dropFirst()), lifetime: .unlimited)
    let policy = SecurityPolicy(
      name: "all", selector: isFirst ? selector : selector.reversed, action: .apply(protection))
    return IPsecEngine(
      policies: [policy], localAddresses: own,
      generator: SeededGenerator(seed: 1, node: isFirst ? "a" : "b", purpose: "ipsec"))
  }

  private static func parameters(
    _ plan: LayerPlan, _ index: Int, from source: IPAddress, to destination: IPAddress, base: UInt32,
    _ selector: Selector
  ) throws -> AssociationParameters {
    let suite = try plan.kind.suite()
    let spi = base + UInt32(index)
    var keys = numbers(UInt64(spi))
    return AssociationParameters(
      identity: AssociationIdentity(spi: spi, destination: destination, securityProtocol: suite.securityProtocol),
      source: source, isTunnel: plan.tunnel != nil, suite: suite, cipherKey: keys.bytes(suite.cipher.keyLength),
      integrityKey: keys.bytes(suite.integrity.keyLength), selector: index == 0 ? selector : .any, policy: "all",
      layer: index, lifetime: .unlimited, replayWindow: 0)
  }

  /// What the first end sends for a datagram.
  mutating func sent(_ datagram: [UInt8]) throws -> [UInt8] {
    let outbound = a.outbound(datagram, at: .zero, linkMTU: 9_000)
    guard case .sealed(let steps) = outbound.action else {
      if case .bypass = outbound.action { return datagram }
      throw Unsealed(outbound: outbound)
    }
    #expect(steps.count(where: \.isLast) == 1 && steps.last?.isLast == true)
    return try #require(steps.last).outer
  }

  struct Unsealed: Error { var outbound: Outbound }

  /// What comes out at the second end, or why nothing does.
  mutating func received(_ packet: [UInt8]) -> Result<[UInt8], InboundRefusal> {
    Self.open(packet, at: &b)
  }

  static func open(_ packet: [UInt8], at engine: inout IPsecEngine) -> Result<[UInt8], InboundRefusal> {
    var (datagram, trail) = (packet, AssociationTrail())
    while true {
      switch engine.inbound(datagram, openedBy: trail, at: .zero).action {
      case .bypass: return .success(datagram)
      case .refused(let refused): return .failure(refused.reason)
      case .opened(let opened):
        if opened.isComplete { return .success(opened.datagram) }
        (datagram, trail) = (opened.datagram, opened.trail)
      }
    }
  }
}

func ip6(_ low: UInt64) -> IPAddress { .v6(IPv6Address(high: 0x2001_0db8_0000_0000, low: low)) }

/// Where the ends of a bundle lie.
struct Ground: Sendable, CustomTestStringConvertible {
  var name: String
  var hosts: (IPAddress, IPAddress)
  var inner: (IPAddress, IPAddress)
  var outer: (IPAddress, IPAddress)

  var testDescription: String { name }

  static let all = [
    Ground(
      name: "IPv4", hosts: (alice, bob), inner: (firewallA, firewallB), outer: (ip(203, 0, 113, 1), ip(203, 0, 113, 2))),
    Ground(name: "IPv6", hosts: (ip6(0xa), ip6(0xb)), inner: (ip6(0x1a), ip6(0x1b)), outer: (ip6(0x2a), ip6(0x2b))),
    Ground(name: "6 in 4", hosts: (ip6(0xa), ip6(0xb)), inner: (firewallA, firewallB), outer: (ip6(0x2a), ip6(0x2b))),
    Ground(name: "4 in 6", hosts: (alice, bob), inner: (ip6(0x1a), ip6(0x1b)), outer: (firewallA, firewallB)),
  ]
}

@Suite struct BundleTests {
  static func plans(_ kind: LayerKind, _ isTunnel: Bool, _ ends: (IPAddress, IPAddress)) -> LayerPlan {
    isTunnel ? .tunnel(kind, ends.0, ends.1) : .transport(kind)
  }

  @Test(arguments: Ground.all)
  func `Each protocol alone, and each in each other, comes back whole`(ground: Ground) throws {
    let datagram = udp(333, from: ground.hosts.0, to: ground.hosts.1, typeOfService: 0x10)
    for inner in LayerKind.allCases {
      for innerIsTunnel in [false, true] {
        let alone = [Self.plans(inner, innerIsTunnel, ground.inner)]
        try Self.check(alone, ground, datagram)
        for outer in LayerKind.allCases {
          for outerIsTunnel in [false, true] {
            try Self.check(alone + [Self.plans(outer, outerIsTunnel, ground.outer)], ground, datagram)
          }
        }
      }
    }
  }

  private static func check(_ plans: [LayerPlan], _ ground: Ground, _ datagram: [UInt8]) throws {
    let name = plans.map { "\($0.kind.rawValue) in \($0.tunnel == nil ? "transport" : "tunnel") mode" }
      .joined(separator: ", then ")
    var bundle = try Bundle(plans, between: ground.hosts.0, and: ground.hosts.1)
    for _ in 0..<3 {
      let packet = try bundle.sent(datagram)
      #expect(packet != datagram, "\(name)")
      #expect(try IPGlance(verifying: packet).totalLength == packet.count, "\(name)")
      let received = bundle.received(packet)
      guard case .success(let opened) = received else {
        Issue.record("\(name): \(received)")
        return
      }
      #expect(opened == datagram, "\(name)")
    }
  }

  @Test(arguments: LayerKind.secure, [true, false])
  func `A flipped bit anywhere is refused where there is an authenticator`(kind: LayerKind, isTunnel: Bool) throws {
    guard kind != .espWithoutAuthenticator else { return }
    for ground in Ground.all.prefix(2) {
      var bundle = try Bundle(
        [Self.plans(kind, isTunnel, ground.inner)], between: ground.hosts.0, and: ground.hosts.1)
      let packet = try bundle.sent(udp(40, from: ground.hosts.0, to: ground.hosts.1))
      let start = try IPGlance(verifying: packet).headerLength
      for offset in start..<packet.count {
        var changed = packet
        changed[offset] ^= 0x10
        #expect(throws: InboundRefusal.self, "octet \(offset)") { try bundle.received(changed).get() }
      }
      for length in start..<packet.count {
        #expect(throws: InboundRefusal.self) { try bundle.received(Array(packet.prefix(length))).get() }
      }
      #expect(throws: Never.self) { try bundle.received(packet).get() }
    }
  }

  @Test func `AH behind options and extension headers, changed as routers may`() throws {
    // Router alert stays as it is, record route (7) may be filled in.
    let payload = hex("0401000700080000")
    let four = IPv4Header(
      from: alice.four, to: bob.four, protocol: .udp, payloadLength: 8, options: hex("94040000 070704 00000000 00")
    ).datagram(payload)
    // Hop-by-hop: router alert, then an option whose data may change on the way; the transport header behind.
    let options = hex("11 01 05020000 3e02aabb 01 04 00000000")
    let six = IPv6Header(from: ip6(0xa).six, to: ip6(0xb).six, nextHeader: .hopByHop, payloadLength: 0)
      .packet(options + payload)
    for (datagram, ends, mutable) in [
      (four, (alice, bob), [1, 6, 8, 27, 30]), (six, (ip6(0xa), ip6(0xb)), [1, 2, 3, 7, 48, 49]),
    ] {
      var bundle = try Bundle([.transport(.ah)], between: ends.0, and: ends.1)
      let packet = try bundle.sent(datagram)
      #expect(try bundle.received(packet).get() == datagram)
      for offset in mutable {
        var changed = packet
        changed[offset] ^= 0x40
        if datagram[0] >> 4 == 4 { sum(&changed) }
        #expect(throws: Never.self, "octet \(offset)") { try bundle.received(changed).get() }
      }
      var moved = packet
      moved[datagram[0] >> 4 == 4 ? 4 : 44] ^= 1
      if datagram[0] >> 4 == 4 { sum(&moved) }
      #expect(
        bundle.received(moved).refusal
          == "the ICV is not the one that these octets and our key make (RFC 2402 §3.4.4, RFC 2406 §3.4.4)")
    }
  }

  private func sum(_ packet: inout [UInt8]) {
    packet.put(0, at: 10)
    packet.put(InternetChecksum.of(Array(packet[..<(Int(packet[0] & 15) * 4)])), at: 10)
  }

  @Test func `Padding and dummies hide how much is sent`() throws {
    let flow = TrafficFlowConfidentiality(paddingMultiple: 200, dummyInterval: .seconds(1), dummyLength: 100)
    var plan = LayerPlan.tunnel(.esp, firewallA, firewallB)
    plan.trafficFlow = flow
    var bundle = try Bundle([plan, .tunnel(.ah, ip(203, 0, 113, 1), ip(203, 0, 113, 2))], between: alice, and: bob)
    let lengths = try (1...150).map { try bundle.sent(udp($0)).count }
    #expect(Set(lengths).count == 1)
    for size in [0, 1, 100, 300, 900] { #expect(try bundle.received(try bundle.sent(udp(size))).get() == udp(size)) }
    let made = bundle.a.dummy(policy: 0, layer: 0, at: .zero)
    let dummy = try #require(made)
    #expect(dummy.steps.map(\.isLast) == [false, true])
    #expect(dummy.steps[1].outer.count == lengths[0])
    #expect(bundle.received(dummy.steps[1].outer).refusal == "next header 59: a dummy that hides how much is sent")
    let none = [bundle.a.dummy(policy: 0, layer: 1, at: .zero), bundle.a.dummy(policy: 7, layer: 0, at: .zero)]
    #expect(none.allSatisfy { $0 == nil })
    // The association around it has used up its numbers: no dummy, and no trap.
    let outer = try #require(bundle.a.associations.outboundSlots(ofPolicy: 0, layer: 1).last)
    bundle.a.associations.outbound.records[outer].resume(after: .max)
    let late = bundle.a.dummy(policy: 0, layer: 0, at: .zero)
    #expect(late == nil)
  }

  @Test func `A receiver insists on every association of the bundle, in its order`() throws {
    let plans = [LayerPlan.transport(.esp), .transport(.ah)]
    var bundle = try Bundle(plans, between: alice, and: bob)
    let datagram = udp(64)
    // Only ESP, as a sender would that forgets AH.
    guard case .sealed(let steps) = bundle.a.outbound(datagram, at: .zero).action else {
      Issue.record("not sealed")
      return
    }
    #expect(steps.map(\.association.securityProtocol) == [.esp, .ah])
    #expect(steps[1].inner == steps[0].outer)
    let refusal = bundle.received(steps[0].outer)
    #expect(
      refusal.refusal
        == """
        it came by ESP 0x00002000 to 10.2.0.10, and policy entry "all" covers it, which demands AH in transport mode, then \
        ESP in transport mode (RFC 2401 §5.2.1)
        """)
    #expect(throws: Never.self) { try bundle.received(steps[1].outer).get() }
  }

  @Test func `The same associations the other way round are refused`() throws {
    var right = try Bundle([.transport(.esp), .transport(.ah)], between: alice, and: bob)
    var wrong = try Bundle([.transport(.ah), .transport(.esp)], between: alice, and: bob)
    // The other order with the same keys and SPIs: layers are told by protocol, so that the SPIs have to be exchanged.
    let packet = try wrong.sent(udp(64))
    #expect(right.received(packet).refusal?.hasPrefix("no association ESP 0x00002001") == true)
  }

  @Test func `IPComp leaves alone what does not shrink`() throws {
    for ground in Ground.all {
      for plans in [
        [LayerPlan.transport(.ipcomp), .transport(.esp)],
        [.transport(.ipcomp), .tunnel(.esp, ground.inner.0, ground.inner.1)],
        [.tunnel(.ipcomp, ground.inner.0, ground.inner.1), .transport(.esp)],
        [.tunnel(.ipcomp, ground.inner.0, ground.inner.1), .transport(.esp), .transport(.ah)],
      ] {
        var bundle = try Bundle(plans, between: ground.hosts.0, and: ground.hosts.1)
        let short = udp(3, from: ground.hosts.0, to: ground.hosts.1)
        #expect(try bundle.received(try bundle.sent(short)).get() == short)
        let long = udp(900, from: ground.hosts.0, to: ground.hosts.1)
        let sent = try bundle.sent(long)
        #expect(sent.count < long.count)
        #expect(try bundle.received(sent).get() == long)
      }
    }
  }

  @Test func `Sixteen tunnels are looked into, and not one more`() throws {
    func plans(_ count: Int) -> [LayerPlan] {
      (0..<count).map { .tunnel(.espWithoutCipher, ip(10, 9, UInt8($0), 1), ip(10, 9, UInt8($0), 2)) }
    }
    var most = try Bundle(plans(16), between: alice, and: bob)
    #expect(try most.received(try most.sent(udp(32))).get() == udp(32))
    var deep = try Bundle(plans(64), between: alice, and: bob)
    #expect(
      deep.received(try deep.sent(udp(32))).refusal
        == "more than 16 associations on one datagram: no deeper is looked (RFC 2401 §4.5 demands two)")
  }
}

extension Result where Success == [UInt8], Failure == InboundRefusal {
  /// Why, in words.
  var refusal: String? {
    if case .failure(let reason) = self { reason.detail } else { nil }
  }
}
