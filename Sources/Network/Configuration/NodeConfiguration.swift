import IKE
import IPsec
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
  /// A bump in the wire (RFC 2401 §3.3): two interfaces without addresses join two links to one segment, and what passes
  /// is protected in the name of whoever has an address on the inside link. It takes nothing off the time to live.
  case bump
}

/// Where a node's IPsec lies: RFC 2401 §3.3.
public enum IPsecPlacement: String, Hashable, Sendable, CaseIterable {
  /// In the IP layer: the node's own datagrams are protected before they are cut.
  case inStack
  /// Below an IP layer that knows nothing of it: datagrams come down cut to what the link takes, are put together again,
  /// protected, and cut once more. Where that cannot be, the stack is told as a router would tell it (RFC 2401 §6.1,
  /// Appendix B). What comes in is put together and opened before IP sees it, as it is in the stack.
  case bumpInTheStack
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
  /// A neighbour on one of the node's links, by an address of either family.
  public var via: IPAddress

  public init(destination: IPPrefix, via: IPAddress) {
    self.destination = destination
    self.via = via
  }
}

/// An association that two ends were given by hand: RFC 2401 §4.6.1. It is there when the run begins, and lives as its
/// parameters say: for ever, where they name no limit.
public struct ManualAssociation: Hashable, Sendable {
  public var parameters: AssociationParameters
  /// Which way it carries packets, as this node sees it.
  public var direction: AssociationDirection

  public init(_ parameters: AssociationParameters, _ direction: AssociationDirection) {
    self.parameters = parameters
    self.direction = direction
  }
}

/// A box of the scenario.
public struct NodeConfiguration: Hashable, Sendable {
  /// Unique within the world.
  public var name: String
  public var kind: NodeKind
  /// In the scenario's order; policies and IKE peers speak of their addresses.
  public var interfaces: [InterfaceConfiguration]
  /// Static routes. Those of a bump in the wire are for what it negotiates itself, and lead out of the outside interface.
  public var routes: [RouteConfiguration]
  /// The security policy database in its order; `nil` where the node has no IPsec and passes everything.
  public var policies: [SecurityPolicy]?
  /// Peers that it may negotiate with.
  public var peers: [IKEPeer]
  /// Associations that are there from the beginning, in the order of their making. Without peers they are all that it has.
  public var manualAssociations: [ManualAssociation]
  /// What policies know the node by: `venus.example.com`; `nil` where none asks.
  public var systemName: String?
  /// Where its IPsec lies.
  public var placement: IPsecPlacement
  /// Rules for what enters and leaves by its interfaces, the first that fits decides; what none fits passes.
  public var filters: [FilterRule]

  public init(
    name: String, kind: NodeKind, interfaces: [InterfaceConfiguration], routes: [RouteConfiguration] = [],
    policies: [SecurityPolicy]? = nil, peers: [IKEPeer] = [], manualAssociations: [ManualAssociation] = [],
    systemName: String? = nil, filters: [FilterRule] = [],
    placement: IPsecPlacement = .inStack
  ) {
    self.name = name
    self.kind = kind
    self.interfaces = interfaces
    self.routes = routes
    self.policies = policies
    self.peers = peers
    self.manualAssociations = manualAssociations
    self.systemName = systemName
    self.filters = filters
    self.placement = placement
  }
}
