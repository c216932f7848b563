import IKE
import IPsec
import Network
import Units
import Wire

/// An address of an interface with its place in the file.
struct AddressDraft {
  var address: IPAddress
  var prefix: IPPrefix
  var place: SourcePlace
  var path: String
}

/// An interface with its place in the file.
struct InterfaceDraft {
  var name: String
  var place: SourcePlace
  var path: String
  var addresses: [AddressDraft] = []
  /// On the protected side: policies are kept for the others.
  var isInside = false
  /// Index in ``Draft/links``.
  var link: Int?

  /// The first address of the family of `other`.
  func address(towards other: IPAddress) -> IPAddress? {
    addresses.first { $0.address.isIPv6 == other.isIPv6 }?.address
  }

  /// An address of each, of one family. The two ends agree on it without asking each other: IPv4 where both have it.
  func ends(with other: InterfaceDraft) -> (local: IPAddress, remote: IPAddress)? {
    let families = addresses.map(\.address).sorted()
    return families.compactMap { family in
      address(towards: family).flatMap { own in other.address(towards: family).map { (own, $0) } }
    }.first
  }

  func isOnLink(_ address: IPAddress) -> Bool { addresses.contains { $0.prefix.contains(address) } }
}

/// A route with its place in the file, and the interface that its neighbour is reached by.
struct RouteDraft {
  var destination: IPPrefix
  var via: IPAddress
  var place: SourcePlace
  var path: String
}

/// An IKE peer, as far as the file goes.
struct PeerDraft {
  var record: Record
  /// Index in ``Draft/nodes``.
  var node: Int
  /// Index in the own node's interfaces.
  var localInterface: Int
  var peer: IKEPeer
}

/// One association of a policy with its place in the file.
struct LayerDraft {
  var record: Record
  var layer: ProtectionLayer
  /// The node at the other end, where it is known; an index in ``Draft/nodes``.
  var peer: Int?
  /// Its keys by hand.
  var manual: Record? { record.record(.manual) }
}

/// A policy with its place in the file.
struct PolicyDraft {
  var policy: SecurityPolicy
  var record: Record
  /// What it applies, the innermost first; empty where it applies nothing.
  var layers: [LayerDraft] = []

  var protection: Protection? {
    if case .apply(let protection) = policy.action { return protection }
    return nil
  }
}

/// A node, filled step by step.
struct NodeDraft {
  var name: String
  var place: SourcePlace
  var record: Record
  var kind: NodeKind
  var interfaces: [InterfaceDraft] = []
  var routes: [RouteDraft] = []
  /// The same routes, to look one up by its destination.
  var hops: [IPPrefix: IPAddress] = [:]
  var peers: [PeerDraft] = []
  var policies: [PolicyDraft]?
  var manualAssociations: [ManualAssociation] = []

  var path: String { record.path }
}

/// A line of traffic with its record.
struct TrafficDraft {
  var configuration: TrafficConfiguration
  var record: Record
}

/// A world in the making, with the places of its parts. Its dictionaries are for looking things up only.
struct Draft {
  var nodes: [NodeDraft] = []
  var links: [LinkConfiguration] = []
  var traffic: [TrafficDraft] = []
  var nodeIndices: [String: Int] = [:]
  var owners: [IPAddress: InterfaceReference] = [:]

  /// The interface of `node` on whose link `address` lies.
  func interface(of node: Int, towards address: IPAddress) -> Int? {
    nodes[node].interfaces.firstIndex { $0.isOnLink(address) }
  }

  /// The interface that the default route leaves by, or the only one outside.
  func outerInterface(of node: Int) -> Int? {
    let interfaces = nodes[node].interfaces
    let leaving = nodes[node].routes.first { $0.destination.length == 0 }.flatMap {
      interface(of: node, towards: $0.via)
    }
    let outside = interfaces.indices.filter { !interfaces[$0].isInside }
    return leaving ?? (outside.count == 1 ? outside[0] : nil)
  }

  /// The longest prefix wins; of the node's own links and its routes, the links come first.
  func nextHop(from node: Int, to destination: IPAddress) -> IPAddress? {
    if interface(of: node, towards: destination) != nil { return destination }
    for length in stride(from: destination.isIPv6 ? 128 : 32, through: 0, by: -1) {
      if let via = nodes[node].hops[IPPrefix(destination, length: length)] { return via }
    }
    return nil
  }

  /// The node that answers for `address` on one of this node's links.
  func neighbour(of node: Int, at address: IPAddress) -> Int? {
    guard let owner = owners[address], let own = interface(of: node, towards: address) else { return nil }
    let link = nodes[node].interfaces[own].link
    return link != nil && nodes[owner.node].interfaces[owner.interface].link == link ? owner.node : nil
  }
}
