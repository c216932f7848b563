import IPsec
import Journal
import Units
import Wire

/// Dummies by the newest association of a policy's layer: they begin with the first packet that it carries, so that an idle
/// one costs nothing, and end with it.
struct DummyClock: Hashable, Sendable {
  /// The policy entry's place.
  let policy: Int
  let layer: Int
  let interval: SimDuration
  var isRunning = false
  /// The way of the packet that set it going, and the entry about it.
  var route = Route(interface: 0)
  var cause: EntryID?

  /// A clock for each layer of an entry that asks for dummies: only ESP has them.
  static func all(of policy: SecurityPolicy, index: Int) -> [DummyClock] {
    guard let layers = policy.protection?.layers else { return [] }
    return layers.indices.compactMap { layer in
      guard let interval = layers[layer].trafficFlow?.dummyInterval, interval > .zero,
        layers[layer].securityProtocol == .esp
      else { return nil }
      return DummyClock(policy: index, layer: layer, interval: interval)
    }
  }
}

/// Traffic flow confidentiality: packets that carry nothing (RFC 2406 §1, RFC 4303 §2.6).
extension World {
  /// A packet was sealed under a policy: the clocks of its layers run from now on.
  mutating func startDummies(_ match: PolicyMatch, by route: Route, at node: Int, cause: EntryID?) {
    guard case .entry(let policy) = match else { return }
    for clock in nodes[node].dummies.indices
    where nodes[node].dummies[clock].policy == policy.index && !nodes[node].dummies[clock].isRunning {
      nodes[node].dummies[clock].isRunning = true
      nodes[node].dummies[clock].route = route
      nodes[node].dummies[clock].cause = cause
      schedule(.dummy(node: Int32(node), clock: Int32(clock)), at: now + nodes[node].dummies[clock].interval)
    }
  }

  mutating func dummyDue(node: Int, clock: Int) {
    let due = nodes[node].dummies[clock]
    guard let made = nodes[node].security?.dummy(policy: due.policy, layer: due.layer, at: now),
      let first = made.steps.first
    else {
      // Its association is no more; the next packet starts it again.
      nodes[node].dummies[clock].isRunning = false
      return
    }
    let packet = journal.store(first.outer, creator: nodes[node].id, parents: [])
    let cause = note(
      .security(
        .dummySent(
          packet, association: AssociationName(first.association), sequenceNumber: first.sequenceNumber)), at: node,
      cause: due.cause)
    let dummy = Datagram(bytes: first.outer, packet: packet, creator: nodes[node].id, cause: cause, ancestor: nil)
    if first.isLast {
      emitSealed(dummy, by: first.association, of: due.route, at: node)
    } else {
      sendSealed(made.steps.dropFirst(), of: [], dummy, by: due.route, at: node)
    }
    handle(made.events, at: node, cause: cause)
    schedule(.dummy(node: Int32(node), clock: Int32(clock)), at: now + due.interval)
  }
}
