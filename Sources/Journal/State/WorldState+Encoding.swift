import Units

extension WorldState {
  /// The first octet of a snapshot; another one is of another version, and the state is folded anew instead.
  private static let format: UInt8 = 1

  /// The state as octets, the same for the same state.
  public func encoded() -> [UInt8] {
    var writer = BodyWriter()
    writer.raw(Self.format)
    writer.unsigned(entry.rawValue)
    writer.unsigned(instant.nanoseconds)
    writer.optional(end) { $0.unsigned($1.rawValue) }
    writer.table(flows, { $0.unsigned($1.rawValue) }, { $1.write(to: &$0) })
    writer.table(nodes, { $0.unsigned($1.rawValue) }, { $1.write(to: &$0) })
    return writer.bytes
  }

  /// Reads what `encoded()` wrote.
  public init(encoded octets: [UInt8]) throws(BodyError) {
    var reader = BodyReader(octets)
    guard try reader.byte("a snapshot") == Self.format else {
      throw BodyError(offset: 0, expected: "a snapshot of format \(Self.format)")
    }
    self.init()
    pass(EntryID(try reader.unsigned()), Instant(nanoseconds: try reader.unsigned()))
    end = try reader.optional { r throws(BodyError) in try r.coded("a run's end") }
    flows = try reader.table(
      { r throws(BodyError) in FlowID(try r.unsigned()) }, { r throws(BodyError) in try FlowState(reading: &r) })
    nodes = try reader.table(
      { r throws(BodyError) in NodeID(try r.unsigned()) }, { r throws(BodyError) in try NodeState(reading: &r) })
    try reader.requireEnd()
  }
}

extension BodyWriter {
  fileprivate mutating func table<Key, Value>(
    _ table: KeyedTable<Key, Value>, _ writeKey: (inout BodyWriter, Key) -> Void,
    _ writeValue: (inout BodyWriter, Value) -> Void
  ) {
    list(table.rows) { writer, row in
      writeKey(&writer, row.key)
      writeValue(&writer, row.value)
    }
  }
}

extension BodyReader {
  fileprivate mutating func table<Key, Value>(
    _ readKey: (inout BodyReader) throws(BodyError) -> Key, _ readValue: (inout BodyReader) throws(BodyError) -> Value
  ) throws(BodyError) -> KeyedTable<Key, Value> {
    var table = KeyedTable<Key, Value>()
    let count = try unsigned(UInt64.self)
    // A count past what is left ends at the first missing row.
    for _ in 0..<count {
      let key = try readKey(&self)
      table[key] = try readValue(&self)
    }
    return table
  }
}

extension FlowState {
  fileprivate func write(to writer: inout BodyWriter) {
    writer.unsigned(phase.rawValue)
    for count in [requested, served, answered, unanswered, retransmitted, errors] { writer.unsigned(count) }
  }

  fileprivate init(reading reader: inout BodyReader) throws(BodyError) {
    self.init()
    phase = try reader.coded("a flow's phase")
    requested = try reader.unsigned()
    served = try reader.unsigned()
    answered = try reader.unsigned()
    unanswered = try reader.unsigned()
    retransmitted = try reader.unsigned()
    errors = try reader.unsigned()
  }
}

extension NodeState {
  fileprivate func write(to writer: inout BodyWriter) {
    // An association's key follows from its description.
    writer.list(associations.values) { $1.write(to: &$0) }
    writer.table(exchanges, { $0.unsigned($1.rawValue) }, { $1.write(to: &$0) })
    writer.table(connections, { $0.unsigned($1.rawValue) }, { $0.text($1) })
    writer.table(pathMTU, { $0.octets($1.octets) }, { $0.unsigned($1) })
    writer.table(held, { $0.unsigned($1.rawValue) }, { $0.text($1) })
    writer.table(drops, { $0.unsigned($1.rawValue) }, { $0.unsigned($1) })
    writer.unsigned(delivered)
    writer.unsigned(exponentiations)
  }

  fileprivate init(reading reader: inout BodyReader) throws(BodyError) {
    self.init()
    for state in try reader.list({ r throws(BodyError) in try AssociationState(reading: &r) }) {
      associations[AssociationKey(state.description.name, state.description.direction)] = state
    }
    exchanges = try reader.table(
      { r throws(BodyError) in ExchangeID(try r.unsigned()) }, { r throws(BodyError) in try ExchangeState(reading: &r) }
    )
    connections = try reader.table(
      { r throws(BodyError) in FlowID(try r.unsigned()) }, { r throws(BodyError) in try r.text() })
    pathMTU = try reader.table(
      { r throws(BodyError) in AddressOctets(try r.octets()) }, { r throws(BodyError) in try r.unsigned() })
    held = try reader.table({ r throws(BodyError) in try r.packet() }, { r throws(BodyError) in try r.text() })
    drops = try reader.table({ r throws(BodyError) in try r.dropReason() }, { r throws(BodyError) in try r.unsigned() })
    delivered = try reader.unsigned()
    exponentiations = try reader.unsigned()
  }
}

extension AssociationState {
  fileprivate func write(to writer: inout BodyWriter) {
    writer.description(description)
    writer.unsigned(installed.rawValue)
    writer.unsigned(installedAt.nanoseconds)
    writer.unsigned(packets)
    writer.unsigned(sequenceNumber)
    writer.boolean(isExpiring)
  }

  fileprivate init(reading reader: inout BodyReader) throws(BodyError) {
    self.init(
      description: try reader.description(), installed: EntryID(try reader.unsigned()),
      installedAt: Instant(nanoseconds: try reader.unsigned()))
    packets = try reader.unsigned()
    sequenceNumber = try reader.unsigned()
    isExpiring = try reader.boolean()
  }
}

extension ExchangeState {
  fileprivate func write(to writer: inout BodyWriter) {
    writer.unsigned(kind.rawValue)
    writer.boolean(isInitiator)
    writer.octets(peer)
    writer.octets(cookies)
    writer.unsigned(messageID)
    writer.optional(parent) { $0.unsigned($1.rawValue) }
    writer.unsigned(began.rawValue)
    writer.unsigned(phase.rawValue)
    for text in [state, story, suite] { writer.text(text) }
    for count in [messagesSent, messagesReceived, retransmissions] { writer.unsigned(count) }
  }

  fileprivate init(reading reader: inout BodyReader) throws(BodyError) {
    self.init(
      kind: try reader.coded("an exchange type"), isInitiator: try reader.boolean(), peer: try reader.octets(),
      cookies: try reader.octets(), messageID: try reader.unsigned(),
      parent: try reader.optional { r throws(BodyError) in ExchangeID(try r.unsigned()) },
      began: EntryID(try reader.unsigned()))
    phase = try reader.coded("an exchange's phase")
    state = try reader.text()
    story = try reader.text()
    suite = try reader.text()
    messagesSent = try reader.unsigned()
    messagesReceived = try reader.unsigned()
    retransmissions = try reader.unsigned()
  }
}
