import Units
import Wire

/// The states of a connection: RFC 793 §3.2, by their names there.
public enum TCPState: String, Hashable, Sendable {
  case closed = "CLOSED"
  case listen = "LISTEN"
  case synSent = "SYN-SENT"
  case synReceived = "SYN-RECEIVED"
  case established = "ESTABLISHED"
  case finWait1 = "FIN-WAIT-1"
  case finWait2 = "FIN-WAIT-2"
  case closeWait = "CLOSE-WAIT"
  case closing = "CLOSING"
  case lastAck = "LAST-ACK"
  case timeWait = "TIME-WAIT"
}

/// What a segment says, without ports and addresses: those belong to whoever sends it.
public struct TCPSegment: Hashable, Sendable {
  public var sequence: UInt32
  public var acknowledgment: UInt32
  public var control: TCPFlags
  public var window: UInt16
  /// The MSS option; only in a segment with SYN (RFC 793 §3.1).
  public var maximumSegmentSize: UInt16?
  public var payload: [UInt8]

  /// Octets of the sequence space that it takes: data, SYN and FIN.
  var length: Int { payload.count + (control.contains(.syn) ? 1 : 0) + (control.contains(.fin) ? 1 : 0) }
}

/// What a connection asks of the node that keeps it.
public enum TCPAction: Hashable, Sendable {
  /// A segment is to be sent.
  case send(TCPSegment)
  /// A retransmission; the segment itself comes in a `send` behind it.
  case retransmitted(sequence: UInt32, attempt: Int)
  /// The one timer is to fire at `at`; older ones no longer count.
  case setTimer(at: Instant, generation: UInt32)
  /// The state changed.
  case changed(from: TCPState, to: TCPState)
  /// Octets for the application, in order and once.
  case received([UInt8])
  /// The peer has no more to say.
  case peerFinished
  /// The connection is no more, and not because both ends wished it.
  case failed(why: String)
}

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
  public private(set) var state: TCPState
  /// The largest payload that may be sent at once.
  public private(set) var maximumSegmentSize: Int

  private let ownMaximumSegmentSize: Int
  private var initialSend: TCPSequence
  private var sendUnacknowledged: TCPSequence
  private var sendNext: TCPSequence
  private var sendWindow = 0
  /// The segment that told the window last, by its sequence number and acknowledgment: SND.WL1 and SND.WL2.
  private var windowUpdate = (sequence: TCPSequence(0), acknowledgment: TCPSequence(0))
  private var receiveNext = TCPSequence(0)
  private var outOfOrder = OutOfOrderQueue()
  /// Octets from `sendUnacknowledged` on (SYN and FIN take a number but no octet).
  private var buffer: [UInt8] = []
  private var closeRequested = false
  private var finSequence: TCPSequence?
  private var lastChallenge: Instant?
  private var timeout = RetransmissionTimeout()
  private var attempts = 0
  private var timerGeneration: UInt32 = 0
  private var timerArmed = false
  private var duplicateAcknowledgments = 0
  /// While octets are missing at the peer: the number up to which they were under way when that showed.
  private var recoveryPoint: TCPSequence?
  private var measuring: (sequence: TCPSequence, since: Instant)?
  private var actions: [TCPAction] = []

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

  private mutating func takeActions() -> [TCPAction] {
    defer { actions = [] }
    return actions
  }

  private mutating func move(to next: TCPState) {
    guard next != state else { return }
    actions.append(.changed(from: state, to: next))
    state = next
  }
}

// MARK: - Sending

extension TCPConnection {
  private var isSynchronized: Bool {
    switch state {
    case .closed, .listen, .synSent, .synReceived: false
    default: true
    }
  }

  private func segment(_ control: TCPFlags, at sequence: TCPSequence, _ payload: [UInt8]) -> TCPSegment {
    TCPSegment(
      sequence: sequence.rawValue, acknowledgment: control.contains(.ack) ? receiveNext.rawValue : 0, control: control,
      window: UInt16(clamping: Self.receiveWindow),
      maximumSegmentSize: control.contains(.syn) ? UInt16(clamping: ownMaximumSegmentSize) : nil, payload: payload)
  }

  private mutating func transmit(_ control: TCPFlags, payload: [UInt8], at now: Instant) {
    let segment = segment(control, at: sendNext, payload)
    if measuring == nil, segment.length > 0 { measuring = (sendNext + segment.length, now) }
    sendNext = sendNext + segment.length
    actions.append(.send(segment))
    if segment.length > 0 && !timerArmed { armTimer(at: now) }
  }

  /// Acknowledges what has come.
  private mutating func acknowledge() { actions.append(.send(segment(.ack, at: sendNext, []))) }

  /// Sends what is queued, as far as the peer's window goes, and the FIN behind it.
  private mutating func pump(at now: Instant) {
    guard state == .established || state == .closeWait else { return }
    var sent = sendNext - sendUnacknowledged
    while sent < buffer.count {
      let room = min(maximumSegmentSize, sendWindow - sent)
      guard room > 0 else { break }
      let end = min(buffer.count, sent + room)
      transmit(end == buffer.count ? [.ack, .psh] : .ack, payload: Array(buffer[sent..<end]), at: now)
      sent = end
    }
    if sent < buffer.count, !timerArmed { armTimer(at: now) }  // zero window: the timer probes it
    if closeRequested, sent == buffer.count, finSequence == nil {
      finSequence = sendNext
      transmit([.fin, .ack], payload: [], at: now)
      move(to: state == .established ? .finWait1 : .lastAck)
    }
  }

  private mutating func armTimer(at now: Instant) {
    timerGeneration &+= 1
    timerArmed = true
    actions.append(
      .setTimer(at: now + SimDuration(nanoseconds: timeout.nanoseconds), generation: timerGeneration))
  }

  private mutating func disarmTimer() {
    timerGeneration &+= 1
    timerArmed = false
  }

  /// The timer fired. One that was set anew since is told by its generation and means nothing.
  public mutating func timerFired(generation: UInt32, at now: Instant) -> [TCPAction] {
    guard timerArmed, generation == timerGeneration else { return [] }
    timerArmed = false
    if state == .timeWait {
      move(to: .closed)
      return takeActions()
    }
    attempts += 1
    guard attempts <= Self.retransmissionLimit else {
      actions.append(.failed(why: "no acknowledgment after \(Self.retransmissionLimit) retransmissions"))
      move(to: .closed)
      return takeActions()
    }
    timeout.backOff()
    recoveryPoint = sendNext
    retransmitOldest(at: now)
    return takeActions()
  }

  /// Sends the oldest unacknowledged octets, SYN or FIN again, or probes a window that is shut.
  private mutating func retransmitOldest(at now: Instant) {
    measuring = nil  // Karn: what was sent twice is not measured
    let outstanding = sendNext - sendUnacknowledged
    let resent: TCPSegment
    if state == .synSent || state == .synReceived {
      resent = segment(state == .synSent ? .syn : [.syn, .ack], at: sendUnacknowledged, [])
    } else if !buffer.isEmpty {
      let count = min(buffer.count, maximumSegmentSize, max(1, min(outstanding, sendWindow)))
      resent = segment([.ack, .psh], at: sendUnacknowledged, Array(buffer[..<count]))
      if outstanding < count { sendNext = sendUnacknowledged + count }
    } else if let finSequence, sendUnacknowledged <= finSequence {
      resent = segment([.fin, .ack], at: finSequence, [])
    } else {
      return
    }
    actions.append(.retransmitted(sequence: sendUnacknowledged.rawValue, attempt: attempts))
    actions.append(.send(resent))
    armTimer(at: now)
  }
}

// MARK: - Receiving

extension TCPConnection {
  /// A segment came in. RFC 793 §3.9, "SEGMENT ARRIVES".
  public mutating func receive(_ segment: TCPSegment, at now: Instant) -> [TCPAction] {
    switch state {
    case .closed: refuse(segment)
    case .listen: receiveInListen(segment, at: now)
    case .synSent: receiveInSynSent(segment, at: now)
    default: receiveSynchronizing(segment, at: now)
    }
    return takeActions()
  }

  /// The answer to a segment that belongs to no connection: RFC 793 §3.4, "Reset Generation".
  public static func reset(for segment: TCPSegment) -> TCPSegment? {
    guard !segment.control.contains(.rst) else { return nil }
    if segment.control.contains(.ack) {
      return TCPSegment(
        sequence: segment.acknowledgment, acknowledgment: 0, control: .rst, window: 0, maximumSegmentSize: nil,
        payload: [])
    }
    return TCPSegment(
      sequence: 0, acknowledgment: (TCPSequence(segment.sequence) + segment.length).rawValue, control: [.rst, .ack],
      window: 0, maximumSegmentSize: nil, payload: [])
  }

  private mutating func refuse(_ segment: TCPSegment) {
    if let reset = Self.reset(for: segment) { actions.append(.send(reset)) }
  }

  private mutating func receiveInListen(_ segment: TCPSegment, at now: Instant) {
    guard !segment.control.contains(.rst) else { return }
    guard segment.control.contains(.syn), !segment.control.contains(.ack) else { return refuse(segment) }
    synchronize(with: segment)
    transmit([.syn, .ack], payload: [], at: now)
    move(to: .synReceived)
  }

  private mutating func synchronize(with segment: TCPSegment) {
    receiveNext = TCPSequence(segment.sequence) + 1
    sendWindow = Int(segment.window)
    windowUpdate = (TCPSequence(segment.sequence), TCPSequence(segment.acknowledgment))
    let offered = segment.maximumSegmentSize.map(Int.init) ?? Self.defaultMaximumSegmentSize
    maximumSegmentSize = max(1, min(offered, ownMaximumSegmentSize))
  }

  private mutating func receiveInSynSent(_ segment: TCPSegment, at now: Instant) {
    let acknowledgment = TCPSequence(segment.acknowledgment)
    let hasACK = segment.control.contains(.ack)
    if hasACK, acknowledgment <= initialSend || sendNext < acknowledgment { return refuse(segment) }
    if segment.control.contains(.rst) {
      if hasACK { fail("the peer refused the connection (RST)") }
      return
    }
    guard segment.control.contains(.syn) else { return }
    synchronize(with: segment)
    guard hasACK else {  // Both ends opened at once: RFC 793 figure 8.
      actions.append(.send(self.segment([.syn, .ack], at: initialSend, [])))
      return move(to: .synReceived)
    }
    acknowledged(upTo: acknowledgment, at: now)
    acknowledge()  // Before the owner hears of it, so that the handshake ends before the first octet goes out.
    move(to: .established)
    pump(at: now)
  }

  private mutating func fail(_ why: String) {
    disarmTimer()
    actions.append(.failed(why: why))
    move(to: .closed)
  }

  /// Whether some of the segment lies in the receive window: RFC 793 §3.3.
  private func isAcceptable(_ segment: TCPSegment) -> Bool {
    let first = TCPSequence(segment.sequence) - receiveNext
    if segment.length == 0 { return first >= 0 && first < Self.receiveWindow }
    return first < Self.receiveWindow && first + segment.length - 1 >= 0
  }

  private mutating func receiveSynchronizing(_ segment: TCPSegment, at now: Instant) {
    guard isAcceptable(segment) else {
      if !segment.control.contains(.rst) { challenge(segment, at: now) }
      if state == .timeWait, segment.control.contains(.fin) { beginTimeWait(at: now) }
      return
    }
    if segment.control.contains(.rst) {
      return state == .timeWait ? closeQuietly() : fail("the peer reset the connection (RST)")
    }
    // A SYN in the window is an error: RFC 793 §3.9, fourth check.
    if segment.control.contains(.syn), !(TCPSequence(segment.sequence) < receiveNext) {
      refuse(segment)
      return fail("the peer sent a second SYN within the window")
    }
    guard segment.control.contains(.ack) else { return }
    guard receiveAcknowledgment(of: segment, at: now) else { return }
    receiveText(of: segment, at: now)
    pump(at: now)
  }

  /// Answers what cannot be right with where this end stands; what takes no sequence numbers not more often than at intervals.
  private mutating func challenge(_ segment: TCPSegment, at now: Instant) {
    if segment.length == 0 {
      if let last = lastChallenge, now < last + Self.challengeInterval { return }
      lastChallenge = now
    }
    acknowledge()
  }

  private mutating func closeQuietly() {
    disarmTimer()
    move(to: .closed)
  }

  /// The fifth check of RFC 793 §3.9. False where the segment is not to be looked at further.
  private mutating func receiveAcknowledgment(of segment: TCPSegment, at now: Instant) -> Bool {
    let acknowledgment = TCPSequence(segment.acknowledgment)
    if state == .synReceived {
      guard initialSend < acknowledgment, acknowledgment <= sendNext else {
        refuse(segment)
        return false
      }
      move(to: .established)
    }
    guard acknowledgment <= sendNext else {
      challenge(segment, at: now)
      return false
    }
    updateWindow(from: segment)
    if sendUnacknowledged < acknowledgment {
      acknowledged(upTo: acknowledgment, at: now)
    } else if segment.length == 0, acknowledgment == sendUnacknowledged, sendUnacknowledged < sendNext {
      duplicateAcknowledged(at: now)
    }
    let finIsAcknowledged = finSequence.map { $0 < sendUnacknowledged } ?? false
    if finIsAcknowledged {
      switch state {
      case .finWait1: move(to: .finWait2)
      case .closing: beginTimeWait(at: now)
      case .lastAck:
        closeQuietly()
        return false
      default: break
      }
    }
    return true
  }

  /// Takes the window from a segment that is not older than the one that told it last: RFC 793 §3.9, fifth check.
  private mutating func updateWindow(from segment: TCPSegment) {
    let update = (sequence: TCPSequence(segment.sequence), acknowledgment: TCPSequence(segment.acknowledgment))
    guard sendUnacknowledged <= update.acknowledgment, windowUpdate.sequence <= update.sequence,
      windowUpdate.sequence != update.sequence || windowUpdate.acknowledgment <= update.acknowledgment
    else { return }
    windowUpdate = update
    sendWindow = Int(segment.window)
    // A peer that answers the probes of its shut window may keep it shut as long as it likes: RFC 1122 §4.2.2.17.
    if sendWindow == 0 { attempts = 0 }
  }

  private mutating func acknowledged(upTo acknowledgment: TCPSequence, at now: Instant) {
    let count = acknowledgment - sendUnacknowledged
    // SYN and FIN take a number of the sequence space and no octet of the buffer.
    let synOctets = sendUnacknowledged == initialSend ? 1 : 0
    buffer.removeFirst(max(0, min(buffer.count, count - synOctets)))
    sendUnacknowledged = acknowledgment
    if sendNext < acknowledgment { sendNext = acknowledgment }
    duplicateAcknowledgments = 0
    if let measured = measuring, measured.sequence <= acknowledgment {
      timeout.measured((now - measured.since).nanoseconds)
      measuring = nil
    }
    attempts = 0
    disarmTimer()
    if sendUnacknowledged < sendNext { armTimer(at: now) }
    guard let point = recoveryPoint else { return }
    if acknowledgment < point {
      retransmitOldest(at: now)  // The next hole: RFC 2582 §3, partial acknowledgment.
    } else {
      recoveryPoint = nil
    }
  }

  /// The third acknowledgment of the same octet says that the one behind it is missing: RFC 2581 §3.2, the
  /// retransmission alone, since there is no congestion control here.
  private mutating func duplicateAcknowledged(at now: Instant) {
    duplicateAcknowledgments += 1
    guard duplicateAcknowledgments == 3, recoveryPoint == nil else { return }
    recoveryPoint = sendNext
    retransmitOldest(at: now)
  }

  /// The seventh and eighth checks of RFC 793 §3.9: the text, then the FIN.
  private mutating func receiveText(of segment: TCPSegment, at now: Instant) {
    switch state {
    case .established, .finWait1, .finWait2: break
    default:
      if segment.length > 0 { acknowledge() }
      return
    }
    // The text of a segment that still carries the SYN begins behind it.
    let start = TCPSequence(segment.sequence) + (segment.control.contains(.syn) ? 1 : 0)
    var finAt: TCPSequence?
    if segment.control.contains(.fin) { finAt = start + segment.payload.count }
    if !segment.payload.isEmpty {
      outOfOrder.insert(segment.payload, at: start)
      let ready = outOfOrder.take(from: receiveNext)
      if !ready.isEmpty {
        receiveNext = receiveNext + ready.count
        actions.append(.received(ready))
      }
    }
    if finAt == receiveNext {
      receiveNext = receiveNext + 1
      acknowledge()
      peerFinished(at: now)
      actions.append(.peerFinished)
    } else if segment.length > 0 {
      acknowledge()
    }
  }

  private mutating func peerFinished(at now: Instant) {
    switch state {
    case .established: move(to: .closeWait)
    case .finWait1: move(to: .closing)
    case .finWait2: beginTimeWait(at: now)
    default: break
    }
  }

  private mutating func beginTimeWait(at now: Instant) {
    move(to: .timeWait)
    timerGeneration &+= 1
    timerArmed = true
    actions.append(.setTimer(at: now + Self.maximumSegmentLifetime * 2, generation: timerGeneration))
  }
}
