import GRDBSQLite
import Units

/// What recording a run is held against: SQLite's C interface and a row with the datagram's octets for each link crossed,
/// as a capture on every link would hold them.
@safe
final class CrossingRows {
  private var connection: OpaquePointer?
  private var statement: OpaquePointer?
  private(set) var count = 0
  private static let rowsInTransaction = 10_000

  init(path: String) throws {
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    try check(unsafe sqlite3_open_v2(path, &connection, flags, nil))
    for sql in [
      "PRAGMA page_size = 16384", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL",
      "CREATE TABLE crossings (key INTEGER PRIMARY KEY, time INTEGER, node INTEGER, kind INTEGER, octets BLOB)",
      "BEGIN",
    ] {
      try execute(sql)
    }
    let insert = "INSERT INTO crossings (key, time, node, kind, octets) VALUES (?, ?, ?, ?, ?)"
    try check(unsafe sqlite3_prepare_v2(connection, insert, -1, &statement, nil))
  }

  deinit {
    unsafe sqlite3_finalize(statement)
    unsafe sqlite3_close_v2(connection)
  }

  func add(_ node: Int, _ time: Instant, _ octets: [UInt8]) throws {
    count += 1
    unsafe sqlite3_bind_int64(statement, 1, Int64(count))
    unsafe sqlite3_bind_int64(statement, 2, Int64(bitPattern: time.nanoseconds))
    unsafe sqlite3_bind_int64(statement, 3, Int64(node))
    unsafe sqlite3_bind_int64(statement, 4, 0x0102)
    let code = unsafe octets.withUnsafeBytes { octets in
      unsafe sqlite3_bind_blob(statement, 5, octets.baseAddress, Int32(octets.count), nil)
      return unsafe sqlite3_step(statement)
    }
    unsafe sqlite3_reset(statement)
    guard code == SQLITE_DONE else { throw RecordingLimit.Failure(code: code) }
    if count.isMultiple(of: Self.rowsInTransaction) { try execute("COMMIT; BEGIN") }
  }

  func finish() throws { try execute("COMMIT") }

  private func execute(_ sql: String) throws { try check(unsafe sqlite3_exec(connection, sql, nil, nil, nil)) }

  private func check(_ code: Int32) throws {
    guard code == SQLITE_OK else { throw RecordingLimit.Failure(code: code) }
  }
}
