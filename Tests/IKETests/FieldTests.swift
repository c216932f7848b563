import Cryptography
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
    #expect(pair.engines[1].openMainModes == 1)
    // The chosen transform is returned as it came.
    let root = try #require(Oracles.root)
    let offered = try Capture(root.appending(path: "captures/\(capture)/capture.pcap")).messages[0].bytes
    let offer = try ReceivedMessage(clear: offered).securityAssociation
    let answer = try ReceivedMessage(clear: try #require(pair.sent.first?.bytes)).securityAssociation
    #expect(answer?.proposals.first?.transforms.count == 1)
    #expect(
      offer?.proposals.first?.transforms.contains(try #require(answer?.proposals.first?.transforms.first)) == true)
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
