import Units
import Wire

/// One end of a connection: RFC 793 as far as requests and responses need it, with retransmission (RFC 2988) and without
/// congestion control. It knows no clock and no network: instants and segments come in, actions go out.
public struct TCPConnection: Hashable, Sendable {
  /// The maximum segment lifetime; TIME-WAIT lasts two of them. RFC 793 §3.3 says two minutes, hosts use half a minute.
  static let maximumSegmentLifetime = SimDuration.seconds(30)
  /// How often a segment is sent again before the connection is given up.
  static let retransmissionLimit = 8
  /// What we offer to take at once. There is no window scaling.
  static let receiveWindow = 65_535
  /// How soon an empty segment that cannot be right is answered again: two ends that a forged segment has put out of step
  /// would else acknowledge each other's acknowledgments without end (RFC 5961 §10 bounds such answers alike).
  static let challengeInterval = SimDuration.milliseconds(500)
  /// What a peer that says nothing takes: RFC 1122 §4.2.2.6.
  static let defaultMaximumSegmentSize = 536

  /// Where the connection stands.
  public internal(set) var state: TCPState
  /// The largest payload that may be sent at once.
  public internal(set) var maximumSegmentSize: Int

  let ownMaximumSegmentSize: Int
  var initialSend: TCPSequence
  var sendUnacknowledged: TCPSequence
  var sendNext: TCPSequence
  var sendWindow = 0
  /// The segment that told the window last, by its sequence number and acknowledgment: SND.WL1 and SND.WL2.
  var windowUpdate = (sequence: TCPSequence(0), acknowledgment: TCPSequence(0))
  var receiveNext = TCPSequence(0)
  var outOfOrder = OutOfOrderQueue()
  /// Octets from `sendUnacknowledged` on (SYN and FIN take a number but no octet).
  var buffer: [UInt8] = []
  var closeRequested = false
  var finSequence: TCPSequence?
  var lastChallenge: Instant?
  var timeout = RetransmissionTimeout()
  var attempts = 0
  var timerGeneration: UInt32 = 0
  var timerArmed = false
  var duplicateAcknowledgments = 0
  /// While octets are missing at the peer: the number up to which they were under way when that showed.
  var recoveryPoint: TCPSequence?
  var measuring: (sequence: TCPSequence, since: Instant)?
  var actions: [TCPAction] = []

  /// A connection that does not exist yet. `initialSequence` is as random as RFC 1948 wants it.
  public init(initialSequence: UInt32, maximumSegmentSize: Int) {
    state = .closed
    ownMaximumSegmentSize = max(1, min(maximumSegmentSize, 65_495))
    self.maximumSegmentSize = Self.defaultMaximumSegmentSize
    initialSend = TCPSequence(initialSequence)
    sendUnacknowledged = initialSend
    sendNext = initialSend
  }

  public static func == (lhs: TCPConnection, rhs: TCPConnection) -> Bool {
    lhs.state == rhs.state && lhs.sendUnacknowledged == rhs.sendUnacknowledged && lhs.sendNext == rhs.sendNext
      && lhs.receiveNext == rhs.receiveNext && lhs.buffer == rhs.buffer && lhs.outOfOrder == rhs.outOfOrder
      && lhs.timerGeneration == rhs.timerGeneration
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(state)
    hasher.combine(sendNext)
    hasher.combine(receiveNext)
  }

  // MARK: What the application asks

  /// Active OPEN: sends SYN.
  public mutating func open(at now: Instant) -> [TCPAction] {
    precondition(state == .closed, "a connection is opened once, by its owner")
    transmit([.syn], payload: [], at: now)
    move(to: .synSent)
    return takeActions()
  }

  /// Passive OPEN: waits for SYN.
  public mutating func listen() -> [TCPAction] {
    precondition(state == .closed, "a connection is opened once, by its owner")
    move(to: .listen)
    return takeActions()
  }

  /// Queues octets and sends what the window lets through.
  public mutating func send(_ octets: [UInt8], at now: Instant) -> [TCPAction] {
    guard !closeRequested, state != .closed else { return [] }
    buffer += octets
    pump(at: now)
    return takeActions()
  }

  /// CLOSE: a FIN follows the last queued octet.
  public mutating func close(at now: Instant) -> [TCPAction] {
    closeRequested = true
    switch state {
    case .closed, .listen, .synSent: closeQuietly()
    default: pump(at: now)
    }
    return takeActions()
  }

  /// The path takes no larger datagrams: later segments shrink, and the oldest is sent again at once (RFC 1191 §6.4).
  public mutating func pathShrank(toSegmentSize size: Int, at now: Instant) -> [TCPAction] {
    guard isSynchronized, size > 0, size < maximumSegmentSize else { return [] }
    maximumSegmentSize = size
    if sendUnacknowledged < sendNext { retransmitOldest(at: now) }
    return takeActions()
  }

  mutating func takeActions() -> [TCPAction] {
    defer { actions = [] }
    return actions
  }

  mutating func move(to next: TCPState) {
    guard next != state else { return }
    actions.append(.changed(from: state, to: next))
    state = next
  }
}
