import Network
import Wire

extension WorldBuilder {
  mutating func addRoutes() {
    for index in draft.nodes.indices {
      let record = draft.nodes[index].record
      for route in record.records(.routes) {
        guard case .prefix(let destination)? = route.value(.to)?.scalar else { continue }
        addRoute(to: destination, via: route.value(.via), at: index)
      }
      if let gateway = record.value(.gateway) {
        addRoute(to: IPv4Prefix(.any, length: 0), via: gateway, at: index)
      }
    }
  }

  private mutating func addRoute(to destination: IPv4Prefix, via value: Value?, at node: Int) {
    guard let value, case .address(let via)? = value.scalar else { return }
    checkNeighbour(via, of: node, value)
    if draft.nodes[node].hops[destination] != nil {
      let name = destination.length == 0 ? "default" : destination.description
      collector.error(
        value.place, value.path, "\(draft.nodes[node].name) has a second route to \(name)",
        expected: "one route a destination")
    }
    draft.nodes[node].hops[destination] = via
    draft.nodes[node].routes.append(
      RouteDraft(destination: destination, via: via, place: value.place, path: value.path))
  }

  private mutating func checkNeighbour(_ via: IPv4Address, of node: Int, _ value: Value) {
    let interfaces = draft.nodes[node].interfaces
    guard draft.interface(of: node, towards: via) != nil else {
      let prefixes = interfaces.prefix(12).map { "\($0.prefix) (\($0.name))" }.joined(separator: ", ")
      collector.error(
        value.place, value.path, "\(via) lies outside of the prefixes of \(draft.nodes[node].name)",
        expected: "a neighbour's address in \(prefixes)")
      return
    }
    guard let neighbour = draft.neighbour(of: node, at: via) else {
      collector.error(
        value.place, value.path, "no neighbour of \(draft.nodes[node].name) has the address \(via)",
        expected: "one of \(neighbours(of: node))")
      return
    }
    if neighbour == node {
      collector.error(
        value.place, value.path, "\(via) is an address of \(draft.nodes[node].name) itself",
        expected: "one of \(neighbours(of: node))")
    }
  }

  private func neighbours(of node: Int) -> String {
    var found: [String] = []
    for interface in draft.nodes[node].interfaces {
      guard let link = interface.link else { continue }
      for endpoint in draft.links[link].endpoints where endpoint.node != node {
        let address = draft.nodes[endpoint.node].interfaces[endpoint.interface].address
        found.append("\(address) (\(draft.nodes[endpoint.node].name))")
        if found.count == 12 { return found.joined(separator: ", ") }
      }
    }
    return found.isEmpty ? "its neighbours, but it has none" : found.joined(separator: ", ")
  }
}
