import IPsec
import Network
import Wire

extension WorldBuilder {
  /// Comparing every entry with every earlier one grows with the square: longer databases are checked so far.
  static let shadowLimit = 1_000

  mutating func checkPolicies() {
    let ranges = draft.nodes.prefix(10_000).flatMap {
      $0.interfaces.flatMap { $0.addresses.map { AddressRange($0.prefix) } }
    }
    for node in draft.nodes.indices {
      for (index, policy) in (draft.nodes[node].policies ?? []).enumerated() {
        checkReachable(policy, ranges)
        checkTransportEnds(policy, of: node)
        checkAgreement(policy, of: node)
        if index < Self.shadowLimit { checkShadow(policy, index, of: node) }
      }
    }
  }

  /// A selector that no network of the scenario has an address in will never match.
  private mutating func checkReachable(_ policy: PolicyDraft, _ ranges: [AddressRange]) {
    for (key, range) in [(Key.from, policy.policy.selector.source), (.to, policy.policy.selector.destination)]
    where range != .any && !ranges.contains(where: range.overlaps) {
      warn(
        policy.record, key,
        "policy \(quoted(policy.policy.name)) can match nothing: no interface has a prefix in \(range)",
        expected: "addresses of this scenario")
    }
  }

  /// Transport mode is for what the two ends say to each other (RFC 2401 §4.1): what a gateway passes on is not of them.
  private mutating func checkTransportEnds(_ policy: PolicyDraft, of node: Int) {
    guard let layer = policy.layers.first, !layer.layer.mode.isTunnel else { return }
    let own = draft.nodes[node].interfaces.flatMap { $0.addresses.map(\.address) }
    let peer = draft.nodes[node].peers.first { $0.node == layer.peer }
    let (source, destination) = (policy.policy.selector.source, policy.policy.selector.destination)
    let isSource =
      draft.nodes[node].kind == .host
      ? own.contains(where: source.contains) : source.first == source.last && own.contains(source.first)
    if !isSource { notAnEnd(policy, .from, peer?.peer.localAddress ?? own.first) }
    if layer.manual == nil, let remote = peer?.peer.remoteAddress, destination != AddressRange(remote) {
      notAnEnd(policy, .to, remote)
    }
  }

  private mutating func notAnEnd(_ policy: PolicyDraft, _ key: Key, _ address: IPAddress?) {
    warn(
      policy.record, key,
      "transport mode protects what the two ends say to each other, and \(policy.record.addresses(key)) is not one end: "
        + "what is not will find no association",
      expected: (address.map { "\($0), or " } ?? "") + "\"mode: tunnel\"")
  }

  private mutating func checkShadow(_ policy: PolicyDraft, _ index: Int, of node: Int) {
    let earlier = draft.nodes[node].policies?.prefix(index) ?? []
    guard let shadow = earlier.first(where: { $0.policy.selector.covers(policy.policy.selector) }) else { return }
    collector.warning(
      policy.record.place, policy.record.path,
      "policy \(quoted(policy.policy.name)) is never reached: \(quoted(shadow.policy.name)) "
        + "(line \(shadow.record.place.line)) stands before it and covers all of it",
      expected: "the narrower entry first")
  }
}
