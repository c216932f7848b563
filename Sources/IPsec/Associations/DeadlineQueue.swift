import Units

/// Which way an association carries packets, as the node sees it that holds it.
public enum AssociationDirection: UInt8, Hashable, Sendable {
  case outbound
  case inbound
}

/// When associations want attention: a binary heap on (time, serial), so that the order among equals is that of their
/// making. Entries of associations that are gone stay until they come to the top.
struct DeadlineQueue: Sendable {
  struct Entry: Sendable {
    var time: Instant
    /// Of the association: a slot that was used again is told by it.
    var serial: UInt64
    var slot: Int
    var direction: AssociationDirection

    static func < (lhs: Entry, rhs: Entry) -> Bool {
      lhs.time != rhs.time ? lhs.time < rhs.time : lhs.serial < rhs.serial
    }
  }

  private var heap: [Entry] = []

  var first: Entry? { heap.first }

  mutating func insert(_ entry: Entry) {
    guard entry.time != .distantFuture else { return }
    heap.append(entry)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
