import GRDB

/// The tables of a recording and how older files become newer ones.
///
/// Entries and packets have one integer key that holds the run and the number within it, and no other index: a second
/// one would cost a third of the writing (performance.md §5). Rows of a run lie together and in order.
enum Schema {
  /// `LkSt`: what marks a file as ours in SQLite's header.
  static let applicationID: Int64 = 0x4C6B_5374
  /// The format of this version: how many migrations it knows. Also in SQLite's header.
  static let format: Int64 = 1
  static let pageSize = 16_384

  static let tables: [(name: String, sql: String)] = [
    (
      "runs",
      """
      CREATE TABLE runs (number INTEGER PRIMARY KEY, scenario TEXT NOT NULL, seed INTEGER NOT NULL, \
      description BLOB NOT NULL, created INTEGER NOT NULL, parent INTEGER REFERENCES runs (number), \
      inserts BLOB NOT NULL, writer TEXT NOT NULL, state INTEGER NOT NULL, entries INTEGER NOT NULL, \
      packets INTEGER NOT NULL, octets INTEGER NOT NULL, time INTEGER NOT NULL, digest BLOB NOT NULL, "end" INTEGER)
      """
    ),
    (
      "entries",
      """
      CREATE TABLE entries (key INTEGER PRIMARY KEY, time INTEGER NOT NULL, node INTEGER NOT NULL, \
      kind INTEGER NOT NULL, cause INTEGER NOT NULL, packet INTEGER NOT NULL, body BLOB NOT NULL)
      """
    ),
    (
      "packets",
      """
      CREATE TABLE packets (key INTEGER PRIMARY KEY, creator INTEGER NOT NULL, parents BLOB NOT NULL, \
      bytes BLOB NOT NULL)
      """
    ),
    ("snapshots", "CREATE TABLE snapshots (key INTEGER PRIMARY KEY, state BLOB NOT NULL)"),
  ]

  static let insertEntry = insertEntries(1)
  /// Entries that go into one statement where so many are left: what a statement costs beside its rows is then shared.
  static let entriesInStatement = 16
  static let insertManyEntries = insertEntries(entriesInStatement)

  /// OR FAIL, since a statement of many rows would else keep the old pages to undo itself; the transaction does that.
  private static func insertEntries(_ count: Int) -> String {
    let rows = repeatElement("(?, ?, ?, ?, ?, ?, ?)", count: count).joined(separator: ", ")
    return "INSERT OR FAIL INTO entries (key, time, node, kind, cause, packet, body) VALUES \(rows)"
  }

  static let insertPacket = "INSERT INTO packets (key, creator, parents, bytes) VALUES (?, ?, ?, ?)"
  static let insertSnapshot = "INSERT INTO snapshots (key, state) VALUES (?, ?)"

  /// Every step from an empty file to the format of this version; append only.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: runs, entries, packets, snapshots") { database in
      for table in tables { try database.execute(sql: table.sql) }
    }
    return migrator
  }

  /// Sets what must stand in the file's header before its first table.
  static func prepareHeader(_ database: Database) throws {
    try database.execute(sql: "PRAGMA page_size = \(pageSize)")
    try database.execute(sql: "PRAGMA auto_vacuum = NONE")
    try database.execute(sql: "PRAGMA application_id = \(applicationID)")
    try database.execute(sql: "PRAGMA user_version = \(format)")
  }

  /// Whether the tables are those that Lockstep makes: a file may carry our mark and anything else.
  static func isOurs(_ database: Database) throws -> Bool {
    let rows = try RowStatement(own: "SELECT type, name, sql FROM sqlite_schema", database)
    var found: [String: String] = [:]
    while try rows.step() {
      guard let type = rows.text(0), let name = rows.text(1), type != "trigger", type != "view" else { return false }
      if type == "table" { found[name] = rows.text(2) }
    }
    return tables.allSatisfy { found[$0.name] == $0.sql }
  }
}
