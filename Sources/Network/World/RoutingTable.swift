import Wire

/// Where a packet leaves a node: an interface, and the neighbour that it is handed to.
struct Route: Hashable, Sendable {
  /// Index among the node's interfaces.
  var interface: Int
  /// The gateway; `nil` where the destination itself is on the link.
  var via: IPAddress?
}

/// A node's routes, a table for each family.
struct RoutingTable: Hashable, Sendable {
  private var four = PrefixTable<IPv4Address>()
  private var six = PrefixTable<IPv6Address>()

  /// Adds a route. The first of two for the same prefix stays. A neighbour is found on the link by any of its addresses, so
  /// that a route may go through one of the other family: the way into a tunnel across a network that has only that.
  mutating func add(_ route: Route, to prefix: IPPrefix) {
    let hop = NextHop(interface: Int32(route.interface), via: route.via)
    switch prefix.network {
    case .v4(let network):
      four.add(network, IPv4Address(rawValue: IPv4Prefix(network, length: prefix.length).mask), hop)
    case .v6(let network): six.add(network, IPv6Prefix(network, length: prefix.length).mask, hop)
    }
  }

  /// The route of the longest prefix that `destination` lies in.
  func route(to destination: IPv4Address) -> Route? {
    four.hop(to: destination).map { Route(interface: Int($0.interface), via: $0.via) }
  }

  /// The same for either family.
  func route(to destination: IPAddress) -> Route? {
    switch destination {
    case .v4(let destination): route(to: destination)
    case .v6(let destination):
      six.hop(to: destination).map { Route(interface: Int($0.interface), via: $0.via) }
    }
  }
}

/// Where a packet goes next.
struct NextHop: Hashable, Sendable {
  var interface: Int32
  var via: IPAddress?
}

/// An address of one family, as a table of prefixes looks at it: an address or a mask.
protocol MaskableAddress: Comparable, Hashable, Sendable {
  static func & (address: Self, mask: Self) -> Self
}

extension IPv4Address: MaskableAddress {
  static func & (address: IPv4Address, mask: IPv4Address) -> IPv4Address {
    IPv4Address(rawValue: address.rawValue & mask.rawValue)
  }
}

extension IPv6Address: MaskableAddress {
  static func & (address: IPv6Address, mask: IPv6Address) -> IPv6Address {
    IPv6Address(high: address.high & mask.high, low: address.low & mask.low)
  }
}

/// Longest prefix first. Prefixes of one length lie side by side and are searched by bisection; the cost grows with the
/// number of lengths in use, not of routes. A world has as many tables as nodes, so that a table is two small arrays.
struct PrefixTable<Address: MaskableAddress>: Hashable, Sendable {
  private struct Entry: Hashable, Sendable {
    var network: Address
    var hop: NextHop
  }

  /// Prefixes of one length: those from the end of the group before to `end`.
  private struct Group: Hashable, Sendable {
    var mask: Address
    var end: Int32
  }

  private var groups: [Group] = []
  private var entries: [Entry] = []

  /// Adds the prefix of `network` under `mask`. The first of two for the same prefix stays.
  mutating func add(_ network: Address, _ mask: Address, _ hop: NextHop) {
    // Longer prefixes have larger masks.
    let index = groups.firstIndex { $0.mask <= mask } ?? groups.count
    let start = index == 0 ? 0 : Int(groups[index - 1].end)
    if index == groups.count || groups[index].mask != mask {
      groups.insert(Group(mask: mask, end: Int32(start)), at: index)
    }
    let place = firstPlace(of: network, from: start, to: Int(groups[index].end))
    if place < groups[index].end, entries[place].network == network { return }
    entries.insert(Entry(network: network, hop: hop), at: place)
    for later in index..<groups.count { groups[later].end += 1 }
  }

  /// The next hop of the longest prefix that `destination` lies in.
  func hop(to destination: Address) -> NextHop? {
    var start = 0
    // By index: an iterator would hold the array, and counting references costs more than the search.
    for index in 0..<groups.count {
      let group = groups[index]
      let wanted = destination & group.mask
      let place = firstPlace(of: wanted, from: start, to: Int(group.end))
      if place < group.end, entries[place].network == wanted { return entries[place].hop }
      start = Int(group.end)
    }
    return nil
  }

  /// The first place between `start` and `end` whose network is not below `network`.
  private func firstPlace(of network: Address, from start: Int, to end: Int) -> Int {
    var low = start
    var high = end
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].network < network { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
