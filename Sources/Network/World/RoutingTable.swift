import Wire

/// Where a packet leaves a node: an interface, and the neighbour that it is handed to.
struct Route: Hashable, Sendable {
  /// Index among the node's interfaces.
  var interface: Int
  /// The gateway; `nil` where the destination itself is on the link.
  var via: IPv4Address?
}

/// Longest prefix first. Prefixes of one length lie side by side and are searched by bisection; the cost grows with the
/// number of lengths in use, not of routes. A world has as many tables as nodes, so that a table is two small arrays.
struct RoutingTable: Hashable, Sendable {
  private struct Entry: Hashable, Sendable {
    var network: UInt32
    var interface: Int32
    var via: IPv4Address?
  }

  /// Prefixes of one length: those from the end of the group before to `end`.
  private struct Group: Hashable, Sendable {
    var mask: UInt32
    var end: Int32
  }

  private var groups: [Group] = []
  private var entries: [Entry] = []

  /// Adds a route. The first of two for the same prefix stays.
  mutating func add(_ route: Route, to prefix: IPv4Prefix) {
    // Longer prefixes have larger masks.
    let index = groups.firstIndex { $0.mask <= prefix.mask } ?? groups.count
    let start = index == 0 ? 0 : Int(groups[index - 1].end)
    if index == groups.count || groups[index].mask != prefix.mask {
      groups.insert(Group(mask: prefix.mask, end: Int32(start)), at: index)
    }
    let place = firstPlace(of: prefix.network.rawValue, from: start, to: Int(groups[index].end))
    if place < groups[index].end, entries[place].network == prefix.network.rawValue { return }
    let entry = Entry(network: prefix.network.rawValue, interface: Int32(route.interface), via: route.via)
    entries.insert(entry, at: place)
    for later in index..<groups.count { groups[later].end += 1 }
  }

  /// The route of the longest prefix that `destination` lies in.
  func route(to destination: IPv4Address) -> Route? {
    var start = 0
    // By index: an iterator would hold the array, and counting references costs more than the search.
    for index in 0..<groups.count {
      let group = groups[index]
      let wanted = destination.rawValue & group.mask
      let place = firstPlace(of: wanted, from: start, to: Int(group.end))
      if place < group.end, entries[place].network == wanted {
        return Route(interface: Int(entries[place].interface), via: entries[place].via)
      }
      start = Int(group.end)
    }
    return nil
  }

  /// The first place between `start` and `end` whose network is not below `network`.
  private func firstPlace(of network: UInt32, from start: Int, to end: Int) -> Int {
    var low = start
    var high = end
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].network < network { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
