import Network
import Units
import Wire

/// Builds a world out of a document whose single values are in order, and finds what does not fit together. It goes on as
/// far as what was found leaves sense: names and addresses first, then links, then routes, peers, policies and traffic.
struct WorldBuilder {
  var collector: DiagnosticCollector
  var applied: [String]
  /// Defaults of ``applied`` that turned out to have no meaning.
  var withdrawn: Set<String> = []
  var draft = Draft()

  /// The world, or `nil` where there is none.
  mutating func build(_ root: Record) -> WorldConfiguration? {
    addNodes(root)
    addLinks(root)
    guard !collector.hasErrors else { return nil }
    joinLinks()
    addRoutes()
    addFilters()
    addTraffic(root)
    guard !collector.hasErrors else { return nil }
    addPeers()
    guard !collector.hasErrors else { return nil }
    addPolicies()
    guard !collector.hasErrors else { return nil }
    applied.removeAll { withdrawn.contains(String($0.prefix { $0 != ":" })) }
    checkPeers()
    checkPolicies()
    checkNegotiations()
    checkTraffic(until: root.duration(.duration))
    return collector.hasErrors ? nil : world(root)
  }

  private func world(_ root: Record) -> WorldConfiguration {
    WorldConfiguration(
      seed: root.integer(.seed), duration: root.duration(.duration), eventLimit: root.integer(.eventLimit),
      nodes: draft.nodes.map(\.configuration), links: draft.links, traffic: draft.traffic.map(\.configuration))
  }

  /// Looks a node up, or says that there is none.
  mutating func node(_ name: String, for value: Value?) -> Int? {
    if let index = draft.nodeIndices[name] { return index }
    collector.error(
      value?.place ?? .start, value?.path ?? "", "unknown node \(quoted(name))", expected: "a node of this scenario",
      suggestion: closest(to: name, among: draft.nodes.prefix(1_000).map(\.name)))
    return nil
  }

  /// Looks an interface up, or says that there is none.
  mutating func interface(_ name: String, of node: Int, for value: Value?) -> Int? {
    let interfaces = draft.nodes[node].interfaces
    if let index = interfaces.firstIndex(where: { $0.name == name }) { return index }
    let names = interfaces.map(\.name)
    collector.error(
      value?.place ?? .start, value?.path ?? "", "\(draft.nodes[node].name) has no interface \(quoted(name))",
      expected: "one of \(names.prefix(12).joined(separator: ", "))",
      suggestion: closest(to: name, among: names).map { "\(draft.nodes[node].name):\($0)" })
    return nil
  }
}

extension NodeDraft {
  var configuration: NodeConfiguration {
    NodeConfiguration(
      name: name, kind: kind,
      interfaces: interfaces.map {
        InterfaceConfiguration(
          name: $0.name, addresses: $0.addresses.map { InterfaceAddress($0.address, prefix: $0.prefix) },
          isInside: $0.isInside)
      },
      routes: routes.map { RouteConfiguration(destination: $0.destination, via: $0.via) },
      policies: policies?.map(\.policy), peers: peers.map(\.peer), manualAssociations: manualAssociations,
      systemName: systemName, filters: filters,
      placement: record.text(.ipsec) == "bump-in-the-stack" ? .bumpInTheStack : .inStack)
  }
}
