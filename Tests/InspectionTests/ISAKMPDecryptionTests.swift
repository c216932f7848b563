import Cryptography
import IKE
import Inspection
import Testing
import Wire

/// An ISAKMP SA whose messages the tests encrypt themselves, as RFC 2409 Appendix B says.
private struct Peers {
  let initiatorCookie = Cookie(rawValue: 0x0123_4567_89AB_CDEF)
  let responderCookie = Cookie(rawValue: 0xFEDC_BA98_7654_3210)
  let key: [UInt8]
  let protection: MessageProtection
  let derivation = KeyDerivation(hash: .sha1)
  let publicValues: [[UInt8]] = [[UInt8](repeating: 0x11, count: 96), [UInt8](repeating: 0x22, count: 96)]
  private var vectors: [UInt32: [UInt8]] = [:]
  private var lastPhase1Block: [UInt8] = []

  init(key: [UInt8] = (0..<16).map { $0 }) {
    self.key = key
    protection = MessageProtection(cipher: .aes128CBC, key: key)
    lastPhase1Block = derivation.phase1InitializationVector(
      initiatorPublicValue: publicValues[0], responderPublicValue: publicValues[1], cipher: .aes128CBC)
  }

  var ring: KeyRing {
    var ring = KeyRing()
    ring.add(ISAKMPKey(initiatorCookie: initiatorCookie, key: key, origin: "table:1"))
    return ring
  }

  private func header(_ exchange: ExchangeType, _ messageID: UInt32, _ flags: ISAKMPFlags = []) -> ISAKMPHeader {
    ISAKMPHeader(
      initiatorCookie: initiatorCookie, responderCookie: responderCookie, exchangeType: exchange, flags: flags,
      messageID: messageID)
  }

  /// Messages 1 to 4 of main mode.
  func clearMessages() -> [[UInt8]] {
    let attributes: [(UInt16, UInt16)] = [(1, 7), (2, 2), (3, 1), (4, 1), (14, 128)]
    let transform = Transform(
      number: 1, identifier: 1, attributes: attributes.map { DataAttribute(type: $0.0, value: .basic($0.1)) })
    let association = ISAKMPPayload.securityAssociation(
      SecurityAssociationPayload(proposals: [Proposal(number: 1, protocolID: .isakmp, transforms: [transform])]))
    var first = header(.identityProtection, 0)
    first.responderCookie = .zero
    let nonce = ISAKMPPayload.nonce([UInt8](repeating: 3, count: 16))
    return [ISAKMPMessage(header: first, payloads: [association]).encoded]
      + [[association], [.keyExchange(publicValues[0]), nonce], [.keyExchange(publicValues[1]), nonce]].map {
        ISAKMPMessage(header: header(.identityProtection, 0), payloads: $0).encoded
      }
  }

  /// The next message of an exchange, encrypted, its chain of vectors taken on.
  mutating func encrypted(_ exchange: ExchangeType, _ messageID: UInt32, _ payloads: [ISAKMPPayload]) throws -> [UInt8]
  {
    let isPhase1 = messageID == 0
    let vector =
      isPhase1
      ? lastPhase1Block
      : vectors[messageID]
        ?? derivation.phase2InitializationVector(
          lastPhase1Block: lastPhase1Block, messageID: messageID, cipher: .aes128CBC)
    let body = ISAKMPMessage.encoded(payloads)
    let step = try #require(protection.encrypt(body, initializationVector: vector))
    if isPhase1 {
      lastPhase1Block = step.nextInitializationVector
    } else {
      vectors[messageID] = step.nextInitializationVector
    }
    return message(exchange, messageID, payloads.first?.type ?? .none, step.body)
  }

  func message(_ exchange: ExchangeType, _ messageID: UInt32, _ first: PayloadType, _ body: [UInt8]) -> [UInt8] {
    var header = header(exchange, messageID, .encryption)
    header.nextPayload = first
    header.length = UInt32(ISAKMPHeader.encodedLength + body.count)
    return header.encoded + body
  }

  static let hash = ISAKMPPayload.hash([UInt8](repeating: 9, count: 20))
  static let identity = ISAKMPPayload.identification(
    IdentificationPayload(type: .ipv4Address, protocolID: 0, port: 0, data: [192, 0, 2, 1]))
}

@Suite struct ISAKMPDecryptionTests {
  private func datagram(_ message: [UInt8], ports: UDPPorts = UDPPorts(source: 500, destination: 500)) -> [UInt8] {
    let payload = (ports.contains(4500) ? [0, 0, 0, 0] : []) + message
    let udp = UDPHeader(
      sourcePort: ports.source, destinationPort: ports.destination, length: UInt16(8 + payload.count), checksum: 0)
    let header = IPv4Header(
      from: IPv4Address(192, 0, 2, 1), to: IPv4Address(192, 0, 2, 2), protocol: .udp, payloadLength: 8 + payload.count)
    return header.datagram(udp.encoded + payload)
  }

  /// The verdicts and payloads of messages that come one after the other behind the clear ones.
  private func outcomes(_ messages: [[UInt8]], _ peers: Peers, clear: [[UInt8]]? = nil) -> [String] {
    var inspector = FrameInspector(keys: peers.ring)
    for message in clear ?? peers.clearMessages() { _ = inspector.inspect(datagram(message)) }
    return messages.map { message in
      let report = inspector.inspect(datagram(message))
      let protection = report.layers.last { $0.node.kind == .isakmp }?.protection
      return
        "\(protection?.verdict.map { $0.rawValue } ?? "-") \(report.payloads.map(String.init).joined(separator: ","))"
    }
  }

  @Test("Main mode, two interleaved quick modes and an informational message")
  func interleaved() throws {
    var peers = Peers()
    let messages = [
      try peers.encrypted(.identityProtection, 0, [Peers.identity, Peers.hash]),
      try peers.encrypted(.identityProtection, 0, [Peers.identity, Peers.hash]),
      try peers.encrypted(.quickMode, 0xA, [Peers.hash, .nonce([1, 2, 3, 4, 5, 6, 7, 8])]),
      try peers.encrypted(.quickMode, 0xB, [Peers.hash, .nonce([8, 7, 6, 5, 4, 3, 2, 1])]),
      try peers.encrypted(.quickMode, 0xA, [Peers.hash, .nonce([1, 1, 1, 1, 1, 1, 1, 1])]),
      try peers.encrypted(
        .informational, 0xC, [Peers.hash, .delete(DeletePayload(protocolID: .esp, spis: [[1, 2, 3, 4]]))]),
      try peers.encrypted(.quickMode, 0xB, [Peers.hash, .nonce([2, 2, 2, 2, 2, 2, 2, 2])]),
      try peers.encrypted(.quickMode, 0xA, [Peers.hash]),
      try peers.encrypted(.quickMode, 0xB, [Peers.hash]),
    ]
    let expected = ["ok 5,8", "ok 5,8", "ok 8,10", "ok 8,10", "ok 8,10", "ok 8,12", "ok 8,10", "ok 8", "ok 8"]
    #expect(outcomes(messages, peers) == expected)
    // Every message twice, as a lossy link or two taps make it.
    #expect(outcomes(messages.flatMap { [$0, $0] }, peers) == expected.flatMap { [$0, $0] })
    // All over again at the end: a retransmission may come late.
    #expect(outcomes(messages + messages, peers) == expected + expected)
  }

  @Test("A forged message is bad, and the ones behind it open all the same")
  func forged() throws {
    var peers = Peers()
    let fifth = try peers.encrypted(.identityProtection, 0, [Peers.identity, Peers.hash])
    let sixth = try peers.encrypted(.identityProtection, 0, [Peers.identity, Peers.hash])
    var quick: [[UInt8]] = []
    for _ in 0..<3 { quick.append(try peers.encrypted(.quickMode, 0xA, [Peers.hash])) }
    let forgery = { (exchange: ExchangeType, messageID: UInt32) in
      peers.message(exchange, messageID, .hash, [UInt8](repeating: 0x5A, count: 64))
    }
    #expect(
      outcomes(
        [
          forgery(.identityProtection, 0), fifth, forgery(.identityProtection, 0), sixth, forgery(.quickMode, 0xA),
          quick[0], quick[1], forgery(.quickMode, 0xA), quick[2], forgery(.informational, 0xD),
        ], peers)
        == ["bad ", "ok 5,8", "bad ", "ok 5,8", "bad ", "ok 8", "ok 8", "bad ", "ok 8", "bad "])
  }

  @Test("Forged clear messages in front of the real ones change nothing")
  func forgedClearMessages() throws {
    var peers = Peers()
    let clear = peers.clearMessages()
    var header = try ISAKMPMessage(decoding: clear[2]).header
    header.length = 0
    let forgedKey = ISAKMPMessage(header: header, payloads: [.keyExchange([UInt8](repeating: 0x66, count: 96))]).encoded
    let messages = [
      try peers.encrypted(.identityProtection, 0, [Peers.identity, Peers.hash]),
      try peers.encrypted(.quickMode, 0xA, [Peers.hash]),
    ]
    #expect(
      outcomes(messages, peers, clear: [clear[0], clear[1], forgedKey, clear[2], clear[3]]) == ["ok 5,8", "ok 8"])
  }

  @Test func saysWhatIsMissing() throws {
    var peers = Peers()
    let message = try peers.encrypted(.identityProtection, 0, [Peers.identity, Peers.hash])
    func reason(_ keys: KeyRing, _ clear: [[UInt8]]) -> String? {
      var inspector = FrameInspector(keys: keys)
      for message in clear { _ = inspector.inspect(datagram(message)) }
      return inspector.inspect(datagram(message)).layers.last?.protection?.reason
    }
    let clear = peers.clearMessages()
    #expect(reason(KeyRing(), clear) == "no key for the initiator cookie 0123456789abcdef")
    #expect(
      reason(peers.ring, [clear[0], clear[1]])
        == "the capture does not hold both key exchange payloads, from which the IV is made")
    #expect(
      reason(peers.ring, [clear[2], clear[3]])
        == "the capture does not hold the SA payload that says which cipher was chosen")
    var short = KeyRing()
    short.add(ISAKMPKey(initiatorCookie: peers.initiatorCookie, key: [1, 2, 3], origin: "x"))
    #expect(reason(short, clear) == "the key has 3 octets, and AES-CBC takes 16 or 24 or 32")
  }

  @Test("Over port 4500, from a port that a NAT chose")
  func behindNAT() throws {
    var peers = Peers()
    var inspector = FrameInspector(keys: peers.ring)
    for message in peers.clearMessages() { _ = inspector.inspect(datagram(message)) }
    let message = try peers.encrypted(.identityProtection, 0, [Peers.identity, Peers.hash])
    let report = inspector.inspect(datagram(message, ports: UDPPorts(source: 61_000, destination: 4500)))
    #expect(report.kinds == [.ipv4, .udp, .nonESPMarker, .isakmp])
    #expect(report.layers.last?.protection?.verdict == .ok)
  }

  @Test("Octets changed at random never trap, and never break the chain")
  func mutations() throws {
    var generator = TestGenerator(seed: 0x15A_4B)
    var peers = Peers()
    var inspector = FrameInspector(keys: peers.ring)
    for message in peers.clearMessages() { _ = inspector.inspect(datagram(message)) }
    _ = inspector.inspect(datagram(try peers.encrypted(.identityProtection, 0, [Peers.identity, Peers.hash])))
    for messageID in 1...60 {
      let message = try peers.encrypted(.quickMode, UInt32(messageID), [Peers.hash, .nonce([1, 2, 3, 4, 5, 6, 7, 8])])
      for _ in 0..<5 {
        let changed = message[..<28] + generator.mutated(Array(message[28...]))
        _ = inspector.inspect(datagram(Array(changed)))
      }
      #expect(inspector.inspect(datagram(message)).layers.last?.protection?.verdict == .ok, "exchange \(messageID)")
    }
  }
}
