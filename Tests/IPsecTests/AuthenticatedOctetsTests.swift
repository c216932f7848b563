import Testing
import Wire

@testable import IPsec

/// IPv6 packets with whatever extension headers a test wants.
enum IPv6Packet {
  static let source = [UInt8](repeating: 7, count: 16)
  static let destination = [UInt8](repeating: 9, count: 16)

  /// `extensions` give the number of each and its octets behind Next Header and Hdr Ext Len.
  static func packet(
    extensions: [(IPProtocol, [UInt8])], next: IPProtocol, _ payload: [UInt8], to destination: [UInt8] = destination
  ) -> [UInt8] {
    var octets = hex("6AB12345") + [0, 0, extensions.first?.0.rawValue ?? next.rawValue, 64] + source + destination
    for (index, header) in extensions.enumerated() {
      let follower = index + 1 < extensions.count ? extensions[index + 1].0 : next
      octets += [follower.rawValue, UInt8((header.1.count + 2) / 8 - 1)] + header.1
    }
    octets += payload
    octets[5] = UInt8(octets.count - 40)
    return octets
  }
}

@Suite struct AuthenticatedOctetsTests {
  static let ah = hex("11040000 00001001 00000001 0a0b0c0d0e0f101112131415")
  static let payload = hex("0401000700080000")

  /// `1 zeroed Type of Service (RFC …)`: one line a mark.
  private func lines(_ covered: AuthenticatedOctets) -> [String] {
    covered.marks.map { mark in
      let last = mark.range.upperBound - 1
      let place = mark.range.count == 1 ? "\(last)" : "\(mark.range.lowerBound)-\(last)"
      let bits = mark.bits.map { " bits \($0.lowerBound)-\($0.upperBound - 1)" } ?? ""
      return "\(place)\(bits) \(mark.change) \(mark.field.title) (\(mark.field.citation))"
    }
  }

  @Test func `Every octet of an IPv4 header that is not the packet's own says why`() throws {
    // Security stays, record route and an unknown option do not; End of Option List and what follows stay.
    let options = hex("8203aa 070704c0000201 1e03bb 00 cc")
    var header = IPv4Header(
      from: alice.four, to: bob.four, protocol: .ah, payloadLength: 32, identification: 0xBEEF, typeOfService: 0xB8,
      dontFragment: true, options: options)
    header.timeToLive = 61
    let datagram = header.datagram(Self.ah + Self.payload)
    let covered = try AuthenticatedOctets(of: datagram + [0xEE, 0xEE], icvLength: 12)
    #expect(
      lines(covered) == [
        "1 zeroed Type of Service (RFC 2402 §3.3.3.1.1.1)", "6 bits 0-2 zeroed Flags (RFC 2402 §3.3.3.1.1.1)",
        "6-7 bits 3-15 zeroed Fragment Offset (RFC 2402 §3.3.3.1.1.1)",
        "8 zeroed Time to Live (RFC 2402 §3.3.3.1.1.1)", "10-11 zeroed Header Checksum (RFC 2402 §3.3.3.1.1.1)",
        "23-29 zeroed option 7, Record Route (RFC 2402 §3.3.3.1.1.2)",
        "30-32 zeroed option 30 (RFC 2402 §3.3.3.1.1.2)", "48-59 zeroed Authentication Data (RFC 2402 §3.3.3)",
      ])
    #expect(
      hex(covered.octets[..<36])
        == "49000044beef0000003300000a01000a0a02000a" + "8203aa" + "00000000000000" + "000000" + "00cc00")
    #expect(covered.headerRange == 36..<60 && covered.icvRange == 48..<60)
  }

  @Test(arguments: [131, 137] as [UInt8])
  func `Under a source route the destination is that of its end`(type: UInt8) throws {
    let header = IPv4Header(
      from: alice.four, to: firewallA.four, protocol: .ah, payloadLength: 32,
      options: [type, 7, 4] + bob.octets + [1])
    let covered = try AuthenticatedOctets(of: header.datagram(Self.ah + Self.payload), icvLength: 12)
    #expect(lines(covered).contains("16-19 foreseen Destination Address (RFC 2402 §3.3.3.1)"))
    #expect(Array(covered.octets[16..<20]) == bob.octets)
    // With no place left the destination stands in the header already.
    let arrived = IPv4Header(
      from: alice.four, to: bob.four, protocol: .ah, payloadLength: 32, options: [type, 7, 8] + firewallA.octets + [1])
    let there = try AuthenticatedOctets(of: arrived.datagram(Self.ah + Self.payload), icvLength: 12)
    #expect(there.octets == covered.octets)
    #expect(!there.marks.contains { $0.change == .foreseen })
  }

  @Test func `Of IPv6, class, flow label, hop limit and options that may change are zeroed`() throws {
    let packet = IPv6Packet.packet(
      extensions: [
        (.hopByHop, hex("3e02aabb 0100")), (.ipv6DestinationOptions, hex("00 05020001 00 2201dd 01020000 00")),
      ],
      next: .ah, Self.ah + Self.payload)
    let covered = try AuthenticatedOctets(of: packet, icvLength: 12)
    #expect(
      lines(covered) == [
        "0-1 bits 4-11 zeroed Traffic Class (RFC 2402 §3.3.3.1.2.1)",
        "1-3 bits 4-23 zeroed Flow Label (RFC 2402 §3.3.3.1.2.1)", "7 zeroed Hop Limit (RFC 2402 §3.3.3.1.2.1)",
        "44-45 zeroed data of option 62 (RFC 2402 §3.3.3.1.2.2)",
        "58 zeroed data of option 34 (RFC 2402 §3.3.3.1.2.2)",
        "76-87 zeroed Authentication Data (RFC 2402 §3.3.3)",
      ])
    #expect(hex(covered.octets[..<8]) == "6000000000380000")
    #expect(hex(covered.octets[40..<64]) == "3c003e0200000100" + "33010005020001002201000102000000")
  }

  @Test func `A routing header is as it arrives at its end`() throws {
    let places = (1...3).map { [UInt8](repeating: UInt8($0), count: 16) }
    func packet(_ left: UInt8, _ list: [[UInt8]], _ destination: [UInt8]) -> [UInt8] {
      IPv6Packet.packet(
        extensions: [(.ipv6Routing, [0, left, 0, 0, 0, 0] + list.flatMap { $0 })], next: .ah, Self.ah + Self.payload,
        to: destination)
    }
    let sent = try AuthenticatedOctets(of: packet(3, places, IPv6Packet.destination), icvLength: 12)
    let onTheWay = try AuthenticatedOctets(
      of: packet(2, [IPv6Packet.destination, places[1], places[2]], places[0]), icvLength: 12)
    let arrived = try AuthenticatedOctets(
      of: packet(0, [IPv6Packet.destination, places[0], places[1]], places[2]), icvLength: 12)
    #expect(hex(sent.octets) == hex(arrived.octets))
    #expect(hex(onTheWay.octets) == hex(arrived.octets))
    #expect(
      lines(onTheWay).filter { $0.contains("foreseen") } == [
        "24-39 foreseen Destination Address (RFC 2402 §3.3.3.1)",
        "43 foreseen Segments Left (RFC 2402 §3.3.3.1.2.3)",
        "64-95 foreseen addresses of the route (RFC 2402 §3.3.3.1.2.3)",
      ])
    #expect(!arrived.marks.contains { $0.change == .foreseen })
    // Other types of routing header, and one that says more than it holds, stay as they are.
    for (type, left) in [(2, 1), (0, 4)] as [(UInt8, UInt8)] {
      var odd = packet(left, places, IPv6Packet.destination)
      odd[42] = type
      #expect(try !AuthenticatedOctets(of: odd, icvLength: 12).marks.contains { $0.change == .foreseen })
    }
  }

  @Test func `What later headers changed is put back`() throws {
    // IPv4 | AH | AH: the inner one was there before the outer.
    let header = IPv4Header(from: alice.four, to: bob.four, protocol: .ah, payloadLength: 32)
    let alone = try AuthenticatedOctets(of: header.datagram(Self.ah + Self.payload), icvLength: 12)
    #expect(!alone.marks.contains { $0.change == .restored })
    var later = header
    later.protocol = .esp
    later.totalLength += 40
    let under = try AuthenticatedOctets(
      header: later.sealed.encoded[...], rest: (Self.ah + Self.payload)[...], icvLength: 12)
    #expect(under.octets == alone.octets)
    #expect(
      lines(under).filter { $0.contains("restored") } == [
        "2-3 restored Total Length (RFC 2402 §3.3.3.1.1.1)", "9 restored Protocol (RFC 2402 §3.3.3.1.1.1)",
      ])
    let packet = IPv6Packet.packet(
      extensions: [(.hopByHop, hex("010400000000"))], next: .ah, Self.ah + Self.payload)
    var front = Array(packet[..<48])
    (front[5], front[40]) = (front[5] + 24, IPProtocol.esp.rawValue)
    let six = try AuthenticatedOctets(header: front[...], rest: packet[48...], icvLength: 12)
    #expect(six.octets == (try AuthenticatedOctets(of: packet, icvLength: 12)).octets)
    #expect(
      lines(six).filter { $0.contains("restored") } == [
        "4-5 restored Payload Length (RFC 2402 §3.3.3.1.2.1)", "40 restored Next Header (RFC 2402 §3.3.3.1.2.1)",
      ])
  }

  @Test(
    .enabled(if: KernelCapture.isThere, "needs ../shared/oracles/kernel"), arguments: AuthenticationHeaderTests.names)
  func `Nothing differs from the packet without a mark, and what is zeroed is zero`(name: String) throws {
    let datagrams = try AuthenticationHeaderTests.datagrams(try KernelCapture(name))
    #expect(!datagrams.isEmpty)
    for datagram in datagrams {
      let covered = try AuthenticatedOctets(of: datagram, icvLength: 12)
      #expect(covered.octets.count == datagram.count)
      for (offset, octet) in covered.octets.enumerated() {
        let all = covered.marks.reduce(0) { $0 | $1.mask(at: offset) }
        let zeroed = covered.marks.filter { $0.change == .zeroed }.reduce(0) { $0 | $1.mask(at: offset) }
        #expect((octet ^ datagram[offset]) & ~all == 0 && octet & zeroed == 0, "octet \(offset)")
      }
    }
  }

  @Test func `Every mark has a field's name, a section and a reason`() {
    let fields: [AuthenticatedOctets.Field] = [
      .typeOfService, .totalLength, .flags, .fragmentOffset, .timeToLive, .protocol, .headerChecksum,
      .option(.timestamp), .option(IPv4OptionType(rawValue: 30)), .trafficClass, .flowLabel, .payloadLength, .hopLimit,
      .nextHeader, .optionData(0x3E), .destinationAddress, .segmentsLeft, .routeAddresses, .integrityCheckValue,
    ]
    for field in fields {
      #expect(!field.title.isEmpty && !field.reason.isEmpty && field.citation.hasPrefix("RFC 2402 §3.3.3"))
    }
    #expect(Set(fields.map { $0.title + $0.citation }).count == fields.count)
  }

  @Test func `Headers of any octets are refused or read, and never trap`() {
    var generator = numbers(17)
    var read = 0
    for round in 0..<20_000 {
      var front = generator.bytes([20, 24, 60, 40, 48, 64, 88][round % 7])
      if round % 7 < 3 {
        front[0] = 0x40 | UInt8(front.count / 4)
        (front[2], front[3]) = (0, 200)
      } else {
        front[0] = 0x60
        front[6] = [0, 43, 60, 51][round / 7 % 4]
        for place in stride(from: 40, to: front.count, by: 8) {
          (front[place], front[place + 1]) = ([43, 60, 51, 50][round / 28 % 4], UInt8(round / 112 % 3))
        }
      }
      guard
        let covered = try? AuthenticatedOctets(header: front[...], rest: (Self.ah + Self.payload)[...], icvLength: 12)
      else { continue }
      read += 1
      #expect(covered.octets.count == front.count + 32)
      #expect(covered.marks.allSatisfy { $0.range.upperBound <= covered.octets.count && !$0.range.isEmpty })
    }
    #expect(read > 5_000)
  }

  @Test func `Headers that make no sense are refused with their place`() throws {
    let header = IPv4Header(from: alice.four, to: bob.four, protocol: .udp, payloadLength: 32)
    #expect {
      try AuthenticatedOctets(of: header.datagram(Self.ah + Self.payload), icvLength: 12)
    } throws: {
      "\($0)" == "IPv4 · Protocol at byte 0x0009: 17 is not allowed here (RFC 791 §3.1)"
    }
    var six = IPv6Packet.packet(extensions: [], next: .ipv6Fragment, Self.ah + Self.payload)
    #expect {
      try AuthenticatedOctets(of: six, icvLength: 12)
    } throws: {
      "\($0)" == "IPv6 · Next Header at byte 0x0006: 44 is not allowed here (RFC 2460 §3)"
    }
    six[6] = IPProtocol.ah.rawValue
    #expect {
      try AuthenticatedOctets(of: six, icvLength: 16)
    } throws: {
      "\($0)" == "AH · Authentication Data at byte 0x0034: 16 exceeds the 12 bytes there are (RFC 2402 §2.6)"
    }
    #expect(throws: DecodeError.self) { try AuthenticatedOctets(header: [], rest: Self.ah[...], icvLength: 12) }
    #expect(throws: DecodeError.self) { try AuthenticatedOctets(header: six[..<30], rest: Self.ah[...], icvLength: 12) }
  }
}
