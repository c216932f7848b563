import Units
import Wire

extension IPsecEngine {
  /// When ``expire(at:)`` is to be called next; `nil` while no association has a limit of time.
  public var nextDeadline: Instant? { associations.nextDeadline }

  /// What time did to associations until now: their successors are wanted, or they are over and out of the database.
  public mutating func expire(at now: Instant) -> [LifetimeEvent] {
    var events: [LifetimeEvent] = []
    while let entry = associations.popDeadline(at: now) {
      guard let lifetime = lifetime(entry.slot, entry.direction) else { continue }
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

  private func lifetime(_ slot: Int, _ direction: AssociationDirection) -> AssociationLifetime? {
    switch direction {
    case .outbound: associations.outbound.records[slot]?.lifetime
    case .inbound: associations.inbound.records[slot]?.lifetime
    }
  }

  /// Takes an association that reached a hard limit out of the database.
  mutating func remove(
    _ slot: Int, _ direction: AssociationDirection, _ limit: LifetimeLimit, _ events: inout [LifetimeEvent]
  ) {
    let parameters =
      switch direction {
      case .outbound: associations.removeOutbound(slot: slot)?.parameters
      case .inbound: associations.removeInbound(slot: slot)?.parameters
      }
    guard let parameters else { return }
    events.append(
      LifetimeEvent(
        kind: .removed, association: parameters.identity, direction: direction, policy: parameters.policy, limit: limit)
    )
  }

  /// Looks at the soft limits of octets and sequence numbers of an association that just sent.
  mutating func lookAtOutboundLimits(_ slot: Int, _ events: inout [LifetimeEvent]) {
    guard let lifetime = associations.outbound.records[slot]?.lifetime, !lifetime.isRenewalWanted,
      let number = associations.outbound.records[slot]?.sequenceNumber
    else { return }
    if lifetime.volume >= lifetime.softVolume {
      wantSuccessor(slot, .outbound, .volume, &events)
    } else if number > .max - AssociationLifetime.sequenceNumberMargin {
      wantSuccessor(slot, .outbound, .sequenceNumbers, &events)
    }
  }

  /// Looks at the soft limit of octets of an association that just received.
  mutating func lookAtInboundLimits(_ slot: Int, _ events: inout [LifetimeEvent]) {
    guard let lifetime = associations.inbound.records[slot]?.lifetime, !lifetime.isRenewalWanted,
      lifetime.volume >= lifetime.softVolume
    else { return }
    wantSuccessor(slot, .inbound, .volume, &events)
  }

  /// Asks for a successor, once for a pair, and not where there is one already (the peer may have been first).
  private mutating func wantSuccessor(
    _ slot: Int, _ direction: AssociationDirection, _ limit: LifetimeLimit, _ events: inout [LifetimeEvent]
  ) {
    guard let (parameters, index, serial) = markRenewal(slot, direction) else { return }
    let selector = direction == .outbound ? parameters.selector : parameters.selector.reversed
    guard !associations.hasSuccessor(serial, selector, policyIndex: index),
      case .apply(let protection) = policies.entries[index].action
    else { return }
    let request = AcquireRequest(renewing: parameters, direction, index: index, protection: protection)
    events.append(
      LifetimeEvent(
        kind: .renew(request), association: parameters.identity, direction: direction, policy: parameters.policy,
        limit: limit))
  }

  /// Notes on both of a pair that a successor was asked for; `nil` where it was noted before.
  private mutating func markRenewal(
    _ slot: Int, _ direction: AssociationDirection
  ) -> (AssociationParameters, Int, UInt64)? {
    switch direction {
    case .outbound:
      guard let record = associations.outbound.records[slot], !record.lifetime.isRenewalWanted else { return nil }
      associations.outbound.records[slot]?.lifetime.isRenewalWanted = true
      if let partner = record.partner.flatMap({ associations.inbound.slot(of: $0) }) {
        associations.inbound.records[partner]?.lifetime.isRenewalWanted = true
      }
      return (record.parameters, record.policyIndex, record.serial)
    case .inbound:
      guard let record = associations.inbound.records[slot], !record.lifetime.isRenewalWanted else { return nil }
      associations.inbound.records[slot]?.lifetime.isRenewalWanted = true
      if let partner = record.partner.flatMap({ associations.outbound.slot(of: $0) }) {
        associations.outbound.records[partner]?.lifetime.isRenewalWanted = true
      }
      return (record.parameters, record.policyIndex, record.serial)
    }
  }
}
