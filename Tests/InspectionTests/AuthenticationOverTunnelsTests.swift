import Cryptography
import IPsec
import Inspection
import Testing
import Wire

@Suite struct AuthenticationOverTunnelsTests {
  @Test("AH inside AH, both in transport mode: the inner ICV was made before the outer header was there")
  func nestedAH() throws {
    let outerKey = [UInt8](repeating: 7, count: 20)
    let inner = SamplePackets.ahOverIPv6
    // IPv6 | AH (outer) | AH (inner) | ICMPv6, sealed as RFC 2402 §3.3.3 says: the mutable fields as zeros.
    let ah = AuthenticationHeader(
      nextHeader: .ah, spi: 0x77, sequenceNumber: 1, integrityCheckValue: [UInt8](repeating: 0, count: 12))
    var packet = Array(inner[..<40]) + ah.encoded + Array(inner[40...])
    packet[5] += 24
    var covered = packet
    covered[0] = 0x60
    for index in [1, 2, 3, 7] { covered[index] = 0 }
    packet.replaceSubrange(52..<64, with: HashAlgorithm.sha1.prf(outerKey, [covered]).prefix(12))
    var keys = SamplePackets.keys
    keys.add(
      AssociationKeys(.ah, spi: SPIPattern(0x77), integrity: .hmac(.sha1, length: 12, key: outerKey), origin: "outer"))
    var inspector = FrameInspector(keys: keys)
    let report = inspector.inspect(packet)
    #expect(report.kinds == [.ipv6, .ah, .ah, .icmpv6])
    #expect(report.layers.compactMap(\.protection).map(\.verdict) == [.ok, .ok])
  }

  @Test("AH behind every extension header that may stand in front of it, with ESP and IPComp put in between")
  func extended() throws {
    let key = [UInt8](repeating: 5, count: 16)
    let transform = try #require(try AuthenticationHeaderTransform(.hmacMD5_96, key: key))
    let hopByHop = IPv6HopByHopHeader(nextHeader: .ipv6DestinationOptions, options: [0x3E, 2, 9, 9])
    let options = IPv6DestinationOptionsHeader(nextHeader: .ipv6Routing, options: [0x1E, 2, 7, 7])
    let routing = IPv6RoutingHeader(
      nextHeader: .ipv6DestinationOptions, routingType: 0, segmentsLeft: 1,
      data: [0, 0, 0, 0] + [UInt8](repeating: 3, count: 16))
    let last = IPv6DestinationOptionsHeader(nextHeader: .noNextHeader, options: [0x3E, 2, 8, 8])
    let body = hopByHop.encoded + options.encoded + routing.encoded + last.encoded
    let packet =
      IPv6Header(
        from: IPv6Address(high: 1, low: 1), to: IPv6Address(high: 2, low: 2), nextHeader: .hopByHop,
        payloadLength: body.count
      ).encoded + body
    var sealed = try transform.protect(packet, spi: 0x55, sequenceNumber: 1)
    var keys = KeyRing()
    keys.add(
      AssociationKeys(.ah, spi: SPIPattern(0x55), integrity: .hmac(.md5, length: 12, key: key), origin: "manual"))
    var inspector = FrameInspector(keys: keys)
    let kinds: [LayerKind] = [
      .ipv6, .ipv6HopByHop, .ipv6DestinationOptions, .ipv6Routing, .ah, .ipv6DestinationOptions,
    ]
    let report = inspector.inspect(sealed)
    #expect(report.kinds == kinds && report.verdicts == ["AH OK"])
    // What the routers on the way may do leaves it right: class, flow label, hop limit, the option that may change.
    for (offset, octet) in [(1, 0x3F), (2, 0xFF), (7, 1), (44, 0xAA), (45, 0xBB)] as [(Int, UInt8)] {
      sealed[offset] = octet
    }
    #expect(inspector.inspect(sealed).verdicts == ["AH OK"])
    var changed = sealed
    changed[52] ^= 1
    #expect(inspector.inspect(changed).verdicts == ["AH FAIL"])
    // The last place on the route: the destination has changed places with the address of the list.
    sealed.replaceSubrange(24..<40, with: [UInt8](repeating: 3, count: 16))
    sealed.replaceSubrange(64..<80, with: packet[24..<40])
    sealed[59] = 0
    #expect(inspector.inspect(sealed).verdicts == ["AH OK"])
    // Behind ESP that came later, without encryption: the headers in front say ESP, and another length.
    let cut = 80
    let payload = Array(sealed[cut...])
    var later = Array(sealed[..<cut]) + ESPHeader(spi: 0x66, sequenceNumber: 1).encoded + payload + [1, 2, 2, 51]
    (later[5], later[56]) = (UInt8(later.count - 40), IPProtocol.esp.rawValue)
    keys.add(AssociationKeys(.esp, spi: SPIPattern(0x66), origin: "manual"))
    inspector = FrameInspector(keys: keys)
    #expect(inspector.inspect(later).verdicts == ["ESP OK", "AH OK"])
  }

  @Test("An ICV of 64 bits that nobody checks, behind a payload that is no multiple of four")
  func oddICV() {
    let esp =
      ESPHeader(spi: 0x77, sequenceNumber: 1).encoded + hex("0401000700080000 01 0111") + hex("0123456789abcdef")
    let packet = IPv4Header(
      from: IPv4Address(192, 0, 2, 1), to: IPv4Address(192, 0, 2, 2), protocol: .esp, payloadLength: esp.count
    ).datagram(esp)
    var keys = KeyRing()
    keys.add(AssociationKeys(.esp, spi: SPIPattern(0x77), integrity: .unchecked(length: 8), origin: "manual"))
    var inspector = FrameInspector(keys: keys, showsChecks: true)
    let report = inspector.inspect(packet)
    #expect(report.kinds == [.ipv4, .esp, .udp] && report.verdicts == ["ESP OK"])
    #expect(report.layers[1].protection?.reason == "the ICV is not checked, as the key file asks")
    let check = report.layers[1].protection?.check
    #expect(check?.computed == nil && check?.carried == hex("0123456789abcdef") && check?.octets.count == 19)
  }
}
