import IPsec
import Journal
import Units
import Wire

/// What a node complains of to the source of a datagram.
enum Complaint: Hashable, Sendable {
  case noRoute
  /// Nobody on the last link has the address, or nobody negotiates an association to it.
  case noNeighbour
  /// The protocol has no use here; where the octet stands that names it.
  case noProtocol(offset: Int)
  case noPort
  case hopsExceeded
  case fragmentsMissing
  /// It may not be cut, and so many octets would pass.
  case tooBig(mtu: Int)

  /// How IPv4 says so: RFC 792, RFC 1191 §4.
  func message(about datagram: [UInt8]) -> ICMPMessage {
    switch self {
    case .noRoute: .unreachable(code: 0, about: datagram)
    case .noNeighbour: .unreachable(code: 1, about: datagram)
    case .noProtocol: .unreachable(code: 2, about: datagram)
    case .noPort: .unreachable(code: 3, about: datagram)
    case .hopsExceeded: .timeExceeded(about: datagram)
    case .fragmentsMissing: .timeExceeded(code: 1, about: datagram)
    case .tooBig(let mtu): .fragmentationNeeded(nextHopMTU: UInt16(clamping: mtu), about: datagram)
    }
  }

  /// How IPv6 says so: RFC 2463 §3.
  func messageIPv6(about packet: [UInt8]) -> ICMPv6Message {
    switch self {
    case .noRoute: .unreachable(code: 0, about: packet)
    case .noNeighbour: .unreachable(code: 3, about: packet)
    case .noProtocol(let offset): .parameterProblem(code: 1, pointer: offset, about: packet)
    case .noPort: .unreachable(code: 4, about: packet)
    case .hopsExceeded: .timeExceeded(about: packet)
    case .fragmentsMissing: .timeExceeded(code: 1, about: packet)
    case .tooBig(let mtu): .packetTooBig(mtu: UInt32(clamping: mtu), about: packet)
    }
  }
}

/// ICMP at a node, of both families: echo, and errors sent.
extension World {
  mutating func receiveICMP(_ datagram: Datagram, _ header: IPGlance, at node: Int) {
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
        at: node, DatagramOptions(answering: datagram.bytes), cause: datagram.cause)
    case .echoReply:
      echoReplied(message.identifier, message.sequenceNumber, octets: message.body.count, datagram, at: node)
    case .destinationUnreachable, .timeExceeded, .parameterProblem, .sourceQuench:
      receiveError(ErrorReport(message), datagram, at: node)
    default:
      drop(datagram, .noListener, "ICMP type \(message.type.rawValue) has no use here", at: node)
    }
  }

  mutating func receiveICMPv6(_ datagram: Datagram, _ header: IPGlance, at node: Int) {
    let payload = Array(datagram.bytes[header.headerLength...])
    let message: ICMPv6Message
    do { message = try ICMPv6Message(decoding: payload) } catch {
      drop(datagram, .malformedPayload, error.description, at: node)
      return
    }
    let sum = ICMPv6Message.checksum(of: payload, from: header.sourceAddress, to: header.destinationAddress)
    guard sum == 0 else {
      drop(datagram, .badChecksum, "ICMPv6", at: node)
      return
    }
    if let report = ErrorReport(message) { return receiveError(report, datagram, at: node) }
    switch (message.type, header.sourceAddress, header.destinationAddress) {
    case (.echoRequest, .v6(let peer), .v6(let own)):
      send(.echoReply(to: message), from: own, to: peer, at: node, cause: datagram.cause)
    case (.echoReply, _, _):
      guard let identifier = message.identifier, let number = message.sequenceNumber else { fallthrough }
      echoReplied(identifier, number, octets: message.echoData.count, datagram, at: node)
    default:
      drop(datagram, .noListener, "ICMPv6 type \(message.type.rawValue) has no use here", at: node)
    }
  }

  /// Sends an ICMPv6 message; without `source` from the address that goes with the way to `destination`.
  mutating func send(
    _ message: ICMPv6Message, from source: IPv6Address?, to destination: IPv6Address, at node: Int,
    _ options: DatagramOptions = DatagramOptions(), cause: EntryID?
  ) {
    let own = source.map(IPAddress.v6) ?? sourceAddress(to: .v6(destination), at: node)
    var message = message
    if case .v6(let address)? = own { message = message.sealed(from: address, to: destination) }
    _ = send(message.encoded, .icmpv6, from: own, to: .v6(destination), at: node, options, cause: cause)
  }

  /// Tells the source of a datagram what became of it, unless RFC 1122 §3.2.2 or RFC 2463 §2.4 forbids it.
  mutating func complain(_ complaint: Complaint, about datagram: Datagram, at node: Int, cause: EntryID?) {
    if datagram.bytes.isIPv6 { return complainIPv6(complaint, about: datagram, at: node, cause: cause) }
    guard let original = try? IPv4Header(decoding: datagram.bytes),
      mayComplain(about: original, datagram.bytes, at: node)
    else { return }
    let source = IPAddress.v4(original.sourceAddress)
    _ = send(
      complaint.message(about: datagram.bytes).encoded, .icmp,
      from: sourceForError(to: source, about: .v4(original.destinationAddress), at: node), to: source,
      at: node, DatagramOptions(answering: datagram.bytes), cause: cause)
  }

  private mutating func complainIPv6(_ complaint: Complaint, about datagram: Datagram, at node: Int, cause: EntryID?) {
    let message = complaint.messageIPv6(about: datagram.bytes)
    guard message.mayBeSent(about: datagram.bytes), let original = try? IPv6Header(decoding: datagram.bytes) else {
      return
    }
    var source: IPv6Address?
    let about = IPAddress.v6(original.destinationAddress)
    if case .v6(let own)? = sourceForError(to: .v6(original.sourceAddress), about: about, at: node) { source = own }
    send(message, from: source, to: original.sourceAddress, at: node, cause: cause)
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
    return nodes[node].interfaces.contains { interface in
      interface.addresses.contains {
        !$0.prefix.isIPv6 && $0.prefix.length < 31 && $0.prefix.last == .v4(address)
      }
    }
  }

  /// The address that an error comes from: the one whose packets the node's policies protect on the way to `destination`,
  /// so that an error about what came out of a tunnel goes back through it; else the leaving interface's.
  private func sourceForError(to destination: IPAddress, about original: IPAddress, at node: Int) -> IPAddress? {
    // A bump in the wire has no address: it speaks as the one that the datagram was for.
    if nodes[node].isBump { return original }
    guard let security = nodes[node].security else { return nil }
    return nodes[node].addresses.first { address in
      guard address.isIPv6 == destination.isIPv6 else { return false }
      let error = PacketSelectors(
        source: address, destination: destination, transport: address.isIPv6 ? .icmpv6 : .icmp)
      guard case .entry(let entry) = security.policies.match(outbound: error) else { return false }
      return entry.action.verdict == .apply
    }
  }
}
