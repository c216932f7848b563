import IKE
import IPsec
import Journal
import Units

/// The nodes' association databases: what is put in, what is taken out, and what time does to it.
extension World {
  /// Tells of the associations that the node has from the beginning.
  mutating func noteManualAssociations(at node: Int) {
    for manual in nodes[node].manualAssociations {
      note(
        .security(
          .associationInstalled(AssociationDescription(manual.parameters, manual.direction, exchange: nil))),
        at: node, cause: nil)
    }
    scheduleLifetimes(at: node)
  }

  mutating func installInbound(_ pair: IKEInstall, at node: Int, cause: EntryID?) {
    install(pair.inbound, .inbound, pair, at: node, cause: cause)
  }

  mutating func installOutbound(_ pair: IKEInstall, at node: Int, _ occasion: inout ExchangeOccasion) {
    let cause = install(pair.outbound, .outbound, pair, at: node, cause: occasion.cause)
    occasion.outcomes.append(.installed(policy: pair.outbound.policy, cause: cause))
  }

  @discardableResult
  private mutating func install(
    _ parameters: AssociationParameters, _ direction: AssociationDirection, _ pair: IKEInstall, at node: Int,
    cause: EntryID?
  ) -> EntryID? {
    let partner = direction == .inbound ? pair.outbound.identity : pair.inbound.identity
    do {
      try nodes[node].security?.install(
        parameters, direction, partner: partner, isInitiator: pair.isInitiator, at: now)
    } catch {
      return note(
        .exchange(.noted(ExchangeID(pair.exchange.rawValue), text: "not installed: \(error)")), at: node, cause: cause)
    }
    let entry = note(
      .security(
        .associationInstalled(
          AssociationDescription(parameters, direction, exchange: ExchangeID(pair.exchange.rawValue)))), at: node,
      cause: cause)
    scheduleLifetimes(at: node)
    return entry
  }

  mutating func remove(_ identity: AssociationIdentity, _ end: AssociationEnd, at node: Int, cause: EntryID?) {
    guard let direction = nodes[node].security?.remove(identity) else { return }
    note(
      .security(
        .associationRemoved(
          AssociationName(identity), direction: Direction(direction), end: end)), at: node, cause: cause)
  }

  /// What the passing of time or of packets did to associations.
  mutating func handle(_ events: [LifetimeEvent], at node: Int, cause: EntryID?) {
    for event in events {
      let name = AssociationName(event.association)
      switch event.kind {
      case .renew:
        let cause = note(
          .security(.associationExpiring(name, end: event.limit.end)), at: node, cause: cause)
        let actions = nodes[node].exchanges?.renew(association: event.association, at: now) ?? []
        perform(actions, at: node, ExchangeOccasion(cause: cause, datagram: nil))
      case .removed:
        let cause = note(
          .security(
            .associationRemoved(name, direction: Direction(event.direction), end: event.limit.end)), at: node,
          cause: cause)
        guard event.direction == .inbound else { continue }
        let actions = nodes[node].exchanges?.removed(inbound: event.association, at: now) ?? []
        perform(actions, at: node, ExchangeOccasion(cause: cause, datagram: nil))
      }
    }
    if !events.isEmpty { scheduleLifetimes(at: node) }
  }

  private mutating func scheduleLifetimes(at node: Int) {
    guard let deadline = nodes[node].security?.nextDeadline, deadline < .distantFuture else { return }
    if let scheduled = nodes[node].lifetimesDue, scheduled <= deadline { return }
    nodes[node].lifetimesDue = deadline
    nodes[node].securityGeneration &+= 1
    schedule(.lifetimes(node: Int32(node), generation: nodes[node].securityGeneration), at: deadline)
  }

  mutating func lifetimesDue(node: Int, generation: UInt32) {
    guard generation == nodes[node].securityGeneration else { return }
    nodes[node].lifetimesDue = nil
    let events = nodes[node].security?.expire(at: now) ?? []
    handle(events, at: node, cause: nil)
    scheduleLifetimes(at: node)
  }
}
