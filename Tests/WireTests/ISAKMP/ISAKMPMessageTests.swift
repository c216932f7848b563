import Testing

@testable import Wire

@Suite("ISAKMP messages")
struct ISAKMPMessageTests {
  @Test("main mode message 1 of strongSwan is read")
  func readsMainMode() throws {
    let message = try ISAKMPMessage(decoding: ISAKMPSamples.mainMode1)
    #expect(message.header.exchangeType == .identityProtection)
    #expect(message.header.initiatorCookie.description == "621c0f4a561d7545")
    #expect(message.header.responderCookie == .zero)
    #expect(message.payloads.map(\.type) == [.securityAssociation] + Array(repeating: .vendorID, count: 6))
    guard case .securityAssociation(let payload) = message.payloads[0] else { throw Unexpected() }
    #expect(payload.proposals.map(\.protocolID) == [.isakmp])
    let attributes = payload.proposals[0].transforms[0].attributes
    #expect(attributes.map(\.type) == [1, 2, 4, 3, 11, 12])
    #expect(attributes.map(\.unsigned) == [5, 2, 2, 1, 1, 15840])
    #expect(payload.body() == Array(ISAKMPSamples.mainMode1[32..<80]))
  }

  @Test(
    "what was read is written back to the last octet",
    arguments: [ISAKMPSamples.mainMode1, ISAKMPSamples.everything.encoded])
  func writesBack(octets: [UInt8]) throws {
    #expect(try ISAKMPMessage(decoding: octets).encoded == octets)
  }

  @Test("a message with every payload comes back as it was, lengths and next payloads made")
  func roundTrip() throws {
    let octets = ISAKMPSamples.everything.encoded
    let read = try ISAKMPMessage(decoding: octets)
    #expect(read.payloads == ISAKMPSamples.everything.payloads)
    #expect(read.header.nextPayload == .hash)
    #expect(Int(read.header.length) == octets.count)
    #expect(octets.count == ISAKMPSamples.everything.encodedLength)
    for payload in ISAKMPSamples.everything.payloads {
      #expect(payload.body().count + 4 == payload.encodedLength)
    }
  }

  @Test("the header keeps the contract of every header")
  func header() {
    expectContract(
      ISAKMPHeader(initiatorCookie: Cookie(rawValue: 1), exchangeType: .aggressive, flags: [.encryption]))
  }

  @Test("each payload's place is the octets that were received")
  func rawPayloads() throws {
    let octets = ISAKMPSamples.everything.encoded
    var cursor = Cursor(end: octets.count)
    let (_, chain) = unsafe try ISAKMPMessage.read(octets.span.bytes, at: &cursor)
    #expect(chain.end == octets.count)
    for (payload, raw) in zip(chain.payloads, chain.rawPayloads) {
      #expect(raw.type == payload.type)
      #expect(Array(octets[raw.body]) == payload.body())
      #expect(raw.whole.lowerBound + 4 == raw.body.lowerBound)
    }
    // HASH(1) of quick mode covers what lies behind the HASH payload (RFC 2409 §5.5).
    let behind = Array(octets[chain.rawPayloads[0].whole.upperBound..<chain.end])
    #expect(behind == ISAKMPMessage.encoded(Array(chain.payloads.dropFirst())))
  }

  @Test("a decrypted body's padding is left to the caller")
  func padding() throws {
    let payloads: [ISAKMPPayload] = [.hash([1, 2, 3]), .nonce([4, 5, 6, 7, 8])]
    let body = ISAKMPMessage.encoded(payloads)
    let chain = try PayloadChain(first: .hash, decoding: body + [0, 0, 0, 7])
    #expect(chain.payloads == payloads)
    #expect(chain.end == body.count)
    #expect(chain.reservedFault == nil)
  }

  @Test("octets of the datagram behind the message are left")
  func trailing() throws {
    let octets = ISAKMPSamples.mainMode1 + [1, 2, 3]
    var cursor = Cursor(end: octets.count)
    _ = unsafe try ISAKMPMessage(reading: octets.span.bytes, at: &cursor)
    #expect(cursor.remaining == 3)
  }

  @Test("numbers take the short form of an attribute where they fit")
  func attributeForms() {
    #expect(DataAttribute.unsigned(12, 65_535).value == .basic(65_535))
    #expect(DataAttribute.unsigned(12, 65_536).value == .variable([0, 1, 0, 0]))
    #expect(DataAttribute.unsigned(12, 1 << 32).value == .variable([0, 0, 0, 1, 0, 0, 0, 0]))
    #expect(DataAttribute(type: 12, value: .variable([0, 0, 0x70, 0x80])).unsigned == 28_800)
    #expect(DataAttribute(type: 12, value: .variable([])).unsigned == nil)
    #expect(DataAttribute(type: 12, value: .variable(Array(repeating: 1, count: 9))).unsigned == nil)
    #expect(
      DataAttribute(type: 12, value: .variable([0] + Array(repeating: 1, count: 8))).unsigned == 0x0101_0101_0101_0101)
  }

  @Test("identities come back out of their payloads")
  func identities() {
    let v6 = IPv6Address(high: 0x2001_0DB8_0000_0000, low: 1)
    let identities: [Identity] = [
      .ipv4Address(IPv4Address(10, 0, 0, 1)), .fullyQualifiedDomainName("fw-a.example"),
      .userFullyQualifiedDomainName("carol@example.org"),
      .ipv4Subnet(IPv4Address(10, 1, 0, 0), mask: IPv4Address(255, 255, 0, 0)), .ipv6Address(v6),
      .ipv6Subnet(v6, mask: v6),
      .ipv4Range(IPv4Address(10, 1, 0, 0), IPv4Address(10, 1, 0, 9)), .ipv6Range(v6, v6),
      .distinguishedName([0x30, 0]),
      .generalName([1]), .keyID([0, 255]),
    ]
    for identity in identities { #expect(IdentificationPayload(identity).identity == identity) }
    #expect(IdentificationPayload(type: .ipv4Address, data: [1, 2, 3]).identity == nil)
    #expect(IdentificationPayload(type: .fullyQualifiedDomainName, data: [0x1B, 0x5B]).identity == nil)
    #expect(IdentificationPayload(type: IdentificationType(rawValue: 77), data: []).identity == nil)
  }
}

/// A payload of another kind than the test is about.
struct Unexpected: Error {}
