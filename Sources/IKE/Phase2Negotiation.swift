import Cryptography
import IPsec
import Units
import Wire

/// What both ends agreed on for one layer.
struct LayerAgreement: Hashable, Sendable {
  var suite: AssociationSuite
  /// The limits of both ends taken together.
  var lifetime: LifetimeTerms
  /// The SPI under which the other end receives.
  var peerSPI: UInt32
  /// What the responder tells with RESPONDER-LIFETIME, where its limits are shorter than what was offered.
  var responderLifetime: LifetimeTerms?
}

/// What both ends agreed on for a pair of bundles: a layer each, the innermost first.
struct Phase2Agreement: Hashable, Sendable {
  var layers: [LayerAgreement]

  /// `ESP 3DES-CBC, HMAC-SHA-1-96, 3600 s`, and for a bundle `AH HMAC-MD5-96, 3600 s, over ESP …`.
  var words: String {
    layers.reversed().map { "\($0.suite.words), \($0.lifetime.words)" }.joined(separator: ", over ")
  }
}

/// Phase 2's proposals, their comparison and their answer: RFC 2409 §5.5, RFC 2408 §4.2, RFC 2407 §4.4 and §4.5.
///
/// What is to be applied together is one proposal a protocol, all of the same number, each under an SPI of its own; the
/// alternatives of a protocol are its transforms. The outermost protocol stands first.
///
/// Lifetimes: the responder must not change an attribute, so where its own limit is shorter it accepts the offer, goes
/// by its own limit, and says so with a RESPONDER-LIFETIME notification in message 2 (RFC 2407 §4.5.4 and §4.6.3.1),
/// which the initiator adopts. A policy without a limit in seconds offers none, which means 8 hours (RFC 2407 §4.5). An
/// initiator that does not know the notification merely keeps its end for longer.
enum Phase2Negotiation {
  static let citation = "RFC 2407 §4.5"

  /// The initiator's offer. `spis` are those that it receives under, the innermost layer's first.
  static func offer(_ group: LayerGroup, spis: [UInt32]) -> SecurityAssociationPayload {
    let proposals = group.outermostFirst.map { place in
      let transforms = group.layers[place].suites.enumerated().compactMap { index, suite in
        suite.transformID.map { identifier in
          Transform(
            number: UInt8(index + 1), identifier: identifier, attributes: attributes(suite, group, place))
        }
      }
      let protocolID = group.securityProtocol(place)
      return Proposal(number: 1, protocolID: protocolID, spi: protocolID.octets(spis[place]), transforms: transforms)
    }
    return SecurityAssociationPayload(proposals: proposals)
  }

  private static func attributes(_ suite: AssociationSuite, _ group: LayerGroup, _ place: Int) -> [DataAttribute] {
    var attributes: [DataAttribute] = []
    if let bits = suite.keyBits {
      attributes.append(.basic(IPsecAttributeType.keyLength.rawValue, bits))
    }
    if let number = suite.integrity.phase2Number {
      attributes.append(.basic(IPsecAttributeType.authenticationAlgorithm.rawValue, number))
    }
    attributes.append(.basic(IPsecAttributeType.encapsulationMode.rawValue, group.encapsulation(place).rawValue))
    if let number = group.perfectForwardSecrecyGroup {
      attributes.append(.basic(IPsecAttributeType.groupDescription.rawValue, number))
    }
    return attributes + lifetimeAttributes(group.lifetime)
  }

  /// Limits as attributes, for a transform or a RESPONDER-LIFETIME notification.
  static func lifetimeAttributes(_ lifetime: LifetimeTerms) -> [DataAttribute] {
    lifetime.attributes(
      type: IPsecAttributeType.lifeType.rawValue, duration: IPsecAttributeType.lifeDuration.rawValue)
  }

  /// The limits that a transform offers: 8 hours where it names none in seconds.
  static func lifetime(of transform: Transform) -> LifetimeTerms {
    let offered = OfferedAttributes(transform.attributes, .phase2).lifetime
    return LifetimeTerms(seconds: offered.seconds ?? LifetimeTerms.defaultSeconds, kilobytes: offered.kilobytes)
  }

  /// Which of some proposals is for which layer, by the layers' places: each layer takes the first of its protocol that
  /// is left, the outermost layer first. `nil` where the two do not fit together.
  static func assignment(_ proposals: [Proposal], _ group: LayerGroup) -> [Proposal]? {
    guard proposals.count == group.layers.count else { return nil }
    var left = proposals
    var assigned: [Proposal] = []
    for place in group.outermostFirst {
      guard let index = left.firstIndex(where: { $0.protocolID == group.securityProtocol(place) }) else { return nil }
      assigned.insert(left.remove(at: index), at: 0)
    }
    return assigned
  }

  // MARK: The initiator's look at the answer

  /// One proposal for each protocol, each as it was offered, and a RESPONDER-LIFETIME that came with them.
  // Deviates: proposals under a number that was not offered are passed over, though RFC 2408 §4.2 has no place for
  // them: strongSwan adds its ESP without the compression once more.
  static func accept(
    answer: SecurityAssociationPayload, to offer: SecurityAssociationPayload, for group: LayerGroup,
    notifications: [NotificationPayload]
  ) throws(IKERefusal) -> Phase2Agreement {
    let answered = answer.proposals.filter { $0.number == offer.proposals.first?.number }
    guard let chosen = assignment(answered, group), let offered = assignment(offer.proposals, group) else {
      throw refusal(
        "the answer has to hold one proposal for each protocol", "Security Association",
        offered: LayerGroup.words(answered.map(\.protocolID)), wanted: group.protocolWords)
    }
    if let spi = repeatedSPI(chosen) {
      throw refusal("the associations need an SPI each", "SPI", offered: "\(hexadecimal(spi)) twice")
    }
    var layers: [LayerAgreement] = []
    for (place, proposal) in chosen.enumerated() {
      layers.append(
        try accept(proposal, to: offered[place], suites: group.layers[place].suites, notifications, of: chosen))
    }
    return Phase2Agreement(layers: layers)
  }

  private static func accept(
    _ proposal: Proposal, to offer: Proposal, suites: [AssociationSuite], _ notifications: [NotificationPayload],
    of answer: [Proposal]
  ) throws(IKERefusal) -> LayerAgreement {
    let protocolID = proposal.protocolID
    guard proposal.transforms.count == 1, let transform = proposal.transforms.first,
      let spi = protocolID.number(proposal.spi)
    else {
      throw refusal(
        "the answer has to hold an SPI and one transform of \(protocolID.shortName)", "Security Association")
    }
    let offered = offer.transforms.first { $0.number == transform.number }
    guard let offered, offered.isEchoed(by: transform) else {
      throw refusal(
        "the answer is not what was offered", "Security Association",
        offered: "\(protocolID.shortName) transform \(transform.number)")
    }
    var limits = lifetime(of: offered)
    for notification in notifications where notification.isLifetime(of: proposal, among: answer) {
      guard let attributes = notification.lifetimeAttributes else { continue }
      limits = limits.shorter(OfferedAttributes(attributes, .phase2).lifetime)
    }
    return LayerAgreement(suite: suites[Int(offered.number) - 1], lifetime: limits, peerSPI: spi)
  }

  private static func refusal(
    _ rule: String, _ attribute: String, offered: String = "", wanted: String = ""
  ) -> IKERefusal {
    IKERefusal(
      side: .initiator, rule: rule, attribute: attribute, offered: offered, wanted: wanted,
      citation: "RFC 2408 §4.2", notification: .badProposalSyntax)
  }
}

extension NotificationPayload {
  /// RESPONDER-LIFETIME: RFC 2407 §4.6.3.1. The SPI is the one that the sender receives under.
  static func responderLifetime(_ lifetime: LifetimeTerms, _ protocolID: SecurityProtocol, spi: UInt32) -> Self {
    var writer = ByteWriter()
    for attribute in Phase2Negotiation.lifetimeAttributes(lifetime) { attribute.write(to: &writer) }
    return NotificationPayload(
      protocolID: protocolID, spi: protocolID.octets(spi), type: .responderLifetime, data: writer.bytes)
  }

  /// Whether it shortens the life of what a chosen proposal makes. The SPI decides where two are of one protocol.
  fileprivate func isLifetime(of proposal: Proposal, among answer: [Proposal]) -> Bool {
    type == .responderLifetime && protocolID == proposal.protocolID
      && (spi == proposal.spi || answer.count { $0.protocolID == protocolID } == 1)
  }
}

/// Octets in hexadecimal, `nothing` for none. They come from outside, so no more than 64 of them are shown.
func hexadecimal(_ octets: [UInt8]) -> String {
  guard !octets.isEmpty else { return "nothing" }
  let digits = Array("0123456789abcdef")
  let text = String(octets.prefix(64).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  return octets.count > 64 ? "\(text)… (\(octets.count) octets)" : text
}
