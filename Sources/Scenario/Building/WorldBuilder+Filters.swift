import IPsec
import Network
import Wire

extension WorldBuilder {
  mutating func addFilters() {
    for node in draft.nodes.indices {
      var names: [String: SourcePlace] = [:]
      for record in draft.nodes[node].record.records(.filters) {
        let name = record.text(.name)
        if let first = names[name] { duplicate("filter", name, record.value(.name), or: record, first: first) }
        names[name] = record.place(of: .name)
        if let filter = filter(record, of: node) { draft.nodes[node].filters.append(filter) }
      }
    }
  }

  private mutating func filter(_ record: Record, of node: Int) -> FilterRule? {
    // Whatever a selector may not say of ports and families, a rule may not either.
    let selector = selector(record)
    if record.value(.interface) != nil,
      interface(record.text(.interface), of: node, for: record.value(.interface)) == nil
    {
      return nil
    }
    guard let transport = transport(record, selector), let (type, code) = message(record, transport),
      let source = prefix(record, .from), let destination = prefix(record, .to)
    else { return nil }
    return FilterRule(
      name: record.text(.name), action: record.text(.action) == "drop" ? .drop : .pass,
      interface: record.value(.interface).map { _ in record.text(.interface) },
      direction: FilterDirection(rawValue: record.text(.direction)), source: source, destination: destination,
      transport: transport, sourcePorts: selector.sourcePorts.range, destinationPorts: selector.destinationPorts.range,
      icmpType: type, icmpCode: code)
  }

  /// A filter sees what is there: to it nothing is OPAQUE.
  private mutating func transport(_ record: Record, _ selector: Selector) -> IPProtocol?? {
    for key in [Key.fromPorts, .toPorts, .transport] {
      let isOpaque = key == .transport ? selector.transport == .opaque : record.ports(key) == .opaque
      guard isOpaque else { continue }
      collector.error(
        record.place(of: key), record.path(of: key), "\"opaque\" is a word of policies, and this is a filter",
        expected: key == .transport ? "\"protocol: esp\"" : "ports such as \"80\", or none")
      return nil
    }
    guard case .value(let number) = selector.transport else { return .some(nil) }
    return number
  }

  /// The type and the code of an ICMP message, where the rule asks for them.
  private mutating func message(_ record: Record, _ transport: IPProtocol?) -> (type: UInt8?, code: UInt8?)? {
    let written = [Key.icmp, .code].first { record.value($0) != nil }
    guard let written else { return (nil, nil) }
    guard transport == .icmp || transport == .icmpv6 else {
      collector.error(
        record.place(of: written), record.path(of: written),
        "\(quoted(written.rawValue)) is written for another protocol",
        expected: "it with \"protocol: icmp\" or \"protocol: icmpv6\"")
      return nil
    }
    let code = record.value(.code).map { _ in UInt8(clamping: record.integer(.code)) }
    switch record.value(.icmp)?.scalar {
    case .integer(let number)?: return (UInt8(clamping: number), code)
    case .text(let name)?:
      let known = ScalarRule.icmpTypes.first { $0.name == name }
      if let type = transport == .icmp ? known?.icmp?.rawValue : known?.icmpv6?.rawValue { return (type, code) }
      collector.error(
        record.place(of: .icmp), record.path(of: .icmp),
        "\(transport == .icmp ? "ICMP" : "ICMPv6") has no type \(quoted(name))",
        expected: transport == .icmp ? "unreachable with code: 4 for what is too big" : "one of its own types")
      return nil
    default: return (nil, code)
    }
  }

  /// `nil` within for any.
  private mutating func prefix(_ record: Record, _ key: Key) -> IPPrefix?? {
    let range = record.addresses(key)
    if range == .any { return .some(nil) }
    if let prefix = IPPrefix(range) { return prefix }
    collector.error(
      record.place(of: key), record.path(of: key), "a filter cannot tell the addresses \(range) from their neighbours",
      expected: "\"any\", an address, or a prefix such as \"10.1.0.0/16\"")
    return nil
  }
}
