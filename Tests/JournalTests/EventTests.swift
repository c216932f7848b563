import Journal
import JournalSamples
import Testing

private let kinds = Event.names.map { $0.kind }

/// Events of a kind with their bodies, and the seed that makes each.
private func samples(_ kind: UInt16, _ count: UInt64) throws -> [(seed: UInt64, event: Event, body: [UInt8])] {
  try (1...count).map { number in
    let seed = number << 16 | UInt64(kind)
    var generator = SampleEvents(seed: seed)
    let made = generator.event(kind: kind)
    let event = try #require(made)
    var writer = BodyWriter()
    event.write(to: &writer)
    return (seed, event, writer.bytes)
  }
}

@Suite struct EventTests {
  @Test(arguments: kinds) func whatIsWrittenIsRead(_ kind: UInt16) throws {
    for (seed, event, body) in try samples(kind, 50) {
      #expect(event.kind == kind, "seed \(seed)")
      #expect(try Event(kind: kind, body: body) == event, "seed \(seed)")
    }
  }

  @Test(arguments: kinds) func everyProperPrefixIsRefused(_ kind: UInt16) throws {
    for (seed, _, body) in try samples(kind, 20) {
      let read = (0..<body.count).filter { (try? Event(kind: kind, body: Array(body[..<$0]))) != nil }
      #expect(read == [], "seed \(seed)")
    }
  }

  @Test(arguments: kinds) func everyBitFlipIsRefusedOrReadDifferently(_ kind: UInt16) throws {
    for (seed, event, body) in try samples(kind, 5) {
      let same = (0..<8 * body.count).filter { bit in
        var damaged = body
        damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        return (try? Event(kind: kind, body: damaged)) == event
      }
      #expect(same == [], "seed \(seed)")
    }
  }

  @Test(arguments: kinds) func whatIsLeftOverIsRefused(_ kind: UInt16) throws {
    for (seed, _, body) in try samples(kind, 5) {
      #expect(throws: BodyError(offset: body.count, expected: "the end of the body"), "seed \(seed)") {
        try Event(kind: kind, body: body + [0])
      }
    }
  }

  @Test(arguments: [0x0100, 0x010B, 0x0209, 0x0300, 0x030E, 0x040B, 0x0504, 0x0600, 0xFFFF, 0] as [UInt16])
  func kindsThatNobodyKnowsSurvive(_ kind: UInt16) throws {
    for body in [[], [0], [1], [7, 7, 7], [UInt8](repeating: 0xFF, count: 20)] as [[UInt8]] {
      let event = try Event(kind: kind, body: body)
      #expect(event == .unknown(kind: kind, body: body))
      var writer = BodyWriter()
      event.write(to: &writer)
      #expect(writer.bytes == body)
      #expect(event.kind == kind)
    }
  }

  @Test func namesAndCodesAgree() throws {
    #expect(Event.packet(.held(PacketID(1), policy: "")).name == "packet.held")
    #expect(Event.application(.completed(FlowID(0))).name == "application.completed")
    #expect(Event.name(of: 0x0542) == "unknown.0x0542")
    #expect(Event.name(of: 0x42) == "unknown.0x0042")
    #expect(Event.kinds(named: "packet.dropped") == [0x0104])
    #expect(Event.kinds(named: "run") == [0x0501, 0x0502, 0x0503])
    #expect(Event.kinds(named: "packets") == [])
    for name in Event.names { #expect(Event.name(of: name.kind) == name.name) }
    // The lists of names and of codes end together.
    for last in Event.names where !Event.names.contains(where: { $0.kind == last.kind + 1 }) {
      #expect(try Event(kind: last.kind + 1, body: [9]) == .unknown(kind: last.kind + 1, body: [9]))
    }
  }
}

@Suite struct BodyTests {
  @Test(arguments: [0, 1, 127, 128, 16_383, 16_384, UInt64(UInt32.max), UInt64.max - 1, .max] as [UInt64])
  func numbers(_ value: UInt64) throws {
    var writer = BodyWriter()
    writer.unsigned(value)
    var reader = BodyReader(writer.bytes)
    #expect(try reader.unsigned(UInt64.self) == value)
    #expect(reader.position == writer.bytes.count)
  }

  @Test func numbersHaveOneForm() {
    #expect(throws: BodyError(offset: 2, expected: "a number in its shortest form")) {
      var reader = BodyReader([0x80, 0x00])
      _ = try reader.unsigned(UInt64.self)
    }
  }

  @Test func numbersThatDoNotFit() {
    #expect(throws: BodyError(offset: 2, expected: "a number of at most 8 bits")) {
      var reader = BodyReader([0x80, 0x02])
      _ = try reader.unsigned(UInt8.self)
    }
    #expect(throws: BodyError(offset: 10, expected: "a number of at most 64 bits")) {
      var reader = BodyReader([UInt8](repeating: 0xFF, count: 9) + [0x02])
      _ = try reader.unsigned(UInt64.self)
    }
  }

  @Test func countsPastTheEndReserveNothing() {
    #expect(throws: BodyError(offset: 9, expected: "9223372036854775807 values")) {
      var reader = BodyReader([UInt8](repeating: 0xFF, count: 8) + [0x7F])
      _ = try reader.list { r throws(BodyError) in try r.boolean() }
    }
    #expect(throws: BodyError(offset: 1, expected: "5 octets")) {
      var reader = BodyReader([5, 1, 2])
      _ = try reader.octets()
    }
  }

  @Test func damageInWords() {
    #expect(
      BodyError(offset: 7, expected: "a number").description
        == "the entry's body ends or is damaged at octet 7; expected a number")
  }
}
