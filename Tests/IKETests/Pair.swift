import Cryptography
import IKE
import IPsec
import Units
import Wire

/// What a virtual wire does to datagrams, in thousandths.
struct WireFaults {
  var latency = SimDuration.milliseconds(20)
  var jitter = SimDuration.zero
  var loss: UInt64 = 0
  var duplication: UInt64 = 0
}

/// Two engines on a virtual wire, with a clock of their own and a bound of steps. Side 0 is alice's gateway, side 1 is
/// bob's.
struct Pair {
  enum Event {
    case datagram([UInt8], to: Int)
    case timer(IKETimer, side: Int)
  }

  /// A datagram that was put on the wire.
  struct Sent {
    var side: Int
    var bytes: [UInt8]
    var message: Int
    var summary: String
    var retransmission: Int?
    var at: Instant
  }

  var engines: [IKEEngine]
  var faults: WireFaults
  var generator: SeededGenerator
  var now = Instant.zero
  var steps = 0
  var sent: [Sent] = []
  /// Everything that the engines said, by side.
  var actions: [[IKEAction]] = [[], []]
  /// The databases: inbound and outbound associations of each side, by identity.
  var inbound: [[AssociationIdentity: AssociationParameters]] = [[:], [:]]
  var outbound: [[AssociationIdentity: AssociationParameters]] = [[:], [:]]
  /// Decides over each datagram that is sent: what arrives in its place.
  var interceptor: ((Int, [UInt8]) -> [[UInt8]])?

  /// The two gateways' addresses.
  private let ends: [IPAddress]
  private var queue: [(at: Instant, order: Int, event: Event)] = []
  private var order = 0

  static let addresses: [IPAddress] = [.v4(IPv4Address(192, 0, 2, 1)), .v4(IPv4Address(198, 51, 100, 1))]
  static let maximumSteps = 20_000

  init(_ left: IKEConfiguration, _ right: IKEConfiguration, seed: UInt64, faults: WireFaults = WireFaults()) {
    engines = [left, right].enumerated().map { side, configuration in
      IKEEngine(
        configuration: configuration, randomness: IKERandomness(seed: seed, node: side == 0 ? "fw-a" : "fw-b"))
    }
    ends = zip([left, right], Self.addresses).map { $0.peers.first?.localAddress ?? $1 }
    generator = SeededGenerator(seed: seed, node: "wire", purpose: "faults")
    self.faults = faults
  }

  init(_ setup: Setup = Setup(), seed: UInt64 = 1, faults: WireFaults = WireFaults()) {
    self.init(setup.configuration(0), setup.configuration(1), seed: seed, faults: faults)
  }

  private mutating func push(_ event: Event, at instant: Instant) {
    order += 1
    queue.append((instant, order, event))
  }

  /// Carries out what an engine asked for.
  mutating func perform(_ list: [IKEAction], side: Int) {
    actions[side] += list
    for action in list {
      switch action {
      case .send(let bytes, _, _, _, let message, let summary, let retransmission):
        sent.append(
          Sent(
            side: side, bytes: bytes, message: message, summary: summary, retransmission: retransmission, at: now))
        transmit(bytes, from: side)
      case .setTimer(let timer, let at): push(.timer(timer, side: side), at: at)
      case .installInbound(let install): inbound[side][install.inbound.identity] = install.inbound
      case .installOutbound(let install): outbound[side][install.outbound.identity] = install.outbound
      case .remove(let identities, _):
        for identity in identities {
          inbound[side][identity] = nil
          outbound[side][identity] = nil
        }
      case .cancelTimer, .acquireFailed, .configured, .note: break
      }
    }
  }

  private mutating func transmit(_ bytes: [UInt8], from side: Int) {
    for copy in interceptor?(side, bytes) ?? [bytes] {
      if generator.below(1_000) < faults.loss { continue }
      let copies = generator.below(1_000) < faults.duplication ? 2 : 1
      for _ in 0..<copies {
        let jitter = SimDuration(nanoseconds: generator.below(faults.jitter.nanoseconds + 1))
        push(.datagram(copy, to: 1 - side), at: now + faults.latency + jitter)
      }
    }
  }

  mutating func acquire(_ side: Int, _ policy: String = "net", layer: Int = 0) {
    guard let request = engines[side].configuration.request(policy, layer: layer) else { return }
    perform(engines[side].acquire(request, at: now), side: side)
  }

  mutating func deliver(_ bytes: [UInt8], to side: Int) {
    let ends = ends.map { IKEEndpoint(address: $0) }
    perform(engines[side].receive(bytes, from: ends[1 - side], to: ends[side], at: now), side: side)
  }

  /// Lets everything happen that is due by `limit`. Returns false where the bound of steps was reached.
  @discardableResult
  mutating func run(until limit: Instant = .zero + .seconds(600)) -> Bool {
    while let index = queue.indices.min(by: { (queue[$0].at, queue[$0].order) < (queue[$1].at, queue[$1].order) }),
      queue[index].at <= limit
    {
      guard steps < Self.maximumSteps else { return false }
      steps += 1
      let (at, _, event) = queue.remove(at: index)
      now = at
      switch event {
      case .datagram(let bytes, let side): deliver(bytes, to: side)
      case .timer(let timer, let side): perform(engines[side].timerFired(timer, at: now), side: side)
      }
    }
    now = max(now, limit)
    return true
  }

  // MARK: What came of it

  func notes(_ side: Int) -> [IKENote] {
    actions[side].compactMap { action in
      if case .note(let note, _) = action { note } else { nil }
    }
  }

  func failures(_ side: Int) -> [String] {
    actions[side].compactMap { action in
      if case .acquireFailed(let policy, let why) = action { "\(policy): \(why)" } else { nil }
    }
  }

  func refusals(_ side: Int) -> [IKERefusal] {
    notes(side).compactMap { note in
      if case .refused(let refusal) = note { refusal } else { nil }
    }
  }

  func drops(_ side: Int) -> [IKEDropReason] {
    notes(side).compactMap { note in
      if case .dropped(let reason, _) = note { reason } else { nil }
    }
  }

  func abandoned(_ side: Int) -> [String] {
    notes(side).compactMap { note in
      if case .abandoned(let why) = note { why } else { nil }
    }
  }

  func derived(_ side: Int, _ name: String) -> [[UInt8]] {
    notes(side).compactMap { note in
      if case .derived(name, _, _, let value) = note { value } else { nil }
    }
  }

  /// Whether everything that one side sends by is what the other receives by, to the last bit.
  var isMirrored: Bool {
    (0..<2).allSatisfy { side in
      outbound[side].allSatisfy { identity, parameters in
        guard let other = inbound[1 - side][identity] else { return false }
        var expected = parameters
        expected.policy = other.policy
        expected.replayWindow = other.replayWindow
        return other == expected
      }
    }
  }

  /// Whether both sides can send to each other.
  var isConnected: Bool { isMirrored && !outbound[0].isEmpty && !outbound[1].isEmpty }
}

extension IKEConfiguration {
  /// What a packet under a policy asks for: the first of its addresses, with the ports that are given. A policy that
  /// there is not is asked for in the words of the first one.
  func request(
    _ name: String, layer: Int = 0, sourcePort: UInt16? = nil, destinationPort: UInt16? = nil
  ) -> AcquireRequest? {
    let index = policies.firstIndex { $0.name == name } ?? 0
    var policy = policies[index]
    policy.name = name
    guard let protection = policy.protection else { return nil }
    let transport: IPProtocol = if case .value(let number) = policy.selector.transport { number } else { .udp }
    let packet = PacketSelectors(
      source: policy.selector.source.first, destination: policy.selector.destination.first, transport: transport,
      sourcePort: sourcePort, destinationPort: destinationPort)
    return AcquireRequest(policy, index: index, layer: layer, protection: protection, for: packet)
  }
}

/// A configuration of both ends that fit together, with what a test wants to vary.
struct Setup {
  var suites = [Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 2)]
  var espSuites = [ESPSuite(cipher: .aes128CBC, integrity: .hmacSHA1_96)].compactMap(\.self)
  var group: UInt16?
  var isTunnel = true
  var lifetime = Lifetime(duration: .seconds(28_800), volume: nil)
  var espLifetime = Lifetime(duration: .seconds(3_600), volume: nil)
  var keys = [Array("a secret".utf8), Array("a secret".utf8)]
  var policies = ["net"]
  var retransmission = RetransmissionSchedule()
  var mode = Phase1Mode.main
  var identities: [Identity?] = [nil, nil]
  var credentials: [IKECredentials?] = [nil, nil]
  var remoteAccess: [RemoteAccess?] = [nil, nil]
  var detection: [DeadPeerDetection?] = [nil, nil]
  /// Whether bob's gateway does not know where alice's is.
  var isCallerUnknown = false

  /// Subnets of the policy with a number: 10.1.n.0/24 and 10.2.n.0/24.
  func selector(_ side: Int, _ index: Int) -> Selector {
    let subnets = (1...2).map {
      AddressRange(IPPrefix(.v4(IPv4Address(10, UInt8($0), UInt8(index % 256), 0)), length: 24))
    }
    let hosts = Pair.addresses.map { AddressRange($0) }
    let ends = isTunnel ? subnets : hosts
    return Selector(source: ends[side], destination: ends[1 - side])
  }

  func configuration(_ side: Int) -> IKEConfiguration {
    let local = Pair.addresses[side]
    let remote = isCallerUnknown && side == 1 ? IPAddress.v4(.any) : Pair.addresses[1 - side]
    let protection = Protection(
      mode: isTunnel ? .tunnel(local: local, remote: remote) : .transport, suites: espSuites,
      perfectForwardSecrecyGroup: group, lifetime: espLifetime)
    return IKEConfiguration(
      peers: [
        IKEPeer(
          name: "peer", localAddress: local, remoteAddress: remote, mode: mode, localIdentity: identities[side],
          remoteIdentity: identities[1 - side], preSharedKey: keys[side], credentials: credentials[side],
          suites: suites, lifetime: lifetime, retransmission: retransmission,
          deadPeerDetection: detection[side], remoteAccess: remoteAccess[side])
      ],
      policies: policies.enumerated().map { index, name in
        SecurityPolicy(name: name, selector: selector(side, index), action: .apply(protection))
      })
  }
}
