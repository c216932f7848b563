import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// What is said when two ends want other bundles: the side, the protocol and the attribute, word for word.
@Suite struct BundleRefusalTests {
  private static func disagree(_ left: [LayerKind], _ right: [LayerKind]) throws -> [String] {
    let forms = [left, right].map { BundleForm(name: "", layers: $0, offer: "") }
    var pair = Pair(
      try forms[0].configuration(0, isIPv6: false), try forms[1].configuration(1, isIPv6: false), seed: 2)
    pair.acquire(0)
    pair.run()
    #expect(pair.failures(0) == ["net: the responder refuses: NO-PROPOSAL-CHOSEN"])
    #expect(pair.inbound == [[:], [:]] && pair.outbound == [[:], [:]])
    #expect(pair.engines.allSatisfy { $0.takenSPIs.isEmpty && $0.takenCPIs.isEmpty })
    return pair.refusals(1).map(\.description)
  }

  private static let sha1 = LayerKind.ah(.hmacSHA1_96, tunnel: false)
  private static let esp = LayerKind.esp(.tripleDESCBC, .hmacSHA1_96, tunnel: false)

  @Test func otherProtocols() throws {
    #expect(
      try Self.disagree([Self.esp, Self.sha1], [Self.esp]) == [
        "the responder refuses: no proposal is for the protocols that are wanted together: Protocol-Id: PROTO_IPSEC_AH and PROTO_IPSEC_ESP offered, PROTO_IPSEC_ESP wanted (RFC 2407 §4.5)"
      ])
    #expect(
      try Self.disagree([Self.esp], [.ipcomp(tunnel: false), Self.esp]) == [
        "the responder refuses: no proposal is for the protocols that are wanted together: Protocol-Id: PROTO_IPSEC_ESP offered, PROTO_IPSEC_ESP and PROTO_IPCOMP wanted (RFC 2407 §4.5)"
      ])
  }

  @Test func theProtocolAtFaultIsNamed() throws {
    #expect(
      try Self.disagree([Self.esp, Self.sha1], [Self.esp, .ah(.hmacMD5_96, tunnel: false)]) == [
        "the responder refuses: no AH transform is acceptable: Transform-Id, Authentication Algorithm: AH_SHA, HMAC-SHA offered, AH_MD5, HMAC-MD5 wanted (RFC 2407 §4.5)"
      ])
    #expect(
      try Self.disagree(
        [Self.esp, Self.sha1], [.esp(.tripleDESCBC, .hmacMD5_96, tunnel: false), Self.sha1]) == [
          "the responder refuses: no ESP transform is acceptable: Authentication Algorithm: HMAC-SHA offered, HMAC-MD5 wanted (RFC 2407 §4.5)"
        ])
    #expect(
      try Self.disagree(
        [Self.esp, .ah(.hmacSHA1_96, tunnel: true)], [Self.esp, Self.sha1]) == [
          "the responder refuses: no AH transform is acceptable: Encapsulation Mode: Tunnel offered, Transport wanted (RFC 2407 §4.5)"
        ])
  }

  // MARK: Proposals that no engine of ours sends

  private static func group() throws -> LayerGroup {
    let layers = try [LayerKind.ipcomp(tunnel: false), esp, sha1].map {
      try $0.layer(from: Pair.addresses[0], to: Pair.addresses[1])
    }
    return try #require(LayerGroup(Protection(innermost: layers[0], outer: Array(layers[1...])), 0..<3))
  }

  private static let spis: [UInt32] = [0x1234, 0xAAAA_0001, 0xAAAA_0002]

  /// What the responder says of an offer that was changed.
  private static func refusal(_ change: (inout SecurityAssociationPayload) -> Void) throws -> String? {
    let group = try group()
    var offer = Phase2Negotiation.offer(group, spis: spis)
    change(&offer)
    do {
      _ = try Phase2Negotiation.choose(from: offer, for: group, spis: [300, 301, 302])
      return nil
    } catch { return error.description }
  }

  @Test func anAuthenticationHeaderSaysItsAlgorithmTwice() throws {
    let refused = "the responder refuses: no AH transform is acceptable: "
    #expect(
      try Self.refusal { $0.proposals[0].transforms[0].identifier = AHTransformID.md5.rawValue }
        == "\(refused)Authentication Algorithm: HMAC-SHA under AH_MD5 offered, HMAC-MD5 wanted (RFC 2407 §4.5)")
    #expect(
      try Self.refusal { $0.proposals[0].transforms[0].attributes.removeAll { $0.type == 5 } }
        == "\(refused)Authentication Algorithm: nothing under AH_SHA offered, HMAC-SHA wanted (RFC 2407 §4.5)")
  }

  @Test func everyProtocolHasItsOwnAttributes() throws {
    #expect(
      try Self.refusal { $0.proposals[0].transforms[0].attributes.append(.basic(6, 128)) }
        == "the responder refuses: no AH transform is acceptable: Key Length: 128 offered, nothing wanted (RFC 2407 §4.5)"
    )
    #expect(
      try Self.refusal { $0.proposals[2].transforms[0].attributes.append(.basic(5, 2)) }
        == "the responder refuses: no IPComp transform is acceptable: Authentication Algorithm: 2 offered, nothing wanted (RFC 2407 §4.5)"
    )
    #expect(
      try Self.refusal { $0.proposals[2].transforms[0].identifier = IPCompTransformID.lzs.rawValue }
        == "the responder refuses: no IPComp transform is acceptable: Transform-Id: IPCOMP_LZS offered, IPCOMP_DEFLATE wanted (RFC 2407 §4.5)"
    )
  }

  @Test func spisAreLookedAt() throws {
    #expect(
      try Self.refusal { $0.proposals[2].spi = [0, 2] }
        == "the responder refuses: no IPComp transform is acceptable: SPI: 0002 offered, two octets, 256 to 61439 wanted (RFC 2407 §4.5)"
    )
    #expect(
      try Self.refusal { $0.proposals[0].spi = [1, 2, 3] }
        == "the responder refuses: no AH transform is acceptable: SPI: 010203 offered, four octets, 256 or more wanted (RFC 2407 §4.5)"
    )
    #expect(
      try Self.refusal { $0.proposals[2] = $0.proposals[0] }
        == "the responder refuses: no proposal is for the protocols that are wanted together: Protocol-Id: PROTO_IPSEC_AH and PROTO_IPSEC_ESP and PROTO_IPSEC_AH offered, PROTO_IPSEC_AH and PROTO_IPSEC_ESP and PROTO_IPCOMP wanted (RFC 2407 §4.5)"
    )
    #expect(try Self.refusal { $0.proposals = [] }?.contains("Proposal: none offered, one at least wanted") == true)
    let tunnels = try BundleForm.all[10].layers.map { try $0.layer(from: Pair.addresses[0], to: Pair.addresses[1]) }
    let twice = try #require(LayerGroup(Protection(innermost: tunnels[0], outer: [tunnels[1]]), 0..<2))
    let offer = Phase2Negotiation.offer(twice, spis: [4_096, 4_096])
    let error = #expect(throws: IKERefusal.self) {
      try Phase2Negotiation.choose(from: offer, for: twice, spis: [300, 301])
    }
    #expect(
      error?.description
        == "the responder refuses: the associations need an SPI each: SPI: 00001000 twice offered, one for each wanted (RFC 2407 §4.5)"
    )
  }

  /// Alternatives, of which the second fits; the protocols in any order.
  @Test func alternativesAreTriedInTheirOrder() throws {
    let group = try Self.group()
    var offer = Phase2Negotiation.offer(group, spis: Self.spis)
    let lone = Proposal(number: 1, protocolID: .esp, spi: [1, 2, 3, 4], transforms: offer.proposals[1].transforms)
    offer.proposals =
      [lone]
      + offer.proposals.reversed().map { proposal in
        var proposal = proposal
        proposal.number = 7
        return proposal
      }
    let (agreement, answer) = try Phase2Negotiation.choose(from: offer, for: group, spis: [300, 301, 302])
    #expect(agreement.layers.map(\.peerSPI) == Self.spis)
    #expect(answer.proposals.map(\.number) == [7, 7, 7])
    #expect(answer.proposals.map(\.protocolID) == [.ipcomp, .esp, .ah])
    #expect(answer.proposals.map(\.spi) == [[1, 44], [0, 0, 1, 45], [0, 0, 1, 46]])
  }

  /// A peer that has authenticated itself may still offer anything.
  @Test func alteredOffersAreTakenOnlyWhereTheyFit() throws {
    let group = try Self.group()
    let offer = Phase2Negotiation.offer(group, spis: Self.spis)
    let original = ISAKMPMessage.encoded([.securityAssociation(offer)])
    var taken = 0
    for seed in 0..<20_000 {
      var generator = SeededGenerator(seed: UInt64(seed), node: "mallory", purpose: "offers")
      var bytes = original
      for _ in 0...generator.below(2) {
        bytes[Int(generator.below(UInt64(bytes.count)))] ^= 1 << UInt8(generator.below(8))
      }
      guard let chain = try? PayloadChain(first: .securityAssociation, decoding: bytes),
        case .securityAssociation(let altered)? = chain.payloads.first,
        let choice = try? Phase2Negotiation.choose(from: altered, for: group, spis: [300, 301, 302])
      else { continue }
      taken += 1
      #expect(choice.agreement.layers.map(\.suite) == group.layers.map { $0.suites[0] }, "seed \(seed)")
      #expect(choice.agreement.layers.allSatisfy { $0.peerSPI > 255 }, "seed \(seed)")
      #expect(choice.answer.proposals.count == 3, "seed \(seed)")
    }
    #expect(taken > 100)
  }

  // MARK: Answers

  private static func acceptance(_ change: (inout SecurityAssociationPayload) -> Void) throws -> String? {
    let group = try group()
    let offer = Phase2Negotiation.offer(group, spis: spis)
    var (_, answer) = try Phase2Negotiation.choose(from: offer, for: group, spis: [300, 301, 302])
    change(&answer)
    do {
      let agreement = try Phase2Negotiation.accept(answer: answer, to: offer, for: group, notifications: [])
      #expect(agreement.layers.map(\.peerSPI) == [300, 301, 302])
      return nil
    } catch { return error.description }
  }

  @Test func theAnswerHasToBeTheWholeBundle() throws {
    #expect(try Self.acceptance { _ in } == nil)
    #expect(
      try Self.acceptance { $0.proposals.removeLast() }
        == "the initiator refuses: the answer has to hold one proposal for each protocol: Security Association: PROTO_IPSEC_AH and PROTO_IPSEC_ESP offered, PROTO_IPSEC_AH and PROTO_IPSEC_ESP and PROTO_IPCOMP wanted (RFC 2408 §4.2)"
    )
    #expect(
      try Self.acceptance { $0.proposals[1].transforms[0].attributes.removeLast() }
        == "the initiator refuses: the answer is not what was offered: Security Association: ESP transform 1 (RFC 2408 §4.2)"
    )
    #expect(
      try Self.acceptance { $0.proposals[2].spi = [0xFF, 0xFF] }
        == "the initiator refuses: the answer has to hold an SPI and one transform of IPComp: Security Association (RFC 2408 §4.2)"
    )
    #expect(
      try Self.acceptance { $0.proposals[0].number = 2 }
        == "the initiator refuses: the answer has to hold one proposal for each protocol: Security Association: PROTO_IPSEC_ESP and PROTO_IPCOMP offered, PROTO_IPSEC_AH and PROTO_IPSEC_ESP and PROTO_IPCOMP wanted (RFC 2408 §4.2)"
    )
  }
}
