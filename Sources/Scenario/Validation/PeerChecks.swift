import IPsec

extension WorldBuilder {
  /// What two peers will not agree on. That is worth a lesson, and so a warning only.
  mutating func checkPeers() {
    for (index, node) in draft.nodes.enumerated() {
      for peer in node.peers {
        guard let mirror = draft.nodes[peer.node].peers.first(where: { $0.node == index }) else { continue }
        let name = draft.nodes[peer.node].name
        if !peer.peer.suites.contains(where: mirror.peer.suites.contains) {
          warn(
            peer.record, .proposals, "no proposal is one of \(name)'s too: phase 1 will fail with NO-PROPOSAL-CHOSEN",
            expected: "one that both ends have")
        }
        if peer.peer.preSharedKey != mirror.peer.preSharedKey {
          warn(
            peer.record, .key, "\(name) has another secret for this peer: phase 1 will fail",
            expected: "the same secret at both ends")
        }
      }
    }
  }

  mutating func warn(_ record: Record, _ key: Key, _ what: String, expected: String) {
    collector.warning(record.place(of: key), record.path(of: key), what, expected: expected)
  }
}
