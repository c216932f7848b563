import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// What the sender of a malformed message is told: RFC 2408 §5.1 to §5.3.
@Suite struct ComplaintTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var told: String
    var detail: String
    /// What is changed in the initiator's first message.
    var change: @Sendable (inout [UInt8]) -> Void

    var testDescription: String { told }

    static let all = [
      Case(told: "INVALID-COOKIE", detail: "no main mode has the cookies ") { $0[8] = 1 },
      Case(told: "INVALID-MAJOR-VERSION", detail: "version 2.0; this is 1.0 (RFC 2408 §5.2)") { $0[17] = 0x20 },
      Case(told: "INVALID-MINOR-VERSION", detail: "version 1.1; this is 1.0 (RFC 2408 §5.2)") { $0[17] = 0x11 },
      Case(told: "UNSUPPORTED-EXCHANGE-TYPE", detail: "exchange type 3 is not spoken here (RFC 2408 §3.1)") {
        $0[18] = 3
      },
      Case(told: "INVALID-FLAGS", detail: "a reserved flag is set (RFC 2408 §3.1)") { $0[19] = 0x80 },
      Case(told: "INVALID-FLAGS", detail: "what is authenticated only is not spoken here (RFC 2408 §3.1)") {
        $0[19] = 4
      },
      Case(told: "INVALID-MESSAGE-ID", detail: "the message ID is 0 in phase 1 (RFC 2408 §3.1)") { $0[23] = 1 },
      Case(told: "UNEQUAL-PAYLOAD-LENGTHS", detail: "the header says ") { $0.append(0) },
      Case(told: "PAYLOAD-MALFORMED", detail: "byte 29 can't be read: ") { $0[29] = 1 },
      Case(told: "PAYLOAD-MALFORMED", detail: "the responder refuses: payload 1 has to be Security Association: ") {
        $0[16] = PayloadType.hash.rawValue
      },
    ]
  }

  private static func first() throws -> [UInt8] {
    var pair = Pair(HostileTests.setup(), seed: 1)
    pair.acquire(0)
    return try #require(pair.sent.first?.bytes)
  }

  private static func told(_ pair: Pair) throws -> [String] {
    try pair.sent.filter { $0.side == 1 }.flatMap { message in
      try ReceivedMessage(clear: message.bytes).notifications.map(\.type.meaning)
    }
  }

  @Test(arguments: Case.all) func eachFaultHasItsNotification(item: Case) throws {
    var pair = Pair(HostileTests.setup(), seed: 1)
    var bytes = try Self.first()
    item.change(&bytes)
    pair.deliver(bytes, to: 1)
    #expect(try Self.told(pair) == [item.told])
    let details = pair.notes(1).compactMap { note in
      if case .dropped(_, let detail) = note { detail } else { nil }
    }
    #expect(details.count == 1 && details[0].hasPrefix(item.detail), "\(details)")
    #expect(pair.engines[1].openPhase1Exchanges == 0)
    // Its cookies are those of the message that it is about.
    let sent = try #require(pair.sent.last?.bytes)
    #expect(sent.prefix(16) == bytes.prefix(16))
  }

  @Test func complaintsAreFew() throws {
    var pair = Pair(HostileTests.setup(), seed: 1)
    pair.interceptor = { _, _ in [] }
    var bytes = try Self.first()
    bytes[19] = 0x80
    for _ in 0..<100 { pair.deliver(bytes, to: 1) }
    #expect(try Self.told(pair).count == 1)
    pair.run(until: .zero + .milliseconds(999))
    pair.deliver(bytes, to: 1)
    #expect(try Self.told(pair).count == 1)
    pair.run(until: .zero + .seconds(1))
    pair.deliver(bytes, to: 1)
    #expect(try Self.told(pair).count == 2)
  }

  @Test func informationalExchangesAndStrangersAreMetWithSilence() throws {
    var pair = Pair(HostileTests.setup(), seed: 1)
    var bytes = try Self.first()
    bytes[18] = ExchangeType.informational.rawValue
    bytes[19] = 0x80
    pair.deliver(bytes, to: 1)
    bytes[18] = ExchangeType.identityProtection.rawValue
    let stranger = IKEEndpoint(address: .v4(IPv4Address(203, 0, 113, 1)))
    let actions = pair.engines[1].receive(
      bytes, from: stranger, to: IKEEndpoint(address: Pair.addresses[1]), at: .zero)
    pair.perform(actions, side: 1)
    #expect(pair.drops(1) == [.malformed, .malformed])
    #expect(pair.sent.isEmpty)
  }

  /// A quick mode under an association that the responder has lost: now the initiator can say why nobody answered.
  @Test func aPeerThatHasLostEverythingSaysSo() {
    var pair = Pair(HostileTests.setup(), seed: 1)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(10))
    pair.engines[1] = IKEEngine(
      configuration: HostileTests.setup().configuration(1), randomness: IKERandomness(seed: 9, node: "fw-b"))
    if let old = pair.outbound[0].keys.first {
      pair.perform(pair.engines[0].renew(association: old, at: pair.now), side: 0)
    }
    pair.run(until: .zero + .seconds(400))
    #expect(
      pair.failures(0) == [
        "net: no answer to message 1 of quick mode after 5 retransmissions; the peer says, unprotected: INVALID-COOKIE"
      ])
  }
}
