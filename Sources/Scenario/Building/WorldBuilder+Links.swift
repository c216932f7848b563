import Network
import Units
import Wire

extension WorldBuilder {
  mutating func addLinks(_ root: Record) {
    var names: [String: SourcePlace] = [:]
    for record in root.records(.links) {
      let endpoints = record.list(.endpoints).compactMap { endpoint($0, link: draft.links.count) }
      let name = record.value(.name) == nil ? label(endpoints) : record.text(.name)
      if let first = names[name] {
        duplicate("link", name, record.value(.name), or: record, first: first)
      }
      names[name] = record.place(of: .name)
      checkSegment(endpoints, record.list(.endpoints))
      checkUnit(record, endpoints)
      draft.links.append(
        LinkConfiguration(name: name, endpoints: endpoints, quality: quality(record)))
    }
    // While a link's endpoints are unknown, what else is unlinked may be what they meant.
    if !collector.hasErrors { checkUnlinked() }
  }

  mutating func duplicate(_ noun: String, _ name: String, _ value: Value?, or record: Record, first: SourcePlace) {
    collector.error(
      value?.place ?? record.place, value?.path ?? record.path,
      "a second \(noun) is named \(quoted(name)) (first at line \(first.line), column \(first.column))",
      expected: "a name of its own for each")
  }

  private func label(_ endpoints: [InterfaceReference]) -> String {
    endpoints.prefix(2).map(label).joined(separator: "--")
  }

  func label(_ reference: InterfaceReference) -> String {
    let node = draft.nodes[reference.node]
    return "\(node.name):\(node.interfaces[reference.interface].name)"
  }

  private mutating func endpoint(_ value: Value, link: Int) -> InterfaceReference? {
    guard case .reference(let name, let interfaceName?)? = value.scalar, let node = node(name, for: value),
      let interface = interface(interfaceName, of: node, for: value)
    else { return nil }
    if draft.nodes[node].interfaces[interface].link != nil {
      collector.error(
        value.place, value.path, "the interface \(name):\(interfaceName) is linked twice",
        expected: "one link an interface")
    }
    draft.nodes[node].interfaces[interface].link = link
    return InterfaceReference(node: node, interface: interface)
  }

  /// Whoever shares a link has addresses of one prefix in each family: those of the first who has one.
  private mutating func checkSegment(_ endpoints: [InterfaceReference], _ values: [Value]) {
    guard endpoints.count == values.count else { return }
    for isIPv6 in [false, true] {
      var first: (reference: InterfaceReference, prefixes: [IPPrefix])?
      for reference in endpoints {
        let own = draft.nodes[reference.node].interfaces[reference.interface].addresses
          .filter { $0.address.isIPv6 == isIPv6 }
        guard !own.isEmpty else { continue }
        if let first {
          for address in own where !first.prefixes.contains(address.prefix) {
            lies(address, outsideOf: first.prefixes[0], between: first.reference, and: reference)
          }
        } else {
          first = (reference, own.map(\.prefix))
        }
      }
    }
  }

  private mutating func lies(
    _ address: AddressDraft, outsideOf prefix: IPPrefix, between first: InterfaceReference,
    and other: InterfaceReference
  ) {
    collector.error(
      address.place, address.path,
      "\(address.address)/\(address.prefix.length) lies outside of \(prefix), "
        + "the prefix of the link between \(label(first)) and \(label(other))",
      expected: "an address of \(prefix), written with /\(prefix.length)")
  }

  /// IPv6 asks of every link that it carries 1,280 octets: RFC 2460 §5.
  private mutating func checkUnit(_ record: Record, _ endpoints: [InterfaceReference]) {
    guard let unit = record.bytes(.mtu)?.bytes, unit < 1_280 else { return }
    let addresses = endpoints.flatMap { draft.nodes[$0.node].interfaces[$0.interface].addresses }
    guard addresses.contains(where: { $0.address.isIPv6 }) else { return }
    warn(
      record, .mtu, "the link has addresses of IPv6, and takes only \(unit) octets",
      expected: "1280 at least, which IPv6 asks of every link (RFC 2460 §5)")
  }

  private mutating func checkUnlinked() {
    for node in draft.nodes {
      for interface in node.interfaces where interface.link == nil {
        collector.warning(
          interface.place, interface.path, "the interface \(node.name):\(interface.name) is on no link",
          expected: "it among the endpoints of one link")
      }
    }
  }

  private func quality(_ record: Record) -> LinkQuality {
    var rate: BitRate?
    if case .rate(let limit)? = record.value(.rate)?.scalar { rate = limit }
    return LinkQuality(
      delay: record.duration(.delay), rate: rate, queueLength: Int(record.integer(.queue)),
      mtu: Int(clamping: record.bytes(.mtu)?.bytes ?? 1_500), loss: record.ratio(.loss),
      duplication: record.ratio(.duplicate), reordering: record.ratio(.reorder),
      reorderDelay: record.duration(.reorderDelay), jitter: record.duration(.jitter))
  }
}
