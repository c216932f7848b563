import Journal
import Wire

/// What a datagram was made from: the truth that travels beside the bytes. It never changes once made, so that sharing it
/// is the same as copying it.
public final class Ancestor: Sendable {
  /// The packet that was sealed, or cut into fragments.
  let packet: PacketID
  /// Its octets.
  let bytes: [UInt8]
  /// What that one was made from in its turn.
  let parent: Ancestor?

  init(packet: PacketID, bytes: [UInt8], parent: Ancestor?) {
    self.packet = packet
    self.bytes = bytes
    self.parent = parent
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

  /// The packet with the time to live that it has here.
  var version: PacketVersion { PacketVersion(packet, timeToLive: bytes.count > 8 ? bytes[8] : 0) }
}
