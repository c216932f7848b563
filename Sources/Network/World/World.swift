import IKE
import IPsec
import Journal
import Simulation
import Units
import Wire

/// Why a world could not be built. The scenario's own checks find all of these earlier, with their place in the file.
public enum WorldError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A link names an interface that does not exist.
  case noSuchInterface(link: String, node: Int, interface: Int)
  /// Two links end at one interface.
  case interfaceLinkedTwice(node: String, interface: String)
  /// A line of traffic names a node that does not exist.
  case noSuchNode(flow: String)
  /// A bump in the wire is not one.
  case noBump(node: String)
  /// A node cannot have one of its manual associations.
  case association(node: String, AssociationIdentity, InstallationRefusal)

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .noSuchInterface(let link, let node, let interface):
      "link \(link) ends at interface \(interface) of node \(node), which does not exist; name an interface of a node"
    case .interfaceLinkedTwice(let node, let interface):
      "\(node):\(interface) is the end of two links; give each link an interface of its own"
    case .association(let node, let identity, let refusal):
      "\(node) cannot have the association \(identity): \(refusal)"
    case .noBump(let node):
      "\(node) is a bump in the wire, which has two interfaces without addresses on two links; one of them is inside"
    case .noSuchNode(let flow): "traffic \(flow) names a node that does not exist; name one of the scenario's nodes"
    }
  }
}

/// Nodes, links, and what is about to happen between them. It is a pure function of its configuration and seed: whatever
/// happens goes to the journal, and nobody looks into a world that runs.
public struct World {
  /// What happens next, in the order of time and then of insertion.
  var queue: EventQueue<WorldEvent>
  /// Datagrams that the queue's arrivals speak of.
  var flights = Flights()
  var nodes: [Node]
  var endpoints: [Endpoint]
  var links: [Link]
  var flows: [Flow]
  /// Which flow waits for answers at a node's port.
  var clients = PortTable()
  /// Which flow's answers a node's port gives.
  var listeners = PortTable()
  /// The one record of what happened.
  public internal(set) var journal: JournalWriter
  /// The present.
  public internal(set) var now = Instant.zero
  /// How many events have happened.
  public internal(set) var eventCount: UInt64 = 0
  let end: Instant
  let eventLimit: UInt64
  var hasBegun = false
  var hasEnded = false
  /// What this world has delivered: told without a journal, for measuring.
  public internal(set) var deliveredCount: UInt64 = 0

  /// Builds the nodes and links of `configuration`; nothing happens before `run`.
  public init(_ configuration: WorldConfiguration, journal: JournalWriter) throws(WorldError) {
    self.journal = journal
    queue = EventQueue()
    end = Instant.zero + configuration.duration
    eventLimit = configuration.eventLimit
    nodes = []
    nodes.reserveCapacity(configuration.nodes.count)
    for (index, node) in configuration.nodes.enumerated() {
      let protected = try configuration.addressesProtected(byBump: index)
      nodes.append(try Node(node, index: index, protecting: protected, seed: configuration.seed))
    }
    endpoints = []
    links = []
    flows = []
    endpoints.reserveCapacity(configuration.links.reduce(0) { $0 + $1.endpoints.count })
    links.reserveCapacity(configuration.links.count)
    flows.reserveCapacity(configuration.traffic.count)
    var segments: [Segment] = []
    for (index, link) in configuration.links.enumerated() {
      segments.append(try add(link, index: index, seed: configuration.seed))
    }
    join(segments, configuration.links.map(\.quality))
    for (index, traffic) in configuration.traffic.enumerated() {
      guard nodes.indices.contains(traffic.from), nodes.indices.contains(traffic.to) else {
        throw .noSuchNode(flow: traffic.name)
      }
      let names = nodes[traffic.from].names(ofUser: traffic.user)
      flows.append(
        Flow(
          traffic, id: FlowID(UInt32(index)), node: nodes[traffic.from].name, names: names, seed: configuration.seed))
    }
    registerPorts()
  }

  private mutating func add(
    _ configuration: LinkConfiguration, index: Int, seed: UInt64
  ) throws(WorldError) -> Segment {
    var segment = Segment()
    for reference in configuration.endpoints {
      guard nodes.indices.contains(reference.node),
        nodes[reference.node].interfaces.indices.contains(reference.interface)
      else {
        throw .noSuchInterface(link: configuration.name, node: reference.node, interface: reference.interface)
      }
      let name = nodes[reference.node].name
      let interface = nodes[reference.node].interfaces[reference.interface]
      guard nodes[reference.node].endpoints[reference.interface] == nil else {
        throw .interfaceLinkedTwice(node: name, interface: interface.name)
      }
      let place = EndpointIndex(rawValue: Int32(endpoints.count))
      // The stream is named by the sender's interface, so that no other link's faults depend on this one.
      let faults =
        configuration.quality.isImperfect
        ? RandomStream(seed: seed, node: name, purpose: "link faults at \(interface.name)") : nil
      endpoints.append(
        Endpoint(
          node: reference.node, interface: reference.interface, link: LinkID(UInt32(index)), faults: faults))
      nodes[reference.node].endpoints[reference.interface] = place
      segment.neighbours += interface.addresses.map { ($0.address, place) }
      if nodes[reference.node].isBump { segment.bumps.append(place) }
    }
    return segment
  }
}

// MARK: - Running

extension World {
  /// Runs until nothing is left to happen, the scenario's time is over or a bound is reached, and gives the digest of the
  /// journal. Progress is told between events, at most once in `progressInterval` of them.
  public mutating func run(
    progressInterval: UInt64 = 50_000, progress: (Instant, UInt64) -> Void = { _, _ in }
  ) throws -> JournalDigest {
    begin()
    var nextReport = progressInterval
    while step() {
      if eventCount >= nextReport {
        progress(now, eventCount)
        nextReport += progressInterval
        if journal.failure != nil { break }
      }
    }
    return try journal.finish()
  }

  /// Sets going what the scenario asks for.
  mutating func begin() {
    guard !hasBegun else { return }
    hasBegun = true
    journal.append(.run(.began), at: now, node: .run, cause: nil)
    for node in nodes.indices where !nodes[node].manualAssociations.isEmpty { noteManualAssociations(at: node) }
    for flow in flows { schedule(.traffic(flow.id), at: flow.configuration.start) }
  }

  /// Lets the next event happen. False where the run is over.
  mutating func step() -> Bool {
    guard !hasEnded else { return false }
    guard eventCount < eventLimit else { return finish(.eventLimit) }
    guard let next = queue.popNext(through: end) else {
      if queue.isEmpty { return finish(.quiet) }
      now = end
      return finish(.durationReached)
    }
    now = next.instant
    eventCount += 1
    handle(next.event)
    return true
  }

  private mutating func finish(_ reason: RunEnd) -> Bool {
    hasEnded = true
    journal.append(.run(.ended(reason)), at: now, node: .run, cause: nil)
    return false
  }

  /// Puts an event into the queue. A full queue ends the run by name instead of growing without bound.
  mutating func schedule(_ event: WorldEvent, at instant: Instant) {
    do { try queue.schedule(event, at: instant) } catch { if !hasEnded { _ = finish(.eventLimit) } }
  }

  private mutating func handle(_ event: WorldEvent) {
    switch event {
    case .arrival(let endpoint, let flight):
      if let hop = flights.takeNextHop(flight) { return pass(flights.take(flight), to: hop, from: endpoint) }
      arrive(flights.take(flight), at: endpoint)
    case .loopback(let node, let flight): loopedBack(flights.take(flight), at: Int(node))
    case .traffic(let flow): makeRequest(flow)
    case .requestTimeout(let flow, let sequence): requestTimedOut(flow, sequence)
    case .transport(let node, let connection, let generation):
      connectionTimerFired(node: Int(node), connection: Int(connection), generation: generation)
    case .exchange(let node, let timer): exchangeTimerFired(timer, node: Int(node))
    case .lifetimes(let node, let generation): lifetimesDue(node: Int(node), generation: generation)
    case .dummy(let node, let clock): dummyDue(node: Int(node), clock: Int(clock))
    case .reassembly(let node): reassemblyDue(node: Int(node))
    }
  }

  /// Writes an entry; the shape that most callers want. Inlined, so that the entry is not even made where nothing is
  /// written.
  @inline(__always) @discardableResult
  mutating func note(_ event: Event, at node: Int, cause: EntryID?) -> EntryID? {
    guard journal.recordsEvents else { return cause }
    return journal.append(event, at: now, node: nodes[node].id, cause: cause)
  }

  /// A packet goes no further.
  @discardableResult
  mutating func drop(
    _ datagram: borrowing Datagram, _ reason: DropReason, _ detail: @autoclosure () -> String = "", at node: Int
  ) -> EntryID? {
    guard journal.recordsEvents else { return datagram.cause }
    return note(
      .packet(.dropped(datagram.version, reason: reason, detail: detail())), at: node, cause: datagram.cause)
  }
}
