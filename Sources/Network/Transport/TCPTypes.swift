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
