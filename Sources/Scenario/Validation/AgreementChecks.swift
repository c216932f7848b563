import IPsec
import Network
import Wire

/// What one end of a policy shares with one other node: layers that lie next to one another.
private struct SharedLayers {
  var peer: Int
  /// Places in the policy.
  var range: Range<Int>
}

extension PolicyDraft {
  /// The layers by who is at their other end.
  fileprivate var shared: [SharedLayers] {
    var shared: [SharedLayers] = []
    for (index, layer) in layers.enumerated() {
      guard let peer = layer.peer else { continue }
      if let last = shared.last, last.peer == peer, last.range.upperBound == index {
        shared[shared.count - 1].range = last.range.lowerBound..<index + 1
      } else {
        shared.append(SharedLayers(peer: peer, range: index..<index + 1))
      }
    }
    return shared
  }

  /// What the layers from `index` on are given to carry, without names, which the other end cannot know.
  fileprivate func carried(fromLayer index: Int) -> Selector {
    var carried = protection.map { policy.selector(ofLayer: index, $0, for: nil) } ?? policy.selector
    carried.names = nil
    return carried
  }
}

/// The two ends of layers that they share: this end's and the other's.
private struct Mirror {
  var policy: PolicyDraft
  var layers: ArraySlice<LayerDraft>
  var mirror: PolicyDraft
  var mirrored: ArraySlice<LayerDraft>
  var other: String
}

extension WorldBuilder {
  /// What the two ends of a policy will not agree on. Such a scenario runs, and fails by name: it may be a lesson.
  mutating func checkAgreement(_ policy: PolicyDraft, of node: Int) {
    for shared in policy.shared {
      let other = draft.nodes[shared.peer]
      let wanted = policy.carried(fromLayer: shared.range.lowerBound).reversed
      let candidates = (other.policies ?? []).flatMap { candidate in
        candidate.shared.filter { $0.peer == node }.map { (policy: candidate, range: $0.range) }
      }
      let match = candidates.first { candidate in
        let theirs = candidate.policy.carried(fromLayer: candidate.range.lowerBound)
        return theirs == wanted || shared.range.lowerBound > 0 && theirs.covers(wanted)
      }
      guard let match else {
        noMirror(policy, node, other.name, wanted, candidates.first?.policy)
        continue
      }
      compare(
        Mirror(
          policy: policy, layers: policy.layers[shared.range], mirror: match.policy,
          mirrored: match.policy.layers[match.range], other: other.name))
    }
  }

  private mutating func noMirror(
    _ policy: PolicyDraft, _ node: Int, _ other: String, _ wanted: Selector, _ near: PolicyDraft?
  ) {
    let has = near.map { "\($0.policy.name) (\(words($0.policy.selector)))" } ?? "none for this peer"
    collector.warning(
      policy.record.place, policy.record.path,
      "policy \(quoted(policy.policy.name)) is matched by no policy of \(other), which has \(has)",
      expected: "one of \(other) that applies IPsec with \(draft.nodes[node].name) to \(words(wanted))")
  }

  private mutating func compare(_ ends: Mirror) {
    let (mine, theirs) = (ends.layers.map(\.protocolName), ends.mirrored.map(\.protocolName))
    if mine != theirs {
      let what = mine.sorted() == theirs.sorted() ? "in another order" : "something else"
      warn(
        ends.policy.record, ends.policy.record.value(.layers) == nil ? .action : .layers,
        "\(ends.other) wants \(what) in \(quoted(ends.mirror.policy.name)): "
          + "\(theirs.joined(separator: ", then ")), and this \(mine.joined(separator: ", then "))",
        expected: "the same layers in the same order at both ends")
      return
    }
    for (layer, mirrored) in zip(ends.layers, ends.mirrored) { compare(layer, mirrored, ends) }
    guard let own = ends.policy.protection, let other = ends.mirror.protection,
      ends.layers.contains(where: { $0.manual == nil })
    else { return }
    if own.perfectForwardSecrecyGroup != other.perfectForwardSecrecyGroup {
      warn(
        ends.policy.record, .pfs, "\(ends.other) wants something else for pfs: quick mode will fail",
        expected: "the same at both ends")
    }
  }

  private mutating func compare(_ layer: LayerDraft, _ mirrored: LayerDraft, _ ends: Mirror) {
    guard (layer.manual == nil) == (mirrored.manual == nil) else {
      warn(
        layer.record, .manual,
        layer.manual == nil
          ? "\(ends.other) has keys by hand, and this end negotiates: it will find nobody"
          : "\(ends.other) negotiates, and this end has keys by hand: nothing will pass",
        expected: "the same at both ends")
      return
    }
    let consequence = layer.manual == nil ? ": quick mode will fail" : ": nothing will pass"
    compareModes(layer.layer.mode, mirrored.layer.mode, layer, ends.other, consequence)
    if !layer.layer.suites.contains(where: mirrored.layer.suites.contains) {
      let failure = layer.manual == nil ? ": quick mode will fail with NO-PROPOSAL-CHOSEN" : consequence
      warn(
        layer.record, layer.suiteKey, "no suite is one of \(ends.other)'s too\(failure)",
        expected: "one that both ends have")
    } else if let manual = layer.manual, let other = mirrored.manual {
      compareKeys(manual, .out, other, .into, ends.other)
      compareKeys(manual, .into, other, .out, ends.other)
    }
  }

  private mutating func compareModes(
    _ mode: IPsec.EncapsulationMode, _ mirrored: IPsec.EncapsulationMode, _ layer: LayerDraft, _ other: String,
    _ consequence: String
  ) {
    switch (mode, mirrored) {
    case (.transport, .transport): break
    case (.tunnel(let local, let remote), .tunnel(let theirLocal, let theirRemote)):
      guard local != theirRemote || remote != theirLocal else { return }
      warn(
        layer.record, layer.record.value(.tunnel) == nil ? .mode : .tunnel,
        "the tunnel of \(other) goes from \(theirLocal) to \(theirRemote), and this one from \(local) to \(remote)"
          + consequence, expected: "the same two ends, exchanged")
    default:
      warn(
        layer.record, .mode, "\(other) wants the other mode\(consequence)", expected: "the same at both ends")
    }
  }

  /// What this end sends by is what the other receives by.
  private mutating func compareKeys(_ mine: Record, _ way: Key, _ theirs: Record, _ other: Key, _ name: String) {
    guard let own = mine.record(way), let far = theirs.record(other) else { return }
    for key in [Key.spi, .cpi, .cipherKey, .integrityKey] where own.value(key)?.scalar != far.value(key)?.scalar {
      let place = far.place(of: key)
      warn(
        own, key,
        "\"\(way.rawValue)\" has another \(key.rawValue) than \"\(other.rawValue)\" of \(name) "
          + "(line \(place.line), column \(place.column)): nothing will pass",
        expected: "the same at both ends: the \"out\" of one is the \"in\" of the other")
    }
  }
}

extension LayerDraft {
  fileprivate var protocolName: String { layer.securityProtocol.name ?? "\(layer.securityProtocol.rawValue)" }

  fileprivate var suiteKey: Key {
    switch layer.suites.first {
    case .ah?: .ah
    case .ipcomp?: .ipcomp
    default: .esp
    }
  }
}
