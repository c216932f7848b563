import Cryptography
import Foundation
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// XAUTH and mode configuration between phase 1 and phase 2.
@Suite struct RemoteAccessTests {
  static let carol = IKEUser(name: "carol", password: "4iChxLT3")

  static let configuration = ModeConfiguration(
    address: IPv4Address(10, 3, 0, 1), netmask: IPv4Address(255, 255, 255, 0),
    nameServers: [IPv4Address(10, 2, 0, 53), IPv4Address(10, 2, 0, 54)],
    subnets: [IPv4Prefix(IPv4Address(10, 2, 0, 0), length: 16)])

  static func setup(
    _ mode: ConfigurationMode? = .pull, phase1: Phase1Mode = .main, user: IKEUser? = carol, users: [IKEUser]? = [carol]
  ) -> Setup {
    var setup = AggressiveModeTests.setup()
    setup.mode = phase1
    setup.remoteAccess = [
      .caller(user: user, configuration: mode),
      .gateway(users: users, configuration: mode == nil ? nil : configuration, mode: mode ?? .pull),
    ]
    return setup
  }

  private static func given(_ pair: Pair, _ side: Int) -> [ModeConfiguration] {
    pair.actions[side].compactMap { action in
      if case .configured(let configuration, "peer") = action { configuration } else { nil }
    }
  }

  /// The transactions of a run: who sends what.
  private static func transactions(_ pair: Pair) -> [String] {
    pair.sent.filter { $0.summary == "HDR*, HASH, ATTR" }.map { "\($0.side) \($0.message)" }
  }

  @Test(arguments: [Phase1Mode.main, .aggressive]) func theUserIsAskedAndTheCallerAsksForItsAddress(phase1: Phase1Mode)
  {
    var pair = Pair(Self.setup(phase1: phase1))
    pair.acquire(0)
    pair.run()
    #expect(pair.isConnected && pair.failures(0).isEmpty)
    #expect(Self.transactions(pair) == ["1 1", "0 2", "1 1", "0 2", "0 1", "1 2"])
    #expect(Self.given(pair, 0) == [Self.configuration] && Self.given(pair, 1).isEmpty)
    #expect(pair.drops(0).isEmpty && pair.drops(1).isEmpty)
    let stories = pair.notes(1).compactMap { note in
      if case .advanced("SentAttributes", let story) = note { story } else { nil }
    }
    #expect(
      stories == [
        "sent ISAKMP_CFG_REQUEST (XAUTH-USER-NAME, XAUTH-USER-PASSWORD), waiting for the answer",
        "sent ISAKMP_CFG_SET (XAUTH-STATUS), waiting for the answer",
      ])
    #expect(
      pair.notes(0).contains(
        .chosen(suite: "3DES-CBC, SHA-1, XAUTHInitPreShared, group 1, 28800 s")))
    // The password is nobody's to read.
    #expect(!"\(pair.notes(0)) \(pair.notes(1))".contains(Self.carol.password))
  }

  @Test func theGatewayGivesUnasked() {
    var pair = Pair(Self.setup(.push))
    pair.acquire(0)
    pair.run()
    #expect(pair.isConnected)
    #expect(Self.transactions(pair) == ["1 1", "0 2", "1 1", "0 2", "1 1", "0 2"])
    #expect(Self.given(pair, 0) == [Self.configuration])
  }

  @Test func eachComesWithoutTheOther() {
    var pair = Pair(Self.setup(nil))
    pair.acquire(0)
    pair.run()
    #expect(pair.isConnected && Self.transactions(pair).count == 4 && Self.given(pair, 0).isEmpty)
    for mode in [ConfigurationMode.pull, .push] {
      pair = Pair(Self.setup(mode, user: nil, users: nil))
      pair.acquire(0)
      pair.run()
      #expect(pair.isConnected && Self.transactions(pair).count == 2)
      #expect(Self.given(pair, 0) == [Self.configuration])
    }
  }

  @Test func signaturesAreTakenTogetherWithUsers() throws {
    var setup = try Certified.rsa.get().setup()
    setup.remoteAccess = Self.setup().remoteAccess
    var pair = Pair(setup)
    pair.acquire(0)
    pair.run()
    #expect(pair.isConnected)
    #expect(pair.notes(0).contains(.chosen(suite: "3DES-CBC, MD5, XAUTHInitRSA, group 1, 28800 s")))
  }

  // MARK: Refusals

  @Test(arguments: [
    IKEUser(name: "carol", password: "wrong"), IKEUser(name: "dave", password: "4iChxLT3"),
    IKEUser(name: "carol", password: ""),
  ])
  func aUserWhoIsNotBelievedGetsNoFurther(user: IKEUser) {
    var pair = Pair(Self.setup(user: user))
    pair.acquire(0)
    pair.run()
    #expect(pair.failures(0) == ["net: the gateway does not believe the user"])
    let ended = pair.notes(1).compactMap { note in if case .ended(let why) = note { why } else { nil } }
    #expect(ended.count == 1)
    #expect(pair.inbound == [[:], [:]] && pair.outbound == [[:], [:]])
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 0 && $0.transactions.isEmpty })
    #expect(Self.given(pair, 0).isEmpty)
  }

  @Test func bothHaveToWantAUser() {
    var pair = Pair(Self.setup(user: nil).configuration(0), Self.setup().configuration(1), seed: 1)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(10))
    #expect(
      pair.refusals(1).first?.description
        == "the responder refuses: no transform is acceptable: Authentication Method: pre-shared key offered, XAUTHInitPreShared wanted (RFC 2409 §5, Appendix A)"
    )
  }

  @Test func theGatewayWaitsForTheCaller() {
    var pair = Pair(Self.setup())
    pair.acquire(1)
    #expect(pair.failures(1) == ["net: the peer dials in: it has to begin"])
    pair.acquire(0)
    pair.run(until: .zero + .seconds(10))
    // Once it has, the gateway may ask for pairs too.
    if let old = pair.outbound[1].keys.first {
      pair.perform(pair.engines[1].renew(association: old, at: pair.now), side: 1)
    }
    pair.run(until: .zero + .seconds(20))
    #expect(pair.outbound[1].count == 2 && pair.isConnected)
  }

  @Test func quickModeHasToWait() throws {
    // A caller that does not wait for the gateway's question.
    let gateway = Self.setup(nil).configuration(1)
    var pair = Pair(Self.setup(nil).configuration(0), gateway, seed: 1)
    pair.interceptor = { side, bytes in side == 1 && bytes[18] == ExchangeType.transaction.rawValue ? [] : [bytes] }
    pair.acquire(0)
    pair.run(until: .zero + .seconds(1))
    let id = try #require(pair.engines[0].associations.keys.first)
    pair.engines[0].associations[id]?.stage = .open
    pair.acquire(0)
    pair.engines[0].desk.actions = []
    pair.engines[0].pump(0, at: pair.now)
    pair.perform(pair.engines[0].desk.actions, side: 0)
    pair.run(until: .zero + .seconds(2))
    #expect(
      pair.notes(1).contains(.dropped(.unexpected, detail: "phase 2 has to wait for XAUTH and mode configuration")))
    #expect(pair.inbound == [[:], [:]])
  }

  @Test func silenceEndsTheAssociation() {
    for deaf in 0...1 {
      var pair = Pair(Self.setup())
      pair.interceptor = { side, bytes in
        side == deaf && bytes[18] == ExchangeType.transaction.rawValue ? [] : [bytes]
      }
      pair.acquire(0)
      pair.run(until: .zero + .seconds(2_000))
      #expect(pair.failures(0).count == 1, "\(pair.failures(0))")
      #expect(pair.engines.allSatisfy { $0.establishedAssociations == 0 && $0.transactions.isEmpty })
      #expect(pair.engines.allSatisfy { $0.wanted.isEmpty && $0.peers[0].queue.isEmpty })
    }
  }

  // MARK: Bad wires

  @Test(arguments: 7...15) func anyOneMessageMayBeLost(number: Int) {
    for mode in [ConfigurationMode.pull, .push] {
      var pair = Pair(Self.setup(mode), seed: UInt64(number))
      let counter = Counter()
      pair.interceptor = { _, bytes in counter.next() == number ? [] : [bytes] }
      pair.acquire(0)
      pair.run()
      #expect(pair.isConnected, "message \(number): \(pair.failures(0))")
      #expect(Self.given(pair, 0) == [Self.configuration])
    }
  }

  @Test(arguments: [ConfigurationMode.pull, .push]) func roughRunsConnectOrFailByName(mode: ConfigurationMode) {
    for seed in 0..<60 {
      var pair = Pair(Self.setup(mode), seed: UInt64(seed), faults: WireFaultTests.rough)
      pair.acquire(0)
      pair.run(until: .zero + .seconds(2_000))
      let isNamed = (0..<2).contains { !pair.failures($0).isEmpty || !pair.abandoned($0).isEmpty }
      #expect(pair.isConnected || isNamed, "seed \(seed)")
      #expect(Self.given(pair, 0).count >= (pair.isConnected ? 1 : 0), "seed \(seed)")
      #expect(pair.engines.allSatisfy { $0.openPhase1Exchanges == 0 && $0.wanted.isEmpty }, "seed \(seed)")
    }
  }

  @Test(arguments: 7...12) func alteredMessagesAreNoHarm(number: Int) {
    for seed in 1...12 {
      var generator = SeededGenerator(seed: UInt64(seed), node: "mallory", purpose: "mutations \(number)")
      let counter = Counter()
      var pair = Pair(Self.setup(), seed: UInt64(seed))
      pair.interceptor = { _, bytes in
        guard counter.next() == number else { return [bytes] }
        return (0..<12).map { _ in HostileTests.mutate(bytes, &generator) }.filter { $0 != bytes } + [bytes]
      }
      pair.acquire(0)
      pair.run()
      #expect(pair.isConnected, "message \(number), seed \(seed): \(pair.failures(0))")
      #expect(Self.given(pair, 0) == [Self.configuration], "message \(number), seed \(seed)")
    }
  }

  // MARK: Attributes

  @Test func attributesOfHostilePeersAreRead() throws {
    #expect(ModeConfiguration(Self.configuration.attributes) == Self.configuration)
    #expect(ModeConfiguration([]) == nil && ModeConfiguration(ModeConfiguration.request) == nil)
    var odd = Self.configuration.attributes
    odd[0] = DataAttribute(type: 1, value: .variable([1, 2, 3]))
    #expect(ModeConfiguration(odd) == nil)
    odd[0] = DataAttribute(type: 1, value: .variable([10, 3, 0, 1]))
    odd.append(DataAttribute(type: 13, value: .variable([10, 0, 0, 0, 255, 0, 255, 0])))
    #expect(ModeConfiguration(odd)?.subnets == Self.configuration.subnets)
    #expect(
      Self.configuration.words
        == "10.3.0.1, mask 255.255.255.0, DNS 10.2.0.53, DNS 10.2.0.54, network 10.2.0.0/16")
  }

  /// What strongSwan exchanged as XAUTH and mode configuration, decrypted.
  private static func captured(_ name: String) throws -> [ConfigurationPayload] {
    let folder = try #require(Oracles.root).appending(path: "captures/\(name)")
    let trace = try JSONDecoder().decode(
      TraceTests.Trace.self, from: Data(contentsOf: folder.appending(path: "moon.trace.json")))
    let phase1 = try #require(trace.phase1.first)
    let key = octets(phase1["encryption key Ka"] ?? "")
    let cipher = try #require([CipherAlgorithm.aes128CBC, .tripleDESCBC].first { $0.keyLength == key.count })
    let hash = try #require(
      [HashAlgorithm.md5, .sha1].first { $0.digestLength == octets(phase1["SKEYID"] ?? "").count })
    let protection = MessageProtection(cipher: cipher, key: key)
    let messages = try Capture(folder.appending(path: "capture.pcap")).messages.map(\.bytes)
    let last = Array(messages[5].suffix(cipher.blockLength))
    var vectors: [UInt32: [UInt8]] = [:]
    var payloads: [ConfigurationPayload] = []
    for bytes in messages.dropFirst(6) where bytes[18] == ExchangeType.transaction.rawValue {
      var cursor = Cursor(end: bytes.count)
      let header = try unsafe ISAKMPHeader(reading: bytes.span.bytes, at: &cursor)
      let vector =
        vectors[header.messageID]
        ?? KeyDerivation(hash: hash).phase2InitializationVector(
          lastPhase1Block: last, messageID: header.messageID, cipher: cipher)
      let step = try #require(protection.decrypt(Array(bytes.dropFirst(28)), initializationVector: vector))
      vectors[header.messageID] = step.nextInitializationVector
      let message = try ReceivedMessage(header: header, decrypted: step.body)
      #expect(MessageRule.of(.transaction, 1).refusal(of: message.types, side: .responder) == nil)
      for case .configuration(let payload) in message.chain.payloads { payloads.append(payload) }
    }
    return payloads
  }

  @Test(.enabled(if: Oracles.areThere)) func strongSwansOfferOfAUserIsTaken() throws {
    let root = try #require(Oracles.root)
    let bytes = try Capture(root.appending(path: "captures/xauth-psk-main-modecfg/capture.pcap")).messages[0].bytes
    var setup = Self.setup()
    setup.suites = [Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 2)]
    var pair = Pair(setup)
    pair.interceptor = { _, _ in [] }
    pair.deliver(bytes, to: 1)
    #expect(pair.sent.map(\.summary) == ["HDR, SA, VID"])
    #expect(pair.notes(1).contains { if case .chosen(let suite) = $0 { suite.contains("XAUTHInit") } else { false } })
  }

  @Test(.enabled(if: Oracles.areThere)) func strongSwansTransactionsAreOurs() throws {
    let payloads = try Self.captured("xauth-psk-main-modecfg")
    #expect(payloads.map(\.type) == [.request, .reply, .set, .acknowledge, .request, .reply])
    #expect(payloads[0].attributes.map(\.type) == IKEUser.request.map(\.type))
    #expect(Self.carol.isGiven(in: payloads[1].attributes))
    #expect(payloads[2].attributes == [.status(true)])
    let given = try #require(ModeConfiguration(payloads[5].attributes))
    #expect(given.address.description.hasPrefix("10.3.0.") && given.nameServers == [IPv4Address(10, 2, 0, 53)])
    #expect(payloads[4].attributes.contains { $0.type == ConfigurationAttributeType.internalIPv4Address.rawValue })
    let pushed = try Self.captured("modecfg-push-psk")
    #expect(pushed.map(\.type) == [.set, .acknowledge])
    #expect(ModeConfiguration(pushed[0].attributes) != nil)
  }
}
