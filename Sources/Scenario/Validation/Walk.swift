import IPsec
import Network
import Wire

/// A packet as routes and policies see it.
struct WalkedPacket {
  var source: IPAddress
  var destination: IPAddress
  var transport: IPProtocol
  /// `nil` where the sender takes any that is free.
  var sourcePort: UInt16?
  var destinationPort: UInt16?
  /// Protected in transport mode on its way.
  var isSealed = false

  /// The answer to it; to policies, the packet as it looks from the other side.
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
  /// The packet came in clear, and a policy of the node demands protection.
  case unprotected(node: Int, policy: String)
  case noRoute(node: Int, destination: IPAddress)
  /// The next hop is there and forwards nothing.
  case hostInBetween(node: Int)
  case loop
}

/// Follows a packet from node to node by routes, policies and tunnels, without sending anything. Policies are asked as RFC
/// 2401 §4.4 has it: for what enters and what leaves by an interface that is not inside.
struct RouteWalk {
  let draft: Draft
  /// The nodes that were passed.
  private(set) var way: [Int] = []
  private var packet: WalkedPacket
  /// What the packet carries: one for each tunnel that it is in.
  private var carried: [WalkedPacket] = []
  private var node: Int
  /// Where it came in; `nil` where it was made or unwrapped.
  private var entrance: Int?

  init(_ draft: Draft, _ packet: WalkedPacket, from start: Int) {
    self.draft = draft
    self.packet = packet
    node = start
  }

  /// No scenario needs more hops than a packet can have.
  mutating func follow() -> WalkResult {
    for _ in 0..<256 {
      if way.last != node { way.append(node) }
      if let end = step() { return end }
    }
    return .loop
  }

  private mutating func step() -> WalkResult? {
    if draft.owners[packet.destination]?.node == node {
      guard let inner = carried.popLast() else { return enter() ?? .arrives }
      (packet, entrance) = (inner, nil)
      return nil
    }
    if entrance != nil, carried.isEmpty, draft.nodes[node].kind == .host { return .hostInBetween(node: node) }
    if let end = enter() ?? leave() { return end }
    guard let hop = draft.nextHop(from: node, to: packet.destination),
      let next = draft.neighbour(of: node, at: hop), next != node
    else { return .noRoute(node: node, destination: packet.destination) }
    entrance = draft.owners[hop]?.interface
    node = next
    return nil
  }

  /// Asks the policies about a packet that came in. What is sealed for this node is asked for once it is opened, and it is
  /// then what the association was made for.
  private func enter() -> WalkResult? {
    guard let entrance, let policies = policies(at: entrance) else { return nil }
    if packet.isSealed, draft.owners[packet.destination]?.node == node { return nil }
    guard let match = policies.first(where: { $0.policy.selector.matches(packet.answer) }) else {
      return .unmatched(node: node)
    }
    switch match.policy.action {
    case .bypass: return nil
    case .discard: return .discarded
    case .apply: return .unprotected(node: node, policy: match.policy.name)
    }
  }

  /// Asks the policies about a packet that is to leave; what goes on may be the one around it.
  private mutating func leave() -> WalkResult? {
    guard let hop = draft.nextHop(from: node, to: packet.destination),
      let exit = draft.interface(of: node, towards: hop), let policies = policies(at: exit)
    else { return nil }
    guard let match = policies.first(where: { $0.policy.selector.matches(packet) }) else {
      return .unmatched(node: node)
    }
    switch match.policy.action {
    case .bypass: return nil
    case .discard: return .discarded
    case .apply(let protection):
      protection.layers.forEach { seal($0) }
      return nil
    }
  }

  /// Puts a layer around the packet. Behind ESP its ports are hidden, behind AH they show.
  private mutating func seal(_ layer: ProtectionLayer) {
    switch layer.mode {
    case .transport:
      packet.isSealed = true
      if layer.securityProtocol == .esp {
        (packet.transport, packet.sourcePort, packet.destinationPort) = (.esp, nil, nil)
      }
    case .tunnel(let local, let remote):
      carried.append(packet)
      packet = WalkedPacket(source: local, destination: remote, transport: layer.securityProtocol)
    }
  }

  private func policies(at interface: Int) -> [PolicyDraft]? {
    draft.nodes[node].interfaces[interface].isInside ? nil : draft.nodes[node].policies
  }
}

extension Selector {
  /// Ports that a sender takes when it has the choice.
  private static let free: ClosedRange<UInt16> = 1_024...65_535

  fileprivate func matches(_ packet: WalkedPacket) -> Bool {
    source.contains(packet.source) && destination.contains(packet.destination)
      && transport.covers(.value(packet.transport)) && matches(sourcePorts, packet.sourcePort)
      && matches(destinationPorts, packet.destinationPort)
  }

  private func matches(_ ports: PortSelector, _ port: UInt16?) -> Bool {
    guard case .range(let range) = ports else { return ports == .any }
    return port.map(range.contains) ?? range.overlaps(Self.free)
  }
}
