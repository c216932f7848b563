import IPsec
import Units
import Wire

/// A phase 1 association: what phase 1 leaves behind, and what quick modes and informational exchanges work under.
struct Phase1Association: Sendable {
  let setting: Phase1Setting
  let peerIndex: Int
  let role: IKERole
  let mode: Phase1Mode
  let began: Instant
  let established: Instant
  let agreement: Phase1Agreement
  let keys: Phase1Keys
  /// The last CBC output block of phase 1.
  let lastBlock: [UInt8]
  /// The last message of phase 1 that came in, and our answer to it, for when that was lost.
  let finalReceived: [UInt8]
  let finalSent: OutgoingMessage?
  /// The responder's message 1, so that a late duplicate of it begins nothing; empty at the initiator.
  let firstReceived: [UInt8]
  var repeats = 0
  var generation: UInt32
  /// Message IDs that were used under this association: none serves twice (RFC 2409 §5.5).
  var ownMessageIDs: Set<UInt32> = [0]
  var peerMessageIDs: Set<UInt32> = [0]
  /// Octets that its cipher has protected.
  var protectedOctets: UInt64 = 0
  /// How far it is from phase 2.
  var stage: AccessStage
  /// Whether the peer has said that it answers R-U-THERE.
  let isProbeAnswered: Bool
  /// The number of the last R-U-THERE of ours, and of the peer's.
  var probeNumber: UInt32 = 0
  var peerProbeNumber: UInt32?
  /// How often the peer was asked in vain.
  var probes = 0
  /// Whether a successor is already wanted.
  var isRenewing = false

  var id: IKEExchangeID { setting.exchange }

  /// So many exchanges under one association are enough: then it is renewed.
  static let maximumMessageIDs = 65_536

  /// When it ends; `nil` where no time was agreed on.
  var end: Instant? { agreement.lifetime.lifetime.duration.map { established + $0 } }

  /// When its successor is negotiated: after nine tenths of its life, by the other side, should the first not have
  /// done it, a little later.
  var renewal: Instant? {
    agreement.lifetime.lifetime.duration.map { duration in
      let part = duration.nanoseconds / 100
      return established + SimDuration(nanoseconds: part * (role == .initiator ? 90 : 95))
    }
  }

  /// Whether it has served enough: nine tenths of its volume, or of the message IDs that it keeps in mind. A successor
  /// is negotiated then.
  // Deviates: the volume ends an association by that only. What is under way in it is still answered, where RFC 2409
  // Appendix A has nothing to say.
  var isWorn: Bool {
    let volume = agreement.lifetime.lifetime.volume?.bytes ?? .max
    return protectedOctets >= volume / 10 * 9 || usedMessageIDs >= Self.maximumMessageIDs / 10 * 9
  }

  /// Whether no further exchange fits under it.
  var isUsedUp: Bool { usedMessageIDs >= Self.maximumMessageIDs }

  private var usedMessageIDs: Int { ownMessageIDs.count + peerMessageIDs.count }
}

/// What an engine keeps of a peer.
struct PeerState: Sendable {
  /// The phase 1 association for new exchanges.
  var current: IKEExchangeID?
  /// Every phase 1 association that lives, the oldest first.
  var associations: [IKEExchangeID] = []
  /// The phase 1 exchange that this side began and that is under way.
  var negotiating: IKEExchangeID?
  /// What waits for phase 1.
  var queue: [Acquire] = []
  /// When a message that came from its address was last complained about in clear.
  var complained: Instant?
  /// When something that only the peer can have sent last came in.
  var heard = Instant.zero
  /// What was made for packets with this peer, by the quick mode that made it, the oldest first.
  var children: [IKEExchangeID] = []

  /// More than this for one peer has to wait for the next packet.
  static let maximumQueue = 256
}

/// Associations that are wanted.
struct Acquire: Hashable, Sendable {
  /// What they are for.
  var item: PolicyLayers
  /// The traffic, from this side: source is ours.
  var selector: Selector
}
