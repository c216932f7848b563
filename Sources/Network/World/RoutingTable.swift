import Wire

/// Where a packet leaves a node: an interface, and the neighbour that it is handed to.
struct Route: Hashable, Sendable {
  /// Index among the node's interfaces.
  var interface: Int
  /// The gateway; `nil` where the destination itself is on the link.
  var via: IPv4Address?
}

/// Longest prefix first. Small tables are what most nodes have, so prefixes of one length lie side by side and are searched
/// by bisection; the cost grows with the number of lengths in use, not of routes.
struct RoutingTable: Hashable, Sendable {
  private struct Group: Hashable, Sendable {
    var length: Int
    var mask: UInt32
    var networks: [UInt32] = []
    var routes: [Route] = []
  }

  private var groups: [Group] = []

  /// Adds a route. The first of two for the same prefix stays.
  mutating func add(_ route: Route, to prefix: IPv4Prefix) {
    let index =
      groups.firstIndex { $0.length <= prefix.length } ?? groups.count
    if index == groups.count || groups[index].length != prefix.length {
      groups.insert(Group(length: prefix.length, mask: prefix.mask), at: index)
    }
    let place = groups[index].networks.firstIndex { $0 >= prefix.network.rawValue } ?? groups[index].networks.count
    if place < groups[index].networks.count, groups[index].networks[place] == prefix.network.rawValue { return }
    groups[index].networks.insert(prefix.network.rawValue, at: place)
    groups[index].routes.insert(route, at: place)
  }

  /// The route of the longest prefix that `destination` lies in.
  func route(to destination: IPv4Address) -> Route? {
    for group in groups {
      let wanted = destination.rawValue & group.mask
      var low = 0
      var high = group.networks.count
      while low < high {
        let middle = (low + high) / 2
        if group.networks[middle] < wanted { low = middle + 1 } else { high = middle }
      }
      if low < group.networks.count, group.networks[low] == wanted { return group.routes[low] }
    }
    return nil
  }
}
