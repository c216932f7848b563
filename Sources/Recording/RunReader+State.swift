import GRDB
import Journal

extension RunReader {
  /// The state of the world after an entry: the nearest snapshot before it, and what happened since. Entry 0 is the state
  /// before the first one.
  public func state(at id: EntryID) throws(RecordingError) -> WorldState {
    let last = try lastEntry()
    guard id <= last else { throw RecordingError(path: store.path, .noEntry(id, run: number, last: last)) }
    var state = try snapshot(atOrBefore: id) ?? WorldState()
    guard state.entry < id else { return state }
    try store.read { database in
      let rows = try rows(EntryID(state.entry.rawValue + 1)...id, "", false, database)
      while try rows.step() {
        // Most entries change nothing, and need not be read; the last one says where and when we are.
        if let kind = EntryRow.kind(rows), !WorldState.isChanged(by: kind), RowKey.id(rows.integer(0)) != id.rawValue {
          continue
        }
        state.apply(try EntryRow.read(rows, self))
      }
    }
    return state
  }

  /// The nearest snapshot that can be read. One of another version, or one that is damaged, is passed over: the state
  /// follows from the entries.
  private func snapshot(atOrBefore id: EntryID) throws(RecordingError) -> WorldState? {
    try store.read { database in
      let rows = try RowStatement(
        own: "SELECT key, state FROM snapshots WHERE key BETWEEN ? AND ? ORDER BY key DESC", database)
      rows.bind(RowKey.key(number, 1), at: 1)
      rows.bind(RowKey.key(number, id.rawValue), at: 2)
      while try rows.step() {
        let entry = EntryID(RowKey.id(rows.integer(0)))
        if let state = try? WorldState(encoded: rows.octets(1)), state.entry == entry { return state }
      }
      return nil
    }
  }
}
