import Journal
import Wire

/// What a node does with a port or an echo identifier.
struct PortKey: Hashable, Sendable {
  var node: Int
  var transport: IPProtocol
  var port: UInt16
  /// The other end's address; `nil` for whoever asks.
  var peer: IPAddress?
}

/// Which flow belongs to a port. It is asked two or three times for each datagram that arrives, which the standard library's
/// dictionary with its keyed hash would make a tenth of a packet's cost; nobody can choose these keys to collide.
struct PortTable: Sendable {
  /// The key in 96 bits; a flow of -1 stands for an empty place.
  private struct Slot: Sendable {
    var high: UInt64
    var low: UInt32
    var flow: Int32

    static let empty = Slot(high: 0, low: 0, flow: -1)
  }

  /// A power of two of places, at most three quarters of which are taken.
  private var slots = [Slot](repeating: .empty, count: 16)
  private(set) var count = 0
  /// IPv6 addresses that are part of a key, each with its number: a key has room for 32 bits of address.
  private var peers: [IPv6Address: UInt32] = [:]

  subscript(key: PortKey) -> FlowID? {
    guard let packed = packed(key) else { return nil }
    let slot = slots[place(of: packed)]
    return slot.flow < 0 ? nil : FlowID(UInt32(slot.flow))
  }

  /// Gives a port to a flow, whoever had it before.
  mutating func assign(_ key: PortKey, to flow: FlowID) {
    if case .v6(let peer)? = key.peer, peers[peer] == nil { peers[peer] = UInt32(peers.count) }
    guard var slot = packed(key) else { return }
    if (count + 1) * 4 > slots.count * 3 { grow() }
    let place = place(of: slot)
    if slots[place].flow < 0 { count += 1 }
    slot.flow = Int32(flow.rawValue)
    slots[place] = slot
  }

  /// `nil` where the key has an address that none in the table has.
  private func packed(_ key: PortKey) -> Slot? {
    let (kind, peer): (UInt32, UInt32)
    switch key.peer {
    case nil: (kind, peer) = (0, 0)
    case .v4(let address): (kind, peer) = (1, address.rawValue)
    case .v6(let address):
      guard let number = peers[address] else { return nil }
      (kind, peer) = (2, number)
    }
    return Slot(
      high: UInt64(key.node) << 32 | UInt64(peer),
      low: kind << 24 | UInt32(key.transport.rawValue) << 16 | UInt32(key.port), flow: 0)
  }

  /// Where the key of `slot` lies, or where it would.
  private func place(of slot: Slot) -> Int {
    // Multiplied by odd constants near 2^64 / phi; the upper half of a product depends on all bits of the key.
    let mixed = (slot.high ^ slot.high >> 29) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(slot.low) &* 0xC2B2_AE3D_27D4_EB4F
    var place = Int(truncatingIfNeeded: mixed >> 32 ^ mixed >> 17) & (slots.count - 1)
    while slots[place].flow >= 0, slots[place].high != slot.high || slots[place].low != slot.low {
      place = (place + 1) & (slots.count - 1)
    }
    return place
  }

  private mutating func grow() {
    let full = slots
    slots = [Slot](repeating: .empty, count: full.count * 2)
    for slot in full where slot.flow >= 0 { slots[place(of: slot)] = slot }
  }
}
