import Units

/// What an entry says. Each family has its own file, its own codes and its own reading and writing.
public enum Event: Hashable, Sendable {
  /// The life of packets on links and in nodes.
  case packet(PacketEvent)
  /// Policies and security associations.
  case security(SecurityEvent)
  /// ISAKMP exchanges.
  case exchange(ExchangeEvent)
  /// Applications: pings, requests, connections.
  case application(ApplicationEvent)
  /// The run itself.
  case run(RunEvent)
  /// Written by a version of Lockstep that knows more than this one.
  case unknown(kind: UInt16, body: [UInt8])

  /// The stored code: the family in the upper octet, the case in the lower one.
  public var kind: UInt16 {
    switch self {
    case .packet(let event): 0x0100 | UInt16(event.code)
    case .security(let event): 0x0200 | UInt16(event.code)
    case .exchange(let event): 0x0300 | UInt16(event.code)
    case .application(let event): 0x0400 | UInt16(event.code)
    case .run(let event): 0x0500 | UInt16(event.code)
    case .unknown(let kind, _): kind
    }
  }

  /// The packet that the event is about, where there is one.
  public var packet: PacketID? {
    switch self {
    case .packet(let event): event.packet
    case .security(let event): event.packet
    case .exchange(let event): event.packet
    case .application(let event): event.packet
    case .run, .unknown: nil
    }
  }

  /// Appends the body.
  public func write(to writer: inout BodyWriter) {
    switch self {
    case .packet(let event): event.write(to: &writer)
    case .security(let event): event.write(to: &writer)
    case .exchange(let event): event.write(to: &writer)
    case .application(let event): event.write(to: &writer)
    case .run(let event): event.write(to: &writer)
    case .unknown(_, let body): for byte in body { writer.raw(byte) }
    }
  }

  /// Reads a body by its code. Codes that this version does not know are kept as they are.
  public init(kind: UInt16, body: [UInt8]) throws(BodyError) {
    try self.init(kind: kind, reading: BodyReader(body))
  }

  /// Reads a body where it lies in a larger buffer.
  init(kind: UInt16, reading body: BodyReader) throws(BodyError) {
    var reader = body
    let code = UInt8(truncatingIfNeeded: kind)
    let known: Event? =
      switch kind >> 8 {
      case 1: try PacketEvent(code: code, reading: &reader).map(Event.packet)
      case 2: try SecurityEvent(code: code, reading: &reader).map(Event.security)
      case 3: try ExchangeEvent(code: code, reading: &reader).map(Event.exchange)
      case 4: try ApplicationEvent(code: code, reading: &reader).map(Event.application)
      case 5: try RunEvent(code: code, reading: &reader).map(Event.run)
      default: nil
      }
    guard let known else {
      self = .unknown(kind: kind, body: body.body)
      return
    }
    try reader.requireEnd()
    self = known
  }
}

/// One thing that happened, where, when, and because of what.
public struct Entry: Hashable, Sendable {
  /// Its place in the run.
  public var id: EntryID
  /// When it happened.
  public var instant: Instant
  /// Where it happened.
  public var node: NodeID
  /// The earlier entry that it follows from; `nil` for what the scenario itself set going.
  public var cause: EntryID?
  /// What happened.
  public var event: Event

  public init(id: EntryID, instant: Instant, node: NodeID, cause: EntryID?, event: Event) {
    self.id = id
    self.instant = instant
    self.node = node
    self.cause = cause
    self.event = event
  }
}

/// A packet's bytes, stored once, with the truth that never travels in them: who made it, and out of what.
public struct PacketRecord: Hashable, Sendable {
  /// Its number.
  public var id: PacketID
  /// The node that really made these bytes.
  public var creator: NodeID
  /// The packets that it was made from: the inner one of a sealed packet, the fragments of a whole one.
  public var parents: [PacketID]
  /// The datagram from its IP header on.
  public var bytes: [UInt8]

  public init(id: PacketID, creator: NodeID, parents: [PacketID], bytes: [UInt8]) {
    self.id = id
    self.creator = creator
    self.parents = parents
    self.bytes = bytes
  }
}
