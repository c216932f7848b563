import Testing

@testable import Wire

@Suite("ICMPv6 messages that nodes send")
struct ICMPv6Tests {
  typealias Message = ICMPv6Message
  static let (alice, bob) = (SampleFrames.six, SampleFrames.other)
  static let packet = SampleFrames.six(.udp, (0..<100).map { UInt8($0) })

  @Test("echo and its answer")
  func echo() throws {
    let request = Message.echoRequest(identifier: 0x1234, sequenceNumber: 9, data: [1, 2, 3, 4])
    #expect(request.sealed(from: Self.alice, to: Self.bob) == SampleFrames.echo6)
    let read = try Message(decoding: SampleFrames.echo6.encoded)
    #expect(read.identifier == 0x1234 && read.sequenceNumber == 9 && read.echoData == [1, 2, 3, 4])
    #expect(read.mtu == nil && read.pointer == nil && read.quotedPacket == nil)
    let reply = Message.echoReply(to: read).sealed(from: Self.bob, to: Self.alice)
    #expect(reply.type == .echoReply && reply.body == read.body && reply.sequenceNumber == 9)
    #expect(Message.checksum(of: reply.encoded, from: .v6(Self.bob), to: .v6(Self.alice)) == 0)
  }

  static let errors: [(message: Message, octets: [UInt8], meaning: String)] = [
    (.unreachable(code: 0, about: packet), [1, 0, 0, 0, 0, 0, 0, 0], "no route to the destination"),
    (.unreachable(code: 1, about: packet), [1, 1, 0, 0, 0, 0, 0, 0], "communication administratively prohibited"),
    (.unreachable(code: 2, about: packet), [1, 2, 0, 0, 0, 0, 0, 0], "unknown"),
    (.unreachable(code: 3, about: packet), [1, 3, 0, 0, 0, 0, 0, 0], "address unreachable"),
    (.unreachable(code: 4, about: packet), [1, 4, 0, 0, 0, 0, 0, 0], "port unreachable"),
    (.packetTooBig(mtu: 0x10500, about: packet), [2, 0, 0, 0, 0, 1, 5, 0], ""),
    (.timeExceeded(about: packet), [3, 0, 0, 0, 0, 0, 0, 0], "hop limit exceeded on the way"),
    (.timeExceeded(code: 1, about: packet), [3, 1, 0, 0, 0, 0, 0, 0], "fragments not all there in time"),
    (.timeExceeded(code: 2, about: packet), [3, 2, 0, 0, 0, 0, 0, 0], "unknown"),
    (.parameterProblem(code: 0, pointer: 6, about: packet), [4, 0, 0, 0, 0, 0, 0, 6], "a field makes no sense"),
    (.parameterProblem(code: 1, pointer: 300, about: packet), [4, 1, 0, 0, 0, 0, 1, 44], "next header unknown"),
    (.parameterProblem(code: 2, pointer: 42, about: packet), [4, 2, 0, 0, 0, 0, 0, 42], "option unknown"),
  ]

  @Test("errors are written as RFC 2463 §3 draws them, and quote their packet", arguments: errors.indices)
  func error(index: Int) throws {
    let (message, octets, meaning) = Self.errors[index]
    #expect(message.encoded == octets + Self.packet)
    #expect(message.quotedPacket == Self.packet && message.identifier == nil && message.sequenceNumber == nil)
    #expect(message.mtu == (octets[0] == 2 ? 0x10500 : nil))
    #expect(message.pointer == (octets[0] == 4 ? UInt32(octets[6]) << 8 | UInt32(octets[7]) : nil))
    #expect(message.fields(at: 0)[1].meaning == meaning)
    #expect(message.echoData.isEmpty)
  }

  @Test("an error quotes as much as fits 1280 octets")
  func quotation() {
    let whole = SampleFrames.six(.udp, [UInt8](repeating: 7, count: 1400))
    let message = Message.packetTooBig(mtu: 1280, about: whole)
    #expect(SampleFrames.six(.icmpv6, message.encoded).count == 1280)
    #expect(message.quotedPacket == Array(whole.prefix(1232)))
  }

  @Test("a message that is cut short says nothing that it does not hold")
  func short() throws {
    for type in [1, 2, 3, 4, 128, 129] as [UInt8] {
      let message = try Message(decoding: [type, 0, 0, 0, 9, 9, 9])
      #expect(message.identifier == nil && message.sequenceNumber == nil && message.mtu == nil)
      #expect(message.pointer == nil && message.quotedPacket == nil && message.echoData.isEmpty)
    }
  }

  static func packet(
    from source: String = "2001:db8::1", to destination: String = "2001:db8::2", _ next: IPProtocol = .udp,
    _ payload: [UInt8] = [128, 0, 0, 0]
  ) throws -> [UInt8] {
    IPv6Header(
      from: try #require(IPv6Address(source)), to: try #require(IPv6Address(destination)), nextHeader: next,
      payloadLength: 0
    ).packet(payload)
  }

  @Test("no error about an error, RFC 2463 §2.4 e.1")
  func aboutErrors() throws {
    let error = Message.unreachable(code: 4, about: [])
    let options = IPv6DestinationOptionsHeader(nextHeader: .icmpv6, options: []).encoded
    for (type, allowed) in [(1, false), (4, false), (127, false), (128, true), (129, true)] as [(UInt8, Bool)] {
      #expect(error.mayBeSent(about: try Self.packet(.icmpv6, [type, 0, 0, 0])) == allowed)
      let behind = try Self.packet(.ipv6DestinationOptions, options + [type, 0, 0, 0])
      #expect(error.mayBeSent(about: behind) == allowed)
      #expect(error.mayBeSent(about: try Self.packet(.udp, [type, 0, 0, 0])))
    }
    #expect(error.mayBeSent(about: try Self.packet(.icmpv6, [])))
  }

  @Test("none about what went to many, but for Packet Too Big and an unknown option, RFC 2463 §2.4 e.2")
  func multicast() throws {
    let packet = try Self.packet(to: "ff02::1")
    for (message, _, _) in Self.errors {
      let allowed = message.type == .packetTooBig || message.type == .parameterProblem && message.code == 2
      #expect(message.mayBeSent(about: packet) == allowed)
      #expect(message.mayBeSent(about: try Self.packet()))
    }
  }

  @Test("none to a source that is no single node, RFC 2463 §2.4 e.5, or about what is no IPv6 packet")
  func sources() throws {
    for (message, _, _) in Self.errors {
      #expect(!message.mayBeSent(about: try Self.packet(from: "::")))
      #expect(!message.mayBeSent(about: try Self.packet(from: "ff02::1")))
      #expect(!message.mayBeSent(about: Array(try Self.packet().prefix(39))))
    }
    // What is wrong behind the IPv6 header is just what a Parameter Problem is for.
    let wrong = try Self.packet(.ipv6Routing, [17, 9, 0, 0])
    #expect(Message.parameterProblem(code: 0, pointer: 41, about: wrong).mayBeSent(about: wrong))
  }
}
