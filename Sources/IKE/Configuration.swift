import Cryptography
import IPsec
import Units
import Wire

/// A protection suite of phase 1: RFC 2409 §4, Appendix A. How the ends authenticate is a property of the peer.
public struct Phase1Suite: Hashable, Sendable {
  /// The cipher that hides messages 5 and 6 and all of phase 2.
  public var cipher: CipherAlgorithm
  /// The hash, whose HMAC is the prf.
  public var hash: HashAlgorithm
  /// The Oakley group's number: 1, 2, 5 or 14, or 3 or 4, which are curves.
  public var group: UInt16

  public init(cipher: CipherAlgorithm, hash: HashAlgorithm, group: UInt16) {
    self.cipher = cipher
    self.hash = hash
    self.group = group
  }
}

/// How an unanswered message is sent again: after `first`, then after `factor` times the last wait, `limit` times in
/// all.
public struct RetransmissionSchedule: Hashable, Sendable {
  /// The wait before the first retransmission.
  public var first: SimDuration
  /// By how much each wait is longer than the one before.
  public var factor: UInt64
  /// How often a message is sent again; one more wait, and the exchange is given up.
  public var limit: Int

  public init(first: SimDuration = .seconds(4), factor: UInt64 = 2, limit: Int = 5) {
    self.first = first
    self.factor = factor
    self.limit = limit
  }
}

/// When a silent peer is asked whether it is still there, and when it is taken for dead: RFC 3706 §5.5.
public struct DeadPeerDetection: Hashable, Sendable {
  /// How long nothing has to be heard of the peer before it is asked.
  public var idle: SimDuration
  /// How long an answer is waited for.
  public var retry: SimDuration
  /// How often it is asked in vain before it is taken for dead.
  public var limit: Int

  public init(idle: SimDuration = .seconds(30), retry: SimDuration = .seconds(5), limit: Int = 3) {
    self.idle = idle
    self.retry = retry
    self.limit = limit
  }
}

/// The exchange by which phase 1 is negotiated: RFC 2409 §5.
public enum Phase1Mode: Hashable, Sendable {
  /// Six messages; the identities are hidden, and with pre-shared keys have to be known from the addresses.
  case main
  /// Three messages; the identities are in clear, and the responder finds the key by them.
  case aggressive

  /// `main mode`.
  public var words: String { self == .main ? "main mode" : "aggressive mode" }

  var exchangeType: ExchangeType { self == .main ? .identityProtection : .aggressive }
}

/// What a node knows of one peer before they have spoken.
public struct IKEPeer: Hashable, Sendable {
  /// What the scenario calls it; unique within its node.
  public var name: String
  /// This node's address towards the peer.
  public var localAddress: IPAddress
  /// The peer's address; 0.0.0.0 or :: where it is not known before the peer begins.
  public var remoteAddress: IPAddress
  /// The exchange that this side begins with, and the only one that it answers.
  public var mode: Phase1Mode
  /// Who this side says it is; `nil` for its address.
  public var localIdentity: Identity?
  /// Who the peer has to be; `nil` for its address.
  public var remoteIdentity: Identity?
  /// The secret that both know; without a use where signatures authenticate.
  public var preSharedKey: [UInt8]
  /// What signs in place of a pre-shared key; `nil` where that authenticates.
  public var credentials: IKECredentials?
  /// What may be agreed on in phase 1, the best first.
  public var suites: [Phase1Suite]
  /// How long a phase 1 association may live: what is offered, and the longest that is accepted.
  public var lifetime: Lifetime
  /// How unanswered messages are sent again.
  public var retransmission: RetransmissionSchedule
  /// How this side finds out whether the peer is still there; `nil` where it does not ask. It answers in either case.
  public var deadPeerDetection: DeadPeerDetection?
  /// What lies between phase 1 and phase 2 with a peer that dials in, or is dialled; `nil` for nothing.
  public var remoteAccess: RemoteAccess?

  public init(
    name: String, localAddress: IPAddress, remoteAddress: IPAddress, mode: Phase1Mode = .main,
    localIdentity: Identity? = nil, remoteIdentity: Identity? = nil, preSharedKey: [UInt8] = [],
    credentials: IKECredentials? = nil, suites: [Phase1Suite],
    lifetime: Lifetime = Lifetime(duration: .seconds(28_800), volume: nil),
    retransmission: RetransmissionSchedule = RetransmissionSchedule(), deadPeerDetection: DeadPeerDetection? = nil,
    remoteAccess: RemoteAccess? = nil
  ) {
    self.name = name
    self.localAddress = localAddress
    self.remoteAddress = remoteAddress
    self.mode = mode
    self.localIdentity = localIdentity
    self.remoteIdentity = remoteIdentity
    self.preSharedKey = preSharedKey
    self.credentials = credentials
    self.suites = suites
    self.lifetime = lifetime
    self.retransmission = retransmission
    self.deadPeerDetection = deadPeerDetection
    self.remoteAccess = remoteAccess
  }
}

extension IKEPeer {
  /// Whether the peer's address shows only when it begins.
  public var isAddressUnknown: Bool { remoteAddress == .v4(.any) || remoteAddress == .v6(.any) }
}

/// What an ISAKMP engine is made with: its peers, and the policies that quick mode may negotiate for.
public struct IKEConfiguration: Hashable, Sendable {
  /// Peers, in the scenario's order.
  public var peers: [IKEPeer]
  /// The node's security policies in their order; quick mode looks for the ones that apply IPsec.
  public var policies: [SecurityPolicy]

  public init(peers: [IKEPeer], policies: [SecurityPolicy]) {
    self.peers = peers
    self.policies = policies
  }
}
