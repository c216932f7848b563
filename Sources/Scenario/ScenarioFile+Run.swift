import Journal
import Network
import Units

extension ScenarioFile {
  /// The seed that the file names, or that it left to Lockstep.
  public var seed: UInt64 { configuration.seed }

  /// Everything that the world is built from, with the file's seed or another.
  public func world(seed: UInt64? = nil) -> WorldConfiguration {
    var world = configuration
    world.seed = seed ?? world.seed
    return world
  }

  /// What is known of a run of this scenario before it begins.
  public func description(
    seed: UInt64? = nil, program: String, detail: RunDescription.Detail = .everything
  ) -> RunDescription {
    RunDescription(
      scenario: name, summary: summary, path: path, source: source, seed: seed ?? configuration.seed,
      program: program, detail: detail, nodes: describedNodes, links: configuration.links.map(described),
      flows: configuration.traffic.map(described), defaults: defaults)
  }

  private var describedNodes: [RunDescription.Node] {
    var linkOf: [InterfaceReference: LinkID] = [:]
    for (index, link) in configuration.links.enumerated() {
      for endpoint in link.endpoints { linkOf[endpoint] = LinkID(UInt32(index)) }
    }
    return configuration.nodes.enumerated().map { index, node in
      let interfaces = node.interfaces.enumerated().map { number, interface in
        RunDescription.Interface(
          name: interface.name,
          address: interface.addresses.map { "\($0.address)/\($0.prefix.length)" }.joined(separator: ", "),
          link: linkOf[InterfaceReference(node: index, interface: number)])
      }
      return RunDescription.Node(
        name: node.name, kind: node.kind.rawValue, interfaces: interfaces,
        policies: (node.policies ?? []).map { words($0) })
    }
  }

  private func described(_ link: LinkConfiguration) -> RunDescription.Link {
    let endpoints = link.endpoints.map { reference in
      let node = configuration.nodes[reference.node]
      return "\(node.name):\(node.interfaces[reference.interface].name)"
    }
    return RunDescription.Link(name: link.name, endpoints: endpoints)
  }

  private func described(_ traffic: TrafficConfiguration) -> RunDescription.Flow {
    let kind =
      switch traffic.pattern {
      case .ping: "ping"
      case .udpRequest: "udp"
      case .datagrams: "datagrams"
      case .tcpRequest: "tcp"
      }
    return RunDescription.Flow(
      name: traffic.name, from: configuration.nodes[traffic.from].name, to: configuration.nodes[traffic.to].name,
      kind: kind)
  }
}
