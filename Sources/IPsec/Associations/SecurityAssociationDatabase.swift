import Cryptography
import Units
import Wire

/// What a view shows of an association.
public struct AssociationStatus: Hashable, Sendable {
  /// What was agreed on.
  public var parameters: AssociationParameters
  /// Which way it carries packets.
  public var direction: AssociationDirection
  /// Outbound: the number of the last packet sent. Inbound: the window's right edge.
  public var sequenceNumber: UInt32
  /// Octets of ciphertext that passed.
  public var volume: ByteCount
  /// Packets that passed.
  public var packets: UInt64
  /// When its successor will be asked for.
  public var softTime: Instant
  /// When it ends.
  public var hardTime: Instant
}

/// The security association database: RFC 2401 §4.4.3. Inbound associations are found by (SPI, destination,
/// protocol), outbound ones through the policy entry that they were made for.
struct SecurityAssociationDatabase: Sendable {
  var outbound = AssociationTable<OutboundAssociation>()
  var inbound = AssociationTable<InboundAssociation>()
  /// By policy entry and layer: slots of outbound associations, the newest last.
  private var outboundSlots: [[Int]]
  /// By policy entry: where its layers begin in `outboundSlots`.
  private let firstSlots: [Int]
  private var deadlines = DeadlineQueue()
  private var serial: UInt64 = 0

  /// `layerCounts` says of each policy entry how many associations it applies.
  init(layerCounts: [Int]) {
    var firstSlots: [Int] = []
    var total = 0
    for count in layerCounts {
      firstSlots.append(total)
      total += count
    }
    self.firstSlots = firstSlots
    outboundSlots = Array(repeating: [], count: total)
  }

  /// Slots of the outbound associations of a layer of an entry that applies IPsec, the newest last.
  func outboundSlots(ofPolicy index: Int, layer: Int) -> [Int] { outboundSlots[firstSlots[index] + layer] }

  /// The slot of the newest outbound association of a layer that may carry a packet; `names` says whose that is.
  @inline(__always)
  func newestOutbound(
    ofPolicy index: Int, layer: Int, carrying packet: PacketSelectors, of names: PacketNames?
  ) -> Int? {
    let place = firstSlots[index] + layer
    var position = outboundSlots[place].count
    while position > 0 {
      position -= 1
      let slot = outboundSlots[place][position]
      if outbound.records[slot].origin.carries(packet, of: names) { return slot }
    }
    return nil
  }

  private func place(_ origin: AssociationOrigin) -> Int { firstSlots[origin.policyIndex] + origin.parameters.layer }

  /// A number that no association had.
  mutating func nextSerial() -> UInt64 {
    serial += 1
    return serial
  }

  mutating func insert(_ record: OutboundAssociation) {
    let slot = outbound.insert(record)
    outboundSlots[place(record.origin)].append(slot)
    watch(slot, .outbound, record.origin.serial, until: record.lifetime.softTime)
  }

  mutating func insert(_ record: InboundAssociation) {
    watch(inbound.insert(record), .inbound, record.origin.serial, until: record.lifetime.softTime)
  }

  /// Takes the association in a slot out; returns what it was.
  @discardableResult
  mutating func remove(_ slot: Int, _ direction: AssociationDirection) -> AssociationOrigin {
    let origin = origin(slot, direction)
    switch direction {
    case .outbound:
      outbound.remove(slot: slot)
      outboundSlots[place(origin)].removeAll { $0 == slot }
    case .inbound: inbound.remove(slot: slot)
    }
    forgetStaleDeadlines()
    return origin
  }

  /// The association in a slot, as it was made.
  func origin(_ slot: Int, _ direction: AssociationDirection) -> AssociationOrigin {
    switch direction {
    case .outbound: outbound.records[slot].origin
    case .inbound: inbound.records[slot].origin
    }
  }

  /// How far the association in a slot has come.
  func lifetime(_ slot: Int, _ direction: AssociationDirection) -> AssociationLifetime {
    switch direction {
    case .outbound: outbound.records[slot].lifetime
    case .inbound: inbound.records[slot].lifetime
    }
  }

  /// The slot of an association of either direction.
  func find(_ identity: AssociationIdentity) -> (slot: Int, direction: AssociationDirection)? {
    if let slot = outbound.slot(of: identity) { return (slot, .outbound) }
    return inbound.slot(of: identity).map { ($0, .inbound) }
  }

  /// Whether a newer outbound association of the same entry carries the same traffic.
  func hasSuccessor(_ origin: AssociationOrigin, _ direction: AssociationDirection) -> Bool {
    // Whose the packets are is known in one direction only.
    let own = origin.parameters.selector.withoutNames
    let selector = direction == .outbound ? own : own.reversed
    return outboundSlots[place(origin)].contains { slot in
      let newer = outbound.records[slot].origin
      return newer.serial > origin.serial && newer.parameters.identity != origin.partner
        && newer.parameters.selector.withoutNames == selector
    }
  }

  // MARK: - Deadlines

  /// When an association wants attention next.
  var nextDeadline: Instant? { deadlines.first?.time }

  mutating func watch(_ slot: Int, _ direction: AssociationDirection, _ serial: UInt64, until time: Instant) {
    deadlines.insert(DeadlineQueue.Entry(time: time, serial: serial, slot: slot, direction: direction))
  }

  /// Takes out the next association whose time has come.
  mutating func popDeadline(at now: Instant) -> DeadlineQueue.Entry? {
    forgetStaleDeadlines()
    guard let entry = deadlines.first, entry.time <= now else { return nil }
    deadlines.removeFirst()
    return entry
  }

  /// Takes deadlines of associations that are gone from the top, so that nobody is woken for them.
  mutating func forgetStaleDeadlines() {
    while let entry = deadlines.first, !isLive(entry) { deadlines.removeFirst() }
  }

  private func isLive(_ entry: DeadlineQueue.Entry) -> Bool {
    switch entry.direction {
    case .outbound: outbound.isLive(entry.slot) && outbound.records[entry.slot].origin.serial == entry.serial
    case .inbound: inbound.isLive(entry.slot) && inbound.records[entry.slot].origin.serial == entry.serial
    }
  }
}

extension SecurityAssociationDatabase {
  /// Every association, in the order of their making.
  var statuses: [AssociationStatus] {
    let sent = outbound.all.map { ($0.origin.serial, Self.status($0)) }
    let received = inbound.all.map { ($0.origin.serial, Self.status($0)) }
    return (sent + received).sorted { $0.0 < $1.0 }.map(\.1)
  }

  private static func status(_ record: OutboundAssociation) -> AssociationStatus {
    status(record.parameters, .outbound, record.sequenceNumber, record.lifetime)
  }

  private static func status(_ record: InboundAssociation) -> AssociationStatus {
    status(record.parameters, .inbound, record.window.top, record.lifetime)
  }

  private static func status(
    _ parameters: AssociationParameters, _ direction: AssociationDirection, _ number: UInt32,
    _ lifetime: AssociationLifetime
  ) -> AssociationStatus {
    AssociationStatus(
      parameters: parameters, direction: direction, sequenceNumber: number, volume: ByteCount(lifetime.volume),
      packets: lifetime.packets, softTime: lifetime.softTime, hardTime: lifetime.hardTime)
  }
}
