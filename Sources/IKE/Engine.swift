import Cryptography
import IPsec
import Units
import Wire

/// ISAKMP and IKE at one node: main and aggressive mode with pre-shared keys and signatures, quick mode with and
/// without perfect forward secrecy, and informational exchanges, as initiator and responder (RFC 2407, 2408, 2409).
///
/// An engine has no I/O and no clock. It is told of packets that need an association, of datagrams and of timers, and
/// answers with what is to be done. It is a value: a copy goes on by itself, and does the same when the same happens to
/// it.
public struct IKEEngine: Sendable {
  /// Exchanges that answer a peer which has proved nothing yet.
  public static let maximumHalfOpen = 1_000

  /// What a quick mode has installed: a pair of associations for each layer that it was for.
  struct Child: Sendable {
    var id: IKEExchangeID
    var peerIndex: Int
    var acquire: Acquire
    /// The innermost layer's first.
    var pairs: [(inbound: AssociationIdentity, outbound: AssociationIdentity)]
    var installed: Instant
  }

  /// Which quick mode a message belongs to.
  struct QuickModeKey: Hashable, Sendable {
    var association: IKEExchangeID
    var messageID: UInt32
  }

  /// A responder knows an initiator it has no cookie with by where its first message came from and what it was.
  struct FirstMessage: Hashable, Sendable {
    var remote: IKEEndpoint
    var bytes: [UInt8]
  }

  /// A pair of associations that is being negotiated by this side, or waits for it.
  struct Wanted: Hashable, Sendable {
    var peerIndex: Int
    var acquire: Acquire
  }

  let directory: Directory
  var desk: Desk
  var peers: [PeerState]
  var phase1Exchanges: [IKEExchangeID: Phase1Exchange] = [:]
  var firstMessages: [FirstMessage: IKEExchangeID] = [:]
  /// Main modes and phase 1 associations by this side's cookie.
  var cookies: [Cookie: IKEExchangeID] = [:]
  var associations: [IKEExchangeID: Phase1Association] = [:]
  var quickModes: [IKEExchangeID: QuickModeExchange] = [:]
  var quickModeIDs: [QuickModeKey: IKEExchangeID] = [:]
  var transactions: [IKEExchangeID: TransactionExchange] = [:]
  var finished = FinishedExchanges()
  var wanted: Set<Wanted> = []
  /// What was installed, by the quick mode that made it.
  var children: [IKEExchangeID: Child] = [:]
  /// The same by any of its associations, in or out.
  var childByAssociation: [AssociationIdentity: IKEExchangeID] = [:]
  /// SPIs that must not be chosen: in use, or promised to a peer.
  var takenSPIs: Set<UInt32>
  /// Compression parameter indices that must not be chosen; they are counted apart from SPIs.
  var takenCPIs: Set<UInt32> = []
  /// Half-open exchanges that this side answers.
  var halfOpen = 0

  /// An engine for a node. `randomness` is where its cookies, nonces, exponents, message IDs and SPIs come from;
  /// `takenSPIs` are those of associations that were keyed by hand.
  public init(configuration: IKEConfiguration, randomness: IKERandomness, takenSPIs: Set<UInt32> = []) {
    directory = Directory(configuration)
    desk = Desk(randomness: randomness)
    peers = Array(repeating: PeerState(), count: configuration.peers.count)
    self.takenSPIs = takenSPIs
  }

  /// What the engine was made with.
  public var configuration: IKEConfiguration { directory.configuration }

  /// Main modes that are under way, whoever began them.
  public var openPhase1Exchanges: Int { phase1Exchanges.count }
  /// Phase 1 associations that live.
  public var establishedAssociations: Int { associations.count }
  /// Pairs of IPsec associations that this engine has made and that live: one for each layer.
  public var pairs: Int { children.values.reduce(0) { $0 + $1.pairs.count } }

  /// A packet needs an association for a layer of a policy's bundle. Starts phase 1 where there is no association with
  /// the peer at the other end, else quick mode for that layer and its neighbours between the same two ends. What is
  /// already being negotiated is not begun again.
  public mutating func acquire(_ request: AcquireRequest, at instant: Instant) -> [IKEAction] {
    begin(instant)
    guard let policy = directory.policy(named: request.policy),
      let item = directory.layers(for: request, policy: policy)
    else { return failed(request, "no policy of this name applies IPsec between these two ends") }
    guard directory.group(of: item) != nil else { return failed(request, "the policy names no suite to offer") }
    let selector = directory.selector(for: request, item)
    guard let peer = peer(for: request, selector) else {
      return failed(request, "no IKE peer is configured for the other end of the policy")
    }
    if let reason = Identities.obstacle(to: selector) { return failed(request, reason) }
    want(Acquire(item: item, selector: selector), peer, at: instant)
    return finish()
  }

  /// An association nears its end: a quick mode for the same traffic makes the successors of all that it was made with.
  /// Does nothing where there are some already, of whichever side's making.
  public mutating func renew(association: AssociationIdentity, at instant: Instant) -> [IKEAction] {
    begin(instant)
    if let child = child(of: association), isNewest(child) { want(child.acquire, child.peerIndex, at: instant) }
    return finish()
  }

  /// An association that this side receives by was taken out of the database, at the end of its life or otherwise: the
  /// peer is told not to send any more by it and by what was made with it (RFC 2408 §3.15). Forgets them all, since a
  /// packet passes by all or by none; and the other direction too: a peer that is told so takes both for dead.
  public mutating func removed(inbound association: AssociationIdentity, at instant: Instant) -> [IKEAction] {
    begin(instant)
    if let child = child(of: association) {
      forget(child)
      sendDelete(of: child.pairs.map(\.inbound), peer: child.peerIndex, at: instant)
      desk.actions.append(.remove(child.identities.filter { $0 != association }, why: .partnerEnded))
    }
    return finish()
  }

  /// A datagram came in on UDP port 500.
  public mutating func receive(
    _ bytes: [UInt8], from remote: IKEEndpoint, to local: IKEEndpoint, at instant: Instant
  ) -> [IKEAction] {
    begin(instant)
    let datagram = Datagram(bytes: bytes, remote: remote, local: local, arrival: instant)
    do {
      try dispatch(try datagram.read(), datagram)
    } catch {
      reject(error, exchange: error.exchange)
      complain(of: error, datagram)
    }
    return finish()
  }

  /// A timer that was set fires. One that was set anew since then, or whose exchange is over, does nothing.
  public mutating func timerFired(_ timer: IKETimer, at instant: Instant) -> [IKEAction] {
    begin(instant)
    if let phase1 = phase1Exchanges[timer.exchange], phase1.generation == timer.generation {
      switch timer.purpose {
      case .retransmit: retransmit(phase1, at: instant)
      case .expire: abandon(phase1, why: "the initiator did not go on", at: instant)
      case .renew, .end, .probe: break
      }
    } else if let quickMode = quickModes[timer.exchange], quickMode.generation == timer.generation {
      if timer.purpose == .retransmit { retransmit(quickMode, at: instant) }
    } else if let transaction = transactions[timer.exchange], transaction.generation == timer.generation {
      if timer.purpose == .retransmit { retransmit(transaction, at: instant) }
    } else if let association = associations[timer.exchange], association.generation == timer.generation {
      switch timer.purpose {
      case .renew: renew(association, at: instant)
      case .end: end(association, why: "its lifetime is over", isTold: true, at: instant)
      case .probe: probe(association, at: instant)
      case .expire: expireAccess(association, at: instant)
      case .retransmit: break
      }
    }
    return finish()
  }

  /// The peer at the other end of a request. Of several whose addresses were not known, the one that carries such
  /// traffic already.
  private func peer(for request: AcquireRequest, _ selector: Selector) -> Int? {
    let known = directory.peers(local: request.local, remote: request.remote)
    guard known.count > 1 else { return known.first }
    return known.first { peer in
      peers[peer].children.contains { children[$0]?.acquire.selector.covers(selector) == true }
    } ?? known.first { peers[$0].current != nil } ?? known.first
  }

  // MARK: The sheet of actions

  private mutating func begin(_ instant: Instant) {
    desk.actions.removeAll(keepingCapacity: false)
    desk.now = instant
    forgetFinished(until: instant)
  }

  private mutating func finish() -> [IKEAction] {
    defer { desk.actions = [] }
    return desk.actions
  }

  private mutating func failed(_ request: AcquireRequest, _ why: String) -> [IKEAction] {
    desk.actions.append(.acquireFailed(policy: request.policy, why: why))
    return finish()
  }

  private mutating func dispatch(_ header: ISAKMPHeader, _ message: Datagram) throws(Rejection) {
    switch header.exchangeType {
    case .identityProtection, .aggressive: try receivePhase1(header, message)
    case .quickMode: try receiveQuickMode(header, message)
    case .informational: try receiveInformational(header, message)
    case .transaction: try receiveTransaction(header, message)
    case .newGroupMode: try receiveNewGroup(header, message)
    default:
      throw Rejection(
        .unexpected, "exchange type \(header.exchangeType.rawValue) is not spoken here (RFC 2408 §3.1)",
        .unsupportedExchangeType)
    }
  }

  /// Notes why a datagram was not let in. Nothing else changes.
  mutating func reject(_ rejection: Rejection, exchange: IKEExchangeID?) {
    if let refusal = rejection.refusal { desk.note(.refused(refusal), exchange) }
    desk.note(.dropped(rejection.reason, detail: rejection.detail), exchange)
  }

  /// Whether nothing younger is for the same traffic.
  private func isNewest(_ child: Child) -> Bool {
    peers[child.peerIndex].children.last { children[$0]?.acquire == child.acquire } == child.id
  }

  func child(of association: AssociationIdentity) -> Child? { childByAssociation[association].flatMap { children[$0] } }
}

extension IKEEngine.Child {
  /// Every association of it, outbound and inbound layer by layer.
  var identities: [AssociationIdentity] { pairs.flatMap { [$0.outbound, $0.inbound] } }
}

/// A datagram with where it came from and when.
struct Datagram: Sendable {
  var bytes: [UInt8]
  var remote: IKEEndpoint
  var local: IKEEndpoint
  var arrival: Instant

  /// Reads and checks the header: RFC 2408 §5.2.
  func read() throws(Rejection) -> ISAKMPHeader {
    var cursor = Cursor(end: bytes.count)
    let header: ISAKMPHeader
    do { header = try unsafe ISAKMPHeader(reading: bytes.span.bytes, at: &cursor) } catch { throw Rejection(error) }
    guard header.majorVersion == 1, header.minorVersion == 0 else {
      throw Rejection(
        .malformed, "version \(header.majorVersion).\(header.minorVersion); this is 1.0 (RFC 2408 §5.2)",
        header.majorVersion == 1 ? .invalidMinorVersion : .invalidMajorVersion)
    }
    guard header.flags.reserved == 0 else {
      throw Rejection(.malformed, "a reserved flag is set (RFC 2408 §3.1)", .invalidFlags)
    }
    guard !header.flags.contains(.authenticationOnly) else {
      throw Rejection(.unexpected, "what is authenticated only is not spoken here (RFC 2408 §3.1)", .invalidFlags)
    }
    guard Int(header.length) == bytes.count else {
      throw Rejection(
        .malformed, "the header says \(header.length) octets, the datagram has \(bytes.count) (RFC 2408 §5.1)",
        .unequalPayloadLengths)
    }
    return header
  }
}

/// Quick modes whose last message went out, in the order in which they may be forgotten.
struct FinishedExchanges: Sendable {
  private var entries: [(exchange: IKEExchangeID, until: Instant)] = []
  private var head = 0

  /// More than this are not remembered.
  static let maximum = 4_096

  mutating func append(_ exchange: IKEExchangeID, until: Instant) { entries.append((exchange, until)) }

  /// Takes one that is due, or that is one too many.
  mutating func next(at instant: Instant) -> IKEExchangeID? {
    guard head < entries.count, entries[head].until <= instant || entries.count - head > Self.maximum else {
      return nil
    }
    defer {
      head += 1
      if head > 64, head * 2 > entries.count {
        entries.removeFirst(head)
        head = 0
      }
    }
    return entries[head].exchange
  }
}
