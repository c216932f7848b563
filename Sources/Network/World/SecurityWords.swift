import Cryptography
import IPsec
import Journal
import Wire

/// The journal's words for what the IPsec engine says.
extension PolicyAction {
  var verdict: PolicyVerdict {
    switch self {
    case .discard: .discard
    case .bypass: .bypass
    case .apply: .apply
    }
  }
}

extension OutboundRefusal {
  var dropReason: DropReason {
    switch self {
    case .policyDiscard: .policyDiscard
    case .noPolicy: .noPolicy
    case .malformedHeader: .malformedHeader
    case .fragmentInTransportMode, .transportModeInTransit: .wrongInnerSelector
    case .datagramTooLong: .exceedsLinkMTU
    case .cryptographyFailed: .cryptographyFailed
    }
  }

  var detail: String {
    switch self {
    case .policyDiscard: "its policy entry says so"
    case .noPolicy: "no policy entry covers it (RFC 2401 §4.4.1)"
    case .malformedHeader(let error): error.description
    case .fragmentInTransportMode: "transport mode protects whole datagrams (RFC 2406 §3.3)"
    case .transportModeInTransit: "transport mode is between the ends of a datagram (RFC 2401 §4.1)"
    case .datagramTooLong: "sealed, it would pass 65,535 octets"
    case .cryptographyFailed(let error): error.description
    }
  }
}

extension InboundRefusal {
  var dropReason: DropReason {
    switch self {
    case .malformedHeader: .malformedHeader
    case .malformedPayload: .malformedPayload
    case .policyDiscard: .policyDiscard
    case .cleartextWherePolicyDemandsIPsec: .cleartextWherePolicyDemandsIPsec
    case .ipsecWherePolicyDemandsCleartext: .ipsecWherePolicyDemandsCleartext
    case .wrongAssociation: .wrongAssociation
    case .wrongInnerSelector: .wrongInnerSelector
    case .noPolicy: .noPolicy
    case .unknownSPI: .unknownSPI
    case .badICV: .badICV
    case .replayed: .replayed
    case .leftOfWindow: .leftOfWindow
    case .associationExpired: .associationExpired
    case .badPadding: .badPadding
    case .badPadLength: .badPadLength
    case .shortPacket, .shortAuthenticationHeader: .shortPacket
    case .decompressionFailed: .decompressionFailed
    case .nestingTooDeep: .nestingTooDeep
    case .unexpectedNextHeader: .unexpectedNextHeader
    case .dummyPacket: .dummyPacket
    case .cryptographyFailed: .cryptographyFailed
    }
  }
}

extension LifetimeLimit {
  var end: AssociationEnd {
    switch self {
    case .duration: .lifetimeSeconds
    case .volume: .lifetimeKilobytes
    case .sequenceNumbers: .sequenceExhausted
    }
  }
}

extension Direction {
  init(_ direction: AssociationDirection) {
    switch direction {
    case .inbound: self = .inbound
    case .outbound: self = .outbound
    }
  }
}

extension AssociationName {
  init(_ identity: AssociationIdentity) {
    self.init(
      protocolNumber: identity.securityProtocol.rawValue, spi: identity.spi, destination: identity.destination.octets)
  }
}

extension AssociationDescription {
  init(_ parameters: AssociationParameters, _ direction: AssociationDirection, exchange: ExchangeID?) {
    self.init(
      name: AssociationName(parameters.identity), source: parameters.source.octets, direction: Direction(direction),
      isTunnel: parameters.isTunnel, cipher: parameters.suite.cipherName, cipherKey: parameters.cipherKey,
      integrity: "\(parameters.suite.integrity)", integrityKey: parameters.integrityKey, policy: parameters.policy,
      selector: "\(parameters.selector)",
      lifetimeSeconds: parameters.lifetime.duration.map { $0.nanoseconds / 1_000_000_000 },
      lifetimeKilobytes: parameters.lifetime.volume.map { $0.bytes / 1_024 },
      replayWindow: UInt32(clamping: parameters.replayWindow), exchange: exchange,
      layer: UInt32(clamping: parameters.layer))
  }
}

extension AssociationSuite {
  /// The cipher's name; of IPComp how it compresses, and nothing for AH.
  fileprivate var cipherName: String {
    switch self {
    case .esp(let suite): "\(suite.cipher)"
    case .ah: ""
    case .ipcomp(let algorithm): "\(algorithm)"
    }
  }
}
