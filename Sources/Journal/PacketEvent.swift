import Units

/// What can happen to a packet.
public enum PacketEvent: Hashable, Sendable {
  /// A node's own stack made it.
  case originated(PacketID, flow: FlowID?)
  /// It left a node by a link and will arrive at the other end at `arrival`.
  case transmitted(PacketVersion, link: LinkID, from: NodeID, to: NodeID, arrival: Instant)
  /// It reached its destination and was handed to the protocol there.
  case delivered(PacketVersion, protocolNumber: UInt8)
  /// It went no further.
  case dropped(PacketVersion, reason: DropReason, detail: String)
  /// It was cut into pieces that fit `mtu` octets.
  case fragmented(PacketID, into: [PacketID], mtu: UInt32)
  /// Its pieces were put together again.
  case reassembled(PacketID, from: [PacketID])
  /// The link made a second copy.
  case duplicated(PacketVersion, link: LinkID)
  /// It waits for a security association.
  case held(PacketID, policy: String)
  /// It waits no longer.
  case released(PacketID, policy: String)
  /// The node has learned how large a packet to `destination` may be (RFC 1191, RFC 2401 §6.1).
  case pathMTULearned(destination: [UInt8], mtu: UInt32, packet: PacketID?)

  var code: UInt8 {
    switch self {
    case .originated: 1
    case .transmitted: 2
    case .delivered: 3
    case .dropped: 4
    case .fragmented: 5
    case .reassembled: 6
    case .duplicated: 7
    case .held: 8
    case .released: 9
    case .pathMTULearned: 10
    }
  }

  /// The packet that it happened to.
  public var packet: PacketID? {
    switch self {
    case .originated(let packet, _), .fragmented(let packet, _, _), .reassembled(let packet, _),
      .held(let packet, _), .released(let packet, _):
      packet
    case .transmitted(let version, _, _, _, _), .delivered(let version, _), .dropped(let version, _, _),
      .duplicated(let version, _):
      version.packet
    case .pathMTULearned(_, _, let packet): packet
    }
  }

  func write(to writer: inout BodyWriter) {
    switch self {
    case .originated(let packet, let flow):
      writer.unsigned(packet.rawValue)
      writer.optional(flow) { $0.unsigned($1.rawValue) }
    case .transmitted(let version, let link, let from, let to, let arrival):
      writer.version(version)
      writer.unsigned(link.rawValue)
      writer.unsigned(from.rawValue)
      writer.unsigned(to.rawValue)
      writer.unsigned(arrival.nanoseconds)
    case .delivered(let version, let number):
      writer.version(version)
      writer.unsigned(number)
    case .dropped(let version, let reason, let detail):
      writer.version(version)
      writer.unsigned(reason.rawValue)
      writer.text(detail)
    case .fragmented(let packet, let pieces, let mtu):
      writer.unsigned(packet.rawValue)
      writer.list(pieces) { $0.unsigned($1.rawValue) }
      writer.unsigned(mtu)
    case .reassembled(let packet, let pieces):
      writer.unsigned(packet.rawValue)
      writer.list(pieces) { $0.unsigned($1.rawValue) }
    case .duplicated(let version, let link):
      writer.version(version)
      writer.unsigned(link.rawValue)
    case .held(let packet, let policy), .released(let packet, let policy):
      writer.unsigned(packet.rawValue)
      writer.text(policy)
    case .pathMTULearned(let destination, let mtu, let packet):
      writer.octets(destination)
      writer.unsigned(mtu)
      writer.optional(packet) { $0.unsigned($1.rawValue) }
    }
  }

  init?(code: UInt8, reading reader: inout BodyReader) throws(BodyError) {
    switch code {
    case 1:
      self = .originated(
        try reader.packet(), flow: try reader.optional { r throws(BodyError) in FlowID(try r.unsigned()) })
    case 2:
      self = .transmitted(
        try reader.version(), link: LinkID(try reader.unsigned()), from: NodeID(try reader.unsigned()),
        to: NodeID(try reader.unsigned()), arrival: Instant(nanoseconds: try reader.unsigned()))
    case 3: self = .delivered(try reader.version(), protocolNumber: try reader.unsigned())
    case 4:
      self = .dropped(try reader.version(), reason: try reader.dropReason(), detail: try reader.text())
    case 5:
      self = .fragmented(try reader.packet(), into: try reader.packets(), mtu: try reader.unsigned())
    case 6: self = .reassembled(try reader.packet(), from: try reader.packets())
    case 7: self = .duplicated(try reader.version(), link: LinkID(try reader.unsigned()))
    case 8: self = .held(try reader.packet(), policy: try reader.text())
    case 9: self = .released(try reader.packet(), policy: try reader.text())
    case 10:
      self = .pathMTULearned(
        destination: try reader.octets(), mtu: try reader.unsigned(),
        packet: try reader.optional { r throws(BodyError) in try r.packet() })
    default: return nil
    }
  }
}

extension BodyWriter {
  mutating func version(_ version: PacketVersion) {
    unsigned(version.packet.rawValue)
    unsigned(version.timeToLive)
  }
}

extension BodyReader {
  mutating func packet() throws(BodyError) -> PacketID { PacketID(try unsigned()) }

  mutating func packets() throws(BodyError) -> [PacketID] {
    try list { r throws(BodyError) in try r.packet() }
  }

  mutating func version() throws(BodyError) -> PacketVersion {
    PacketVersion(try packet(), timeToLive: try unsigned())
  }

  mutating func dropReason() throws(BodyError) -> DropReason {
    guard let reason = DropReason(rawValue: try unsigned()) else {
      throw BodyError(offset: position, expected: "a drop reason that this version knows")
    }
    return reason
  }
}
