public import Units

/// What is going to happen, in the order in which it happens: by time, and at equal times by the order of insertion.
///
/// The order is total and depends on nothing but the calls that were made, so two runs that schedule the same events take
/// them out alike. The queue is a value: a snapshot is a copy.
public struct EventQueue<Event> {
  @usableFromInline var heap: [Entry] = []
  @usableFromInline var insertions: UInt64 = 0

  /// The instant of the event taken out last; ``Units/Instant/zero`` before the first.
  public internal(set) var now: Instant = .zero
  /// How many events the queue holds at most.
  public let limit: Int

  @usableFromInline
  struct Entry {
    @usableFromInline let key: UInt128
    @usableFromInline let event: Event

    @usableFromInline
    init(key: UInt128, event: Event) {
      self.key = key
      self.event = event
    }
  }

  /// An empty queue at ``Units/Instant/zero`` that holds `limit` events at most.
  public init(limit: Int = 1 << 28) { self.limit = limit }

  /// How many events are pending.
  public var count: Int { heap.count }
  /// Whether nothing is pending.
  public var isEmpty: Bool { heap.isEmpty }
  /// When the next event happens, where one is pending.
  public var nextInstant: Instant? { heap.first.map { Instant(nanoseconds: UInt64($0.key >> 64)) } }

  /// Adds an event, and returns the instant at which it will happen: `instant`, or ``now`` where that has passed already.
  ///
  /// The past cannot be changed: what is scheduled before ``now`` happens at ``now``, behind everything that is already
  /// pending for that instant.
  @discardableResult
  public mutating func schedule(_ event: Event, at instant: Instant) throws(EventQueueOverflow) -> Instant {
    guard heap.count < limit else { throw EventQueueOverflow(limit: limit, instant: now) }
    let held = max(instant, now)
    heap.append(Entry(key: UInt128(held.nanoseconds) << 64 | UInt128(insertions), event: event))
    insertions += 1
    siftUp(from: heap.count - 1)
    return held
  }

  /// Takes out the first event and moves ``now`` to it.
  public mutating func popNext() -> (instant: Instant, event: Event)? {
    guard let last = heap.popLast() else { return nil }
    let first = heap.first ?? last
    if !heap.isEmpty {
      heap[0] = last
      siftDown()
    }
    now = Instant(nanoseconds: UInt64(first.key >> 64))
    return (now, first.event)
  }

  /// Takes out the first event unless it lies behind `end`: what a run up to an instant asks for.
  public mutating func popNext(through end: Instant) -> (instant: Instant, event: Event)? {
    guard let nextInstant, nextInstant <= end else { return nil }
    return popNext()
  }

  private mutating func siftUp(from start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 4
      guard heap[child].key < heap[parent].key else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func siftDown() {
    var parent = 0
    while let least = leastChild(of: parent), heap[least].key < heap[parent].key {
      heap.swapAt(least, parent)
      parent = least
    }
  }

  private func leastChild(of parent: Int) -> Int? {
    let children = (4 * parent + 1)..<max(4 * parent + 1, min(4 * parent + 5, heap.count))
    return children.min { heap[$0].key < heap[$1].key }
  }
}

extension EventQueue: Sendable where Event: Sendable {}
extension EventQueue.Entry: Sendable where Event: Sendable {}
