import Units

/// The place of an entry in its run, counted from 1. Zero stands for "no entry" in stored columns only.
public struct EntryID: RawRepresentable, Hashable, Comparable, Sendable, Codable {
  /// Counted from 1 in the order in which things happened.
  public var rawValue: UInt64

  public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static func < (lhs: EntryID, rhs: EntryID) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// A node's index in `RunDescription.nodes`.
public struct NodeID: RawRepresentable, Hashable, Comparable, Sendable, Codable {
  /// Index from 0.
  public var rawValue: UInt32

  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static func < (lhs: NodeID, rhs: NodeID) -> Bool { lhs.rawValue < rhs.rawValue }

  /// What belongs to the run as a whole and to no node.
  public static let run = NodeID(.max)
}

/// A link's index in `RunDescription.links`.
public struct LinkID: RawRepresentable, Hashable, Sendable, Codable {
  /// Index from 0.
  public var rawValue: UInt32

  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A flow's index in `RunDescription.flows`: one line of the scenario's traffic.
public struct FlowID: RawRepresentable, Hashable, Sendable, Codable {
  /// Index from 0.
  public var rawValue: UInt32

  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A packet whose bytes are stored, counted from 1 within the run.
public struct PacketID: RawRepresentable, Hashable, Comparable, Sendable, Codable {
  /// Counted from 1 in the order of creation.
  public var rawValue: UInt64

  public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public static func < (lhs: PacketID, rhs: PacketID) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// A stored packet as one hop saw it. Routers change the time to live and the checksum over it and nothing else, so the
/// bytes of every hop follow from the stored ones and this octet, and are stored once.
public struct PacketVersion: Hashable, Sendable, Codable {
  /// The stored packet.
  public var packet: PacketID
  /// The time to live (hop limit) that this hop saw.
  public var timeToLive: UInt8

  public init(_ packet: PacketID, timeToLive: UInt8) {
    self.packet = packet
    self.timeToLive = timeToLive
  }
}

/// An ISAKMP exchange, counted from 1 within one node.
public struct ExchangeID: RawRepresentable, Hashable, Sendable, Codable {
  /// Counted from 1 in the order in which the node began them.
  public var rawValue: UInt32

  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What names a security association: RFC 2401 §4.1.
public struct AssociationName: Hashable, Sendable, Codable {
  /// 50 for ESP, 51 for AH.
  public var protocolNumber: UInt8
  /// The security parameters index.
  public var spi: UInt32
  /// Destination address, 4 or 16 octets in network order.
  public var destination: [UInt8]

  public init(protocolNumber: UInt8, spi: UInt32, destination: [UInt8]) {
    self.protocolNumber = protocolNumber
    self.spi = spi
    self.destination = destination
  }
}
