import Testing

@testable import Wire

@Suite("UDP datagrams made and read where they lie")
struct UDPInPlaceTests {
  static let source = IPv4Address(10, 1, 0, 1)
  static let destination = IPv4Address(192, 0, 2, 99)

  private func datagram(_ data: [UInt8]) -> [UInt8] {
    var datagram = [UInt8](repeating: 0xEE, count: UDPHeader.headroom) + data
    UDPHeader(sourcePort: 50_000, destinationPort: 53)
      .write(over: &datagram, from: Self.source, to: Self.destination)
    IPv4Header(
      from: Self.source, to: Self.destination, protocol: .udp, payloadLength: 0, identification: 0x1234,
      timeToLive: 7, typeOfService: 0xB8, dontFragment: true
    ).write(over: &datagram)
    return datagram
  }

  @Test("headers written over their room are those that are written in front", arguments: [0, 1, 2, 7, 484, 1_473])
  func written(count: Int) {
    let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let udp = UDPHeader(sourcePort: 50_000, destinationPort: 53)
      .datagram(data, from: .v4(Self.source), to: .v4(Self.destination))
    let whole = IPv4Header(
      from: Self.source, to: Self.destination, protocol: .udp, payloadLength: udp.count, identification: 0x1234,
      timeToLive: 7, typeOfService: 0xB8, dontFragment: true
    ).datagram(udp)
    #expect(datagram(data) == whole)
  }

  @Test("a sum of zero is sent as all ones")
  func zeroSum() throws {
    // The data are the complement of the sum over everything else.
    let sum = UDPHeader.checksum(of: Array(datagram([0, 0])[20...]), from: .v4(Self.source), to: .v4(Self.destination))
    #expect(sum == 0)
    let checksum = datagram([0, 0])[26...27]
    let made = datagram(Array(checksum))
    #expect(made[26] == 0xFF && made[27] == 0xFF)
    #expect(try glance(made) != nil)
  }

  private func glance(_ datagram: [UInt8]) throws -> UDPGlance? {
    UDPGlance(verifying: datagram, behind: try IPv4Glance(verifying: datagram))
  }

  @Test("a datagram is read where it lies, padding of the link left out")
  func read() throws {
    let made = datagram([1, 2, 3])
    let udp = try #require(try glance(made))
    #expect(udp.sourcePort == 50_000 && udp.destinationPort == 53 && udp.payload == 28..<31)
    #expect(try glance(made + [0, 0])?.payload == 28..<31)
  }

  @Test("what is damaged is not read, and what has no checksum is")
  func damaged() throws {
    let made = datagram([1, 2, 3])
    for place in 20..<31 {
      var other = made
      other[place] ^= 0x40
      #expect(try glance(other) == nil, "octet \(place)")
    }
    var without = made
    (without[26], without[27]) = (0, 0)
    without[29] ^= 0xFF
    #expect(try glance(without) != nil)
    for length in [0, 7, 12, 0xFFFF] {
      var other = without
      (other[24], other[25]) = (UInt8(length >> 8), UInt8(length & 0xFF))
      #expect(try glance(other) == nil, "length \(length)")
    }
  }

  private func packet(_ data: [UInt8]) -> [UInt8] {
    let (source, destination) = (SampleFrames.six, SampleFrames.other)
    var packet = [UInt8](repeating: 0xEE, count: UDPHeader.headroom(to: .v6(destination))) + data
    UDPHeader(sourcePort: 50_000, destinationPort: 53)
      .write(over: &packet, from: .v6(source), to: .v6(destination))
    IPv6Header(
      from: source, to: destination, nextHeader: .udp, payloadLength: 0, hopLimit: 7, trafficClass: 0xB8,
      flowLabel: 0xABCDE
    ).write(over: &packet)
    return packet
  }

  @Test("over IPv6 the same: written over their room, read where they lie", arguments: [0, 1, 2, 7, 484, 1_473])
  func six(count: Int) throws {
    let (source, destination) = (SampleFrames.six, SampleFrames.other)
    let data = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let udp = UDPHeader(sourcePort: 50_000, destinationPort: 53)
      .datagram(data, from: .v6(source), to: .v6(destination))
    let whole = IPv6Header(
      from: source, to: destination, nextHeader: .udp, payloadLength: 0, hopLimit: 7, trafficClass: 0xB8,
      flowLabel: 0xABCDE
    ).packet(udp)
    let made = packet(data)
    #expect(made == whole)
    let read = try #require(UDPGlance(verifying: made + [0, 0], behind: try IPGlance(verifying: made + [0, 0])))
    #expect(read.sourcePort == 50_000 && read.destinationPort == 53 && read.payload == 48..<48 + count)
  }

  @Test("over IPv6 what is damaged is not read, and neither is what has no checksum")
  func damagedSix() throws {
    let made = packet([1, 2, 3])
    let header = try IPGlance(verifying: made)
    for place in 40..<51 {
      var other = made
      other[place] ^= 0x40
      #expect(UDPGlance(verifying: other, behind: header) == nil, "octet \(place)")
    }
    var without = made
    (without[46], without[47]) = (0, 0)
    #expect(UDPGlance(verifying: without, behind: header) == nil)
    #expect(UDPGlance(verifying: Array(made.prefix(47)), behind: header) == nil)
  }

  @Test("of IPv4 by a glance that knows both families: written and read alike")
  func either() throws {
    let data: [UInt8] = [1, 2, 3]
    var made = [UInt8](repeating: 0xEE, count: UDPHeader.headroom(to: .v4(Self.destination))) + data
    UDPHeader(sourcePort: 50_000, destinationPort: 53)
      .write(over: &made, from: .v4(Self.source), to: .v4(Self.destination))
    made.replaceSubrange(..<20, with: datagram(data)[..<20])
    #expect(made == datagram(data))
    let header = try IPGlance(verifying: made)
    #expect(UDPGlance(verifying: made, behind: header) == (try glance(made)))
    (made[26], made[27]) = (0, 0)
    made[29] ^= 0xFF
    #expect(UDPGlance(verifying: made, behind: header)?.payload == 28..<31)
    made[26] = 1
    #expect(UDPGlance(verifying: made, behind: header) == nil)
  }
}
