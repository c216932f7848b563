import Testing

@testable import Wire

@Suite("IPv4 header")
struct IPv4HeaderTests {
  /// The header of the first frame of `captures/dpd/capture.pcap` in ../shared/oracles (strongSwan 5.9.8 on Linux), as
  /// `tshark -r capture.pcap -c 1 -x` prints it.
  static let octets: [UInt8] = [
    0x45, 0x00, 0x00, 0xE0, 0x45, 0xCC, 0x40, 0x00, 0x40, 0x11, 0x70, 0x3D, 0xC0, 0x00, 0x02, 0x01, 0xC0, 0x00, 0x02,
    0x02,
  ]

  @Test("of a real implementation is read, and made again from what it says")
  func reads() throws {
    let header = try IPv4Header(decoding: Self.octets)
    #expect(header.timeToLive == 64 && header.protocol == .udp)
    #expect(header.dontFragment && !header.isFragment)
    #expect(header.sourceAddress == IPv4Address(192, 0, 2, 1))
    #expect(header.headerChecksum == 0x703D && header.rightChecksum == 0x703D)
    let again = IPv4Header(
      from: IPv4Address(192, 0, 2, 1), to: IPv4Address(192, 0, 2, 2), protocol: .udp, payloadLength: 204,
      identification: 0x45CC, dontFragment: true)
    #expect(again.encoded == Self.octets)
  }

  @Test("is written by an initializer with a checksum that is right")
  func writes() throws {
    let header = IPv4Header(
      from: IPv4Address(10, 1, 0, 5), to: IPv4Address(10, 2, 0, 7), protocol: .icmp, payloadLength: 8,
      identification: 0x1C46, dontFragment: true)
    #expect(InternetChecksum.of(header.encoded) == 0)
    expectContract(header)
  }

  @Test("keeps its options and pads them")
  func options() throws {
    let header = IPv4Header(
      from: .any, to: .broadcast, protocol: .udp, payloadLength: 0, options: [7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0])
    #expect(header.encodedLength == 32)
    #expect(header.parsedOptions.map(\.type) == [.recordRoute, .routerAlert, .endOfList])
    #expect(header.copiedOptions == [148, 4, 0, 0])
    expectContract(header)
  }

  @Test("is forwarded in place: one hop less, the checksum still right", arguments: [UInt8(1), 2, 64, 255])
  func forwards(timeToLive: UInt8) throws {
    var datagram = IPv4Header(
      from: IPv4Address(1, 2, 3, 4), to: IPv4Address(5, 6, 7, 8), protocol: .udp, payloadLength: 3,
      timeToLive: timeToLive
    ).datagram([1, 2, 3])
    #expect(IPv4Header.decrementTimeToLive(in: &datagram) == timeToLive - 1)
    let glance = try IPv4Glance(verifying: datagram)
    #expect(glance.timeToLive == timeToLive - 1)
    #expect(glance.destinationAddress == IPv4Address(5, 6, 7, 8))
  }

  @Test("with no hop left is not forwarded, nor changed")
  func exhausted() {
    var datagram = IPv4Header(from: .any, to: .broadcast, protocol: .udp, payloadLength: 0, timeToLive: 0).encoded
    let before = datagram
    #expect(IPv4Header.decrementTimeToLive(in: &datagram) == nil)
    #expect(datagram == before)
  }

  @Test("that arrived damaged is refused at a glance, with the reader's reason")
  func glances() throws {
    let datagram = IPv4Header(from: .any, to: .broadcast, protocol: .udp, payloadLength: 4).datagram([1, 2, 3, 4])
    let glance = try IPv4Glance(verifying: datagram)
    #expect(glance.totalLength == 24)
    for length in 0..<24 {
      #expect(throws: DecodeError.self) { try IPv4Glance(verifying: Array(datagram.prefix(length))) }
    }
    for bit in 0..<160 {
      var damaged = datagram
      damaged[bit / 8] ^= 0x80 >> UInt8(bit % 8)
      #expect(throws: DecodeError.self) { try IPv4Glance(verifying: damaged) }
    }
  }
}

@Suite("Internet checksum")
struct InternetChecksumTests {
  /// RFC 1071 §3, the worked example: the sum is ddf2.
  @Test("of RFC 1071's example")
  func example() { #expect(InternetChecksum.of([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]) == ~0xDDF2) }

  /// RFC 1624 §4: HC = 0xDD2F, m = 0x5555, m' = 0x3285 gives 0x0000, where RFC 1141 gave 0xFFFF.
  @Test("is mended as RFC 1624's example says")
  func incremental() { #expect(InternetChecksum.updated(0xDD2F, replacing: UInt16(0x5555), by: 0x3285) == 0) }

  @Test("does not depend on how the octets are handed in")
  func pieces() {
    var noise = Noise(seed: 1)
    for length in 0..<70 {
      let octets = noise.octets(length)
      var slow: UInt32 = 0
      for (index, octet) in octets.enumerated() { slow += UInt32(octet) << (index % 2 == 0 ? 8 : 0) }
      while slow > 0xFFFF { slow = slow & 0xFFFF + slow >> 16 }
      #expect(InternetChecksum.of(octets) == ~UInt16(slow))
      for cut in 0...length {
        var sum = InternetChecksum()
        sum.add(Array(octets[..<cut]))
        sum.add(Array(octets[cut...]))
        #expect(sum.checksum == ~UInt16(slow), "length \(length), cut \(cut)")
      }
    }
  }
}
