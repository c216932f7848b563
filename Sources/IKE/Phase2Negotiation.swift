import Cryptography
import IPsec
import Units
import Wire

/// What both ends agreed on for a pair of associations.
struct Phase2Agreement: Hashable, Sendable {
  var suite: ESPSuite
  /// The limits of both ends taken together.
  var lifetime: LifetimeTerms
  /// The SPI under which the other end receives.
  var peerSPI: UInt32
  /// What the responder tells with RESPONDER-LIFETIME, where its limits are shorter than what was offered.
  var responderLifetime: LifetimeTerms?

  /// `ESP 3DES-CBC, HMAC-SHA-1-96, 3600 s`.
  var words: String { "ESP \(suite.cipher.name), \(suite.integrity.name), \(lifetime.words)" }
}

/// Phase 2's proposal, its comparison and its answer: RFC 2409 §5.5, RFC 2407 §4.4 and §4.5.
///
/// Lifetimes: the responder must not change an attribute, so where its own limit is shorter it accepts the offer, goes by its own
/// limit, and says so with a RESPONDER-LIFETIME notification in message 2 (RFC 2407 §4.5.4 and §4.6.3.1), which the initiator
/// adopts. A policy without a limit in seconds offers none, which means 8 hours (RFC 2407 §4.5). An initiator that does not know the notification merely keeps its end for longer.
enum Phase2Negotiation {
  private static let citation = "RFC 2407 §4.5"
  private static let known: [UInt16] = [
    IPsecAttributeType.groupDescription, .encapsulationMode, .authenticationAlgorithm, .keyLength,
  ].map(\.rawValue)

  /// The initiator's offer: one ESP proposal under its own SPI, a transform for each suite.
  static func offer(_ protection: Protection, spi: UInt32) -> SecurityAssociationPayload {
    let transforms = protection.suites.prefix(255).enumerated().map { index, suite in
      Transform(
        number: UInt8(index + 1), identifier: CipherNumbers.of(suite.cipher).esp,
        attributes: attributes(suite, protection))
    }
    return SecurityAssociationPayload(proposals: [
      Proposal(number: 1, protocolID: .esp, spi: KeyDerivation.octets(spi), transforms: Array(transforms))
    ])
  }

  private static func attributes(_ suite: ESPSuite, _ protection: Protection) -> [DataAttribute] {
    var attributes: [DataAttribute] = []
    if let bits = CipherNumbers.of(suite.cipher).keyBits {
      attributes.append(.basic(IPsecAttributeType.keyLength.rawValue, bits))
    }
    if let number = suite.integrity.phase2Number {
      attributes.append(.basic(IPsecAttributeType.authenticationAlgorithm.rawValue, number))
    }
    attributes.append(.basic(IPsecAttributeType.encapsulationMode.rawValue, mode(protection).rawValue))
    if let group = protection.perfectForwardSecrecyGroup {
      attributes.append(.basic(IPsecAttributeType.groupDescription.rawValue, group))
    }
    return attributes + lifetimeAttributes(LifetimeTerms(protection.lifetime))
  }

  /// Limits as attributes, for a transform or a RESPONDER-LIFETIME notification.
  static func lifetimeAttributes(_ lifetime: LifetimeTerms) -> [DataAttribute] {
    lifetime.attributes(
      type: IPsecAttributeType.lifeType.rawValue, duration: IPsecAttributeType.lifeDuration.rawValue)
  }

  private static func mode(_ protection: Protection) -> Wire.EncapsulationMode {
    if case .tunnel = protection.mode { .tunnel } else { .transport }
  }

  /// The responder's choice: the first of the initiator's transforms that is one of the policy's suites, as it was offered,
  /// under the responder's own SPI.
  static func choose(
    from offer: SecurityAssociationPayload, for protection: Protection, spi: UInt32
  ) throws(IKERefusal) -> (agreement: Phase2Agreement, answer: SecurityAssociationPayload) {
    var closest: [Mismatch]?
    for proposal in offer.proposals {
      let isBundle = offer.proposals.count { $0.number == proposal.number } > 1
      for transform in proposal.transforms {
        for suite in protection.suites {
          let found = mismatches(proposal, transform, suite, protection, isBundle: isBundle)
          if found.isEmpty { return accept(proposal, transform, suite, protection, spi) }
          if found.count < closest?.count ?? .max { closest = found }
        }
      }
    }
    throw Mismatch.refusal(
      closest ?? [Mismatch(attribute: "Transform", offered: "none", wanted: "one at least")], side: .responder,
      rule: "no transform is acceptable", citation: citation)
  }

  private static func accept(
    _ proposal: Proposal, _ transform: Transform, _ suite: ESPSuite, _ protection: Protection, _ spi: UInt32
  ) -> (agreement: Phase2Agreement, answer: SecurityAssociationPayload) {
    let offered = lifetime(OfferedAttributes(transform.attributes, .phase2).lifetime)
    let agreed = offered.shorter(LifetimeTerms(protection.lifetime))
    let answer = Proposal(
      number: proposal.number, protocolID: proposal.protocolID, spi: KeyDerivation.octets(spi), transforms: [transform])
    let agreement = Phase2Agreement(
      suite: suite, lifetime: agreed, peerSPI: number(proposal.spi) ?? 0,
      responderLifetime: agreed == offered ? nil : agreed)
    return (agreement, SecurityAssociationPayload(proposals: [answer]))
  }

  private static func lifetime(_ offered: LifetimeTerms) -> LifetimeTerms {
    LifetimeTerms(seconds: offered.seconds ?? LifetimeTerms.defaultSeconds, kilobytes: offered.kilobytes)
  }

  /// An SPI of ESP: four octets, and none of the reserved 0 to 255 (RFC 2406 §2.1).
  static func number(_ spi: [UInt8]) -> UInt32? {
    guard spi.count == 4 else { return nil }
    let value = spi.reduce(0) { $0 << 8 | UInt32($1) }
    return value > 255 ? value : nil
  }

  private static func mismatches(
    _ proposal: Proposal, _ transform: Transform, _ suite: ESPSuite, _ protection: Protection, isBundle: Bool
  ) -> [Mismatch] {
    guard proposal.protocolID == .esp else {
      return [
        Mismatch(
          attribute: "Protocol-Id", offered: named(UInt64(proposal.protocolID.rawValue), SecurityProtocol.self),
          wanted: "PROTO_IPSEC_ESP")
      ]
    }
    guard !isBundle else {
      return [Mismatch(attribute: "Proposal #", offered: "several protocols at once", wanted: "ESP alone")]
    }
    guard number(proposal.spi) != nil else {
      return [Mismatch(attribute: "SPI", offered: hexadecimal(proposal.spi), wanted: "four octets, 256 or more")]
    }
    let offered = OfferedAttributes(transform.attributes, .phase2)
    if let fault = offered.fault ?? offered.unknown(besides: known, .phase2) { return [fault] }
    return algorithmMismatches(offered, transform, suite) + modeMismatches(offered, protection)
  }

  private static func algorithmMismatches(
    _ offered: OfferedAttributes, _ transform: Transform, _ suite: ESPSuite
  ) -> [Mismatch] {
    var found: [Mismatch] = []
    let numbers = CipherNumbers.of(suite.cipher)
    if transform.identifier != numbers.esp {
      found.append(
        Mismatch(
          attribute: "Transform-Id", offered: named(UInt64(transform.identifier), ESPTransformID.self),
          wanted: named(UInt64(numbers.esp), ESPTransformID.self)))
    } else {
      let bits = offered[IPsecAttributeType.keyLength.rawValue] ?? numbers.impliedKeyBits.map(UInt64.init)
      if bits != numbers.keyBits.map(UInt64.init) {
        found.append(
          Mismatch(
            attribute: IPsecAttributeType.keyLength.meaning, offered: bits.map { "\($0) bits" } ?? "nothing",
            wanted: numbers.keyBits.map { "\($0) bits" } ?? "nothing"))
      }
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

  private static func modeMismatches(_ offered: OfferedAttributes, _ protection: Protection) -> [Mismatch] {
    var found: [Mismatch] = []
    let encapsulation = offered[IPsecAttributeType.encapsulationMode.rawValue]
    let wanted = UInt64(mode(protection).rawValue)
    if encapsulation != wanted {
      found.append(
        Mismatch(
          attribute: IPsecAttributeType.encapsulationMode.meaning,
          offered: named(encapsulation, Wire.EncapsulationMode.self),
          wanted: named(wanted, Wire.EncapsulationMode.self)))
    }
    let group = offered[IPsecAttributeType.groupDescription.rawValue]
    let wantedGroup = protection.perfectForwardSecrecyGroup.map(UInt64.init)
    if group != wantedGroup {
      found.append(
        Mismatch(
          attribute: IPsecAttributeType.groupDescription.meaning, offered: named(group, OakleyGroup.self),
          wanted: named(wantedGroup, OakleyGroup.self)))
    }
    return found
  }

  /// The initiator's look at the answer, and at a RESPONDER-LIFETIME that came with it.
  static func accept(
    answer: SecurityAssociationPayload, to offer: SecurityAssociationPayload, for protection: Protection,
    notifications: [NotificationPayload]
  ) throws(IKERefusal) -> Phase2Agreement {
    guard answer.proposals.count == 1, let proposal = answer.proposals.first, proposal.protocolID == .esp,
      proposal.transforms.count == 1, let transform = proposal.transforms.first, let spi = number(proposal.spi)
    else { throw refusal("the answer has to hold one ESP proposal with an SPI and one transform", "") }
    let offered = offer.proposals.flatMap(\.transforms).first { $0.number == transform.number }
    guard let offered, offered.isEchoed(by: transform), proposal.number == offer.proposals.first?.number else {
      throw refusal("the answer is not what was offered", "transform \(transform.number)")
    }
    var limits = lifetime(OfferedAttributes(offered.attributes, .phase2).lifetime)
    for notification in notifications where notification.type == .responderLifetime {
      guard let attributes = try? notification.lifetimeAttributes() else { continue }
      limits = limits.shorter(OfferedAttributes(attributes, .phase2).lifetime)
    }
    return Phase2Agreement(suite: protection.suites[Int(offered.number) - 1], lifetime: limits, peerSPI: spi)
  }

  private static func refusal(_ rule: String, _ offered: String) -> IKERefusal {
    IKERefusal(
      side: .initiator, rule: rule, attribute: "Security Association", offered: offered, citation: "RFC 2408 §4.2",
      notification: .badProposalSyntax)
  }
}

extension NotificationPayload {
  /// The notification data of RESPONDER-LIFETIME as attributes: RFC 2407 §4.6.3.1.
  fileprivate func lifetimeAttributes() throws(DecodeError) -> [DataAttribute] {
    var cursor = Cursor(end: data.count)
    var attributes: [DataAttribute] = []
    while cursor.remaining > 0 {
      attributes.append(try unsafe DataAttribute(reading: data.span.bytes, at: &cursor))
    }
    return attributes
  }
}

/// Octets in hexadecimal, `nothing` for none. They come from outside, so no more than 64 of them are shown.
func hexadecimal(_ octets: [UInt8]) -> String {
  guard !octets.isEmpty else { return "nothing" }
  let digits = Array("0123456789abcdef")
  let text = String(octets.prefix(64).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  return octets.count > 64 ? "\(text)… (\(octets.count) octets)" : text
}

extension Protection {
  var mode: IPsec.EncapsulationMode { innermost.mode }

  var suites: [ESPSuite] {
    innermost.suites.compactMap { if case .esp(let suite) = $0 { suite } else { nil } }
  }
}
