import Journal

/// The first place at which two journals are not the same. A side that ends before is `nil`.
public enum RunDifference: Hashable, Sendable {
  /// An entry differs.
  case entry(EntryID, recorded: Entry?, other: Entry?)
  /// A packet differs, in its octets, its creator or what it was made from, and no entry before its first mention does.
  case packet(PacketID, recorded: PacketRecord?, other: PacketRecord?)
  /// All entries and packets are the same, and the digests are not: the run's own row was changed.
  case digest(recorded: JournalDigest, other: JournalDigest)
}

extension RunReader {
  /// Where this run and another one differ first, of entries and packets that either holds; `nil` where they are the same.
  public func firstDifference(with other: RunReader) throws(RecordingError) -> RunDifference? {
    let entry = try firstDifferingEntry(other)
    let packet = try firstDifferingPacket(other)
    if let packet, try mentions(packet, before: entry) {
      return .packet(packet, recorded: try optional(packet), other: try other.optional(packet))
    }
    if let entry { return .entry(entry, recorded: try optional(entry), other: try other.optional(entry)) }
    return nil
  }

  private func firstDifferingEntry(_ other: RunReader) throws(RecordingError) -> EntryID? {
    let last = (mine: try lastEntry().rawValue, theirs: try other.lastEntry().rawValue)
    let id = try firstDifference(other, 1...max(last.mine, last.theirs, 1)) { reader, range throws(RecordingError) in
      try reader.rawEntries(range)
    }
    return id.map { EntryID($0) }
  }

  private func firstDifferingPacket(_ other: RunReader) throws(RecordingError) -> PacketID? {
    let last = (mine: try lastPacket().rawValue, theirs: try other.lastPacket().rawValue)
    let id = try firstDifference(other, 1...max(last.mine, last.theirs, 1)) { reader, range throws(RecordingError) in
      try reader.rawPackets(range)
    }
    return id.map { PacketID($0) }
  }

  /// Goes through both in stretches, and gives the number of the first row that is not the same on both sides.
  private func firstDifference(
    _ other: RunReader, _ range: ClosedRange<UInt64>,
    _ rows: (RunReader, ClosedRange<UInt64>) throws(RecordingError) -> [RawRow]
  ) throws(RecordingError) -> UInt64? {
    var lower = range.lowerBound
    while lower <= range.upperBound {
      let stretch = lower...min(lower + 4_095, range.upperBound)
      let mine = try rows(self, stretch)
      let theirs = try rows(other, stretch)
      if mine != theirs {
        let shared = zip(mine, theirs).prefix { $0 == $1 }.count
        return min(Self.id(mine, shared), Self.id(theirs, shared))
      }
      lower = stretch.upperBound + 1
    }
    return nil
  }

  private static func id(_ rows: [RawRow], _ index: Int) -> UInt64 {
    index < rows.count ? rows[index].id : .max
  }

  /// Whether the packet is spoken of before an entry; `nil` stands for the end of the run.
  private func mentions(_ packet: PacketID, before entry: EntryID?) throws(RecordingError) -> Bool {
    guard let entry else { return true }
    guard entry.rawValue > 1 else { return false }
    let before = EntryID(1)...EntryID(entry.rawValue - 1)
    return try !entries(before, matching: EntryFilter(packet: packet), limit: 1).isEmpty
  }

  func optional(_ id: EntryID) throws(RecordingError) -> Entry? { try lastEntry() < id ? nil : try entry(id) }

  func optional(_ id: PacketID) throws(RecordingError) -> PacketRecord? { try lastPacket() < id ? nil : try packet(id) }
}

/// A row as it lies in the file, to be compared.
struct RawRow: Hashable, Sendable {
  var id: UInt64
  var columns: [Int64]
  var octets: [[UInt8]]
}

extension RunReader {
  fileprivate func rawEntries(_ range: ClosedRange<UInt64>) throws(RecordingError) -> [RawRow] {
    let sql = "SELECT key, time, node, kind, cause, packet, body FROM entries WHERE key BETWEEN ? AND ? ORDER BY key"
    return try rawRows(sql, range) { row in
      RawRow(id: RowKey.id(row.integer(0)), columns: (1...5).map { row.integer($0) }, octets: [row.octets(6)])
    }
  }

  fileprivate func rawPackets(_ range: ClosedRange<UInt64>) throws(RecordingError) -> [RawRow] {
    let sql = "SELECT key, creator, parents, bytes FROM packets WHERE key BETWEEN ? AND ? ORDER BY key"
    return try rawRows(sql, range) { row in
      RawRow(id: RowKey.id(row.integer(0)), columns: [row.integer(1)], octets: [row.octets(2), row.octets(3)])
    }
  }

  private func rawRows(
    _ sql: String, _ range: ClosedRange<UInt64>, _ read: (RowStatement) -> RawRow
  ) throws(RecordingError) -> [RawRow] {
    try store.read { database in
      let rows = try RowStatement(cached: sql, database)
      defer { rows.reset() }
      rows.bind(RowKey.key(number, range.lowerBound), at: 1)
      rows.bind(RowKey.key(number, range.upperBound), at: 2)
      var found: [RawRow] = []
      while try rows.step() { found.append(read(rows)) }
      return found
    }
  }
}
