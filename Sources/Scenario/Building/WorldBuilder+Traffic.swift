import Network
import Units
import Wire

extension WorldBuilder {
  mutating func addTraffic(_ root: Record) {
    var names: [String: SourcePlace] = [:]
    for record in root.records(.traffic) {
      let name = record.text(.name)
      if let first = names[name] { duplicate("line of traffic", name, record.value(.name), or: record, first: first) }
      names[name] = record.place(of: .name)
      let pattern = pattern(record)
      guard let from = node(record.text(.from), for: record.value(.from)), let (to, destination) = target(record),
        let pattern
      else { continue }
      if draft.nodes[from].kind == .bump {
        collector.error(
          record.place(of: .from), record.path(of: .from),
          "\(draft.nodes[from].name) is a bump in the wire, which asks nobody anything",
          expected: "a node with an address")
      }
      if from == to {
        collector.error(
          record.place(of: .to), record.path(of: .to), "\(draft.nodes[to].name) would ask itself",
          expected: "another node than \"from\"")
      }
      let configuration = TrafficConfiguration(
        name: name, from: from, to: to, destination: destination, pattern: pattern,
        start: Instant.zero + record.duration(.start), count: Int(record.integer(.count)),
        interval: record.duration(.every), timeout: record.duration(.timeout),
        dontFragment: record.boolean(.dontFragment), user: record.value(.user).map { _ in record.text(.user) },
        sensitivity: record.sensitivities(.sensitivity)?.lowerBound)
      draft.traffic.append(TrafficDraft(configuration: configuration, record: record))
    }
  }

  /// The node that is asked and the address that it is asked at: the first, or the first of the family that is named.
  private mutating func target(_ record: Record) -> (node: Int, address: IPAddress)? {
    let value = record.value(.to)
    guard case .reference(let name, let interfaceName)? = value?.scalar, let node = node(name, for: value),
      let value
    else { return nil }
    var addresses = draft.nodes[node].interfaces.flatMap(\.addresses)
    if let interfaceName {
      guard let interface = interface(interfaceName, of: node, for: value) else { return nil }
      addresses = draft.nodes[node].interfaces[interface].addresses
    }
    let family = record.text(.family)
    if let first = addresses.first(where: { family.isEmpty || $0.address.isIPv6 == (family == "ipv6") }) {
      return (node, first.address)
    }
    let (key, kind) = family.isEmpty ? (Key.to, "") : (.family, family == "ipv6" ? "IPv6 " : "IPv4 ")
    let who = interfaceName.map { "\(name):\($0)" } ?? name
    collector.error(
      record.place(of: key), record.path(of: key), "\(who) has no \(kind)address that it could be asked at",
      expected: addresses.isEmpty
        ? "a node with an address" : "one of \(addresses.prefix(12).map { "\($0.address)" }.joined(separator: ", "))")
    return nil
  }

  private func pattern(_ record: Record) -> TrafficPattern? {
    guard let kind = [Key.ping, .udp, .tcp, .datagrams].first(where: { record.value($0) != nil }),
      let details = record.record(kind)
    else { return nil }
    let port = UInt16(clamping: details.integer(.port))
    let (request, response) = (size(details, .request), size(details, .response))
    switch kind {
    case .ping: return .ping(size: size(details, .size))
    case .datagrams: return .datagrams(port: port, size: size(details, .size))
    case .udp: return .udpRequest(port: port, requestSize: request, responseSize: response)
    default: return .tcpRequest(port: port, requestSize: request, responseSize: response)
    }
  }

  private func size(_ record: Record, _ key: Key) -> Int { Int(clamping: record.bytes(key)?.bytes ?? 0) }
}
