extension DissectionWalk {
  /// A header by its IP protocol number.
  mutating func header(_ number: IPProtocol, _ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    switch number {
    case .ipv4: return try ipv4(frame)
    case .ipv6: return try ipv6(frame)
    case .hopByHop: return .ip(try read(IPv6HopByHopHeader.self, frame).nextHeader)
    case .ipv6DestinationOptions: return .ip(try read(IPv6DestinationOptionsHeader.self, frame).nextHeader)
    case .ipv6Routing: return .ip(try read(IPv6RoutingHeader.self, frame).nextHeader)
    case .ipv6Fragment: return try ipv6Fragment(frame)
    case .icmp: return try icmp(frame)
    case .icmpv6: return try icmpv6(frame)
    case .udp: return try udp(frame)
    case .tcp: return try tcp(frame)
    case .esp: return try esp(frame)
    case .ah: return try ah(frame)
    case .ipcomp: return try ipcomp(frame)
    case .gre: return try gre(frame)
    case .noNextHeader: return .data("nothing that a header names")
    default: return .data(number.name ?? "IP protocol \(number.rawValue), unknown")
    }
  }

  private mutating func ipv4(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let header = try read(IPv4Header.self, frame)
    enter(from: .v4(header.sourceAddress), to: .v4(header.destinationAddress))
    do throws(DecodeError) {
      var held = cursor
      try header.holdToPayload(&held)
      hold(to: held.remaining)
    } catch { cutShort(error) }
    datagram = start..<cursor.end
    if header.isFragment { isWhole = false }
    guard header.fragmentOffset == 0 else {
      return fragment(of: header.protocol, at: header.payloadOffset)
    }
    return .ip(header.protocol)
  }

  private mutating func ipv6(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let header = try read(IPv6Header.self, frame)
    enter(from: .v6(header.sourceAddress), to: .v6(header.destinationAddress))
    if Int(header.payloadLength) <= cursor.remaining {
      hold(to: Int(header.payloadLength))
    } else {
      cutShort(
        IPv6Header.Field.payloadLength.invalidLength(
          Int(header.payloadLength), limit: cursor.remaining, at: start + 4))
    }
    datagram = start..<cursor.end
    return .ip(header.nextHeader)
  }

  private mutating func enter(from source: IPAddress, to destination: IPAddress) {
    context.source = source
    context.destination = destination
    isWhole = true
    ports = nil
  }

  /// The datagram is longer than what is here: what is here is shown, and the fault noted, unless ICMP quotes it, which
  /// may cut it off.
  private mutating func cutShort(_ fault: DecodeError) {
    isWhole = false
    if !isQuotation { note(fault) }
  }

  private func fragment(of number: IPProtocol, at offset: Int) -> Dissector.Step {
    .data("fragment of \(number.name ?? "IP protocol \(number.rawValue)") from octet \(offset) on")
  }

  private mutating func ipv6Fragment(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let header = try read(IPv6FragmentHeader.self, frame)
    if header.moreFragments || header.fragmentOffset != 0 { isWhole = false }
    return header.fragmentOffset == 0
      ? .ip(header.nextHeader) : fragment(of: header.nextHeader, at: Int(header.fragmentOffset) * 8)
  }

  // MARK: - What IPsec protects

  private mutating func esp(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let header = try read(ESPHeader.self, frame)
    let body = cursor.position..<cursor.end
    let layer = layers.count - 1
    layers[layer].range = start..<cursor.end
    if !body.isEmpty, detail == .fields {
      layers[layer].fields.append(.octets(ESPHeader.Field.payloadData, body, of: bytes, .protected))
    }
    protect(.esp(header), from: start)
    return .end
  }

  private mutating func ah(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let header = try read(AuthenticationHeader.self, frame)
    protect(.ah(header), from: start)
    return .ip(header.nextHeader)
  }

  private mutating func ipcomp(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let header = try read(IPCompHeader.self, frame)
    protect(.ipcomp(header), from: start)
    return .data("compressed \(header.nextHeader.name ?? "IP protocol \(header.nextHeader.rawValue)")")
  }

  // MARK: - Tunnels

  private mutating func gre(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let header = try read(GREHeader.self, frame)
    if header.checksum != nil, isWhole, !isQuotation, detail == .fields {
      judge(GREHeader.Field.checksum, sum: InternetChecksum.of(frame, start..<cursor.end))
    }
    return step(for: header.protocolType)
  }
}
