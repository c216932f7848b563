import Network
import Units
import Wire

extension WorldBuilder {
  mutating func checkTraffic(until end: SimDuration) {
    for traffic in draft.traffic where !collector.isFull {
      checkTime(traffic, end)
      checkLabel(traffic)
      checkWay(traffic)
    }
  }

  private mutating func checkTime(_ traffic: TrafficDraft, _ end: SimDuration) {
    let configuration = traffic.configuration
    let last = configuration.start + configuration.interval * UInt64(configuration.count - 1)
    guard last - .zero >= end else { return }
    warn(
      traffic.record, configuration.start - .zero >= end ? .start : .count,
      "the last request is sent at \(last - .zero), after the run's end at \(end)",
      expected: "all requests before the end")
  }

  private mutating func checkLabel(_ traffic: TrafficDraft) {
    guard traffic.configuration.sensitivity != nil, traffic.configuration.destination.isIPv6 else { return }
    warn(
      traffic.record, .sensitivity, "packets of IPv6 say nothing of their sensitivity",
      expected: "it with \"family: ipv4\" (RFC 1108)")
  }

  private mutating func checkWay(_ traffic: TrafficDraft) {
    guard let packet = packet(traffic.configuration) else {
      report(.noRoute(node: traffic.configuration.from, destination: traffic.configuration.destination), traffic, [])
      return
    }
    var there = RouteWalk(draft, packet, from: traffic.configuration.from)
    let result = there.follow()
    guard case .arrives = result else {
      report(result, traffic, there.way, packet)
      return
    }
    if case .datagrams = traffic.configuration.pattern { return }
    var answer = packet.answer
    answer.system = draft.nodes[traffic.configuration.to].systemName
    var back = RouteWalk(draft, answer, from: traffic.configuration.to)
    let answered = back.follow()
    report(answered, traffic, back.way, answer, isAnswer: true)
  }

  /// The first request, from the address of the interface that it leaves by.
  private func packet(_ traffic: TrafficConfiguration) -> WalkedPacket? {
    guard let hop = draft.nextHop(from: traffic.from, to: traffic.destination),
      let interface = draft.interface(of: traffic.from, towards: hop),
      let source = draft.nodes[traffic.from].interfaces[interface].address(towards: traffic.destination)
    else { return nil }
    var packet = WalkedPacket(
      source: source, destination: traffic.destination, transport: source.isIPv6 ? .icmpv6 : .icmp)
    (packet.user, packet.system) = (traffic.user, draft.nodes[traffic.from].systemName)
    packet.sensitivity = source.isIPv6 ? nil : traffic.sensitivity
    switch traffic.pattern {
    case .ping: break
    case .udpRequest(let port, _, _), .datagrams(let port, _): (packet.transport, packet.destinationPort) = (.udp, port)
    case .tcpRequest(let port, _, _): (packet.transport, packet.destinationPort) = (.tcp, port)
    }
    return packet
  }

  private mutating func report(
    _ result: WalkResult, _ traffic: TrafficDraft, _ way: [Int], _ packet: WalkedPacket? = nil, isAnswer: Bool = false
  ) {
    let (record, key) = (traffic.record, Key.to)
    let who = isAnswer ? "the answer to \(quoted(traffic.configuration.name))" : quoted(traffic.configuration.name)
    let passed = way.prefix(12).map { draft.nodes[$0].name }.joined(separator: ", ")
    let route = "a way from node to node by routes" + (passed.isEmpty ? "" : " (so far: \(passed))")
    switch result {
    case .arrives, .discarded: break
    case .unmatched(let node):
      let addresses = packet.map { " (\($0.source) -> \($0.destination), \($0.transport.name ?? "IP"))" } ?? ""
      warn(
        record, key, "no policy of \(draft.nodes[node].name) is for \(who)\(addresses): it will be discarded",
        expected: "an entry that says so: discard, bypass or apply")
    case .unprotected(let node, let policy):
      warn(
        record, key,
        "\(who) comes to \(draft.nodes[node].name) in clear, where policy \(quoted(policy)) wants it protected: "
          + "it will be discarded", expected: "the same policy at the other end of its way")
    case .noRoute(let node, let destination):
      collector.error(
        record.place(of: key), record.path(of: key),
        "no route for \(who): \(draft.nodes[node].name) knows no way to \(destination)", expected: route)
    case .hostInBetween(let node):
      collector.error(
        record.place(of: key), record.path(of: key),
        "no route for \(who): it comes to \(draft.nodes[node].name), a host, which forwards nothing", expected: route)
    case .loop:
      collector.error(
        record.place(of: key), record.path(of: key), "no route for \(who): its routes lead in a circle",
        expected: "routes that lead to it")
    }
  }
}
