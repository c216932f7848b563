import Cryptography
import Foundation
import Testing
import Wire

@testable import IKE

/// What strongSwan derived, out of our derivation from the same inputs: the shared secrets of its trace, and the
/// messages of the capture beside it.
@Suite struct TraceTests {
  struct Trace: Decodable {
    struct Entry: Decodable {
      var name, hex, event: String?
    }
    var phase1: [[String: String]]
    var trace: [Entry]

    func values(_ name: String) -> [[UInt8]] { trace.filter { $0.name == name }.compactMap { $0.hex.map(octets) } }
  }

  /// The pre-shared keys of the scenarios that made the captures.
  static let preSharedKeys = ["lockstep-psk-0001", "secret99"].map { Array($0.utf8) }

  /// Everything that is derived for one phase 1 association, and what was found on the way.
  struct Session {
    var derivation: KeyDerivation
    var protection: MessageProtection
    var skeyidD, skeyidA: [UInt8]
    var cookies: CookiePair
    /// The vector with which the next message of each exchange is decrypted; 0 is phase 1.
    var vectors: [UInt32: [UInt8]] = [:]
    var lastPhase1Block: [UInt8] = []
    var derived: [[UInt8]] = []
    /// Ni and Nr of each quick mode, its shared secret, and the two SPIs.
    var quick: [UInt32: (ni: [UInt8], offer: SecurityAssociationPayload?)] = [:]
  }

  @Test(.enabled(if: Oracles.areThere), arguments: Oracles.traces)
  func valuesOfTheSharedTraces(file: URL) throws {
    let trace = try JSONDecoder().decode(Trace.self, from: Data(contentsOf: file))
    let capture = try Capture(file.deletingLastPathComponent().appending(path: "capture.pcap"))
    for phase1 in trace.phase1 {
      let cookie = try #require(phase1["icookie"].map(octets))
      let messages = capture.messages.filter { $0.bytes.starts(with: cookie) }
      try Self.check(phase1, messages, trace)
    }
  }

  @Test(.enabled(if: Oracles.areThere)) func theSharedFolderHasTraces() { #expect(Oracles.traces.count >= 40) }

  private static func check(_ phase1: [String: String], _ messages: [Capture.Message], _ trace: Trace) throws {
    func expected(_ name: String) -> [UInt8] { octets(phase1[name] ?? "") }
    let clear = messages.compactMap { try? ReceivedMessage(clear: $0.bytes) }.filter { $0.header.messageID == 0 }
    let exchange = clear.filter { $0.types.contains(.keyExchange) }
    try #require(exchange.count >= 2)
    let offer = try #require(clear.first?.body(.securityAssociation))
    let (first, second) = (exchange[0], try #require(exchange.first { $0.octets != exchange[0].octets }))
    let cookies = CookiePair(second.header)
    let hash = try #require([HashAlgorithm.md5, .sha1, .sha256].first { $0.digestLength == expected("SKEYID").count })
    let derivation = KeyDerivation(hash: hash)
    let (ni, nr) = (first.body(.nonce), second.body(.nonce))
    let (gi, gr) = (first.body(.keyExchange), second.body(.keyExchange))
    let secret = expected("dh")
    let candidates =
      preSharedKeys.map { derivation.skeyid(preSharedKey: $0, initiatorNonce: ni, responderNonce: nr) }
      + [derivation.skeyid(sharedSecret: secret, initiatorNonce: ni, responderNonce: nr)]
    let skeyid = expected("SKEYID")
    if let data = trace.values("HASH_I data").first, !data.starts(with: gi) {
      return checkHidden(derivation, data, expected, trace)
    }
    // Where the keys differ, one side's is not published; everywhere else it is one of these.
    let isComplete = !trace.values("HASH_R").isEmpty
    #expect(candidates.contains(skeyid) || !isComplete)
    let d = derivation.skeyidD(skeyid: skeyid, sharedSecret: secret, cookies: cookies)
    #expect(d == expected("SKEYID_d"))
    let a = derivation.skeyidA(skeyid: skeyid, skeyidD: d, sharedSecret: secret, cookies: cookies)
    #expect(a == expected("SKEYID_a"))
    let e = derivation.skeyidE(skeyid: skeyid, skeyidA: a, sharedSecret: secret, cookies: cookies)
    #expect(e == expected("SKEYID_e"))
    let cipher = try #require(cipherAlgorithm(keyLength: expected("encryption key Ka").count, trace))
    #expect(derivation.cipherKey(cipher, skeyidE: e) == expected("encryption key Ka"))
    let vector = derivation.phase1InitializationVector(
      initiatorPublicValue: gi, responderPublicValue: gr, cipher: cipher)
    #expect(vector == expected("initial IV"))
    checkAuthenticators(derivation, skeyid, gi, gr, cookies, offer, trace)
    var session = Session(
      derivation: derivation, protection: MessageProtection(cipher: cipher, key: expected("encryption key Ka")),
      skeyidD: d, skeyidA: a, cookies: cookies)
    session.vectors[0] = vector
    session.lastPhase1Block = vector
    guard isComplete else { return }
    for message in messages { session.open(message.bytes, trace) }
    session.check(trace)
  }

  /// The exchange of the two hosts ran inside the tunnel of their gateways, whose messages the capture shows instead.
  /// Its public values and cookies stand at the front of what HASH_I is made of.
  private static func checkHidden(
    _ derivation: KeyDerivation, _ data: [UInt8], _ expected: (String) -> [UInt8], _ trace: Trace
  ) {
    let (secret, skeyid) = (expected("dh"), expected("SKEYID"))
    let (gi, gr) = (Array(data.prefix(secret.count)), Array(data.dropFirst(secret.count).prefix(secret.count)))
    let numbers = (0..<2).map { index in
      data.dropFirst(2 * secret.count + 8 * index).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    let cookies = CookiePair(initiator: Cookie(rawValue: numbers[0]), responder: Cookie(rawValue: numbers[1]))
    let d = derivation.skeyidD(skeyid: skeyid, sharedSecret: secret, cookies: cookies)
    let a = derivation.skeyidA(skeyid: skeyid, skeyidD: d, sharedSecret: secret, cookies: cookies)
    let e = derivation.skeyidE(skeyid: skeyid, skeyidA: a, sharedSecret: secret, cookies: cookies)
    #expect([d, a, e] == [expected("SKEYID_d"), expected("SKEYID_a"), expected("SKEYID_e")])
    #expect(derivation.cipherKey(.tripleDESCBC, skeyidE: e) == expected("encryption key Ka"))
    let vector = derivation.phase1InitializationVector(
      initiatorPublicValue: gi, responderPublicValue: gr, cipher: .tripleDESCBC)
    #expect(vector == expected("initial IV"))
    #expect(derivation.prf(skeyid, [data]) == trace.values("HASH_I").first)
  }

  private static func cipherAlgorithm(keyLength: Int, _ trace: Trace) -> CipherAlgorithm? {
    let isCAST = trace.trace.contains { $0.event?.contains("IKE:CAST") == true }
    return [.desCBC, isCAST ? .cast128CBC : .aes128CBC, .tripleDESCBC, .aes256CBC].first { $0.keyLength == keyLength }
  }

  /// HASH_I and HASH_R: the part before the identity is ours to make, the identity is the rest of strongSwan's data.
  private static func checkAuthenticators(
    _ derivation: KeyDerivation, _ skeyid: [UInt8], _ gi: [UInt8], _ gr: [UInt8], _ cookies: CookiePair,
    _ offer: [UInt8], _ trace: Trace
  ) {
    for (data, hash) in zip(trace.values("HASH_I data"), trace.values("HASH_I")) {
      let before = gi + gr + cookies.octets + offer
      #expect(data.starts(with: before))
      let ours = derivation.hashI(
        skeyid: skeyid, initiatorPublicValue: gi, responderPublicValue: gr, cookies: cookies, initiatorSABody: offer,
        initiatorIdentityBody: Array(data.dropFirst(before.count)))
      #expect(ours == hash)
    }
    for (data, hash) in zip(trace.values("HASH_R data"), trace.values("HASH_R")) {
      let before = gr + gi + cookies.responder.octets + cookies.initiator.octets + offer
      #expect(data.starts(with: before))
      let ours = derivation.hashR(
        skeyid: skeyid, initiatorPublicValue: gi, responderPublicValue: gr, cookies: cookies, initiatorSABody: offer,
        responderIdentityBody: Array(data.dropFirst(before.count)))
      #expect(ours == hash)
    }
  }
}

extension TraceTests.Session {
  /// Decrypts a message, follows the chain of vectors, and checks the hash where the message has one of phase 2.
  mutating func open(_ bytes: [UInt8], _ trace: TraceTests.Trace) {
    var cursor = Cursor(end: bytes.count)
    guard let header = try? unsafe ISAKMPHeader(reading: bytes.span.bytes, at: &cursor),
      header.flags.contains(.encryption)
    else { return }
    let vector =
      vectors[header.messageID]
      ?? derivation.phase2InitializationVector(
        lastPhase1Block: lastPhase1Block, messageID: header.messageID, cipher: protection.cipher)
    guard let step = protection.decrypt(Array(bytes.dropFirst(28)), initializationVector: vector),
      let message = try? ReceivedMessage(header: header, decrypted: step.body)
    else { return }
    vectors[header.messageID] = step.nextInitializationVector
    if header.messageID == 0 { lastPhase1Block = step.nextInitializationVector }
    // The trace calls the vector that a message starts from the next one. What came after the last message is not in
    // it. A side that never got a message traced nothing of it.
    let traced = trace.values("next IV for MID \(header.messageID)")
    let isFirst = vector == octets(trace.phase1[0]["initial IV"] ?? "")
    #expect(traced.isEmpty || isFirst || traced.contains(vector), "message ID \(header.messageID)")
    guard header.messageID != 0 else { return }
    if header.exchangeType == .quickMode { openQuickMode(message, trace) } else { checkHash1(message, trace, "Hash") }
  }

  private mutating func checkHash1(_ message: ReceivedMessage, _ trace: TraceTests.Trace, _ name: String) {
    let hash = derivation.quickHash1(skeyidA: skeyidA, messageID: message.header.messageID, rest: message.behindFirst)
    #expect(hash == message.body(.hash))
    if !trace.values(name).contains(hash) { derived.append([]) } else { derived.append(hash) }
  }

  private mutating func openQuickMode(_ message: ReceivedMessage, _ trace: TraceTests.Trace) {
    let id = message.header.messageID
    guard let begun = quick[id] else {
      checkHash1(message, trace, "Hash(1)")
      quick[id] = (message.body(.nonce), message.securityAssociation)
      return
    }
    guard let answer = message.securityAssociation else { return }
    let hash = derivation.quickHash2(
      skeyidA: skeyidA, messageID: id, initiatorNonce: begun.ni, rest: message.behindFirst)
    #expect(hash == message.body(.hash))
    #expect(trace.values("Hash(2)").contains(hash))
    let nr = message.body(.nonce)
    let third = derivation.quickHash3(skeyidA: skeyidA, messageID: id, initiatorNonce: begun.ni, responderNonce: nr)
    #expect(trace.values("Hash(3)").contains(third))
    keymat(begun.offer, answer, begun.ni, nr, message.types.contains(.keyExchange), trace)
  }

  /// KEYMAT of both directions for every protocol that was agreed on.
  private mutating func keymat(
    _ offer: SecurityAssociationPayload?, _ answer: SecurityAssociationPayload, _ ni: [UInt8], _ nr: [UInt8],
    _ hasExchange: Bool, _ trace: TraceTests.Trace
  ) {
    let secrets = hasExchange ? trace.values("DH secret") : [[]]
    for proposal in answer.proposals where proposal.protocolID != .ipcomp {
      let offered = offer?.proposals.first { $0.number == proposal.number && $0.protocolID == proposal.protocolID }
      for (spi, side) in [(proposal.spi, "initiator"), (offered?.spi ?? [], "responder")] {
        let keys = trace.values("encryption \(side) key") + [[]]
        let isFound = secrets.contains { secret in
          keys.contains { cipherKey in
            trace.values("integrity \(side) key").contains { integrityKey in
              derivation.keymat(
                skeyidD: skeyidD, sharedSecret: secret, securityProtocol: proposal.protocolID, spi: spi,
                initiatorNonce: ni, responderNonce: nr, count: cipherKey.count + integrityKey.count)
                == cipherKey + integrityKey
            }
          }
        }
        #expect(isFound, "KEYMAT of \(side)")
        derived.append(spi)
      }
    }
  }

  /// Something was derived of phase 2 wherever strongSwan derived something.
  func check(_ trace: TraceTests.Trace) {
    if !trace.values("Hash(3)").isEmpty { #expect(quick.count >= 1 && derived.count >= 3) }
  }
}
