import IKE
import Journal
import Units
import Wire

/// The traffic of the scenario: pings and datagrams; connections have a file of their own.
extension World {
  /// Finds which flow uses a port, for those who ask and those who answer.
  mutating func registerPorts() {
    for index in flows.indices {
      let flow = flows[index]
      let configuration = flow.configuration
      switch configuration.pattern {
      case .ping:
        flows[index].port = UInt16(truncatingIfNeeded: index + 1)
        clients.assign(
          PortKey(node: configuration.from, transport: .icmp, port: flows[index].port), to: flow.id)
      case .udpRequest(let port, _, _), .datagrams(let port, _):
        claimPort(index, .udp)
        listen(.udp, port, flow)
      case .tcpRequest(let port, _, _):
        listen(.tcp, port, flow)
      }
    }
  }

  /// A port that no other flow of the node has.
  private mutating func claimPort(_ index: Int, _ transport: IPProtocol) {
    var key = PortKey(node: flows[index].configuration.from, transport: transport, port: flows[index].port)
    for _ in 0..<16_384 where clients[key] != nil { key.port = key.port == .max ? 49_152 : key.port + 1 }
    flows[index].port = key.port
    clients.assign(key, to: flows[index].id)
  }

  private mutating func listen(_ transport: IPProtocol, _ port: UInt16, _ flow: Flow) {
    let node = flow.configuration.to
    for address in nodes[flow.configuration.from].addresses {
      let key = PortKey(node: node, transport: transport, port: port, peer: address)
      if listeners[key] == nil { listeners.assign(key, to: flow.id) }
    }
    let anyone = PortKey(node: node, transport: transport, port: port)
    if listeners[anyone] == nil { listeners.assign(anyone, to: flow.id) }
  }

  /// The flow whose answers a port of the node gives.
  func listener(_ transport: IPProtocol, _ port: UInt16, from peer: IPAddress, at node: Int) -> FlowID? {
    listeners[PortKey(node: node, transport: transport, port: port, peer: peer)]
      ?? listeners[PortKey(node: node, transport: transport, port: port)]
  }

  /// The flow that a quoted datagram of this node belongs to.
  func flow(of quoted: QuotedDatagram, at node: Int) -> FlowID? {
    let (bytes, start) = (quoted.bytes, quoted.headerLength)
    guard quoted.isFirst, bytes.count >= start + 8, nodes[node].isLocal(quoted.source) else { return nil }
    let first = UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1])
    let third = UInt16(bytes[start + 4]) << 8 | UInt16(bytes[start + 5])
    switch quoted.protocol {
    case .icmp, .icmpv6: return clients[PortKey(node: node, transport: .icmp, port: third)]
    case .udp: return clients[PortKey(node: node, transport: .udp, port: first)]
    case .tcp:
      let second = UInt16(bytes[start + 2]) << 8 | UInt16(bytes[start + 3])
      let key = ConnectionKey(
        localAddress: quoted.source, localPort: first, remoteAddress: quoted.destination, remotePort: second)
      return nodes[node].connectionIndex[key].map { nodes[node].connections[$0].flow }
    default: return nil
    }
  }

  /// Makes the next request of a flow, and sets a time for the one after it.
  mutating func makeRequest(_ id: FlowID) {
    let index = Int(id.rawValue)
    let count = flows[index].configuration.count
    guard Int(flows[index].lastSequence) < count else { return }
    let node = flows[index].configuration.from
    if flows[index].lastSequence == 0 {
      flows[index].cause = note(.application(.began(id)), at: node, cause: nil)
    }
    flows[index].lastSequence += 1
    let sequence = flows[index].lastSequence
    if Int(sequence) < count { schedule(.traffic(id), at: now + flows[index].configuration.interval) }
    if flows[index].configuration.pattern.isAnswered {
      schedule(.requestTimeout(id, sequence: sequence), at: now + flows[index].configuration.timeout)
    }
    send(request: sequence, of: index, at: node)
  }

  private mutating func send(request sequence: UInt32, of index: Int, at node: Int) {
    switch flows[index].configuration.pattern {
    case .ping(let size): ping(sequence, size: size, of: index, at: node)
    case .udpRequest(let port, let requestSize, let responseSize):
      let message = ApplicationMessage.request(
        sequence, wanting: responseSize, flow: flows[index].configuration.name, size: requestSize,
        headroom: UDPHeader.headroom(to: flows[index].configuration.destination))
      send(message, to: port, as: sequence, of: index, at: node)
    case .datagrams(let port, let size):
      let message = ApplicationMessage.datagram(
        sequence, flow: flows[index].configuration.name, size: size,
        headroom: UDPHeader.headroom(to: flows[index].configuration.destination))
      send(message, to: port, as: sequence, of: index, at: node)
    case .tcpRequest: connect(sequence, of: index, at: node)
    }
  }

  private mutating func ping(_ sequence: UInt32, size: Int, of index: Int, at node: Int) {
    let configuration = flows[index].configuration
    let data = ApplicationMessage.request(sequence, wanting: size, flow: configuration.name, size: size)
    let cause = noteRequest(sequence, octets: data.count, of: index, at: node)
    let number = UInt16(truncatingIfNeeded: sequence)
    if case .v6(let destination) = configuration.destination {
      let message = ICMPv6Message.echoRequest(identifier: flows[index].port, sequenceNumber: number, data: data)
      return send(message, from: nil, to: destination, at: node, flows[index].options, cause: cause)
    }
    let message = ICMPMessage.echo(identifier: flows[index].port, sequenceNumber: number, data: data)
    _ = send(
      message.encoded, .icmp, from: nil, to: configuration.destination, at: node, flows[index].options, cause: cause)
  }

  /// Sends a message of a flow, in front of which there is room for the headers, as a UDP datagram.
  private mutating func send(
    _ message: consuming [UInt8], to port: UInt16, as sequence: UInt32, of index: Int, at node: Int
  ) {
    let id = flows[index].id
    let destination = flows[index].configuration.destination
    guard let route = nodes[node].routes.route(to: destination),
      let source = sourceAddress(to: destination, by: route, at: node)
    else {
      note(.application(.failed(id, why: "no route to \(destination)")), at: node, cause: flows[index].cause)
      return
    }
    let cause = noteRequest(sequence, octets: message.count - UDPHeader.headroom(to: destination), of: index, at: node)
    send(
      message, UDPHeader(sourcePort: flows[index].port, destinationPort: port),
      from: source, to: destination, by: route, at: node, flows[index].options, cause: cause)
    if !flows[index].configuration.pattern.isAnswered { completeIfOver(id, cause: cause) }
  }

  /// Tells of a request before the packet that carries it, so that it is the packet's cause.
  private mutating func noteRequest(_ sequence: UInt32, octets: Int, of index: Int, at node: Int) -> EntryID? {
    let cause = note(
      .application(
        .requested(
          flows[index].id, sequence: sequence, packet: PacketID(journal.lastPacket + 1),
          octets: UInt32(clamping: octets))), at: node, cause: flows[index].cause)
    if flows[index].configuration.pattern.isAnswered {
      flows[index].outstanding.append(Flow.Outstanding(sequence: sequence, sent: now, cause: cause))
    }
    return cause
  }

  /// The address that the node's packets to `destination` come from.
  func sourceAddress(to destination: IPAddress, at node: Int) -> IPAddress? {
    nodes[node].routes.route(to: destination).flatMap { sourceAddress(to: destination, by: $0, at: node) }
  }

  /// The same where the packets leave by `route`: the interface's first of the family, or where it has none, the node's.
  func sourceAddress(to destination: IPAddress, by route: Route, at node: Int) -> IPAddress? {
    // By index: a method of the node, or of the interface, would be given a copy of it.
    for index in nodes[node].interfaces[route.interface].addresses.indices {
      let address = nodes[node].interfaces[route.interface].addresses[index].address
      if address.isIPv6 == destination.isIPv6 { return address }
    }
    return nodes[node].addresses.first { $0.isIPv6 == destination.isIPv6 }
  }

  mutating func echoReplied(
    _ identifier: UInt16, _ number: UInt16, octets: Int, _ datagram: Datagram, at node: Int
  ) {
    guard let id = clients[PortKey(node: node, transport: .icmp, port: identifier)] else {
      drop(datagram, .noListener, "nobody waits for this echo reply", at: node)
      return
    }
    // The echo's number has 16 bits: the request meant is the one that still waits with those.
    let index = Int(id.rawValue)
    let sequence =
      flows[index].outstanding.first { UInt16(truncatingIfNeeded: $0.sequence) == number }?.sequence
    answered(id, sequence ?? UInt32(number), datagram, octets: octets, at: node)
  }

  mutating func answered(_ id: FlowID, _ sequence: UInt32, _ datagram: Datagram, octets: Int, at node: Int) {
    guard let request = flows[Int(id.rawValue)].settle(sequence) else {
      drop(datagram, .applicationClosed, "request \(sequence) no longer waits for an answer", at: node)
      return
    }
    let cause = note(
      .application(
        .answered(
          id, sequence: sequence, packet: datagram.packet, octets: UInt32(clamping: octets),
          elapsed: now - request.sent)), at: node, cause: datagram.cause)
    completeIfOver(id, cause: cause)
  }

  mutating func requestTimedOut(_ id: FlowID, _ sequence: UInt32) {
    guard let request = flows[Int(id.rawValue)].settle(sequence) else { return }
    let node = flows[Int(id.rawValue)].configuration.from
    let cause = note(.application(.unanswered(id, sequence: sequence)), at: node, cause: request.cause)
    completeIfOver(id, cause: cause)
  }

  mutating func completeIfOver(_ id: FlowID, cause: EntryID?) {
    guard flows[Int(id.rawValue)].isOver else { return }
    note(.application(.completed(id)), at: flows[Int(id.rawValue)].configuration.from, cause: cause)
  }

  mutating func receiveUDP(_ datagram: consuming Datagram, _ header: IPGlance, at node: Int) {
    guard let udp = UDPGlance(verifying: datagram.bytes, behind: header) else {
      return refuseUDP(datagram, header, at: node)
    }
    if udp.destinationPort == IKEEndpoint.isakmpPort, nodes[node].isNegotiating {
      let payload = Array(datagram.bytes[udp.payload])
      return receiveISAKMP(payload, datagram, header, udp, at: node)
    }
    if let id = clients[PortKey(node: node, transport: .udp, port: udp.destinationPort)] {
      let sequence = ApplicationMessage.numbers(in: datagram.bytes, udp.payload)?.sequence ?? 0
      return answered(id, sequence, datagram, octets: udp.payload.count, at: node)
    }
    serve(datagram, udp, header, at: node)
  }

  /// Says what is wrong with a UDP datagram, as its header's own reader finds it.
  private mutating func refuseUDP(_ datagram: Datagram, _ header: IPGlance, at node: Int) {
    let bytes = Array(datagram.bytes[header.headerLength...])
    do {
      let udp = try UDPHeader(decoding: bytes)
      guard Int(udp.length) <= bytes.count else {
        drop(datagram, .malformedPayload, "UDP says \(udp.length) octets and has \(bytes.count)", at: node)
        return
      }
      drop(datagram, .badChecksum, "UDP", at: node)
    } catch {
      drop(datagram, .malformedPayload, error.description, at: node)
    }
  }

  /// A datagram has come for an application that answers, or counts.
  private mutating func serve(_ datagram: consuming Datagram, _ udp: UDPGlance, _ header: IPGlance, at node: Int) {
    guard let id = listener(.udp, udp.destinationPort, from: header.sourceAddress, at: node) else {
      let cause = drop(datagram, .noListener, "nobody listens at UDP port \(udp.destinationPort)", at: node)
      return complain(.noPort, about: datagram, at: node, cause: cause)
    }
    let numbers = ApplicationMessage.numbers(in: datagram.bytes, udp.payload)
    let cause = note(
      .application(
        .served(
          id, sequence: numbers?.sequence ?? 0, packet: datagram.packet, octets: UInt32(clamping: udp.payload.count))),
      at: node, cause: datagram.cause)
    guard case .udpRequest(_, _, let responseSize) = flows[Int(id.rawValue)].configuration.pattern,
      let route = nodes[node].routes.route(to: header.sourceAddress)
    else { return }
    let response = ApplicationMessage.response(
      numbers?.sequence ?? 0, flow: flows[Int(id.rawValue)].configuration.name,
      size: min(numbers?.wanted ?? responseSize, responseSize),
      headroom: UDPHeader.headroom(to: header.sourceAddress))
    var options = flows[Int(id.rawValue)].options
    options.flow = nil
    send(
      response, UDPHeader(sourcePort: udp.destinationPort, destinationPort: udp.sourcePort),
      from: header.destinationAddress, to: header.sourceAddress, by: route, at: node, options,
      cause: cause)
  }
}

extension TrafficPattern {
  /// Whether an answer is waited for.
  var isAnswered: Bool { if case .datagrams = self { false } else { true } }
}
