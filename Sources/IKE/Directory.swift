import IPsec
import Units
import Wire

/// The configuration, looked up from every side. It never changes, so copies of an engine share it.
struct Directory: Sendable {
  private struct Addresses: Hashable {
    var local: IPAddress
    var remote: IPAddress
  }

  let configuration: IKEConfiguration
  private var peerByAddresses: [Addresses: Int] = [:]
  private var policyByName: [String: Int] = [:]
  /// For each peer the policies that may be negotiated with it, in the database's order.
  private var policiesOfPeer: [[Int]]
  /// For each policy its peers, in the scenario's order; empty where it does not apply IPsec.
  private var peersOfPolicy: [[Int]]

  init(_ configuration: IKEConfiguration) {
    self.configuration = configuration
    policiesOfPeer = Array(repeating: [], count: configuration.peers.count)
    peersOfPolicy = Array(repeating: [], count: configuration.policies.count)
    for (index, peer) in configuration.peers.enumerated() {
      let addresses = Addresses(local: peer.localAddress, remote: peer.remoteAddress)
      if peerByAddresses[addresses] == nil { peerByAddresses[addresses] = index }
    }
    for (index, policy) in configuration.policies.enumerated() {
      if policyByName[policy.name] == nil { policyByName[policy.name] = index }
      guard case .apply(let protection) = policy.action else { continue }
      for peer in peers(for: policy, protection) {
        policiesOfPeer[peer].append(index)
        peersOfPolicy[index].append(peer)
      }
    }
  }

  private func peers(for policy: SecurityPolicy, _ protection: Protection) -> [Int] {
    switch protection.mode {
    case .tunnel(let local, let remote):
      return peerByAddresses[Addresses(local: local, remote: remote)].map { [$0] } ?? []
    case .transport:
      return configuration.peers.indices.filter {
        policy.selector.source.contains(configuration.peers[$0].localAddress)
          && policy.selector.destination.contains(configuration.peers[$0].remoteAddress)
      }
    }
  }

  func policy(named name: String) -> Int? { policyByName[name] }

  func protection(of policy: Int) -> Protection? {
    if case .apply(let protection) = configuration.policies[policy].action { protection } else { nil }
  }

  /// The peer at the other end of a datagram.
  func peer(local: IPAddress, remote: IPAddress) -> Int? {
    peerByAddresses[Addresses(local: local, remote: remote)]
  }

  /// The peer to negotiate a policy with; where there are several, the one that the traffic goes to.
  func peer(of policy: Int, protecting traffic: Selector?) -> Int? {
    let candidates = peersOfPolicy[policy]
    guard candidates.count > 1, let traffic else { return candidates.first }
    return candidates.first {
      traffic.destination.contains(configuration.peers[$0].remoteAddress)
        && traffic.source.contains(configuration.peers[$0].localAddress)
    }
  }

  /// What is negotiated for a policy: its selector, in transport mode between the two peers alone, and with the traffic's own
  /// ports where the policy's are a range, which identities can't carry (RFC 2407 §4.6.2).
  func selector(of policy: Int, peer: Int, protecting traffic: Selector?) -> Selector {
    var selector = configuration.policies[policy].selector
    if case .transport? = protection(of: policy)?.mode {
      let ends = configuration.peers[peer]
      selector.source = AddressRange(first: ends.localAddress, last: ends.localAddress)
      selector.destination = AddressRange(first: ends.remoteAddress, last: ends.remoteAddress)
    }
    func narrow(_ ports: PortSelector, _ used: PortSelector?) -> PortSelector {
      guard let range = ports.range, range.count > 1, let used, let port = used.single, range.contains(port) else {
        return ports
      }
      return used
    }
    selector.sourcePorts = narrow(selector.sourcePorts, traffic?.sourcePorts)
    selector.destinationPorts = narrow(selector.destinationPorts, traffic?.destinationPorts)
    return selector
  }

  /// The policy that an offer falls under: one with exactly these selectors, else the first that covers them. `selector` is
  /// seen from this side.
  func policy(for selector: Selector, peer: Int) -> Int? {
    let candidates = policiesOfPeer[peer]
    return candidates.first { self.selector(of: $0, peer: peer, protecting: nil) == selector }
      ?? candidates.first { self.selector(of: $0, peer: peer, protecting: nil).covers(selector) }
  }

  /// The selectors of a peer's policies in words: what a refused offer should have been.
  func wanted(peer: Int) -> String {
    let words = policiesOfPeer[peer].map {
      QuickModeSetting.words(selector(of: $0, peer: peer, protecting: nil).reversed)
    }
    return words.isEmpty ? "no policy with this peer" : words.joined(separator: "; or ")
  }
}

extension RetransmissionSchedule {
  /// How long an answer is waited for after the message was sent for the `attempt`th time again.
  func wait(attempt: Int) -> SimDuration {
    var wait = first
    for _ in 0..<max(0, min(attempt, 64)) { wait = wait * factor }
    return wait
  }

  /// How long it takes to give up: nothing of the exchange can come later, but for the network's own delay.
  var total: SimDuration {
    (0...max(0, min(limit, 64))).reduce(.zero) { $0 + wait(attempt: $1) }
  }
}
