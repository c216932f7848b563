import Network
import Wire

extension WorldBuilder {
  mutating func addRoutes() {
    for index in draft.nodes.indices {
      let record = draft.nodes[index].record
      for route in record.records(.routes) {
        guard let via = route.value(.via), case .address(let neighbour)? = via.scalar else { continue }
        switch route.value(.to)?.scalar {
        case .prefix(let destination): addRoute(to: destination, via: via, at: index)
        // The default route is of the family of who takes it.
        default: addRoute(to: IPPrefix(neighbour, length: 0), via: via, at: index)
        }
      }
      for gateway in record.value(.gateway)?.elements ?? [] {
        guard case .address(let via)? = gateway.scalar else { continue }
        addRoute(to: IPPrefix(via, length: 0), via: gateway, at: index)
      }
    }
  }

  private mutating func addRoute(to destination: IPPrefix, via value: Value, at node: Int) {
    guard case .address(let via)? = value.scalar else { return }
    checkNeighbour(via, of: node, value)
    if draft.nodes[node].hops[destination] != nil {
      let name = destination.length == 0 ? "default for \(destination.network.family)" : destination.description
      collector.error(
        value.place, value.path, "\(draft.nodes[node].name) has a second route to \(name)",
        expected: "one route a destination")
    }
    draft.nodes[node].hops[destination] = via
    draft.nodes[node].routes.append(
      RouteDraft(destination: destination, via: via, place: value.place, path: value.path))
  }

  private mutating func checkNeighbour(_ via: IPAddress, of node: Int, _ value: Value) {
    let interfaces = draft.nodes[node].interfaces
    guard draft.interface(of: node, towards: via) != nil else {
      let prefixes = interfaces.flatMap { interface in
        interface.addresses.filter { $0.address.isIPv6 == via.isIPv6 }.map { "\($0.prefix) (\(interface.name))" }
      }
      collector.error(
        value.place, value.path, "\(via) lies outside of the prefixes of \(draft.nodes[node].name)",
        expected: prefixes.isEmpty
          ? "an \(via.family) address on one of its interfaces first"
          : "a neighbour's address in \(prefixes.prefix(12).joined(separator: ", "))")
      return
    }
    guard let neighbour = draft.neighbour(of: node, at: via) else {
      collector.error(
        value.place, value.path, "no neighbour of \(draft.nodes[node].name) has the address \(via)",
        expected: "one of \(neighbours(of: node, towards: via))")
      return
    }
    if neighbour == node {
      collector.error(
        value.place, value.path, "\(via) is an address of \(draft.nodes[node].name) itself",
        expected: "one of \(neighbours(of: node, towards: via))")
    }
  }

  private func neighbours(of node: Int, towards via: IPAddress) -> String {
    var found: [String] = []
    var links = draft.nodes[node].interfaces.compactMap(\.link)
    var next = 0
    while next < links.count {
      for endpoint in draft.links[links[next]].endpoints where endpoint.node != node {
        let other = draft.nodes[endpoint.node]
        // Behind a bump in the wire the link goes on.
        if other.kind == .bump { links += other.interfaces.compactMap(\.link).filter { !links.contains($0) } }
        guard other.kind != .bump, let address = other.interfaces[endpoint.interface].address(towards: via) else {
          continue
        }
        found.append("\(address) (\(other.name))")
        if found.count == 12 { return found.joined(separator: ", ") }
      }
      next += 1
    }
    return found.isEmpty ? "its neighbours, but it has none" : found.joined(separator: ", ")
  }
}

extension IPAddress {
  /// `IPv4`, `IPv6`.
  var family: String { isIPv6 ? "IPv6" : "IPv4" }
}
