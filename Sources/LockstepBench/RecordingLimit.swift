import GRDBSQLite
import Journal

/// What recording is held against: SQLite's C interface with the tables and pragmas of a recording, values bound by
/// position, blobs bound where they lie.
@safe
final class RecordingLimit {
  struct Failure: Error {
    var code: Int32
  }

  private var connection: OpaquePointer?
  private var statement: OpaquePointer?
  private var packets: OpaquePointer?
  private static let rowsInTransaction = 10_000

  init(path: String) throws {
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    try check(unsafe sqlite3_open_v2(path, &connection, flags, nil))
    for sql in [
      "PRAGMA page_size = 16384", "PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL",
      """
      CREATE TABLE entries (key INTEGER PRIMARY KEY, time INTEGER NOT NULL, node INTEGER NOT NULL, \
      kind INTEGER NOT NULL, cause INTEGER NOT NULL, packet INTEGER NOT NULL, body BLOB NOT NULL)
      """,
      """
      CREATE TABLE packets (key INTEGER PRIMARY KEY, creator INTEGER NOT NULL, parents BLOB NOT NULL, \
      bytes BLOB NOT NULL)
      """,
    ] {
      try execute(sql)
    }
    let insert = "INSERT INTO entries (key, time, node, kind, cause, packet, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
    try check(unsafe sqlite3_prepare_v2(connection, insert, -1, &statement, nil))
    let packet = "INSERT INTO packets (key, creator, parents, bytes) VALUES (?, ?, zeroblob(0), ?)"
    try check(unsafe sqlite3_prepare_v2(connection, packet, -1, &packets, nil))
  }

  deinit {
    unsafe sqlite3_finalize(statement)
    unsafe sqlite3_finalize(packets)
    unsafe sqlite3_close_v2(connection)
  }

  func insert(_ batches: [JournalBatch]) throws {
    var pending = 0
    try execute("BEGIN")
    for batch in batches {
      try unsafe batch.bodies.withUnsafeBytes { bodies in
        for packet in batch.packets { try unsafe insert(packet, bodies) }
        pending += batch.packets.count
        for entry in batch.entries { try unsafe insert(entry, bodies) }
        pending += batch.entries.count
        if pending >= Self.rowsInTransaction {
          try execute("COMMIT; BEGIN")
          pending = 0
        }
      }
    }
    try execute("COMMIT")
  }

  @inline(__always)
  private func insert(_ packet: StoredPacket, _ bodies: UnsafeRawBufferPointer) throws {
    unsafe sqlite3_bind_int64(packets, 1, 1 << 40 | Int64(truncatingIfNeeded: packet.id.rawValue))
    unsafe sqlite3_bind_int64(packets, 2, Int64(packet.creator.rawValue))
    let bytes = unsafe bodies.baseAddress.map { unsafe $0 + packet.bytes.lowerBound }
    unsafe sqlite3_bind_blob(packets, 3, bytes, Int32(packet.bytes.count), nil)
    let code = unsafe sqlite3_step(packets)
    unsafe sqlite3_reset(packets)
    guard code == SQLITE_DONE else { throw Failure(code: code) }
  }

  @inline(__always)
  private func insert(_ entry: StoredEntry, _ bodies: UnsafeRawBufferPointer) throws {
    unsafe sqlite3_bind_int64(statement, 1, 1 << 40 | Int64(truncatingIfNeeded: entry.id.rawValue))
    unsafe sqlite3_bind_int64(statement, 2, Int64(bitPattern: entry.instant.nanoseconds))
    unsafe sqlite3_bind_int64(statement, 3, Int64(entry.node.rawValue))
    unsafe sqlite3_bind_int64(statement, 4, Int64(entry.kind))
    unsafe sqlite3_bind_int64(statement, 5, Int64(truncatingIfNeeded: entry.cause?.rawValue ?? 0))
    unsafe sqlite3_bind_int64(statement, 6, Int64(truncatingIfNeeded: entry.packet?.rawValue ?? 0))
    let body = unsafe bodies.baseAddress.map { unsafe $0 + entry.body.lowerBound }
    unsafe sqlite3_bind_blob(statement, 7, body, Int32(entry.body.count), nil)
    let code = unsafe sqlite3_step(statement)
    unsafe sqlite3_reset(statement)
    guard code == SQLITE_DONE else { throw Failure(code: code) }
  }

  func count() throws -> Int {
    var rows: OpaquePointer?
    try check(unsafe sqlite3_prepare_v2(connection, "SELECT count(*) FROM entries", -1, &rows, nil))
    defer { unsafe sqlite3_finalize(rows) }
    guard unsafe sqlite3_step(rows) == SQLITE_ROW else { throw Failure(code: SQLITE_ERROR) }
    return unsafe Int(sqlite3_column_int64(rows, 0))
  }

  private func execute(_ sql: String) throws { try check(unsafe sqlite3_exec(connection, sql, nil, nil, nil)) }

  private func check(_ code: Int32) throws {
    guard code == SQLITE_OK else { throw Failure(code: code) }
  }
}
