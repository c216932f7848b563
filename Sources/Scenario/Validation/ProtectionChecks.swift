import Cryptography
import IPsec
import Network
import Wire

/// What can be built, and is unwise or will not work.
extension WorldBuilder {
  mutating func checkTunnelEnds(_ policy: PolicyDraft, of node: Int) {
    for layer in policy.layers {
      guard case .tunnel(let local, let remote) = layer.layer.mode else { continue }
      let key: Key = layer.record.value(.tunnel) == nil ? .mode : .tunnel
      let name = draft.nodes[node].name
      if draft.owners[remote] == nil {
        warn(
          layer.record, key, "the tunnel ends at \(remote), which no node has",
          expected: "an address of the node that is to open it")
        continue
      }
      if draft.nextHop(from: node, to: remote) == nil, draft.nodes[node].kind != .bump {
        warn(
          layer.record, key, "\(name) has no route to \(remote), where the tunnel ends",
          expected: "a route or a gateway for \(remote.family)")
      }
      let peers = draft.nodes[node].peers
      if layer.manual == nil, !peers.contains(where: { $0.ends == (local, remote) }) {
        warn(
          layer.record, key, "no IKE peer of \(name) speaks from \(remote) to \(local): the keys cannot be negotiated",
          expected: "the addresses of an IKE peer, or keys by hand")
      }
    }
    if policy.layers.first?.layer.mode.isTunnel == true { checkInnerRoute(policy, of: node) }
  }

  /// A packet is routed before it is sealed: without a way for what is inside, nothing comes to the tunnel.
  private mutating func checkInnerRoute(_ policy: PolicyDraft, of node: Int) {
    let destination = policy.policy.selector.destination
    guard destination != .any, draft.nodes[node].kind != .bump else { return }
    let hops = [destination.first, destination.last].compactMap { draft.nextHop(from: node, to: $0) }
    guard hops.isEmpty else { return }
    warn(
      policy.record, .to,
      "\(draft.nodes[node].name) has no route for \(destination): no packet of policy \(quoted(policy.policy.name)) "
        + "comes as far as the tunnel", expected: "a route or a gateway for \(destination.first.family)")
  }

  mutating func checkStrength(_ policy: PolicyDraft) {
    let authenticates = policy.layers.contains { layer in layer.layer.suites.allSatisfy { $0.integrity != .none } }
    for layer in policy.layers where layer.layer.securityProtocol == .esp {
      let suites = layer.layer.suites
      if suites.contains(where: { $0.cipher == .desCBC }) {
        warn(
          layer.record, .esp, "DES has keys of 56 bits, which are found by trying them all",
          expected: "another cipher, if that is not the lesson")
      }
      if !authenticates, suites.contains(where: { $0.integrity == .none }) {
        warn(
          layer.record, .esp,
          "ESP without an authenticator: who is in between can change and splice packets, and so read them too "
            + "(Bellovin 1996)", expected: "an authenticator, or AH around it, if that is not the lesson")
      }
      if suites.allSatisfy({ $0.integrity == .none }), layer.manual == nil, layer.record.chose(.replayWindow),
        layer.layer.replayWindow > 0
      {
        warn(
          layer.record, .replayWindow,
          "a replay window without an authenticator: anybody can write the sequence numbers that it checks",
          expected: "an authenticator, or replay-window: 0 (RFC 2406 §3.4.3)")
      }
    }
  }

  /// Names and labels that no packet here can have.
  mutating func checkNames(_ policy: PolicyDraft, of node: Int) {
    let (selector, name) = (policy.policy.selector, draft.nodes[node].name)
    if let user = selector.names?.user,
      !draft.traffic.contains(where: { $0.configuration.from == node && $0.configuration.user == user })
    {
      warn(
        policy.record, .user, "no packet that \(name) makes is of the user \(quoted(user)): nothing falls under it",
        expected: "traffic from \(name) with this user; what comes from elsewhere tells nobody whose it is")
    }
    // What passes a bump was made elsewhere.
    let own = draft.nodes[node].kind == .bump ? nil : draft.nodes[node].systemName
    if let system = selector.names?.system, own != system {
      let known = own.map { "\(name) is the system \(quoted($0))" } ?? "\(name) has no system name"
      warn(
        policy.record, .system, "\(known), and the policy is for \(quoted(system)): nothing falls under it",
        expected: "\"system: \(system)\" at the node itself")
    }
    if selector.sensitivity != nil, selector.source != .any, selector.source.first.isIPv6 {
      warn(
        policy.record, .sensitivity, "packets of IPv6 say nothing of their sensitivity: nothing falls under it",
        expected: "it for addresses of IPv4 only (RFC 1108)")
    }
  }
}

extension Record {
  /// Whether the author said it, here or under `defaults`.
  fileprivate func chose(_ key: Key) -> Bool {
    written.contains(key) || value(key)?.path.hasPrefix(Key.defaults.rawValue + ".") == true
  }
}
