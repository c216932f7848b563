import Units
import Wire

/// What a connection sends, and sends again: RFC 793 §3.7, RFC 2988.
extension TCPConnection {
  var isSynchronized: Bool {
    switch state {
    case .closed, .listen, .synSent, .synReceived: false
    default: true
    }
  }

  func segment(_ control: TCPFlags, at sequence: TCPSequence, _ payload: [UInt8]) -> TCPSegment {
    TCPSegment(
      sequence: sequence.rawValue, acknowledgment: control.contains(.ack) ? receiveNext.rawValue : 0, control: control,
      window: UInt16(clamping: Self.receiveWindow),
      maximumSegmentSize: control.contains(.syn) ? UInt16(clamping: ownMaximumSegmentSize) : nil, payload: payload)
  }

  mutating func transmit(_ control: TCPFlags, payload: [UInt8], at now: Instant) {
    let segment = segment(control, at: sendNext, payload)
    if measuring == nil, segment.length > 0 { measuring = (sendNext + segment.length, now) }
    sendNext = sendNext + segment.length
    actions.append(.send(segment))
    if segment.length > 0 && !timerArmed { armTimer(at: now) }
  }

  /// Acknowledges what has come.
  mutating func acknowledge() { actions.append(.send(segment(.ack, at: sendNext, []))) }

  /// Sends what is queued, as far as the peer's window goes, and the FIN behind it.
  mutating func pump(at now: Instant) {
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

  mutating func armTimer(at now: Instant) {
    timerGeneration &+= 1
    timerArmed = true
    actions.append(
      .setTimer(at: now + SimDuration(nanoseconds: timeout.nanoseconds), generation: timerGeneration))
  }

  mutating func disarmTimer() {
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
  mutating func retransmitOldest(at now: Instant) {
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
