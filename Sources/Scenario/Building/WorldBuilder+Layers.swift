import IKE
import IPsec
import Network
import Units
import Wire

extension WorldBuilder {
  /// The associations that a policy applies, the innermost first; `nil` where one of them cannot be made.
  mutating func layers(_ policy: Record, _ selector: Selector, of node: Int) -> [LayerDraft]? {
    let records = policy.value(.layers) == nil ? [policy] : policy.records(.layers)
    var layers: [LayerDraft] = []
    for record in records {
      let suites = suites(record)
      checkTrafficFlow(record, suites)
      guard let (mode, peer) = ends(record, policy, selector, layers, of: node) else { return nil }
      let layer = ProtectionLayer(
        mode: mode, suites: suites, replayWindow: replayWindow(record),
        dontFragment: DontFragmentHandling(rawValue: record.text(.dontFragment)) ?? .copy,
        fragmentation: record.text(.fragment) == "before" ? .beforeEncapsulation : .afterEncapsulation,
        trafficFlow: trafficFlow(record))
      layers.append(LayerDraft(record: record, layer: layer, peer: peer))
    }
    return layers
  }

  private func suites(_ record: Record) -> [AssociationSuite] {
    [Key.esp, .ah, .ipcomp].flatMap { record.value($0)?.elements ?? [] }.compactMap(\.suite)
  }

  private mutating func replayWindow(_ record: Record) -> Int {
    guard record.record(.manual) == nil else { return 0 }
    let window = record.integer(.replayWindow)
    if window % 32 != 0 {
      collector.error(
        record.place(of: .replayWindow), record.path(of: .replayWindow),
        "a replay window of \(window) is no multiple of 32",
        expected: "0 for no check, or a multiple of 32 up to 1024")
    }
    return Int(window)
  }

  private mutating func checkTrafficFlow(_ record: Record, _ suites: [AssociationSuite]) {
    guard suites.first?.securityProtocol != .esp else { return }
    for key in [Key.padding, .dummies] where record.written.contains(key) {
      collector.error(
        record.place(of: key), record.path(of: key), "\(quoted(key.rawValue)) has no meaning without ESP",
        expected: "it beside \"esp\": no other protocol can hide how much is sent")
    }
  }

  private func trafficFlow(_ record: Record) -> TrafficFlowConfidentiality? {
    guard record.value(.esp) != nil, record.value(.padding) != nil || record.value(.dummies) != nil else { return nil }
    let dummies = record.record(.dummies)
    return TrafficFlowConfidentiality(
      paddingMultiple: Int(record.integer(.padding)), dummyInterval: dummies?.duration(.every),
      dummyLength: Int(clamping: dummies?.bytes(.size)?.bytes ?? 256))
  }
}

// MARK: - Ends

extension WorldBuilder {
  /// Where the association begins and ends, and the node at the other end as far as it can be told.
  private mutating func ends(
    _ record: Record, _ policy: Record, _ selector: Selector, _ below: [LayerDraft], of node: Int
  ) -> (mode: IPsec.EncapsulationMode, peer: Int?)? {
    let named = record.value(.peer) ?? policy.value(.peer)
    let isManual = record.record(.manual) != nil
    var between: (local: IPAddress, remote: IPAddress)?
    var peer: Int?
    if let named {
      guard let found = isManual ? handPeer(named, of: node) : peerIndex(named, of: node) else { return nil }
      peer = isManual ? found : draft.nodes[node].peers[found].node
      between = isManual ? nil : draft.nodes[node].peers[found].ends
    } else if !isManual {
      collector.error(
        record.place, record.path, "nobody is named to negotiate the keys with",
        expected: "peer: one of ike.peers; or \"manual\" with keys by hand")
      return nil
    }
    guard record.text(.mode) == "tunnel" else {
      let far = farEnd(selector, below)
      guard checkTransport(record, selector, isKnown: far != nil || !isManual) else { return nil }
      return (.transport, peer ?? far.flatMap { draft.end(at: $0) })
    }
    guard let (local, remote) = tunnel(record, between, peer, of: node) else { return nil }
    return (.tunnel(local: local, remote: remote), peer ?? draft.end(at: remote))
  }

  private mutating func peerIndex(_ value: Value, of node: Int) -> Int? {
    guard case .text(let name)? = value.scalar else { return nil }
    let peers = draft.nodes[node].peers
    if let index = peers.firstIndex(where: { $0.peer.name == name }) { return index }
    collector.error(
      value.place, value.path, "\(draft.nodes[node].name) has no IKE peer \(quoted(name))",
      expected: peers.isEmpty
        ? "an entry for it under ike.peers" : "one of \(peers.map(\.peer.name).joined(separator: ", "))",
      suggestion: closest(to: name, among: peers.map(\.peer.name)))
    return nil
  }

  /// Whom keys by hand are shared with: any node but the own one.
  private mutating func handPeer(_ value: Value, of node: Int) -> Int? {
    guard case .text(let name)? = value.scalar, let other = self.node(name, for: value) else { return nil }
    guard other != node else {
      collector.error(value.place, value.path, "\(name) is a peer of itself", expected: "another node")
      return nil
    }
    return other
  }

  /// The tunnel's ends: those that are written, those of the negotiation, or the outer interfaces of the two nodes.
  private mutating func tunnel(
    _ record: Record, _ negotiated: (local: IPAddress, remote: IPAddress)?, _ peer: Int?, of node: Int
  ) -> (local: IPAddress, remote: IPAddress)? {
    if let written = record.record(.tunnel) { return writtenTunnel(written, of: node) }
    if let negotiated { return negotiated }
    guard let peer else {
      collector.error(
        record.place, record.path, "nothing says where the tunnel ends",
        expected: "peer: the node at the other end, or tunnel: { local: …, remote: … }")
      return nil
    }
    if let known = draft.nodes[node].peers.first(where: { $0.node == peer }) { return known.ends }
    guard let own = outer(of: node, record), let other = outer(of: peer, record) else { return nil }
    if let ends = own.ends(with: other) { return ends }
    collector.error(
      record.place, record.path,
      "\(draft.nodes[node].name):\(own.name) and \(draft.nodes[peer].name):\(other.name) have no addresses of one family",
      expected: "tunnel: { local: …, remote: … }, or an address of the other's family at one of them")
    return nil
  }

  private mutating func outer(of node: Int, _ record: Record) -> InterfaceDraft? {
    if let index = draft.outerInterface(of: node) { return draft.nodes[node].interfaces[index] }
    collector.error(
      record.place, record.path, "it cannot be told which interface of \(draft.nodes[node].name) the tunnel ends at",
      expected: "tunnel: { local: …, remote: … }")
    return nil
  }

  private mutating func writtenTunnel(_ record: Record, of node: Int) -> (local: IPAddress, remote: IPAddress)? {
    guard case .address(let local)? = record.value(.local)?.scalar,
      case .address(let remote)? = record.value(.remote)?.scalar
    else { return nil }
    if local.isIPv6 != remote.isIPv6 {
      collector.error(
        record.place(of: .remote), record.path(of: .remote),
        "the tunnel begins at \(local), which is \(local.family), and ends at \(remote), which is \(remote.family)",
        expected: "two ends of one family; what is inside may be of the other")
      return nil
    }
    let own = draft.nodes[node].ends
    if !own.contains(local) {
      collector.error(
        record.place(of: .local), record.path(of: .local),
        "\(local) is no address of \(draft.nodes[node].name), where the tunnel begins",
        expected: own.isEmpty
          ? "an address of its own" : "one of \(own.prefix(12).map { "\($0)" }.joined(separator: ", "))")
      return nil
    }
    return (local, remote)
  }

  /// The other end of transport mode, which is that of what is carried (RFC 2401 §4.1): `nil` where each packet has its own.
  private func farEnd(_ selector: Selector, _ below: [LayerDraft]) -> IPAddress? {
    for layer in below.reversed() {
      if case .tunnel(_, let remote) = layer.layer.mode { return remote }
    }
    let (source, destination) = (selector.source, selector.destination)
    return source.first == source.last && destination.first == destination.last ? destination.first : nil
  }

  private mutating func checkTransport(_ record: Record, _ selector: Selector, isKnown: Bool) -> Bool {
    for key in [Key.tunnel, .dontFragment, .fragment] where record.written.contains(key) {
      collector.error(
        record.place(of: key), record.path(of: key), "\(quoted(key.rawValue)) has no meaning in transport mode",
        expected: "it with \"mode: tunnel\"")
    }
    if isKnown { return true }
    let wide = selector.source.first == selector.source.last ? selector.destination : selector.source
    collector.error(
      record.place, record.path,
      "transport mode with keys by hand is between two addresses that are known, and \(wide) is not one",
      expected: "one address in \"from\" and one in \"to\", or \"mode: tunnel\"")
    return false
  }
}

extension PeerDraft {
  var ends: (local: IPAddress, remote: IPAddress) { (peer.localAddress, peer.remoteAddress) }
}
