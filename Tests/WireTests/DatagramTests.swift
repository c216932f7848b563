import Testing

@testable import Wire

@Suite("UDP, ICMP and ESP")
struct DatagramTests {
  static let alice = IPAddress.v4(IPv4Address(10, 1, 0, 5))
  static let bob = IPAddress.v4(IPv4Address(10, 2, 0, 7))

  @Test("UDP: the contract, and a checksum that changes with every octet")
  func udp() throws {
    expectContract(UDPHeader(sourcePort: 500, destinationPort: 4500, length: 20, checksum: 7))
    let datagram = UDPHeader(sourcePort: 7, destinationPort: 9).datagram([1, 2, 3], from: Self.alice, to: Self.bob)
    #expect(UDPHeader.isIntact(datagram, from: Self.alice, to: Self.bob))
    #expect(!UDPHeader.isIntact(datagram, from: Self.alice, to: Self.alice))
    for index in datagram.indices where index != 6 && index != 7 {
      var damaged = datagram
      damaged[index] ^= 0x10
      #expect(!UDPHeader.isIntact(damaged, from: Self.alice, to: Self.bob))
    }
  }

  @Test("UDP: a sum of zero goes out as all ones, and none at all is accepted over IPv4 only")
  func udpZero() {
    let silent = UDPHeader(sourcePort: 1, destinationPort: 2).encoded
    #expect(UDPHeader.isIntact(silent, from: Self.alice, to: Self.bob))
    let six = IPAddress.v6(IPv6Address(high: 1, low: 2))
    #expect(!UDPHeader.isIntact(silent, from: six, to: six))
    var payload: [UInt8] = [0, 0]
    let first = UDPHeader(sourcePort: 1, destinationPort: 2).datagram(payload, from: Self.alice, to: Self.bob)
    payload = [first[6], first[7]]
    let zero = UDPHeader(sourcePort: 1, destinationPort: 2).datagram(payload, from: Self.alice, to: Self.bob)
    #expect(zero[6] == 0xFF && zero[7] == 0xFF)
  }

  @Test("ICMP: echo and its answer")
  func echo() throws {
    let echo = ICMPMessage.echo(identifier: 0x1234, sequenceNumber: 9, data: [1, 2, 3, 4, 5])
    expectContract(echo, refusesPrefixes: false)
    #expect(InternetChecksum.of(echo.encoded) == 0)
    let reply = ICMPMessage.echoReply(to: echo)
    #expect(reply.type == .echoReply && reply.identifier == 0x1234 && reply.body == [1, 2, 3, 4, 5])
    #expect(echo.fields(at: 0).map(\.name) == ["type", "code", "checksum", "identifier", "sequenceNumber", "data"])
  }

  @Test("ICMP: fragmentation needed names the MTU and quotes the datagram")
  func unreachable() throws {
    let datagram = [UInt8](repeating: 0x45, count: 1500)
    let message = ICMPMessage.fragmentationNeeded(nextHopMTU: 1400, about: datagram)
    #expect(message.isFragmentationNeeded && message.nextHopMTU == 1400)
    #expect(message.body.count == 548)
    #expect(message.fields(at: 0).first { $0.name == "code" }?.meaning == "fragmentation needed and DF set")
  }

  @Test("ESP: header and trailer")
  func esp() throws {
    expectContract(ESPHeader(spi: 0x1000_ABCD, sequenceNumber: 1))
    for payload in 0..<40 {
      let trailer = ESPTrailer(padding: payload, to: 16, nextHeader: .ipv4)
      #expect((payload + trailer.encodedLength) % 16 == 0 && trailer.padding.count < 16 && trailer.isMonotonic)
      var writer = ByteWriter()
      writer.append(repeating: 0xA5, count: payload)
      trailer.write(to: &writer)
      var cursor = Cursor(end: writer.count)
      let read = unsafe try ESPTrailer(readingEndOf: writer.bytes.span.bytes, at: &cursor)
      #expect(read == trailer && cursor.remaining == payload)
    }
  }
}
