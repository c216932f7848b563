import Foundation
import GRDB
import GRDBSQLite
import Journal

// The one file of this room that touches SQLite's pointers. GRDB prepares, caches and owns the statements; values are
// bound and read by position, without a copy and without a dictionary of names in between.

/// A prepared statement whose values are bound and read by position.
@safe
struct RowStatement {
  /// Owns the pointer.
  private let statement: Statement
  private let pointer: OpaquePointer

  /// A statement that is used again and again, and by one user at a time.
  init(cached sql: String, _ database: Database) throws {
    self.init(try database.cachedStatement(sql: sql))
  }

  /// A statement of its own, for iterations inside which others may start.
  init(own sql: String, _ database: Database) throws {
    self.init(try database.makeStatement(sql: sql))
  }

  private init(_ statement: Statement) {
    self.statement = statement
    unsafe pointer = statement.sqliteStatement
    reset()
  }

  func reset() { unsafe sqlite3_reset(pointer) }

  func bind(_ value: Int64, at position: Int32) { unsafe sqlite3_bind_int64(pointer, position, value) }

  /// Binds a copy of the octets.
  func bind(_ octets: [UInt8], at position: Int32) {
    guard !octets.isEmpty else { return bindEmpty(at: position) }
    // -1 is SQLITE_TRANSIENT: SQLite takes a copy at once.
    let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    unsafe octets.withUnsafeBytes { bytes in
      _ = unsafe sqlite3_bind_blob64(pointer, position, bytes.baseAddress, UInt64(bytes.count), transient)
    }
  }

  /// A blob without octets: a null pointer would be stored as NULL.
  private func bindEmpty(at position: Int32) { unsafe sqlite3_bind_zeroblob(pointer, position, 0) }

  /// Binds a part of `buffer` without copying it; the buffer must stay until the statement was stepped.
  fileprivate func bind(_ buffer: UnsafeRawBufferPointer, _ range: Range<Int>, at position: Int32) {
    guard let base = buffer.baseAddress, !range.isEmpty else { return bindEmpty(at: position) }
    unsafe sqlite3_bind_blob(pointer, position, base + range.lowerBound, Int32(clamping: range.count), nil)
  }

  /// Binds an entry's columns behind position `start`; its body is bound where it lies.
  @inline(__always)
  fileprivate func bind(_ entry: StoredEntry, _ base: Int64, _ bodies: UnsafeRawBufferPointer, from start: Int32) {
    bind(base | Int64(truncatingIfNeeded: entry.id.rawValue), at: start + 1)
    bind(Int64(bitPattern: entry.instant.nanoseconds), at: start + 2)
    bind(Int64(entry.node.rawValue), at: start + 3)
    bind(Int64(entry.kind), at: start + 4)
    bind(Int64(truncatingIfNeeded: entry.cause?.rawValue ?? 0), at: start + 5)
    bind(Int64(truncatingIfNeeded: entry.packet?.rawValue ?? 0), at: start + 6)
    unsafe bind(bodies, entry.body, at: start + 7)
  }

  /// Goes to the next row; false when there is none.
  func step() throws -> Bool {
    let code = unsafe sqlite3_step(pointer)
    if code == SQLITE_ROW { return true }
    if code == SQLITE_DONE { return false }
    throw failure(code)
  }

  /// Runs a statement that gives no rows, and makes it ready for the next values.
  @inline(__always)
  func execute() throws {
    let code = unsafe sqlite3_step(pointer)
    unsafe sqlite3_reset(pointer)
    guard code == SQLITE_DONE else { throw failure(code) }
  }

  @inline(never)
  private func failure(_ code: Int32) -> DatabaseError {
    let message = unsafe String(cString: sqlite3_errmsg(sqlite3_db_handle(pointer)))
    return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
  }

  func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(pointer, column) }

  func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(pointer, column) == SQLITE_NULL }

  /// Whether the column holds an integer: SQLite stores any type in any column.
  func isInteger(_ column: Int32) -> Bool { unsafe sqlite3_column_type(pointer, column) == SQLITE_INTEGER }

  /// Whether the column holds octets.
  func isOctets(_ column: Int32) -> Bool { unsafe sqlite3_column_type(pointer, column) == SQLITE_BLOB }

  /// A copy of the column's octets.
  func octets(_ column: Int32) -> [UInt8] {
    let start = unsafe sqlite3_column_blob(pointer, column)
    let count = unsafe Int(sqlite3_column_bytes(pointer, column))
    guard let start = unsafe start, count > 0 else { return [] }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }

  /// The column's text; `nil` where it holds none, or octets that are not UTF-8.
  func text(_ column: Int32) -> String? {
    guard unsafe sqlite3_column_type(pointer, column) == SQLITE_TEXT else { return nil }
    return String(validating: octets(column), as: UTF8.self)
  }

  func bind(_ text: String, at position: Int32) {
    // -1 is SQLITE_TRANSIENT: SQLite takes a copy at once.
    let transient = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    _ = unsafe sqlite3_bind_text(pointer, position, text, Int32(clamping: text.utf8.count), transient)
  }

  func bindNull(at position: Int32) { unsafe sqlite3_bind_null(pointer, position) }

  /// Whether the column holds just the octets of `buffer` in `range`.
  func octets(_ column: Int32, equal buffer: [UInt8], _ range: Range<Int>) -> Bool {
    let start = unsafe sqlite3_column_blob(pointer, column)
    let count = unsafe Int(sqlite3_column_bytes(pointer, column))
    guard count == range.count else { return false }
    guard let start = unsafe start, count > 0 else { return range.isEmpty }
    return unsafe buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return false }
      return unsafe memcmp(start, base + range.lowerBound, count) == 0
    }
  }
}

extension Database {
  /// Inserts a batch's entries; bodies are bound where they lie.
  func insertEntries(of batch: JournalBatch, run: RunNumber) throws {
    let many = try RowStatement(cached: Schema.insertManyEntries, self)
    let one = try RowStatement(cached: Schema.insertEntry, self)
    let base = RowKey.base(run)
    try unsafe batch.bodies.withUnsafeBytes { bodies in
      var next = 0
      while next < batch.entries.count {
        let count = batch.entries.count - next < Schema.entriesInStatement ? 1 : Schema.entriesInStatement
        let statement = count == 1 ? one : many
        for row in 0..<count {
          unsafe statement.bind(batch.entries[next + row], base, bodies, from: Int32(7 * row))
        }
        try statement.execute()
        next += count
      }
    }
  }

  /// Inserts a batch's packets; their octets are bound where they lie.
  func insertPackets(of batch: JournalBatch, run: RunNumber) throws {
    let statement = try RowStatement(cached: Schema.insertPacket, self)
    let base = RowKey.base(run)
    try unsafe batch.bodies.withUnsafeBytes { bodies in
      for packet in batch.packets {
        statement.bind(base | Int64(truncatingIfNeeded: packet.id.rawValue), at: 1)
        statement.bind(Int64(packet.creator.rawValue), at: 2)
        statement.bind(ParentList.encode(packet.parents), at: 3)
        unsafe statement.bind(bodies, packet.bytes, at: 4)
        try statement.execute()
      }
    }
  }

  /// Holds what hostile files can make SQLite allocate.
  func limitLengths() {
    unsafe sqlite3_limit(sqliteConnection, SQLITE_LIMIT_LENGTH, 256 << 20)
    unsafe sqlite3_limit(sqliteConnection, SQLITE_LIMIT_ATTACHED, 0)
  }
}

/// What the main file says of itself, read without a lock and without making a file beside it.
struct FileProbe {
  var applicationID: Int64
  var userVersion: Int64
  var pageSize: Int64
  var tables: Int64

  /// Looks into the file at `path` as SQLite does, so that no lock of another connection in this process is lost, as it
  /// would be by opening and closing the file ourselves.
  init(path: String) throws {
    var connection: OpaquePointer?
    let uri = "file:\(FileProbe.escaped(path))?immutable=1"
    let code = unsafe sqlite3_open_v2(
      uri, &connection, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nil)
    defer { unsafe sqlite3_close_v2(connection) }
    guard code == SQLITE_OK else { throw unsafe FileProbe.failure(code, connection) }
    applicationID = try unsafe FileProbe.integer("PRAGMA application_id", connection)
    userVersion = try unsafe FileProbe.integer("PRAGMA user_version", connection)
    pageSize = try unsafe FileProbe.integer("PRAGMA page_size", connection)
    tables = try unsafe FileProbe.integer("SELECT count(*) FROM sqlite_schema", connection)
  }

  /// The path as a URI holds it.
  static func escaped(_ path: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
    let digits = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    for byte in path.utf8 {
      result += plain.contains(byte) ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func integer(_ sql: String, _ connection: OpaquePointer?) throws -> Int64 {
    var statement: OpaquePointer?
    defer { unsafe sqlite3_finalize(statement) }
    var code = unsafe sqlite3_prepare_v2(connection, sql, -1, &statement, nil)
    if code == SQLITE_OK { code = unsafe sqlite3_step(statement) }
    guard code == SQLITE_ROW else { throw unsafe failure(code, connection) }
    return unsafe sqlite3_column_int64(statement, 0)
  }

  private static func failure(_ code: Int32, _ connection: OpaquePointer?) -> DatabaseError {
    let message = unsafe connection.map { unsafe String(cString: sqlite3_errmsg($0)) }
    return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
  }
}
