public import Units

/// More events were pending than a queue was allowed to hold: a run that breeds events faster than it takes them out.
public struct EventQueueOverflow: Error, Hashable, Sendable, CustomStringConvertible {
  /// How many events the queue may hold.
  public let limit: Int
  /// When it happened, in the time of the run.
  public let instant: Instant

  @inlinable
  public init(limit: Int, instant: Instant) {
    self.limit = limit
    self.instant = instant
  }

  /// The failure in words.
  public var description: String {
    "event queue: \(limit) events are pending at \(instant), which is the limit; "
      + "something schedules more than ever happens"
  }
}
