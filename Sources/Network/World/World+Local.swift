import IPsec
import Journal
import Units
import Wire

/// Datagrams that end or begin at a node: reassembly, delivery to the protocols, and what a node's own stack sends.
extension World {
  /// Whether a datagram that came from elsewhere claims to be the node's own, and is dropped for it: answered, it would
  /// be answered again by this node, and so on (RFC 1122 §3.2.1.3, RFC 1812 §5.3.7).
  mutating func isMartian(_ datagram: borrowing Datagram, _ header: IPv4Glance, at node: Int) -> Bool {
    guard nodes[node].isLocal(header.sourceAddress) else { return false }
    drop(
      datagram, .malformedHeader,
      "it came from elsewhere, and its source \(header.sourceAddress) is this node (RFC 1122 §3.2.1.3)", at: node)
    return true
  }

  /// A datagram that the node has sent to itself.
  mutating func loopedBack(_ datagram: consuming Datagram, at node: Int) {
    guard let header = try? IPv4Glance(verifying: datagram.bytes) else {
      drop(datagram, .malformedHeader, "longer than a datagram can be", at: node)
      return
    }
    deliver(datagram, header, at: node)
  }

  /// A datagram for one of the node's addresses has come in by an interface.
  mutating func receive(
    _ datagram: consuming Datagram, _ header: IPv4Glance, at node: Int, by interface: Int
  ) {
    receive(
      datagram, header, at: node, isOpened: !nodes[node].isSecured || nodes[node].interfaces[interface].isInside)
  }

  /// The same, knowing whether the IPsec boundary lies behind it.
  mutating func receive(
    _ datagram: consuming Datagram, _ header: IPv4Glance, at node: Int, isOpened: Bool
  ) {
    if header.isFragment {
      guard let whole = reassemble(datagram, at: node) else { return }
      // What was put together is a header of our own making: it can be read again.
      guard let glance = try? IPv4Glance(verifying: whole.bytes) else {
        drop(whole, .malformedHeader, "after reassembly", at: node)
        return
      }
      return receiveWhole(whole, glance, at: node, isOpened: isOpened)
    }
    receiveWhole(datagram, header, at: node, isOpened: isOpened)
  }

  private mutating func receiveWhole(
    _ datagram: consuming Datagram, _ header: IPv4Glance, at node: Int, isOpened: Bool
  ) {
    // Octets behind the datagram's end are link padding: RFC 894.
    if datagram.bytes.count > header.totalLength {
      datagram.bytes.removeLast(datagram.bytes.count - header.totalLength)
    }
    if isOpened { return deliver(datagram, header, at: node) }
    if header.protocol == .esp || header.protocol == .ah { return unprotect(datagram, at: node, depth: 0) }
    if header.protocol == .icmp, concernsOwnAssociation(datagram, header, at: node) {
      return deliver(datagram, header, at: node)
    }
    guard let passed = admitCleartext(datagram, at: node) else { return }
    deliver(passed, header, at: node)
  }

  /// Hands a datagram to the protocol that it carries.
  mutating func deliver(_ datagram: consuming Datagram, _ header: IPv4Glance, at node: Int) {
    deliveredCount += 1
    datagram.cause = note(
      .packet(.delivered(datagram.version, protocolNumber: header.protocol.rawValue)), at: node,
      cause: datagram.cause)
    switch header.protocol {
    case .icmp: receiveICMP(datagram, header, at: node)
    case .udp: receiveUDP(datagram, header, at: node)
    case .tcp: receiveTCP(datagram, header, at: node)
    default:
      let cause = drop(
        datagram, .noListener, "protocol \(header.protocol.rawValue) has no use for it here", at: node)
      sendError(.unreachable(code: 2, about: datagram.bytes), about: datagram, at: node, cause: cause)
    }
  }

  /// Sends what a node's own stack has made.
  mutating func send(
    _ payload: [UInt8], _ number: IPProtocol, from source: IPv4Address?, to destination: IPv4Address, at node: Int,
    flow: FlowID? = nil, dontFragment: Bool = false, cause: EntryID?
  ) -> PacketID? {
    guard let route = nodes[node].routes.route(to: destination) else {
      if let flow {
        note(.application(.failed(flow, why: "no route to \(destination)")), at: node, cause: cause)
      }
      return nil
    }
    var header = IPv4Header(
      from: source ?? nodes[node].interfaces[route.interface].address, to: destination, protocol: number,
      payloadLength: payload.count)
    header.identification = nodes[node].nextIdentification()
    header.dontFragment = dontFragment
    return originate(header.datagram(payload), by: route, to: destination, at: node, flow: flow, cause: cause)
  }

  /// Sends a message as a UDP datagram; in front of it there is room for the headers.
  mutating func send(
    _ message: consuming [UInt8], _ udp: UDPHeader, from source: IPv4Address, to destination: IPv4Address,
    by route: Route, at node: Int, flow: FlowID? = nil, dontFragment: Bool, cause: EntryID?
  ) {
    udp.write(over: &message, from: source, to: destination)
    IPv4Header(
      from: source, to: destination, protocol: .udp, payloadLength: 0, identification: nodes[node].nextIdentification(),
      dontFragment: dontFragment
    ).write(over: &message)
    _ = originate(message, by: route, to: destination, at: node, flow: flow, cause: cause)
  }

  /// Stores and tells of a datagram that this node has made, and sends it on its way.
  private mutating func originate(
    _ bytes: consuming [UInt8], by route: Route, to destination: IPv4Address, at node: Int, flow: FlowID?,
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
    _ datagram: consuming Datagram, by route: Route, to destination: IPv4Address, at node: Int
  ) {
    if nodes[node].isLocal(destination) {
      // By way of the queue: what a node says to itself would else lie on the stack until the last answer.
      return schedule(.loopback(node: Int32(node), flight: flights.insert(datagram)), at: now)
    }
    if nodes[node].isSecured, !nodes[node].interfaces[route.interface].isInside {
      return protect(datagram, by: route, at: node, isForwarded: false)
    }
    guard !nodes[node].learnedMTUs.isEmpty, let mtu = nodes[node].learnedMTU(to: destination, at: now),
      datagram.bytes.count > mtu
    else {
      return emit(datagram, by: route, at: node, isForwarded: false)
    }
    guard datagram.bytes[6] & 0x40 == 0 else {
      let cause = drop(datagram, .fragmentationNeeded, "the path takes \(mtu) octets", at: node)
      return tooBig(datagram, mtu: mtu, at: node, isForwarded: false, cause: cause)
    }
    for fragment in fragments(of: datagram, mtu: mtu, at: node) {
      emit(fragment, by: route, at: node, isForwarded: false)
    }
  }
}

// MARK: - Reassembly

/// What fragments of one datagram have in common: RFC 791 §3.2.
struct FragmentKey: Hashable, Sendable {
  var source: IPv4Address
  var destination: IPv4Address
  var transport: IPProtocol
  var identification: UInt16
}

extension World {
  /// Keeps a fragment until its datagram is whole.
  private mutating func reassemble(_ fragment: Datagram, at node: Int) -> Datagram? {
    guard let header = try? IPv4Header(decoding: fragment.bytes) else { return nil }
    let key = FragmentKey(
      source: header.sourceAddress, destination: header.destinationAddress, transport: header.protocol,
      identification: header.identification)
    let wasIdle = nodes[node].reassembler.nextDeadline == nil
    do {
      let outcome = try nodes[node].reassembler.accept(fragment.bytes, at: now)
      if nodes[node].fragments[key]?.contains(fragment.packet) != true {
        nodes[node].fragments[key, default: []].append(fragment.packet)
      }
      if wasIdle, let deadline = nodes[node].reassembler.nextDeadline {
        schedule(.reassembly(node: Int32(node)), at: deadline)
      }
      guard case .complete(let bytes) = outcome else { return nil }
      return whole(bytes, from: nodes[node].fragments.removeValue(forKey: key) ?? [], last: fragment, at: node)
    } catch {
      let cause = drop(fragment, Self.dropReason(error), error.description, at: node)
      if Self.givesUp(error) { abandonFragments(key, Self.dropReason(error), at: node, cause: cause) }
      return nil
    }
  }

  /// Whether what had come of the datagram goes with the fragment that was refused.
  private static func givesUp(_ refusal: IPv4Reassembler.Refusal) -> Bool {
    switch refusal {
    case .overlap, .contradictoryEnd, .tooManyFragments: true
    case .malformed, .tooLong, .raggedLength, .tooManyDatagrams, .tooManyOctets: false
    }
  }

  /// Fragments that waited for others are given up, each by name.
  @discardableResult
  private mutating func abandonFragments(
    _ key: FragmentKey, _ reason: DropReason, timeToLive: UInt8 = 0, at node: Int, cause: EntryID?
  ) -> (first: PacketID, cause: EntryID?)? {
    let pieces = nodes[node].fragments.removeValue(forKey: key) ?? []
    let entries = pieces.map { piece in
      note(
        .packet(
          .dropped(
            PacketVersion(piece, timeToLive: timeToLive), reason: reason,
            detail: "\(pieces.count) of its datagram's fragments had come")), at: node, cause: cause)
    }
    return pieces.first.map { (first: $0, cause: entries[0]) }
  }

  private static func dropReason(_ refusal: IPv4Reassembler.Refusal) -> DropReason {
    switch refusal {
    case .overlap, .contradictoryEnd: .reassemblyOverlap
    case .tooManyDatagrams, .tooManyOctets, .tooManyFragments: .reassemblyLimit
    case .malformed, .tooLong, .raggedLength: .malformedHeader
    }
  }

  /// The datagram that fragments made. Where the truth says that these are the octets that were cut, it is that packet.
  private mutating func whole(
    _ bytes: [UInt8], from pieces: [PacketID], last: Datagram, at node: Int
  ) -> Datagram {
    let known = last.ancestor.flatMap { $0.bytes.isSameDatagram(as: bytes) ? $0 : nil }
    let packet = known?.packet ?? journal.store(bytes, creator: last.creator, parents: pieces)
    let cause = note(.packet(.reassembled(packet, from: pieces)), at: node, cause: last.cause)
    return Datagram(
      bytes: bytes, packet: packet, creator: last.creator, cause: cause,
      ancestor: known.map(\.parent) ?? last.ancestor)
  }

  mutating func reassemblyDue(node: Int) {
    for expired in nodes[node].reassembler.expire(at: now) {
      let key = FragmentKey(
        source: expired.key.source, destination: expired.key.destination, transport: expired.key.protocol,
        identification: expired.key.identification)
      let dropped = abandonFragments(
        key, .reassemblyTimeout, timeToLive: expired.firstFragment?[8] ?? 0, at: node, cause: nil)
      guard let (packet, cause) = dropped else { continue }
      // RFC 1122 §3.3.2: only where the first fragment has come, since that is what is quoted.
      guard let first = expired.firstFragment else { continue }
      let quoted = Datagram(bytes: first, packet: packet, creator: nodes[node].id, cause: cause, ancestor: nil)
      sendError(.timeExceeded(code: 1, about: first), about: quoted, at: node, cause: cause)
    }
    if let deadline = nodes[node].reassembler.nextDeadline {
      schedule(.reassembly(node: Int32(node)), at: deadline)
    }
  }
}

extension [UInt8] {
  /// Whether two datagrams are the same but for the time to live and the checksum over it.
  func isSameDatagram(as other: [UInt8]) -> Bool {
    guard count == other.count, count >= 20 else { return false }
    return self[..<8] == other[..<8] && self[9] == other[9] && self[12...] == other[12...]
  }
}
