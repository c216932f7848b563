import IPsec
import Network
import Wire

/// A packet as routes and policies see it.
struct WalkedPacket {
  var source: IPAddress
  var destination: IPAddress
  var transport: IPProtocol
  /// `nil` where the sender takes any that is free, and where none shows.
  var sourcePort: UInt16?
  var destinationPort: UInt16?
  /// Whose it is, where it is made.
  var user: String?
  var system: String?
  var sensitivity: Sensitivity?

  /// The answer to it; to policies, the packet as it looks from the other side.
  var answer: WalkedPacket {
    WalkedPacket(
      source: destination, destination: source, transport: transport, sourcePort: destinationPort,
      destinationPort: sourcePort, sensitivity: sensitivity)
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
    if entrance != nil, draft.nodes[node].kind == .host { return .hostInBetween(node: node) }
    if let end = enter() ?? leave() { return end }
    guard let hop = draft.nextHop(from: node, to: packet.destination),
      let exit = draft.interface(of: node, towards: hop), let next = draft.neighbour(of: node, at: hop), next != node
    else { return .noRoute(node: node, destination: packet.destination) }
    (packet.user, packet.system) = (nil, nil)
    let from = draft.nodes[node].interfaces[exit].link
    entrance = draft.owners[hop]?.interface
    node = next
    return cross(from: from, to: entrance.flatMap { draft.nodes[next].interfaces[$0].link })
  }

  /// Goes through the bumps in the wire on the way from one link to another.
  private mutating func cross(from start: Int?, to goal: Int?) -> WalkResult? {
    guard let start, let goal else { return nil }
    for (bump, isLeaving) in draft.bumps(from: start, to: goal) {
      way.append(bump)
      guard let policies = draft.nodes[bump].policies else { continue }
      if isLeaving {
        if let end = leave(bump, policies) { return end }
      } else if draft.nodes[bump].ends.contains(packet.destination), !carried.isEmpty {
        while draft.nodes[bump].ends.contains(packet.destination), let inner = carried.popLast() { packet = inner }
      } else if let end = enter(bump, policies) {
        return end
      }
    }
    return nil
  }

  /// Asks the policies about a packet that came in. What is sealed for this node is asked for once it is opened, and it is
  /// then what the association was made for.
  private func enter() -> WalkResult? { entrance.flatMap(policies).flatMap { enter(node, $0) } }

  private func enter(_ node: Int, _ policies: [PolicyDraft]) -> WalkResult? {
    if isNegotiation(packet.destination, packet.destinationPort, of: node) { return nil }
    // Entries for names are for what comes by their own associations.
    let match = policies.first { !$0.policy.selector.isNamed && $0.policy.selector.matches(packet.answer) }
    guard let match else { return .unmatched(node: node) }
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
    return leave(node, policies)
  }

  /// ISAKMP of a node's own passes, so that keys can be negotiated at all.
  private func isNegotiation(_ address: IPAddress, _ port: UInt16?, of node: Int) -> Bool {
    packet.transport == .udp && port == SecurityPolicyDatabase.isakmpPort && draft.owners[address]?.node == node
  }

  private mutating func leave(_ node: Int, _ policies: [PolicyDraft]) -> WalkResult? {
    if isNegotiation(packet.source, packet.sourcePort, of: node) { return nil }
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
    let inner = packet
    carried.append(inner)
    if case .tunnel(let local, let remote) = layer.mode {
      packet = WalkedPacket(source: local, destination: remote, transport: inner.source.isIPv6 ? .ipv6 : .ipv4)
    }
    if layer.securityProtocol != .ah {
      packet.transport = layer.securityProtocol
      (packet.sourcePort, packet.destinationPort) = (nil, nil)
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
      && transport.covers(.value(packet.transport)) && matches(sourcePorts, packet.sourcePort, packet)
      && matches(destinationPorts, packet.destinationPort, packet) && (names?.user == nil || names?.user == packet.user)
      && (names?.system == nil || names?.system == packet.system)
      && sensitivity.map { levels in packet.sensitivity.map(levels.contains) ?? false } ?? true
  }

  private func matches(_ ports: PortSelector, _ port: UInt16?, _ packet: WalkedPacket) -> Bool {
    let hasPorts = packet.transport == .tcp || packet.transport == .udp
    return switch ports {
    case .any: true
    case .opaque: packet.transport == .esp
    case .range(let range): hasPorts && port.map(range.contains) ?? range.overlaps(Self.free)
    }
  }
}
