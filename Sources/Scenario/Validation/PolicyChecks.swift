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
        checkMirror(policy, of: node)
        if index < Self.shadowLimit { checkShadow(policy, index, of: node) }
      }
    }
  }

  /// A selector that no network of the scenario has an address in will never match.
  private mutating func checkReachable(_ policy: PolicyDraft, _ ranges: [AddressRange]) {
    for (key, range) in [(Key.from, policy.policy.selector.source), (.to, policy.policy.selector.destination)]
    where range != .any && !ranges.contains(where: range.overlaps) {
      let what = "policy \(quoted(policy.policy.name)) can match nothing: no interface has a prefix in \(range)"
      let (place, path) = (policy.record.place(of: key), policy.record.path(of: key))
      if policy.peer == nil {
        collector.warning(place, path, what, expected: "addresses of this scenario")
      } else {
        collector.error(place, path, what, expected: "addresses of this scenario")
      }
    }
  }

  /// Quick mode agrees on selectors only where the other end has the same policy, seen from there.
  private mutating func checkMirror(_ policy: PolicyDraft, of node: Int) {
    guard let peer = policy.peer, case .apply(let protection) = policy.policy.action else { return }
    let other = draft.nodes[draft.nodes[node].peers[peer].node]
    let candidates = (other.policies ?? []).filter { $0.peer.map { other.peers[$0].node } == node }
    let wanted = policy.policy.selector.reversed
    guard let mirror = candidates.first(where: { $0.policy.selector == wanted }),
      case .apply(let mirrored) = mirror.policy.action
    else {
      let near = candidates.first.map { "\($0.policy.name) (\(words($0.policy.selector)))" } ?? "none for this peer"
      collector.error(
        policy.record.place, policy.record.path,
        "policy \(quoted(policy.policy.name)) is matched by no policy of \(other.name), which has \(near)",
        expected: "one of \(other.name) that applies IPsec with \(draft.nodes[node].name) to \(words(wanted))")
      return
    }
    checkAgreement(policy, protection, mirrored, other.name)
  }

  private mutating func checkAgreement(
    _ policy: PolicyDraft, _ protection: Protection, _ mirrored: Protection, _ other: String
  ) {
    if !protection.innermost.suites.contains(where: mirrored.innermost.suites.contains) {
      warn(
        policy.record, .esp, "no suite is one of \(other)'s too: quick mode will fail with NO-PROPOSAL-CHOSEN",
        expected: "one that both ends have")
    }
    if protection.perfectForwardSecrecyGroup != mirrored.perfectForwardSecrecyGroup {
      warn(
        policy.record, .pfs, "\(other) wants something else for pfs: quick mode will fail",
        expected: "the same at both ends")
    }
    if protection.innermost.mode.isTunnel != mirrored.innermost.mode.isTunnel {
      warn(
        policy.record, .mode, "\(other) wants the other mode: quick mode will fail", expected: "the same at both ends")
    }
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
