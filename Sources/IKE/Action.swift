import IPsec
import Units
import Wire

/// Where an ISAKMP datagram comes from or goes to.
public struct IKEEndpoint: Hashable, Sendable {
  /// The IP address.
  public var address: IPAddress
  /// The UDP port; 500 unless something rewrote it.
  public var port: UInt16

  /// ISAKMP's own port: RFC 2408 §2.5.1.
  public static let isakmpPort: UInt16 = 500

  public init(address: IPAddress, port: UInt16 = Self.isakmpPort) {
    self.address = address
    self.port = port
  }
}

/// An ISAKMP exchange, counted from 1 within its engine in the order in which they began.
public struct IKEExchangeID: Hashable, Comparable, Sendable {
  /// Counted from 1.
  public var rawValue: UInt32

  public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// A timer of one exchange. Setting it anew raises the generation; one that fires with an old generation is ignored, so
/// that a driver need not take it out of its queue.
public struct IKETimer: Hashable, Sendable {
  /// What is to be done when it fires.
  public enum Purpose: UInt8, Hashable, Sendable {
    /// Send the last message again, or give up.
    case retransmit
    /// Give up an exchange that this side only answers.
    case expire
    /// Negotiate the successor of a phase 1 association.
    case renew
    /// End a phase 1 association.
    case end
    /// Ask whether the peer is still there, or take it for dead.
    case probe
  }

  /// Whose timer it is.
  public var exchange: IKEExchangeID
  /// What is to be done.
  public var purpose: Purpose
  /// Which setting of the exchange's timers this is.
  public var generation: UInt32

  public init(exchange: IKEExchangeID, purpose: Purpose, generation: UInt32) {
    self.exchange = exchange
    self.purpose = purpose
    self.generation = generation
  }
}

/// The two associations that a quick mode made for one layer of a policy's bundle, which `inbound.layer` and
/// `outbound.layer` name.
public struct IKEInstall: Hashable, Sendable {
  /// The quick mode.
  public var exchange: IKEExchangeID
  /// Whether this side began it.
  public var isInitiator: Bool
  /// What this node receives by.
  public var inbound: AssociationParameters
  /// What this node sends by.
  public var outbound: AssociationParameters
  /// Older associations for the same traffic and layer, in and out. The new outbound one is to be preferred to them at
  /// once; the inbound ones stay good until their own end, so that what is under way still arrives.
  public var replaces: [AssociationIdentity]

  public init(
    exchange: IKEExchangeID, isInitiator: Bool, inbound: AssociationParameters, outbound: AssociationParameters,
    replaces: [AssociationIdentity]
  ) {
    self.exchange = exchange
    self.isInitiator = isInitiator
    self.inbound = inbound
    self.outbound = outbound
    self.replaces = replaces
  }
}

/// Why associations are to be taken out of the database.
public enum IKERemovalReason: Hashable, Sendable {
  /// The peer sent a Delete under its phase 1 association: RFC 2408 §3.15.
  case deletedByPeer
  /// The peer has lost its memory: INITIAL-CONTACT, RFC 2407 §4.6.3.3.
  case initialContact
  /// The quick mode that made it was never confirmed.
  case unconfirmed
  /// Something that this side received by is over, and the peer, told so, takes all that was made with it for dead.
  case partnerEnded
  /// The peer no longer answers: RFC 3706.
  case deadPeer
}

/// What the driver of an engine has to do, in this order.
public enum IKEAction: Hashable, Sendable {
  /// Send a datagram. `message` counts the messages of the exchange from 1; `retransmission` is `nil` for the first
  /// time.
  case send(
    [UInt8], from: IKEEndpoint, to: IKEEndpoint, exchange: IKEExchangeID, message: Int, summary: String,
    retransmission: Int?)
  /// Call `timerFired` at that time.
  case setTimer(IKETimer, at: Instant)
  /// The timer is not needed any more; letting it fire does no harm.
  case cancelTimer(IKETimer)
  /// Install a layer's inbound association: the initiator has verified message 2, or the responder is about to send it,
  /// and the peer may use the association from then on. Those of all layers come before the first outbound one.
  case installInbound(IKEInstall)
  /// Install a layer's outbound association too: the initiator has verified message 2, or the responder message 3. The
  /// innermost layer comes first.
  case installOutbound(IKEInstall)
  /// Take associations, in and out, out of the database.
  case remove([AssociationIdentity], why: IKERemovalReason)
  /// The gateway has given this side an address inside, and what belongs to it. Quick modes begin afterwards.
  case configured(ModeConfiguration, peer: String)
  /// The negotiation for a policy was given up.
  case acquireFailed(policy: String, why: String)
  /// Something for the record of the run.
  case note(IKENote, exchange: IKEExchangeID?)
}
