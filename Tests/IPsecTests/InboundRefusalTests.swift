import Cryptography
import Testing
import Units
import Wire

@testable import IPsec

/// Every way in which a packet is refused, with its words; and that nothing is delivered, and no state is destroyed,
/// by one.
@Suite struct InboundRefusalTests {
  /// What the second end says to a packet; then that an honest one still gets through.
  func refusal(
    _ pair: inout Pair, _ datagram: [UInt8], at now: Instant = .zero, stillWorks: Bool = true
  ) throws -> InboundRefusal {
    let inbound = pair.b.inbound(datagram, at: now)
    #expect(inbound.opened == nil)
    let refused = try #require(inbound.refused)
    if stillWorks {
      let next = udp(21)
      #expect(pair.b.inbound(try pair.seal(next, at: now), at: now).opened?.datagram == next)
    }
    return refused.reason
  }

  /// A packet that the first end's key makes, with everything in it free to choose.
  func forged(
    _ pair: Pair, number: UInt32 = 1, _ payload: [UInt8], nextHeader: IPProtocol = .ipv4
  ) throws -> [UInt8] {
    let parameters = try pair.parameters(0x1001, fromFirst: true)
    let transform = try ESPTransform(
      suite: try suite(parameters.suite.cipher, parameters.suite.integrity), cipherKey: parameters.cipherKey,
      integrityKey: parameters.integrityKey,
      direction: .encrypt)
    let vector = [UInt8](repeating: 7, count: parameters.suite.cipher.initializationVectorLength)
    let envelope = ESPTransform.Envelope(
      spi: 0x1001, sequenceNumber: number, initializationVector: InitializationVector(vector), nextHeader: nextHeader)
    var packet = try transform.seal(
      payload, 0..<payload.count,
      behind: IPv4Header(from: firewallA.four, to: firewallB.four, protocol: .esp, payloadLength: 0).encoded, envelope)
    mend(&packet)
    return packet
  }

  @Test func `An SPI that nobody has`() throws {
    var pair = try Pair()
    var packet = try pair.seal(udp(8))
    packet[22] ^= 1
    let reason = try refusal(&pair, packet)
    #expect(reason.detail == "no association ESP 0x00001101 to 198.51.100.1")
  }

  @Test func `An ICV that is wrong, and the window that stays`() throws {
    var pair = try Pair()
    var packet = try pair.seal(udp(8))
    packet[packet.count - 1] ^= 1
    let inbound = pair.b.inbound(packet, at: .zero)
    #expect(inbound.refused?.reason == .badICV && inbound.refused?.windowTop == 0)
    #expect(
      inbound.refused?.reason.detail
        == "the ICV is not the one that these octets and our key make (RFC 2402 §3.4.4, RFC 2406 §3.4.4)")
    packet[packet.count - 1] ^= 1
    #expect(pair.b.inbound(packet, at: .zero).opened != nil)
    // A forged number far ahead moves nothing.
    packet[24] = 0xFF
    #expect(try refusal(&pair, packet) == .badICV)
  }

  @Test func `A packet that comes twice`() throws {
    var pair = try Pair()
    let packet = try pair.seal(udp(8))
    #expect(pair.b.inbound(packet, at: .zero).opened != nil)
    let reason = try refusal(&pair, packet)
    #expect(reason == .replayed(1))
    #expect(reason.detail == "sequence number 1 has been here (RFC 2406 §3.4.3)")
  }

  @Test func `A packet that is older than the window`() throws {
    var pair = try Pair(PairOptions(replayWindow: 32))
    let packets = try (0..<34).map { _ in try pair.seal(udp(8)) }
    #expect(pair.b.inbound(packets[33], at: .zero).opened?.windowTop == 34)
    #expect(pair.b.inbound(packets[2], at: .zero).opened?.windowTop == 34)
    let reason = try refusal(&pair, packets[1])
    #expect(reason == .leftOfWindow(2, top: 34, size: 32))
    #expect(reason.detail == "sequence number 2 is left of the window of 32 that ends at 34 (RFC 2406 §3.4.3)")
    let zero = try refusal(&pair, try forged(pair, number: 0, udp(8)))
    #expect(zero.detail == "sequence number 0 is never sent: the first is 1 (RFC 2406 §3.3.3)")
  }

  @Test func `Padding and its length`() throws {
    var pair = try Pair(PairOptions(suite: (.null, .hmacSHA1_96)))
    let inner = udp(7)
    // Payload 35, then one octet of padding, pad length and next header: with NULL they can be written by hand.
    let good = try forged(pair, inner)
    #expect(Array(good[28..<good.count - 12].suffix(5)) == [1, 2, 3, 3, 4])
    #expect(try refusal(&pair, try signed(pair, inner + [1, 9, 3, 3, 4], number: 20)) == .badPadding(index: 1))
    #expect(InboundRefusal.badPadding(index: 1).detail == "octet 2 of the padding is not 2 (RFC 2406 §2.4)")
    let long = try refusal(&pair, try signed(pair, inner + [1, 2, 3, 200, 4], number: 40))
    #expect(long == .badPadLength(200, limit: 38))
    #expect(long.detail == "pad length 200 exceeds the 38 octets before it (RFC 2406 §2.5)")
  }

  /// With NULL: these octets as plaintext, authenticated.
  func signed(_ pair: Pair, _ plaintext: [UInt8], number: UInt32) throws -> [UInt8] {
    let parameters = try pair.parameters(0x1001, fromFirst: true)
    var writer = ByteWriter(continuing: hex("00001001"))
    writer.append(number)
    var esp = writer.bytes
    esp += plaintext
    let authenticator = try #require(try parameters.suite.integrity.authenticator(key: parameters.integrityKey))
    esp += authenticator.authenticate(esp).prefix(12)
    return IPv4Header(from: firewallA.four, to: firewallB.four, protocol: .esp, payloadLength: esp.count).datagram(esp)
  }

  @Test func `Lengths that no packet can have`() throws {
    var pair = try Pair()
    let packet = try pair.seal(udp(8))
    for length in 0..<packet.count - 20 {
      let cut = IPv4Header(from: firewallA.four, to: firewallB.four, protocol: .esp, payloadLength: length)
        .datagram(Array(packet[20..<20 + length]))
      let expected: InboundRefusal =
        length >= 52 && (length - 36) % 16 == 0 ? .badICV : .shortPacket(length)
      #expect(pair.b.inbound(cut, at: .zero).refused?.reason == expected)
    }
    #expect(
      try refusal(
        &pair, IPv4Header(from: firewallA.four, to: firewallB.four, protocol: .esp, payloadLength: 0).datagram([])
      )
      .detail
        == "0 octets of ESP are no length that the association's algorithms produce (RFC 2406 §2)")
  }

  @Test func `Next headers`() throws {
    var pair = try Pair()
    let dummy = try refusal(&pair, try forged(pair, number: 20, [1, 2, 3], nextHeader: .noNextHeader))
    #expect(dummy == .dummyPacket && dummy.detail == "next header 59: a dummy that hides how much is sent")
    let reason = try refusal(&pair, try forged(pair, number: 21, udp(8), nextHeader: .tcp))
    #expect(reason.detail == "next header 6 (TCP) where a tunnel carries IPv4, 4, or IPv6, 41 (RFC 2406 §2.6)")
  }

  @Test func `Inner datagrams that the association is not for`() throws {
    var pair = try Pair()
    let reason = try refusal(&pair, try forged(pair, number: 20, udp(8, from: carol)))
    #expect(
      reason.detail
        == "the inner packet (10.3.0.10 → 10.2.0.10, UDP, port 1025 → 7) is none that the association may carry (10.1.0.0/16 → 10.2.0.0/16, any protocol) (RFC 2401 §5.2.1)"
    )
    let malformed = try refusal(&pair, try forged(pair, number: 21, Array(udp(8).prefix(19))))
    guard case .malformedHeader(_, isInner: true) = malformed else {
      Issue.record("\(malformed)")
      return
    }
    let inbound = pair.b.inbound(try forged(pair, number: 40, []), at: .zero)
    // The number was verified before the inside was looked at, and is remembered.
    #expect(inbound.refused?.windowTop == 40)
  }

  @Test func `Policies that want something else`() throws {
    func entry(_ name: String, _ port: UInt16, _ action: PolicyAction) -> SecurityPolicy {
      SecurityPolicy(
        name: name,
        selector: Selector(
          source: branch.source, destination: branch.destination, transport: .value(.udp),
          destinationPorts: .port(port)),
        action: action)
    }
    let other = Protection(mode: .tunnel(local: firewallB, remote: firewallA), suites: [])
    var pair = try Pair(
      PairOptions(entriesBefore: [
        entry("no discard service", 9, .discard), entry("daytime in clear", 13, .bypass),
        entry("quote of the day", 17, .apply(other)),
      ]))
    func reason(_ port: UInt16, _ number: UInt32) throws -> String {
      try refusal(&pair, try forged(pair, number: number, udp(8, ports: (1_025, port)))).detail
    }
    #expect(try reason(9, 20) == "policy entry \"no discard service\" discards it")
    #expect(
      try reason(13, 21)
        == "it came by ESP 0x00001001 to 198.51.100.1, and policy entry \"daytime in clear\" bypasses IPsec (RFC 2401 §5.2.1)"
    )
    #expect(
      try reason(17, 22)
        == """
        it came by ESP 0x00001001 to 198.51.100.1 of policy entry "branch", and policy entry "quote of the day" covers it, \
        which demands ESP in tunnel mode (RFC 2401 §5.2.1)
        """)
  }

  @Test func `Cleartext where the policy demands IPsec`() throws {
    var pair = try Pair()
    let inbound = pair.b.inbound(udp(8), at: .zero)
    #expect(inbound == pair.b.inboundCleartext(udp(8), at: .zero))
    #expect(inbound.match?.name == "branch")
    #expect(
      inbound.refused?.reason.detail
        == "it came in clear, and policy entry \"branch\" demands IPsec (RFC 2401 §5.2.1)")
    let isakmp = udp(8, from: firewallA, to: firewallB, ports: (500, 500))
    #expect(pair.b.inbound(isakmp, at: .zero) == Inbound(match: .negotiation, action: .bypass))
  }

  @Test func `A fragment of ESP`() throws {
    var pair = try Pair()
    let fragment = try IPv4Fragmenter.fragment(try pair.seal(udp(200)), mtu: 100)[0]
    let reason = try refusal(&pair, fragment)
    #expect(reason.detail == "a fragment: IPsec takes whole datagrams only (RFC 2402 §3.4.1, RFC 2406 §3.4.1)")
  }

  @Test func `ESP between others is traffic like any other`() throws {
    var pair = try Pair()
    var packet = try pair.seal(udp(8))
    packet.replaceSubrange(16..<20, with: carol.octets)
    mend(&packet)
    guard case .noPolicy = try refusal(&pair, packet) else {
      Issue.record("opened")
      return
    }
  }

  // MARK: Hostile packets

  @Test(arguments: [(CipherAlgorithm.aes128CBC, IntegrityAlgorithm.hmacSHA1_96), (.null, .hmacMD5_96)])
  func `A sealed packet cut at any length is never accepted`(cipher: CipherAlgorithm, integrity: IntegrityAlgorithm)
    throws
  {
    var pair = try Pair(PairOptions(suite: (cipher, integrity)))
    let packet = try pair.seal(udp(33))
    for length in 0..<packet.count {
      #expect(pair.b.inbound(Array(packet.prefix(length)), at: .zero).opened == nil)
      var mended = Array(packet.prefix(length))
      if length >= 20 { mend(&mended) }
      #expect(pair.b.inbound(mended, at: .zero).opened == nil)
    }
    #expect(pair.b.inbound(packet, at: .zero).opened != nil)
  }

  @Test(arguments: UInt64(1)...8)
  func `A sealed packet with changed octets is never accepted`(seed: UInt64) throws {
    var generator = numbers(seed)
    var pair = try Pair(PairOptions(suite: IPsecEngineTests.suites[Int(seed) % 3]))
    let packet = try pair.seal(udp(33))
    for round in 0..<150 {
      var changed = packet
      for _ in 0...generator.below(3) {
        changed[20 + Int(generator.below(UInt64(changed.count - 20)))] ^= UInt8(1 + generator.below(255))
      }
      guard changed != packet else { continue }
      #expect(pair.b.inbound(changed, at: .zero).opened == nil, "seed \(seed), round \(round)")
    }
    #expect(pair.b.inbound(packet, at: .zero).opened != nil)
  }

  @Test(arguments: UInt64(1)...4)
  func `Without an authenticator nonsense comes out, but nothing traps`(seed: UInt64) throws {
    var generator = numbers(seed)
    var pair = try Pair(PairOptions(suite: (.desCBC, .none)))
    for _ in 0..<300 {
      let junk = hex("00001001 00000001") + generator.bytes(8 * (2 + Int(generator.below(8))))
      let packet = IPv4Header(from: firewallA.four, to: firewallB.four, protocol: .esp, payloadLength: junk.count)
        .datagram(junk)
      #expect(pair.b.inbound(packet, at: .zero).opened == nil, "seed \(seed)")
      _ = pair.b.outbound(generator.bytes(Int(generator.below(80))), at: .zero)
      _ = pair.b.inbound(generator.bytes(Int(generator.below(80))), at: .zero)
      _ = pair.b.learnPathMTU(Int(generator.below(1_500)), quoting: generator.bytes(28), at: .zero)
    }
  }
}
