import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// An authority, and certificates for both gateways from it.
struct Certified {
  let authority: CertificateAuthority
  let keys: [PrivateKey]
  let certificates: [Certificate]
  /// Seconds since 1970 at which runs begin, and how long everything is valid from then on.
  static let epoch: Int64 = 883_612_800
  static let year: Int64 = 31_536_000

  static let names = ["fw-a.example.com", "fw-b.example.com"]

  init(isRSA: Bool, seed: UInt64 = 1) throws {
    var generator = SeededGenerator(seed: seed, node: "authority", purpose: isRSA ? "RSA" : "DSA")
    func key() throws -> PrivateKey {
      isRSA
        ? .rsa(try RSAPrivateKey.make(bitCount: 512, using: &generator))
        : .dsa(try DSAPrivateKey.make(using: &generator))
    }
    let validity = Self.epoch...Self.epoch + Self.year
    let authority = try CertificateAuthority.root(
      subject: DistinguishedName("O=Lockstep, CN=Root \(seed)"), key: key(), serialNumber: [1], validity: validity)
    let keys = try [key(), key()]
    certificates = try zip(Self.names, keys).enumerated().map { index, pair in
      try authority.issue(
        CertificateAuthority.Request(
          subject: DistinguishedName("O=Lockstep, CN=\(pair.0)"), publicKey: pair.1.publicKey,
          serialNumber: [UInt8(index + 2)], validity: validity, alternativeNames: [.dns(pair.0)]))
    }
    self.authority = authority
    self.keys = keys
  }

  static let rsa = Result { try Certified(isRSA: true) }
  static let dsa = Result { try Certified(isRSA: false) }

  func credentials(_ side: Int) -> IKECredentials {
    IKECredentials(
      key: keys[side], certificates: [certificates[side]],
      verifier: CertificateVerifier(anchors: [authority.certificate]), epoch: Self.epoch)
  }

  func setup(_ mode: Phase1Mode = .main) -> Setup {
    var setup = Setup()
    setup.mode = mode
    setup.suites = [Phase1Suite(cipher: .tripleDESCBC, hash: .md5, group: 1)]
    setup.identities = Self.names.map { .fullyQualifiedDomainName($0) }
    setup.credentials = [credentials(0), credentials(1)]
    return setup
  }
}

/// Phase 1 with signatures: RFC 2409 §5.1.
@Suite struct SignatureTests {
  @Test(arguments: [true, false], [0, 1]) func mainMode(isRSA: Bool, initiator: Int) throws {
    let certified = try (isRSA ? Certified.rsa : Certified.dsa).get()
    var pair = Pair(certified.setup())
    pair.acquire(initiator)
    pair.run()
    #expect(
      pair.sent.prefix(6).map(\.summary) == [
        "HDR, SA", "HDR, SA", "HDR, KE, Ni, CERT-REQ", "HDR, KE, Nr, CERT-REQ", "HDR*, N, IDii, CERT, SIG_I",
        "HDR*, IDir, CERT, SIG_R",
      ])
    check(pair, isRSA: isRSA)
  }

  @Test(arguments: [true, false], [0, 1]) func aggressiveMode(isRSA: Bool, initiator: Int) throws {
    let certified = try (isRSA ? Certified.rsa : Certified.dsa).get()
    var pair = Pair(certified.setup(.aggressive))
    pair.acquire(initiator)
    pair.run()
    #expect(
      pair.sent.prefix(3).map(\.summary) == [
        "HDR, SA, KE, Ni, IDii, CERT-REQ", "HDR, SA, KE, Nr, IDir, CERT, SIG_R", "HDR*, N, CERT, SIG_I",
      ])
    check(pair, isRSA: isRSA)
  }

  private func check(_ pair: Pair, isRSA: Bool) {
    #expect(pair.isConnected)
    #expect(pair.failures(0).isEmpty && pair.failures(1).isEmpty)
    #expect(pair.drops(0).isEmpty && pair.drops(1).isEmpty)
    let method = isRSA ? "RSA signatures" : "DSS signatures"
    for side in 0...1 {
      #expect(pair.notes(side).contains(.chosen(suite: "3DES-CBC, MD5, \(method), group 1, 28800 s")))
      #expect(pair.derived(side, "SIG_I").count + pair.derived(side, "SIG_R").count == 1)
      // DSS is tied to SHA-1, whatever was agreed on.
      #expect(pair.derived(side, "HASH_I").map(\.count) == [isRSA ? 16 : 20])
      #expect(pair.derived(side, "SKEYID").map(\.count) == [16])
    }
    #expect(pair.derived(0, "SKEYID") == pair.derived(1, "SKEYID"))
    let trusted = pair.notes(0).contains(
      .noted("trusts \"O=Lockstep, CN=fw-b.example.com\", which is signed by \"O=Lockstep, CN=Root 1\""))
    #expect(trusted)
  }

  @Test func identitiesOfOtherKinds() throws {
    let certified = try Certified.rsa.get()
    var setup = certified.setup()
    setup.identities[0] = .distinguishedName(try DistinguishedName("O=Lockstep, CN=fw-a.example.com").encoded)
    var pair = Pair(setup)
    pair.acquire(0)
    pair.run()
    #expect(pair.isConnected)
  }

  /// A peer's certificate may be known, so that it need not be sent.
  @Test func aCertificateThatIsKnownNeedNotBeSent() throws {
    let certified = try Certified.rsa.get()
    var setup = certified.setup()
    for side in 0...1 {
      setup.credentials[side]?.certificates = []
      setup.credentials[side]?.verifier = CertificateVerifier(anchors: [certified.certificates[1 - side]])
    }
    var pair = Pair(setup)
    pair.acquire(0)
    pair.run()
    #expect(pair.isConnected)
    #expect(pair.sent[4].summary == "HDR*, N, IDii, SIG_I")
  }

  /// Main mode with signatures needs no address: several callers, told apart by what they sign as.
  @Test(arguments: [0, 1]) func callersOfUnknownAddressAreToldApartByTheirNames(place: Int) throws {
    let certified = try Certified.rsa.get()
    var setup = certified.setup()
    setup.isCallerUnknown = true
    var right = setup.configuration(1)
    right.policies[0].action = .apply(
      Protection(mode: .tunnel(local: Pair.addresses[1], remote: .v4(.any)), suites: setup.espSuites))
    var carol = right.peers[0]
    carol.name = "carol"
    carol.remoteIdentity = .fullyQualifiedDomainName("carol.example.com")
    right.peers.insert(carol, at: place)
    // One with a key of its own, that an offer of signatures is not for.
    var dave = carol
    dave.credentials = nil
    right.peers.insert(dave, at: 0)
    var pair = Pair(setup.configuration(0), right, seed: 1)
    pair.acquire(0)
    pair.run()
    #expect(pair.isConnected)
    let known = try #require(pair.engines[1].associations.values.first)
    #expect(known.setting.peer.name == "peer" && right.peers[known.peerIndex].name == "peer")
    // Somebody whom nobody knows is none of them, whatever authority vouches for him.
    setup.identities[0] = .distinguishedName(try DistinguishedName("O=Lockstep, CN=fw-a.example.com").encoded)
    var other = Pair(setup.configuration(0), right, seed: 1)
    other.acquire(0)
    other.run()
    #expect(other.engines[1].establishedAssociations == 0)
    #expect(
      other.refusals(1).first?.description.hasPrefix(
        "the responder refuses: the identity is not the peer's: Identification: ID_DER_ASN1_DN ") == true)
  }

  // MARK: Refusals

  /// What the responder says where the initiator's side was changed.
  private static func refusal(_ change: (inout Setup) throws -> Void) throws -> (words: String?, told: [String]) {
    let certified = try Certified.rsa.get()
    var left = certified.setup()
    try change(&left)
    var pair = Pair(left.configuration(0), certified.setup().configuration(1), seed: 1)
    pair.acquire(0)
    pair.run()
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 0 && $0.openPhase1Exchanges == 0 })
    return (pair.refusals(1).first?.description, pair.failures(0))
  }

  private static func told(_ type: String) -> [String] {
    ["net: no answer to message 5 of main mode after 5 retransmissions; the peer says, unprotected: \(type)"]
  }

  @Test func anotherKey() throws {
    let stranger = try Certified(isRSA: true, seed: 7)
    let (words, told) = try Self.refusal { $0.credentials[0]?.key = stranger.keys[0] }
    #expect(
      words
        == "the responder refuses: SIG_I does not prove the key of \"O=Lockstep, CN=fw-a.example.com\": Signature (RFC 2409 §5.1)"
    )
    #expect(told == Self.told("INVALID-SIGNATURE"))
  }

  @Test func anotherAuthority() throws {
    let stranger = try Certified(isRSA: true, seed: 7)
    let (words, told) = try Self.refusal { $0.credentials[0] = stranger.credentials(0) }
    #expect(
      words
        == "the responder refuses: certificate \"O=Lockstep, CN=fw-a.example.com\": its issuer \"O=Lockstep, CN=Root 7\" is no trust anchor, and was not sent (RFC 2459 §6.1)"
    )
    #expect(told == Self.told("INVALID-CERTIFICATE"))
  }

  @Test func anotherName() throws {
    let certified = try Certified.rsa.get()
    let (words, told) = try Self.refusal {
      $0.credentials[0]?.certificates = [certified.certificates[1]]
      $0.credentials[0]?.key = certified.keys[1]
    }
    #expect(
      words
        == "the responder refuses: the certificate is for somebody else: Identification: ID_FQDN fw-a.example.com offered, a name of \"O=Lockstep, CN=fw-b.example.com\" wanted (RFC 2407 §4.6.2)"
    )
    #expect(told == Self.told("INVALID-ID-INFORMATION"))
    // Whoever has a certificate of his own is still not the peer that is configured.
    let (other, _) = try Self.refusal {
      $0.identities[0] = .fullyQualifiedDomainName("fw-b.example.com")
      $0.credentials[0] = certified.credentials(1)
    }
    #expect(
      other
        == "the responder refuses: the identity is not the peer's: Identification: ID_FQDN fw-b.example.com offered, ID_FQDN fw-a.example.com wanted (RFC 2407 §4.6.2)"
    )
  }

  @Test func noCertificate() throws {
    let (words, told) = try Self.refusal { $0.credentials[0]?.certificates = [] }
    #expect(
      words
        == "the responder refuses: no certificate was sent, and none is known for this identity: Identification: ID_FQDN fw-a.example.com (RFC 2409 §5.1)"
    )
    #expect(told == Self.told("CERTIFICATE-UNAVAILABLE"))
  }

  @Test func aCertificateThatHasExpired() throws {
    let certified = try Certified.rsa.get()
    var setup = certified.setup()
    setup.credentials[1]?.epoch = Certified.epoch + Certified.year + 1
    var pair = Pair(setup)
    pair.acquire(0)
    pair.run()
    #expect(
      pair.refusals(1).first?.description
        == "the responder refuses: certificate \"O=Lockstep, CN=fw-a.example.com\": expired after 1999-01-01 00:00:00 UTC, and it is 1999-01-01 00:00:01 UTC (RFC 2459 §4.1.2.5)"
    )
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 0 })
  }

  @Test func aRevokedCertificate() throws {
    let certified = try Certified.rsa.get()
    let list = try certified.authority.revocationList(
      number: 1, thisUpdate: Certified.epoch, nextUpdate: Certified.epoch + Certified.year,
      [RevocationList.Entry(serialNumber: [2], date: Certified.epoch, reason: .keyCompromise)])
    var right = certified.setup()
    right.credentials[1]?.verifier.revocationLists = [list]
    var pair = Pair(certified.setup().configuration(0), right.configuration(1), seed: 1)
    pair.acquire(0)
    pair.run()
    let words = pair.refusals(1).first?.description ?? ""
    #expect(
      words.hasPrefix("the responder refuses: certificate \"O=Lockstep, CN=fw-a.example.com\": was revoked on "))
    #expect(words.hasSuffix("(RFC 2459 §5.1.2.6)"))
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 0 })
  }

  @Test func anotherMethodIsRefusedByName() throws {
    let certified = try Certified.rsa.get()
    var left = certified.setup()
    left.credentials = [nil, nil]
    var pair = Pair(left.configuration(0), certified.setup().configuration(1), seed: 1)
    pair.acquire(0)
    pair.run()
    #expect(
      pair.refusals(1).first?.description
        == "the responder refuses: no transform is acceptable: Authentication Method: pre-shared key offered, RSA signatures wanted (RFC 2409 §5, Appendix A)"
    )
  }

  // MARK: Bad wires

  @Test(arguments: [Phase1Mode.main, .aggressive]) func roughRunsConnectOrFailByName(mode: Phase1Mode) throws {
    let certified = try Certified.rsa.get()
    for seed in 0..<15 {
      var pair = Pair(certified.setup(mode), seed: UInt64(seed), faults: WireFaultTests.rough)
      pair.acquire(0)
      pair.run(until: .zero + .seconds(900))
      let isNamed = (0..<2).contains { !pair.failures($0).isEmpty || !pair.abandoned($0).isEmpty }
      #expect(pair.isConnected || isNamed, "seed \(seed)")
      #expect(pair.isMirrored && pair.engines.allSatisfy { $0.openPhase1Exchanges == 0 }, "seed \(seed)")
    }
  }

  @Test(arguments: [Phase1Mode.main, .aggressive], 1...6)
  func alteredMessagesAreNoHarm(mode: Phase1Mode, number: Int) throws {
    let certified = try Certified.rsa.get()
    for seed in 1...4 {
      var generator = SeededGenerator(seed: UInt64(seed), node: "mallory", purpose: "mutations \(number)")
      let counter = Counter()
      var pair = Pair(certified.setup(mode), seed: UInt64(seed))
      pair.interceptor = { _, bytes in
        guard counter.next() == number else { return [bytes] }
        return (0..<8).map { _ in HostileTests.mutate(bytes, &generator) }.filter { $0 != bytes } + [bytes]
      }
      pair.acquire(0)
      pair.run()
      let isConnected = pair.isConnected
      #expect(isConnected, "message \(number), seed \(seed): \(pair.failures(0)) \(pair.failures(1))")
    }
  }
}
