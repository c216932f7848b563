import Cryptography
import IPsec
import Units
import Wire

/// What both ends agreed on for phase 1.
struct Phase1Agreement: Hashable, Sendable {
  var suite: Phase1Suite
  var authentication: Phase1Authentication
  var method: IKEAuthenticationMethod
  var lifetime: LifetimeTerms

  /// `3DES-CBC, SHA-1, pre-shared key, group 2, 28800 s`.
  var words: String {
    "\(suite.cipher.name), \(suite.hash.name), \(method.meaning), group \(suite.group), \(lifetime.words)"
  }
}

/// Phase 1's proposal, its comparison and its answer: RFC 2409 §5, §5.4 and Appendix A.
enum Phase1Negotiation {
  private static let citation = "RFC 2409 §5, Appendix A"
  private static let known: [UInt16] = [
    IKEAttributeType.encryptionAlgorithm, .keyLength, .hashAlgorithm, .authenticationMethod, .groupDescription,
    .groupType,
  ].map(\.rawValue)

  /// The suites that are offered to a peer: in aggressive mode those of the first one's group, since the public value
  /// that goes along is of that (RFC 2409 §5.4).
  static func offered(_ peer: IKEPeer) -> [Phase1Suite] {
    let usable = peer.suites.filter { attributes($0, peer, LifetimeTerms()) != nil }
    let offered = peer.mode == .main ? usable : usable.filter { $0.group == usable[0].group }
    return Array(offered.prefix(255))
  }

  /// The initiator's offer: one proposal, a transform for each suite.
  static func offer(_ peer: IKEPeer) -> SecurityAssociationPayload {
    let transforms = offered(peer).enumerated().map { index, suite in
      Transform(
        number: UInt8(index + 1), identifier: ISAKMPTransformID.keyIKE.rawValue,
        attributes: attributes(suite, peer, LifetimeTerms(peer.lifetime)) ?? [])
    }
    return SecurityAssociationPayload(proposals: [
      Proposal(number: 1, protocolID: .isakmp, transforms: Array(transforms))
    ])
  }

  /// A suite as attributes; `nil` where phase 1 has no number for one of its algorithms.
  private static func attributes(
    _ suite: Phase1Suite, _ peer: IKEPeer, _ lifetime: LifetimeTerms
  ) -> [DataAttribute]? {
    let cipher = CipherNumbers.of(suite.cipher)
    guard let encryption = cipher.phase1, let hash = suite.hash.phase1Number,
      DiffieHellmanGroup(number: suite.group) != nil
    else { return nil }
    var attributes: [DataAttribute] = [.basic(IKEAttributeType.encryptionAlgorithm.rawValue, encryption)]
    if let bits = cipher.keyBits { attributes.append(.basic(IKEAttributeType.keyLength.rawValue, bits)) }
    attributes += [
      .basic(IKEAttributeType.hashAlgorithm.rawValue, hash),
      .basic(IKEAttributeType.authenticationMethod.rawValue, peer.authenticationMethod.rawValue),
      .basic(IKEAttributeType.groupDescription.rawValue, suite.group),
    ]
    return attributes
      + lifetime.attributes(
        type: IKEAttributeType.lifeType.rawValue, duration: IKEAttributeType.lifeDuration.rawValue)
  }

  /// The responder's choice: the first of the initiator's transforms that is one of the peer's suites, as it was
  /// offered.
  static func choose(
    from offer: SecurityAssociationPayload, for peer: IKEPeer
  ) throws(IKERefusal) -> (agreement: Phase1Agreement, answer: SecurityAssociationPayload) {
    var closest: [Mismatch]?
    for proposal in offer.proposals {
      for transform in proposal.transforms {
        for suite in peer.suites {
          let found = mismatches(proposal, transform, suite, peer)
          guard !found.isEmpty else { return accept(proposal, transform, suite, peer) }
          if found.count < closest?.count ?? .max { closest = found }
        }
      }
    }
    throw Mismatch.refusal(
      closest ?? [Mismatch(attribute: "Transform", offered: "none", wanted: "one at least")], side: .responder,
      rule: "no transform is acceptable", citation: citation)
  }

  private static func accept(
    _ proposal: Proposal, _ transform: Transform, _ suite: Phase1Suite, _ peer: IKEPeer
  ) -> (agreement: Phase1Agreement, answer: SecurityAssociationPayload) {
    var chosen = proposal
    chosen.transforms = [transform]
    let offered = OfferedAttributes(transform.attributes, .phase1).lifetime
    return (
      Phase1Agreement(
        suite: suite, authentication: peer.authentication, method: peer.authenticationMethod,
        lifetime: lifetime(offered)),
      SecurityAssociationPayload(proposals: [chosen])
    )
  }

  private static func lifetime(_ offered: LifetimeTerms) -> LifetimeTerms {
    LifetimeTerms(seconds: offered.seconds ?? LifetimeTerms.defaultSeconds, kilobytes: offered.kilobytes)
  }

  /// Where a transform differs from a suite. A lifetime longer than allowed is refused, a shorter one taken as it is.
  private static func mismatches(
    _ proposal: Proposal, _ transform: Transform, _ suite: Phase1Suite, _ peer: IKEPeer
  ) -> [Mismatch] {
    let offered = OfferedAttributes(transform.attributes, .phase1)
    if let fault = offered.fault ?? offered.unknown(besides: known, .phase1) { return [fault] }
    var found: [Mismatch] = []
    func compare(_ attribute: String, _ isSame: Bool, _ offered: String, _ wanted: String) {
      if !isSame { found.append(Mismatch(attribute: attribute, offered: offered, wanted: wanted)) }
    }
    let identifier = UInt64(transform.identifier)
    compare(
      "Protocol-Id", proposal.protocolID == .isakmp, named(UInt64(proposal.protocolID.rawValue), SecurityProtocol.self),
      "PROTO_ISAKMP")
    compare(
      "Transform-Id", identifier == UInt64(ISAKMPTransformID.keyIKE.rawValue),
      named(identifier, ISAKMPTransformID.self), "KEY_IKE")
    found += algorithmMismatches(offered, suite, peer)
    found += lifetimeMismatches(offered.lifetime, LifetimeTerms(peer.lifetime))
    return found
  }

  private static func algorithmMismatches(
    _ offered: OfferedAttributes, _ suite: Phase1Suite, _ peer: IKEPeer
  ) -> [Mismatch] {
    var found: [Mismatch] = []
    func compare<Point: CodePoint>(_ type: IKEAttributeType, _ wanted: UInt16?, _ points: Point.Type) {
      let value = offered[type.rawValue]
      guard wanted == nil || value != wanted.map(UInt64.init) else { return }
      found.append(
        Mismatch(
          attribute: type.meaning, offered: named(value, points), wanted: named(wanted.map(UInt64.init), points)))
    }
    let cipher = CipherNumbers.of(suite.cipher)
    compare(.encryptionAlgorithm, cipher.phase1, IKEEncryptionAlgorithm.self)
    if offered[IKEAttributeType.encryptionAlgorithm.rawValue] == cipher.phase1.map(UInt64.init) {
      let bits = offered[IKEAttributeType.keyLength.rawValue] ?? cipher.impliedKeyBits.map(UInt64.init)
      if bits != cipher.keyBits.map(UInt64.init) {
        found.append(
          Mismatch(
            attribute: IKEAttributeType.keyLength.meaning, offered: bits.map { "\($0) bits" } ?? "nothing",
            wanted: cipher.keyBits.map { "\($0) bits" } ?? "nothing"))
      }
    }
    compare(.hashAlgorithm, suite.hash.phase1Number, IKEHashAlgorithm.self)
    compare(.authenticationMethod, peer.authenticationMethod.rawValue, IKEAuthenticationMethod.self)
    compare(.groupDescription, suite.group, OakleyGroup.self)
    if offered[IKEAttributeType.groupType.rawValue] != nil {
      let isCurve = DiffieHellmanGroup(number: suite.group)?.prime == nil
      compare(.groupType, (isCurve ? OakleyGroupType.ec2n : .modp).rawValue, OakleyGroupType.self)
    }
    return found
  }

  private static func lifetimeMismatches(_ offered: LifetimeTerms, _ allowed: LifetimeTerms) -> [Mismatch] {
    let offered = lifetime(offered)
    var found: [Mismatch] = []
    if let limit = allowed.seconds, let seconds = offered.seconds, seconds > limit {
      found.append(Mismatch(attribute: "Life Duration", offered: "\(seconds) s", wanted: "at most \(limit) s"))
    }
    // No limit in kilobytes is the longest of all; but the field rarely names one, so only a named one is measured.
    if let limit = allowed.kilobytes, let kilobytes = offered.kilobytes, kilobytes > limit {
      found.append(Mismatch(attribute: "Life Duration", offered: "\(kilobytes) KiB", wanted: "at most \(limit) KiB"))
    }
    return found
  }

  /// The initiator's look at the answer: one proposal, one transform, and that as it was offered (RFC 2409 §5.4; RFC
  /// 2408 §4.2: the responder must not change attributes).
  static func accept(
    answer: SecurityAssociationPayload, to offer: SecurityAssociationPayload, for peer: IKEPeer
  ) throws(IKERefusal) -> Phase1Agreement {
    guard answer.proposals.count == 1, let proposal = answer.proposals.first, proposal.protocolID == .isakmp,
      proposal.transforms.count == 1, let transform = proposal.transforms.first
    else { throw refusal("the answer has to hold one proposal with one transform", "") }
    let offered = offer.proposals.flatMap(\.transforms).first { $0.number == transform.number }
    guard let offered, offered.isEchoed(by: transform), proposal.number == offer.proposals.first?.number else {
      throw refusal("the answer is not what was offered", "transform \(transform.number)")
    }
    return Phase1Agreement(
      suite: self.offered(peer)[Int(offered.number) - 1], authentication: peer.authentication,
      method: peer.authenticationMethod,
      lifetime: lifetime(OfferedAttributes(offered.attributes, .phase1).lifetime))
  }

  private static func refusal(_ rule: String, _ offered: String) -> IKERefusal {
    IKERefusal(
      side: .initiator, rule: rule, attribute: "Security Association", offered: offered, citation: "RFC 2408 §4.2",
      notification: .badProposalSyntax)
  }
}
