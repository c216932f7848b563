import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// What a student reads when two ends do not agree: word for word.
@Suite struct RefusalTests {
  /// The first refusal of the responder, and the reason that the initiator gives.
  private static func disagree(_ left: Setup, _ right: Setup) -> (responder: String?, initiator: [String], pair: Pair) {
    var pair = Pair(left.configuration(0), right.configuration(1), seed: 2)
    pair.acquire(0)
    pair.run()
    return (pair.refusals(1).first?.description, pair.failures(0), pair)
  }

  @Test(arguments: [
    (
      Phase1Suite(cipher: .desCBC, hash: .sha1, group: 2), "Encryption Algorithm: DES-CBC offered, 3DES-CBC wanted"
    ), (Phase1Suite(cipher: .tripleDESCBC, hash: .md5, group: 2), "Hash Algorithm: MD5 offered, SHA wanted"),
    (
      Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 5),
      "Group Description: 1536-bit MODP group offered, 1024-bit MODP group wanted"
    ),
    (
      Phase1Suite(cipher: .desCBC, hash: .md5, group: 2),
      "Encryption Algorithm, Hash Algorithm: DES-CBC, MD5 offered, 3DES-CBC, SHA wanted"
    ),
  ])
  func phase1Suites(suite: Phase1Suite, words: String) {
    var left = Setup()
    left.suites = [suite]
    let outcome = Self.disagree(left, Setup())
    #expect(
      outcome.responder
        == "the responder refuses: no transform is acceptable: \(words) (RFC 2409 §5, Appendix A)")
    #expect(
      outcome.initiator == [
        "net: no answer to message 1 of main mode after 5 retransmissions; the peer says, unprotected: NO-PROPOSAL-CHOSEN"
      ])
    #expect(outcome.pair.refusals(1).first?.side == .responder)
    #expect(outcome.pair.engines[1].openPhase1Exchanges == 0)
  }

  @Test func phase1KeyLength() {
    var (left, right) = (Setup(), Setup())
    left.suites = [Phase1Suite(cipher: .aes256CBC, hash: .sha1, group: 2)]
    right.suites = [Phase1Suite(cipher: .aes128CBC, hash: .sha1, group: 2)]
    #expect(
      Self.disagree(left, right).responder
        == "the responder refuses: no transform is acceptable: Key Length: 256 bits offered, 128 bits wanted (RFC 2409 §5, Appendix A)"
    )
  }

  @Test func aLongerLifeInPhase1IsRefusedAndAShorterOneTaken() {
    var (left, right) = (Setup(), Setup())
    left.lifetime = Lifetime(duration: .seconds(86_400), volume: nil)
    right.lifetime = Lifetime(duration: .seconds(3_600), volume: nil)
    #expect(
      Self.disagree(left, right).responder
        == "the responder refuses: no transform is acceptable: Life Duration: 86400 s offered, at most 3600 s wanted (RFC 2409 §5, Appendix A)"
    )
    let (_, failures, pair) = Self.disagree(right, left)
    #expect(failures.isEmpty)
    #expect(pair.engines.allSatisfy { $0.associations.values.first?.agreement.lifetime.seconds == 3_600 })
  }

  @Test func theTransformThatComesClosestIsTheOneThatIsCompared() {
    var left = Setup()
    left.suites = [
      Phase1Suite(cipher: .desCBC, hash: .md5, group: 1), Phase1Suite(cipher: .tripleDESCBC, hash: .md5, group: 2),
      Phase1Suite(cipher: .aes128CBC, hash: .md5, group: 5),
    ]
    #expect(
      Self.disagree(left, Setup()).responder
        == "the responder refuses: no transform is acceptable: Hash Algorithm: MD5 offered, SHA wanted (RFC 2409 §5, Appendix A)"
    )
  }

  private static func phase2(_ change: (inout Setup) -> Void) -> (String?, [String]) {
    var left = Setup()
    change(&left)
    let (refusal, failures, pair) = disagree(left, Setup())
    #expect(pair.outbound == [[:], [:]] && pair.inbound == [[:], [:]])
    return (refusal, failures)
  }

  @Test func phase2Algorithms() {
    let refused = "the responder refuses: no ESP transform is acceptable: "
    let told = ["net: the responder refuses: NO-PROPOSAL-CHOSEN"]
    func suite(_ cipher: CipherAlgorithm, _ integrity: IntegrityAlgorithm) -> [ESPSuite] {
      [ESPSuite(cipher: cipher, integrity: integrity)].compactMap(\.self)
    }
    let cases: [([ESPSuite], String)] = [
      (suite(.desCBC, .hmacSHA1_96), "Transform-Id: ESP_DES offered, ESP_AES-CBC wanted"),
      (suite(.aes256CBC, .hmacSHA1_96), "Key Length: 256 bits offered, 128 bits wanted"),
      (suite(.aes128CBC, .hmacMD5_96), "Authentication Algorithm: HMAC-MD5 offered, HMAC-SHA wanted"),
      (suite(.aes128CBC, .none), "Authentication Algorithm: nothing offered, HMAC-SHA wanted"),
    ]
    for (suites, words) in cases {
      let (refusal, failures) = Self.phase2 { $0.espSuites = suites }
      #expect(refusal == "\(refused)\(words) (RFC 2407 §4.5)")
      #expect(failures == told)
    }
  }

  @Test func forwardSecrecy() {
    let (refusal, failures) = Self.phase2 { $0.group = 5 }
    #expect(
      refusal
        == "the responder refuses: no ESP transform is acceptable: Group Description: 1536-bit MODP group offered, nothing wanted (RFC 2407 §4.5)"
    )
    #expect(failures == ["net: the responder refuses: NO-PROPOSAL-CHOSEN"])
  }

  @Test func traffic() {
    var (left, right) = (Setup(), Setup())
    left.policies = ["net0", "net"]
    right.policies = ["net"]
    var pair = Pair(left.configuration(0), right.configuration(1), seed: 2)
    pair.acquire(0)
    pair.run()
    #expect(
      pair.refusals(1).first?.description
        == "the responder refuses: no policy is for this traffic: Identification: ID_IPV4_ADDR_SUBNET 10.1.1.0/255.255.255.0 and ID_IPV4_ADDR_SUBNET 10.2.1.0/255.255.255.0 offered, ID_IPV4_ADDR_SUBNET 10.1.0.0/255.255.255.0 and ID_IPV4_ADDR_SUBNET 10.2.0.0/255.255.255.0 wanted (RFC 2409 §5.5)"
    )
    #expect(pair.failures(0) == ["net: the responder refuses: INVALID-ID-INFORMATION"])
  }

  @Test func encapsulation() {
    // Traffic between the two gateways themselves: a tunnel at one end, transport mode at the other.
    let setup = Setup()
    var left = setup.configuration(0)
    var right = setup.configuration(1)
    let hosts = Pair.addresses.map { AddressRange($0) }
    let protection = Protection(mode: .transport, suites: setup.espSuites)
    let tunnel = Protection(
      mode: .tunnel(local: Pair.addresses[1], remote: Pair.addresses[0]), suites: setup.espSuites)
    left.policies = [
      SecurityPolicy(
        name: "net", selector: Selector(source: hosts[0], destination: hosts[1]), action: .apply(protection))
    ]
    right.policies = [
      SecurityPolicy(name: "net", selector: Selector(source: hosts[1], destination: hosts[0]), action: .apply(tunnel))
    ]
    var pair = Pair(left, right, seed: 2)
    pair.acquire(0)
    pair.run()
    #expect(
      pair.refusals(1).first?.description
        == "the responder refuses: no ESP transform is acceptable: Encapsulation Mode: Transport offered, Tunnel wanted (RFC 2407 §4.5)"
    )
  }

  @Test func differentKeys() {
    var left = Setup()
    left.keys[0] = Array("another secret".utf8)
    let (refusal, failures, pair) = Self.disagree(left, Setup())
    #expect(
      refusal
        == "the responder refuses: message 5 does not decrypt to payloads: the pre-shared keys differ, or it was altered on its way (RFC 2409 §5.4)"
    )
    #expect(
      failures == [
        "net: no answer to message 5 of main mode after 5 retransmissions; the peer says, unprotected: PAYLOAD-MALFORMED"
      ])
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 0 && $0.openPhase1Exchanges == 0 })
    // It is told a few times, not for every retransmission.
    #expect(pair.sent.count { $0.side == 1 && $0.summary == "HDR, N" } == Phase1Exchange.maximumComplaints)
  }

  @Test func whatCannotBeNegotiatedIsSaidAtOnce() {
    var pair = Pair(seed: 1)
    pair.acquire(0, "nothing")
    #expect(pair.failures(0) == ["nothing: no policy of this name applies IPsec between these two ends"])
    var configuration = Setup().configuration(0)
    configuration.policies[0].selector.transport = .value(.tcp)
    configuration.policies[0].selector.destinationPorts = .range(80...90)
    var ports = Pair(configuration, Setup().configuration(1), seed: 1)
    ports.acquire(0)
    #expect(
      ports.failures(0) == [
        "net: a range of ports can't be negotiated: an identity carries one port (RFC 2407 §4.6.2)"
      ])
    configuration.peers = []
    var lonely = Pair(configuration, Setup().configuration(1), seed: 1)
    lonely.acquire(0)
    #expect(lonely.failures(0) == ["net: no IKE peer is configured for the other end of the policy"])
  }

  @Test func theTableSaysWhatIsWrong() {
    let rule = MessageRule.of(.quickMode, 1)
    #expect(
      rule.refusal(of: [.securityAssociation, .hash, .nonce], side: .responder)?.description
        == "the responder refuses: payload 1 has to be Hash: Hash: Security Association offered, Hash wanted (RFC 2409 §5.5)"
    )
    #expect(
      rule.refusal(of: [.hash, .securityAssociation], side: .responder)?.description
        == "the responder refuses: a payload is missing: Nonce: 0 offered, 1 wanted (RFC 2409 §5.5)")
    #expect(
      rule.refusal(of: [.hash, .securityAssociation, .nonce, .delete], side: .responder)?.description
        == "the responder refuses: message 1 must not hold this payload: Delete (RFC 2409 §5.5)")
    #expect(
      rule.refusal(
        of: [.hash, .securityAssociation, .nonce, .identification, .identification, .identification], side: .responder)?
        .description
        == "the responder refuses: a payload stands there too often: Identification: 3 offered, 0 to 2 wanted (RFC 2409 §5.5)"
    )
    #expect(rule.refusal(of: [.hash, .securityAssociation, .nonce, .vendorID], side: .responder) == nil)
    #expect(MessageRule.all.count == 23)
    #expect(rule.required == [.hash, .securityAssociation, .nonce])
  }
}
