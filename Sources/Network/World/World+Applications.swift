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
        clients[PortKey(node: configuration.from, transport: .icmp, port: flows[index].port)] = flow.id
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
    clients[key] = flows[index].id
  }

  private mutating func listen(_ transport: IPProtocol, _ port: UInt16, _ flow: Flow) {
    let node = flow.configuration.to
    for address in nodes[flow.configuration.from].addresses {
      let key = PortKey(node: node, transport: transport, port: port, peer: address)
      if listeners[key] == nil { listeners[key] = flow.id }
    }
    let anyone = PortKey(node: node, transport: transport, port: port)
    if listeners[anyone] == nil { listeners[anyone] = flow.id }
  }

  /// The flow whose answers a port of the node gives.
  func listener(_ transport: IPProtocol, _ port: UInt16, from peer: IPv4Address, at node: Int) -> FlowID? {
    listeners[PortKey(node: node, transport: transport, port: port, peer: peer)]
      ?? listeners[PortKey(node: node, transport: transport, port: port)]
  }

  /// The flow that a quoted datagram of this node belongs to.
  func flow(of header: IPv4Header, _ bytes: [UInt8], at node: Int) -> FlowID? {
    let start = header.encodedLength
    guard header.fragmentOffset == 0, bytes.count >= start + 8, nodes[node].isLocal(header.sourceAddress) else {
      return nil
    }
    let first = UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1])
    let third = UInt16(bytes[start + 4]) << 8 | UInt16(bytes[start + 5])
    switch header.protocol {
    case .icmp: return clients[PortKey(node: node, transport: .icmp, port: third)]
    case .udp: return clients[PortKey(node: node, transport: .udp, port: first)]
    case .tcp:
      let second = UInt16(bytes[start + 2]) << 8 | UInt16(bytes[start + 3])
      let key = ConnectionKey(
        localAddress: header.sourceAddress, localPort: first, remoteAddress: header.destinationAddress,
        remotePort: second)
      return nodes[node].connectionIndex[key].map { nodes[node].connections[$0].flow }
    default: return nil
    }
  }

  /// Makes the next request of a flow, and sets a time for the one after it.
  mutating func makeRequest(_ id: FlowID) {
    let index = Int(id.rawValue)
    let configuration = flows[index].configuration
    guard Int(flows[index].lastSequence) < configuration.count else { return }
    let node = configuration.from
    if flows[index].lastSequence == 0 {
      flows[index].cause = note(.application(.began(id)), at: node, cause: nil)
    }
    flows[index].lastSequence += 1
    let sequence = flows[index].lastSequence
    if Int(sequence) < configuration.count { schedule(.traffic(id), at: now + configuration.interval) }
    if case .datagrams = configuration.pattern {
      sendDatagram(sequence, of: index, at: node)
    } else {
      schedule(.requestTimeout(id, sequence: sequence), at: now + configuration.timeout)
      send(request: sequence, of: index, at: node)
    }
  }

  /// Sends a datagram that no answer is waited for.
  private mutating func sendDatagram(_ sequence: UInt32, of index: Int, at node: Int) {
    let flow = flows[index]
    let configuration = flow.configuration
    guard case .datagrams(let port, let size) = configuration.pattern else { return }
    guard let source = sourceAddress(to: configuration.destination, at: node) else {
      note(
        .application(.failed(flow.id, why: "no route to \(configuration.destination)")), at: node, cause: flow.cause)
      return
    }
    let data = ApplicationMessage.datagram(sequence, flow: configuration.name, size: size)
    let payload = UDPHeader(sourcePort: flow.port, destinationPort: port)
      .datagram(data, from: .v4(source), to: .v4(configuration.destination))
    let cause = note(
      .application(
        .requested(
          flow.id, sequence: sequence, packet: PacketID(journal.lastPacket + 1), octets: UInt32(clamping: size))),
      at: node, cause: flow.cause)
    _ = send(
      payload, .udp, from: nil, to: configuration.destination, at: node, flow: flow.id,
      dontFragment: configuration.dontFragment, cause: cause)
    completeIfOver(flow.id, cause: cause)
  }

  private mutating func send(request sequence: UInt32, of index: Int, at node: Int) {
    let flow = flows[index]
    let configuration = flow.configuration
    let payload: [UInt8]
    let transport: IPProtocol
    switch configuration.pattern {
    case .ping(let size):
      let data = ApplicationMessage.request(sequence, wanting: size, flow: configuration.name, size: size)
      payload =
        ICMPMessage.echo(
          identifier: flow.port, sequenceNumber: UInt16(truncatingIfNeeded: sequence), data: data
        ).encoded
      transport = .icmp
    case .udpRequest(let port, let requestSize, let responseSize):
      let data = ApplicationMessage.request(
        sequence, wanting: responseSize, flow: configuration.name, size: requestSize)
      guard let source = sourceAddress(to: configuration.destination, at: node) else {
        note(
          .application(.failed(flow.id, why: "no route to \(configuration.destination)")), at: node,
          cause: flow.cause)
        return
      }
      payload = UDPHeader(sourcePort: flow.port, destinationPort: port)
        .datagram(data, from: .v4(source), to: .v4(configuration.destination))
      transport = .udp
    case .tcpRequest: return connect(sequence, of: index, at: node)
    case .datagrams: return
    }
    // The request is told of before the packet that carries it, so that it is the packet's cause.
    let cause = note(
      .application(
        .requested(
          flow.id, sequence: sequence, packet: PacketID(journal.lastPacket + 1),
          octets: UInt32(clamping: payload.count - 8))), at: node,
      cause: flow.cause)
    flows[index].outstanding.append(Flow.Outstanding(sequence: sequence, sent: now, cause: cause))
    _ = send(
      payload, transport, from: nil, to: configuration.destination, at: node, flow: flow.id,
      dontFragment: configuration.dontFragment, cause: cause)
  }

  /// The address that the node's packets to `destination` come from.
  func sourceAddress(to destination: IPv4Address, at node: Int) -> IPv4Address? {
    nodes[node].routes.route(to: destination).map { nodes[node].interfaces[$0.interface].address }
  }

  mutating func echoReplied(_ message: ICMPMessage, _ datagram: Datagram, at node: Int) {
    guard let id = clients[PortKey(node: node, transport: .icmp, port: message.identifier)] else {
      drop(datagram, .noListener, "nobody waits for this echo reply", at: node)
      return
    }
    // The echo's number has 16 bits: the request meant is the one that still waits with those.
    let index = Int(id.rawValue)
    let sequence =
      flows[index].outstanding.first { UInt16(truncatingIfNeeded: $0.sequence) == message.sequenceNumber }?.sequence
    answered(id, sequence ?? UInt32(message.sequenceNumber), datagram, octets: message.body.count, at: node)
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

  mutating func receiveUDP(_ datagram: Datagram, _ header: IPv4Glance, at node: Int) {
    let bytes = Array(datagram.bytes[header.headerLength...])
    let udp: UDPHeader
    do { udp = try UDPHeader(decoding: bytes) } catch {
      drop(datagram, .malformedPayload, error.description, at: node)
      return
    }
    let length = Int(udp.length)
    guard length <= bytes.count else {
      drop(datagram, .malformedPayload, "UDP says \(length) octets and has \(bytes.count)", at: node)
      return
    }
    let whole = Array(bytes[..<length])
    guard UDPHeader.isIntact(whole, from: .v4(header.sourceAddress), to: .v4(header.destinationAddress)) else {
      drop(datagram, .badChecksum, "UDP", at: node)
      return
    }
    let payload = Array(whole[8...])
    if udp.destinationPort == 500, nodes[node].exchanges != nil {
      return receiveISAKMP(payload, datagram, header, udp, at: node)
    }
    if let id = clients[PortKey(node: node, transport: .udp, port: udp.destinationPort)] {
      let sequence = ApplicationMessage.numbers(in: payload)?.sequence ?? 0
      return answered(id, sequence, datagram, octets: payload.count, at: node)
    }
    serve(payload, udp, datagram, header, at: node)
  }

  private mutating func serve(
    _ payload: [UInt8], _ udp: UDPHeader, _ datagram: Datagram, _ header: IPv4Glance, at node: Int
  ) {
    guard let id = listener(.udp, udp.destinationPort, from: header.sourceAddress, at: node) else {
      let cause = drop(datagram, .noListener, "nobody listens at UDP port \(udp.destinationPort)", at: node)
      return sendError(.unreachable(code: 3, about: datagram.bytes), about: datagram, at: node, cause: cause)
    }
    let numbers = ApplicationMessage.numbers(in: payload)
    let cause = note(
      .application(
        .served(
          id, sequence: numbers?.sequence ?? 0, packet: datagram.packet, octets: UInt32(clamping: payload.count))),
      at: node, cause: datagram.cause)
    let configuration = flows[Int(id.rawValue)].configuration
    guard case .udpRequest(_, _, let responseSize) = configuration.pattern else { return }
    let response = ApplicationMessage.response(
      numbers?.sequence ?? 0, flow: configuration.name, size: min(numbers?.wanted ?? responseSize, responseSize))
    let answer = UDPHeader(sourcePort: udp.destinationPort, destinationPort: udp.sourcePort)
      .datagram(response, from: .v4(header.destinationAddress), to: .v4(header.sourceAddress))
    _ = send(
      answer, .udp, from: header.destinationAddress, to: header.sourceAddress, at: node,
      dontFragment: configuration.dontFragment, cause: cause)
  }
}
