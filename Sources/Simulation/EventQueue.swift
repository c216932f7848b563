public import Units

/// What is going to happen, in the order in which it happens: by time, and at equal times by the order of insertion.
///
/// The order is total and depends on nothing but the calls that were made, so two runs that schedule the same events take
/// them out alike. The queue is a value: a snapshot is a copy. An event that was taken out is not kept anywhere.
@frozen
public struct EventQueue<Event> {
  @usableFromInline var storage: EventStorage<Event>

  /// How many events the queue holds at most.
  public let limit: Int

  /// An empty queue at ``Units/Instant/zero`` that holds `limit` events at most.
  public init(limit: Int = 1 << 28) {
    self.limit = max(0, min(limit, Int(UInt32.max) - 1))
    storage = EventStorage()
  }

  /// The instant of the event taken out last; ``Units/Instant/zero`` before the first.
  @inlinable
  public var now: Instant { unsafe Instant(nanoseconds: storage.calendar.pointee.now) }
  /// How many events are pending.
  @inlinable
  public var count: Int { unsafe storage.calendar.pointee.count }
  /// Whether nothing is pending.
  @inlinable
  public var isEmpty: Bool { count == 0 }
  /// When the next event happens, where one is pending.
  @inlinable
  public var nextInstant: Instant? {
    unsafe storage.calendar.pointee.firstTime.map { Instant(nanoseconds: $0) }
  }

  /// Adds an event, and returns the instant at which it will happen: `instant`, or ``now`` where that has passed already.
  ///
  /// The past cannot be changed: what is scheduled before ``now`` happens at ``now``, behind everything that is already
  /// pending for that instant.
  @inlinable
  @discardableResult
  public mutating func schedule(_ event: Event, at instant: Instant) throws(EventQueueOverflow) -> Instant {
    let pending = count
    guard pending < limit else { throw EventQueueOverflow(limit: limit, instant: now) }
    if unsafe !isKnownUniquelyReferenced(&storage) || pending == storage.slots.pointee.capacity { makeRoom() }
    let slot = unsafe storage.calendar.pointee.insert(at: instant.nanoseconds)
    unsafe (storage.slots.pointee.base + slot).initialize(to: event)
    return max(instant, now)
  }

  /// Takes out the first event and moves ``now`` to it.
  @inlinable
  public mutating func popNext() -> (instant: Instant, event: Event)? {
    popNext(through: Instant(nanoseconds: .max))
  }

  /// Takes out the first event unless it lies behind `end`: what a run up to an instant asks for.
  @inlinable
  public mutating func popNext(through end: Instant) -> (instant: Instant, event: Event)? {
    if !isKnownUniquelyReferenced(&storage) { makeRoom() }
    let slot = unsafe storage.calendar.pointee.removeFirst(through: end.nanoseconds)
    guard slot >= 0, let event = unsafe storage.slots.pointee.base[slot].take() else { return nil }
    return (now, event)
  }

  /// Gives the queue storage that no copy of it shares, with room for one more event.
  @inline(never)
  @usableFromInline
  mutating func makeRoom() {
    if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
    if unsafe count == storage.slots.pointee.capacity { storage.grow() }
  }
}

extension EventQueue: Sendable where Event: Sendable {}
