extension DissectionWalk {
  /// What a frame begins with.
  mutating func link(_ type: LinkType, _ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    switch type {
    case .ethernet: return try ethernet(frame)
    case .linuxCooked: return try linuxCooked(.one, frame)
    case .linuxCooked2: return try linuxCooked(.two, frame)
    case .ppp, .pppHDLC: return .ppp
    case .pppWithDirection: return try directed(1, frame)
    case .pppPPPD: return try directed(2, frame)
    case .null, .loop:
      let header = try read(LoopbackHeader.self, frame)
      return header.etherType.map { .etherType($0) } ?? .data("address family \(header.family), unknown")
    case .ipv4: return .ip(.ipv4)
    case .ipv6: return .ip(.ipv6)
    case .raw, .raw12, .raw14: return try raw(frame)
    default: return .data("link type \(type.rawValue), unknown")
    }
  }

  /// PPP behind octets that the capturing program put in front: the direction, and a control octet perhaps.
  private mutating func directed(_ count: Int, _ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    try cursor.require(count, for: FrameField.direction)
    let start = cursor.position
    let direction = frame.uint8(at: start)
    let node = FieldNode(FrameField.direction.id, start..<start + 1, .unsigned, UInt64(direction))
    layers.append(
      LayerNode(kind: .frame, range: start..<start + count, fields: detail == .fields ? [node] : []))
    cursor.position += count
    return .ppp
  }

  private func raw(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    try cursor.require(1, for: IPv4Header.Field.version)
    return .ip(frame.uint8(at: cursor.position) >> 4 == 6 ? .ipv6 : .ipv4)
  }

  mutating func ethernet(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let header = try read(EthernetHeader.self, frame)
    guard header.type.isLength else { return .etherType(header.type) }
    hold(to: Int(header.type.rawValue))
    return .data("IEEE 802.2 LLC")
  }

  private mutating func linuxCooked(
    _ version: LinuxCookedHeader.Version, _ frame: borrowing RawSpan
  ) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let header = try LinuxCookedHeader(reading: frame, at: &cursor, version: version)
    layers.append(
      LayerNode(
        kind: .linuxCooked, range: start..<cursor.position,
        fields: detail == .fields ? header.fields(at: start) : []))
    return .etherType(header.protocol)
  }

  func step(for type: EtherType) -> Dissector.Step {
    switch type {
    case .ipv4: .ip(.ipv4)
    case .ipv6: .ip(.ipv6)
    case .ppp: .ppp
    case .arp: .arp
    case .transparentEthernetBridging: .link(.ethernet)
    default: .data(type.name ?? "EtherType \(hexadecimal(type.rawValue, digits: 4)), unknown")
    }
  }

  mutating func arp(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    _ = try read(ARPMessage.self, frame)
    hold(to: 0)
    return .end
  }

  mutating func ppp(_ frame: borrowing RawSpan) throws(DecodeError) -> Dissector.Step {
    let header = try read(PPPHeader.self, frame)
    switch header.protocol {
    case .ipv4: return .ip(.ipv4)
    case .ipv6: return .ip(.ipv6)
    default:
      if let family = PPPControlPacket.Family(header.protocol) { return try pppControl(family, frame) }
      return .data(header.protocol.name ?? "PPP protocol \(hexadecimal(header.protocol.rawValue, digits: 4)), unknown")
    }
  }

  /// LCP and its kin; what is behind the packet's length is padding.
  private mutating func pppControl(
    _ family: PPPControlPacket.Family, _ frame: borrowing RawSpan
  ) throws(DecodeError) -> Dissector.Step {
    let start = cursor.position
    let packet = try PPPControlPacket(reading: frame, at: &cursor, family: family)
    layers.append(
      LayerNode(
        kind: .pppControl, range: start..<cursor.position,
        fields: detail == .fields ? packet.fields(at: start) : []))
    hold(to: 0)
    return .end
  }
}
