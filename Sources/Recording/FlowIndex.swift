import GRDB
import Journal

/// Which flow each packet of a run belongs to: the flow that it was originated for, else that of what it was made from.
/// Made when first asked for, in one pass, and extended while the run grows: recording pays nothing for it.
struct FlowIndex {
  private static let none = UInt32.max
  private var flows: [UInt32] = []
  private(set) var entries: UInt64 = 0

  /// Packets that it knows, from 1.
  var packets: UInt64 { UInt64(max(1, flows.count) - 1) }

  func flow(of packet: PacketID) -> FlowID? {
    guard packet.rawValue < UInt64(flows.count) else { return nil }
    let flow = flows[Int(packet.rawValue)]
    return flow == Self.none ? nil : FlowID(flow)
  }

  /// Makes room for packets up to `packet`, which must not be more than the file can hold.
  mutating func reserve(_ packet: UInt64) {
    while UInt64(flows.count) <= packet { flows.append(Self.none) }
  }

  mutating func originated(_ packet: PacketID, _ flow: FlowID) {
    guard packet.rawValue < UInt64(flows.count) else { return }
    flows[Int(packet.rawValue)] = flow.rawValue
  }

  mutating func inherit(_ packet: PacketID, from parents: [PacketID]) {
    guard packet.rawValue < UInt64(flows.count), flows[Int(packet.rawValue)] == Self.none else { return }
    for parent in parents {
      guard let flow = flow(of: parent) else { continue }
      flows[Int(packet.rawValue)] = flow.rawValue
      return
    }
  }

  mutating func went(upTo entry: UInt64) { entries = entry }
}

extension RunReader {
  /// The flow that a packet belongs to, where it belongs to one.
  public func flow(of packet: PacketID) throws(RecordingError) -> FlowID? {
    try extendFlows()
    return flows.withLock { $0.flow(of: packet) }
  }

  func belongs(_ event: Event, to flow: FlowID) -> Bool {
    if case .application(let event) = event, let own = event.flow { return own == flow }
    guard let packet = event.packet else { return false }
    return flows.withLock { $0.flow(of: packet) } == flow
  }

  /// Reads what was stored since the index was last looked at.
  func extendFlows() throws(RecordingError) {
    let last = try lastEntry().rawValue
    var index = flows.withLock { $0 }
    guard index.entries < last else { return }
    let packets = try parents(after: index.packets)
    for packet in packets { index.reserve(packet.id.rawValue) }
    let originated = EntryFilter(kinds: Event.kinds(named: "packet.originated")).conditions
    try store.read { database in
      let rows = try rows(EntryID(index.entries + 1)...EntryID(last), originated, false, database)
      while try rows.step() {
        let entry = try EntryRow.read(rows, self)
        if case .packet(.originated(let packet, let flow?)) = entry.event { index.originated(packet, flow) }
      }
    }
    for packet in packets { index.inherit(packet.id, from: packet.parents) }
    index.went(upTo: last)
    flows.withLock { $0 = index }
  }

  private func parents(after packet: UInt64) throws(RecordingError) -> [(id: PacketID, parents: [PacketID])] {
    try store.read { database in
      let rows = try RowStatement(
        own: "SELECT key, parents FROM packets WHERE key BETWEEN ? AND ? ORDER BY key", database)
      rows.bind(RowKey.key(number, packet + 1), at: 1)
      rows.bind(RowKey.key(number, .max), at: 2)
      var found: [(id: PacketID, parents: [PacketID])] = []
      while try rows.step() {
        let id = PacketID(RowKey.id(rows.integer(0)))
        // Keys without gaps: a damaged one must not make the index as large as the key says.
        guard id.rawValue == packet + UInt64(found.count) + 1 else { throw missing(packet + UInt64(found.count) + 1) }
        found.append((id, try parents(rows.octets(1), id)))
      }
      return found
    }
  }

  private func missing(_ packet: UInt64) -> RecordingError {
    RecordingError(path: store.path, .damagedPacket(PacketID(packet), run: number, "its row is missing"))
  }

  func parents(_ octets: [UInt8], _ packet: PacketID) throws(RecordingError) -> [PacketID] {
    do throws(BodyError) {
      return try ParentList.decode(octets)
    } catch {
      throw RecordingError(path: store.path, .damagedPacket(packet, run: number, error.description))
    }
  }
}
