import Cryptography
import Testing
import Units
import Wire

@testable import IPsec

@Suite struct IPsecEngineTests {
  static let suites: [(CipherAlgorithm, IntegrityAlgorithm)] = [
    (.desCBC, .hmacMD5_96), (.tripleDESCBC, .hmacSHA1_96), (.aes128CBC, .hmacSHA1_96), (.aes192CBC, .hmacSHA256_128),
    (.aes256CBC, .hmacSHA256_128), (.null, .hmacSHA1_96), (.null, .hmacMD5_96), (.aes128CBC, .none),
    (.tripleDESCBC, .none), (.cast128CBC, .hmacSHA1_96), (.blowfishCBC, .hmacMD5_96), (.aes128CTR, .hmacSHA1_96),
    (.aes256CBC, .hmacSHA512_256),
  ]

  @Test(arguments: 0..<suites.count, [true, false])
  func `What one end seals the other opens, in both directions`(index: Int, isTunnel: Bool) throws {
    var pair = try Pair(PairOptions(suite: Self.suites[index], isTunnel: isTunnel))
    let hasWindow = Self.suites[index].1 != .none
    for number in UInt32(1)...3 {
      let there = udp(Int(number) * 7)
      let opened = try #require(pair.b.inbound(try pair.seal(there), at: .zero).opened)
      #expect(opened.datagram == there)
      #expect(opened.sequenceNumber == number)
      #expect(opened.windowTop == (hasWindow ? number : 0))
      let back = udp(30, from: bob, to: alice)
      let steps = try #require(pair.b.outbound(back, at: .zero).steps)
      #expect(steps[0].inner == nil && steps[0].sequenceNumber == number)
      #expect(pair.a.inbound(steps[0].outer, at: .zero).opened?.datagram == back)
    }
  }

  @Test func `The header of a tunnel`() throws {
    var pair = try Pair()
    let inner = udp(40, typeOfService: 0xB8)
    let first = try IPv4Header(decoding: try pair.seal(inner))
    let second = try IPv4Header(decoding: try pair.seal(inner))
    #expect(first.sourceAddress == firewallA.four && first.destinationAddress == firewallB.four)
    #expect(first.protocol == .esp && first.timeToLive == 64 && first.typeOfService == 0xB8)
    #expect(first.headerChecksum == first.rightChecksum && first.options.isEmpty && !first.isFragment)
    #expect(second.identification == first.identification &+ 1)
  }

  @Test func `Transport mode keeps the datagram's own header`() throws {
    var pair = try Pair(PairOptions(isTunnel: false))
    let payload = hex("0401 0007 000c 0000 01020304")
    let header = IPv4Header(
      from: alice.four, to: bob.four, protocol: .udp, payloadLength: payload.count, identification: 7, timeToLive: 33,
      typeOfService: 0x10, options: hex("94040000"))
    let datagram = header.datagram(payload)
    let sealed = try pair.seal(datagram)
    var expected = header
    expected.protocol = .esp
    expected.totalLength = UInt16(sealed.count)
    #expect(try IPv4Header(decoding: sealed) == expected.sealed)
    #expect(pair.b.inbound(sealed, at: .zero).opened?.datagram == datagram)
  }

  @Test func `Vectors come from a stream of the association's own`() throws {
    var pair = try Pair()
    var other = pair
    var again = try Pair()
    let vectors = try (0..<50).map { _ in Array(try pair.seal(udp(8))[28..<44]) }
    #expect(Set(vectors).count == 50)
    for vector in vectors { #expect(Array(try again.seal(udp(8))[28..<44]) == vector) }
    // What other associations do changes nothing, and a copy goes on by itself.
    try other.install(first: 0x2001, second: 0x2002)
    #expect(Array(try other.seal(udp(8))[28..<44]) != vectors[0])
    let newest = try other.parameters(0x2001, fromFirst: true).identity
    #expect(other.a.remove(newest) == .outbound)
    #expect(Array(try other.seal(udp(8))[28..<44]) == vectors[0])
  }

  @Test func `Without an association one is asked for`() throws {
    var engine = try Pair.engine(PairOptions(), isFirst: true)
    let outbound = engine.outbound(udp(8), at: .zero)
    guard case .needsAssociation(let request) = outbound.action else {
      Issue.record("\(outbound.action)")
      return
    }
    #expect(request.policy == "branch" && request.policyIndex == 0 && request.selector == branch)
    #expect(request.local == firewallA && request.remote == firewallB && request.successorOf == nil)
    #expect(request.packet == (try PacketSelectors(reading: udp(8))))

    var host = try Pair.engine(PairOptions(isTunnel: false), isFirst: true)
    guard case .needsAssociation(let own) = host.outbound(udp(8), at: .zero).action else {
      Issue.record("no association asked for")
      return
    }
    #expect(own.local == alice && own.remote == bob)
    #expect("\(own.selector)" == "10.1.0.10 → 10.2.0.10, any protocol")
  }

  @Test func `The newest association is used, and only for what it may carry`() throws {
    var pair = try Pair()
    try pair.install(first: 0x2001, second: 0x2002)
    #expect(pair.a.outbound(udp(8), at: .zero).steps?[0].association.spi == 0x2001)
    var narrow = try pair.parameters(0x3001, fromFirst: true)
    narrow.selector.destination = AddressRange(first: carol, last: carol)
    try pair.a.install(narrow, .outbound, isInitiator: true, at: .zero)
    #expect(pair.a.outbound(udp(8), at: .zero).steps?[0].association.spi == 0x2001)
    #expect(pair.a.remove(try pair.parameters(0x2001, fromFirst: true).identity) == .outbound)
    #expect(pair.a.outbound(udp(8), at: .zero).steps?[0].association.spi == 0x1001)
    #expect(pair.a.remove(try pair.parameters(0x2002, fromFirst: false).identity) == .inbound)
    #expect(pair.a.remove(try pair.parameters(0x2002, fromFirst: false).identity) == nil)
  }

  @Test func `Transport mode is for whole datagrams of this node's own`() throws {
    var pair = try Pair(PairOptions(isTunnel: false))
    let fragment = try IPv4Fragmenter.fragment(udp(100), mtu: 60)[0]
    #expect(pair.a.outbound(fragment, at: .zero).action == .discard(.fragmentInTransportMode))
    let transit = udp(8, from: ip(10, 1, 0, 11))
    #expect(pair.a.outbound(transit, at: .zero).action == .discard(.transportModeInTransit))
  }

  @Test func `What a link padded is no part of what is sealed`() throws {
    var pair = try Pair()
    let datagram = udp(3)
    let steps = try #require(pair.a.outbound(datagram + [0, 0, 0, 0, 0], at: .zero).steps)
    #expect(steps[0].inner == datagram)
    #expect(pair.b.inbound(steps[0].outer + [9, 9], at: .zero).opened?.datagram == datagram)
  }

  @Test func `Installation is refused in words`() throws {
    var engine = try Pair.engine(PairOptions(), isFirst: true)
    let pair = try Pair()
    func refusal(_ change: (inout AssociationParameters) throws -> Void) throws -> String {
      var parameters = try pair.parameters(0x1001, fromFirst: true)
      try change(&parameters)
      do throws(InstallationRefusal) {
        try engine.install(parameters, .outbound, isInitiator: true, at: .zero)
        return "installed"
      } catch { return "\(error)" }
    }
    #expect(
      try refusal { $0.identity.spi = 255 }
        == "SPI 255 is reserved; the first that an association may have is 256 (RFC 2406 §2.1)")
    #expect(try refusal { $0.identity.securityProtocol = .ah } == "AH is not what its algorithms are for")
    #expect(try refusal { $0.policy = "brunch" } == "no policy entry \"brunch\" applies IPsec at this node")
    #expect(try refusal { $0.isTunnel = false } == "policy entry \"branch\" wants tunnel mode")
    #expect(try refusal { $0.cipherKey = [1] } == "AES-128-CBC: a key of 1 octet; expected 16 octets")
    #expect(try refusal { $0.integrityKey = [] } == "HMAC-SHA-1-96: a key of 0 octets; expected 20 octets")
    let weak = [UInt8](repeating: 1, count: 8)
    #expect(
      try refusal {
        $0.suite = .esp(try suite(.desCBC, .hmacSHA1_96))
        $0.cipherKey = weak
      } == "DES-CBC: the key is weak (RFC 2405 §2.2, RFC 2451 §2.3)")
    #expect(try refusal { _ in } == "installed")
    #expect(try refusal { _ in } == "ESP 0x00001001 to 198.51.100.1 is in the database already")
    #expect(engine.statuses.map(\.parameters.identity.spi) == [0x1001])
  }

  @Test func `Thousands of associations are found among each other`() throws {
    var table = AssociationTable<Mark>()
    var generator = numbers(3)
    var slots: [AssociationIdentity: Int] = [:]
    var order: [AssociationIdentity] = []
    for step in 0..<4_000 {
      if step % 3 == 2 {
        let identity = order.remove(at: Int(generator.below(UInt64(order.count))))
        let slot = slots.removeValue(forKey: identity) ?? -1
        #expect(table.records[slot].identity == identity)
        table.remove(slot: slot)
        #expect(table.slot(of: identity) == nil)
      } else {
        let identity = AssociationIdentity(
          spi: UInt32(generator.below(step % 2 == 0 ? 4_000 : 1 << 32)) + 256, destination: firewallA,
          securityProtocol: .esp)
        guard slots[identity] == nil else { continue }
        slots[identity] = table.insert(Mark(identity: identity))
        order.append(identity)
      }
    }
    for identity in order { #expect(table.slot(of: identity) == slots[identity]) }
    #expect(table.count == order.count)
  }

  struct Mark: AssociationRecord { let identity: AssociationIdentity }
}
