import IPsec
import Journal
import Simulation
import Units
import Wire

/// How well a link carries packets, in each direction alike.
public struct LinkQuality: Hashable, Sendable {
  /// Time from the last bit's departure to its arrival.
  public var delay: SimDuration
  /// How fast octets are taken in; `nil` for at once.
  public var rate: BitRate?
  /// Packets that may wait for their turn.
  public var queueLength: Int
  /// The largest datagram, in octets.
  public var mtu: Int
  public var loss: Ratio
  public var duplication: Ratio
  /// How many packets are held back by `reorderDelay`, so that later ones overtake them.
  public var reordering: Ratio
  public var reorderDelay: SimDuration
  /// Up to so much is added to the delay, evenly distributed. Packets keep their order unless `reordering` says otherwise.
  public var jitter: SimDuration

  public init(
    delay: SimDuration = .milliseconds(1), rate: BitRate? = nil, queueLength: Int = 1_000, mtu: Int = 1_500,
    loss: Ratio = .zero, duplication: Ratio = .zero, reordering: Ratio = .zero,
    reorderDelay: SimDuration = .milliseconds(10), jitter: SimDuration = .zero
  ) {
    self.delay = delay
    self.rate = rate
    self.queueLength = queueLength
    self.mtu = mtu
    self.loss = loss
    self.duplication = duplication
    self.reordering = reordering
    self.reorderDelay = reorderDelay
    self.jitter = jitter
  }
}

/// A node's interface, by index.
public struct InterfaceReference: Hashable, Sendable {
  /// Index in `WorldConfiguration.nodes`.
  public var node: Int
  /// Index in `NodeConfiguration.interfaces`.
  public var interface: Int

  public init(node: Int, interface: Int) {
    self.node = node
    self.interface = interface
  }
}

/// A link between two interfaces, or a segment that more of them share.
public struct LinkConfiguration: Hashable, Sendable {
  public var name: String
  /// Two or more.
  public var endpoints: [InterfaceReference]
  public var quality: LinkQuality

  public init(name: String, endpoints: [InterfaceReference], quality: LinkQuality) {
    self.name = name
    self.endpoints = endpoints
    self.quality = quality
  }
}

/// What a line of traffic does.
public enum TrafficPattern: Hashable, Sendable {
  /// Echo requests of `size` octets of data.
  case ping(size: Int)
  /// A datagram to `port` of `requestSize` octets, answered by one of `responseSize`.
  case udpRequest(port: UInt16, requestSize: Int, responseSize: Int)
  /// A connection to `port`: a request, a response, and both ends close.
  case tcpRequest(port: UInt16, requestSize: Int, responseSize: Int)
  /// Datagrams of `size` octets of data to `port`, which are counted there and not answered.
  case datagrams(port: UInt16, size: Int)
}

/// A line of traffic: who asks whom for what, when, how often.
public struct TrafficConfiguration: Hashable, Sendable {
  public var name: String
  /// Index in `WorldConfiguration.nodes`.
  public var from: Int
  /// Index in `WorldConfiguration.nodes`.
  public var to: Int
  /// The address of `to` that is used.
  public var destination: IPAddress
  public var pattern: TrafficPattern
  public var start: Instant
  public var count: Int
  public var interval: SimDuration
  /// How long an answer is waited for.
  public var timeout: SimDuration
  /// Whether the datagrams carry the DF bit. IPv6 has none: there only the source cuts.
  public var dontFragment: Bool
  /// Whose requests they are, for policies at `from` that ask: `alice@example.com`.
  public var user: String?
  /// How sensitive its data are: requests and answers over IPv4 carry a basic security option (RFC 1108 §2), without which
  /// nothing says so. Over IPv6 there is no such option here.
  public var sensitivity: Sensitivity?

  public init(
    name: String, from: Int, to: Int, destination: IPAddress, pattern: TrafficPattern, start: Instant, count: Int,
    interval: SimDuration, timeout: SimDuration = .seconds(30), dontFragment: Bool = false, user: String? = nil,
    sensitivity: Sensitivity? = nil
  ) {
    self.name = name
    self.from = from
    self.to = to
    self.destination = destination
    self.pattern = pattern
    self.start = start
    self.count = count
    self.interval = interval
    self.timeout = timeout
    self.dontFragment = dontFragment
    self.user = user
    self.sensitivity = sensitivity
  }
}

/// Everything that a world is built from. With the seed it determines the run to the last bit.
public struct WorldConfiguration: Hashable, Sendable {
  public var seed: UInt64
  /// When the run ends at the latest.
  public var duration: SimDuration
  /// How many events a run may have; passing it ends the run by name.
  public var eventLimit: UInt64
  public var nodes: [NodeConfiguration]
  public var links: [LinkConfiguration]
  public var traffic: [TrafficConfiguration]

  public init(
    seed: UInt64, duration: SimDuration, eventLimit: UInt64 = 100_000_000, nodes: [NodeConfiguration],
    links: [LinkConfiguration], traffic: [TrafficConfiguration]
  ) {
    self.seed = seed
    self.duration = duration
    self.eventLimit = eventLimit
    self.nodes = nodes
    self.links = links
    self.traffic = traffic
  }
}
