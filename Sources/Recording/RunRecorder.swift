import Dispatch
import GRDB
import Journal
import Synchronization
import Units

/// Writes one run on a thread of its own. A batch is one transaction: its entries, its packets, the run's counts and
/// digest, and the state of the world where a snapshot is due are committed together or not at all.
///
/// One batch is on its way while the next one is filled; whoever hands on another one waits. So a process that is killed
/// loses the batch on its way and the one being filled, and the order of what happens never depends on the disk.
public final class RunRecorder: Sendable {
  /// The run that is being written.
  public let run: RunNumber
  /// Batches on their way at once.
  private static let window = 1

  private let store: Store
  private let pool: DatabasePool
  private let slots = DispatchSemaphore(value: window)
  private let writer: Mutex<BatchWriter>
  private let status = Mutex(Status())

  private struct Status {
    var failure: RecordingError?
    var isFinished = false
  }

  init(store: Store, pool: DatabasePool, run: RunNumber) {
    self.store = store
    self.pool = pool
    self.run = run
    writer = Mutex(BatchWriter(run: run))
  }

  deinit {
    guard !status.withLock({ $0.isFinished }) else { return }
    // The last owner may be the writing thread itself, which cannot wait for itself.
    pool.asyncWriteWithoutTransaction { [run] database in try? Self.mark(.interrupted, run, database) }
  }

  /// Takes a batch: a `JournalWriter.Sink`. Throws what an earlier batch failed with; nothing is written after that.
  public func append(_ batch: JournalBatch) throws(RecordingError) {
    if status.withLock({ $0.isFinished }) { throw RecordingError(path: store.path, .finished(run)) }
    slots.wait()
    if let failure = status.withLock({ $0.failure }) {
      slots.signal()
      throw failure
    }
    pool.asyncWriteWithoutTransaction { [self] database in
      write(batch, database)
      slots.signal()
    }
  }

  /// Waits for the last batch and marks the run as complete. `digest` is the journal's; the recording holds just that when
  /// every batch was written.
  @discardableResult
  public func finish(_ digest: JournalDigest) throws(RecordingError) -> RunSummary {
    drain()
    if let failure = status.withLock({ $0.failure }) {
      try? close(.interrupted)
      throw failure
    }
    guard writer.withLock({ $0.digest }) == digest else {
      try? close(.interrupted)
      throw RecordingError(path: store.path, .failed("the journal's digest is not that of its batches"))
    }
    try close(.complete)
    return try store.run(run)
  }

  /// Waits for the last batch and marks the run as interrupted: what a run that was stopped by hand ends with.
  public func abandon() throws(RecordingError) {
    drain()
    try close(.interrupted)
  }

  private func drain() {
    for _ in 0..<Self.window { slots.wait() }
    for _ in 0..<Self.window { slots.signal() }
  }

  private func write(_ batch: JournalBatch, _ database: Database) {
    if status.withLock({ $0.failure != nil }) { return }
    do throws(RecordingError) {
      try store.access {
        try database.inTransaction(.immediate) {
          try writer.withLock { try $0.write(batch, database) }
          return .commit
        }
      }
    } catch {
      status.withLock { $0.failure = error }
    }
  }

  private func close(_ state: RunRow.StoredState) throws(RecordingError) {
    status.withLock { $0.isFinished = true }
    try store.access {
      try pool.writeWithoutTransaction { database in try Self.mark(state, run, database) }
    }
  }

  private static func mark(_ state: RunRow.StoredState, _ run: RunNumber, _ database: Database) throws {
    let statement = try RowStatement(cached: "UPDATE runs SET state = ? WHERE number = ?", database)
    statement.bind(state.rawValue, at: 1)
    statement.bind(Int64(run.rawValue), at: 2)
    try statement.execute()
  }
}

/// What the writing thread knows of its run.
struct BatchWriter {
  let run: RunNumber
  private(set) var digest = JournalDigest.empty
  private var entries: UInt64 = 0
  private var packets: UInt64 = 0
  private var octets: UInt64 = 0
  private var snapshots = SnapshotSchedule()

  init(run: RunNumber) { self.run = run }

  mutating func write(_ batch: JournalBatch, _ database: Database) throws {
    try database.insertPackets(of: batch, run: run)
    try database.insertEntries(of: batch, run: run)
    entries += UInt64(batch.entries.count)
    packets += UInt64(batch.packets.count)
    octets += UInt64(batch.bodies.count)
    digest = batch.digest
    if let snapshot = try snapshots.add(batch) { try write(snapshot, database) }
    try writeCounts(of: batch, database)
  }

  private func write(_ snapshot: [UInt8], _ database: Database) throws {
    let statement = try RowStatement(cached: Schema.insertSnapshot, database)
    statement.bind(RowKey.key(run, entries), at: 1)
    statement.bind(snapshot, at: 2)
    try statement.execute()
  }

  private func writeCounts(of batch: JournalBatch, _ database: Database) throws {
    let statement = try RowStatement(
      cached: """
        UPDATE runs SET entries = ?, packets = ?, octets = ?, digest = ?, "end" = ?, time = coalesce(?, time) \
        WHERE number = ?
        """, database)
    statement.bind(Int64(clamping: entries), at: 1)
    statement.bind(Int64(clamping: packets), at: 2)
    statement.bind(Int64(clamping: octets), at: 3)
    statement.bind(digest.bytes, at: 4)
    if let end = snapshots.state.end { statement.bind(Int64(end.rawValue), at: 5) } else { statement.bindNull(at: 5) }
    if let last = batch.entries.last {
      statement.bind(Int64(bitPattern: last.instant.nanoseconds), at: 6)
    } else {
      statement.bindNull(at: 6)
    }
    statement.bind(Int64(run.rawValue), at: 7)
    try statement.execute()
  }
}

/// Folds the journal into the state of the world as it goes by, and says when to keep a copy. A copy costs as much as the
/// state is large, so that one is due when the journal has grown by a multiple of that: snapshots stay a small
/// part of the file however large the world is.
struct SnapshotSchedule {
  /// Octets of journal that an octet of snapshot asks for.
  private static let ratio = 8
  /// Batches between two snapshots at least: folding over them takes a few milliseconds.
  private static let spacing = 2
  private(set) var state = WorldState()
  private var octetsSince = 0
  private var octetsWanted = 0
  private var batchesSince = 0

  /// Takes a batch; gives the snapshot to be stored behind its last entry, where one is due.
  mutating func add(_ batch: JournalBatch) throws -> [UInt8]? {
    guard let last = batch.entries.last else { return nil }
    for entry in batch.entries where WorldState.isChanged(by: entry.kind) { state.apply(try batch.entry(entry)) }
    state.pass(last.id, last.instant)
    octetsSince += batch.bodies.count + 32 * batch.entries.count
    batchesSince += 1
    guard octetsSince >= octetsWanted, batchesSince >= Self.spacing, batch.entries.count == JournalWriter.batchSize
    else { return nil }
    let snapshot = state.encoded()
    octetsWanted = Self.ratio * snapshot.count
    octetsSince = 0
    batchesSince = 0
    return snapshot
  }
}
