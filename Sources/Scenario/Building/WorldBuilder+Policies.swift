import IPsec
import Network
import Units
import Wire

extension WorldBuilder {
  mutating func addPolicies() {
    for node in draft.nodes.indices where draft.nodes[node].record.value(.policies) != nil {
      var policies: [PolicyDraft] = []
      var names: [String: SourcePlace] = [:]
      for record in draft.nodes[node].record.records(.policies) {
        let name = record.text(.name)
        if let first = names[name] { duplicate("policy", name, record.value(.name), or: record, first: first) }
        names[name] = record.place(of: .name)
        if let policy = policy(record, of: node) { policies.append(policy) }
      }
      draft.nodes[node].policies = policies
    }
    for node in draft.nodes.indices { addManualAssociations(of: node) }
  }

  private mutating func policy(_ record: Record, of node: Int) -> PolicyDraft? {
    var policy = SecurityPolicy(name: record.text(.name), selector: selector(record), action: .discard)
    switch record.text(.action) {
    case "bypass": policy.action = .bypass
    case "apply":
      guard let layers = layers(record, policy.selector, of: node), let protection = protection(record, layers) else {
        return nil
      }
      policy.action = .apply(protection)
      return PolicyDraft(policy: policy, record: record, layers: layers)
    default: break
    }
    return PolicyDraft(policy: policy, record: record)
  }

  private mutating func selector(_ record: Record) -> Selector {
    var transport = TransportSelector.any
    if case .transport(let value)? = record.value(.transport)?.scalar { transport = value }
    checkPorts(record, transport)
    let selector = Selector(
      source: record.addresses(.from), destination: record.addresses(.to), transport: transport,
      sourcePorts: record.ports(.fromPorts), destinationPorts: record.ports(.toPorts),
      names: PacketNames.of(
        user: record.value(.user).map { _ in record.text(.user) },
        system: record.value(.system).map { _ in record.text(.system) }), sensitivity: record.sensitivities(.sensitivity))
    checkFamilies(record, selector)
    return selector
  }

  /// Only the first fragment of a datagram, and nothing that is sealed, shows ports: the others have OPAQUE ones.
  private mutating func checkPorts(_ record: Record, _ transport: TransportSelector) {
    for key in [Key.fromPorts, .toPorts] {
      let isPossible =
        switch record.ports(key) {
        case .any: true
        case .range: transport == .value(.tcp) || transport == .value(.udp)
        case .opaque: [.any, .opaque, .value(.tcp), .value(.udp), .value(.esp)].contains(transport)
        }
      guard !isPossible else { continue }
      collector.error(
        record.place(of: key), record.path(of: key), "ports are written for a protocol that has none",
        expected: "them with \"protocol: tcp\" or \"protocol: udp\"")
    }
  }

  /// No packet goes from one family to the other.
  private mutating func checkFamilies(_ record: Record, _ selector: Selector) {
    guard selector.source != .any, selector.destination != .any else { return }
    let (source, destination) = (selector.source.first, selector.destination.first)
    guard source.isIPv6 != destination.isIPv6 else { return }
    collector.error(
      record.place(of: .to), record.path(of: .to),
      "\(selector.source) is \(source.family) and \(selector.destination) is \(destination.family)",
      expected: "addresses of one family in \"from\" and \"to\"")
  }

  private mutating func protection(_ record: Record, _ layers: [LayerDraft]) -> Protection? {
    guard let innermost = layers.first else { return nil }
    var group: UInt16?
    if case .group(let value)? = record.value(.pfs)?.scalar { group = value }
    let isManual = layers.allSatisfy { $0.manual != nil }
    if isManual { refuseWhatIsNegotiated(record) }
    let lifetime = record.record(.lifetime)
    return Protection(
      innermost: innermost.layer, outer: layers.dropFirst().map(\.layer),
      perfectForwardSecrecyGroup: isManual ? nil : group,
      lifetime: isManual
        ? .unlimited : Lifetime(duration: lifetime?.duration(.time), volume: lifetime?.bytes(.volume)),
      valuesFromPacket: valuesFromPacket(record, innermost))
  }

  private mutating func refuseWhatIsNegotiated(_ record: Record) {
    withdrawn.formUnion([record.path(of: .pfs), record.path(of: .lifetime) + ".time"])
    for key in [Key.pfs, .lifetime] where record.written.contains(key) && record.value(key) != nil {
      collector.error(
        record.place(of: key), record.path(of: key), "\(quoted(key.rawValue)) has no meaning with keys by hand",
        expected: "it with negotiated keys only")
    }
  }

  private mutating func valuesFromPacket(_ record: Record, _ innermost: LayerDraft) -> SelectorFields {
    let names: [(String, SelectorFields)] = [
      ("from", .source), ("to", .destination), ("protocol", .transport), ("from-ports", .sourcePort),
      ("to-ports", .destinationPort),
    ]
    let written = record.list(.fromPacket).compactMap { value in names.first { .text($0.0) == value.scalar }?.1 }
    if innermost.manual != nil {
      if record.written.contains(.fromPacket) {
        collector.error(
          record.place(of: .fromPacket), record.path(of: .fromPacket),
          "an association by hand is there before any packet that it could take values from",
          expected: "\"from-packet\" with negotiated keys only")
      }
      return []
    }
    return written.reduce(into: []) { $0.formUnion($1) }
  }
}
