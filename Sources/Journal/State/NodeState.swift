import Units

/// An association in a node's database, and how far it has been used.
public struct AssociationState: Hashable, Sendable, Codable {
  /// What was installed.
  public var description: AssociationDescription
  /// The entry that installed it.
  public var installed: EntryID
  /// When it was installed.
  public var installedAt: Instant
  /// Packets that it sealed or opened.
  public var packets: UInt64 = 0
  /// The last sequence number that it sealed with, or the replay window's right edge: RFC 2401 §4.4.3.
  public var sequenceNumber: UInt32 = 0
  /// Whether its soft lifetime is over.
  public var isExpiring = false

  public init(description: AssociationDescription, installed: EntryID, installedAt: Instant) {
    self.description = description
    self.installed = installed
    self.installedAt = installedAt
  }
}

/// What names an association within its node: one node may stand at both ends of the same name.
public struct AssociationKey: Hashable, Comparable, Sendable, Codable {
  public var name: AssociationName
  public var direction: Direction

  public init(_ name: AssociationName, _ direction: Direction) {
    self.name = name
    self.direction = direction
  }

  public static func < (lhs: AssociationKey, rhs: AssociationKey) -> Bool {
    if lhs.direction != rhs.direction { return lhs.direction.rawValue < rhs.direction.rawValue }
    if lhs.name.protocolNumber != rhs.name.protocolNumber { return lhs.name.protocolNumber < rhs.name.protocolNumber }
    if lhs.name.spi != rhs.name.spi { return lhs.name.spi < rhs.name.spi }
    return lhs.name.destination.lexicographicallyPrecedes(rhs.name.destination)
  }
}

/// An ISAKMP exchange as one of its ends sees it.
public struct ExchangeState: Hashable, Sendable, Codable {
  /// How far it got.
  public enum Phase: UInt8, Hashable, Sendable, Codable {
    /// It goes on.
    case underway = 0
    /// It did what it was for; of phase 1: its association stands.
    case completed = 1
    /// It was given up.
    case abandoned = 2
    /// Its association is no more.
    case ended = 3
  }

  public var kind: ExchangeKind
  public var isInitiator: Bool
  /// The other end's address.
  public var peer: [UInt8]
  /// The initiator's and the responder's cookie, 16 octets.
  public var cookies: [UInt8]
  public var messageID: UInt32
  /// The phase 1 exchange that protects it.
  public var parent: ExchangeID?
  /// The entry that it began with.
  public var began: EntryID
  public var phase = Phase.underway
  /// The state's name, and what it means in words.
  public var state = ""
  public var story = ""
  /// The suite that was agreed on; empty before.
  public var suite = ""
  public var messagesSent: UInt32 = 0
  public var messagesReceived: UInt32 = 0
  public var retransmissions: UInt32 = 0
}

/// A destination's address as it lies in packets, 4 or 16 octets.
public struct AddressOctets: Hashable, Comparable, Sendable, Codable {
  public var octets: [UInt8]

  public init(_ octets: [UInt8]) { self.octets = octets }

  public static func < (lhs: AddressOctets, rhs: AddressOctets) -> Bool {
    lhs.octets.lexicographicallyPrecedes(rhs.octets)
  }
}

/// What a node holds after an entry.
public struct NodeState: Hashable, Sendable, Codable {
  /// Its security association database.
  public var associations = KeyedTable<AssociationKey, AssociationState>()
  /// Its exchanges, those that are over included.
  public var exchanges = KeyedTable<ExchangeID, ExchangeState>()
  /// The state of its end of each flow's TCP connection, by RFC 793's names.
  public var connections = KeyedTable<FlowID, String>()
  /// What it learned about how large a packet may be: RFC 1191.
  public var pathMTU = KeyedTable<AddressOctets, UInt32>()
  /// Packets that wait for an association, and the policy that wants it.
  public var held = KeyedTable<PacketID, String>()
  /// Packets that went no further here, by reason.
  public var drops = KeyedTable<DropReason, UInt64>()
  /// Packets that reached their destination here.
  public var delivered: UInt64 = 0
  /// Modular exponentiations that it did.
  public var exponentiations: UInt64 = 0

  public init() {}
}

extension DropReason: Comparable {
  public static func < (lhs: DropReason, rhs: DropReason) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension FlowID: Comparable {
  public static func < (lhs: FlowID, rhs: FlowID) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension ExchangeID: Comparable {
  public static func < (lhs: ExchangeID, rhs: ExchangeID) -> Bool { lhs.rawValue < rhs.rawValue }
}
