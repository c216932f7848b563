import Testing

@testable import Wire

@Suite("Malformed ISAKMP messages")
struct ISAKMPMalformedTests {
  /// Reads with the place of each payload, so that reserved octets count too.
  static func read(_ octets: [UInt8]) throws(DecodeError) -> (header: ISAKMPHeader, chain: PayloadChain) {
    var cursor = Cursor(end: octets.count)
    return unsafe try ISAKMPMessage.read(octets.span.bytes, at: &cursor)
  }

  static func fault(_ octets: [UInt8]) -> DecodeError? {
    do throws(DecodeError) {
      _ = try read(octets)
      return nil
    } catch {
      return error
    }
  }

  /// `mainMode1` with octets overwritten: its SA payload at 28, proposal at 40, transform at 48, first attribute at 56.
  static func changed(_ changes: [Int: UInt8]) -> [UInt8] {
    var octets = ISAKMPSamples.mainMode1
    for (offset, value) in changes { octets[offset] = value }
    return octets
  }

  @Test("every proper prefix is refused")
  func prefixes() {
    for sample in [ISAKMPSamples.mainMode1, ISAKMPSamples.everything.encoded] {
      for length in 0..<sample.count {
        let error = Self.fault(Array(sample.prefix(length)))
        #expect(error != nil, "a prefix of \(length) octets was read")
        #expect(error.map { $0.offset <= length } ?? true)
      }
    }
  }

  @Test("every prefix of a decrypted body is refused")
  func bodyPrefixes() {
    let body = ISAKMPMessage.encoded(ISAKMPSamples.everything.payloads)
    for length in 0..<body.count {
      #expect(throws: DecodeError.self, "\(length)") {
        try PayloadChain(first: .hash, decoding: Array(body.prefix(length)))
      }
    }
  }

  @Test("every flipped bit is refused or reads differently")
  func bitFlips() throws {
    for sample in [ISAKMPSamples.mainMode1, ISAKMPSamples.everything.encoded] {
      let (header, chain) = try Self.read(sample)
      for bit in 0..<sample.count * 8 {
        var flipped = sample
        flipped[bit / 8] ^= 0x80 >> UInt8(bit % 8)
        guard let read = try? Self.read(flipped) else { continue }
        #expect(read.header != header || read.chain != chain, "bit \(bit) reads the same")
      }
    }
  }

  @Test(
    "octets that are reserved are told of where a strict receiver would discard", arguments: [29, 41, 49, 54, 55, 81])
  func reserved(offset: Int) throws {
    let chain = try Self.read(Self.changed([offset: 4])).chain
    let fault = try #require(chain.reservedFault)
    #expect(fault.offset == (offset == 55 ? 54 : offset))
    #expect(try Self.read(ISAKMPSamples.mainMode1).chain.reservedFault == nil)
  }

  @Test("nested lengths that pass what is around them are refused at the length")
  func nestedLengths() {
    let length = GenericPayloadHeader.Field.length.id
    let cases: [([Int: UInt8], FieldID, Int, DecodeError.Fault)] = [
      ([26: 0, 27: 27], ISAKMPHeader.Field.length.id, 24, .length(stated: 27, limit: 196)),
      ([27: 0xC5], ISAKMPHeader.Field.length.id, 24, .length(stated: 197, limit: 196)),
      ([31: 3], length, 30, .length(stated: 3, limit: 168)),
      ([30: 1], length, 30, .length(stated: 0x134, limit: 168)),
      ([43: 41], length, 42, .length(stated: 41, limit: 40)),
      ([43: 7], GenericPayloadHeader.Field.nextPayload.id, 40, .value(0)),
      ([46: 33], Proposal.Field.spiSize.id, 46, .length(stated: 33, limit: 32)),
      ([47: 5], Proposal.Field.transformCount.id, 47, .length(stated: 40, limit: 32)),
      ([47: 0], length, 42, .length(stated: 40, limit: 8)),
      ([47: 2], GenericPayloadHeader.Field.nextPayload.id, 48, .value(0)),
      ([51: 33], length, 50, .length(stated: 33, limit: 32)),
      ([51: 28], length, 42, .length(stated: 40, limit: 36)),
      ([48: 3], GenericPayloadHeader.Field.nextPayload.id, 48, .value(3)),
      ([40: 2], GenericPayloadHeader.Field.nextPayload.id, 40, .value(2)),
      ([76: 0], DataAttribute.Field.length.id, 78, .length(stated: 0x3DE0, limit: 0)),
      ([35: 2], SecurityAssociationPayload.Field.domainOfInterpretation.id, 32, .value(2)),
      ([39: 3], SecurityAssociationPayload.Field.situation.id, 36, .value(3)),
      ([19: 1], ISAKMPHeader.Field.flags.id, 19, .value(1)),
      ([16: 0], ISAKMPHeader.Field.length.id, 24, .length(stated: 196, limit: 28)),
    ]
    for (changes, field, offset, fault) in cases {
      #expect(
        Self.fault(Self.changed(changes)) == DecodeError(field: field, offset: offset, fault: fault), "\(changes)")
    }
  }

  @Test("faults in words")
  func words() {
    let texts: [([Int: UInt8], String)] = [
      ([27: 0xC5], "ISAKMP · Length at byte 0x0018: 197 exceeds the 196 bytes there are (RFC 2408 §3.1)"),
      ([43: 41], "ISAKMP · Payload Length at byte 0x002a: 41 exceeds the 40 bytes there are (RFC 2408 §3.2)"),
      ([46: 33], "ISAKMP · SPI Size at byte 0x002e: 33 exceeds the 32 bytes there are (RFC 2408 §3.5)"),
      ([47: 5], "ISAKMP · # of Transforms at byte 0x002f: 40 exceeds the 32 bytes there are (RFC 2408 §3.5)"),
      ([48: 9], "ISAKMP · Next Payload at byte 0x0030: 9 is not allowed here (RFC 2408 §3.2)"),
      ([35: 2], "ISAKMP · Domain of Interpretation at byte 0x0020: 2 is not allowed here (RFC 2408 §3.4)"),
    ]
    for (changes, text) in texts { #expect(Self.fault(Self.changed(changes))?.description == text) }
  }

  @Test("delete, notification and NAT-OA payloads have to fill their lengths")
  func fixedBodies() {
    func fault(_ type: PayloadType, _ body: [UInt8]) -> DecodeError? {
      let octets = ISAKMPMessage.encoded([.other(type, body)])
      do throws(DecodeError) {
        _ = try PayloadChain(first: type, decoding: octets)
        return nil
      } catch {
        return error
      }
    }
    #expect(fault(.delete, [0, 0, 0, 1, 3, 4, 0, 2, 1, 2, 3, 4])?.fault == .length(stated: 8, limit: 4))
    #expect(fault(.delete, [0, 0, 0, 1, 3, 0, 0, 2])?.fault == .value(0))
    #expect(fault(.delete, [0, 0, 0, 1, 3, 4, 0, 0]) == nil)
    #expect(fault(.notification, [0, 0, 0, 1, 3, 5, 0, 14, 1, 2, 3, 4])?.fault == .length(stated: 5, limit: 4))
    #expect(fault(.natOriginalAddress, [2, 0, 0, 0, 1, 2, 3, 4])?.fault == .value(2))
    #expect(fault(.natOriginalAddress, [1, 0, 0, 0, 1, 2, 3])?.fault == .length(stated: 3, limit: 4))
  }

  @Test("more payloads than the bound are refused")
  func bound() {
    let payloads = Array(repeating: ISAKMPPayload.nonce([]), count: PayloadChain.maximumPayloads + 1)
    let message = ISAKMPMessage(header: ISAKMPSamples.everything.header, payloads: payloads)
    #expect(Self.fault(message.encoded)?.fault == .bound(64))
    #expect(throws: Never.self) {
      try PayloadChain(first: .nonce, decoding: ISAKMPMessage.encoded(Array(payloads.dropLast())))
    }
  }

  @Test("seeded mutations never trap, and what is read writes and shows", arguments: 1...8)
  func mutations(seed: UInt64) {
    var noise = Noise(seed: seed)
    let samples = [ISAKMPSamples.mainMode1, ISAKMPSamples.everything.encoded]
    for round in 0..<300 {
      var octets = samples[round % 2]
      for _ in 0...noise.below(4) { octets[noise.below(octets.count)] = UInt8(truncatingIfNeeded: noise.next()) }
      if noise.below(4) == 0 { octets.removeLast(noise.below(octets.count)) }
      let node = ISAKMPDissection.layer(of: octets, range: 0..<octets.count)
      #expect(node.fields.allSatisfy { $0.range.upperBound <= octets.count }, "seed \(seed), round \(round)")
      guard let (header, chain) = try? Self.read(octets) else { continue }
      let again = ISAKMPMessage(header: header, payloads: chain.payloads).encoded
      #expect(again.count == Int(header.length), "seed \(seed), round \(round)")
    }
  }

  @Test("random octets never trap as a decrypted body", arguments: 1...4)
  func randomBodies(seed: UInt64) {
    var noise = Noise(seed: seed)
    for _ in 0..<1_000 {
      let body = noise.octets(noise.below(96))
      _ = ISAKMPDissection.layer(
        decryptedBody: body, firstPayload: PayloadType(rawValue: UInt8(truncatingIfNeeded: noise.below(24))))
    }
  }
}
