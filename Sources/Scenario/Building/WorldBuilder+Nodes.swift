import Network
import Wire

extension WorldBuilder {
  mutating func addNodes(_ root: Record) {
    for named in root.named(.nodes) {
      guard case .record(let record) = named.value.content else { continue }
      let kind = NodeKind(rawValue: record.text(.kind)) ?? .host
      draft.nodeIndices[named.name] = draft.nodes.count
      draft.nodes.append(NodeDraft(name: named.name, place: named.place, record: record, kind: kind))
      addInterfaces(record)
      markInside(record)
    }
  }

  private mutating func markInside(_ record: Record) {
    let node = draft.nodes.count - 1
    for value in record.list(.inside) {
      guard case .text(let name)? = value.scalar, let index = interface(name, of: node, for: value) else { continue }
      draft.nodes[node].interfaces[index].isInside = true
    }
    let interfaces = draft.nodes[node].interfaces
    if record.value(.policies) != nil, !interfaces.isEmpty, interfaces.allSatisfy(\.isInside) {
      collector.warning(
        record.place(of: .inside), record.path(of: .inside),
        "every interface of \(draft.nodes[node].name) is inside: its policies are never asked",
        expected: "at least one interface on the other side")
    }
    if record.value(.policies) != nil, interfaces.count > 1, record.value(.inside) == nil {
      collector.warning(
        record.place(of: .policies), record.path(of: .policies),
        "\(draft.nodes[node].name) has policies and no interface inside: they are asked for both sides of it",
        expected: "inside: the interfaces on the protected side")
    }
  }

  private mutating func addInterfaces(_ record: Record) {
    let node = draft.nodes.count - 1
    for named in record.named(.interfaces) {
      guard case .interfaceAddress(let address, let prefix)? = named.value.scalar else { continue }
      let interface = InterfaceDraft(
        name: named.name, place: named.value.place, path: named.value.path, address: address, prefix: prefix)
      checkAddress(interface)
      checkOverlap(interface, with: draft.nodes[node].interfaces)
      draft.owners[address] =
        draft.owners[address]
        ?? InterfaceReference(node: node, interface: draft.nodes[node].interfaces.count)
      draft.nodes[node].interfaces.append(interface)
    }
  }

  private mutating func checkAddress(_ interface: InterfaceDraft) {
    guard let owner = draft.owners[interface.address] else { return }
    let first = draft.nodes[owner.node].interfaces[owner.interface]
    collector.error(
      interface.place, interface.path,
      "duplicate address \(interface.address): \(draft.nodes[owner.node].name):\(first.name) has it already "
        + "(line \(first.place.line), column \(first.place.column))",
      expected: "an address of its own for each interface")
  }

  private mutating func checkOverlap(_ interface: InterfaceDraft, with others: [InterfaceDraft]) {
    let clash = others.first {
      $0.prefix.contains(interface.prefix.network) || interface.prefix.contains($0.prefix.network)
    }
    guard let clash, clash.address != interface.address else { return }
    collector.error(
      interface.place, interface.path,
      "the prefix \(interface.prefix) overlaps \(clash.prefix) of the interface \(quoted(clash.name))",
      expected: "prefixes of one node that have no address in common")
  }
}
