import Journal
import Recording

/// A place in a recorded run, and the ways to move it: what every stepper stands on, whatever it draws. It reads the
/// journal and nothing else, so that a run that has just ended and one of last year are stepped alike.
public struct RunCursor: Sendable {
  /// A way to go.
  public enum Move: Hashable, Sendable {
    /// So many entries on, as far as there are any.
    case forward(Int)
    /// So many entries back.
    case back(Int)
    /// The next entry of the flow, or of its packets.
    case nextOfFlow(FlowID)
    /// The one before it.
    case previousOfFlow(FlowID)
    /// The next place where something begins or ends: an exchange, an association, a flow, the run.
    case nextPhase
    /// The one before it.
    case previousPhase
    /// The next drop.
    case nextDrop
    /// An entry by its number.
    case to(EntryID)
    /// The first entry.
    case first
    /// The last entry.
    case last
  }

  /// The run.
  public let reader: RunReader
  /// Where the cursor stands.
  public private(set) var position: EntryID

  /// Entries at which a phase begins or ends.
  public static let phaseKinds = [
    "exchange.began", "exchange.completed", "exchange.abandoned", "exchange.ended", "exchange.refused",
    "security.associationInstalled", "security.associationRemoved", "application.began", "application.completed",
    "application.failed", "run.began", "run.ended",
  ].flatMap { Event.kinds(named: $0) }

  /// Stands at the first entry of a run.
  public init(_ reader: RunReader) {
    self.reader = reader
    position = EntryID(1)
  }

  /// The entry that the cursor stands at.
  public func entry() throws(RecordingError) -> Entry { try reader.entry(position) }

  /// The flow that an entry belongs to, by what it says or by its packet.
  public func flow(of entry: Entry) throws(RecordingError) -> FlowID? {
    if case .application(let event) = entry.event, let flow = event.flow { return flow }
    guard let packet = entry.event.packet else { return nil }
    return try reader.flow(of: packet)
  }

  /// Moves, and says whether there was anything to move to.
  @discardableResult
  public mutating func move(_ move: Move) throws(RecordingError) -> Bool {
    guard let target = try target(of: move), target != position else { return false }
    position = target
    return true
  }

  private func target(of move: Move) throws(RecordingError) -> EntryID? {
    let last = try reader.lastEntry()
    switch move {
    case .forward(let count): return EntryID(min(last.rawValue, position.rawValue + UInt64(max(0, count))))
    case .back(let count):
      let steps = UInt64(max(0, count))
      return EntryID(position.rawValue > steps ? position.rawValue - steps : 1)
    case .nextOfFlow(let flow): return try reader.next(after: position, matching: EntryFilter(flow: flow))?.id
    case .previousOfFlow(let flow): return try reader.previous(before: position, matching: EntryFilter(flow: flow))?.id
    case .nextPhase: return try reader.next(after: position, matching: EntryFilter(kinds: Self.phaseKinds))?.id
    case .previousPhase:
      return try reader.previous(before: position, matching: EntryFilter(kinds: Self.phaseKinds))?.id
    case .nextDrop:
      return try reader.next(after: position, matching: EntryFilter(kinds: Event.kinds(named: "packet.dropped")))?.id
    case .to(let id): return (1...max(1, last.rawValue)).contains(id.rawValue) ? id : nil
    case .first: return EntryID(1)
    case .last: return last
    }
  }
}
