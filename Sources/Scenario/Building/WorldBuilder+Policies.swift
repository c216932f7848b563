import IKE
import IPsec
import Network
import Units
import Wire

extension WorldBuilder {
  mutating func addPolicies() {
    for node in draft.nodes.indices where draft.nodes[node].record.value(.policies) != nil {
      var policies: [PolicyDraft] = []
      var names: [String: SourcePlace] = [:]
      for record in draft.nodes[node].record.records(.policies) {
        let name = record.text(.name)
        if let first = names[name] { duplicate("policy", name, record.value(.name), or: record, first: first) }
        names[name] = record.place(of: .name)
        if let policy = policy(record, of: node) { policies.append(policy) }
      }
      draft.nodes[node].policies = policies
    }
  }

  private mutating func policy(_ record: Record, of node: Int) -> PolicyDraft? {
    var policy = SecurityPolicy(name: record.text(.name), selector: selector(record), action: .discard)
    switch record.text(.action) {
    case "bypass": policy.action = .bypass
    case "apply":
      guard let peer = peer(record, of: node) else { return nil }
      policy.action = .apply(protection(record, draft.nodes[node].peers[peer]))
      checkEnds(policy, record, draft.nodes[node].peers[peer].peer)
      return PolicyDraft(policy: policy, record: record, peer: peer)
    default: break
    }
    return PolicyDraft(policy: policy, record: record, peer: nil)
  }

  private mutating func selector(_ record: Record) -> Selector {
    var transport = TransportSelector.any
    if case .transport(let value)? = record.value(.transport)?.scalar { transport = value }
    for key in [Key.fromPorts, .toPorts] where record.ports(key) != .any && !transport.hasPorts {
      collector.error(
        record.place(of: key), record.path(of: key), "ports are written for a protocol that has none",
        expected: "them with \"protocol: tcp\" or \"protocol: udp\"")
    }
    return Selector(
      source: record.addresses(.from), destination: record.addresses(.to), transport: transport,
      sourcePorts: record.ports(.fromPorts), destinationPorts: record.ports(.toPorts))
  }

  private mutating func peer(_ record: Record, of node: Int) -> Int? {
    let name = record.text(.peer)
    let peers = draft.nodes[node].peers
    if let index = peers.firstIndex(where: { $0.peer.name == name }) { return index }
    collector.error(
      record.place(of: .peer), record.path(of: .peer), "\(draft.nodes[node].name) has no IKE peer \(quoted(name))",
      expected: peers.isEmpty
        ? "an entry for it under ike.peers" : "one of \(peers.map(\.peer.name).joined(separator: ", "))",
      suggestion: closest(to: name, among: peers.map(\.peer.name)))
    return nil
  }

  /// Transport mode is for what the two ends say to each other: RFC 2401 §4.1.
  private mutating func checkEnds(_ policy: SecurityPolicy, _ record: Record, _ peer: IKEPeer) {
    guard case .apply(let protection) = policy.action, !protection.innermost.mode.isTunnel else { return }
    let ends = [
      (Key.from, policy.selector.source, peer.localAddress), (.to, policy.selector.destination, peer.remoteAddress),
    ]
    for (key, range, address) in ends where range != AddressRange(address) {
      collector.error(
        record.place(of: key), record.path(of: key),
        "transport mode protects what the two ends say to each other, and \(range) is not one end",
        expected: "\(address), or \"mode: tunnel\"")
    }
  }

  private mutating func protection(_ record: Record, _ peer: PeerDraft) -> Protection {
    let window = record.integer(.replayWindow)
    if window % 32 != 0 {
      collector.error(
        record.place(of: .replayWindow), record.path(of: .replayWindow),
        "a replay window of \(window) is no multiple of 32",
        expected: "0 for no check, or a multiple of 32 up to 1024")
    }
    var group: UInt16?
    if case .group(let value)? = record.value(.pfs)?.scalar { group = value }
    let lifetime = record.record(.lifetime)
    return Protection(
      mode: record.text(.mode) == "transport"
        ? .transport : .tunnel(local: peer.peer.localAddress, remote: peer.peer.remoteAddress),
      suites: record.list(.esp).compactMap(\.espSuite), perfectForwardSecrecyGroup: group,
      lifetime: Lifetime(duration: lifetime?.duration(.time), volume: lifetime?.bytes(.volume)),
      replayWindow: Int(window), dontFragment: DontFragmentHandling(rawValue: record.text(.dontFragment)) ?? .copy,
      fragmentation: record.text(.fragment) == "before" ? .beforeEncapsulation : .afterEncapsulation)
  }
}

extension TransportSelector {
  var hasPorts: Bool { self == .value(.tcp) || self == .value(.udp) }
}
