import GRDB
import Journal
import Units

extension RunReader {
  /// Whether a walk over entries goes on.
  public enum Walk: Hashable, Sendable {
    case on
    case stop
  }

  /// One entry.
  public func entry(_ id: EntryID) throws(RecordingError) -> Entry {
    let entry: Entry? = try store.read { database in
      let row = try RowStatement(cached: "SELECT \(EntryRow.columns) FROM entries WHERE key = ?", database)
      defer { row.reset() }
      row.bind(RowKey.key(number, id.rawValue), at: 1)
      guard id.rawValue <= UInt64(RowKey.mask), id.rawValue > 0, try row.step() else { return nil }
      return try EntryRow.read(row, self)
    }
    if let entry { return entry }
    let last = try lastEntry()
    guard id.rawValue > 0, id < last else {
      throw RecordingError(path: store.path, .noEntry(id, run: number, last: last))
    }
    throw RecordingError(path: store.path, .damagedEntry(id, run: number, "its row is missing"))
  }

  /// Walks over the entries of `range` that pass the filter, in one reading: what is committed meanwhile is not seen.
  /// `body` may read other entries.
  public func walk(
    _ range: ClosedRange<EntryID>? = nil, matching filter: EntryFilter = .all, backwards: Bool = false,
    _ body: (Entry) throws -> Walk
  ) throws(RecordingError) {
    guard let range = try narrow(range, filter) else { return }
    if filter.flow != nil { try extendFlows() }
    try store.read { database in
      let rows = try rows(range, filter.conditions, backwards, database)
      var expected = range.lowerBound.rawValue
      while try rows.step() {
        let entry = try EntryRow.read(rows, self)
        // A gap means that a row was lost; it shows only where no condition leaves rows out.
        if filter.conditions.isEmpty, !backwards, entry.id.rawValue != expected {
          throw RecordingError(path: store.path, .damagedEntry(EntryID(expected), run: number, "its row is missing"))
        }
        expected = entry.id.rawValue + 1
        if let flow = filter.flow, !belongs(entry.event, to: flow) { continue }
        if try body(entry) == .stop { break }
      }
    }
  }

  func rows(
    _ range: ClosedRange<EntryID>, _ conditions: String, _ backwards: Bool, _ database: Database
  ) throws -> RowStatement {
    let rows = try RowStatement(
      own: """
        SELECT \(EntryRow.columns) FROM entries WHERE key BETWEEN ? AND ?\(conditions) \
        ORDER BY key \(backwards ? "DESC" : "ASC")
        """, database)
    rows.bind(RowKey.key(number, range.lowerBound.rawValue), at: 1)
    rows.bind(RowKey.key(number, range.upperBound.rawValue), at: 2)
    return rows
  }

  /// The entries of `range` that pass the filter, `limit` at most.
  public func entries(
    _ range: ClosedRange<EntryID>? = nil, matching filter: EntryFilter = .all, limit: Int = .max
  ) throws(RecordingError) -> [Entry] {
    var found: [Entry] = []
    guard limit > 0 else { return found }
    try walk(range, matching: filter) { entry in
      found.append(entry)
      return found.count < limit ? .on : .stop
    }
    return found
  }

  /// The first entry behind `id` that passes the filter.
  public func next(after id: EntryID, matching filter: EntryFilter = .all) throws(RecordingError) -> Entry? {
    guard id.rawValue < UInt64(RowKey.mask) else { return nil }
    return try first(in: EntryID(id.rawValue + 1)...EntryID(UInt64(RowKey.mask)), filter, backwards: false)
  }

  /// The last entry before `id` that passes the filter.
  public func previous(before id: EntryID, matching filter: EntryFilter = .all) throws(RecordingError) -> Entry? {
    guard id.rawValue > 1 else { return nil }
    return try first(in: EntryID(1)...EntryID(id.rawValue - 1), filter, backwards: true)
  }

  private func first(
    in range: ClosedRange<EntryID>, _ filter: EntryFilter, backwards: Bool
  ) throws(RecordingError) -> Entry? {
    var found: Entry?
    try walk(range, matching: filter, backwards: backwards) { entry in
      found = entry
      return .stop
    }
    return found
  }

  /// The entry and what it follows from, up to what the scenario itself set going; `limit` entries at most.
  public func causes(of id: EntryID, limit: Int = 1_000) throws(RecordingError) -> [Entry] {
    var chain = [try entry(id)]
    // A cause is always an earlier entry (reading makes sure of it), so that this ends.
    while chain.count < limit, let cause = chain[chain.count - 1].cause { chain.append(try entry(cause)) }
    return chain
  }

  /// What followed from the entry at once, `limit` entries at most.
  public func children(of id: EntryID, limit: Int = .max) throws(RecordingError) -> [Entry] {
    guard id.rawValue < UInt64(RowKey.mask) else { return [] }
    let behind = EntryID(id.rawValue + 1)...EntryID(UInt64(RowKey.mask))
    return try entries(behind, matching: EntryFilter(cause: id), limit: limit)
  }

  /// The part of `range` that is stored and lies between the filter's moments; `nil` where nothing does.
  private func narrow(
    _ range: ClosedRange<EntryID>?, _ filter: EntryFilter
  ) throws(RecordingError) -> ClosedRange<EntryID>? {
    let last = try lastEntry().rawValue
    var lower = max(range?.lowerBound.rawValue ?? 1, 1)
    var upper = min(range?.upperBound.rawValue ?? last, last)
    if let earliest = filter.earliest { lower = max(lower, try firstEntry(at: earliest, last)) }
    if let latest = filter.latest, latest != .distantFuture {
      upper = min(upper, try firstEntry(at: latest + SimDuration(nanoseconds: 1), last) - 1)
    }
    return lower <= upper ? EntryID(lower)...EntryID(upper) : nil
  }

  /// The first entry at `instant` or later, one past the last where there is none: entries lie in the order of time.
  private func firstEntry(at instant: Instant, _ last: UInt64) throws(RecordingError) -> UInt64 {
    var lower: UInt64 = 1
    var upper = last + 1
    while lower < upper {
      let middle = lower + (upper - lower) / 2
      if try entry(EntryID(middle)).instant < instant { lower = middle + 1 } else { upper = middle }
    }
    return lower
  }
}
