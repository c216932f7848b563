import Cryptography
import Units
import Wire

/// A node's IPsec: its policies, its associations, and what they do to datagrams. RFC 2401 §5.
///
/// It does nothing by itself: datagrams and the time are given to it, and what it returns is everything that
/// happened. A copy goes on by itself.
///
/// Who calls what: forwarding takes one off the time to live and then gives the datagram to
/// ``outbound(_:at:linkMTU:names:)``; a datagram that came, put together again where it is for this node, goes to
/// ``inbound(_:openedBy:at:)`` before it is delivered or forwarded, and an opened one again, with the trail of what it came
/// by, where that says that more is to be opened. ICMP that says a datagram of an association was too big goes to
/// ``learnPathMTU(_:quoting:at:)`` before any policy is asked (RFC 2401 §6.1.2).
public struct IPsecEngine: Sendable {
  /// The policy database.
  public let policies: SecurityPolicyDatabase

  /// By policy entry: how many associations it applies; 0 where it applies no IPsec.
  let layerCounts: [Int]
  /// By policy entry: whether the innermost of them is in tunnel mode.
  let firstLayerIsTunnel: [Bool]
  /// Whether an entry has IPComp in tunnel mode.
  let compressesInTunnels: Bool
  var associations: SecurityAssociationDatabase
  var generator: SeededGenerator
  private var identification: UInt16

  public init(policies: [SecurityPolicy], localAddresses: [IPAddress], generator: SeededGenerator) {
    self.policies = SecurityPolicyDatabase(policies, localAddresses: localAddresses)
    let protections = policies.map(\.protection)
    layerCounts = protections.map { $0?.layerCount ?? 0 }
    firstLayerIsTunnel = protections.map { $0?.innermost.mode.isTunnel ?? false }
    compressesInTunnels = protections.contains { protection in
      protection?.layers.contains { $0.mode.isTunnel && $0.securityProtocol == .ipcomp } ?? false
    }
    self.generator = generator
    associations = SecurityAssociationDatabase(layerCounts: layerCounts)
    identification = UInt16(truncatingIfNeeded: self.generator.next())
  }

  /// The identification of the next outer header: RFC 791 asks that it differ while a datagram may be on its way.
  mutating func nextIdentification() -> UInt16 {
    identification &+= 1
    return identification
  }
}

extension SecurityPolicy {
  /// How packets are protected; `nil` where IPsec is not applied.
  public var protection: Protection? { if case .apply(let protection) = action { protection } else { nil } }
}

// MARK: - Associations

extension IPsecEngine {
  /// Every association, in the order of their making.
  public var statuses: [AssociationStatus] { associations.statuses }

  /// Whether an inbound association has this identity: an SPI that is drawn for a new one must have none.
  public func isInUse(_ identity: AssociationIdentity) -> Bool { associations.inbound.slot(of: identity) != nil }

  /// Whether an outbound association has this identity.
  public func isOutbound(_ identity: AssociationIdentity) -> Bool { associations.outbound.slot(of: identity) != nil }

  /// Puts an association into the database. `partner` is the one of the same negotiation that carries what goes the
  /// other way, whether it is there already or not: one successor is asked for the two. The initiator of the
  /// negotiation asks earlier than the responder.
  public mutating func install(
    _ parameters: AssociationParameters, _ direction: AssociationDirection, partner: AssociationIdentity? = nil,
    isInitiator: Bool, at now: Instant
  ) throws(InstallationRefusal) {
    let index = try parameters.check(against: policies)
    guard !(direction == .outbound ? isOutbound(parameters.identity) : isInUse(parameters.identity)) else {
      throw .alreadyInstalled(parameters.identity)
    }
    guard let layer = policies.entries[index].protection?.layer(parameters.layer) else {
      throw .noSuchPolicy(parameters.policy)
    }
    let lifetime = lifetime(of: parameters, isInitiator, now)
    let origin = AssociationOrigin(
      parameters, policyIndex: index, rules: SealingRules(layer), serial: associations.nextSerial(), partner: partner)
    switch direction {
    case .outbound:
      var record = OutboundAssociation(origin, lifetime: lifetime, vectorSeed: generator.next())
      record.pathMTU = knownPathMTU(of: parameters, policyIndex: index)
      associations.insert(record)
    case .inbound:
      associations.insert(InboundAssociation(origin, lifetime: lifetime))
    }
  }

  private mutating func lifetime(
    of parameters: AssociationParameters, _ isInitiator: Bool, _ now: Instant
  ) -> AssociationLifetime {
    AssociationLifetime(parameters.lifetime, isInitiator: isInitiator, at: now, drawing: &generator)
  }

  /// What the newest association of the entry to the same place knows of the path.
  private func knownPathMTU(of parameters: AssociationParameters, policyIndex: Int) -> PathMTU? {
    let destination = parameters.identity.destination
    let slots = associations.outboundSlots(ofPolicy: policyIndex, layer: parameters.layer)
    let newest = slots.last { associations.outbound.records[$0].identity.destination == destination }
    return newest.flatMap { associations.outbound.records[$0].pathMTU }
  }

  /// Takes an association out of the database; returns which way it carried packets, `nil` where there is none.
  public mutating func remove(_ identity: AssociationIdentity) -> AssociationDirection? {
    guard let (slot, direction) = associations.find(identity) else { return nil }
    associations.remove(slot, direction)
    return direction
  }

  /// The association of the same negotiation that carries what goes the other way.
  public func partner(of identity: AssociationIdentity) -> AssociationIdentity? {
    associations.find(identity).flatMap { associations.origin($0.slot, $0.direction).partner }
  }
}
