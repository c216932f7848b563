import Cryptography
import Foundation
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// The proposals that strongSwan made for AH and IPComp, beside ours for the same policies.
@Suite struct CaptureOfferTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var capture: String
    var layers: [LayerKind]

    var testDescription: String { capture }

    static let all = [
      Case(capture: "ah-md5-transport", layers: [.ah(.hmacMD5_96, tunnel: false)]),
      Case(capture: "ah-sha1-tunnel", layers: [.ah(.hmacSHA1_96, tunnel: true)]),
      Case(capture: "ipv6-ah-transport", layers: [.ah(.hmacSHA1_96, tunnel: false)]),
      Case(
        capture: "ipcomp-esp-tunnel",
        layers: [.ipcomp(tunnel: true), .esp(.aes128CBC, .hmacSHA1_96, tunnel: false)]),
    ]
  }

  /// The SA payloads of the first quick mode of a capture, decrypted: the offer and the answer.
  private static func quickMode(_ name: String) throws -> [SecurityAssociationPayload] {
    let folder = try #require(Oracles.root).appending(path: "captures/\(name)")
    let trace = try JSONDecoder().decode(
      TraceTests.Trace.self, from: Data(contentsOf: folder.appending(path: "moon.trace.json")))
    let phase1 = try #require(trace.phase1.first)
    let value = { (name: String) in octets(phase1[name] ?? "") }
    let hash = try #require(
      [HashAlgorithm.md5, .sha1, .sha256].first { $0.digestLength == value("SKEYID").count })
    let key = value("encryption key Ka")
    let cipher = try #require([CipherAlgorithm.aes128CBC, .tripleDESCBC].first { $0.keyLength == key.count })
    let protection = MessageProtection(cipher: cipher, key: key)
    var vectors: [UInt32: [UInt8]] = [0: value("initial IV")]
    var payloads: [SecurityAssociationPayload] = []
    for message in try Capture(folder.appending(path: "capture.pcap")).messages {
      var cursor = Cursor(end: message.bytes.count)
      let header = try unsafe ISAKMPHeader(reading: message.bytes.span.bytes, at: &cursor)
      guard header.flags.contains(.encryption), header.exchangeType != .informational else { continue }
      let vector =
        vectors[header.messageID]
        ?? KeyDerivation(hash: hash).phase2InitializationVector(
          lastPhase1Block: vectors[0] ?? [], messageID: header.messageID, cipher: cipher)
      let step = try #require(protection.decrypt(Array(message.bytes.dropFirst(28)), initializationVector: vector))
      vectors[header.messageID] = step.nextInitializationVector
      if let payload = try ReceivedMessage(header: header, decrypted: step.body).securityAssociation {
        payloads.append(payload)
      }
    }
    return payloads
  }

  private static func group(_ layers: [LayerKind]) throws -> LayerGroup {
    let layers = try layers.map { try $0.layer(from: Pair.addresses[0], to: Pair.addresses[1]) }
    let protection = Protection(
      innermost: layers[0], outer: Array(layers.dropFirst()), lifetime: Lifetime(duration: .seconds(3_960), volume: nil)
    )
    return try #require(LayerGroup(protection, 0..<layers.count))
  }

  @Test(.enabled(if: Oracles.areThere), arguments: Case.all)
  func ourOfferIsTheirsAttributeByAttribute(item: Case) throws {
    let theirs = try #require(try Self.quickMode(item.capture).first).proposals.filter { $0.number == 1 }
    let group = try Self.group(item.layers)
    let spis = try #require(Phase2Negotiation.assignment(theirs, group)).map { proposal in
      try #require(proposal.protocolID.number(proposal.spi))
    }
    #expect(Phase2Negotiation.offer(group, spis: spis).proposals == theirs)
  }

  @Test(.enabled(if: Oracles.areThere), arguments: Case.all)
  func ourResponderChoosesWhatTheirsChose(item: Case) throws {
    let payloads = try Self.quickMode(item.capture)
    let offer = payloads[0]
    // Under another number strongSwan says its ESP once more.
    let theirs = SecurityAssociationPayload(proposals: payloads[1].proposals.filter { $0.number == 1 })
    let group = try Self.group(item.layers)
    let spis = try #require(Phase2Negotiation.assignment(theirs.proposals, group)).map { proposal in
      try #require(proposal.protocolID.number(proposal.spi))
    }
    let (agreement, answer) = try Phase2Negotiation.choose(from: offer, for: group, spis: spis)
    #expect(answer == theirs)
    // And our initiator takes their answer.
    let accepted = try Phase2Negotiation.accept(
      answer: payloads[1], to: SecurityAssociationPayload(proposals: offer.proposals.filter { $0.number == 1 }),
      for: group,
      notifications: [])
    #expect(accepted.layers.map(\.suite) == agreement.layers.map(\.suite))
    #expect(accepted.layers.map(\.peerSPI) == spis)
  }
}
