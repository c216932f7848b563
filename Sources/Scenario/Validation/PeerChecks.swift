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

  /// Peers whose messages are followed.
  private static let walkLimit = 1_000

  /// What two peers say to each other must come through whatever lies between them.
  mutating func checkNegotiations() {
    let peers = draft.nodes.enumerated().lazy.flatMap { index, node in node.peers.map { (index, $0) } }
    for (node, peer) in peers.prefix(Self.walkLimit) where !collector.isFull {
      // What goes to or from a bump is another's to the routes.
      guard draft.nodes[node].kind != .bump, draft.nodes[peer.node].kind != .bump else { continue }
      let port: UInt16 = SecurityPolicyDatabase.isakmpPort
      let packet = WalkedPacket(
        source: peer.ends.local, destination: peer.ends.remote, transport: .udp, sourcePort: port, destinationPort: port
      )
      var walk = RouteWalk(draft, packet, from: node)
      let (record, name) = (peer.record, draft.nodes[peer.node].name)
      switch walk.follow() {
      case .arrives, .discarded: break
      case .unmatched(let node):
        warn(
          record, .node,
          "no policy of \(draft.nodes[node].name) is for the negotiation with \(name) (UDP, port 500): it will be discarded",
          expected: "an entry of \(draft.nodes[node].name) that lets it pass")
      case .unprotected(let node, let policy):
        warn(
          record, .node,
          "the negotiation with \(name) comes to \(draft.nodes[node].name) in clear, where policy \(quoted(policy)) "
            + "wants it protected: it will be discarded",
          expected: "an entry of \(draft.nodes[node].name) before that one that bypasses UDP to port 500")
      case .noRoute(let node, let destination):
        warn(
          record, .node,
          "no route for the negotiation with \(name): \(draft.nodes[node].name) knows no way to \(destination)",
          expected: "a way from node to node by routes")
      case .hostInBetween(let node):
        warn(
          record, .node,
          "no route for the negotiation with \(name): it comes to \(draft.nodes[node].name), a host, which forwards nothing",
          expected: "a way from node to node by routes")
      case .loop:
        warn(
          record, .node, "no route for the negotiation with \(name): its routes lead in a circle",
          expected: "routes that lead to it")
      }
    }
  }

  mutating func warn(_ record: Record, _ key: Key, _ what: String, expected: String) {
    collector.warning(record.place(of: key), record.path(of: key), what, expected: expected)
  }
}
