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
      checkKind(record)
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

  /// A bump in the wire has no addresses; everybody else has.
  private mutating func checkKind(_ record: Record) {
    let node = draft.nodes[draft.nodes.count - 1]
    if record.value(.ipsec) != nil, record.value(.policies) == nil || node.kind == .bump {
      collector.error(
        record.place(of: .ipsec), record.path(of: .ipsec),
        node.kind == .bump
          ? "a bump in the wire is a place of its own for IPsec"
          : "\(node.name) has no policies, and so no IPsec to place",
        expected: "\"ipsec\" at a node that has an IP of its own, and policies")
    }
    guard node.kind == .bump else {
      for interface in node.interfaces where interface.addresses.isEmpty {
        collector.error(
          interface.place, interface.path, "the interface \(node.name):\(interface.name) has no address",
          expected: "\(ScalarRule.interfaceAddress.expected); only a \"kind: bump\" has none")
      }
      return
    }
    for address in node.interfaces.flatMap(\.addresses) {
      collector.error(
        address.place, address.path, "\(node.name) is a bump in the wire, which has no addresses",
        expected: "nothing behind the interface's name")
    }
    guard node.interfaces.count == 2, node.interfaces.count(where: \.isInside) == 1 else {
      collector.error(
        record.place, record.path,
        "\(node.name) has \(count(node.interfaces.count, "interface")), "
          + "\(node.interfaces.count(where: \.isInside)) of them inside",
        expected: "two interfaces of a bump in the wire, and \"inside\" with the one on the side of whom it protects")
      return
    }
  }

  private mutating func addInterfaces(_ record: Record) {
    let node = draft.nodes.count - 1
    for named in record.named(.interfaces) {
      var interface = InterfaceDraft(name: named.name, place: named.value.place, path: named.value.path)
      for value in named.value.elements {
        guard case .interfaceAddress(let address, let prefix)? = value.scalar else { continue }
        let own = AddressDraft(address: address, prefix: prefix, place: value.place, path: value.path)
        checkAddress(own)
        checkOverlap(own, with: draft.nodes[node].interfaces)
        if draft.owners[address] == nil {
          draft.owners[address] = InterfaceReference(node: node, interface: draft.nodes[node].interfaces.count)
        }
        interface.addresses.append(own)
      }
      draft.nodes[node].interfaces.append(interface)
    }
  }

  private mutating func checkAddress(_ own: AddressDraft) {
    guard let owner = draft.owners[own.address] else { return }
    let node = draft.nodes[owner.node]
    let first = owner.interface < node.interfaces.count ? node.interfaces[owner.interface] : nil
    let place = first?.addresses.first { $0.address == own.address }?.place
    let who = first.map { "\(node.name):\($0.name) has it already" } ?? "the interface has it already"
    collector.error(
      own.place, own.path,
      "duplicate address \(own.address): \(who)" + (place.map { " (line \($0.line), column \($0.column))" } ?? ""),
      expected: "an address of its own for each interface")
  }

  private mutating func checkOverlap(_ own: AddressDraft, with others: [InterfaceDraft]) {
    for other in others {
      for address in other.addresses where address.prefix.overlaps(own.prefix) && address.address != own.address {
        collector.error(
          own.place, own.path,
          "the prefix \(own.prefix) overlaps \(address.prefix) of the interface \(quoted(other.name))",
          expected: "prefixes of one node that have no address in common")
        return
      }
    }
  }
}

extension IPPrefix {
  /// Whether some address is in both.
  func overlaps(_ other: IPPrefix) -> Bool { contains(other.network) || other.contains(network) }
}

/// `1 interface`, `2 interfaces`.
func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
