import Units

/// What can happen to the traffic that a scenario sets going.
public enum ApplicationEvent: Hashable, Sendable {
  /// A flow began; its line of the scenario says what it is.
  case began(FlowID)
  /// A request (or an echo request) left the application.
  case requested(FlowID, sequence: UInt32, packet: PacketID?, octets: UInt32)
  /// A request reached the other end's application.
  case served(FlowID, sequence: UInt32, packet: PacketID?, octets: UInt32)
  /// The answer came back after `elapsed`.
  case answered(FlowID, sequence: UInt32, packet: PacketID?, octets: UInt32, elapsed: SimDuration)
  /// No answer came in time.
  case unanswered(FlowID, sequence: UInt32)
  /// A TCP connection changed its state (RFC 793 §3.2), by the names that the RFC gives them.
  case connection(FlowID, from: String, to: String)
  /// A TCP segment was sent again.
  case retransmitted(FlowID, sequenceNumber: UInt32, attempt: UInt32)
  /// An ICMP error came back for the flow's packet.
  case errorReceived(FlowID?, type: UInt8, code: UInt8, packet: PacketID?)
  /// The flow cannot go on.
  case failed(FlowID, why: String)
  /// The flow did all that the scenario asked of it.
  case completed(FlowID)

  var code: UInt8 {
    switch self {
    case .began: 1
    case .requested: 2
    case .served: 3
    case .answered: 4
    case .unanswered: 5
    case .connection: 6
    case .retransmitted: 7
    case .errorReceived: 8
    case .failed: 9
    case .completed: 10
    }
  }

  /// The packet that carried it.
  public var packet: PacketID? {
    switch self {
    case .requested(_, _, let packet, _), .served(_, _, let packet, _), .answered(_, _, let packet, _, _),
      .errorReceived(_, _, _, let packet):
      packet
    default: nil
    }
  }

  /// The flow that it belongs to.
  public var flow: FlowID? {
    switch self {
    case .began(let flow), .requested(let flow, _, _, _), .served(let flow, _, _, _), .answered(let flow, _, _, _, _),
      .unanswered(let flow, _), .connection(let flow, _, _), .retransmitted(let flow, _, _), .failed(let flow, _),
      .completed(let flow):
      flow
    case .errorReceived(let flow, _, _, _): flow
    }
  }

  func write(to writer: inout BodyWriter) {
    writer.optional(flow) { $0.unsigned($1.rawValue) }
    switch self {
    case .requested(_, let sequence, let packet, let octets), .served(_, let sequence, let packet, let octets):
      writer.message(sequence, packet, octets)
    case .answered(_, let sequence, let packet, let octets, let elapsed):
      writer.message(sequence, packet, octets)
      writer.unsigned(elapsed.nanoseconds)
    case .unanswered(_, let sequence): writer.unsigned(sequence)
    case .connection(_, let from, let to):
      writer.text(from)
      writer.text(to)
    case .retransmitted(_, let number, let attempt):
      writer.unsigned(number)
      writer.unsigned(attempt)
    case .errorReceived(_, let type, let code, let packet):
      writer.unsigned(type)
      writer.unsigned(code)
      writer.optional(packet) { $0.unsigned($1.rawValue) }
    case .failed(_, let why): writer.text(why)
    case .began, .completed: break
    }
  }

  init?(code: UInt8, reading reader: inout BodyReader) throws(BodyError) {
    // Nothing is known of the body of a code that is not.
    guard (1...10).contains(code) else { return nil }
    let flow = try reader.optional { r throws(BodyError) in FlowID(try r.unsigned()) }
    if code == 8 {
      self = .errorReceived(
        flow, type: try reader.unsigned(), code: try reader.unsigned(),
        packet: try reader.optional { r throws(BodyError) in try r.packet() })
      return
    }
    guard let flow else { throw BodyError(offset: reader.position, expected: "a flow") }
    guard let event = try Self.read(code, flow, &reader) else { return nil }
    self = event
  }

  private static func read(
    _ code: UInt8, _ flow: FlowID, _ reader: inout BodyReader
  ) throws(BodyError) -> ApplicationEvent? {
    switch code {
    case 1: return .began(flow)
    case 2, 3, 4:
      let sequence: UInt32 = try reader.unsigned()
      let packet = try reader.optional { r throws(BodyError) in try r.packet() }
      let octets: UInt32 = try reader.unsigned()
      if code == 2 { return .requested(flow, sequence: sequence, packet: packet, octets: octets) }
      if code == 3 { return .served(flow, sequence: sequence, packet: packet, octets: octets) }
      let elapsed = SimDuration(nanoseconds: try reader.unsigned())
      return .answered(flow, sequence: sequence, packet: packet, octets: octets, elapsed: elapsed)
    case 5: return .unanswered(flow, sequence: try reader.unsigned())
    case 6: return .connection(flow, from: try reader.text(), to: try reader.text())
    case 7: return .retransmitted(flow, sequenceNumber: try reader.unsigned(), attempt: try reader.unsigned())
    case 9: return .failed(flow, why: try reader.text())
    case 10: return .completed(flow)
    default: return nil
    }
  }
}

extension BodyWriter {
  fileprivate mutating func message(_ sequence: UInt32, _ packet: PacketID?, _ octets: UInt32) {
    unsigned(sequence)
    optional(packet) { $0.unsigned($1.rawValue) }
    unsigned(octets)
  }
}
