import Journal
import Wire

/// What a datagram was made from: the truth that travels beside the bytes. It never changes once made, so that sharing it
/// is the same as copying it.
public final class Ancestor: Sendable {
  /// The packet that was sealed, or cut into fragments.
  let packet: PacketID
  /// The node that really made its octets.
  let creator: NodeID
  /// Its octets.
  let bytes: [UInt8]
  /// What that one was made from in its turn.
  let parent: Ancestor?

  /// What is made from `datagram` next has it for its ancestor.
  init(_ datagram: Datagram) {
    packet = datagram.packet
    creator = datagram.creator
    bytes = datagram.bytes
    parent = datagram.ancestor
  }
}

/// A datagram on its way: the octets, and beside them what only the simulator knows.
public struct Datagram: Sendable {
  /// From the IP header on.
  public var bytes: [UInt8]
  /// The stored packet whose octets these are, but for the time to live.
  var packet: PacketID
  /// The node that really made these octets.
  var creator: NodeID
  /// The last entry about it: the cause of what happens next.
  var cause: EntryID?
  /// What it was made from.
  var ancestor: Ancestor?

  /// The packet with the time to live, or hop limit, that it has here.
  var version: PacketVersion { PacketVersion(packet, timeToLive: bytes.timeToLive) }

  /// Where it goes; 0.0.0.0 for octets that are no datagram.
  var destination: IPAddress {
    if bytes.isIPv6 { return .v6(IPv6Address(octets: bytes[24..<40]) ?? .any) }
    guard bytes.count >= 20 else { return .v4(.any) }
    return .v4(
      IPv4Address(
        rawValue: UInt32(bytes[16]) << 24 | UInt32(bytes[17]) << 16 | UInt32(bytes[18]) << 8 | UInt32(bytes[19])))
  }
}

extension [UInt8] {
  /// Whether they are long enough for an IPv6 header, and say that they have one.
  var isIPv6: Bool { count >= 40 && self[0] >> 4 == 6 }

  /// Whether their source has forbidden that they are cut: DF. Of IPv6 the source itself may cut what is whole.
  var mayNotBeCut: Bool {
    if isIPv6 { return (try? IPGlance(verifying: self))?.isFragment ?? true }
    return count < 7 || self[6] & 0x40 != 0
  }

  /// The time to live, or hop limit, of a datagram; 0 for octets that are none.
  var timeToLive: UInt8 { count < 9 ? 0 : self[0] >> 4 == 6 ? self[7] : self[8] }

  /// Whether two datagrams are the same but for the time to live and the checksum over it.
  func isSameDatagram(as other: [UInt8]) -> Bool {
    guard count == other.count, count >= 20, self[0] == other[0] else { return false }
    if isIPv6 { return self[..<7] == other[..<7] && self[8...] == other[8...] }
    return self[..<8] == other[..<8] && self[9] == other[9] && self[12...] == other[12...]
  }
}
