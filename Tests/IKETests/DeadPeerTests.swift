import Cryptography
import Foundation
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// Dead peer detection: RFC 3706.
@Suite struct DeadPeerTests {
  private static func setup(_ sides: [Bool] = [true, true], mode: Phase1Mode = .main) -> Setup {
    var setup = mode == .main ? HostileTests.setup() : AggressiveModeTests.setup()
    setup.detection = sides.map { $0 ? DeadPeerDetection(idle: .seconds(30), retry: .seconds(5), limit: 3) : nil }
    return setup
  }

  private static func connected(_ setup: Setup) -> Pair {
    var pair = Pair(setup, seed: 3)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(1))
    return pair
  }

  private static func noted(_ pair: Pair, _ side: Int) -> [String] {
    pair.notes(side).compactMap { note in if case .noted(let text) = note { text } else { nil } }
  }

  /// The informational messages of a pair: `side second`.
  private static func informational(_ pair: Pair) -> [String] {
    pair.sent.filter { $0.summary == "HDR*, HASH(1), N" }
      .map { "\($0.side) \($0.at.nanoseconds / 1_000_000_000)" }
  }

  @Test(arguments: [Phase1Mode.main, .aggressive]) func aSilentPeerIsAskedAndAnswers(mode: Phase1Mode) {
    var pair = Self.connected(Self.setup([true, false], mode: mode))
    // The other side has not announced that it answers.
    pair.run(until: .zero + .seconds(200))
    #expect(Self.informational(pair).isEmpty)
    pair = Self.connected(Self.setup(mode: mode))
    pair.run(until: .zero + .seconds(100))
    // Both ask at the same time, and both answer.
    #expect(
      Self.informational(pair).map { $0.dropFirst(2) } == ["30", "60", "90"].flatMap { [$0, $0, $0, $0] })
    #expect(pair.isConnected && pair.engines.allSatisfy { $0.establishedAssociations == 1 })
    #expect(pair.drops(0).isEmpty && pair.drops(1).isEmpty)
    #expect(Self.noted(pair, 0).contains("the peer is there") || Self.noted(pair, 1).contains("the peer is there"))
  }

  @Test func bothAnnounceIt() {
    let pair = Self.connected(Self.setup())
    #expect(pair.sent.prefix(2).map(\.summary) == ["HDR, SA, VID", "HDR, SA, VID"])
    let silent = Self.connected(Self.setup([false, false]))
    #expect(silent.sent.prefix(2).map(\.summary) == ["HDR, SA", "HDR, SA"])
  }

  @Test func trafficTellsThatThePeerLives() throws {
    var pair = Self.connected(Self.setup())
    for seconds in stride(from: 20, through: 200, by: 20) {
      pair.run(until: .zero + .seconds(UInt64(seconds)))
      for side in 0...1 {
        let inbound = try #require(pair.inbound[side].keys.first)
        pair.engines[side].heard(by: inbound, at: pair.now)
      }
    }
    #expect(Self.informational(pair).isEmpty)
    // An association that is not this engine's says nothing of anybody.
    pair.engines[0].heard(
      by: AssociationIdentity(spi: 1, destination: Pair.addresses[0], securityProtocol: .esp), at: pair.now)
    pair.run(until: .zero + .seconds(235))
    #expect(!Self.informational(pair).isEmpty)
  }

  @Test(arguments: [0, 1]) func aPeerThatAnswersNothingIsBuried(side: Int) throws {
    var pair = Self.connected(Self.setup())
    let old = Set(pair.inbound[side].keys).union(pair.outbound[side].keys)
    pair.interceptor = { _, _ in [] }
    pair.run(until: .zero + .seconds(44))
    #expect(pair.engines[side].establishedAssociations == 1)
    pair.run(until: .zero + .seconds(46))
    #expect(Self.informational(pair).filter { $0.hasPrefix("\(side)") } == ["\(side) 30", "\(side) 35", "\(side) 40"])
    #expect(pair.engines[side].establishedAssociations == 0 && pair.engines[side].pairs == 0)
    let removed = pair.actions[side].compactMap { action in
      if case .remove(let identities, .deadPeer) = action { Set(identities) } else { nil }
    }
    #expect(removed == [old])
    let ended = pair.notes(side).compactMap { note in if case .ended(let why) = note { why } else { nil } }
    #expect(ended == ["the peer has not answered 3 times whether it is there (RFC 3706 §5.5)"])
    #expect(pair.engines[side].takenSPIs.isEmpty && pair.engines[side].cookies.isEmpty)
    // The next packet begins with phase 1, and reaches a peer that is back.
    pair.interceptor = nil
    pair.acquire(side)
    pair.run(until: .zero + .seconds(60))
    #expect(pair.isConnected && !pair.outbound[side].isEmpty)
  }

  @Test func aPeerThatWasStartedAnewIsFoundOut() {
    var pair = Self.connected(Self.setup())
    pair.engines[1] = IKEEngine(
      configuration: Self.setup().configuration(1), randomness: IKERandomness(seed: 99, node: "fw-b"))
    pair.inbound[1] = [:]
    pair.outbound[1] = [:]
    pair.run(until: .zero + .seconds(60))
    #expect(pair.outbound[0].isEmpty && pair.inbound[0].isEmpty)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(62))
    #expect(pair.isConnected)
  }

  @Test func aPeerWithWhichNothingIsSharedIsLeftInPeace() throws {
    var pair = Self.connected(Self.setup())
    let inbound = try #require(pair.inbound[0].keys.first)
    pair.perform(pair.engines[0].removed(inbound: inbound, at: pair.now), side: 0)
    pair.run(until: .zero + .seconds(300))
    #expect(Self.informational(pair).isEmpty)
  }

  // MARK: Numbers

  private static func probe(
    _ pair: Pair, _ type: NotifyType, _ number: UInt32, change: (inout NotificationPayload) -> Void = { _ in }
  ) throws -> [String] {
    var pair = pair
    let association = try #require(pair.engines[0].associations.values.first)
    var notification = NotificationPayload.probe(type, number, association.keys.cookies)
    change(&notification)
    pair.engines[0].desk.actions = []
    pair.engines[0].sendInformational([.notification(notification)], under: association, story: "", at: pair.now)
    let sent = pair.engines[0].desk.actions
    let before = noted(pair, 1).count
    for case .send(let bytes, _, _, _, _, _, _) in sent { pair.deliver(bytes, to: 1) }
    return Array(noted(pair, 1).dropFirst(before))
  }

  @Test func numbersHaveToGrow() throws {
    var pair = Self.connected(Self.setup())
    let id = try #require(pair.engines[1].associations.keys.first)
    pair.engines[1].associations[id]?.peerProbeNumber = 100
    #expect(
      try Self.probe(pair, .areYouThere, 101) == ["the peer says R-U-THERE", "answers that it is there, number 101"])
    #expect(
      try Self.probe(pair, .areYouThere, 100) == ["the peer says R-U-THERE", "answers that it is there, number 100"])
    #expect(
      try Self.probe(pair, .areYouThere, 99) == [
        "the peer says R-U-THERE", "the number 99 was used before (RFC 3706 §6)",
      ])
    #expect(
      try Self.probe(pair, .areYouThereAcknowledgement, 5) == [
        "the peer says R-U-THERE-ACK", "nobody asked with the number 5",
      ])
    let strange = "it names another association, or no number (RFC 3706 §5.3)"
    #expect(try Self.probe(pair, .areYouThere, 101) { $0.spi[0] ^= 1 } == ["the peer says R-U-THERE", strange])
    #expect(try Self.probe(pair, .areYouThere, 101) { $0.data = [1] } == ["the peer says R-U-THERE", strange])
  }

  // MARK: strongSwan's

  @Test(.enabled(if: Oracles.areThere)) func strongSwansQuestionsAreOurs() throws {
    let folder = try #require(Oracles.root).appending(path: "captures/dpd")
    let trace = try JSONDecoder().decode(
      TraceTests.Trace.self, from: Data(contentsOf: folder.appending(path: "moon.trace.json")))
    let phase1 = try #require(trace.phase1.first)
    let key = octets(phase1["encryption key Ka"] ?? "")
    let cipher = try #require([CipherAlgorithm.aes128CBC, .tripleDESCBC].first { $0.keyLength == key.count })
    let hash = try #require(
      [HashAlgorithm.md5, .sha1].first { $0.digestLength == octets(phase1["SKEYID"] ?? "").count })
    let protection = MessageProtection(cipher: cipher, key: key)
    let messages = try Capture(folder.appending(path: "capture.pcap")).messages.map(\.bytes)
    let announced = try messages.prefix(2).map { try ReceivedMessage(clear: $0).announcesProbes }
    #expect(announced == [true, true])
    let last = Array(messages[5].suffix(cipher.blockLength))
    var found: [NotifyType] = []
    for bytes in messages.dropFirst(6) {
      var cursor = Cursor(end: bytes.count)
      let header = try unsafe ISAKMPHeader(reading: bytes.span.bytes, at: &cursor)
      guard header.exchangeType == .informational else { continue }
      let vector = KeyDerivation(hash: hash).phase2InitializationVector(
        lastPhase1Block: last, messageID: header.messageID, cipher: cipher)
      let step = try #require(protection.decrypt(Array(bytes.dropFirst(28)), initializationVector: vector))
      for notification in try ReceivedMessage(header: header, decrypted: step.body).notifications {
        let number = notification.data.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
        #expect(notification == .probe(notification.type, number, CookiePair(header)))
        found.append(notification.type)
      }
    }
    #expect(found.count >= 4)
    #expect(found.contains(.areYouThere) && found.contains(.areYouThereAcknowledgement))
  }
}
