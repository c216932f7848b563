import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// Aggressive mode with pre-shared keys: RFC 2409 §5.4.
@Suite struct AggressiveModeTests {
  static func setup() -> Setup {
    var setup = Setup()
    setup.mode = .aggressive
    setup.suites[0].group = 1
    setup.identities = [
      .userFullyQualifiedDomainName("alice@example.com"), .fullyQualifiedDomainName("fw-b.example.com"),
    ]
    return setup
  }

  @Test(arguments: [0, 1]) func aggressiveModeAndQuickModeTakeSixMessages(initiator: Int) {
    var pair = Pair(Self.setup())
    pair.acquire(initiator)
    let isDone = pair.run()
    #expect(isDone)
    #expect(
      pair.sent.map { "\($0.side == initiator ? ">" : "<") \($0.summary)" } == [
        "> HDR, SA, KE, Ni, IDii", "< HDR, SA, KE, Nr, IDir, HASH_R", "> HDR*, N, HASH_I",
        "> HDR*, HASH(1), SA, Ni, IDci, IDcr", "< HDR*, HASH(2), SA, Nr, IDci, IDcr", "> HDR*, HASH(3)",
      ])
    #expect(pair.isConnected)
    #expect(pair.failures(0).isEmpty && pair.failures(1).isEmpty)
    #expect(pair.drops(0).isEmpty && pair.drops(1).isEmpty)
    for name in ["SKEYID", "SKEYID_d", "SKEYID_a", "SKEYID_e", "cipher key", "g^xy", "HASH_I", "HASH_R"] {
      #expect(pair.derived(0, name) == pair.derived(1, name), "\(name)")
      #expect(pair.derived(0, name).count == 1, "\(name)")
    }
    for side in 0...1 {
      let began = pair.notes(side).first
      guard case .began(let kind, let role, let peer, _, 0, nil)? = began else {
        Issue.record("side \(side) began with \(began.map { "\($0)" } ?? "nothing")")
        continue
      }
      #expect(kind == .aggressive && role == (side == initiator ? .initiator : .responder))
      #expect(peer == Pair.addresses[1 - side])
    }
  }

  static let identities: [Identity] = [
    .fullyQualifiedDomainName("fw-a.example.com"), .userFullyQualifiedDomainName("alice@example.com"),
    .keyID([1, 2, 3]), .ipv4Address(IPv4Address(203, 0, 113, 9)), .distinguishedName([0x30, 0x00]),
  ]

  /// Main mode takes the same identities; it only cannot find the key by them.
  @Test(arguments: identities, [Phase1Mode.main, .aggressive])
  func anyIdentityMayBeAPeers(identity: Identity, mode: Phase1Mode) {
    var setup = Self.setup()
    setup.mode = mode
    setup.identities = [identity, nil]
    for initiator in 0...1 {
      var pair = Pair(setup)
      pair.acquire(initiator)
      pair.run()
      #expect(pair.isConnected, "initiator \(initiator)")
    }
  }

  @Test(arguments: CipherNumbers.all.filter { $0.phase1 != nil }.map(\.cipher), SuiteTests.hashes)
  func everySuite(cipher: CipherAlgorithm, hash: HashAlgorithm) {
    var setup = Self.setup()
    setup.suites = [Phase1Suite(cipher: cipher, hash: hash, group: 1)]
    var pair = Pair(setup, seed: UInt64(cipher.rawValue))
    pair.acquire(0)
    pair.run()
    #expect(pair.isConnected)
  }

  @Test func suitesOfOtherGroupsAreNotOffered() throws {
    var left = Self.setup()
    left.suites = [
      Phase1Suite(cipher: .aes128CBC, hash: .sha1, group: 2), Phase1Suite(cipher: .desCBC, hash: .md5, group: 1),
      Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 2),
    ]
    var right = left
    right.suites.reverse()
    right.suites.removeLast()
    var pair = Pair(left.configuration(0), right.configuration(1), seed: 1)
    pair.acquire(0)
    pair.run()
    #expect(pair.isConnected)
    let offer = try ReceivedMessage(clear: try #require(pair.sent.first?.bytes)).securityAssociation
    #expect(offer?.proposals.first?.transforms.count == 2)
    let agreed = pair.engines.map { $0.associations.values.first?.agreement.suite }
    #expect(agreed == [left.suites[2], left.suites[2]])
  }

  // MARK: Addresses that are not known

  @Test func aCallerOfUnknownAddressIsKnownByItsName() throws {
    var setup = Self.setup()
    setup.isCallerUnknown = true
    var right = setup.configuration(1)
    // The policy's other end is whoever calls.
    right.policies[0].action = .apply(
      Protection(mode: .tunnel(local: Pair.addresses[1], remote: .v4(.any)), suites: setup.espSuites))
    var other = right.peers[0]
    other.name = "other"
    other.remoteIdentity = .userFullyQualifiedDomainName("carol@example.com")
    other.preSharedKey = Array("another secret".utf8)
    right.peers.insert(other, at: 0)
    var pair = Pair(setup.configuration(0), right, seed: 1)
    // Before the caller has begun nobody knows where it is.
    pair.acquire(1)
    #expect(pair.failures(1) == ["net: the peer's address is not known before it begins (RFC 2409 §5.4)"])
    pair.acquire(0)
    pair.run(until: .zero + .seconds(10))
    #expect(pair.isConnected)
    #expect(pair.outbound[1].keys.map(\.destination) == [Pair.addresses[0]])
    #expect(pair.inbound[1].values.map(\.source) == [Pair.addresses[0]])
    // Now it does: a further pair can be asked for from that side.
    let old = try #require(pair.outbound[1].keys.first)
    pair.perform(pair.engines[1].renew(association: old, at: pair.now), side: 1)
    pair.run(until: pair.now + .seconds(10))
    #expect(pair.outbound[1].count == 2 && pair.isConnected)
    // And deletes find what was made with it.
    let inbound = try #require(pair.inbound[0].keys.first)
    pair.perform(pair.engines[0].removed(inbound: inbound, at: pair.now), side: 0)
    pair.run(until: pair.now + .seconds(10))
    #expect(pair.engines[1].pairs == 1)
  }

  /// Why main mode with a pre-shared key fails for a caller whose address is not known: the key is looked for by the
  /// address, and it is the first one's that is tried.
  @Test func mainModeCannotFindTheKeyOfACallerOfUnknownAddress() {
    var setup = Self.setup()
    setup.mode = .main
    setup.isCallerUnknown = true
    var right = setup.configuration(1)
    var other = right.peers[0]
    other.remoteIdentity = .userFullyQualifiedDomainName("carol@example.com")
    other.preSharedKey = Array("another secret".utf8)
    right.peers.insert(other, at: 0)
    var pair = Pair(setup.configuration(0), right, seed: 1)
    pair.acquire(0)
    pair.run()
    #expect(
      pair.refusals(1).first?.description
        == "the responder refuses: message 5 does not decrypt to payloads: the pre-shared keys differ, or it was altered on its way (RFC 2409 §5.4)"
    )
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 0 && $0.openPhase1Exchanges == 0 })
  }

  /// Two policies for the same addresses, each for a user: the peer's identity says which of them is meant.
  @Test func aPolicyForANameIsForWhoeverHasProvedToHaveIt() throws {
    let setup = Self.setup()
    let left = setup.configuration(0)
    var right = setup.configuration(1)
    var bobs = right.policies[0]
    bobs.name = "bob's"
    bobs.selector.names = PacketNames(user: "bob@example.com", system: nil)
    right.policies[0].selector.names = PacketNames(user: "alice@example.com", system: nil)
    right.policies.insert(bobs, at: 0)
    var pair = Pair(left, right, seed: 1)
    pair.acquire(0)
    pair.run()
    #expect(pair.outbound[1].values.map(\.policy) == ["net"])
    #expect(pair.outbound[1].values.map(\.selector.names?.user) == ["alice@example.com"])
    // Without hers there is none.
    right.policies.removeLast()
    var other = Pair(left, right, seed: 1)
    other.acquire(0)
    other.run()
    #expect(other.failures(0) == ["net: the responder refuses: INVALID-ID-INFORMATION"])
    #expect(other.refusals(1).first?.rule == "no policy is for this traffic")
  }

  // MARK: Refusals

  @Test func differentKeys() {
    var left = Self.setup()
    left.keys[0] = Array("another secret".utf8)
    var pair = Pair(left.configuration(0), Self.setup().configuration(1), seed: 2)
    pair.acquire(0)
    pair.run()
    let refusal = pair.refusals(0).first?.description ?? ""
    #expect(refusal.hasPrefix("the initiator refuses: HASH_R does not prove the pre-shared key: Hash: "))
    #expect(refusal.hasSuffix(" wanted (RFC 2409 §5)"))
    #expect(pair.failures(0) == ["net: no answer to message 1 of aggressive mode after 5 retransmissions"])
    #expect(
      pair.abandoned(1) == [
        "no answer to message 2 of aggressive mode after 5 retransmissions; the peer says, unprotected: AUTHENTICATION-FAILED"
      ])
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 0 && $0.openPhase1Exchanges == 0 })
    #expect(pair.engines.allSatisfy { $0.cookies.isEmpty && $0.firstMessages.isEmpty && $0.halfOpen == 0 })
  }

  @Test func anotherIdentityThanTheConfiguredOne() {
    var right = Self.setup().configuration(1)
    right.peers[0].localIdentity = .fullyQualifiedDomainName("fw-x.example.com")
    var pair = Pair(Self.setup().configuration(0), right, seed: 2)
    pair.acquire(0)
    pair.run()
    #expect(
      pair.refusals(0).first?.description
        == "the initiator refuses: the identity is not the peer's: Identification: ID_FQDN fw-x.example.com offered, ID_FQDN fw-b.example.com wanted (RFC 2407 §4.6.2)"
    )
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 0 })
  }

  @Test func aNameThatNobodyHasIsAnsweredWithSilence() {
    var left = Self.setup().configuration(0)
    left.peers[0].localIdentity = .userFullyQualifiedDomainName("mallory@example.com")
    var pair = Pair(left, Self.setup().configuration(1), seed: 2)
    pair.acquire(0)
    pair.run()
    #expect(
      pair.notes(1).first
        == .dropped(
          .refused,
          detail:
            "no peer is configured for aggressive mode with 192.0.2.1 as ID_USER_FQDN mallory@example.com"))
    #expect(!pair.sent.contains { $0.side == 1 })
    #expect(pair.failures(0) == ["net: no answer to message 1 of aggressive mode after 5 retransmissions"])
  }

  @Test func theOtherModeIsNotAnswered() {
    var main = Self.setup()
    main.mode = .main
    for (left, right, detail) in [
      (main, Self.setup(), "with 192.0.2.1 aggressive mode is configured, and this is main mode"),
      (
        Self.setup(), main, "no peer is configured for aggressive mode with 192.0.2.1 as ID_USER_FQDN alice@example.com"
      ),
    ] {
      var pair = Pair(left.configuration(0), right.configuration(1), seed: 2)
      pair.acquire(0)
      pair.run(until: .zero + .seconds(1))
      #expect(pair.notes(1) == [.dropped(.refused, detail: detail)])
    }
  }

  @Test func anotherGroupIsRefusedByName() {
    var left = Self.setup()
    left.suites[0].group = 2
    var pair = Pair(left.configuration(0), Self.setup().configuration(1), seed: 2)
    pair.acquire(0)
    pair.run()
    #expect(
      pair.refusals(1).first?.description
        == "the responder refuses: no transform is acceptable: Group Description: 1024-bit MODP group offered, 768-bit MODP group wanted (RFC 2409 §5, Appendix A)"
    )
    #expect(
      pair.failures(0) == [
        "net: no answer to message 1 of aggressive mode after 5 retransmissions; the peer says, unprotected: NO-PROPOSAL-CHOSEN"
      ])
  }

  // MARK: The work of a flood

  @Test func theResponderWorksForEveryFirstMessage() {
    var pair = Pair(Self.setup(), seed: 1)
    for seed in 0..<20 {
      var stranger = Pair(Self.setup(), seed: UInt64(1_000 + seed))
      stranger.acquire(0)
      if let bytes = stranger.sent.first?.bytes { pair.deliver(bytes, to: 1) }
    }
    let work = pair.notes(1).count { note in
      if case .exponentiated = note { true } else { false }
    }
    #expect(work == 40)
    #expect(pair.engines[1].openPhase1Exchanges == 20)
    pair.run()
    #expect(pair.engines[1].openPhase1Exchanges == 0 && pair.engines[1].halfOpen == 0)
  }

  @Test func phase1IsRenewedInTheSameMode() {
    var setup = Self.setup()
    setup.lifetime = Lifetime(duration: .seconds(1_000), volume: nil)
    var pair = Pair(setup, seed: 6)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(1_100))
    #expect(pair.sent.count { $0.summary == "HDR, SA, KE, Ni, IDii" } == 2)
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 1 })
    #expect(pair.isConnected)
  }
}
