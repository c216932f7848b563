import Testing

@testable import Wire

@Suite("Headers of the IP family: read, written, refused where they end")
struct HeaderTests {
  static let six = IPv6Address(high: 0x2001_0DB8_0000_0001, low: 0x0000_0000_0000_0042)

  @Test("TCP, with every option that it knows and one that it doesn't")
  func tcp() throws {
    let options: [TCPOption] = [
      .maximumSegmentSize(1460), .selectiveAcknowledgmentPermitted, .timestamps(value: 7, echoReply: 9), .noOperation,
      .windowScale(7), .other(kind: 30, data: [1, 2]),
    ]
    let header = TCPHeader(
      sourcePort: 40_000, destinationPort: 80, sequenceNumber: 1, acknowledgmentNumber: 2, flags: [.syn, .ece, .cwr],
      window: 65_535, options: options)
    #expect(header.maximumSegmentSize == 1460)
    #expect(header.parsedOptions.prefix(6) == options[...])
    expectContract(header)
    let segment = header.segment([1, 2, 3], from: DatagramTests.alice, to: DatagramTests.bob)
    #expect(TCPHeader.isIntact(segment, from: DatagramTests.alice, to: DatagramTests.bob))
    #expect(!TCPHeader.isIntact(segment.dropLast() + [9], from: DatagramTests.alice, to: DatagramTests.bob))
  }

  @Test("TCP options that make no sense keep their octets")
  func badTCPOptions() {
    let parsed = TCPOption.parse([1, 2, 1, 9, 9]).map(\.option)
    #expect(parsed == [.noOperation, .other(kind: 2, data: [9, 9])])
    #expect(TCPOption.parse([8]).map(\.option) == [.other(kind: 8, data: [])])
  }

  @Test("AH with ICVs of 12 and 16 octets")
  func ah() throws {
    for length in [12, 16, 0] {
      let header = AuthenticationHeader(
        nextHeader: .icmp, reserved: 0, spi: 0x1000, sequenceNumber: 3,
        integrityCheckValue: [UInt8](repeating: 0xA5, count: length))
      #expect(Int(header.payloadLength) == length / 4 + 1)
      expectContract(header)
    }
  }

  @Test("AH whose length ends inside its fixed part is refused by name")
  func shortAH() {
    let octets: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    #expect { try AuthenticationHeader(decoding: octets) } throws: { error in
      "\(error)"
        == "AH · Payload Len at byte 0x0001: 8 is less than the 12 bytes there must be (RFC 2402 §2.2)"
    }
  }

  @Test("IPv6 and its extension headers")
  func ipv6() throws {
    let header = IPv6Header(
      from: Self.six, to: Self.six, nextHeader: .hopByHop, payloadLength: 8, trafficClass: 0xB8, flowLabel: 0x12345)
    expectContract(header)
    for count in 0..<20 {
      expectContract(
        IPv6HopByHopHeader(nextHeader: .icmpv6, options: [UInt8](repeating: 0, count: count)))
      expectContract(IPv6DestinationOptionsHeader(nextHeader: .esp, options: [5, 2, 0, 0]))
    }
    expectContract(
      IPv6RoutingHeader(nextHeader: .tcp, routingType: 0, segmentsLeft: 1, data: [0, 0, 0, 0] + Self.six.octets))
    expectContract(
      IPv6FragmentHeader(nextHeader: .udp, fragmentOffset: 185, moreFragments: true, identification: 0xDEAD_BEEF))
  }

  @Test("ICMPv6: its checksum covers the addresses")
  func icmpv6() {
    let message = ICMPv6Message(type: .echoRequest, body: [0, 1, 0, 2, 9, 9]).sealed(from: Self.six, to: Self.six)
    expectContract(message, refusesPrefixes: false)
    #expect(ICMPv6Message.checksum(of: message.encoded, from: .v6(Self.six), to: .v6(Self.six)) == 0)
  }

  @Test("IPComp, GRE in every shape, the non-ESP marker and the keepalive")
  func small() {
    expectContract(IPCompHeader(nextHeader: .ipv4, compressionParameterIndex: 2))
    expectContract(NonESPMarker())
    expectContract(NATKeepalive())
    for shape in 0..<16 {
      expectContract(
        GREHeader(
          protocolType: .ipv4, version: shape & 8 == 0 ? 0 : 1, checksum: shape & 1 == 0 ? nil : 7,
          key: shape & 2 == 0 ? nil : 8, sequenceNumber: shape & 4 == 0 ? nil : 9,
          acknowledgmentNumber: shape & 8 == 0 ? nil : 10))
    }
  }

  @Test("L2TP in every shape, and its AVPs")
  func l2tp() throws {
    for shape in 0..<16 {
      expectContract(
        L2TPHeader(
          isControl: shape & 1 == 0, length: shape & 2 == 0 ? nil : 20, tunnelID: 1, sessionID: 2,
          sequence: shape & 4 == 0 ? nil : .init(sent: 3, expected: 4), offsetPad: shape & 8 == 0 ? nil : [0, 0]))
    }
    let pair = L2TPAttributeValuePair(isMandatory: true, type: 0, value: [0, 1])
    var writer = ByteWriter()
    pair.write(to: &writer)
    var cursor = Cursor(end: writer.count)
    let read = unsafe try L2TPAttributeValuePair(reading: writer.bytes.span.bytes, at: &cursor)
    #expect(read == pair && cursor.remaining == 0)
    #expect(pair.node(at: 0).children.last?.meaning == "SCCRQ")
  }

  @Test("Ethernet with and without tags, PPP in its four shapes, loopback, ARP")
  func links() {
    let alice = HardwareAddress(rawValue: 0x0200_0A01_0005)
    let bob = HardwareAddress(rawValue: 0x0200_0A02_0007)
    expectContract(EthernetHeader(destination: alice, source: bob, type: .ipv4))
    expectContract(
      EthernetHeader(
        destination: alice, source: bob,
        tags: [VLANTag(type: .providerBridging, control: 0x2001), VLANTag(control: 0xF064)], type: .arp))
    for (control, compressed) in [(true, true), (true, false), (false, true), (false, false)] {
      expectContract(PPPHeader(hasAddressAndControl: control, isProtocolCompressed: compressed, protocol: .ipv4))
    }
    expectContract(LoopbackHeader(family: 2, isLittleEndian: true))
    expectContract(LoopbackHeader(family: 30, isLittleEndian: false))
    expectContract(
      ARPMessage(operation: 1, sender: (alice, IPv4Address(10, 1, 0, 5)), target: (bob, IPv4Address(10, 1, 0, 1))))
  }

  @Test("Linux cooked, both versions")
  func cooked() throws {
    for (version, length) in [(LinuxCookedHeader.Version.one, 16), (.two, 20)] {
      var noise = Noise(seed: UInt64(length))
      let octets = noise.octets(length)
      var cursor = Cursor(end: length)
      let header = unsafe try LinuxCookedHeader(reading: octets.span.bytes, at: &cursor, version: version)
      var writer = ByteWriter()
      header.write(to: &writer)
      #expect(writer.bytes == octets && cursor.remaining == 0)
      for end in 0..<length {
        var short = Cursor(end: end)
        #expect(throws: DecodeError.self) {
          unsafe try LinuxCookedHeader(reading: octets.span.bytes, at: &short, version: version)
        }
      }
    }
  }

  @Test("A writer appends: what stood in the buffer stays, and nothing is skipped")
  func writers() {
    let header = IPv4Header(from: .any, to: .broadcast, protocol: .udp, payloadLength: 0)
    var writer = ByteWriter(continuing: [UInt8](repeating: 0xA5, count: 5))
    header.write(to: &writer)
    #expect(writer.bytes.prefix(5).allSatisfy { $0 == 0xA5 })
    #expect(Array(writer.bytes.dropFirst(5)) == header.encoded)
  }

  @Test("Nested lengths are patched when their body is written")
  func nestedLengths() {
    var writer = ByteWriter()
    writer.append(UInt8(1))
    writer.withLength16(countingFrom: 0) { outer in
      outer.withLength16 { inner in inner.append([9, 9, 9]) }
    }
    writer.withLength32 { $0.append(uint24: 0x010203) }
    #expect(writer.bytes == [1, 0, 8, 0, 3, 9, 9, 9, 0, 0, 0, 3, 1, 2, 3])
  }
}

@Suite("Addresses in words")
struct AddressTextTests {
  /// RFC 5952 §4 and §5, and RFC 4291 §2.2.
  @Test(
    "IPv6 text is canonical",
    arguments: [
      ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0DB8::0001", "2001:db8::1"), ("::", "::"), ("::1", "::1"),
      ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1::", "1::"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
      ("2001:db8::192.0.2.33", "2001:db8::c000:221"), ("fe80:0:0:0:0:0:0:0", "fe80::"),
    ])
  func canonical(text: String, expected: String) throws {
    let address = try #require(IPv6Address(text))
    #expect(address.description == expected)
    #expect(IPv6Address(address.description) == address)
  }

  @Test(
    "What is no IPv6 address is refused",
    arguments: [
      "", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "+1::", "1:", ":1",
      "1.2.3.4::", "1:2:3:4:5:6:7::8", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4",
    ])
  func refused(text: String) { #expect(IPv6Address(text) == nil) }

  @Test("Either family is recognised")
  func either() {
    #expect(IPAddress("10.1.0.5") == .v4(IPv4Address(10, 1, 0, 5)))
    #expect(IPAddress("::1")?.description == "::1")
    #expect(IPAddress("alice") == nil)
    #expect(HardwareAddress(rawValue: 0x0200_0A01_0005).description == "02:00:0a:01:00:05")
  }
}

@Suite("Decode errors in words")
struct DecodeErrorTests {
  @Test("the sentences")
  func sentences() {
    let pad = ESPHeader.Field.padLength
    #expect(
      pad.invalidLength(23, limit: 16, at: 0x57).description
        == "ESP · Pad Length at byte 0x0057: 23 exceeds the 16 bytes before it (RFC 2406 §2.5)")
    #expect(
      DecodeError(
        field: IPv4Header.Field.timeToLive.id, offset: 8, fault: .truncated(needed: 1, available: 0)
      ).description == "IPv4 · Time to Live at byte 0x0008: needs 1 byte, none is left (RFC 791 §3.1)")
    #expect(
      IPv4Header.Field.totalLength.invalidLength(1500, limit: 84, at: 16).description
        == "IPv4 · Total Length at byte 0x0010: 1500 exceeds the 84 bytes there are (RFC 791 §3.1)")
    #expect(
      IPv4Header.Field.headerChecksum.invalid(0xBEEF, at: 24).description
        == "IPv4 · Header Checksum at byte 0x0018: 0xbeef is not what these bytes sum to (RFC 791 §3.1)")
    #expect(
      IPv4Header.Field.version.invalid(7, at: 14).description
        == "IPv4 · Version at byte 0x000e: 7 is not allowed here (RFC 791 §3.1)")
  }

  @Test("every layer that has headers has words")
  func registry() {
    for layer in LayerKind.allCases where ![.dns, .rip].contains(layer) {
      #expect(FieldDescription(FieldID(layer: layer, index: 0)) != nil, "\(layer)")
    }
  }
}
