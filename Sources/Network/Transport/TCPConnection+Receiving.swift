import Units
import Wire

/// What a connection does with segments: RFC 793 §3.9, "SEGMENT ARRIVES".
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

  mutating func refuse(_ segment: TCPSegment) {
    if let reset = Self.reset(for: segment) { actions.append(.send(reset)) }
  }

  mutating func receiveInListen(_ segment: TCPSegment, at now: Instant) {
    guard !segment.control.contains(.rst) else { return }
    guard segment.control.contains(.syn), !segment.control.contains(.ack) else { return refuse(segment) }
    synchronize(with: segment)
    transmit([.syn, .ack], payload: [], at: now)
    move(to: .synReceived)
  }

  mutating func synchronize(with segment: TCPSegment) {
    receiveNext = TCPSequence(segment.sequence) + 1
    sendWindow = Int(segment.window)
    windowUpdate = (TCPSequence(segment.sequence), TCPSequence(segment.acknowledgment))
    let offered = segment.maximumSegmentSize.map(Int.init) ?? Self.defaultMaximumSegmentSize
    maximumSegmentSize = max(1, min(offered, ownMaximumSegmentSize))
  }

  mutating func receiveInSynSent(_ segment: TCPSegment, at now: Instant) {
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

  mutating func fail(_ why: String) {
    disarmTimer()
    actions.append(.failed(why: why))
    move(to: .closed)
  }

  /// Whether some of the segment lies in the receive window: RFC 793 §3.3.
  func isAcceptable(_ segment: TCPSegment) -> Bool {
    let first = TCPSequence(segment.sequence) - receiveNext
    if segment.length == 0 { return first >= 0 && first < Self.receiveWindow }
    return first < Self.receiveWindow && first + segment.length - 1 >= 0
  }

  mutating func receiveSynchronizing(_ segment: TCPSegment, at now: Instant) {
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
  mutating func challenge(_ segment: TCPSegment, at now: Instant) {
    if segment.length == 0 {
      if let last = lastChallenge, now < last + Self.challengeInterval { return }
      lastChallenge = now
    }
    acknowledge()
  }

  mutating func closeQuietly() {
    disarmTimer()
    move(to: .closed)
  }

  /// The fifth check of RFC 793 §3.9. False where the segment is not to be looked at further.
  mutating func receiveAcknowledgment(of segment: TCPSegment, at now: Instant) -> Bool {
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
  mutating func updateWindow(from segment: TCPSegment) {
    let update = (sequence: TCPSequence(segment.sequence), acknowledgment: TCPSequence(segment.acknowledgment))
    guard sendUnacknowledged <= update.acknowledgment, windowUpdate.sequence <= update.sequence,
      windowUpdate.sequence != update.sequence || windowUpdate.acknowledgment <= update.acknowledgment
    else { return }
    windowUpdate = update
    sendWindow = Int(segment.window)
    // A peer that answers the probes of its shut window may keep it shut as long as it likes: RFC 1122 §4.2.2.17.
    if sendWindow == 0 { attempts = 0 }
  }

  mutating func acknowledged(upTo acknowledgment: TCPSequence, at now: Instant) {
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
  mutating func duplicateAcknowledged(at now: Instant) {
    duplicateAcknowledgments += 1
    guard duplicateAcknowledgments == 3, recoveryPoint == nil else { return }
    recoveryPoint = sendNext
    retransmitOldest(at: now)
  }

  /// The seventh and eighth checks of RFC 793 §3.9: the text, then the FIN.
  mutating func receiveText(of segment: TCPSegment, at now: Instant) {
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

  mutating func peerFinished(at now: Instant) {
    switch state {
    case .established: move(to: .closeWait)
    case .finWait1: move(to: .closing)
    case .finWait2: beginTimeWait(at: now)
    default: break
    }
  }

  mutating func beginTimeWait(at now: Instant) {
    move(to: .timeWait)
    timerGeneration &+= 1
    timerArmed = true
    actions.append(.setTimer(at: now + Self.maximumSegmentLifetime * 2, generation: timerGeneration))
  }
}
