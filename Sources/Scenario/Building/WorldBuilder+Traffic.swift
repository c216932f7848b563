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
      if from == to {
        collector.error(
          record.place(of: .to), record.path(of: .to), "\(draft.nodes[to].name) would ask itself",
          expected: "another node than \"from\"")
      }
      let configuration = TrafficConfiguration(
        name: name, from: from, to: to, destination: destination, pattern: pattern,
        start: Instant.zero + record.duration(.start), count: Int(record.integer(.count)),
        interval: record.duration(.every), timeout: record.duration(.timeout),
        dontFragment: record.boolean(.dontFragment))
      draft.traffic.append(TrafficDraft(configuration: configuration, record: record))
    }
  }

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
    guard let first = addresses.first else {
      collector.error(
        value.place, value.path, "\(name) has no address that it could be asked at", expected: "a node with an address")
      return nil
    }
    return (node, first.address)
  }

  private mutating func pattern(_ record: Record) -> TrafficPattern? {
    let written = [Key.ping, .udp, .tcp].filter { record.value($0) != nil }
    guard written.count == 1, let kind = written.first, let details = record.record(kind) else {
      collector.error(
        record.place, record.path,
        written.isEmpty ? "the traffic says nothing of what is sent" : "the traffic is of two kinds",
        expected: "exactly one of ping, udp, tcp")
      return nil
    }
    guard kind != .ping else { return .ping(size: size(details, .size)) }
    let port = UInt16(clamping: details.integer(.port))
    let (request, response) = (size(details, .request), size(details, .response))
    return kind == .udp
      ? .udpRequest(port: port, requestSize: request, responseSize: response)
      : .tcpRequest(port: port, requestSize: request, responseSize: response)
  }

  private func size(_ record: Record, _ key: Key) -> Int { Int(clamping: record.bytes(key)?.bytes ?? 0) }
}
