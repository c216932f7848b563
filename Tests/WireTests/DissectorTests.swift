import Testing

@testable import Wire

@Suite("Dissector")
struct DissectorTests {
  static let alice = IPv4Address(10, 1, 0, 5)
  static let bob = IPv4Address(10, 2, 0, 7)
  static let gateway = IPv4Address(192, 0, 2, 1)
  static let peer = IPv4Address(198, 51, 100, 1)

  static func ip(_ number: IPProtocol, _ payload: [UInt8], from: IPv4Address = alice, to: IPv4Address = bob) -> [UInt8]
  {
    IPv4Header(from: from, to: to, protocol: number, payloadLength: payload.count).datagram(payload)
  }

  static func udp(_ port: UInt16, _ payload: [UInt8]) -> [UInt8] {
    ip(.udp, UDPHeader(sourcePort: port, destinationPort: port).datagram(payload, from: .v4(alice), to: .v4(bob)))
  }

  static let ping = ip(.icmp, ICMPMessage.echo(identifier: 1, sequenceNumber: 2, data: [1, 2, 3, 4]).encoded)

  static func kinds(_ bytes: [UInt8], _ type: LinkType = .raw) -> [LayerKind] {
    Dissector.dissect(bytes, linkType: type).layers.map(\.kind)
  }

  @Test("follows tunnels of every kind to the ping inside")
  func tunnels() {
    #expect(Self.kinds(Self.ping) == [.ipv4, .icmp])
    #expect(Self.kinds(Self.ip(.ipv4, Self.ping)) == [.ipv4, .ipv4, .icmp])
    let gre = GREHeader(protocolType: .ipv4, key: 7).encoded + Self.ping
    #expect(Self.kinds(Self.ip(.gre, gre)) == [.ipv4, .gre, .ipv4, .icmp])
    let ppp = PPPHeader(hasAddressAndControl: true, protocol: .ipv4).encoded + Self.ping
    #expect(Self.kinds(ppp, .ppp) == [.ppp, .ipv4, .icmp])
    let l2tp = L2TPHeader(isControl: false, length: nil, tunnelID: 1, sessionID: 2, sequence: nil).encoded + ppp
    #expect(Self.kinds(Self.udp(1701, l2tp)) == [.ipv4, .udp, .l2tp, .ppp, .ipv4, .icmp])
    #expect(Self.kinds([2, 0, 0, 0] + Self.ping, .null) == [.loopback, .ipv4, .icmp])
    #expect(Self.kinds([0, 0, 0, 2] + Self.ping, .loop) == [.loopback, .ipv4, .icmp])
    #expect(Self.kinds([1] + ppp, .pppWithDirection) == [.frame, .ppp, .ipv4, .icmp])
  }

  @Test("says where ESP is, and between whom")
  func esp() throws {
    let sealed = ESPHeader(spi: 0x1000, sequenceNumber: 5).encoded + [UInt8](repeating: 7, count: 40)
    let bytes = Self.ip(.esp, sealed, from: Self.gateway, to: Self.peer)
    let frame = Dissector.dissect(bytes + [0, 0, 0], linkType: .raw)
    let part = try #require(frame.protected)
    #expect(part.kind == .esp(ESPHeader(spi: 0x1000, sequenceNumber: 5)))
    #expect(part.range == 20..<68 && part.datagram == 0..<68 && part.isWhole)
    #expect(part.context.source == .v4(Self.gateway) && part.context.destination == .v4(Self.peer))
    #expect(frame.layers[part.layer].range == part.range)
    #expect(frame.layers.map(\.kind) == [.ipv4, .esp, .frame])
    let inner = Dissector.dissect(Self.ping, from: .ipv4, context: part.context)
    #expect(inner.layers.map(\.kind) == [.ipv4, .icmp] && inner.fault == nil)
  }

  @Test("goes on behind AH, which protects but does not hide")
  func ah() throws {
    let header = AuthenticationHeader(
      nextHeader: .ipv4, spi: 1, sequenceNumber: 1, integrityCheckValue: [UInt8](repeating: 1, count: 12))
    let frame = Dissector.dissect(Self.ip(.ah, header.encoded + Self.ping), linkType: .raw)
    #expect(frame.layers.map(\.kind) == [.ipv4, .ah, .ipv4, .icmp])
    #expect(frame.protected == nil)
    #expect(frame.protectedParts.map(\.kind) == [.ah(header)])
  }

  @Test("knows ISAKMP and ESP by either port, whatever a NAT made of the other", arguments: [500, 1024, 61_000])
  func translatedPorts(port: UInt16) {
    func send(_ source: UInt16, _ destination: UInt16, _ payload: [UInt8]) -> [LayerKind] {
      Self.kinds(
        Self.ip(
          .udp,
          UDPHeader(sourcePort: source, destinationPort: destination).datagram(
            payload, from: .v4(Self.alice), to: .v4(Self.bob))))
    }
    let message = ISAKMPSamples.mainMode1
    let esp = ESPHeader(spi: 0x1000, sequenceNumber: 1).encoded + [UInt8](repeating: 7, count: 40)
    #expect(send(port, 500, message) == [.ipv4, .udp, .isakmp])
    #expect(send(500, port, message) == [.ipv4, .udp, .isakmp])
    for (source, destination) in [(port, 4500), (4500, port)] as [(UInt16, UInt16)] {
      #expect(send(source, destination, [0, 0, 0, 0] + message) == [.ipv4, .udp, .nonESPMarker, .isakmp])
      #expect(send(source, destination, esp) == [.ipv4, .udp, .esp])
      #expect(send(source, destination, [0xFF]) == [.ipv4, .udp, .natKeepalive])
    }
    // The NAT has given an initiator that still talks to port 500 the port 4500.
    #expect(send(4500, 500, message) == [.ipv4, .udp, .isakmp])
  }

  @Test("tells keepalive, ISAKMP and ESP apart on port 4500")
  func natTraversal() {
    #expect(Self.kinds(Self.udp(4500, [0xFF])) == [.ipv4, .udp, .natKeepalive])
    #expect(Self.kinds(Self.udp(4500, [0, 0, 0, 1, 0, 0, 0, 1, 9])) == [.ipv4, .udp, .esp])
    #expect(Self.kinds(Self.udp(4500, [0, 0, 0, 0, 1])) == [.ipv4, .udp, .nonESPMarker, .isakmp])
    #expect(Self.kinds(Self.udp(4500, [1, 2])) == [.ipv4, .udp, .data])
    #expect(Self.kinds(Self.udp(500, [0xFF])) == [.ipv4, .udp, .natKeepalive])
  }

  @Test("finds an encrypted ISAKMP message's body")
  func isakmp() throws {
    let header = [UInt8](repeating: 1, count: 16) + [5, 0x10, 2, 1, 0, 0, 0, 0, 0, 0, 0, 36]
    let frame = Dissector.dissect(Self.udp(500, header + [UInt8](repeating: 9, count: 8)), linkType: .raw)
    let part = try #require(frame.protected)
    #expect(part.kind == .isakmp(body: 56))
    #expect(part.range == 28..<64 && part.ports == UDPPorts(source: 500, destination: 500))
  }

  @Test("shows a later fragment as data, and a first one as not whole")
  func fragments() throws {
    let sealed = ESPHeader(spi: 1, sequenceNumber: 1).encoded + [UInt8](repeating: 7, count: 200)
    let pieces = try IPv4Fragmenter.fragment(Self.ip(.esp, sealed), mtu: 100)
    let first = Dissector.dissect(pieces[0], linkType: .raw)
    #expect(first.protected?.isWhole == false)
    let second = Dissector.dissect(pieces[1], linkType: .raw)
    #expect(second.layers.map(\.kind) == [.ipv4, .data])
    #expect(second.layers.last?.fields.first?.meaning == "fragment of ESP from octet 80 on")
  }

  @Test("looks into what ICMP quotes, without judging what was cut off")
  func quotations() {
    let message = ICMPMessage.unreachable(
      code: 3, about: Array(Self.udp(500, [UInt8](repeating: 1, count: 40)).prefix(28)))
    let frame = Dissector.dissect(Self.ip(.icmp, message.encoded), linkType: .raw)
    #expect(frame.layers.map(\.kind) == [.ipv4, .icmp, .ipv4, .udp])
    #expect(frame.fault == nil)
  }

  @Test("shows padding as a trailer and unknown protocols by their number")
  func unknown() {
    let ethernet = EthernetHeader(
      destination: HardwareAddress(rawValue: 1), source: HardwareAddress(rawValue: 2), type: .ipv4)
    let frame = Dissector.dissect(
      ethernet.encoded + Self.ip(IPProtocol(rawValue: 200), [1]) + [0, 0], linkType: .ethernet)
    #expect(frame.layers.map(\.kind) == [.ethernet, .ipv4, .data, .frame])
    #expect(frame.layers[2].fields.first?.meaning == "IP protocol 200, unknown")
    #expect(frame.layers[3].fields.first?.meaning == "padding")
    #expect(
      Dissector.dissect([1, 2], linkType: LinkType(rawValue: 999)).layers.first?.fields.first?.meaning
        == "link type 999, unknown")
  }

  @Test("judges checksums where it can")
  func checksums() {
    func meaning(_ bytes: [UInt8]) -> String? {
      Dissector.dissect(bytes, linkType: .raw).layers.last { $0.kind == .udp }?.fields.last?.meaning
    }
    var datagram = Self.udp(9, [1, 2, 3])
    #expect(meaning(datagram) == "right")
    datagram[30] ^= 1
    #expect(meaning(datagram) == "wrong")
  }

  @Test("follows no more than 32 headers, and says so")
  func nesting() {
    var bytes = Self.ping
    for _ in 0..<40 { bytes = Self.ip(.ipv4, bytes) }
    let frame = Dissector.dissect(bytes, linkType: .raw)
    #expect(frame.layers.count == 33)
    #expect(
      frame.fault?.description
        == "frame · Nesting at byte 0x0280: more than 32, which is as far as Lockstep follows (Lockstep)")
  }

  @Test("says where a truncated frame ends")
  func truncated() {
    let frame = Dissector.dissect(Array(Self.ping.prefix(22)), linkType: .raw)
    #expect(frame.layers.map(\.kind) == [.ipv4, .icmp])
    #expect(
      frame.fault?.description == "IPv4 · Total Length at byte 0x0002: 32 exceeds the 22 bytes there are (RFC 791 §3.1)"
    )
    #expect(
      frame.layers.last?.fault?.description
        == "ICMP · Checksum at byte 0x0016: needs 2 bytes, none is left (RFC 792)")
  }

  /// A tenth of what the long fuzzing runs do: truncations at every length and random mutations of every sample.
  @Test("never traps, whatever the octets", arguments: [UInt64(1), 2, 3])
  func fuzz(seed: UInt64) {
    var noise = Noise(seed: seed)
    for sample in SampleFrames.all {
      for length in 0..<sample.bytes.count {
        check(Array(sample.bytes.prefix(length)), sample.linkType, "seed \(seed), prefix \(length)")
      }
      for round in 0..<60 {
        check(noise.mutation(of: sample.bytes), sample.linkType, "seed \(seed), \(sample.name), round \(round)")
      }
    }
  }

  private func check(_ bytes: [UInt8], _ type: LinkType, _ comment: String) {
    let frame = Dissector.dissect(bytes, linkType: type)
    for layer in frame.layers {
      #expect(0 <= layer.range.lowerBound && layer.range.upperBound <= bytes.count, Comment(rawValue: comment))
      for field in layer.fields {
        #expect(field.range.upperBound <= bytes.count && field.range.lowerBound >= 0, Comment(rawValue: comment))
      }
    }
  }
}

extension Noise {
  /// The octets with one to four things done to them: a bit flipped, an octet set, a piece cut out or doubled.
  mutating func mutation(of octets: [UInt8]) -> [UInt8] {
    var result = octets
    for _ in 0...below(4) where !result.isEmpty {
      let place = below(result.count)
      switch below(5) {
      case 0: result[place] ^= 1 << UInt8(below(8))
      case 1: result[place] = UInt8(truncatingIfNeeded: next())
      case 2: result[place] = [0, 0xFF, 0x7F, 0x80][below(4)]
      case 3: result.removeSubrange(place..<min(result.count, place + 1 + below(8)))
      default: result.insert(contentsOf: result[place..<min(result.count, place + 1 + below(8))], at: place)
      }
    }
    return result
  }
}

@Suite("What could not be read")
struct UnreadTests {
  @Test("is shown in the layer that had begun, or in one of its own")
  func shown() {
    let header = L2TPHeader(isControl: true, length: nil, tunnelID: 1, sessionID: 2, sequence: nil)
    let frame = Dissector.dissect(DissectorTests.udp(1701, header.encoded + [0x80, 3, 0, 0]), linkType: .raw)
    #expect(frame.layers.map(\.kind) == [.ipv4, .udp, .l2tp])
    #expect(frame.layers.last?.fields.last?.value == .bytes([0x80, 3, 0, 0]))
    #expect(frame.layers.last?.range == 28..<38)
    #expect(
      frame.fault?.description
        == "L2TP · Attribute Type at byte 0x0026: needs 2 bytes, none is left (RFC 2661 §4.1)")
    let short = Dissector.dissect(DissectorTests.ip(.ah, [1, 2, 3]), linkType: .raw)
    #expect(short.layers.last?.kind == .ah)
    #expect(short.layers.last?.fields.map(\.value) == [.bytes([1, 2, 3])])
    #expect(short.fault?.description == "AH · RESERVED at byte 0x0016: needs 2 bytes, 1 is left (RFC 2402 §2.3)")
  }
}
