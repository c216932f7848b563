import Journal
import Recording
import Units

/// The short account of a run: who negotiated what with whom, what was protected and what was not, and what became of the
/// traffic. It is a fold over the entries, and needs no more memory than there are nodes, policies and flows with something
/// to tell.
public struct RunAccount: Sendable {
  /// What was negotiated between two ends, in one phase and with one suite.
  public struct Negotiation: Hashable, Sendable, Codable {
    /// The side that asked.
    public var initiator: String
    /// The side that chose.
    public var responder: String
    /// `main mode`, `quick mode`.
    public var exchange: String
    /// 1 or 2.
    public var phase: Int
    /// What was agreed on, in the engine's words.
    public var suite: String
    /// Exchanges that came to their end with it.
    public var completed: UInt64
    /// When the first of them did.
    public var firstCompleted: Instant
  }

  /// An exchange that came to nothing, or something that was refused.
  public struct Failure: Hashable, Sendable, Codable {
    /// The node, by name.
    public var node: String
    /// What happened, in words.
    public var words: String
    /// How often.
    public var count: UInt64
  }

  /// What one direction of one policy's associations carried.
  public struct Protected: Hashable, Sendable, Codable {
    /// The node, by name.
    public var node: String
    /// The policy entry's name.
    public var policy: String
    /// The other end.
    public var peer: String
    /// Associations that carried something, one after the other.
    public var associations: UInt64
    /// Packets.
    public var packets: UInt64
    /// Octets of the datagrams before they were sealed; 0 where their octets were not recorded.
    public var octets: UInt64
  }

  /// What a policy let pass in clear, or discarded.
  public struct Unprotected: Hashable, Sendable, Codable {
    /// The node, by name.
    public var node: String
    /// The policy entry's name.
    public var policy: String
    /// Whether they were discarded; else they passed in clear.
    public var isDiscarded: Bool
    /// Packets.
    public var packets: UInt64
  }

  /// Drops for one reason at one node.
  public struct Drop: Hashable, Sendable, Codable {
    /// The node, by name.
    public var node: String
    /// `badICV`.
    public var reason: String
    /// What happened, in words.
    public var words: String
    /// Packets.
    public var packets: UInt64
  }

  /// What became of a line of traffic.
  public struct Flow: Hashable, Sendable, Codable {
    /// Its name in the scenario.
    public var name: String
    /// What it is, as in ``RunDescription/Flow/kind``: datagrams are counted where they arrive, and not answered.
    public var kind: String
    /// Requests that were made, or datagrams that were sent.
    public var asked: UInt64
    /// Those that reached the other end's application.
    public var arrived: UInt64
    /// Requests that were answered.
    public var answered: UInt64
    /// Requests that were given up.
    public var unanswered: UInt64
    /// TCP segments that were sent again.
    public var retransmitted: UInt64
    /// The longest that an answer took.
    public var longest: SimDuration
    /// Why it could not go on; empty where it did.
    public var failure: String
  }

  /// What was negotiated, in the order of its first success.
  public internal(set) var negotiations: [Negotiation] = []
  /// What failed, in the order of its first failure.
  public internal(set) var failures: [Failure] = []
  /// What was protected, in the order of the first packet.
  public internal(set) var protected: [Protected] = []
  /// What was not, in the order of the first packet.
  public internal(set) var unprotected: [Unprotected] = []
  /// Drops, in the order of the first one.
  public internal(set) var drops: [Drop] = []
  /// The scenario's lines of traffic, in their order.
  public internal(set) var flows: [Flow]
  /// Associations that were to be renewed, and so had successors negotiated.
  public internal(set) var renewals: UInt64 = 0
  /// Packets that waited for an association.
  public internal(set) var held: UInt64 = 0
  /// Of those, packets that went on.
  public internal(set) var released: UInt64 = 0
  /// Of those, packets that still wait.
  public var waiting: UInt64 {
    let failed = drops.filter { $0.reason == DropReason.acquireFailed.name }.reduce(0) { $0 + $1.packets }
    return held - min(held, released + failed)
  }
  /// Entries of the run.
  public internal(set) var entries: UInt64 = 0
  /// The time of the last entry.
  public internal(set) var instant = Instant.zero
  /// Why simulated time ended, when it has.
  public internal(set) var end: RunEnd?
  /// The entry that sealed the first packet.
  public internal(set) var firstSealed: EntryID?
  /// The entry that made the first packet of all.
  public internal(set) var firstOriginated: EntryID?
  var glossary: RunGlossary
  /// How much of the run was recorded: what there is to say, and to do next, depends on it.
  let detail: RunDescription.Detail
  var suites: [ExchangePlace: String] = [:]
  var places = Places()
  /// Exchanges that their initiator has begun and not brought to an end, and how often it sent a message of them again.
  var unfinished: [ExchangePlace: UInt64] = [:]
  var associations: [AssociationPlace: AssociationUse] = [:]
  private var lastSealed: [NodeID: Sealed] = [:]
  private let octets: @Sendable (PacketID) -> Int?

  struct ExchangePlace: Hashable, Sendable {
    var node: NodeID
    var exchange: ExchangeID
  }

  struct AssociationPlace: Hashable, Sendable {
    var node: NodeID
    var name: AssociationName
  }

  /// What a node has made last of a packet, and the row that counts it.
  private struct Sealed: Hashable, Sendable {
    var packet: PacketID
    var row: Int
  }

  struct AssociationUse: Hashable, Sendable {
    var policy: String
    var peer: [UInt8]
    var isUsed = false
  }

  /// An account before the first entry. `octets` gives the length of a stored packet.
  public init(_ run: RunDescription, octets: @escaping @Sendable (PacketID) -> Int? = { _ in nil }) {
    glossary = RunGlossary(run)
    detail = run.detail
    self.octets = octets
    flows = run.flows.map {
      Flow(
        name: $0.name, kind: $0.kind, asked: 0, arrived: 0, answered: 0, unanswered: 0, retransmitted: 0,
        longest: .zero, failure: "")
    }
  }

  /// The account of a recorded run.
  public init(_ reader: RunReader) throws(RecordingError) {
    self.init(try reader.description()) { id in (try? reader.packet(id))?.bytes.count }
    // Link crossings are the bulk of a journal and tell an account nothing.
    let crossings = Event.kinds(named: "packet.transmitted")
    let kinds = Event.names.map(\.kind).filter { !crossings.contains($0) }
    try reader.walk(matching: EntryFilter(kinds: kinds)) { entry in
      add(entry)
      return .on
    }
    entries = try reader.lastEntry().rawValue
  }

  /// All of it as plain data, for JSON.
  public struct Report: Hashable, Sendable, Codable {
    /// The scenario's name.
    public var scenario: String
    /// The seed that it was simulated with.
    public var seed: UInt64
    /// Entries of the run.
    public var entries: UInt64
    /// The time of the last entry.
    public var instant: Instant
    /// Why simulated time ended, when it has.
    public var end: RunEnd?
    /// What was negotiated, in the order of its first success.
    public var negotiations: [Negotiation]
    /// What failed, in the order of its first failure.
    public var failures: [Failure]
    /// Renewals that were begun before a lifetime was over.
    public var renewals: UInt64
    /// What was protected, in the order of the first packet.
    public var protected: [Protected]
    /// What was not, in the order of the first packet.
    public var unprotected: [Unprotected]
    /// Drops, in the order of the first one.
    public var drops: [Drop]
    /// The scenario's lines of traffic, in their order.
    public var flows: [Flow]
  }

  /// The account so far as plain data.
  public var report: Report {
    Report(
      scenario: glossary.run.scenario, seed: glossary.run.seed, entries: entries, instant: instant, end: end,
      negotiations: negotiations, failures: failures, renewals: renewals, protected: protected,
      unprotected: unprotected, drops: drops, flows: flows)
  }

  /// Takes the next entry into account.
  public mutating func add(_ entry: Entry) {
    entries += 1
    instant = entry.instant
    switch entry.event {
    case .packet(let event): add(event, entry)
    case .security(let event): add(event, entry)
    case .exchange(let event): add(event, entry)
    case .application(let event): add(event)
    case .run(.ended(let end)): self.end = end
    case .run, .unknown: break
    }
  }

  private mutating func add(_ event: PacketEvent, _ entry: Entry) {
    switch event {
    case .dropped(_, let reason, _):
      let index = places.drops.place(
        of: Places.Key(entry.node, reason.name), in: &drops,
        or: Drop(node: glossary.name(of: entry.node), reason: reason.name, words: reason.words, packets: 0))
      drops[index].packets += 1
    case .originated where firstOriginated == nil: firstOriginated = entry.id
    case .held: held += 1
    case .released: released += 1
    default: break
    }
  }

  private mutating func add(_ event: SecurityEvent, _ entry: Entry) {
    switch event {
    case .policyMatched(_, .outbound, _, let policy, let verdict) where verdict != .apply:
      let isDiscarded = verdict == .discard
      let index = places.unprotected.place(
        of: Places.Key(entry.node, policy, isDiscarded ? "discarded" : ""), in: &unprotected,
        or: Unprotected(
          node: glossary.name(of: entry.node), policy: policy, isDiscarded: isDiscarded, packets: 0))
      unprotected[index].packets += 1
    case .associationInstalled(let description) where description.direction == .outbound:
      associations[AssociationPlace(node: entry.node, name: description.name)] = AssociationUse(
        policy: description.policy, peer: description.name.destination)
    case .associationRemoved(let name, .outbound, _):
      associations[AssociationPlace(node: entry.node, name: name)] = nil
    case .associationExpiring: renewals += 1
    case .sealed(let inner, let outer, let name, _):
      if firstSealed == nil { firstSealed = entry.id }
      addSealed(inner, into: outer, AssociationPlace(node: entry.node, name: name))
    default: break
    }
  }

  private mutating func addSealed(_ inner: PacketID, into outer: PacketID, _ place: AssociationPlace) {
    guard let use = associations[place] else { return }
    let peer = glossary.party(use.peer)
    let index = places.protected.place(
      of: Places.Key(place.node, use.policy, peer), in: &protected,
      or: Protected(
        node: glossary.name(of: place.node), policy: use.policy, peer: peer, associations: 0, packets: 0, octets: 0))
    if !use.isUsed { protected[index].associations += 1 }
    associations[place]?.isUsed = true
    // A bundle seals one packet several times over.
    let isAnotherLayer = lastSealed[place.node] == Sealed(packet: inner, row: index)
    lastSealed[place.node] = Sealed(packet: outer, row: index)
    guard !isAnotherLayer else { return }
    protected[index].packets += 1
    protected[index].octets += UInt64(octets(inner) ?? 0)
  }
}
