import Units
import Wire

extension IPsecEngine {
  /// When ``expire(at:)`` is to be called next; `nil` while no association has a limit of time.
  public var nextDeadline: Instant? { associations.nextDeadline }

  /// What time did to associations until now: their successors are wanted, or they are over and out of the database.
  public mutating func expire(at now: Instant) -> [LifetimeEvent] {
    var events: [LifetimeEvent] = []
    while let entry = associations.popDeadline(at: now) {
      let lifetime = associations.lifetime(entry.slot, entry.direction)
      if lifetime.isOver(at: now) {
        remove(entry.slot, entry.direction, .duration, &events)
      } else {
        associations.watch(entry.slot, entry.direction, entry.serial, until: lifetime.hardTime)
        wantSuccessor(entry.slot, entry.direction, .duration, &events)
      }
    }
    associations.forgetStaleDeadlines()
    return events
  }

  /// Takes an association that reached a hard limit out of the database.
  mutating func remove(
    _ slot: Int, _ direction: AssociationDirection, _ limit: LifetimeLimit, _ events: inout [LifetimeEvent]
  ) {
    let parameters = associations.remove(slot, direction).parameters
    events.append(
      LifetimeEvent(
        kind: .removed, association: parameters.identity, direction: direction, policy: parameters.policy, limit: limit)
    )
  }

  /// Looks at the soft limits of octets and sequence numbers of an association that just sent.
  mutating func lookAtOutboundLimits(_ slot: Int, _ events: inout [LifetimeEvent]) {
    let lifetime = associations.outbound.records[slot].lifetime
    guard !lifetime.isRenewalWanted else { return }
    if lifetime.volume >= lifetime.softVolume {
      wantSuccessor(slot, .outbound, .volume, &events)
    } else if associations.outbound.records[slot].sequenceNumber > .max - AssociationLifetime.sequenceNumberMargin {
      wantSuccessor(slot, .outbound, .sequenceNumbers, &events)
    }
  }

  /// Looks at the soft limit of octets of an association that just received.
  mutating func lookAtInboundLimits(_ slot: Int, _ events: inout [LifetimeEvent]) {
    let lifetime = associations.inbound.records[slot].lifetime
    guard !lifetime.isRenewalWanted, lifetime.volume >= lifetime.softVolume else { return }
    wantSuccessor(slot, .inbound, .volume, &events)
  }

  /// Asks for a successor, once for a pair, and not where there is one already (the peer may have been first).
  private mutating func wantSuccessor(
    _ slot: Int, _ direction: AssociationDirection, _ limit: LifetimeLimit, _ events: inout [LifetimeEvent]
  ) {
    guard !associations.lifetime(slot, direction).isRenewalWanted else { return }
    let origin = associations.origin(slot, direction)
    markRenewal(slot, direction, origin.partner)
    guard !associations.hasSuccessor(origin, direction),
      case .apply(let protection) = policies.entries[origin.policyIndex].action
    else { return }
    let parameters = origin.parameters
    let request = AcquireRequest(
      renewing: parameters, direction, index: origin.policyIndex, protection: protection)
    events.append(
      LifetimeEvent(
        kind: .renew(request), association: parameters.identity, direction: direction, policy: parameters.policy,
        limit: limit))
  }

  /// Notes on both of a pair that a successor was asked for.
  private mutating func markRenewal(
    _ slot: Int, _ direction: AssociationDirection, _ partner: AssociationIdentity?
  ) {
    switch direction {
    case .outbound:
      associations.outbound.records[slot].lifetime.isRenewalWanted = true
      guard let other = partner.flatMap({ associations.inbound.slot(of: $0) }) else { return }
      associations.inbound.records[other].lifetime.isRenewalWanted = true
    case .inbound:
      associations.inbound.records[slot].lifetime.isRenewalWanted = true
      guard let other = partner.flatMap({ associations.outbound.slot(of: $0) }) else { return }
      associations.outbound.records[other].lifetime.isRenewalWanted = true
    }
  }
}
