import IPsec
import Network
import Wire

/// A packet as routes and policies see it.
struct WalkedPacket {
  var source: IPv4Address
  var destination: IPv4Address
  var transport: IPProtocol
  /// `nil` where the sender takes any that is free.
  var sourcePort: UInt16?
  var destinationPort: UInt16?

  /// The answer to it.
  var answer: WalkedPacket {
    WalkedPacket(
      source: destination, destination: source, transport: transport, sourcePort: destinationPort,
      destinationPort: sourcePort)
  }
}

/// How far a packet comes.
enum WalkResult {
  case arrives
  /// A policy says so.
  case discarded
  /// The node has policies and none is for the packet.
  case unmatched(node: Int)
  case noRoute(node: Int, destination: IPv4Address)
  /// The next hop is there and forwards nothing.
  case hostInBetween(node: Int)
  case loop
}

/// Follows a packet from node to node by routes, policies and tunnels, without sending anything.
struct RouteWalk {
  let draft: Draft
  /// The nodes that were passed.
  private(set) var way: [Int] = []
  private var outer: [WalkedPacket] = []

  init(_ draft: Draft) { self.draft = draft }

  mutating func follow(_ packet: WalkedPacket, from start: Int) -> WalkResult {
    var (packet, node) = (packet, start)
    var hasPassedPolicies = false
    for _ in 0..<256 {
      if way.last != node { way.append(node) }
      if let owner = draft.owners[packet.destination], owner.node == node {
        guard let inner = outer.popLast() else { return .arrives }
        packet = inner
        hasPassedPolicies = true
        continue
      }
      if node != start, outer.isEmpty, draft.nodes[node].kind == .host { return .hostInBetween(node: node) }
      if !hasPassedPolicies, let end = enforce(&packet, at: node) { return end }
      guard let hop = draft.nextHop(from: node, to: packet.destination),
        let next = draft.neighbour(of: node, at: hop), next != node
      else { return .noRoute(node: node, destination: packet.destination) }
      node = next
      hasPassedPolicies = false
    }
    return .loop
  }

  /// Applies the node's policies; the packet that goes on may be the one around it.
  private mutating func enforce(_ packet: inout WalkedPacket, at node: Int) -> WalkResult? {
    guard let policies = draft.nodes[node].policies else { return nil }
    let outbound = policies.first { $0.policy.selector.matches(packet) }
    guard let policy = outbound ?? policies.first(where: { $0.policy.selector.matches(packet.answer) }) else {
      return .unmatched(node: node)
    }
    switch policy.policy.action {
    case .bypass: return nil
    case .discard: return .discarded
    case .apply(let protection):
      guard outbound != nil, case .tunnel(let local, let remote) = protection.mode else { return nil }
      outer.append(packet)
      packet = WalkedPacket(source: local, destination: remote, transport: .esp)
      return nil
    }
  }
}

extension Selector {
  /// Ports that a sender takes when it has the choice.
  private static let free: ClosedRange<UInt16> = 1_024...65_535

  fileprivate func matches(_ packet: WalkedPacket) -> Bool {
    source.contains(packet.source) && destination.contains(packet.destination)
      && (transport == nil || transport == packet.transport) && matches(sourcePorts, packet.sourcePort)
      && matches(destinationPorts, packet.destinationPort)
  }

  private func matches(_ ports: ClosedRange<UInt16>?, _ port: UInt16?) -> Bool {
    guard let ports else { return true }
    return port.map(ports.contains) ?? ports.overlaps(Self.free)
  }
}
