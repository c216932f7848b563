/// A TCP sequence number: modulo 2^32, compared by the shorter way round (RFC 793 §3.3).
struct TCPSequence: Hashable, Sendable {
  var rawValue: UInt32

  init(_ rawValue: UInt32) { self.rawValue = rawValue }

  static func + (lhs: TCPSequence, rhs: Int) -> TCPSequence {
    TCPSequence(lhs.rawValue &+ UInt32(truncatingIfNeeded: rhs))
  }

  /// How far `lhs` lies behind `rhs`, negative where it lies before it.
  static func - (lhs: TCPSequence, rhs: TCPSequence) -> Int {
    Int(Int32(bitPattern: lhs.rawValue &- rhs.rawValue))
  }

  /// Whether `lhs` comes first. Of two numbers half the space apart neither does: else each would come before the other,
  /// and an acknowledgment of what was never sent could pass for a new one.
  static func < (lhs: TCPSequence, rhs: TCPSequence) -> Bool {
    let distance = lhs - rhs
    return distance < 0 && distance != Int(Int32.min)
  }
  static func <= (lhs: TCPSequence, rhs: TCPSequence) -> Bool { lhs == rhs || lhs < rhs }
}

/// Octets that came before their turn, in the order of their sequence numbers. Bounded by the receive window, since
/// nothing outside it is accepted, and by a number of pieces.
struct OutOfOrderQueue: Hashable, Sendable {
  /// A peer that sends one octet in every other place fills no more than this.
  static let pieceLimit = 256

  private var pieces: [(start: TCPSequence, octets: [UInt8])] = []

  /// Whether nothing waits.
  var isEmpty: Bool { pieces.isEmpty }

  /// Keeps octets until what lies before them has come.
  mutating func insert(_ octets: [UInt8], at start: TCPSequence) {
    let index = pieces.firstIndex { start < $0.start } ?? pieces.count
    if index > 0, start + octets.count <= pieces[index - 1].start + pieces[index - 1].octets.count { return }
    pieces.insert((start, octets), at: index)
    // What comes first is needed first: were it turned away by a full queue, nothing would ever leave that queue.
    if pieces.count > Self.pieceLimit { pieces.removeLast() }
  }

  /// Pieces that wait.
  var count: Int { pieces.count }

  /// Takes out what follows on `next` without a gap, leaving out what came twice.
  mutating func take(from next: TCPSequence) -> [UInt8] {
    var result: [UInt8] = []
    while let first = pieces.first, first.start <= next + result.count {
      let overlap = (next + result.count) - first.start
      if overlap < first.octets.count { result += first.octets[overlap...] }
      pieces.removeFirst()
    }
    return result
  }

  static func == (lhs: OutOfOrderQueue, rhs: OutOfOrderQueue) -> Bool {
    lhs.pieces.elementsEqual(rhs.pieces) { $0.start == $1.start && $0.octets == $1.octets }
  }

  func hash(into hasher: inout Hasher) {
    for piece in pieces {
      hasher.combine(piece.start)
      hasher.combine(piece.octets)
    }
  }
}

/// The retransmission timeout: RFC 2988 in whole nanoseconds.
struct RetransmissionTimeout: Hashable, Sendable {
  static let initial: UInt64 = 3_000_000_000
  static let minimum: UInt64 = 1_000_000_000
  static let maximum: UInt64 = 60_000_000_000

  private var smoothed: UInt64?
  private var variation: UInt64 = 0
  /// The wait before the next retransmission, in nanoseconds.
  private(set) var nanoseconds = RetransmissionTimeout.initial

  /// Takes a measured round trip into account. RFC 2988 §2.2, §2.3: alpha 1/8, beta 1/4.
  mutating func measured(_ sample: UInt64) {
    if let old = smoothed {
      let difference = old > sample ? old - sample : sample - old
      variation = variation / 4 * 3 + difference / 4
      smoothed = old / 8 * 7 + sample / 8
    } else {
      smoothed = sample
      variation = sample / 2
    }
    nanoseconds = min(Self.maximum, max(Self.minimum, (smoothed ?? sample) + 4 * variation))
  }

  /// Doubles the wait after it was in vain: RFC 2988 §5.5.
  mutating func backOff() { nanoseconds = min(Self.maximum, nanoseconds * 2) }
}
