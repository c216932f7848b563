import Journal
import Units

/// A place where a capture is made: a node's end of a link.
public struct Tap: Hashable, Sendable {
  /// The node.
  public var node: NodeID
  /// The link.
  public var link: LinkID
  /// `fw-a:wan`.
  public var name: String

  public init(node: NodeID, link: LinkID, name: String) {
    self.node = node
    self.link = link
    self.name = name
  }

  /// Every interface of a run that a link ends at, in the run's order.
  public static func all(of run: RunDescription) -> [Tap] {
    run.nodes.enumerated().flatMap { index, node in
      node.interfaces.compactMap { interface in
        interface.link.map {
          Tap(node: NodeID(UInt32(clamping: index)), link: $0, name: "\(node.name):\(interface.name)")
        }
      }
    }
  }
}

/// A frame as a tap sees it.
struct TapFrame: Hashable, Sendable {
  /// What identifies a tap: a node's interface is on one link, and a link has one interface of each node.
  struct Place: Hashable, Sendable {
    var node: NodeID
    var link: LinkID
  }

  var place: Place
  var instant: Instant
  var version: PacketVersion
  var isOutbound: Bool
  /// The entry that tells of the crossing.
  var entry: EntryID
}

/// Makes the order in which taps see packets out of the order in which links took them in: a packet is seen where it is
/// sent, and then where it arrives, unless the link has lost it.
struct TapOrder: Sendable {
  /// What is on its way, the latest arrival first.
  private var pending: [TapFrame] = []

  /// Takes an entry; gives what the taps have seen up to then, in its order.
  mutating func add(_ entry: Entry) -> [TapFrame] {
    switch entry.event {
    case .packet(.transmitted(let version, let link, let from, let to, let arrival)):
      var seen = arrivals(upTo: entry.instant)
      seen.append(
        TapFrame(
          place: .init(node: from, link: link), instant: entry.instant, version: version, isOutbound: true,
          entry: entry.id))
      insert(
        TapFrame(
          place: .init(node: to, link: link), instant: arrival, version: version, isOutbound: false, entry: entry.id))
      return seen
    case .packet(.dropped(_, .linkLoss, _)):
      if let crossing = entry.cause { pending.removeAll { $0.entry == crossing } }
      return []
    default: return []
    }
  }

  /// What arrives by then, in its order.
  mutating func arrivals(upTo instant: Instant) -> [TapFrame] {
    var seen: [TapFrame] = []
    while let next = pending.last, next.instant <= instant { seen.append(pending.removeLast()) }
    return seen
  }

  private mutating func insert(_ frame: TapFrame) {
    var low = 0
    var high = pending.count
    while low < high {
      let middle = (low + high) / 2
      // Of two that arrive at once, the one that was sent first is seen first, and so lies nearer to the end.
      if pending[middle].instant > frame.instant { low = middle + 1 } else { high = middle }
    }
    pending.insert(frame, at: low)
  }
}
