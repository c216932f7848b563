/// A place in the total order of events, and the slot where the event itself waits.
struct Ticket: BitwiseCopyable, Sendable {
  let time: UInt64
  let insertion: UInt64
  let slot: UInt32

  static let none = Ticket(time: .max, insertion: .max, slot: .max)

  @inline(__always)
  static func < (lhs: Ticket, rhs: Ticket) -> Bool {
    lhs.time != rhs.time ? lhs.time < rhs.time : lhs.insertion < rhs.insertion
  }
}

/// A heap of four children a node over (time, insertion).
///
/// Four rather than two: half as many levels, and the children that a step compares lie in one or two cache lines.
struct TicketHeap: ~Copyable {
  private(set) var tickets = Block(repeating: Ticket.none, count: 16)
  private(set) var count = 0

  init() {}

  private init(tickets: consuming Block<Ticket>, count: Int) {
    self.tickets = tickets
    self.count = count
  }

  borrowing func copy() -> TicketHeap {
    TicketHeap(tickets: tickets.copy(count: tickets.count, padding: .none), count: count)
  }

  mutating func removeAll() { count = 0 }

  mutating func push(_ ticket: Ticket) {
    if count == tickets.count { tickets = tickets.copy(count: count * 2, padding: .none) }
    var hole = count
    count += 1
    while hole > 0 {
      let parent = (hole - 1) >> 2
      let above = tickets[parent]
      guard ticket < above else { break }
      tickets[hole] = above
      hole = parent
    }
    tickets[hole] = ticket
  }

  /// Takes out the first ticket. The heap must not be empty.
  mutating func popFirst() -> Ticket {
    let first = tickets[0]
    count -= 1
    if count > 0 { sink(tickets[count]) }
    return first
  }

  /// Lets the hole at the root sink to where `ticket` belongs.
  private mutating func sink(_ ticket: Ticket) {
    var hole = 0
    while case let child = hole << 2 + 1, child < count {
      var (place, least) = (child, tickets[child])
      var sibling = child + 1
      while sibling < min(child + 4, count) {
        let other = tickets[sibling]
        if other < least { (place, least) = (sibling, other) }
        sibling += 1
      }
      guard least < ticket else { break }
      tickets[hole] = least
      hole = place
    }
    tickets[hole] = ticket
  }
}
