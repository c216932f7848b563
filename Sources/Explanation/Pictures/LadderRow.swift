import Journal
import Units

/// One row of a ladder, before it is drawn.
struct LadderRow: Hashable, Sendable {
  enum Shape: Hashable, Sendable {
    /// From one column to another.
    case arrow(from: Int, to: Int)
    /// From one column on the way to another one, where it never came.
    case lost(from: Int, to: Int)
    /// Something at one column.
    case note(at: Int)
  }

  var shape: Shape
  var instant: Instant
  var entry: EntryID
  var label: String
}

/// Finds the arrows of a ladder in a journal. A packet that crosses nodes without a column is one arrow between the columns
/// that it left and reached.
struct LadderTracer {
  /// Where a chain of causes was last seen at a column.
  private struct Trail {
    var column: Int
    var instant: Instant
    /// The column that the packet was last sent to, where that was one: it has an arrow already.
    var arrived: Int?
    /// The row of that arrow.
    var row: Int?
  }

  /// Column of each node that has one.
  private let columns: [NodeID: Int]
  private var trails: [EntryID: Trail] = [:]
  private(set) var rows: [LadderRow] = []

  init(columns: [NodeID: Int]) { self.columns = columns }

  /// Takes an entry. `label` is asked for where there is something to draw; `nil` leaves it out.
  mutating func add(_ entry: Entry, label: (Entry) -> String?, note: (Entry) -> String?) {
    let before = entry.cause.flatMap { trails[$0] }
    let column = columns[entry.node]
    if case .packet(.transmitted(_, _, _, let to, _)) = entry.event {
      cross(entry, before, column, columns[to], label)
    } else {
      reach(entry, before, column, label)
    }
    guard let text = note(entry) else { return }
    if case .packet(.dropped(_, .linkLoss, _)) = entry.event, loseArrow(before) { return }
    guard let place = column ?? before?.column else { return }
    rows.append(LadderRow(shape: .note(at: place), instant: entry.instant, entry: entry.id, label: text))
  }

  /// A packet enters a link.
  private mutating func cross(
    _ entry: Entry, _ before: Trail?, _ column: Int?, _ target: Int?, _ label: (Entry) -> String?
  ) {
    var trail = column.map { Trail(column: $0, instant: entry.instant, arrived: nil, row: nil) } ?? before
    if let target, let from = trail, from.column != target, let text = label(entry) {
      rows.append(
        LadderRow(
          shape: .arrow(from: from.column, to: target), instant: from.instant, entry: entry.id, label: text))
      trail?.arrived = target
      trail?.row = rows.count - 1
    }
    if let trail { trails[entry.id] = trail }
  }

  /// Anything else: at a column, the chain goes on from there. Where link crossings were not recorded, this is how an arrow
  /// shows.
  private mutating func reach(_ entry: Entry, _ before: Trail?, _ column: Int?, _ label: (Entry) -> String?) {
    guard let column else {
      if let before { trails[entry.id] = before }
      return
    }
    if let before, before.column != column, before.arrived == nil, let text = label(entry) {
      rows.append(
        LadderRow(
          shape: .arrow(from: before.column, to: column), instant: before.instant, entry: entry.id, label: text))
    }
    if case .packet(.dropped(_, .linkLoss, _)) = entry.event { return }
    trails[entry.id] = Trail(column: column, instant: entry.instant, arrived: nil, row: nil)
  }

  /// The link has lost what an arrow was drawn for already.
  private mutating func loseArrow(_ trail: Trail?) -> Bool {
    guard let row = trail?.row, case .arrow(let from, let to) = rows[row].shape else { return false }
    rows[row].shape = .lost(from: from, to: to)
    return true
  }
}
