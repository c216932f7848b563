import Wire

/// What an association table keeps.
protocol AssociationRecord: Sendable {
  /// What it is found by.
  var identity: AssociationIdentity { get }
}

/// Where an association came from: what of it never changes. A class, so that a record is small and copies share it.
final class AssociationOrigin: Sendable {
  let parameters: AssociationParameters
  /// The place of its policy entry.
  let policyIndex: Int
  /// What its layer says about headers, cutting and padding.
  let rules: SealingRules
  /// Counts the associations of the node; the newest has the highest.
  let serial: UInt64
  /// What packets in the other direction come or go by.
  let partner: AssociationIdentity?
  /// Which packets it may carry, whoever's they are.
  let carried: HeaderSelector

  init(
    _ parameters: AssociationParameters, policyIndex: Int, rules: SealingRules, serial: UInt64,
    partner: AssociationIdentity?
  ) {
    self.parameters = parameters
    self.policyIndex = policyIndex
    self.rules = rules
    self.serial = serial
    self.partner = partner
    carried = HeaderSelector(parameters.selector)
  }
}

extension AssociationOrigin {
  /// Whether an outbound association may carry a packet. In transport mode its ends are the packet's own.
  @inline(__always)
  func carries(_ packet: PacketSelectors, of names: PacketNames?) -> Bool {
    carried.matches(packet) && (parameters.selector.names?.covers(names) ?? true)
      && (parameters.isTunnel
        || packet.destination == parameters.identity.destination && packet.source == parameters.source)
  }
}

/// Associations of one direction by their identity. SPIs are random already, so that one multiplication spreads them:
/// open addressing with linear probing, half full at most. Records stay in their slot while they live, and can be
/// changed there.
struct AssociationTable<Record: AssociationRecord>: Sendable {
  /// By slot. A record is changed where it lies; one comes and goes by `insert` and `remove`. What lies in a slot
  /// that is free means nothing; it stays until the slot is used again, since an optional record would be copied
  /// whenever it is looked at.
  var records: [Record] = []
  private var isLive: [Bool] = []
  /// By slot: what a probe compares, packed so that it touches no record.
  private var identities: [AssociationIdentity] = []
  private var free: [Int] = []
  /// A power of two of slots, -1 where there is none.
  private var buckets: [Int32] = []
  private(set) var count = 0

  /// The slot in which `identity` lies.
  func slot(of identity: AssociationIdentity) -> Int? {
    guard !buckets.isEmpty else { return nil }
    var bucket = home(identity)
    while buckets[bucket] >= 0 {
      let slot = Int(buckets[bucket])
      if identities[slot] == identity { return slot }
      bucket = (bucket + 1) & (buckets.count - 1)
    }
    return nil
  }

  /// Puts a record in, which must not be there; returns its slot.
  mutating func insert(_ record: Record) -> Int {
    count += 1
    if count * 2 > buckets.count { rebuild(bucketCount: max(8, buckets.count * 2)) }
    let slot = free.popLast() ?? records.count
    if slot == records.count {
      records.append(record)
      isLive.append(true)
      identities.append(record.identity)
    } else {
      records[slot] = record
      isLive[slot] = true
      identities[slot] = record.identity
    }
    place(slot)
    return slot
  }

  /// Whether `slot` holds a record.
  func isLive(_ slot: Int) -> Bool { isLive[slot] }

  /// The records, in no order that means anything.
  var all: [Record] { records.indices.filter { isLive[$0] }.map { records[$0] } }

  /// Takes the record in `slot` out.
  mutating func remove(slot: Int) {
    guard isLive[slot] else { return }
    clear(bucketOf: slot)
    isLive[slot] = false
    free.append(slot)
    count -= 1
  }

  // MARK: - Buckets

  private func home(_ identity: AssociationIdentity) -> Int {
    let mixed = (identity.spi ^ Self.scattered(identity.destination)) &* 0x9E37_79B1
    return Int((mixed >> 8) ^ UInt32(identity.securityProtocol.rawValue)) & (buckets.count - 1)
  }

  /// The end of an address, which tells neighbours apart, at the other end of the word than an SPI's.
  private static func scattered(_ address: IPAddress) -> UInt32 {
    switch address {
    case .v4(let address): address.rawValue.byteSwapped
    case .v6(let address): UInt32(truncatingIfNeeded: address.low).byteSwapped
    }
  }

  private mutating func place(_ slot: Int) {
    var bucket = home(identities[slot])
    while buckets[bucket] >= 0 { bucket = (bucket + 1) & (buckets.count - 1) }
    buckets[bucket] = Int32(truncatingIfNeeded: slot)
  }

  private mutating func rebuild(bucketCount: Int) {
    buckets = [Int32](repeating: -1, count: bucketCount)
    for slot in records.indices where isLive[slot] { place(slot) }
  }

  /// Empties the bucket of a slot and places again those behind it in the run, which may have been pushed there by it.
  private mutating func clear(bucketOf slot: Int) {
    var bucket = home(identities[slot])
    while buckets[bucket] != Int32(truncatingIfNeeded: slot) { bucket = (bucket + 1) & (buckets.count - 1) }
    buckets[bucket] = -1
    bucket = (bucket + 1) & (buckets.count - 1)
    while buckets[bucket] >= 0 {
      let moved = Int(buckets[bucket])
      buckets[bucket] = -1
      place(moved)
      bucket = (bucket + 1) & (buckets.count - 1)
    }
  }
}
