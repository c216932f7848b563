import GRDB
import Journal

/// Compares a journal that is being simulated again with the run that is stored, to the last bit. Hand `append` to a
/// `JournalWriter` as its sink, and ask `finish` what came of it.
public final class RunVerifier {
  /// What a comparison came to.
  public struct Outcome: Hashable, Sendable {
    /// The first place at which they differ.
    public var difference: RunDifference?
    /// Entries and packets that were found to be the same.
    public var entries: UInt64
    public var packets: UInt64
    /// Whether the stored run was whole; of one that was interrupted, what is stored was compared.
    public var isComplete: Bool

    /// Whether nothing differs.
    public var isSame: Bool { difference == nil }
  }

  private let reader: RunReader
  private let last: (entry: EntryID, packet: PacketID)
  private let isComplete: Bool
  private var entries: UInt64 = 0
  private var packets: UInt64 = 0
  private var digest = JournalDigest.empty
  /// The first difference so far: whoever simulates may stop as soon as there is one.
  public private(set) var difference: RunDifference?

  /// Compares with the run of `reader`.
  public init(_ reader: RunReader) throws(RecordingError) {
    self.reader = reader
    last = (try reader.lastEntry(), try reader.lastPacket())
    isComplete = reader.summary.state == .complete
  }

  /// Takes the next batch: a `JournalWriter.Sink`.
  public func append(_ batch: JournalBatch) throws(RecordingError) {
    digest = batch.digest
    guard difference == nil else { return }
    let entry = try firstDifferingEntry(batch)
    let packet = try firstDifferingPacket(batch)
    if let packet, Self.mentions(packet.id, before: entry, batch) {
      difference = .packet(packet.id, recorded: readable(packet.id), other: batch.record(packet))
    } else if let entry {
      difference = .entry(entry.id, recorded: readable(entry.id), other: try? batch.entry(entry))
    }
  }

  /// The recorded side of a difference; `nil` where there is none, and where damage keeps it from being read.
  private func readable(_ id: EntryID) -> Entry? { (try? reader.optional(id)) ?? nil }

  private func readable(_ id: PacketID) -> PacketRecord? { (try? reader.optional(id)) ?? nil }

  /// Says what came of it; `simulated` is the digest that the journal ended with.
  public func finish(_ simulated: JournalDigest) throws(RecordingError) -> Outcome {
    if difference == nil { difference = try findRemainder() }
    if difference == nil && isComplete && reader.summary.digest != simulated {
      difference = .digest(recorded: reader.summary.digest, other: simulated)
    }
    return Outcome(difference: difference, entries: entries, packets: packets, isComplete: isComplete)
  }

  /// What is stored and was not simulated.
  private func findRemainder() throws(RecordingError) -> RunDifference? {
    if entries < last.entry.rawValue {
      let id = EntryID(entries + 1)
      return .entry(id, recorded: try reader.entry(id), other: nil)
    }
    guard packets < last.packet.rawValue else { return nil }
    let id = PacketID(packets + 1)
    return .packet(id, recorded: try reader.packet(id), other: nil)
  }

  private func firstDifferingEntry(_ batch: JournalBatch) throws(RecordingError) -> StoredEntry? {
    guard let first = batch.entries.first?.id, let end = batch.entries.last?.id else { return nil }
    return try reader.store.read { database in
      let rows = try reader.rows(first...end, "", false, database)
      for entry in batch.entries {
        if !isComplete && entry.id > last.entry { break }
        guard try rows.step(), rows.holds(entry, batch) else { return entry }
        entries = entry.id.rawValue
      }
      return nil
    }
  }

  private func firstDifferingPacket(_ batch: JournalBatch) throws(RecordingError) -> StoredPacket? {
    guard let first = batch.packets.first?.id, let end = batch.packets.last?.id else { return nil }
    return try reader.store.read { database in
      let rows = try RowStatement(
        cached: "SELECT key, creator, parents, bytes FROM packets WHERE key BETWEEN ? AND ? ORDER BY key", database)
      defer { rows.reset() }
      rows.bind(RowKey.key(reader.number, first.rawValue), at: 1)
      rows.bind(RowKey.key(reader.number, end.rawValue), at: 2)
      for packet in batch.packets {
        if !isComplete && packet.id > last.packet { break }
        guard try rows.step(), rows.holds(packet, batch) else { return packet }
        packets = packet.id.rawValue
      }
      return nil
    }
  }

  private static func mentions(_ packet: PacketID, before entry: StoredEntry?, _ batch: JournalBatch) -> Bool {
    guard let entry else { return true }
    return batch.entries.contains { $0.id < entry.id && $0.packet == packet }
  }
}

extension JournalBatch {
  fileprivate func record(_ packet: StoredPacket) -> PacketRecord {
    PacketRecord(
      id: packet.id, creator: packet.creator, parents: packet.parents, bytes: Array(bodies[packet.bytes]))
  }
}

extension RowStatement {
  /// Whether the row is the entry, bit for bit.
  fileprivate func holds(_ entry: StoredEntry, _ batch: JournalBatch) -> Bool {
    RowKey.id(integer(0)) == entry.id.rawValue
      && integer(1) == Int64(bitPattern: entry.instant.nanoseconds) && integer(2) == Int64(entry.node.rawValue)
      && integer(3) == Int64(entry.kind) && integer(4) == Int64(clamping: entry.cause?.rawValue ?? 0)
      && integer(5) == Int64(clamping: entry.packet?.rawValue ?? 0) && octets(6, equal: batch.bodies, entry.body)
  }

  /// Whether the row is the packet, bit for bit.
  fileprivate func holds(_ packet: StoredPacket, _ batch: JournalBatch) -> Bool {
    RowKey.id(integer(0)) == packet.id.rawValue && integer(1) == Int64(packet.creator.rawValue)
      && octets(2) == ParentList.encode(packet.parents) && octets(3, equal: batch.bodies, packet.bytes)
  }
}
