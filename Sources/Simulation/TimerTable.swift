/// One of the timers of a ``TimerTable``.
public struct TimerID: Hashable, Sendable {
  /// The timer's place in its table.
  public let index: UInt32

  @inlinable
  init(index: UInt32) { self.index = index }
}

/// What an event carries so that its table can tell whether the timer still waits for it.
public struct ArmedTimer: Hashable, Sendable {
  /// The timer that was armed.
  public let timer: TimerID
  /// Which arming this is: counted over the whole table, never used twice, never zero.
  public let generation: UInt64

  @inlinable
  init(timer: TimerID, generation: UInt64) {
    self.timer = timer
    self.generation = generation
  }
}

/// Timers that are set again and cancelled without touching the event queue.
///
/// Nothing is ever taken out of an ``EventQueue`` before its time. Arming a timer gives an ``ArmedTimer`` that the
/// scheduled event carries; arming it again, cancelling or removing it makes every earlier one stale, and a stale one is
/// ignored when its event comes. A table without timers holds no memory of its own.
public struct TimerTable: Hashable, Sendable {
  /// The generation that each timer waits for; zero where it waits for none.
  @usableFromInline var awaited: [UInt64] = []
  @usableFromInline var removed: [TimerID] = []
  @usableFromInline var armings: UInt64 = 0

  public init() {}

  /// A new timer, not armed. The place of a removed timer is used again.
  @inlinable
  public mutating func add() -> TimerID {
    if let timer = removed.popLast() { return timer }
    awaited.append(0)
    return TimerID(index: UInt32(awaited.count - 1))
  }

  /// Arms a timer; what was armed of it before is stale from now on. The timer must be of this table.
  @inlinable
  public mutating func arm(_ timer: TimerID) -> ArmedTimer {
    armings += 1
    awaited[Int(timer.index)] = armings
    return ArmedTimer(timer: timer, generation: armings)
  }

  /// Lets the timer wait for nothing. The timer must be of this table.
  @inlinable
  public mutating func cancel(_ timer: TimerID) { awaited[Int(timer.index)] = 0 }

  /// Cancels a timer and gives its place back; its `TimerID` must not be used any more.
  @inlinable
  public mutating func remove(_ timer: TimerID) {
    cancel(timer)
    removed.append(timer)
  }

  /// Whether the timer waits for an event. The timer must be of this table.
  @inlinable
  public func isArmed(_ timer: TimerID) -> Bool { awaited[Int(timer.index)] != 0 }

  /// To be asked when an event comes: true where the timer still waits for it, which it then does no longer; false where the
  /// event is stale and has to be ignored.
  @inlinable
  public mutating func fire(_ armed: ArmedTimer) -> Bool {
    let index = Int(armed.timer.index)
    guard index < awaited.count, awaited[index] == armed.generation else { return false }
    awaited[index] = 0
    return true
  }
}
