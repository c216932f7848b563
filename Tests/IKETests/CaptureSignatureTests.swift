import Cryptography
import Foundation
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// strongSwan's main mode with RSA signatures, opened with the shared secret that it traced, and checked as our states
/// check.
@Suite struct CaptureSignatureTests {
  private static let folder = Oracles.root?.appending(path: "captures/rsa-main-3des-sha1-modp1024")

  /// The two messages that hold the proofs, decrypted, and what phase 1 derived.
  private static func open() throws -> (keys: Phase1Keys, fifth: ReceivedMessage, sixth: ReceivedMessage) {
    let folder = try #require(folder)
    let trace = try JSONDecoder().decode(
      TraceTests.Trace.self, from: Data(contentsOf: folder.appending(path: "moon.trace.json")))
    let bytes = try Capture(folder.appending(path: "capture.pcap")).messages.map(\.bytes)
    let clear = try bytes.prefix(4).map { try ReceivedMessage(clear: $0) }
    var peer = Setup().configuration(0).peers[0]
    peer.suites = [Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 2)]
    peer.credentials = try credentials([])
    let agreement = try Phase1Negotiation.choose(from: try #require(clear[1].securityAssociation), for: peer).agreement
    var desk = Desk(randomness: IKERandomness(seed: 1, node: "moon"))
    let (keys, vector) = Phase1Keys.derive(
      Phase1Keys.Inputs(
        agreement: agreement, cookies: CookiePair(clear[1].header), preSharedKey: nil,
        initiatorNonce: clear[2].body(.nonce), responderNonce: clear[3].body(.nonce),
        initiatorPublicValue: clear[2].body(.keyExchange), responderPublicValue: clear[3].body(.keyExchange),
        sharedSecret: octets(trace.phase1.first?["dh"] ?? ""), initiatorSABody: clear[0].body(.securityAssociation)),
      desk: &desk, IKEExchangeID(1))
    #expect(keys.skeyid == octets(trace.phase1.first?["SKEYID"] ?? ""))
    let (fifth, next) = try decrypt(bytes[4], keys, vector)
    let (sixth, _) = try decrypt(bytes[5], keys, next)
    return (keys, fifth, sixth)
  }

  private static func decrypt(
    _ bytes: [UInt8], _ keys: Phase1Keys, _ vector: [UInt8]
  ) throws -> (message: ReceivedMessage, next: [UInt8]) {
    var cursor = Cursor(end: bytes.count)
    let header = try unsafe ISAKMPHeader(reading: bytes.span.bytes, at: &cursor)
    let step = try #require(keys.protection.decrypt(Array(bytes.dropFirst(28)), initializationVector: vector))
    return (try ReceivedMessage(header: header, decrypted: step.body), step.nextInitializationVector)
  }

  private static func credentials(_ anchors: [Certificate]) throws -> IKECredentials {
    let certified = try Certified.rsa.get()
    return IKECredentials(
      key: certified.keys[0], certificates: [], verifier: CertificateVerifier(anchors: anchors),
      epoch: anchors.first?.notBefore ?? 0)
  }

  private static func check(
    _ message: ReceivedMessage, _ role: IKERole, _ name: String, _ keys: Phase1Keys, anchors: [Certificate]
  ) throws -> IKERefusal? {
    var peer = Setup().configuration(0).peers[0]
    peer.remoteIdentity = .fullyQualifiedDomainName(name)
    peer.credentials = try credentials(anchors)
    let ends = Pair.addresses.map { IKEEndpoint(address: $0) }
    let setting = Phase1Setting(exchange: IKEExchangeID(1), peer: peer, local: ends[0], remote: ends[1])
    var desk = Desk(randomness: IKERandomness(seed: 1, node: "moon"))
    do {
      try keys.authenticate(message, message.identifications.first, from: role, in: setting, desk: &desk)
      return nil
    } catch { return error }
  }

  @Test(.enabled(if: Oracles.areThere)) func strongSwansSignaturesAreChecked() throws {
    let (keys, fifth, sixth) = try Self.open()
    for (message, role, name) in [
      (fifth, IKERole.initiator, "moon.lockstep.test"), (sixth, .responder, "sun.lockstep.test"),
    ] {
      let rule = MessageRule.of(.identityProtection, role == .initiator ? 5 : 6, proof: .signature)
      #expect(rule.refusal(of: message.types, side: role.opposite) == nil)
      let sent = try message.certificates.map { try Certificate(der: $0.data) }
      let own = try #require(sent.first { $0.names(.dns(name)) })
      #expect(try Self.check(message, role, name, keys, anchors: [own]) == nil)
      // Nobody vouches for it.
      let untrusted = try Self.check(message, role, name, keys, anchors: [])
      #expect(untrusted?.notification == .invalidCertificate)
      // The same proof for the other side's hash.
      let reflected = try Self.check(message, role.opposite, name, keys, anchors: [own])
      #expect(reflected?.notification == .invalidSignature)
    }
  }
}
