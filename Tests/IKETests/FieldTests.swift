import Cryptography
import Foundation
import Testing
import Units
import Wire

@testable import IKE

/// What strongSwan sends, given to our responder.
@Suite struct FieldTests {
  private static func answer(_ capture: String, _ suite: Phase1Suite) throws -> Pair {
    let root = try #require(Oracles.root)
    let messages = try Capture(root.appending(path: "captures/\(capture)/capture.pcap")).messages
    var setup = Setup()
    setup.suites = [suite]
    var pair = Pair(setup, seed: 1)
    pair.interceptor = { _, _ in [] }
    pair.deliver(try #require(messages.first?.bytes), to: 1)
    return pair
  }

  @Test(
    .enabled(if: Oracles.areThere),
    arguments: [
      ("psk-main-des-md5-modp768", Phase1Suite(cipher: .desCBC, hash: .md5, group: 1)),
      ("psk-main-3des-sha1-modp1024-pfs2", Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 2)),
      ("psk-main-cast128-md5-modp1024", Phase1Suite(cipher: .cast128CBC, hash: .md5, group: 2)),
    ])
  func strongSwansOffersOfTheSharedCapturesAreTaken(capture: String, suite: Phase1Suite) throws {
    let pair = try Self.answer(capture, suite)
    #expect(pair.sent.map(\.summary) == ["HDR, SA"])
    #expect(pair.engines[1].openPhase1Exchanges == 1)
    // The chosen transform is returned as it came.
    let root = try #require(Oracles.root)
    let offered = try Capture(root.appending(path: "captures/\(capture)/capture.pcap")).messages[0].bytes
    let offer = try ReceivedMessage(clear: offered).securityAssociation
    let answer = try ReceivedMessage(clear: try #require(pair.sent.first?.bytes)).securityAssociation
    #expect(answer?.proposals.first?.transforms.count == 1)
    #expect(
      offer?.proposals.first?.transforms.contains(try #require(answer?.proposals.first?.transforms.first)) == true)
  }

  private static let aggressive = "psk-aggressive-3des-sha1-modp1024"

  /// The responder of the capture's aggressive mode.
  private static func sun() -> Setup {
    var setup = Setup()
    setup.mode = .aggressive
    setup.keys = [Array("secret99".utf8), Array("secret99".utf8)]
    setup.identities = ["moon.lockstep.test", "sun.lockstep.test"].map { .fullyQualifiedDomainName($0) }
    return setup
  }

  @Test(.enabled(if: Oracles.areThere)) func strongSwansAggressiveModeIsAnswered() throws {
    let root = try #require(Oracles.root)
    let messages = try Capture(root.appending(path: "captures/\(Self.aggressive)/capture.pcap")).messages
    var pair = Pair(Self.sun(), seed: 1)
    pair.interceptor = { _, _ in [] }
    pair.deliver(try #require(messages.first?.bytes), to: 1)
    #expect(pair.sent.map(\.summary) == ["HDR, SA, KE, Nr, IDir, HASH_R"])
    let received = pair.notes(1).compactMap { note in
      if case .received(1, let summary) = note { summary } else { nil }
    }
    #expect(received == ["HDR, SA, KE, Ni, IDii, VID, VID, VID, VID, VID, VID"])
  }

  /// With the shared secret that strongSwan traced, our keys open and prove its messages.
  @Test(.enabled(if: Oracles.areThere)) func strongSwansAggressiveModeIsProved() throws {
    let folder = try #require(Oracles.root).appending(path: "captures/\(Self.aggressive)")
    let trace = try JSONDecoder().decode(
      TraceTests.Trace.self, from: Data(contentsOf: folder.appending(path: "moon.trace.json")))
    let bytes = try Capture(folder.appending(path: "capture.pcap")).messages.map(\.bytes)
    let (first, second) = (try ReceivedMessage(clear: bytes[0]), try ReceivedMessage(clear: bytes[1]))
    let configuration = Self.sun().configuration(0)
    let ends = Pair.addresses.map { IKEEndpoint(address: $0) }
    let setting = Phase1Setting(
      exchange: IKEExchangeID(1), peer: configuration.peers[0], local: ends[0], remote: ends[1])
    let agreement = try Phase1Negotiation.choose(
      from: try #require(second.securityAssociation), for: configuration.peers[0]
    ).agreement
    var desk = Desk(randomness: IKERandomness(seed: 1, node: "moon"))
    let (keys, vector) = Phase1Keys.derive(
      Phase1Keys.Inputs(
        agreement: agreement, cookies: CookiePair(second.header), preSharedKey: setting.peer.preSharedKey,
        initiatorNonce: first.body(.nonce), responderNonce: second.body(.nonce),
        initiatorPublicValue: first.body(.keyExchange), responderPublicValue: second.body(.keyExchange),
        sharedSecret: octets(trace.phase1.first?["dh"] ?? ""), initiatorSABody: first.body(.securityAssociation)),
      desk: &desk, setting.exchange)
    for name in ["SKEYID", "SKEYID_d", "SKEYID_a", "SKEYID_e"] {
      let derived = desk.actions.compactMap { action -> [UInt8]? in
        if case .note(.derived(name, _, _, let value), _) = action { value } else { nil }
      }
      #expect(derived == [octets(trace.phase1.first?[name] ?? "")])
    }
    #expect(vector == octets(trace.phase1.first?["initial IV"] ?? ""))
    try keys.authenticate(second, second.identifications.first, from: .responder, in: setting, desk: &desk)
    let last = bytes[2]
    let step = try #require(keys.protection.decrypt(Array(last.dropFirst(28)), initializationVector: vector))
    var cursor = Cursor(end: last.count)
    let header = try unsafe ISAKMPHeader(reading: last.span.bytes, at: &cursor)
    let third = try ReceivedMessage(header: header, decrypted: step.body)
    #expect(MessageRule.of(.aggressive, 3, isEncrypted: true).refusal(of: third.types, side: .responder) == nil)
    let back = Phase1Setting(
      exchange: IKEExchangeID(1), peer: Self.sun().configuration(1).peers[0], local: ends[1], remote: ends[0])
    try keys.authenticate(third, first.identifications.first, from: .initiator, in: back, desk: &desk)
  }

  @Test(.enabled(if: Oracles.areThere)) func anOfferOfTheSharedCapturesIsRefusedByName() throws {
    let pair = try Self.answer("psk-main-des-md5-modp768", Phase1Suite(cipher: .desCBC, hash: .sha1, group: 1))
    #expect(
      pair.refusals(1).map(\.description) == [
        "the responder refuses: no transform is acceptable: Hash Algorithm: MD5 offered, SHA wanted (RFC 2409 §5, Appendix A)"
      ])
    #expect(pair.sent.map(\.summary) == ["HDR, N"])
  }
}
