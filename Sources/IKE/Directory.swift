import IPsec
import Units
import Wire

/// Layers of a policy's bundle that are negotiated at once.
struct PolicyLayers: Hashable, Sendable {
  /// The policy's place.
  var policy: Int
  /// Places in its bundle, from 0 for the innermost.
  var layers: Range<Int>
}

/// The configuration, looked up from every side. It never changes, so copies of an engine share it.
struct Directory: Sendable {
  private struct Addresses: Hashable {
    var local: IPAddress
    var remote: IPAddress

    init(_ peer: IKEPeer) { self.init(local: peer.localAddress, remote: peer.remoteAddress) }

    init(local: IPAddress, remote: IPAddress) {
      self.local = local
      self.remote = remote
    }
  }

  let configuration: IKEConfiguration
  private struct Name: Hashable {
    var local: IPAddress
    var identity: Identity
  }

  /// Peers by the two ends, in the scenario's order; those whose address is not known by 0.0.0.0 or ::.
  private var peersByAddresses: [Addresses: [Int]] = [:]
  /// Peers that begin with aggressive mode, by who they are.
  private var peersByName: [Name: [Int]] = [:]
  /// Peers that sign in main mode, by who they are.
  private var peersBySignature: [Name: [Int]] = [:]
  private var policyByName: [String: Int] = [:]
  /// For each peer what may be negotiated with it, in the policies' order.
  private var layersOfPeer: [[PolicyLayers]]

  init(_ configuration: IKEConfiguration) {
    self.configuration = configuration
    layersOfPeer = Array(repeating: [], count: configuration.peers.count)
    for (index, peer) in configuration.peers.enumerated() {
      peersByAddresses[Addresses(peer), default: []].append(index)
      let name = Name(
        local: peer.localAddress, identity: peer.remoteIdentity ?? Identity(peer.remoteAddress))
      if peer.mode == .aggressive { peersByName[name, default: []].append(index) }
      if peer.mode == .main, peer.credentials != nil { peersBySignature[name, default: []].append(index) }
    }
    for (index, policy) in configuration.policies.enumerated() {
      if policyByName[policy.name] == nil { policyByName[policy.name] = index }
      guard let protection = policy.protection else { continue }
      for peer in partners(of: policy, protection) {
        layersOfPeer[peer] += Self.groups(of: policy, protection, with: configuration.peers[peer])
          .map { PolicyLayers(policy: index, layers: $0) }
      }
    }
  }

  /// The peers at the ends of some layer of a policy, in the scenario's order; where a layer lies between the ends of a
  /// packet, those who may be such ends.
  private func partners(of policy: SecurityPolicy, _ protection: Protection) -> [Int] {
    var partners: Set<Int> = []
    for layer in 0..<protection.layerCount {
      guard let ends = protection.ends(ofLayer: layer) else { continue }
      partners.formUnion(peers(local: ends.local, remote: ends.remote))
    }
    if protection.ends(ofLayer: 0) == nil {
      partners.formUnion(
        configuration.peers.indices.filter {
          policy.selector.source.contains(configuration.peers[$0].localAddress)
            && policy.selector.destination.contains(configuration.peers[$0].remoteAddress)
        })
    }
    return partners.sorted()
  }

  /// What may be negotiated with a peer: layers that lie between the two ends for certain, and those that do where a
  /// packet is the two ends' own.
  private static func groups(of policy: SecurityPolicy, _ protection: Protection, with peer: IKEPeer) -> [Range<Int>] {
    let certain = protection.groups(between: peer.localAddress, peer.remoteAddress, packet: nil)
    guard policy.selector.source.contains(peer.localAddress), policy.selector.destination.contains(peer.remoteAddress)
    else { return certain }
    let own = protection.groups(
      between: peer.localAddress, peer.remoteAddress, packet: (peer.localAddress, peer.remoteAddress))
    return own + certain.filter { !own.contains($0) }
  }

  func policy(named name: String) -> Int? { policyByName[name] }

  /// What is negotiated for some layers; `nil` where one of them names nothing to offer.
  func group(of item: PolicyLayers) -> LayerGroup? {
    configuration.policies[item.policy].protection.flatMap { LayerGroup($0, item.layers) }
  }

  // MARK: Peers

  /// The peers that are configured for two ends.
  func peers(local: IPAddress, remote: IPAddress) -> [Int] {
    peersByAddresses[Addresses(local: local, remote: remote)] ?? []
  }

  /// Whose a first message of main mode may be. A pre-shared key has to be found by the sender's address (RFC 2409
  /// §5.4): of those whose address is not known, only the first one's can be tried. With signatures the identity tells
  /// them apart later; so of those the first that could take the offer will do for now.
  func caller(_ offer: SecurityAssociationPayload? = nil, local: IPAddress, remote: IPAddress) -> Int? {
    let known = peers(local: local, remote: remote)
    if let index = known.first(where: { configuration.peers[$0].mode == .main }) ?? known.first { return index }
    let unknown = peers(local: local, remote: remote.unspecified).lazy.filter { configuration.peers[$0].mode == .main }
    guard let offer else { return unknown.first }
    let taker = unknown.prefix(Self.maximumTrials).first {
      (try? Phase1Negotiation.choose(from: offer, for: configuration.peers[$0])) != nil
    }
    return taker ?? unknown.first
  }

  /// More peers than this are not tried for an offer.
  private static let maximumTrials = 16

  /// The peer of unknown address that signs as `identity` in main mode, of those that could have agreed on the same.
  func signer(_ identity: Identity, local: IPAddress, remote: IPAddress, _ agreement: Phase1Agreement) -> Int? {
    peersBySignature[Name(local: local, identity: identity)]?.first { index in
      let peer = configuration.peers[index]
      return peer.remoteAddress == remote.unspecified && peer.authentication == agreement.authentication
        && peer.suites.contains(agreement.suite)
    }
  }

  /// Whose a first message of aggressive mode is: who says so from where he may be.
  func caller(_ identity: Identity, local: IPAddress, remote: IPAddress) -> Int? {
    func find(_ identity: Identity, _ address: IPAddress) -> Int? {
      peersByName[Name(local: local, identity: identity)]?.first { configuration.peers[$0].remoteAddress == address }
    }
    if let index = find(identity, remote) ?? find(identity, remote.unspecified) { return index }
    // A peer that is to be whatever address it comes from.
    return identity == Identity(remote) ? find(Identity(remote.unspecified), remote.unspecified) : nil
  }

  // MARK: What a request is for

  /// The layers to negotiate together with the one that is asked for: its neighbours between the same two ends.
  func layers(for request: AcquireRequest, policy: Int) -> PolicyLayers? {
    guard let protection = configuration.policies[policy].protection else { return nil }
    let packet = request.packet.map { ($0.source, $0.destination) }
    let isBetweenHosts = protection.ends(ofLayer: request.layer) == nil
    let groups = protection.groups(
      between: request.local, request.remote,
      packet: packet ?? (isBetweenHosts ? (request.local, request.remote) : nil))
    return groups.first { $0.contains(request.layer) }.map { PolicyLayers(policy: policy, layers: $0) }
  }

  /// The traffic that is negotiated for: what the request says for the innermost of the layers, with the packet's own
  /// ports where it says a range, which identities can't carry (RFC 2407 §4.6.2).
  func selector(for request: AcquireRequest, _ item: PolicyLayers) -> Selector {
    let policy = configuration.policies[item.policy]
    var selector = request.selector
    if request.layer != item.layers.lowerBound, let protection = policy.protection {
      selector = policy.selector(ofLayer: item.layers.lowerBound, protection, for: request.packet)
    }
    func narrow(_ ports: PortSelector, _ used: UInt16?) -> PortSelector {
      guard let range = ports.range, range.count > 1, let used, range.contains(used) else { return ports }
      return .port(used)
    }
    selector.sourcePorts = narrow(selector.sourcePorts, request.packet?.sourcePort)
    selector.destinationPorts = narrow(selector.destinationPorts, request.packet?.destinationPort)
    return selector
  }

  // MARK: What an offer is for

  /// Where the two ends really are.
  typealias Ends = (local: IPAddress, remote: IPAddress)

  /// The traffic of a policy's layers towards a peer, as a responder compares it: the policy's own, in transport mode
  /// between the two ends alone; of outer layers whatever goes between the ends of the layer below.
  private func selector(of item: PolicyLayers, _ ends: Ends) -> Selector {
    let policy = configuration.policies[item.policy]
    guard let protection = policy.protection else { return policy.selector }
    var selector = policy.selector(ofLayer: item.layers.lowerBound, protection, for: nil)
    if item.layers.lowerBound == 0, !protection.innermost.mode.isTunnel {
      selector.source = AddressRange(ends.local)
      selector.destination = AddressRange(ends.remote)
    }
    // Whose the packets are is no part of what identities say.
    selector.names = nil
    return selector
  }

  /// What an offer may be for: layers with exactly these selectors, else those whose selectors cover them. Among the
  /// latter the first policy alone speaks for traffic: packets would never reach another. `selector` is seen from this
  /// side.
  func candidates(for selector: Selector, peer: Int, _ ends: Ends, _ identities: [Identity]) -> [PolicyLayers] {
    let all = layersOfPeer[peer].filter { isNamed($0, by: identities) }
    let exact = all.filter { self.selector(of: $0, ends) == selector }
    if !exact.isEmpty { return exact }
    let covering = all.filter { self.selector(of: $0, ends).covers(selector) }
    let first = covering.first { $0.layers.lowerBound == 0 }?.policy
    return covering.filter { $0.layers.lowerBound > 0 || $0.policy == first }
  }

  /// Whether a policy is for one of the two ends that negotiate. One for a name is for whoever has proved to have it
  /// (RFC 2401 §4.4.2): the peer, or this side. Identities that are addresses stand for no name, and for none other.
  private func isNamed(_ item: PolicyLayers, by identities: [Identity]) -> Bool {
    let selector = configuration.policies[item.policy].selector
    func fits(_ name: String?, _ names: [String]) -> Bool {
      guard let name, !names.isEmpty else { return true }
      return names.contains(name)
    }
    return fits(selector.names?.user, identities.compactMap(\.userName))
      && fits(selector.names?.system, identities.compactMap(\.systemName))
  }

  /// The selector of a new association for a policy's layers: what was offered, with the names that the policy asks
  /// for.
  func selector(_ offered: Selector, for item: PolicyLayers) -> Selector {
    guard item.layers.lowerBound == 0 else { return offered }
    var selector = offered
    selector.names = configuration.policies[item.policy].selector.names
    return selector
  }

  /// The selectors of a peer's policies in words: what a refused offer should have been.
  func wanted(peer: Int, _ ends: Ends) -> String {
    var words: [String] = []
    for item in layersOfPeer[peer] {
      let text = QuickModeSetting.words(selector(of: item, ends).reversed)
      if !words.contains(text) { words.append(text) }
    }
    return words.isEmpty ? "no policy with this peer" : words.joined(separator: "; or ")
  }
}

extension Identity {
  /// The user that it stands for.
  fileprivate var userName: String? { if case .userFullyQualifiedDomainName(let name) = self { name } else { nil } }
  /// The system that it stands for.
  fileprivate var systemName: String? { if case .fullyQualifiedDomainName(let name) = self { name } else { nil } }
}

extension IPAddress {
  /// 0.0.0.0 or ::, of the same family.
  fileprivate var unspecified: IPAddress { isIPv6 ? .v6(.any) : .v4(.any) }
}

extension Protection {
  /// The longest runs of layers that lie between two ends. `packet` are the ends of the packet, where those count:
  /// layers in transport mode within no tunnel lie between them.
  fileprivate func groups(
    between local: IPAddress, _ remote: IPAddress, packet: (local: IPAddress, remote: IPAddress)?
  ) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    for index in 0..<layerCount {
      guard let ends = ends(ofLayer: index) ?? packet, ends.local == local, ends.remote == remote else { continue }
      if let last = groups.last, last.upperBound == index {
        groups[groups.count - 1] = last.lowerBound..<index + 1
      } else {
        groups.append(index..<index + 1)
      }
    }
    return groups
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
