import Wire

/// Values by addresses of both families, each found by bisection among those of its own.
struct AddressTable<Value: Sendable>: Sendable {
  private var four: SortedTable<IPv4Address, Value>
  private var six: SortedTable<IPv6Address, Value>

  /// The first of two values for one address stays.
  init(_ values: [(address: IPAddress, value: Value)]) {
    four = SortedTable(
      values.compactMap { entry in
        if case .v4(let address) = entry.address { (address, entry.value) } else { nil }
      })
    six = SortedTable(
      values.compactMap { entry in
        if case .v6(let address) = entry.address { (address, entry.value) } else { nil }
      })
  }

  /// The value of `address`; `nil` where it has none.
  subscript(address: IPv4Address) -> Value? { four[address] }

  /// The same for either family.
  subscript(address: IPAddress) -> Value? {
    switch address {
    case .v4(let address): four[address]
    case .v6(let address): six[address]
    }
  }
}

/// Values in the ascending order of their keys.
private struct SortedTable<Key: Comparable & Sendable, Value: Sendable>: Sendable {
  private struct Entry: Sendable {
    var key: Key
    var value: Value
  }

  private var entries: [Entry] = []

  init(_ values: [(Key, Value)]) {
    entries.reserveCapacity(values.count)
    // Swift's sort keeps the order of equal ones, which its documentation does not promise: the place decides.
    for (_, value) in values.enumerated().sorted(by: { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) })
    where entries.last?.key != value.0 {
      entries.append(Entry(key: value.0, value: value.1))
    }
  }

  subscript(key: Key) -> Value? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].key == key ? entries[low].value : nil
  }
}
