/// The order of pending events, without the events: a calendar of buckets between two heaps.
///
/// Time is cut into buckets of 2^`shift` nanoseconds. What lies
///
/// - in the bucket that time has reached waits in `batch`, sorted, or in the heap `near` where it came late,
/// - in one of the buckets that follow, as many as the ring has, waits there unsorted,
/// - behind the ring waits in the heap `far`.
///
/// An event that goes through the ring costs the same however many are pending; one that doesn't costs what a heap costs.
/// So a bucket width that fits badly makes the queue slower but never slower than a heap, and never changes the order, which
/// is (time, insertion) whatever the width. The width follows the events: see `retune`.
@usableFromInline
struct EventCalendar: ~Copyable {
  struct Node: BitwiseCopyable {
    var time: UInt64
    var insertion: UInt64
    /// The next slot of the same bucket, or of the free slots.
    var next: UInt32
    /// Makes it 32 bytes, so that a node never lies in two cache lines.
    private let padding: UInt64 = 0

    init(time: UInt64, insertion: UInt64, next: UInt32) {
      self.time = time
      self.insertion = insertion
      self.next = next
    }

    static let unused = Node(time: 0, insertion: 0, next: BucketRing.none)
  }

  var nodes: Block<Node>
  var ring: BucketRing
  /// What is left of the bucket that was opened last, latest first.
  var batch: Block<Ticket>
  var batchCount = 0
  var near = TicketHeap()
  var far = TicketHeap()
  var shift: UInt64 = 10
  /// The bucket that time has reached: everything in the ring and in `far` lies behind it.
  var current: UInt64 = 0
  var tuning = Tuning()
  /// What `lookAhead` saw; nobody asks for it.
  private var ahead: UInt32 = 0

  private var freeSlot: UInt32 = 0
  private var insertions: UInt64 = 0

  @usableFromInline private(set) var now: UInt64 = 0
  @usableFromInline private(set) var count = 0

  /// Up to so many tickets are sorted one by one.
  private static let fewTickets = 16

  @usableFromInline
  init(capacity: Int) {
    nodes = Block(repeating: .unused, count: capacity)
    ring = BucketRing(size: BucketRing.smallest)
    batch = Block(repeating: .none, count: EventCalendar.fewTickets)
    chainFreeSlots(from: 0)
  }

  private init(copying other: borrowing EventCalendar) {
    nodes = other.nodes.copy(count: other.nodes.count, padding: .unused)
    ring = other.ring.copy()
    batch = other.batch.copy(count: other.batch.count, padding: .none)
    batchCount = other.batchCount
    near = other.near.copy()
    far = other.far.copy()
    (shift, current, tuning) = (other.shift, other.current, other.tuning)
    (freeSlot, insertions) = (other.freeSlot, other.insertions)
    (now, count) = (other.now, other.count)
  }

  /// A calendar of its own with the same events.
  @usableFromInline
  borrowing func copy() -> EventCalendar { EventCalendar(copying: self) }

  /// Makes room for `capacity` events, which is more than there was; there must be no room left.
  @usableFromInline
  mutating func grow(to capacity: Int) {
    let first = nodes.count
    nodes = nodes.copy(count: capacity, padding: .unused)
    chainFreeSlots(from: first)
    if BucketRing.size(for: capacity) > ring.size { enlargeRing() }
  }

  private mutating func chainFreeSlots(from first: Int) {
    for slot in first..<nodes.count { nodes[slot].next = UInt32(slot + 1) }
    freeSlot = UInt32(first)
  }

  /// Enters an event at `time`, or now where that has passed, and returns its slot. There must be room for it.
  @usableFromInline
  mutating func insert(at time: UInt64) -> Int {
    let slot = freeSlot
    freeSlot = nodes[Int(slot)].next
    let ticket = Ticket(time: max(time, now), insertion: insertions, slot: slot)
    insertions &+= 1
    count &+= 1
    place(ticket)
    return Int(slot)
  }

  @inline(__always)
  mutating func place(_ ticket: Ticket) {
    let bucket = ticket.time &>> shift
    var next = BucketRing.none
    // One comparison for both ends: buckets up to `current` come out as very large numbers.
    if bucket &- current &- 1 < UInt64(truncatingIfNeeded: ring.size &- 1) {
      next = ring.put(ticket.slot, in: bucket)
    } else {
      placeOutside(ticket, bucket: bucket)
    }
    nodes[Int(ticket.slot)] = Node(time: ticket.time, insertion: ticket.insertion, next: next)
  }

  @inline(never)
  private mutating func placeOutside(_ ticket: Ticket, bucket: UInt64) {
    if bucket <= current { near.push(ticket) } else { far.push(ticket) }
  }

  /// Takes the first event out unless it lies behind `end`, moves `now` to it and returns its slot; a negative number where
  /// there is none.
  @usableFromInline
  mutating func removeFirst(through end: UInt64) -> Int {
    if near.count > 0 { return removeFirstOfTwo(through: end) }
    if batchCount == 0 {
      openNextBucket()
      if batchCount == 0 { return -1 }
    }
    let first = batch[batchCount &- 1]
    guard first.time <= end else { return -1 }
    batchCount &-= 1
    return release(first)
  }

  /// Takes out the first event where some came late to the bucket that time has reached.
  @inline(never)
  private mutating func removeFirstOfTwo(through end: UInt64) -> Int {
    var first = near.tickets[0]
    if batchCount > 0, case let ticket = batch[batchCount &- 1], ticket < first {
      guard ticket.time <= end else { return -1 }
      batchCount &-= 1
      return release(ticket)
    }
    guard first.time <= end else { return -1 }
    first = near.popFirst()
    let slot = release(first)
    tuning.took(1)
    if tuning.isDue { retune() }
    return slot
  }

  @inline(__always)
  private mutating func release(_ first: Ticket) -> Int {
    nodes[Int(first.slot)].next = freeSlot
    freeSlot = first.slot
    count &-= 1
    now = first.time
    return Int(first.slot)
  }

  @inline(__always)
  func ticket(_ slot: UInt32) -> Ticket {
    let node = nodes[Int(slot)]
    return Ticket(time: node.time, insertion: node.insertion, slot: slot)
  }

  /// Moves on to the next bucket that holds anything, and what it holds into `batch`, which must be empty as `near` is.
  private mutating func openNextBucket() {
    if tuning.isDue { return retuneAndOpen() }
    guard let bucket = ring.next(after: current), far.count == 0 || bucket < far.tickets[0].time &>> shift else {
      return openFarBucket()
    }
    tuning.skipped(min(bucket &- current, 64) &<< shift)
    current = bucket
    takeChain(ring.empty(bucket))
    sortBatch()
    tuning.took(batchCount)
    if ring.size > BucketRing.largestInCache { lookAhead() }
  }

  /// Touches the bucket that comes next, so that it is on its way from memory while the events of this one are handled.
  private mutating func lookAhead() {
    if let bucket = ring.next(after: current) { ahead = nodes[Int(ring.head(of: bucket))].next }
  }

  @inline(never)
  private mutating func retuneAndOpen() {
    retune()
    guard near.count > 0 else { return openNextBucket() }
    while near.count > 0 { addToBatch(near.popFirst()) }
    sortBatch()
  }

  /// Moves on to the first bucket of `far`, which the ring may hold a part of.
  @inline(never)
  private mutating func openFarBucket() {
    guard far.count > 0 else { return }
    let bucket = far.tickets[0].time &>> shift
    let isInRing = ring.next(after: current) == bucket
    tuning.skipped(min(bucket &- current, 64) &<< shift)
    current = bucket
    if isInRing { takeChain(ring.empty(bucket)) }
    while far.count > 0, far.tickets[0].time &>> shift == bucket { addToBatch(far.popFirst()) }
    sortBatch()
    tuning.took(batchCount)
  }

  @inline(__always)
  private mutating func takeChain(_ head: UInt32) {
    var slot = head
    while slot != BucketRing.none {
      let node = nodes[Int(slot)]
      addToBatch(Ticket(time: node.time, insertion: node.insertion, slot: slot))
      slot = node.next
    }
  }

  /// Adds a ticket to `batch`: in its place while there are few, at the end where there are many, for `sortBatch` to sort.
  ///
  /// A chain has its latest insertion first, which is the order of `batch`: what happens at one instant is in place already.
  @inline(__always)
  private mutating func addToBatch(_ ticket: Ticket) {
    guard batchCount < EventCalendar.fewTickets else { return addToManyTickets(ticket) }
    var hole = batchCount
    while hole > 0, case let other = batch[hole &- 1], other < ticket {
      batch[hole] = other
      hole &-= 1
    }
    batch[hole] = ticket
    batchCount &+= 1
  }

  @inline(never)
  private mutating func addToManyTickets(_ ticket: Ticket) {
    if batchCount == batch.count { batch = batch.copy(count: batchCount * 2, padding: .none) }
    batch[batchCount] = ticket
    batchCount &+= 1
  }

  /// Sorts `batch`, latest first, where it is not sorted yet.
  @inline(__always)
  private mutating func sortBatch() {
    if batchCount > EventCalendar.fewTickets { batch.sort(first: batchCount) { $1 < $0 } }
  }

  /// The time of the first event.
  @usableFromInline
  var firstTime: UInt64? {
    var least: UInt64? = batchCount > 0 ? batch[batchCount - 1].time : nil
    if near.count > 0 { least = min(least ?? .max, near.tickets[0].time) }
    if let least { return least }
    if far.count > 0 { least = far.tickets[0].time }
    guard let bucket = ring.next(after: current) else { return least }
    var slot = ring.head(of: bucket)
    while slot != BucketRing.none {
      let node = nodes[Int(slot)]
      least = min(least ?? .max, node.time)
      slot = node.next
    }
    return least
  }
}
