import Foundation
import GRDB
import Journal
import Units

/// A file of recorded runs: an SQLite database in WAL mode with one writer and any number of readers, in this process
/// and in others. A file that Lockstep did not make is never altered.
public final class Store: Sendable {
  /// What the file is opened for.
  public enum Mode: Hashable, Sendable {
    /// To record; the file is made where there is none.
    case create
    /// To record into a file that exists.
    case readWrite
    /// To read only.
    case readOnly
  }

  /// The file, as the user named it.
  public let path: String
  /// What it was opened for.
  public let mode: Mode
  let reading: any DatabaseReader
  /// The one writing connection; `nil` when opened for reading.
  let writing: DatabasePool?

  /// How long another process's lock is waited for, in seconds.
  let patience: Int

  /// Opens the file at `path`, and throws a `RecordingError` with the reason where that cannot be.
  public static func open(path: String, mode: Mode) throws(RecordingError) -> Store {
    try open(path: path, mode: mode, patience: 3)
  }

  static func open(path: String, mode: Mode, patience: Int) throws(RecordingError) -> Store {
    try translating(path, patience) {
      let isNew = try StoreFile(path: path).examine(mode)
      if mode == .readOnly { return try Store(readingOnly: path, patience) }
      return try Store(writing: path, isNew: isNew, patience)
    }
  }

  private init(writing path: String, isNew: Bool, _ patience: Int) throws {
    self.path = path
    self.patience = patience
    mode = isNew ? .create : .readWrite
    var configuration = Self.configuration(patience)
    configuration.prepareDatabase { database in
      try database.execute(sql: "PRAGMA synchronous = NORMAL")
      if isNew && !database.configuration.readonly { try Schema.prepareHeader(database) }
    }
    let pool = try DatabasePool(path: StoreFile.plain(path), configuration: configuration)
    writing = pool
    reading = pool
    try pool.read { try Self.refuseNewer($0, path) }
    try Schema.migrator.migrate(pool)
    try checkTables()
  }

  private init(readingOnly path: String, _ patience: Int) throws {
    self.path = path
    self.patience = patience
    mode = .readOnly
    writing = nil
    var configuration = Self.configuration(patience)
    configuration.readonly = true
    reading = try StoreFile(path: path).openForReading(configuration)
    try reading.unsafeRead { database in
      try Self.refuseNewer(database, path)
      guard try Schema.migrator.hasCompletedMigrations(database) else { throw RecordingError(path: path, .unprepared) }
    }
    try checkTables()
  }

  private func checkTables() throws {
    guard try reading.unsafeRead({ try Schema.isOurs($0) }) else {
      throw RecordingError(path: path, .damaged("its tables are not those that Lockstep makes"))
    }
  }

  private static func configuration(_ patience: Int) -> Configuration {
    var configuration = Configuration()
    configuration.busyMode = .timeout(TimeInterval(patience))
    configuration.label = "Recording"
    configuration.prepareDatabase { database in
      database.limitLengths()
      try database.execute(sql: "PRAGMA trusted_schema = OFF")
      try database.execute(sql: "PRAGMA cell_size_check = ON")
    }
    return configuration
  }

  private static func refuseNewer(_ database: Database, _ path: String) throws {
    guard try Schema.migrator.hasBeenSuperseded(database) else { return }
    throw RecordingError(path: path, .newer(format: Int(Schema.format) + 1, known: Int(Schema.format)))
  }

  /// Gives the file back. A run that is still being recorded must be finished before.
  public func close() throws(RecordingError) {
    try access {
      // The last connection to go moves the write-ahead log into the main file and removes it: that must be the writer,
      // since those that read only cannot.
      writing?.invalidateReadOnlyConnections()
      try reading.close()
    }
  }

  /// Holds the file to so many pages, for tests of what a full disk does.
  package func limitPages(to count: Int) throws {
    try writing?.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(count)") }
  }

  /// Runs `body` and puts what SQLite says into words for people.
  func access<Value>(_ body: () throws -> Value) throws(RecordingError) -> Value {
    try translating(path, patience, body)
  }

  /// Reads through a connection that sees what was committed. Readings may be nested.
  func read<Value>(_ body: (Database) throws -> Value) throws(RecordingError) -> Value {
    try access { try reading.unsafeReentrantRead(body) }
  }
}
