import Journal
import Units
import Wire

/// Connections: what the TCP machines of the nodes ask for, and the applications at both ends.
extension World {
  /// Opens a connection for a request of a flow.
  mutating func connect(_ sequence: UInt32, of index: Int, at node: Int) {
    let flow = flows[index]
    let configuration = flow.configuration
    guard case .tcpRequest(let port, let requestSize, _) = configuration.pattern else { return }
    guard let source = sourceAddress(to: configuration.destination, at: node) else {
      note(
        .application(.failed(flow.id, why: "no route to \(configuration.destination)")), at: node, cause: flow.cause)
      return
    }
    let cause = note(
      .application(
        .requested(flow.id, sequence: sequence, packet: nil, octets: UInt32(clamping: requestSize))), at: node,
      cause: flow.cause)
    flows[index].outstanding.append(Flow.Outstanding(sequence: sequence, sent: now, cause: cause))
    var key = ConnectionKey(
      localAddress: source, localPort: flow.port, remoteAddress: configuration.destination, remotePort: port)
    key.localPort = 49_152 + (flow.port &- 49_152 &+ UInt16(truncatingIfNeeded: sequence - 1)) % 16_384
    for _ in 0..<16_384 where nodes[node].connectionIndex[key] != nil {
      key.localPort = key.localPort == .max ? 49_152 : key.localPort + 1
    }
    let connection = addConnection(key, flow: flow.id, sequence: sequence, isServer: false, at: node, cause: cause)
    perform(nodes[node].connections[connection].machine.open(at: now), of: connection, at: node, cause: cause)
  }

  private mutating func addConnection(
    _ key: ConnectionKey, flow: FlowID, sequence: UInt32, isServer: Bool, at node: Int, cause: EntryID?
  ) -> Int {
    let initial = nodes[node].nextInitialSequence()
    let machine = TCPConnection(
      initialSequence: initial, maximumSegmentSize: segmentSize(to: key.remoteAddress, at: node))
    nodes[node].connections.append(
      Connection(key: key, machine: machine, flow: flow, sequence: sequence, isServer: isServer, cause: cause))
    nodes[node].connectionIndex[key] = nodes[node].connections.count - 1
    return nodes[node].connections.count - 1
  }

  /// The largest segment that fits the leaving link: RFC 879 §3, the MTU less the headers without options.
  private func segmentSize(to destination: IPAddress, at node: Int) -> Int {
    guard let route = nodes[node].routes.route(to: destination) else {
      return TCPConnection.defaultMaximumSegmentSize
    }
    return Self.segmentSize(linkMTU(of: route, at: node), to: destination)
  }

  /// What the headers of IP and TCP, 20 octets of IPv4 or 40 of IPv6 and 20, leave of an MTU.
  private static func segmentSize(_ mtu: Int, to destination: IPAddress) -> Int {
    mtu - (destination.isIPv6 ? 60 : 40)
  }

  mutating func receiveTCP(_ datagram: Datagram, _ header: IPGlance, at node: Int) {
    let bytes = Array(datagram.bytes[header.headerLength...])
    let tcp: TCPHeader
    do { tcp = try TCPHeader(decoding: bytes) } catch {
      drop(datagram, .malformedPayload, error.description, at: node)
      return
    }
    guard TCPHeader.isIntact(bytes, from: header.sourceAddress, to: header.destinationAddress) else {
      drop(datagram, .badChecksum, "TCP", at: node)
      return
    }
    let segment = TCPSegment(
      sequence: tcp.sequenceNumber, acknowledgment: tcp.acknowledgmentNumber, control: tcp.flags, window: tcp.window,
      maximumSegmentSize: tcp.maximumSegmentSize, payload: Array(bytes[tcp.encodedLength...]))
    let key = ConnectionKey(
      localAddress: header.destinationAddress, localPort: tcp.destinationPort, remoteAddress: header.sourceAddress,
      remotePort: tcp.sourcePort)
    guard let connection = connection(for: key, segment, at: node, cause: datagram.cause) else {
      return refuse(segment, key, datagram, at: node)
    }
    nodes[node].connections[connection].cause = datagram.cause
    let actions = nodes[node].connections[connection].machine.receive(segment, at: now)
    perform(actions, of: connection, at: node, cause: datagram.cause)
  }

  /// The connection that a segment belongs to; a SYN for a port that somebody listens at makes one.
  private mutating func connection(
    for key: ConnectionKey, _ segment: TCPSegment, at node: Int, cause: EntryID?
  ) -> Int? {
    if let known = nodes[node].connectionIndex[key] { return known }
    guard segment.control.contains(.syn), !segment.control.contains(.ack),
      let flow = listener(.tcp, key.localPort, from: key.remoteAddress, at: node)
    else { return nil }
    let connection = addConnection(key, flow: flow, sequence: 0, isServer: true, at: node, cause: cause)
    let actions = nodes[node].connections[connection].machine.listen()
    perform(actions, of: connection, at: node, cause: cause)
    return connection
  }

  private mutating func refuse(_ segment: TCPSegment, _ key: ConnectionKey, _ datagram: Datagram, at node: Int) {
    let cause = drop(datagram, .noListener, "no connection at TCP port \(key.localPort)", at: node)
    guard let reset = TCPConnection.reset(for: segment) else { return }
    send(reset, key, flow: nil, at: node, cause: cause)
  }

  private mutating func send(_ segment: TCPSegment, _ key: ConnectionKey, flow: FlowID?, at node: Int, cause: EntryID?)
  {
    let segmentOptions = segment.maximumSegmentSize.map { [TCPOption.maximumSegmentSize($0)] } ?? []
    let header = TCPHeader(
      sourcePort: key.localPort, destinationPort: key.remotePort, sequenceNumber: segment.sequence,
      acknowledgmentNumber: segment.acknowledgment, flags: segment.control, window: segment.window,
      options: segmentOptions)
    let bytes = header.segment(segment.payload, from: key.localAddress, to: key.remoteAddress)
    let options = flow.map { flows[Int($0.rawValue)].options } ?? DatagramOptions()
    _ = send(
      bytes, .tcp, from: key.localAddress, to: key.remoteAddress, at: node, options,
      cause: cause)
  }

  mutating func connectionTimerFired(node: Int, connection: Int, generation: UInt32) {
    guard nodes[node].connections.indices.contains(connection) else { return }
    let cause = nodes[node].connections[connection].cause
    let actions = nodes[node].connections[connection].machine.timerFired(generation: generation, at: now)
    perform(actions, of: connection, at: node, cause: cause)
  }

  /// The path to `destination` takes smaller datagrams than was thought.
  mutating func shrinkConnections(to destination: IPAddress, at node: Int) {
    guard let mtu = nodes[node].learnedMTU(to: destination, at: now) else { return }
    for index in nodes[node].connections.indices
    where nodes[node].connections[index].key.remoteAddress == destination {
      let actions = nodes[node].connections[index].machine.pathShrank(
        toSegmentSize: Self.segmentSize(mtu, to: destination), at: now)
      perform(actions, of: index, at: node, cause: nodes[node].connections[index].cause)
    }
  }

  /// Does what a connection asks for.
  private mutating func perform(_ actions: [TCPAction], of connection: Int, at node: Int, cause: EntryID?) {
    var cause = cause
    let flow = nodes[node].connections[connection].flow
    for action in actions {
      switch action {
      case .send(let segment):
        send(segment, nodes[node].connections[connection].key, flow: flow, at: node, cause: cause)
      case .retransmitted(let sequence, let attempt):
        cause = note(
          .application(
            .retransmitted(flow, sequenceNumber: sequence, attempt: UInt32(clamping: attempt))), at: node,
          cause: cause)
      case .setTimer(let instant, let generation):
        schedule(
          .transport(node: Int32(node), connection: Int32(connection), generation: generation), at: instant)
      case .changed(let from, let to):
        cause = note(
          .application(.connection(flow, from: from.rawValue, to: to.rawValue)), at: node, cause: cause)
        changed(to: to, connection, at: node, cause: cause)
      case .received(let octets): received(octets, on: connection, at: node, cause: cause)
      case .peerFinished:
        perform(
          nodes[node].connections[connection].machine.close(at: now), of: connection, at: node, cause: cause)
      case .failed(let why): note(.application(.failed(flow, why: why)), at: node, cause: cause)
      }
    }
  }

  private mutating func changed(to state: TCPState, _ connection: Int, at node: Int, cause: EntryID?) {
    let end = nodes[node].connections[connection]
    if state == .closed { nodes[node].connectionIndex[end.key] = nil }
    guard state == .established, !end.isServer else { return }
    let configuration = flows[Int(end.flow.rawValue)].configuration
    guard case .tcpRequest(_, let requestSize, let responseSize) = configuration.pattern else { return }
    let request = ApplicationMessage.request(
      end.sequence, wanting: responseSize, flow: configuration.name, size: requestSize)
    perform(
      nodes[node].connections[connection].machine.send(request, at: now), of: connection, at: node, cause: cause)
  }

  /// Octets for the application of a connection: a server answers when the request is whole, then closes.
  private mutating func received(_ octets: [UInt8], on connection: Int, at node: Int, cause: EntryID?) {
    if nodes[node].connections[connection].received == 0, nodes[node].connections[connection].isServer {
      nodes[node].connections[connection].sequence = ApplicationMessage.numbers(in: octets)?.sequence ?? 0
    }
    nodes[node].connections[connection].received += octets.count
    let end = nodes[node].connections[connection]
    let configuration = flows[Int(end.flow.rawValue)].configuration
    guard case .tcpRequest(_, let requestSize, let responseSize) = configuration.pattern, !end.isAnswered else {
      return
    }
    if end.isServer, end.received >= requestSize {
      nodes[node].connections[connection].isAnswered = true
      let cause = note(
        .application(
          .served(end.flow, sequence: end.sequence, packet: nil, octets: UInt32(clamping: end.received))), at: node,
        cause: cause)
      let response = ApplicationMessage.response(end.sequence, flow: configuration.name, size: responseSize)
      perform(
        nodes[node].connections[connection].machine.send(response, at: now), of: connection, at: node, cause: cause)
      perform(
        nodes[node].connections[connection].machine.close(at: now), of: connection, at: node, cause: cause)
    } else if !end.isServer, end.received >= responseSize {
      nodes[node].connections[connection].isAnswered = true
      answered(end, octets: end.received, at: node, cause: cause)
    }
  }

  private mutating func answered(_ end: Connection, octets: Int, at node: Int, cause: EntryID?) {
    guard let request = flows[Int(end.flow.rawValue)].settle(end.sequence) else { return }
    let cause = note(
      .application(
        .answered(
          end.flow, sequence: end.sequence, packet: nil, octets: UInt32(clamping: octets),
          elapsed: now - request.sent)), at: node, cause: cause)
    completeIfOver(end.flow, cause: cause)
  }
}
