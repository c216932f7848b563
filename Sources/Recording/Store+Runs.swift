import Foundation
import GRDB
import Journal
import Units

extension Store {
  /// The file's runs in their order.
  public func runs() throws(RecordingError) -> [RunSummary] {
    try read { database in
      let rows = try RowStatement(own: "\(RunRow.select) ORDER BY number", database)
      var runs: [RunSummary] = []
      while try rows.step() { runs.append(try RunRow(rows, path: path).summary) }
      return runs
    }
  }

  /// One run.
  public func run(_ number: RunNumber) throws(RecordingError) -> RunSummary { try row(of: number).summary }

  /// The run that was begun last: what `last` stands for.
  public func lastRun() throws(RecordingError) -> RunNumber {
    let last = try read { database in
      let rows = try RowStatement(own: "SELECT max(number) FROM runs", database)
      return try rows.step() ? rows.integer(0) : 0
    }
    guard last > 0, let number = UInt32(exactly: last) else { throw RecordingError(path: path, .noRuns) }
    return RunNumber(number)
  }

  /// Opens a run for reading.
  public func reader(of number: RunNumber) throws(RecordingError) -> RunReader {
    RunReader(store: self, summary: try run(number))
  }

  /// Begins a run. `createdAt` is for people who look for it later, and is part of nothing that is compared; `parent` and
  /// `inserts` say what a fork was made from.
  public func record(
    _ description: RunDescription, createdAt: Int64, parent: RunNumber? = nil, inserts: [UInt8] = []
  ) throws(RecordingError) -> RunRecorder {
    guard let writing else { throw RecordingError(path: path, .notWritable) }
    let number = try access {
      let encoded = try RunRow.encode(description)
      return try writing.write { database in
        try RunRow.insert(description, encoded, createdAt, parent, inserts, database)
      }
    }
    return RunRecorder(store: self, pool: writing, run: number)
  }

  func row(of number: RunNumber) throws(RecordingError) -> RunRow {
    let row: RunRow? = try read { database in
      let rows = try RowStatement(own: "\(RunRow.select) WHERE number = ?", database)
      rows.bind(Int64(number.rawValue), at: 1)
      return try rows.step() ? try RunRow(rows, path: path) : nil
    }
    if let row { return row }
    throw RecordingError(path: path, .noRun(number, last: try lastRun()))
  }
}

/// A row of table `runs`.
struct RunRow {
  enum StoredState: Int64 {
    case recording = 0
    case complete = 1
    case interrupted = 2
  }

  static let select = """
    SELECT number, scenario, seed, created, parent, writer, state, entries, packets, octets, time, digest, "end" FROM runs
    """

  var summary: RunSummary

  init(_ row: RowStatement, path: String) throws {
    let number = RunNumber(UInt32(clamping: row.integer(0)))
    func damage(_ detail: String) -> RecordingError { RecordingError(path: path, .damagedRun(number, detail)) }
    guard let scenario = row.text(1), let writer = row.text(5) else { throw damage("its row holds no text") }
    guard let state = StoredState(rawValue: row.integer(6)) else { throw damage("its state is none") }
    guard row.isOctets(11), row.octets(11).count == 32 else { throw damage("its digest is not 32 octets") }
    summary = RunSummary(
      number: number, scenario: scenario, seed: UInt64(bitPattern: row.integer(2)),
      state: Self.state(state, writer), createdAt: row.integer(3),
      parent: row.isNull(4) ? nil : RunNumber(UInt32(clamping: row.integer(4))),
      entries: UInt64(clamping: row.integer(7)), packets: UInt64(clamping: row.integer(8)),
      octets: UInt64(clamping: row.integer(9)), lastInstant: Instant(nanoseconds: UInt64(bitPattern: row.integer(10))),
      digest: JournalDigest(bytes: row.octets(11)),
      end: row.isNull(12) ? nil : RunEnd(rawValue: UInt8(clamping: row.integer(12))))
  }

  private static func state(_ stored: StoredState, _ writer: String) -> RunState {
    switch stored {
    case .complete: .complete
    case .interrupted: .interrupted
    case .recording: WriterIdentity(writer)?.isAlive == true ? .recording : .interrupted
    }
  }

  static func encode(_ description: RunDescription) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(description))
  }

  static func insert(
    _ description: RunDescription, _ encoded: [UInt8], _ created: Int64, _ parent: RunNumber?, _ inserts: [UInt8],
    _ database: Database
  ) throws -> RunNumber {
    let statement = try RowStatement(
      own: """
        INSERT INTO runs (scenario, seed, description, created, parent, inserts, writer, state, entries, packets, octets, \
        time, digest) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, zeroblob(32))
        """, database)
    statement.bind(description.scenario, at: 1)
    statement.bind(Int64(bitPattern: description.seed), at: 2)
    statement.bind(encoded, at: 3)
    statement.bind(created, at: 4)
    if let parent { statement.bind(Int64(parent.rawValue), at: 5) } else { statement.bindNull(at: 5) }
    statement.bind(inserts, at: 6)
    statement.bind(WriterIdentity.current().text, at: 7)
    try statement.execute()
    return RunNumber(UInt32(clamping: database.lastInsertedRowID))
  }
}
