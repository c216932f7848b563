import Cryptography
import IKE
import IPsec
import Journal
import Simulation
import Units
import Wire

/// A packet that waits for a security association, with the way that it was to take.
struct HeldDatagram: Sendable {
  var datagram: Datagram
  var policy: String
  var route: Route
  /// Whether this node passes it on for another; else it made it itself.
  var isForwarded: Bool
  /// Whose it is, where the datagram itself does not show that.
  var names: PacketNames?
}

/// What tells one connection of a node from the others.
struct ConnectionKey: Hashable, Sendable {
  var localAddress: IPAddress
  var localPort: UInt16
  var remoteAddress: IPAddress
  var remotePort: UInt16
}

/// A connection and the application that uses it.
struct Connection: Sendable {
  var key: ConnectionKey
  var machine: TCPConnection
  var flow: FlowID
  /// Which request of the flow it carries.
  var sequence: UInt32
  /// Whether this end serves; else it asked.
  var isServer: Bool
  var received = 0
  /// Whether the server has answered.
  var isAnswered = false
  var cause: EntryID?
}

/// A learned limit on datagrams to one destination: RFC 1191.
struct LearnedMTU: Hashable, Sendable {
  /// Old values are forgotten after ten minutes, so that a path that has grown is found again: RFC 1191 §6.3.
  static let lifetime = SimDuration.seconds(600)
  /// Destinations that a node remembers one of.
  static let limit = 1_024

  var mtu: Int
  var learned: Instant
}

/// The state of a box: a value, like everything that it is made of.
struct Node: Sendable {
  /// Packets that may wait for one policy's association; more are dropped by name.
  static let heldLimit = 64

  let id: NodeID
  let name: String
  /// Whether it passes on what is not its own.
  let forwards: Bool
  /// Whether it passes on whatever is not for itself, without a policy or a filter.
  private(set) var isPlainRouter = false
  /// Whether it is a bump in the wire.
  let isBump: Bool
  /// Whether its own stack knows nothing of its IPsec.
  let isBumpInTheStack: Bool
  let interfaces: [InterfaceConfiguration]
  /// Addresses that are not its own, in whose name it protects: those on a bump's inside link.
  let protectedAddresses: [IPAddress]
  /// Endpoint of each interface; `nil` for one that no link ends at.
  var endpoints: [EndpointIndex?]
  /// Its addresses, each with the interface that has it: a concentrator has one for each of its lines.
  private let localAddresses: AddressTable<Int32>
  /// Associations that it had before the run began.
  let manualAssociations: [ManualAssociation]
  /// What may not enter or leave.
  let filters: [FilterRule]
  /// The names of packets that are no user's; `nil` where the node has none.
  let systemNames: PacketNames?
  /// Whether packets that it makes may have names: asked for each, and answered without looking for them.
  private(set) var namesPackets: Bool
  var routes = RoutingTable()
  var identification: UInt16
  private var fragmentIdentification: UInt32?
  /// What waits for fragments; none where nothing does.
  var reassemblies: [Reassembly] = []
  private var securityBox = Boxed<IPsecEngine>()
  private var exchangesBox = Boxed<IKEEngine>()
  /// When the queue will ask for lifetimes that are over, and under which generation.
  var lifetimesDue: Instant?
  var securityGeneration: UInt32 = 0
  /// The last entry of each exchange: the cause of what its timers do.
  var exchangeCauses: [IKEExchangeID: EntryID] = [:]
  var held: [HeldDatagram] = []
  /// What hides how much it sends; none where no policy asks for dummies.
  var dummies: [DummyClock] = []
  var learnedMTUs: [IPAddress: LearnedMTU] = [:]
  var connections: [Connection] = []
  var connectionIndex: [ConnectionKey: Int] = [:]
  private let seed: UInt64
  private var portsBox = Boxed<SeededGenerator>()

  /// `protected` are the addresses that a bump in the wire speaks for.
  init(
    _ configuration: NodeConfiguration, index: Int, protecting protected: [IPAddress] = [], seed: UInt64
  ) throws(WorldError) {
    id = NodeID(UInt32(index))
    name = configuration.name
    isBump = configuration.kind == .bump
    isBumpInTheStack = configuration.placement == .bumpInTheStack
    forwards = configuration.kind != .host && configuration.kind != .bump
    interfaces = configuration.interfaces
    endpoints = [EndpointIndex?](repeating: nil, count: interfaces.count)
    protectedAddresses = protected
    localAddresses = AddressTable(
      protected.map { ($0, 0) }
        + interfaces.enumerated().flatMap { index, interface in interface.addresses.map { ($0.address, Int32(index)) } }
    )
    var identifications = RandomStream(seed: seed, node: name, purpose: "IPv4 identification")
    identification = UInt16(truncatingIfNeeded: identifications.next())
    self.seed = seed
    manualAssociations = configuration.manualAssociations
    filters = configuration.filters
    systemNames = configuration.systemName.map { PacketNames(user: nil, system: $0) }
    namesPackets = systemNames != nil
    addRoutes(configuration)
    try addSecurity(configuration, seed: seed)
    isPlainRouter = forwards && filters.isEmpty && !isSecured
  }

  /// The inside interface of a bump in the wire, and the outside one.
  var sides: (inside: Int, outside: Int) {
    let inside = interfaces.firstIndex(where: \.isInside) ?? 0
    return (inside, interfaces.firstIndex { !$0.isInside } ?? 0)
  }

  /// A bump in the wire knows whom it protects; everything else is outside, on the link where no route says otherwise.
  private mutating func addBumpRoutes(_ configuration: NodeConfiguration) {
    for address in protectedAddresses {
      routes.add(Route(interface: sides.inside), to: IPPrefix(address, length: address.isIPv6 ? 128 : 32))
    }
    for route in configuration.routes {
      routes.add(Route(interface: sides.outside, via: route.via), to: route.destination)
    }
    for any in [IPAddress.v4(.any), .v6(.any)] {
      routes.add(Route(interface: sides.outside), to: IPPrefix(any, length: 0))
    }
  }

  private mutating func addRoutes(_ configuration: NodeConfiguration) {
    if isBump { return addBumpRoutes(configuration) }
    for (index, interface) in interfaces.enumerated() {
      for own in interface.addresses { routes.add(Route(interface: index, via: nil), to: own.prefix) }
    }
    for route in configuration.routes {
      guard let index = interfaces.firstIndex(where: { $0.isOnLink(route.via) }) else { continue }
      routes.add(Route(interface: index, via: route.via), to: route.destination)
    }
  }

  /// Its addresses, in the order of its interfaces, and those that it speaks for.
  var addresses: [IPAddress] { protectedAddresses + interfaces.flatMap { $0.addresses.map(\.address) } }

  /// Whether `address` is one of the node's own, or one that it speaks for.
  func isLocal(_ address: IPAddress) -> Bool { localAddresses[address] != nil }

  /// The same for an address of IPv4.
  func isLocal(_ address: IPv4Address) -> Bool { localAddresses[address] != nil }

  /// The engine that keeps its policies; `nil` where everything passes.
  var security: IPsecEngine? {
    _read { yield securityBox.value }
    _modify { yield &securityBox.value }
  }

  /// The engine that negotiates for it.
  var exchanges: IKEEngine? {
    _read { yield exchangesBox.value }
    _modify { yield &exchangesBox.value }
  }

  /// Whether it keeps policies: asked for every packet, and answered without looking at the engine.
  var isSecured: Bool { !securityBox.isEmpty }

  /// Whether it negotiates.
  var isNegotiating: Bool { !exchangesBox.isEmpty }

  /// The names of the packets that a user's requests are made of here; `nil` where they have none.
  mutating func names(ofUser user: String?) -> PacketNames? {
    guard let user else { return systemNames }
    namesPackets = true
    return PacketNames(user: user, system: systemNames?.system)
  }

  /// An initial sequence number. The stream is made when the first is wanted: few nodes ever open a connection.
  mutating func nextInitialSequence() -> UInt32 {
    if portsBox.isEmpty {
      portsBox.value = SeededGenerator(seed: seed, node: name, purpose: "ports and initial sequence numbers")
    }
    return UInt32(truncatingIfNeeded: portsBox.value?.next() ?? 0)
  }

  /// The identification of the next datagram that it makes: RFC 791 §3.2.
  mutating func nextIdentification() -> UInt16 {
    identification &+= 1
    return identification
  }

  /// The identification of the fragments of the next IPv6 packet that it cuts: RFC 2460 §4.5. The first is drawn when it
  /// is wanted.
  mutating func nextFragmentIdentification() -> UInt32 {
    if fragmentIdentification == nil {
      var stream = RandomStream(seed: seed, node: name, purpose: "IPv6 fragment identification")
      fragmentIdentification = UInt32(truncatingIfNeeded: stream.next())
    }
    fragmentIdentification = (fragmentIdentification ?? 0) &+ 1
    return fragmentIdentification ?? 0
  }

  /// The largest datagram to `destination` that is known to pass, if any is.
  func learnedMTU(to destination: IPAddress, at now: Instant) -> Int? {
    guard !learnedMTUs.isEmpty, let learned = learnedMTUs[destination], now < learned.learned + LearnedMTU.lifetime
    else { return nil }
    return learned.mtu
  }
}
