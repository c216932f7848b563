import Cryptography
import IPsec
import Wire

/// The responder's choice in phase 2: RFC 2408 §4.2, RFC 2407 §4.4 and §4.5.
extension Phase2Negotiation {
  /// A transform that was chosen for a layer.
  private struct Choice {
    var proposal: Proposal
    var transform: Transform
    var suite: AssociationSuite
  }

  /// Why proposals of one number are not acceptable: the first protocol that is at fault, and how far it is off.
  private struct Fault {
    var rule: String
    var mismatches: [Mismatch]
  }

  /// The proposals of each number, in the order in which the numbers first come: what is wanted together.
  static func alternatives(_ offer: SecurityAssociationPayload) -> [[Proposal]] {
    var numbers: [UInt8] = []
    for proposal in offer.proposals where !numbers.contains(proposal.number) { numbers.append(proposal.number) }
    return numbers.map { number in offer.proposals.filter { $0.number == number } }
  }

  /// The first of the initiator's alternatives that is what the policy wants, with the first transform of each protocol
  /// that is one of the layer's suites, as they were offered, under the responder's own SPIs.
  static func choose(
    from offer: SecurityAssociationPayload, for group: LayerGroup, spis: [UInt32]
  ) throws(IKERefusal) -> (agreement: Phase2Agreement, answer: SecurityAssociationPayload) {
    var closest: Fault?
    for proposals in alternatives(offer) {
      let (choices, fault) = choose(proposals, for: group)
      guard let fault else { return accept(choices, group, spis, in: proposals) }
      if closest.map({ isCloser(fault, $0) }) ?? true { closest = fault }
    }
    let fault =
      closest
      ?? Fault(
        rule: "no transform is acceptable",
        mismatches: [Mismatch(attribute: "Proposal", offered: "none", wanted: "one at least")])
    throw Mismatch.refusal(fault.mismatches, side: .responder, rule: fault.rule, citation: citation)
  }

  private static let wrongProtocols = "no proposal is for the protocols that are wanted together"

  /// Other protocols are further off than any transform.
  private static func isCloser(_ left: Fault, _ right: Fault) -> Bool {
    guard (left.rule == wrongProtocols) == (right.rule == wrongProtocols) else { return right.rule == wrongProtocols }
    return left.mismatches.count < right.mismatches.count
  }

  private static func choose(_ proposals: [Proposal], for group: LayerGroup) -> (choices: [Choice], fault: Fault?) {
    guard let assigned = assignment(proposals, group) else {
      let mismatch = Mismatch(
        attribute: "Protocol-Id", offered: LayerGroup.words(proposals.map(\.protocolID)), wanted: group.protocolWords)
      return ([], Fault(rule: wrongProtocols, mismatches: [mismatch]))
    }
    if let spi = repeatedSPI(proposals) {
      let mismatch = Mismatch(attribute: "SPI", offered: "\(hexadecimal(spi)) twice", wanted: "one for each")
      return ([], Fault(rule: "the associations need an SPI each", mismatches: [mismatch]))
    }
    var choices: [Choice] = []
    for place in group.outermostFirst {
      let (choice, mismatches) = choose(assigned[place], for: group, place)
      guard let choice else {
        let name = group.securityProtocol(place).shortName
        return ([], Fault(rule: "no \(name) transform is acceptable", mismatches: mismatches))
      }
      choices.insert(choice, at: 0)
    }
    return (choices, nil)
  }

  /// An SPI that two proposals of one protocol have in common.
  static func repeatedSPI(_ proposals: [Proposal]) -> [UInt8]? {
    proposals.first { proposal in
      proposals.count { $0.protocolID == proposal.protocolID && $0.spi == proposal.spi } > 1
    }?.spi
  }

  private static func choose(
    _ proposal: Proposal, for group: LayerGroup, _ place: Int
  ) -> (choice: Choice?, mismatches: [Mismatch]) {
    var closest: [Mismatch]?
    for transform in proposal.transforms {
      for suite in group.layers[place].suites {
        let found = mismatches(proposal, transform, suite, group, place)
        if found.isEmpty { return (Choice(proposal: proposal, transform: transform, suite: suite), []) }
        if found.count < closest?.count ?? .max { closest = found }
      }
    }
    return (nil, closest ?? [Mismatch(attribute: "Transform", offered: "none", wanted: "one at least")])
  }

  /// The answer keeps the order in which the proposals came.
  private static func accept(
    _ choices: [Choice], _ group: LayerGroup, _ spis: [UInt32], in proposals: [Proposal]
  ) -> (agreement: Phase2Agreement, answer: SecurityAssociationPayload) {
    var left = Array(choices.enumerated())
    let answer = proposals.compactMap { proposal -> Proposal? in
      guard let index = left.firstIndex(where: { $0.element.proposal == proposal }) else { return nil }
      let (place, choice) = left.remove(at: index)
      return Proposal(
        number: proposal.number, protocolID: proposal.protocolID, spi: proposal.protocolID.octets(spis[place]),
        transforms: [choice.transform])
    }
    let layers = choices.map { choice in
      let offered = lifetime(of: choice.transform)
      let agreed = offered.shorter(group.lifetime)
      return LayerAgreement(
        suite: choice.suite, lifetime: agreed, peerSPI: choice.proposal.protocolID.number(choice.proposal.spi) ?? 0,
        responderLifetime: agreed == offered ? nil : agreed)
    }
    return (Phase2Agreement(layers: layers), SecurityAssociationPayload(proposals: answer))
  }

  // MARK: Differences

  /// What a transform may say: anything else is refused, since it may matter.
  private static func known(_ protocolID: SecurityProtocol) -> [UInt16] {
    var types: [IPsecAttributeType] = [.groupDescription, .encapsulationMode]
    if protocolID != .ipcomp { types.append(.authenticationAlgorithm) }
    if protocolID == .esp { types.append(.keyLength) }
    return types.map(\.rawValue)
  }

  private static func mismatches(
    _ proposal: Proposal, _ transform: Transform, _ suite: AssociationSuite, _ group: LayerGroup, _ place: Int
  ) -> [Mismatch] {
    let protocolID = proposal.protocolID
    guard protocolID.number(proposal.spi) != nil else {
      return [Mismatch(attribute: "SPI", offered: hexadecimal(proposal.spi), wanted: protocolID.spiWords)]
    }
    let offered = OfferedAttributes(transform.attributes, .phase2)
    if let fault = offered.fault ?? offered.unknown(besides: known(protocolID), .phase2) { return [fault] }
    if let fault = contradiction(offered, transform, protocolID) { return [fault] }
    return algorithmMismatches(offered, transform, suite) + modeMismatches(offered, group, place)
  }

  /// AH says its algorithm twice, and both have to say the same: RFC 2407 §4.4.3.
  private static func contradiction(
    _ offered: OfferedAttributes, _ transform: Transform, _ protocolID: SecurityProtocol
  ) -> Mismatch? {
    let stated = IntegrityAlgorithm.allCases.first { $0.ahTransform?.rawValue == transform.identifier }
    let value = offered[IPsecAttributeType.authenticationAlgorithm.rawValue]
    guard protocolID == .ah, let stated, value != stated.phase2Number.map(UInt64.init) else { return nil }
    return Mismatch(
      attribute: IPsecAttributeType.authenticationAlgorithm.meaning,
      offered:
        "\(named(value, AuthenticationAlgorithm.self)) under \(Transform.meaning(of: transform.identifier, for: .ah))",
      wanted: named(stated.phase2Number.map(UInt64.init), AuthenticationAlgorithm.self))
  }

  private static func algorithmMismatches(
    _ offered: OfferedAttributes, _ transform: Transform, _ suite: AssociationSuite
  ) -> [Mismatch] {
    var found: [Mismatch] = []
    if transform.identifier != suite.transformID {
      let protocolID = SecurityProtocol(suite.securityProtocol)
      found.append(
        Mismatch(
          attribute: "Transform-Id", offered: name(of: transform.identifier, protocolID),
          wanted: name(of: suite.transformID ?? 0, protocolID)))
    } else if let mismatch = keyLengthMismatch(offered, suite) {
      found.append(mismatch)
    }
    let integrity = offered[IPsecAttributeType.authenticationAlgorithm.rawValue]
    let wanted = suite.integrity.phase2Number.map(UInt64.init)
    if integrity != wanted {
      found.append(
        Mismatch(
          attribute: IPsecAttributeType.authenticationAlgorithm.meaning,
          offered: named(integrity, AuthenticationAlgorithm.self), wanted: named(wanted, AuthenticationAlgorithm.self)))
    }
    return found
  }

  private static func name(of identifier: UInt8, _ protocolID: SecurityProtocol) -> String {
    switch protocolID {
    case .ah: named(UInt64(identifier), AHTransformID.self)
    case .ipcomp: named(UInt64(identifier), IPCompTransformID.self)
    default: named(UInt64(identifier), ESPTransformID.self)
    }
  }

  private static func keyLengthMismatch(_ offered: OfferedAttributes, _ suite: AssociationSuite) -> Mismatch? {
    let implied = CipherNumbers.of(suite.cipher).impliedKeyBits.map(UInt64.init)
    let bits = offered[IPsecAttributeType.keyLength.rawValue] ?? implied
    let wanted = suite.keyBits.map(UInt64.init)
    guard bits != wanted else { return nil }
    return Mismatch(
      attribute: IPsecAttributeType.keyLength.meaning, offered: bits.map { "\($0) bits" } ?? "nothing",
      wanted: wanted.map { "\($0) bits" } ?? "nothing")
  }

  private static func modeMismatches(_ offered: OfferedAttributes, _ group: LayerGroup, _ place: Int) -> [Mismatch] {
    var found: [Mismatch] = []
    let encapsulation = offered[IPsecAttributeType.encapsulationMode.rawValue]
    let wanted = UInt64(group.encapsulation(place).rawValue)
    if encapsulation != wanted {
      found.append(
        Mismatch(
          attribute: IPsecAttributeType.encapsulationMode.meaning,
          offered: named(encapsulation, Wire.EncapsulationMode.self),
          wanted: named(wanted, Wire.EncapsulationMode.self)))
    }
    let number = offered[IPsecAttributeType.groupDescription.rawValue]
    let wantedNumber = group.perfectForwardSecrecyGroup.map(UInt64.init)
    // Compression has no keys, so the field leaves the group out there.
    let isLeftOut = number == nil && group.securityProtocol(place) == .ipcomp
    if number != wantedNumber, !isLeftOut {
      found.append(
        Mismatch(
          attribute: IPsecAttributeType.groupDescription.meaning, offered: named(number, OakleyGroup.self),
          wanted: named(wantedNumber, OakleyGroup.self)))
    }
    return found
  }
}
