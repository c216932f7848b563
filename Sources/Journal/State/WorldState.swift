import Units

/// How far a flow got.
public struct FlowState: Hashable, Sendable, Codable {
  /// Where a flow stands.
  public enum Phase: UInt8, Hashable, Sendable, Codable {
    case underway = 0
    case completed = 1
    case failed = 2
  }

  public var phase = Phase.underway
  public var requested: UInt64 = 0
  public var served: UInt64 = 0
  public var answered: UInt64 = 0
  public var unanswered: UInt64 = 0
  /// TCP segments that were sent again.
  public var retransmitted: UInt64 = 0
  /// ICMP errors that came back.
  public var errors: UInt64 = 0

  public init() {}
}

/// The state of every node and flow after an entry: a fold over the journal from its beginning. Nodes and flows to which
/// nothing has happened are not in it.
public struct WorldState: Hashable, Sendable, Codable {
  /// The last entry that was folded in; 0 before the first.
  public private(set) var entry = EntryID(0)
  /// When that was.
  public private(set) var instant = Instant.zero
  /// What each node holds.
  public var nodes = KeyedTable<NodeID, NodeState>()
  /// How far each flow got.
  public var flows = KeyedTable<FlowID, FlowState>()
  /// Why simulated time ended, when it has.
  public var end: RunEnd?

  /// The state before the first entry.
  public init() {}

  /// Notes that the journal went on to an entry, without more.
  public mutating func pass(_ entry: EntryID, _ instant: Instant) {
    self.entry = entry
    self.instant = instant
  }

  /// Folds in the next entry.
  public mutating func apply(_ entry: Entry) {
    pass(entry.id, entry.instant)
    switch entry.event {
    case .packet(let event): apply(event, entry)
    case .security(let event): apply(event, entry)
    case .exchange(let event): nodes[entry.node, default: NodeState()].apply(event, entry)
    case .application(let event): apply(event, entry)
    case .run(.ended(let end)): self.end = end
    case .run, .unknown: break
    }
  }

  /// Whether an entry of this kind can change the state at all: the many that cannot need not even be read.
  public static func isChanged(by kind: UInt16) -> Bool {
    switch kind >> 8 {
    case 1: changing.packet >> (kind & 0xFF) & 1 == 1
    case 2: changing.security >> (kind & 0xFF) & 1 == 1
    case 3: changing.exchange >> (kind & 0xFF) & 1 == 1
    case 4: kind & 0xFF != 0
    case 5: kind == 0x0502
    default: false
    }
  }

  /// A bit for every code of a family whose entries change the state.
  private static let changing = (
    packet: bits([3, 4, 8, 9, 10]), security: bits([3, 4, 5, 6, 7, 8]),
    exchange: bits([1, 2, 3, 4, 5, 7, 9, 10, 11, 12])
  )

  private static func bits(_ codes: [UInt64]) -> UInt64 { codes.reduce(0) { $0 | 1 << $1 } }

  private mutating func apply(_ event: PacketEvent, _ entry: Entry) {
    switch event {
    case .delivered: nodes[entry.node, default: NodeState()].delivered += 1
    case .dropped(let version, let reason, _):
      nodes[entry.node, default: NodeState()].drops[reason, default: 0] += 1
      // A held packet whose association never came is dropped while it waits.
      nodes[entry.node, default: NodeState()].held[version.packet] = nil
    case .held(let packet, let policy): nodes[entry.node, default: NodeState()].held[packet] = policy
    case .released(let packet, _): nodes[entry.node]?.held[packet] = nil
    case .pathMTULearned(let destination, let mtu, _):
      nodes[entry.node, default: NodeState()].pathMTU[AddressOctets(destination)] = mtu
    case .originated, .transmitted, .fragmented, .reassembled, .duplicated: break
    }
  }

  private mutating func apply(_ event: SecurityEvent, _ entry: Entry) {
    switch event {
    case .policyMatched, .associationWanted: break
    default: nodes[entry.node, default: NodeState()].apply(event, entry)
    }
  }

  private mutating func apply(_ event: ApplicationEvent, _ entry: Entry) {
    if case .connection(let flow, _, let state) = event {
      nodes[entry.node, default: NodeState()].connections[flow] = state
    }
    guard let flow = event.flow else { return }
    flows[flow, default: FlowState()].apply(event)
  }
}

extension FlowState {
  fileprivate mutating func apply(_ event: ApplicationEvent) {
    switch event {
    case .began, .connection: break
    case .requested: requested += 1
    case .served: served += 1
    case .answered: answered += 1
    case .unanswered: unanswered += 1
    case .retransmitted: retransmitted += 1
    case .errorReceived: errors += 1
    case .failed: phase = .failed
    case .completed: phase = .completed
    }
  }
}

extension NodeState {
  fileprivate mutating func apply(_ event: SecurityEvent, _ entry: Entry) {
    switch event {
    case .associationInstalled(let description):
      associations[AssociationKey(description.name, description.direction)] = AssociationState(
        description: description, installed: entry.id, installedAt: entry.instant)
    case .associationRemoved(let name, let direction, _): associations[AssociationKey(name, direction)] = nil
    case .sealed(_, _, let name, let sequence), .dummySent(_, let name, let sequence):
      use(AssociationKey(name, .outbound), sequence)
    case .opened(_, _, let name, _, let top): use(AssociationKey(name, .inbound), top)
    case .associationExpiring(let name, _):
      associations[AssociationKey(name, .outbound)]?.isExpiring = true
      associations[AssociationKey(name, .inbound)]?.isExpiring = true
    case .policyMatched, .associationWanted: break
    }
  }

  private mutating func use(_ key: AssociationKey, _ sequenceNumber: UInt32) {
    associations.update(key) { association in
      association.packets += 1
      association.sequenceNumber = sequenceNumber
    }
  }

  fileprivate mutating func apply(_ event: ExchangeEvent, _ entry: Entry) {
    guard let id = event.exchange else { return }
    switch event {
    case .began(_, let kind, let isInitiator, let peer, let cookies, let messageID, let parent):
      exchanges[id] = ExchangeState(
        kind: kind, isInitiator: isInitiator, peer: peer, cookies: cookies, messageID: messageID, parent: parent,
        began: entry.id)
    case .advanced(_, let state, let story):
      exchanges[id]?.state = state
      exchanges[id]?.story = story
    case .sent: exchanges[id]?.messagesSent += 1
    case .received: exchanges[id]?.messagesReceived += 1
    case .retransmitted: exchanges[id]?.retransmissions += 1
    case .chosen(_, let suite): exchanges[id]?.suite = suite
    case .completed: exchanges[id]?.phase = .completed
    case .abandoned: exchanges[id]?.phase = .abandoned
    case .ended: exchanges[id]?.phase = .ended
    case .exponentiated: exponentiations += 1
    case .derived, .refused, .noted: break
    }
  }
}
