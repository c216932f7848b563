import IPsec
import Network
import Wire

extension WorldBuilder {
  /// An entry that earlier ones hide: one of them, or several that are alike in all but one value and together leave
  /// nothing of it.
  mutating func checkShadow(_ policy: PolicyDraft, _ index: Int, of node: Int) {
    let earlier = (draft.nodes[node].policies ?? []).prefix(index)
    let shadows = shadows(of: policy.policy.selector, among: earlier)
    guard let last = shadows.last else { return }
    let names = shadows.prefix(4).map { "\(quoted($0.policy.name)) (line \($0.record.place.line))" }
    let (who, remedy) =
      shadows.count == 1
      ? ("\(names[0]) stands before it and covers all of it", "the narrower entry first")
      : (
        "\(names.joined(separator: ", ")) stand before it and together cover all of it",
        "it before \(quoted(last.policy.name)), or not at all"
      )
    collector.warning(
      policy.record.place, policy.record.path, "policy \(quoted(policy.policy.name)) is never reached: \(who)",
      expected: remedy)
  }

  private func shadows(of selector: Selector, among earlier: ArraySlice<PolicyDraft>) -> [PolicyDraft] {
    var partial: [[PolicyDraft]] = SelectorValue.allCases.map { _ in [] }
    for entry in earlier {
      let open = SelectorValue.allCases.filter { !entry.policy.selector.covers(selector, in: $0) }
      if open.isEmpty { return entry.policy.selector.covers(selector) ? [entry] : [] }
      guard open.count == 1, entry.policy.selector.overlaps(selector) else { continue }
      partial[open[0].rawValue].append(entry)
    }
    for value in SelectorValue.allCases where partial[value.rawValue].count > 1 {
      if value.isCovered(of: selector, by: partial[value.rawValue].map(\.policy.selector)) {
        return partial[value.rawValue]
      }
    }
    return []
  }
}

/// What a selector can be widened in, a value at a time.
private enum SelectorValue: Int, CaseIterable {
  case source, destination, sourcePorts, destinationPorts
  /// Protocol, names and sensitivity: no union of them is looked for.
  case others

  /// Whether the selectors, which cover all else of `selector`, leave nothing of this value.
  func isCovered(of selector: Selector, by selectors: [Selector]) -> Bool {
    switch self {
    case .source: covers(selector.source, selectors.map(\.source))
    case .destination: covers(selector.destination, selectors.map(\.destination))
    case .sourcePorts: covers(selector.sourcePorts, selectors.map(\.sourcePorts))
    case .destinationPorts: covers(selector.destinationPorts, selectors.map(\.destinationPorts))
    case .others: false
    }
  }

  private func covers(_ range: AddressRange, _ parts: [AddressRange]) -> Bool {
    var next: IPAddress? = range.first
    for part in parts.sorted(by: { $0.first < $1.first }) {
      guard let wanted = next, part.first <= wanted else { break }
      if part.last >= wanted { next = part.last.successor }
    }
    return next.map { $0 > range.last } ?? true
  }

  /// Ports that are named never cover what shows none.
  private func covers(_ ports: PortSelector, _ parts: [PortSelector]) -> Bool {
    guard case .range(let range) = ports else { return false }
    var next = UInt32(range.lowerBound)
    for part in parts.compactMap(\.range).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard part.lowerBound <= next else { break }
      next = max(next, UInt32(part.upperBound) + 1)
    }
    return next > range.upperBound
  }
}

extension Selector {
  fileprivate func covers(_ other: Selector, in value: SelectorValue) -> Bool {
    switch value {
    case .source: return source.contains(other.source)
    case .destination: return destination.contains(other.destination)
    case .sourcePorts: return sourcePorts.covers(other.sourcePorts)
    case .destinationPorts: return destinationPorts.covers(other.destinationPorts)
    case .others:
      var own = self
      (own.source, own.destination) = (other.source, other.destination)
      (own.sourcePorts, own.destinationPorts) = (other.sourcePorts, other.destinationPorts)
      return own.covers(other)
    }
  }
}

extension IPAddress {
  /// The next address of the order in which IPv4 stands before IPv6; `nil` behind the last.
  fileprivate var successor: IPAddress? {
    switch self {
    case .v4(.broadcast): .v6(.any)
    case .v4(let address): .v4(IPv4Address(rawValue: address.rawValue + 1))
    case .v6(let address):
      address.low < .max
        ? .v6(IPv6Address(high: address.high, low: address.low + 1))
        : address.high < .max ? .v6(IPv6Address(high: address.high + 1, low: 0)) : nil
    }
  }
}
