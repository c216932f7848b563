import IKE
import IPsec
import Network
import Units
import Wire

extension WorldBuilder {
  mutating func addPeers() {
    for node in draft.nodes.indices {
      for record in draft.nodes[node].record.record(.ike)?.records(.peers) ?? [] { addPeer(record, at: node) }
    }
    guard !collector.hasErrors else { return }
    for node in draft.nodes.indices {
      for index in draft.nodes[node].peers.indices { addRemote(ofPeer: index, at: node) }
    }
  }

  private mutating func addPeer(_ record: Record, at node: Int) {
    let name = record.text(.node)
    guard let other = self.node(name, for: record.value(.node)) else { return }
    if other == node {
      collector.error(
        record.place(of: .node), record.path(of: .node), "\(name) is a peer of itself", expected: "another node")
      return
    }
    if let first = draft.nodes[node].peers.first(where: { $0.node == other }) {
      duplicate("peer", name, record.value(.node), or: record, first: first.record.place(of: .node))
    }
    guard let local = localInterface(record, of: node) else { return }
    var key: [UInt8] = []
    if case .key(let octets)? = record.value(.key)?.scalar { key = octets }
    let peer = IKEPeer(
      name: name, localAddress: .v4(.any), remoteAddress: .v4(.any), preSharedKey: key,
      suites: (record.value(.proposals)?.elements ?? []).compactMap(\.phase1Suite),
      lifetime: Lifetime(duration: record.duration(.lifetime), volume: nil), retransmission: retransmission(record))
    draft.nodes[node].peers.append(PeerDraft(record: record, node: other, localInterface: local, peer: peer))
  }

  /// The interface that is written, or the one that is outside.
  private mutating func localInterface(_ record: Record, of node: Int) -> Int? {
    if let value = record.value(.interface) { return interface(record.text(.interface), of: node, for: value) }
    let interfaces = draft.nodes[node].interfaces
    guard let index = draft.outerInterface(of: node) else {
      collector.error(
        record.place, record.path,
        "it cannot be told which interface of \(draft.nodes[node].name) the peer is reached by",
        expected: "interface: one of \(interfaces.prefix(12).map(\.name).joined(separator: ", "))")
      return nil
    }
    applied.append("\(record.path(of: .interface)): \(interfaces[index].name)")
    return index
  }

  private mutating func addRemote(ofPeer index: Int, at node: Int) {
    let peer = draft.nodes[node].peers[index]
    let other = draft.nodes[peer.node]
    guard let mirror = other.peers.first(where: { $0.node == node }) else {
      collector.error(
        peer.record.place(of: .node), peer.record.path(of: .node),
        "\(other.name) has no IKE peer \(quoted(draft.nodes[node].name)) in turn",
        expected: "ike.peers of \(other.name) with \"node: \(draft.nodes[node].name)\"")
      return
    }
    let own = draft.nodes[node].interfaces[peer.localInterface]
    guard let (local, remote) = own.ends(with: other.interfaces[mirror.localInterface]) else {
      collector.error(
        peer.record.place(of: .node), peer.record.path(of: .node),
        "\(draft.nodes[node].name):\(own.name) and \(other.name):\(other.interfaces[mirror.localInterface].name) "
          + "have no addresses of one family", expected: "an address of the other's family at one of them")
      return
    }
    draft.nodes[node].peers[index].peer.localAddress = local
    draft.nodes[node].peers[index].peer.remoteAddress = remote
  }

  private func retransmission(_ record: Record) -> RetransmissionSchedule {
    guard let written = record.record(.retransmit) else { return RetransmissionSchedule() }
    return RetransmissionSchedule(
      first: written.duration(.first), factor: written.integer(.factor), limit: Int(written.integer(.limit)))
  }
}

extension Value {
  var phase1Suite: Phase1Suite? {
    if case .phase1Suite(let suite)? = scalar { return suite }
    return nil
  }

  var suite: AssociationSuite? {
    if case .suite(let suite)? = scalar { return suite }
    return nil
  }
}
