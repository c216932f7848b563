import IPsec
import Journal
import Units
import Wire

/// What a node's stack is told about a datagram that it is to make.
struct DatagramOptions: Hashable, Sendable {
  /// The flow that it is a request of, for the record.
  var flow: FlowID?
  var dontFragment = false
  /// The label that it carries: RFC 1108.
  var sensitivity: Sensitivity?
}

extension DatagramOptions {
  /// For a datagram that answers, or complains of, another one: as sensitive as that (RFC 1108 §2.5).
  init(answering datagram: [UInt8]) {
    guard datagram.count >= 20, datagram[0] >> 4 == 4, datagram[0] & 0x0F > 5 else { return }
    sensitivity = (try? PacketSelectors(reading: datagram))?.sensitivity
  }
}

extension Sensitivity {
  /// The basic security option that says so: RFC 1108 §2.
  var option: [UInt8] {
    switch self {
    case .unclassified: IPv4SecurityOption(.unclassified).encoded
    case .confidential: IPv4SecurityOption(.confidential).encoded
    case .secret: IPv4SecurityOption(.secret).encoded
    case .topSecret: IPv4SecurityOption(.topSecret).encoded
    }
  }
}

/// Datagrams that end or begin at a node: delivery to the protocols, and what a node's own stack sends.
extension World {
  /// Whether a datagram that came from elsewhere claims to be the node's own, and is dropped for it: answered, it would
  /// be answered again by this node, and so on (RFC 1122 §3.2.1.3, RFC 1812 §5.3.7).
  mutating func isMartian(_ datagram: borrowing Datagram, _ header: IPGlance, at node: Int) -> Bool {
    guard nodes[node].isLocal(header.sourceAddress) else { return false }
    drop(
      datagram, .malformedHeader,
      "it came from elsewhere, and its source \(header.sourceAddress) is this node (RFC 1122 §3.2.1.3)", at: node)
    return true
  }

  /// A datagram that the node has sent to itself.
  mutating func loopedBack(_ datagram: consuming Datagram, at node: Int) {
    guard let header = try? IPGlance(verifying: datagram.bytes) else {
      drop(datagram, .malformedHeader, "longer than a datagram can be", at: node)
      return
    }
    deliver(datagram, header, at: node)
  }

  /// A datagram for one of the node's addresses has come in by an interface.
  mutating func receive(
    _ datagram: consuming Datagram, _ header: IPGlance, at node: Int, by interface: Int
  ) {
    let isOpened = !nodes[node].isSecured || nodes[node].interfaces[interface].isInside
    if header.isFragment {
      return receiveFragment(datagram, header, at: node, FragmentOrigin(isOpened: isOpened, trail: AssociationTrail()))
    }
    receiveWhole(datagram, header, at: node, isOpened: isOpened)
  }

  /// A fragment for one of the node's addresses: what came by the same way makes it whole.
  mutating func receiveFragment(_ datagram: Datagram, _ header: IPGlance, at node: Int, _ origin: FragmentOrigin) {
    guard let whole = reassemble(datagram, header, at: node, origin) else { return }
    // What was put together is a header of our own making: it can be read again.
    guard let glance = try? IPGlance(verifying: whole.bytes) else {
      drop(whole, .malformedHeader, "after reassembly", at: node)
      return
    }
    receiveWhole(whole, glance, at: node, isOpened: origin.isOpened)
  }

  private mutating func receiveWhole(
    _ datagram: consuming Datagram, _ header: IPGlance, at node: Int, isOpened: Bool
  ) {
    // Octets behind the datagram's end are link padding: RFC 894.
    if datagram.bytes.count > header.totalLength {
      datagram.bytes.removeLast(datagram.bytes.count - header.totalLength)
    }
    if isOpened { return deliver(datagram, header, at: node) }
    if header.carriesIPsec { return unprotect(datagram, openedBy: AssociationTrail(), at: node) }
    if header.carriesICMP, concernsOwnAssociation(datagram, header, at: node) {
      return deliver(datagram, header, at: node)
    }
    guard let passed = admitCleartext(datagram, at: node) else { return }
    deliver(passed, header, at: node)
  }

  /// Hands a datagram to the protocol that it carries.
  mutating func deliver(_ datagram: consuming Datagram, _ header: IPGlance, at node: Int) {
    deliveredCount += 1
    datagram.cause = note(
      .packet(.delivered(datagram.version, protocolNumber: header.protocol.rawValue)), at: node,
      cause: datagram.cause)
    switch header.protocol {
    case .icmp where !header.isIPv6: receiveICMP(datagram, header, at: node)
    case .icmpv6 where header.isIPv6: receiveICMPv6(datagram, header, at: node)
    case .udp: receiveUDP(datagram, header, at: node)
    case .tcp: receiveTCP(datagram, header, at: node)
    default:
      let cause = drop(
        datagram, .noListener, "protocol \(header.protocol.rawValue) has no use for it here", at: node)
      complain(.noProtocol(offset: header.protocolOffset), about: datagram, at: node, cause: cause)
    }
  }

  /// Sends what a node's own stack has made.
  mutating func send(
    _ payload: [UInt8], _ number: IPProtocol, from source: IPAddress?, to destination: IPAddress, at node: Int,
    _ options: DatagramOptions = DatagramOptions(), cause: EntryID?
  ) -> PacketID? {
    guard let route = nodes[node].routes.route(to: destination),
      let source = source ?? sourceAddress(to: destination, by: route, at: node),
      let bytes = datagram(payload, number, from: source, to: destination, at: node, options)
    else {
      if let flow = options.flow {
        note(.application(.failed(flow, why: "no route to \(destination)")), at: node, cause: cause)
      }
      return nil
    }
    return originate(bytes, by: route, to: destination, at: node, flow: options.flow, cause: cause)
  }

  /// The datagram around `payload`; `nil` between addresses of two families. IPv6 has no DF bit: only its source cuts.
  private mutating func datagram(
    _ payload: [UInt8], _ number: IPProtocol, from source: IPAddress, to destination: IPAddress, at node: Int,
    _ options: DatagramOptions
  ) -> [UInt8]? {
    switch (source, destination) {
    case (.v4(let source), .v4(let destination)):
      return IPv4Header(
        from: source, to: destination, protocol: number, payloadLength: payload.count,
        identification: nodes[node].nextIdentification(), dontFragment: options.dontFragment,
        options: options.sensitivity?.option ?? []
      ).datagram(payload)
    case (.v6(let source), .v6(let destination)):
      return IPv6Header(from: source, to: destination, nextHeader: number, payloadLength: payload.count).packet(payload)
    default: return nil
    }
  }

  /// Sends a message as a UDP datagram; in front of it there is room for the headers.
  mutating func send(
    _ message: consuming [UInt8], _ udp: UDPHeader, from source: IPAddress, to destination: IPAddress,
    by route: Route, at node: Int, _ options: DatagramOptions, cause: EntryID?
  ) {
    if options.sensitivity != nil {
      // The option leaves no room where it is.
      let data = Array(message[UDPHeader.headroom(to: destination)...])
      let bytes = udp.datagram(data, from: source, to: destination)
      _ = send(bytes, .udp, from: source, to: destination, at: node, options, cause: cause)
      return
    }
    udp.write(over: &message, from: source, to: destination)
    switch (source, destination) {
    case (.v4(let source), .v4(let destination)):
      IPv4Header(
        from: source, to: destination, protocol: .udp, payloadLength: 0,
        identification: nodes[node].nextIdentification(), dontFragment: options.dontFragment
      ).write(over: &message)
    case (.v6(let source), .v6(let destination)):
      IPv6Header(from: source, to: destination, nextHeader: .udp, payloadLength: 0).write(over: &message)
    default: return
    }
    _ = originate(message, by: route, to: destination, at: node, flow: options.flow, cause: cause)
  }

  /// Stores and tells of a datagram that this node has made, and sends it on its way.
  private mutating func originate(
    _ bytes: consuming [UInt8], by route: Route, to destination: IPAddress, at node: Int, flow: FlowID?,
    cause: EntryID?
  ) -> PacketID {
    let packet = journal.store(bytes, creator: nodes[node].id, parents: [])
    let origin = note(.packet(.originated(packet, flow: flow)), at: node, cause: cause)
    leave(
      Datagram(bytes: bytes, packet: packet, creator: nodes[node].id, cause: origin, ancestor: nil), by: route,
      to: destination, at: node)
    return packet
  }

  private mutating func leave(
    _ datagram: consuming Datagram, by route: Route, to destination: IPAddress, at node: Int
  ) {
    if nodes[node].isLocal(destination), !nodes[node].isBump {
      // By way of the queue: what a node says to itself would else lie on the stack until the last answer.
      return schedule(.loopback(node: Int32(node), flight: flights.insert(datagram)), at: now)
    }
    if nodes[node].isSecured, !nodes[node].interfaces[route.interface].isInside {
      if nodes[node].isBumpInTheStack { return leaveStack(datagram, by: route, to: destination, at: node) }
      return protect(datagram, by: route, at: node, isForwarded: false)
    }
    guard !nodes[node].learnedMTUs.isEmpty, let mtu = nodes[node].learnedMTU(to: destination, at: now),
      datagram.bytes.count > mtu
    else {
      return emit(datagram, by: route, at: node, isForwarded: false)
    }
    guard !datagram.bytes.mayNotBeCut else {
      let cause = drop(datagram, .fragmentationNeeded, "the path takes \(mtu) octets", at: node)
      return tooBig(datagram, mtu: mtu, by: route, at: node, isForwarded: false, cause: cause)
    }
    for fragment in fragments(of: datagram, mtu: mtu, at: node) {
      emit(fragment, by: route, at: node, isForwarded: false)
    }
  }
}
