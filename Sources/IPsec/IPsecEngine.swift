import Cryptography
import Units
import Wire

/// A node's IPsec: its policies, its associations, and what they do to datagrams. RFC 2401 §5.
///
/// It does nothing by itself: datagrams and the time are given to it, and what it returns is everything that happened. A
/// copy goes on by itself.
///
/// Who calls what: forwarding takes one off the time to live and then gives the datagram to ``outbound(_:at:linkMTU:)``; a datagram that
/// came, put together again where it is for this node, goes to ``inbound(_:at:)`` before it is delivered or forwarded, and an opened one
/// again where it is for this node and carries ESP. ICMP that says a datagram of an association was too big goes to
/// ``learnPathMTU(_:quoting:at:)`` before any policy is asked (RFC 2401 §6.1.2).
public struct IPsecEngine: Sendable {
  /// The policy database.
  public let policies: SecurityPolicyDatabase

  var associations: SecurityAssociationDatabase
  var generator: SeededGenerator
  private var identification: UInt16

  public init(policies: [SecurityPolicy], localAddresses: [IPv4Address], generator: SeededGenerator) {
    self.policies = SecurityPolicyDatabase(policies, localAddresses: localAddresses)
    self.generator = generator
    associations = SecurityAssociationDatabase(policyCount: policies.count)
    identification = UInt16(truncatingIfNeeded: self.generator.next())
  }

  /// The identification of the next outer header: RFC 791 asks that it differ while a datagram may be on its way.
  mutating func nextIdentification() -> UInt16 {
    identification &+= 1
    return identification
  }
}

// MARK: - Associations

extension IPsecEngine {
  /// Every association, in the order of their making.
  public var statuses: [AssociationStatus] { associations.statuses }

  /// Whether an inbound association has this identity: an SPI that is drawn for a new one must have none.
  public func isInUse(_ identity: AssociationIdentity) -> Bool { associations.inbound.slot(of: identity) != nil }

  /// Puts a pair of associations into the database, or with manual keys one of them; neither where one is refused. The initiator of the
  /// negotiation asks for successors earlier than the responder.
  public mutating func install(
    outbound: AssociationParameters?, inbound: AssociationParameters?, isInitiator: Bool, at now: Instant
  ) throws(InstallationRefusal) {
    let outboundIndex = try outbound?.check(against: policies)
    let inboundIndex = try inbound?.check(against: policies)
    if let outbound, associations.outbound.slot(of: outbound.identity) != nil {
      throw .alreadyInstalled(outbound.identity)
    }
    if let inbound, isInUse(inbound.identity) { throw .alreadyInstalled(inbound.identity) }
    let serial = associations.nextSerial()
    if let outbound, let outboundIndex {
      let lifetime = lifetime(of: outbound, isInitiator, now)
      var record = OutboundAssociation(
        outbound, policyIndex: outboundIndex, serial: serial, partner: inbound?.identity, lifetime: lifetime,
        vectorSeed: generator.next())
      record.pathMTU = knownPathMTU(to: outbound.identity.destination, policyIndex: outboundIndex)
      associations.insert(record)
    }
    if let inbound, let inboundIndex {
      let lifetime = lifetime(of: inbound, isInitiator, now)
      associations.insert(
        InboundAssociation(
          inbound, policyIndex: inboundIndex, serial: serial, partner: outbound?.identity, lifetime: lifetime))
    }
  }

  private mutating func lifetime(
    of parameters: AssociationParameters, _ isInitiator: Bool, _ now: Instant
  ) -> AssociationLifetime {
    AssociationLifetime(parameters.lifetime, isInitiator: isInitiator, at: now, drawing: &generator)
  }

  /// What the newest association of the entry to the same place knows of the path.
  private func knownPathMTU(to destination: IPv4Address, policyIndex: Int) -> PathMTU? {
    let slots = associations.outboundOfPolicy[policyIndex]
    let newest = slots.last { associations.outbound.records[$0]?.identity.destination == destination }
    return newest.flatMap { associations.outbound.records[$0]?.pathMTU }
  }

  /// Takes an association out of the database; returns what it was, `nil` where there is none.
  public mutating func remove(
    _ identity: AssociationIdentity, _ direction: AssociationDirection
  ) -> AssociationParameters? {
    switch direction {
    case .outbound:
      associations.outbound.slot(of: identity).flatMap { associations.removeOutbound(slot: $0)?.parameters }
    case .inbound:
      associations.inbound.slot(of: identity).flatMap { associations.removeInbound(slot: $0)?.parameters }
    }
  }

  /// The association of the same negotiation that carries what goes the other way.
  public func partner(of identity: AssociationIdentity, _ direction: AssociationDirection) -> AssociationIdentity? {
    switch direction {
    case .outbound: associations.outbound.slot(of: identity).flatMap { associations.outbound.records[$0]?.partner }
    case .inbound: associations.inbound.slot(of: identity).flatMap { associations.inbound.records[$0]?.partner }
    }
  }
}
