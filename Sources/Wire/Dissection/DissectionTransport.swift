extension DissectionWalk {
  mutating func icmp(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let end = cursor.end
    let message = try read(ICMPMessage.self, frame)
    if !isWhole || isQuotation { judgeNothing(ICMPMessage.Field.checksum) }
    guard message.type.isError else { return .end }
    return quote(from: start + 8, to: end, as: .ipv4)
  }

  mutating func icmpv6(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let end = cursor.end
    let message = try read(ICMPv6Message.self, frame)
    judgeSum(ICMPv6Message.Field.checksum, .icmpv6, frame, start..<end)
    guard message.type.isError, end - start > 8 else { return .end }
    return quote(from: start + 8, to: end, as: .ipv6)
  }

  /// Goes on with the beginning of a datagram that an ICMP error quotes.
  private mutating func quote(from start: Int, to end: Int, as number: IPProtocol) -> Dissector.Step {
    let layer = layers.count - 1
    layers[layer].range = layers[layer].range.lowerBound..<start
    cursor = Cursor(position: start, end: end)
    isQuotation = true
    return start < end ? .ip(number) : .end
  }

  mutating func tcp(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    // ICMP need quote no more than ports and sequence number: that is less than a header.
    if isQuotation, cursor.remaining < 20 { return .data("the beginning of a TCP header") }
    _ = try read(TCPHeader.self, frame)
    judgeSum(TCPHeader.Field.checksum, .tcp, frame, start..<cursor.end)
    return .data("TCP data")
  }

  mutating func udp(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let header = try read(UDPHeader.self, frame)
    ports = UDPPorts(source: header.sourcePort, destination: header.destinationPort)
    if header.payloadLength <= cursor.remaining {
      hold(to: header.payloadLength)
    } else if isWhole, !isQuotation {
      note(UDPHeader.Field.length.invalidLength(Int(header.length), limit: cursor.end - start, at: start + 4))
    }
    if header.checksum != 0 { judgeSum(UDPHeader.Field.checksum, .udp, frame, start..<cursor.end) }
    return ports.map { .udpPayload($0) } ?? .end
  }

  /// Judges a checksum over pseudo header and `range`, where all of it is here.
  private mutating func judgeSum(
    _ field: some HeaderField, _ number: IPProtocol, _ frame: borrowing RawSpan, _ range: Range<Int>
  ) {
    guard detail == .fields, isWhole, !isQuotation, let source = context.source, let destination = context.destination
    else { return }
    var sum = InternetChecksum.pseudoHeader(
      from: source, to: destination, protocol: number, length: range.count)
    sum.add(frame, range)
    judge(field, sum: sum.checksum)
  }

  /// Takes back a verdict on a checksum: not all that it covers is here.
  private mutating func judgeNothing(_ field: some HeaderField) {
    remark(field, .coversMore)
  }

  // MARK: - What UDP carries

  mutating func udpPayload(_ ports: UDPPorts, _ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    if cursor.remaining == 0 { return .end }
    for upper in Self.upperLayers where ports.contains(upper.port) { return try upper.step(&self, frame) }
    return .data(
      Self.portNames.first { ports.contains($0.port) }.map { "\($0.name), not looked into" } ?? "UDP data")
  }

  private typealias Upper = @Sendable (inout DissectionWalk, borrowing RawSpan) throws(DecodeError) -> Dissector.Step

  /// What is known to follow UDP, by port: a new protocol adds its line here. Either port will do, since a NAT changes the
  /// initiator's as it likes (RFC 3947 §4). 4500 comes first: where the other one happens to be 500, the zeros tell.
  private static let upperLayers: [(port: UInt16, step: Upper)] = [
    (4500, { (walk, frame) throws(DecodeError) in try walk.natTraversal(frame) }),
    (500, { (walk, frame) throws(DecodeError) in try walk.natOr500(frame) }),
    (1701, { (_, _) throws(DecodeError) in .l2tp }),
  ]

  private static let portNames: [(port: UInt16, name: String)] = [
    (53, "DNS"), (520, "RIP"), (67, "DHCP"), (68, "DHCP"),
  ]

  private func isKeepalive(_ frame: borrowing RawSpan) -> Bool {
    cursor.remaining == 1 && frame.uint8(at: cursor.position) == 0xFF
  }

  private mutating func natOr500(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    guard isKeepalive(frame) else { return .isakmp }
    _ = try read(NATKeepalive.self, frame)
    return .end
  }

  /// Whether a message to or from port 500, whose other port a NAT made 4500, fills its datagram.
  private func isISAKMPOn500(_ frame: borrowing RawSpan) -> Bool {
    guard let ports, ports.contains(500), cursor.remaining >= ISAKMPHeader.encodedLength else { return false }
    return Int(frame.uint32(at: cursor.position + 24)) == cursor.remaining
  }

  /// ESP, or ISAKMP behind four zeros, or a keepalive. RFC 3948 §2.
  private mutating func natTraversal(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    if isKeepalive(frame) { return try natOr500(frame) }
    guard cursor.remaining >= 4 else { return .data("too short for ESP or ISAKMP") }
    guard frame.uint32(at: cursor.position) == 0 else { return isISAKMPOn500(frame) ? .isakmp : .ip(.esp) }
    _ = try read(NonESPMarker.self, frame)
    return .isakmp
  }

  mutating func isakmp(_ frame: borrowing RawSpan) -> Dissector.Step {
    let start = cursor.position
    let message = Dissector.isakmp(frame, bytes, at: &cursor, detail)
    layers.append(message.layer)
    if let body = message.encryptedBody { protect(.isakmp(body: body), from: start) }
    return .end
  }

  mutating func l2tp(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let header = try read(L2TPHeader.self, frame)
    if let length = header.length { try holdL2TP(Int(length), from: start) }
    guard header.isControl else { return .ppp }
    let layer = layers.count - 1
    while cursor.remaining > 0 {
      let position = cursor.position
      let pair = try L2TPAttributeValuePair(reading: frame, at: &cursor)
      if detail == .fields { layers[layer].fields.append(pair.node(at: position)) }
      layers[layer].range = start..<cursor.position
    }
    layers[layer].fields = layers[layer].fields.numbered()
    return .end
  }

  private mutating func holdL2TP(_ length: Int, from start: Int) throws(DecodeError) {
    guard (cursor.position...cursor.end).contains(start + length) else {
      let limit = start + length < cursor.position ? cursor.position - start : cursor.end - start
      throw L2TPHeader.Field.length.invalidLength(length, limit: limit, at: start + 2)
    }
    hold(to: start + length - cursor.position)
  }
}
