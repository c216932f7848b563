import GRDB
import Journal
import Wire

extension RunReader {
  /// A packet with its octets as they were made.
  public func packet(_ id: PacketID) throws(RecordingError) -> PacketRecord {
    let found: PacketRecord? = try store.read { database in
      let row = try RowStatement(cached: "SELECT creator, parents, bytes FROM packets WHERE key = ?", database)
      defer { row.reset() }
      row.bind(RowKey.key(number, id.rawValue), at: 1)
      guard id.rawValue <= UInt64(RowKey.mask), id.rawValue > 0, try row.step() else { return nil }
      return try read(row, id)
    }
    if let found { return found }
    let last = try lastPacket()
    guard id.rawValue > 0, id < last else {
      throw RecordingError(path: store.path, .noPacket(id, run: number, last: last))
    }
    throw RecordingError(path: store.path, .damagedPacket(id, run: number, "its row is missing"))
  }

  private func read(_ row: RowStatement, _ id: PacketID) throws(RecordingError) -> PacketRecord {
    func damage(_ detail: String) -> RecordingError {
      RecordingError(path: store.path, .damagedPacket(id, run: number, detail))
    }
    guard row.isInteger(0), row.isOctets(1), row.isOctets(2) else { throw damage("a column has a wrong type") }
    guard let creator = UInt32(exactly: row.integer(0)) else { throw damage("its creator is none") }
    let parents = try parents(row.octets(1), id)
    guard parents.allSatisfy({ $0 < id && $0.rawValue > 0 }) else { throw damage("a parent is not an earlier packet") }
    return PacketRecord(id: id, creator: NodeID(creator), parents: parents, bytes: row.octets(2))
  }

  /// A packet's octets as one hop saw them.
  public func bytes(of version: PacketVersion) throws(RecordingError) -> [UInt8] {
    version.bytes(of: try packet(version.packet).bytes)
  }
}

extension PacketVersion {
  /// The stored octets with this version's time to live. What forwarding changes follows from it: the header checksum of
  /// IPv4 (RFC 791 §3.1), nothing more of IPv6 (RFC 2460 §3). Octets that are neither stay as they are.
  func bytes(of stored: [UInt8]) -> [UInt8] {
    guard let first = stored.first else { return stored }
    var bytes = stored
    switch first >> 4 {
    case 4 where stored.count >= 20 && stored[8] != timeToLive:
      let old = UInt16(stored[8]) << 8 | UInt16(stored[9])
      let checksum = UInt16(stored[10]) << 8 | UInt16(stored[11])
      let mended = InternetChecksum.updated(checksum, replacing: old, by: old & 0xFF | UInt16(timeToLive) << 8)
      bytes[8] = timeToLive
      bytes[10] = UInt8(truncatingIfNeeded: mended >> 8)
      bytes[11] = UInt8(truncatingIfNeeded: mended)
    case 6 where stored.count >= 40: bytes[7] = timeToLive
    default: break
    }
    return bytes
  }
}
