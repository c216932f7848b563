import Cryptography
import Inspection
import Testing
import Wire

@Suite struct FrameInspectorTests {
  private func report(_ octets: [UInt8], _ keys: KeyRing = SamplePackets.keys) -> FrameReport {
    var inspector = FrameInspector(keys: keys)
    return inspector.inspect(octets)
  }

  @Test func opensESPWithoutAnICV() throws {
    let report = report(SamplePackets.rfc3602)
    #expect(report.kinds == [.ipv4, .esp, .icmp])
    let protection = try #require(report.layers[1].protection)
    #expect(protection.verdict == .ok && !protection.isAuthenticated)
    #expect(protection.reason == "there is no ICV")
    #expect(protection.openedFields.map(\.name) == ["padding", "padLength", "nextHeader"])
    #expect(report.layers[1].node.fields.map(\.name).suffix(2) == ["initializationVector", "payloadData"])
    #expect(report.buffers.map(\.bytes.count) == [124, 80])
    #expect(report.buffers[1].origin == .decrypted(layer: 1))
  }

  @Test func opensESPOverIPv6() {
    let report = report(SamplePackets.espOverIPv6)
    #expect(report.kinds == [.ipv6, .esp, .ipv6, .icmpv6])
    #expect(report.layers[1].protection?.verdict == .ok)
    #expect(report.layers[1].protection?.isAuthenticated == true)
  }

  @Test func verifiesAHOverMutableOptionsAndIPv6() {
    for octets in [SamplePackets.ahWithRecordRoute, SamplePackets.ahOverIPv6] {
      let report = report(octets)
      #expect(report.layers[1].node.kind == .ah)
      #expect(report.layers[1].protection?.verdict == .ok)
      #expect(report.layers.count == 3 && !report.layers[2].isUntrusted)
    }
  }

  @Test("What routers change leaves AH's ICV right; anything else does not")
  func flipsUnderAH() {
    // Type of service, flags and offset without MF, TTL, checksum, and the whole record route but its type and length.
    let mutable = [1, 8, 10, 11] + Array(23..<60)
    for index in SamplePackets.ahWithRecordRoute.indices where ![0, 2, 3, 6, 7, 9, 20, 21, 22, 60, 61].contains(index) {
      var octets = SamplePackets.ahWithRecordRoute
      octets[index] ^= 0x01
      // A changed SPI finds no key.
      let expected: Verdict = mutable.contains(index) ? .ok : (64..<68).contains(index) ? .noKey : .bad
      let layer = report(octets).layers.dropFirst().first
      #expect(layer?.protection?.verdict == expected, "octet \(index)")
    }
  }

  @Test func saysWhatIsWrong() {
    #expect(
      report(SamplePackets.rfc3602, KeyRing()).layers[1].protection?.reason
        == "no key for ESP with the SPI 0x00004321 to 192.168.123.100")
    var octets = SamplePackets.espOverIPv6
    octets[60] ^= 1
    let bad = report(octets)
    #expect(
      bad.layers[1].protection?.reason
        == "the ICV is wrong: the packet was changed, or the authentication key is not the right one")
    // As tshark does, what comes out is shown where its padding is right; but nobody vouches for it.
    #expect(bad.layers.dropFirst(2).allSatisfy { $0.isUntrusted })
    var unsupported = KeyRing()
    unsupported.add(AssociationKeys(.esp, spi: .any, encryption: .unsupported("AES-GCM"), origin: "x"))
    let protection = report(SamplePackets.rfc3602, unsupported).layers[1].protection
    #expect(protection?.verdict == .noKey && protection?.reason == "Lockstep does not have AES-GCM")
  }

  @Test("IPComp is unpacked or said to be broken; of algorithms that Lockstep lacks the name is told")
  func compressed() {
    func packet(_ index: UInt16, _ packed: String) -> [UInt8] {
      let ipcomp = IPCompHeader(nextHeader: .udp, compressionParameterIndex: index)
      let body = ipcomp.encoded + hex(packed)
      return IPv4Header(
        from: IPv4Address(192, 0, 2, 1), to: IPv4Address(192, 0, 2, 2), protocol: .ipcomp, payloadLength: body.count
      ).datagram(body)
    }
    func verdict(_ packet: [UInt8]) -> [String] {
      report(packet).layers.compactMap(\.protection).map { "\($0.verdict.map { "\($0)" } ?? "nil"): \($0.reason)" }
    }
    // A stored block of DEFLATE with eight octets of UDP in it: RFC 1951 §3.2.4.
    let stored = "010800f7ff0401000700080000"
    #expect(verdict(packet(0x1234, stored)) == ["ok: unpacked to 8 octets; there is no ICV"])
    #expect(report(packet(2, stored)).kinds == [.ipv4, .ipcomp, .udp])
    #expect(
      verdict(packet(2, "07")) == ["bad: what is packed is not DEFLATE (RFC 2394): invalid block type"])
    #expect(
      verdict(packet(2, "0108"))
        == ["bad: what is packed is not DEFLATE (RFC 2394): its last block does not end"])
    #expect(verdict(packet(3, "07")) == ["noKey: Lockstep does not have LZS"])
    #expect(verdict(packet(4, "07")) == ["noKey: Lockstep does not have LZJH"])
  }

  @Test("IDEA is found by its name in the list of associations")
  func idea() {
    var keys = KeyRing()
    let list = #"[{"proto": "esp", "spi": 1, "enc": "IDEA", "enc_key": "000102030405060708090a0b0c0d0e0f"}]"#
    #expect(keys.addAssociationList(Array(list.utf8), path: "sas.json") == [])
    #expect(keys.associations.map(\.encryption) == [.cipher(.ideaCBC, key: Array(0..<16))])
  }

  @Test("Of several associations with one SPI the one that the packet goes with is taken")
  func severalAssociations() {
    var keys = KeyRing()
    for (index, key) in ["00000000000000000000000000000000", "28d9c348c35c73cdf63f352e01641d83"].enumerated() {
      var association = SamplePackets.espOverIPv6Keys
      association.integrity = .hmac(.md5, length: 12, key: hex(key))
      association.origin = "line \(index)"
      keys.add(association)
    }
    let protection = report(SamplePackets.espOverIPv6, keys).layers[1].protection
    #expect(protection?.verdict == .ok && protection?.origin == "line 1")
  }

  @Test func doesNotJudgeWhatIsNotWhole() {
    let report = report(Array(SamplePackets.espOverIPv6.prefix(100)))
    let protection = report.layers.first { $0.node.kind == .esp }?.protection
    #expect(protection?.verdict == nil && protection?.reason == "not all of the packet is here")
  }

  @Test("Octets changed and cut off at random never trap, whatever the keys")
  func mutations() {
    let seed: UInt64 = 0x5EED_0001
    var generator = TestGenerator(seed: seed)
    var inspector = FrameInspector(keys: SamplePackets.keys, showsChecks: true)
    var json = JSONWriter()
    for round in 0..<300 {
      for octets in SamplePackets.all {
        json.removeAll()
        inspector.inspect(generator.mutated(octets), number: round)
          .write(to: &json, options: .init(details: true, icv: true))
        #expect(!json.bytes.contains { $0 < 0x20 || $0 > 0x7E })
      }
    }
  }

  @Test("Every prefix of a frame is inspected without a trap")
  func prefixes() {
    var inspector = FrameInspector(keys: SamplePackets.keys)
    for octets in SamplePackets.all {
      for count in 0...octets.count { _ = inspector.inspect(Array(octets.prefix(count)), number: count) }
    }
  }
}

@Suite struct FragmentTests {
  /// The fragments of an IPv6 packet whose unfragmentable part is its header alone.
  private func ipv6Fragments(_ packet: [UInt8], size: Int) -> [[UInt8]] {
    let payload = Array(packet[40...])
    return stride(from: 0, to: payload.count, by: size).map { offset in
      let part = Array(payload[offset..<min(payload.count, offset + size)])
      let header = IPv6FragmentHeader(
        nextHeader: IPProtocol(rawValue: packet[6]), fragmentOffset: UInt16(offset / 8),
        moreFragments: offset + size < payload.count, identification: 7)
      var fragment = Array(packet[..<40]) + header.encoded + part
      fragment[6] = IPProtocol.ipv6Fragment.rawValue
      fragment[4] = UInt8((fragment.count - 40) >> 8)
      fragment[5] = UInt8((fragment.count - 40) & 0xFF)
      return fragment
    }
  }

  private func ipv4Fragments(_ datagram: [UInt8], size: Int) throws -> [[UInt8]] {
    let header = try IPv4Header(decoding: Array(datagram[..<20]))
    let payload = Array(datagram[20...])
    return stride(from: 0, to: payload.count, by: size).map { offset in
      var own = header
      own.identification = 99
      own.fragmentOffset = UInt16(offset / 8)
      own.moreFragments = offset + size < payload.count
      return own.datagram(Array(payload[offset..<min(payload.count, offset + size)]))
    }
  }

  @Test("Fragments in any order, with duplicates: the last one opens", arguments: [0, 1, 2, 3])
  func opensTheWhole(_ seed: UInt64) throws {
    var generator = TestGenerator(seed: seed)
    let samples = [
      ipv6Fragments(SamplePackets.espOverIPv6, size: 32), try ipv4Fragments(SamplePackets.rfc3602, size: 24),
    ]
    for fragments in samples {
      var inspector = FrameInspector(keys: SamplePackets.keys)
      let order = fragments.shuffled(using: &generator)
      var reports: [FrameReport] = []
      for (index, fragment) in (order[..<1] + order).enumerated() {
        reports.append(inspector.inspect(fragment, number: index + 1))
      }
      let last = reports.removeLast()
      #expect(reports.allSatisfy { $0.kinds.last == .data && !$0.kinds.contains(.esp) })
      let esp = try #require(last.layers.first { $0.node.kind == .esp })
      #expect(esp.protection?.verdict == .ok)
      #expect(last.kinds.filter { $0 == .esp || $0 == .icmp || $0 == .icmpv6 }.count == 2)
      #expect(last.buffers[1].origin == .reassembled(frames: Array(1...order.count + 1)))
    }
  }

  @Test("A fragment header that cuts nothing off came after AH: it goes, and the ICV is right")
  func atomic() {
    var packet = SamplePackets.ahOverIPv6
    packet.replaceSubrange(
      40..<40,
      with: IPv6FragmentHeader(
        nextHeader: .ah, fragmentOffset: 0, moreFragments: false, identification: 7
      ).encoded)
    packet[5] += 8
    packet[6] = IPProtocol.ipv6Fragment.rawValue
    var inspector = FrameInspector(keys: SamplePackets.keys)
    let report = inspector.inspect(packet)
    #expect(report.kinds == [.ipv6, .ipv6Fragment, .ah, .icmpv6])
    #expect(report.layers[2].protection?.verdict == .ok)
    #expect(report.buffers.map(\.origin) == [.frame, .reassembled(frames: [1])])
    // ESP knows nothing of the headers in front of it, and has nothing to be put together.
    var esp = SamplePackets.espOverIPv6
    esp.replaceSubrange(40..<40, with: packet[40..<48])
    (esp[5], esp[6], esp[40]) = (esp[5] + 8, IPProtocol.ipv6Fragment.rawValue, IPProtocol.esp.rawValue)
    #expect(inspector.inspect(esp).layers.compactMap(\.protection).map(\.verdict) == [.ok])
  }

  @Test("Fragments that never become whole are given up within bounds")
  func floods() {
    var inspector = FrameInspector()
    var fragment = ipv6Fragments(SamplePackets.espOverIPv6, size: 32)[0]
    for number in 0..<2000 {
      fragment[47] = UInt8(number & 0xFF)
      fragment[46] = UInt8(number >> 8)
      #expect(inspector.inspect(fragment, number: number).kinds == [.ipv6, .ipv6Fragment, .data])
    }
  }

  private func packet(_ next: IPProtocol, _ payload: [UInt8]) -> [UInt8] {
    IPv6Header(
      from: IPv6Address(high: 1, low: 1), to: IPv6Address(high: 1, low: 2), nextHeader: next, payloadLength: 0
    ).packet(payload)
  }

  @Test("A fragment header where no source puts one is shown, and opened once")
  func strayFragmentHeader() {
    let fragment = { (next: IPProtocol, more: Bool) in
      IPv6FragmentHeader(nextHeader: next, fragmentOffset: 0, moreFragments: more, identification: 7).encoded
    }
    let ah = AuthenticationHeader(
      nextHeader: .ipv6Fragment, reserved: 0, spi: 1, sequenceNumber: 1,
      integrityCheckValue: [UInt8](repeating: 0, count: 12)
    ).encoded
    let rest = fragment(.udp, true) + [UInt8](repeating: 0xA5, count: 16)
    var inspector = FrameInspector(keys: SamplePackets.keys)
    let behindAH = inspector.inspect(packet(.ah, ah + rest), number: 1)
    #expect(behindAH.kinds == [.ipv6, .ah, .ipv6Fragment, .udp, .data])
    #expect(behindAH.buffers.count == 1)
    #expect(behindAH.layers[1].protection?.verdict == .noKey)
    let second = inspector.inspect(packet(.ipv6Fragment, fragment(.ipv6Fragment, false) + rest), number: 2)
    #expect(second.kinds == [.ipv6, .ipv6Fragment, .ipv6Fragment, .data] && second.buffers.count == 1)
  }

  @Test("Fragments inside of fragments are opened as deep as headers are, and no deeper")
  func nestedFragments() throws {
    var inspector = FrameInspector()
    var inner = packet(.udp, [UInt8](repeating: 0xA5, count: 32))
    for level in 1...100 {
      let cut = try IPv6Fragmenter.fragment(inner, mtu: inner.count - 1, identification: UInt32(level))
      #expect(cut.count == 2)
      _ = inspector.inspect(cut[1], number: level)
      inner = packet(.ipv6, cut[0])
    }
    let report = inspector.inspect(inner, number: 101)
    #expect(report.buffers.count == Dissector.maximumDepth)
    let last = try #require(report.layers.last)
    #expect(last.node.kind == .data)
    #expect(last.node.fields.first?.meaning == "a fragment, further inside of others than Lockstep follows")
  }
}
