import Journal
import Units

/// Which entries are wanted. Every condition that is given must hold.
public struct EntryFilter: Hashable, Sendable {
  /// Entries of these nodes.
  public var nodes: [NodeID]?
  /// Entries of these kinds: `Event.kinds(named:)`.
  public var kinds: [UInt16]?
  /// Entries about this packet.
  public var packet: PacketID?
  /// Entries about this flow, or about a packet that was made for it or out of one that was.
  public var flow: FlowID?
  /// Entries that follow from this one at once.
  public var cause: EntryID?
  /// Entries from this moment on.
  public var earliest: Instant?
  /// Entries up to and with this moment.
  public var latest: Instant?

  public init(
    nodes: [NodeID]? = nil, kinds: [UInt16]? = nil, packet: PacketID? = nil, flow: FlowID? = nil,
    cause: EntryID? = nil, earliest: Instant? = nil, latest: Instant? = nil
  ) {
    self.nodes = nodes
    self.kinds = kinds
    self.packet = packet
    self.flow = flow
    self.cause = cause
    self.earliest = earliest
    self.latest = latest
  }

  /// Every entry.
  public static let all = EntryFilter()

  /// The conditions that SQLite tests by itself. Only whole numbers are written into it.
  var conditions: String {
    var result = ""
    if let nodes { result += " AND node IN (\(Self.list(nodes.map { UInt64($0.rawValue) })))" }
    if let kinds { result += " AND kind IN (\(Self.list(kinds.map { UInt64($0) })))" }
    if let packet { result += " AND packet = \(Self.held(packet.rawValue))" }
    if let cause { result += " AND cause = \(Self.held(cause.rawValue))" }
    return result
  }

  private static func list(_ values: [UInt64]) -> String { values.map { String($0) }.joined(separator: ", ") }

  private static func held(_ value: UInt64) -> Int64 { Int64(clamping: value) }
}
