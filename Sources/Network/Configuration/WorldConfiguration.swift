import IKE
import IPsec
import Journal
import Simulation
import Units
import Wire

/// What kind of box a node is. They differ in what they forward and in how views draw them.
public enum NodeKind: String, Hashable, Sendable, CaseIterable {
  /// An end system: it forwards nothing.
  case host
  /// It forwards what is not its own.
  case router
  /// A router that enforces security policies.
  case firewall
  /// A provider's router.
  case isp
}

/// An address of an interface, of either family.
public struct InterfaceAddress: Hashable, Sendable {
  public var address: IPAddress
  /// The prefix that is on the link.
  public var prefix: IPPrefix

  public init(_ address: IPAddress, prefix: IPPrefix) {
    self.address = address
    self.prefix = prefix
  }
}

/// A node's end of a link.
public struct InterfaceConfiguration: Hashable, Sendable {
  /// Unique within its node: `wan`.
  public var name: String
  /// Its addresses, of both families in any order; the first of a family is the one that the node's own datagrams of that
  /// family come from.
  public var addresses: [InterfaceAddress]
  /// Whether the interface lies on the protected side. Security policies are kept for the other ones: what enters or
  /// leaves there crosses the IPsec boundary (RFC 2401 §4.4: an SPD for each IPsec-enabled interface).
  public var isInside: Bool

  /// With one address.
  public init(name: String, address: IPAddress, prefix: IPPrefix, isInside: Bool = false) {
    self.init(name: name, addresses: [InterfaceAddress(address, prefix: prefix)], isInside: isInside)
  }

  /// With any number of addresses.
  public init(name: String, addresses: [InterfaceAddress], isInside: Bool = false) {
    self.name = name
    self.addresses = addresses
    self.isInside = isInside
  }

  /// The address that datagrams to somebody of the family of `other` come from; `nil` where the interface has none.
  public func address(towards other: IPAddress) -> IPAddress? {
    addresses.first { $0.address.isIPv6 == other.isIPv6 }?.address
  }

  /// Whether `address` lies in a prefix that is on the link.
  func isOnLink(_ address: IPAddress) -> Bool { addresses.contains { $0.prefix.contains(address) } }
}

/// A static route: packets to `destination` go to the neighbour `via`.
public struct RouteConfiguration: Hashable, Sendable {
  public var destination: IPPrefix
  /// A neighbour on one of the node's links, of the destination's family.
  public var via: IPAddress

  public init(destination: IPPrefix, via: IPAddress) {
    self.destination = destination
    self.via = via
  }
}

/// A box of the scenario.
public struct NodeConfiguration: Hashable, Sendable {
  /// Unique within the world.
  public var name: String
  public var kind: NodeKind
  /// In the scenario's order; policies and IKE peers speak of their addresses.
  public var interfaces: [InterfaceConfiguration]
  public var routes: [RouteConfiguration]
  /// The security policy database in its order; `nil` where the node has no IPsec and passes everything.
  public var policies: [SecurityPolicy]?
  /// Peers that it may negotiate with.
  public var peers: [IKEPeer]

  public init(
    name: String, kind: NodeKind, interfaces: [InterfaceConfiguration], routes: [RouteConfiguration] = [],
    policies: [SecurityPolicy]? = nil, peers: [IKEPeer] = []
  ) {
    self.name = name
    self.kind = kind
    self.interfaces = interfaces
    self.routes = routes
    self.policies = policies
    self.peers = peers
  }
}

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
  /// Whether the datagrams carry the DF bit.
  public var dontFragment: Bool

  public init(
    name: String, from: Int, to: Int, destination: IPAddress, pattern: TrafficPattern, start: Instant, count: Int,
    interval: SimDuration, timeout: SimDuration = .seconds(30), dontFragment: Bool = false
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
