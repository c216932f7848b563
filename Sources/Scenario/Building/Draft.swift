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

/// A policy with its place in the file.
struct PolicyDraft {
  var policy: SecurityPolicy
  var record: Record
  /// Index in the own node's peers, for what applies IPsec.
  var peer: Int?
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
