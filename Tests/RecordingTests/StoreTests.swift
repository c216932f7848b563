import Foundation
import GRDB
import Journal
import JournalSamples
import Testing

@testable import Recording

@Suite struct StoreTests {
  @Test func aNewFileIsOursAndHoldsNoRuns() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    #expect(try store.runs() == [])
    #expect(
      workspace.refusal { _ = try store.lastRun() } == """
        runs.sqlite: error: there is no run in this recording yet; expected one at least; run a scenario first
        """)
    try store.close()
    let queue = try DatabaseQueue(path: workspace.path())
    for (pragma, value) in [("application_id", 0x4C6B_5374), ("user_version", 1), ("page_size", 16_384)] {
      #expect(try queue.read { try Int.fetchOne($0, sql: "PRAGMA \(pragma)") } == value, "\(pragma)")
    }
    #expect(try queue.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
  }

  @Test func nothingIsMadeForReading() throws {
    let workspace = try Workspace()
    let text = """
      runs.sqlite: error: there is no such file; expected a recording that `lockstep run` made; run a scenario first, or \
      name another file with --db
      """
    #expect(workspace.refusal(.readOnly) == text)
    #expect(workspace.refusal(.readWrite) == text)
    #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.folder) == [])
  }

  @Test func aFolderThatIsMissing() throws {
    #expect(
      try Workspace().refusal(.create, "no/runs.sqlite") == """
        no/runs.sqlite: error: there is no folder to put this file into; expected a folder that exists; make the folder, or \
        name another file with --db
        """)
  }

  @Test(arguments: [Store.Mode.create, .readWrite, .readOnly]) func aDirectory(_ mode: Store.Mode) throws {
    let workspace = try Workspace()
    try FileManager.default.createDirectory(atPath: workspace.path(), withIntermediateDirectories: false)
    #expect(
      workspace.refusal(mode) == """
        runs.sqlite: error: this is a directory; expected a file; name a file inside it with --db
        """)
  }

  @Test(arguments: [Store.Mode.create, .readWrite, .readOnly]) func garbageIsLeftAsItIs(_ mode: Store.Mode) throws {
    for octets in [[1], Array("nodes:\n  alice: {}\n".utf8), [UInt8](repeating: 0xA5, count: 50_000)] {
      let workspace = try Workspace()
      try workspace.write(octets)
      #expect(
        workspace.refusal(mode) == """
          runs.sqlite: error: this is not an SQLite database; expected a recording that `lockstep run` made; the file was \
          left as it is; name another one with --db
          """)
      #expect(try workspace.read() == octets)
      #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.folder) == ["runs.sqlite"])
    }
  }

  @Test(arguments: [Store.Mode.create, .readWrite, .readOnly], ["delete", "wal"])
  func anotherApplicationsDatabaseIsLeftAsItIs(_ mode: Store.Mode, _ journal: String) throws {
    let workspace = try Workspace()
    try workspace.execute(
      "PRAGMA journal_mode = \(journal); CREATE TABLE runs (number INTEGER); INSERT INTO runs VALUES (1)")
    let octets = try workspace.read()
    #expect(
      workspace.refusal(mode) == """
        runs.sqlite: error: this SQLite database belongs to another application; expected a recording that `lockstep run` \
        made; the file was left as it is; name another one with --db
        """)
    #expect(try workspace.read() == octets)
    #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.folder) == ["runs.sqlite"])
  }

  @Test func aFileThatWasNeverFinishedBeingMade() throws {
    let workspace = try Workspace()
    try workspace.execute("PRAGMA application_id = \(Schema.applicationID); PRAGMA user_version = 1; VACUUM")
    #expect(
      workspace.refusal(.readOnly) == """
        runs.sqlite: error: this recording was never finished being made; expected a recording \
        that `lockstep run` made; record a run into it first, or name another file with --db
        """)
    try workspace.record(SampleJournal(seed: .max, entries: 10))
    #expect(try workspace.open(.readOnly).runs().map { $0.seed } == [.max])
    #expect(try workspace.open(.readOnly).reader(of: RunNumber(1)).description().seed == .max)
  }

  @Test func anEmptyFileIsTakenForANewOne() throws {
    let workspace = try Workspace()
    try workspace.write([])
    #expect(workspace.refusal(.readOnly)?.contains("this recording was never finished being made") == true)
    try workspace.record(SampleJournal(seed: 1, entries: 10))
    #expect(try workspace.open(.readOnly).runs().count == 1)
  }

  @Test(arguments: [Store.Mode.create, .readWrite, .readOnly]) func aNewerFormatIsLeftAsItIs(_ mode: Store.Mode) throws
  {
    let workspace = try Workspace()
    try workspace.record(SampleJournal(seed: 1, entries: 10))
    try workspace.execute("PRAGMA user_version = 7")
    let octets = try workspace.read()
    #expect(
      workspace.refusal(mode) == """
        runs.sqlite: error: this recording was made by a newer Lockstep (format 7); expected format 1 or an older one; \
        update Lockstep; the file was left as it is
        """)
    #expect(try workspace.read() == octets)
  }

  @Test func aMigrationThatNobodyKnowsIsANewerFormat() throws {
    let workspace = try Workspace()
    try workspace.record(SampleJournal(seed: 1, entries: 10))
    try workspace.execute("INSERT INTO grdb_migrations VALUES ('2: something')")
    for mode in [Store.Mode.create, .readOnly] {
      #expect(workspace.refusal(mode)?.contains("made by a newer Lockstep (format 2)") == true)
    }
  }

  @Test func tablesThatWereChangedAreDamage() throws {
    for sql in [
      "DROP TABLE snapshots", "ALTER TABLE entries ADD COLUMN more", "CREATE VIEW v AS SELECT 1",
      "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM runs; END",
    ] {
      let workspace = try Workspace()
      try workspace.record(SampleJournal(seed: 1, entries: 10))
      try workspace.execute(sql)
      #expect(
        workspace.refusal(.readOnly) == """
          runs.sqlite: error: this recording is damaged (its tables are not those that Lockstep makes); expected a whole \
          SQLite database; restore a copy, or save what is left with `sqlite3 FILE .recover`; the file was left as it is
          """, "\(sql)")
    }
  }

  @Test func aTruncatedFileIsDamage() throws {
    let workspace = try Workspace()
    try workspace.record(SampleJournal(seed: 1, entries: 5_000))
    let octets = try workspace.read()
    for count in [octets.count - 1, octets.count / 2, 16_384, 20_000, 512, 100] {
      try workspace.write(Array(octets[..<count]))
      for mode in [Store.Mode.readOnly, .create] {
        let text = try #require(workspace.refusal(mode), "\(count)")
        #expect(text.hasPrefix("runs.sqlite: error: this "), "\(count): \(text)")
        #expect(text.contains("is damaged") || text.contains("not an SQLite database"), "\(count): \(text)")
        #expect(try workspace.read().count == count)
      }
    }
  }

  @Test func aDamagedPageIsMetWhileReading() throws {
    let workspace = try Workspace()
    let run = try workspace.record(SampleJournal(seed: 1, entries: 5_000))
    var octets = try workspace.read()
    for position in 16_384 * 6..<octets.count { octets[position] = 0xA5 }
    try workspace.write(octets)
    let text = workspace.refusal {
      let reader = try workspace.open(.readOnly).reader(of: run.number)
      try reader.walk { _ in .on }
    }
    #expect(
      text == """
        runs.sqlite: error: this recording is damaged (database disk image is malformed); expected a whole SQLite database; \
        restore a copy, or save what is left with `sqlite3 FILE .recover`; the file was left as it is
        """)
  }

  @Test func anotherWriterIsWaitedForAndThenNamed() throws {
    let workspace = try Workspace()
    try workspace.record(SampleJournal(seed: 1, entries: 10))
    let store = try Store.open(path: workspace.path(), mode: .create, patience: 1)
    let other = try DatabaseQueue(path: workspace.path())
    try other.inDatabase { database in
      try database.execute(sql: "BEGIN IMMEDIATE")
      defer { try? database.execute(sql: "ROLLBACK") }
      #expect(
        workspace.refusal { _ = try store.record(SampleJournal(seed: 1, entries: 1).description, createdAt: 0) } == """
          runs.sqlite: error: another process holds this file; expected to get hold of it within 1 s; wait until the other \
          process is done, or name another file with --db
          """)
      #expect(try store.runs().count == 1, "readers go on")
    }
  }

  @Test func whatIsOpenForReadingRecordsNothing() throws {
    let workspace = try Workspace()
    try workspace.record(SampleJournal(seed: 1, entries: 10))
    let store = try workspace.open(.readOnly)
    #expect(
      workspace.refusal { _ = try store.record(SampleJournal(seed: 1, entries: 1).description, createdAt: 0) } == """
        runs.sqlite: error: this file cannot be written; expected permission to write the file and its folder; change the \
        permissions, or name another file with --db
        """)
  }

  @Test func aRunThatIsNotThere() throws {
    let workspace = try Workspace()
    try workspace.record(SampleJournal(seed: 1, entries: 10))
    #expect(
      workspace.refusal { _ = try workspace.open(.readOnly).run(RunNumber(4)) } == """
        runs.sqlite: error: there is no run 4; expected a number from 1 to 1, or `last`; `lockstep list` shows the runs
        """)
  }

  @Test func namesThatSQLiteWouldReadOtherwise() throws {
    for name in ["file:x?mode=memory", ":memory:", "a b%20#?.sqlite", "ü.sqlite"] {
      let workspace = try Workspace()
      let store = try Store.open(path: workspace.path(name), mode: .create)
      try store.close()
      #expect(FileManager.default.fileExists(atPath: workspace.path(name)), "\(name)")
      #expect(try Store.open(path: workspace.path(name), mode: .readOnly).runs() == [])
    }
    #expect(StoreFile.plain(":memory:") == "./:memory:")
  }

  @Test func noEscapeSequenceReachesATerminal() {
    let error = RecordingError(path: "a\u{1B}[31m\n.sqlite", .failed("x\u{7}"))
    #expect(
      error.description == """
        a\\u{1b}[31m\\u{a}.sqlite: error: reading or writing failed (x\\u{7}); expected a file on a disk that works; try \
        again, or name another file with --db
        """)
  }
}
