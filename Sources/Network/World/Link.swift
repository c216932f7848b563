import Journal
import Simulation
import Units
import Wire

/// A node's interface, by its index in `World.endpoints`.
struct EndpointIndex: Hashable, Sendable {
  var rawValue: Int32
  var index: Int { Int(rawValue) }
}

/// A link as it is: what it connects, and how well.
struct Link: Sendable {
  var quality: LinkQuality
  /// Addresses on the link with their endpoints. Nobody is asked for them: neither ARP nor neighbour discovery (RFC 826,
  /// RFC 2461) is part of the simulation.
  private let neighbours: AddressTable<EndpointIndex>
  /// Whether bumps in the wire join it to others: some neighbours are then behind them.
  let hasBumps: Bool

  init(quality: LinkQuality, neighbours: [(address: IPAddress, endpoint: EndpointIndex)], hasBumps: Bool = false) {
    self.quality = quality
    self.hasBumps = hasBumps
    self.neighbours = AddressTable(neighbours.map { ($0.address, $0.endpoint) })
  }

  /// The endpoint that has `address`.
  func endpoint(of address: IPAddress) -> EndpointIndex? { neighbours[address] }
}

/// A node's end of a link, with all that its transmitter has to remember.
struct Endpoint: Sendable {
  var node: Int
  var interface: Int
  var link: LinkID
  /// Packets that are being sent or wait for it, by the instant at which each has left; only where the link has a rate.
  private var departures: [Instant] = []
  private var firstDeparture = 0
  private var lastArrival = Instant.zero
  /// Drawn from only where the link is imperfect, so that a perfect link costs nothing.
  private var faults: RandomStream?

  init(node: Int, interface: Int, link: LinkID, faults: RandomStream?) {
    self.node = node
    self.interface = interface
    self.link = link
    self.faults = faults
  }

  /// What a link does with a packet.
  enum Verdict: Hashable {
    case arrives(Instant)
    case arrivesTwice(Instant, Instant)
    case lost(Instant)
    case queueFull
  }

  /// Sends `octets` octets at `now` over a link of the given quality.
  mutating func transmit(_ octets: Int, over quality: LinkQuality, at now: Instant) -> Verdict {
    guard let departure = departure(octets, over: quality, at: now) else { return .queueFull }
    guard faults != nil else { return .arrives(departure + quality.delay) }
    let arrival = imperfectArrival(departure + quality.delay, quality)
    if draw(quality.loss) { return .lost(arrival) }
    if draw(quality.duplication) { return .arrivesTwice(arrival, imperfectArrival(arrival, quality)) }
    return .arrives(arrival)
  }

  /// When the last bit has left, or `nil` where the queue has no room.
  private mutating func departure(_ octets: Int, over quality: LinkQuality, at now: Instant) -> Instant? {
    guard let rate = quality.rate else { return now }
    while firstDeparture < departures.count, departures[firstDeparture] <= now { firstDeparture += 1 }
    if firstDeparture > 64, firstDeparture * 2 > departures.count {
      departures.removeFirst(firstDeparture)
      firstDeparture = 0
    }
    // One packet is on the wire, the others wait.
    guard departures.count - firstDeparture <= quality.queueLength else { return nil }
    let start = firstDeparture < departures.count ? departures[departures.count - 1] : now
    let departure = start + rate.time(for: octets)
    departures.append(departure)
    return departure
  }

  private mutating func imperfectArrival(_ arrival: Instant, _ quality: LinkQuality) -> Instant {
    var late = arrival
    if quality.jitter > .zero { late = late + (faults?.duration(upTo: quality.jitter) ?? .zero) }
    if draw(quality.reordering) { return late + quality.reorderDelay }
    // Jitter alone does not reorder: a packet waits for the one before it.
    lastArrival = max(lastArrival, late)
    return lastArrival
  }

  private mutating func draw(_ ratio: Ratio) -> Bool {
    ratio.numerator > 0 && (faults?.hits(ratio) ?? false)
  }
}

extension LinkQuality {
  /// Whether anything about the link is left to chance.
  var isImperfect: Bool {
    loss.numerator > 0 || duplication.numerator > 0 || reordering.numerator > 0 || jitter > .zero
  }
}
