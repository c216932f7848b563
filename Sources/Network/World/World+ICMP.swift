import IPsec
import Journal
import Units
import Wire

/// ICMP at a node: echo, and errors sent and received.
extension World {
  mutating func receiveICMP(_ datagram: Datagram, _ header: IPv4Glance, at node: Int) {
    let payload = Array(datagram.bytes[header.headerLength...])
    let message: ICMPMessage
    do { message = try ICMPMessage(decoding: payload) } catch {
      drop(datagram, .malformedPayload, error.description, at: node)
      return
    }
    guard message.checksum == message.rightChecksum else {
      drop(datagram, .badChecksum, "ICMP", at: node)
      return
    }
    switch message.type {
    case .echo:
      _ = send(
        ICMPMessage.echoReply(to: message).encoded, .icmp, from: header.destinationAddress, to: header.sourceAddress,
        at: node, cause: datagram.cause)
    case .echoReply: echoReplied(message, datagram, at: node)
    case .destinationUnreachable, .timeExceeded, .parameterProblem, .sourceQuench:
      receiveError(message, datagram, header, at: node)
    default:
      drop(datagram, .noListener, "ICMP type \(message.type.rawValue) has no use here", at: node)
    }
  }

  /// Sends an ICMP error about a datagram, unless RFC 1122 §3.2.2 forbids it.
  mutating func sendError(_ message: ICMPMessage, about datagram: Datagram, at node: Int, cause: EntryID?) {
    guard let original = try? IPv4Header(decoding: datagram.bytes),
      mayComplain(about: original, datagram.bytes, at: node)
    else { return }
    _ = send(
      message.encoded, .icmp, from: sourceForError(to: original.sourceAddress, at: node), to: original.sourceAddress,
      at: node, cause: cause)
  }

  /// RFC 1122 §3.2.2: no error about an ICMP error, a later fragment, a datagram for many, or a source that is no single
  /// host.
  private func mayComplain(about original: IPv4Header, _ bytes: [UInt8], at node: Int) -> Bool {
    guard original.fragmentOffset == 0, isSingleHost(original.sourceAddress, at: node),
      !isForMany(original.destinationAddress, at: node)
    else { return false }
    guard original.protocol == .icmp, bytes.count > original.encodedLength else { return original.protocol != .icmp }
    let type = ICMPType(rawValue: bytes[original.encodedLength])
    return type == .echo || type == .echoReply || type.rawValue >= 13
  }

  /// Whether an address can be that of one host: RFC 1122 §3.2.1.3.
  private func isSingleHost(_ address: IPv4Address, at node: Int) -> Bool {
    let first = address.rawValue >> 24
    return first != 0 && first != 127 && first < 240 && !isForMany(address, at: node)
  }

  /// Whether an address is a multicast group's, or a broadcast as far as this node can tell.
  private func isForMany(_ address: IPv4Address, at node: Int) -> Bool {
    if address == .broadcast || address.rawValue >> 28 == 0xE { return true }
    return nodes[node].interfaces.contains { $0.prefix.length < 31 && $0.prefix.last == address }
  }

  /// The address that an error comes from: the one whose packets the node's policies protect on the way to `destination`,
  /// so that an error about what came out of a tunnel goes back through it; else the leaving interface's.
  private func sourceForError(to destination: IPv4Address, at node: Int) -> IPv4Address? {
    guard let security = nodes[node].security else { return nil }
    return nodes[node].addresses.first { address in
      let error = PacketSelectors(
        source: address, destination: destination, transport: .icmp, sourcePort: nil, destinationPort: nil)
      guard case .entry(let entry) = security.policies.match(outbound: error) else { return false }
      return entry.action.verdict == .apply
    }
  }

  private mutating func receiveError(
    _ message: ICMPMessage, _ datagram: Datagram, _ header: IPv4Glance, at node: Int
  ) {
    guard let quoted = try? IPv4Header(decoding: message.body) else {
      drop(datagram, .malformedPayload, "the error quotes no datagram", at: node)
      return
    }
    if message.isFragmentationNeeded { learn(message, quoted, datagram, at: node) }
    guard let flow = flow(of: quoted, message.body, at: node) else { return }
    note(
      .application(
        .errorReceived(
          flow, type: message.type.rawValue, code: message.code, packet: datagram.packet)), at: node,
      cause: datagram.cause)
    if message.isFragmentationNeeded { shrinkConnections(to: quoted.destinationAddress, at: node) }
  }

  /// The path to a destination takes no more than the message says: RFC 1191 §3, §5.
  private mutating func learn(_ message: ICMPMessage, _ quoted: IPv4Header, _ datagram: Datagram, at node: Int) {
    let said = Int(message.nextHopMTU)
    let mtu = said >= 68 ? said : Self.plateau(below: Int(quoted.totalLength))
    if quoted.protocol == .esp || quoted.protocol == .ah {
      return learnTunnelMTU(mtu, quoted, message.body, datagram, at: node)
    }
    // Anybody can send such a message: it is about what this node has sent, and never raises what is known.
    guard nodes[node].isLocal(quoted.sourceAddress), learn(mtu, to: quoted.destinationAddress, at: node) else { return }
    note(
      .packet(
        .pathMTULearned(
          destination: quoted.destinationAddress.octets, mtu: UInt32(clamping: mtu), packet: datagram.packet)),
      at: node, cause: datagram.cause)
  }

  /// Remembers a path's MTU where it is lower than what is known (RFC 1191 §3), and there is room.
  @discardableResult
  private mutating func learn(_ mtu: Int, to destination: IPv4Address, at node: Int) -> Bool {
    if let known = nodes[node].learnedMTU(to: destination, at: now), known <= mtu { return false }
    if nodes[node].learnedMTUs.count >= LearnedMTU.limit {
      let now = now
      nodes[node].learnedMTUs = nodes[node].learnedMTUs.filter { now < $0.value.learned + LearnedMTU.lifetime }
    }
    guard nodes[node].learnedMTUs.count < LearnedMTU.limit || nodes[node].learnedMTUs[destination] != nil else {
      return false
    }
    nodes[node].learnedMTUs[destination] = LearnedMTU(mtu: mtu, learned: now)
    return true
  }

  /// The next lower value of the table that RFC 1191 §7 gives for routers that name no MTU.
  static func plateau(below length: Int) -> Int {
    [65_535, 32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68].first { $0 < length } ?? 68
  }

  /// A datagram with DF does not fit: tells whoever made it.
  mutating func tooBig(_ datagram: Datagram, mtu: Int, at node: Int, isForwarded: Bool, cause: EntryID?) {
    if datagram.creator == nodes[node].id, let inner = datagram.ancestor, datagram.isProtected {
      return tunnelTooBig(datagram, inner, mtu: mtu, at: node, cause: cause)
    }
    if isForwarded {
      let message = ICMPMessage.fragmentationNeeded(nextHopMTU: UInt16(clamping: mtu), about: datagram.bytes)
      return sendError(message, about: datagram, at: node, cause: cause)
    }
    guard let header = try? IPv4Header(decoding: datagram.bytes),
      let flow = flow(of: header, datagram.bytes, at: node)
    else { return }
    learn(mtu, to: header.destinationAddress, at: node)
    note(
      .application(.errorReceived(flow, type: 3, code: 4, packet: datagram.packet)), at: node, cause: cause)
    shrinkConnections(to: header.destinationAddress, at: node)
  }
}

extension Datagram {
  /// Whether it is an ESP or AH datagram.
  var isProtected: Bool {
    guard bytes.count > 9 else { return false }
    let number = IPProtocol(rawValue: bytes[9])
    return number == .esp || number == .ah
  }
}
