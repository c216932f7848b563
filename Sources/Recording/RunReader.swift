import Foundation
import GRDB
import Journal
import Synchronization
import Units

/// Reads one run. Every reading sees what was committed when it began, so that a run can be read while it is recorded.
/// A row that is damaged is an error that names the run and the entry or packet.
public final class RunReader: Sendable {
  /// The file that holds the run.
  public let store: Store
  /// The run as it stood when the reader was made.
  public let summary: RunSummary
  let flows = Mutex(FlowIndex())

  init(store: Store, summary: RunSummary) {
    self.store = store
    self.summary = summary
  }

  /// The run's number.
  public var number: RunNumber { summary.number }

  /// What is known of the run before its first entry: nodes, links, flows, the scenario's text.
  public func description() throws(RecordingError) -> RunDescription {
    let octets = try column("description")
    do {
      return try JSONDecoder().decode(RunDescription.self, from: Data(octets))
    } catch {
      throw RecordingError(path: store.path, .damagedRun(number, "its description cannot be read"))
    }
  }

  /// What the fork was made with; empty where the run is none.
  public func inserts() throws(RecordingError) -> [UInt8] { try column("inserts") }

  private func column(_ name: String) throws(RecordingError) -> [UInt8] {
    try store.read { database in
      let row = try RowStatement(own: "SELECT \(name) FROM runs WHERE number = ?", database)
      row.bind(Int64(number.rawValue), at: 1)
      return try row.step() ? row.octets(0) : []
    }
  }

  /// The last entry that is stored; 0 when there is none.
  public func lastEntry() throws(RecordingError) -> EntryID { EntryID(try last(in: "entries")) }

  /// The last packet that is stored; 0 when there is none.
  public func lastPacket() throws(RecordingError) -> PacketID { PacketID(try last(in: "packets")) }

  private func last(in table: String) throws(RecordingError) -> UInt64 {
    try store.read { database in
      let row = try RowStatement(
        cached: "SELECT key FROM \(table) WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1", database)
      defer { row.reset() }
      row.bind(RowKey.key(number, 1), at: 1)
      row.bind(RowKey.key(number, .max), at: 2)
      return try row.step() ? RowKey.id(row.integer(0)) : 0
    }
  }
}

/// The columns of an entry, and how they become one.
enum EntryRow {
  static let columns = "key, time, node, kind, cause, packet, body"

  static func kind(_ row: RowStatement) -> UInt16? { UInt16(exactly: row.integer(3)) }

  static func read(_ row: RowStatement, _ reader: RunReader) throws -> Entry {
    let id = EntryID(RowKey.id(row.integer(0)))
    func damage(_ detail: String) -> RecordingError {
      RecordingError(path: reader.store.path, .damagedEntry(id, run: reader.number, detail))
    }
    guard (1...5).allSatisfy({ row.isInteger($0) }), row.isOctets(6) else { throw damage("a column has a wrong type") }
    guard let node = UInt32(exactly: row.integer(2)) else { throw damage("its node is none") }
    guard let kind = kind(row) else { throw damage("its kind is none") }
    guard let cause = UInt64(exactly: row.integer(4)), cause < id.rawValue else {
      throw damage("its cause is not an earlier entry")
    }
    do throws(BodyError) {
      let entry = Entry(
        id: id, instant: Instant(nanoseconds: UInt64(bitPattern: row.integer(1))), node: NodeID(node),
        cause: cause == 0 ? nil : EntryID(cause), event: try Event(kind: kind, body: row.octets(6)))
      guard Int64(clamping: entry.event.packet?.rawValue ?? 0) == row.integer(5) || isUnknown(entry.event) else {
        throw BodyError(offset: 0, expected: "the packet of its row")
      }
      return entry
    } catch {
      throw damage(error.description)
    }
  }

  private static func isUnknown(_ event: Event) -> Bool {
    if case .unknown = event { return true }
    return false
  }
}
