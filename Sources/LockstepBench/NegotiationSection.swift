import BenchmarkLimits
import Cryptography
import IKE
import IPsec
import Units
import Wire

extension BenchmarkSection {
  /// Whole negotiations of two engines, against the exponentiations in them.
  static let negotiation = BenchmarkSection(
    name: "negotiation",
    summary: """
      Main mode with a pre-shared key, then quick mode without PFS, both ends in one thread with no wire between them; 3DES and
      SHA-1, exponents of 256 bits. The limit is the four exponentiations in it by libcrypto in constant time and nothing else.
      """,
    measure: { plan in try NegotiationFigure.all.map { try NegotiationMeasurement($0, plan).measure(plan) } })
}

/// A group that is measured. The negotiation is to reach 85 % of what is left when all the hashing and encryption of both
/// ends is done bare too, which was measured to be this part of the exponentiations' rate.
struct NegotiationFigure {
  let group: DiffieHellmanGroup
  let partWithHashing: Double
  let negotiations: Int

  static let all = [
    NegotiationFigure(group: .oakley1, partWithHashing: 3_030.0 / 3_640, negotiations: 600),
    NegotiationFigure(group: .oakley2, partWithHashing: 2_350.0 / 2_750, negotiations: 500),
    NegotiationFigure(group: .oakley5, partWithHashing: 1_230.0 / 1_350, negotiations: 300),
  ]
}

struct NegotiationMeasurement {
  private static let gateways = [ip(192, 0, 2, 1), ip(198, 51, 100, 1)]
  /// strongSwan 5.9.8, load tester, both ends, a core-second.
  private static let strongSwan = 163.0

  let figure: NegotiationFigure
  let negotiations: Int
  private var name: String { "group \(figure.group.number)" }

  init(_ figure: NegotiationFigure, _ plan: BenchmarkPlan) {
    self.figure = figure
    negotiations = plan.isQuick ? figure.negotiations / 3 : figure.negotiations
  }

  func measure(_ plan: BenchmarkPlan) throws -> Measurement {
    let medians = try plan.medians([{ try ours() }, { try exponentiations() }])
    return Measurement(
      figure: name, unit: "negotiations/s", ours: medians[0],
      bounds: [
        .limit("four exponentiations", medians[1], atLeast: 0.85 * figure.partWithHashing),
        .peer("strongSwan", Self.strongSwan, atLeast: 12),
      ])
  }

  private func exponentiations() throws -> Double {
    guard let prime = figure.group.prime else { throw SidesDisagree(figure: name) }
    let nanoseconds = unsafe limits_negotiate(prime, UInt64(prime.count), UInt64(negotiations))
    guard nanoseconds > 0 else { throw SidesDisagree(figure: name) }
    return BenchmarkPlan.rate(of: negotiations, in: .nanoseconds(nanoseconds))
  }

  /// Engines are made beforehand, each pair with random streams of its own: they are a node's, not a negotiation's.
  private func ours() throws -> Double {
    var pairs = (0..<negotiations).map { number in
      (0..<2).map { side in
        IKEEngine(
          configuration: configuration(side), randomness: IKERandomness(seed: UInt64(number), node: "gateway-\(side)"))
      }
    }
    var agreed = 0
    let duration = ContinuousClock().measure {
      for index in pairs.indices where negotiate(&pairs[index]) { agreed += 1 }
    }
    guard agreed == negotiations else { throw SidesDisagree(figure: name) }
    return BenchmarkPlan.rate(of: negotiations, in: duration)
  }

  /// Hands each end what the other one sends; true where both have installed a pair of associations in the end.
  private func negotiate(_ engines: inout [IKEEngine]) -> Bool {
    var installed = [false, false]
    var underWay: [(side: Int, actions: [IKEAction])] = [
      (0, request(of: engines[0]).map { engines[0].acquire($0, at: .zero) } ?? [])
    ]
    while let (side, actions) = underWay.popLast() {
      for action in actions {
        switch action {
        case .send(let bytes, let from, let to, _, _, _, _):
          underWay.append((1 - side, engines[1 - side].receive(bytes, from: from, to: to, at: .zero)))
        case .installOutbound: installed[side] = true
        default: break
        }
      }
    }
    return installed == [true, true]
  }

  /// The associations that a packet under the first end's policy asks for.
  private func request(of engine: IKEEngine) -> AcquireRequest? {
    guard let policy = engine.configuration.policies.first, let protection = policy.protection else { return nil }
    let packet = PacketSelectors(
      source: policy.selector.source.first, destination: policy.selector.destination.first, transport: .icmp)
    return AcquireRequest(policy, index: 0, layer: 0, protection: protection, for: packet)
  }

  private func configuration(_ side: Int) -> IKEConfiguration {
    let (local, remote) = (Self.gateways[side], Self.gateways[1 - side])
    let subnets = [ip(10, 1, 0, 0), ip(10, 2, 0, 0)].map {
      AddressRange(IPPrefix($0, length: 16))
    }
    let protection = Protection(
      mode: .tunnel(local: local, remote: remote),
      suites: [ESPSuite(cipher: .tripleDESCBC, integrity: .hmacSHA1_96)].compactMap(\.self))
    let policy = SecurityPolicy(
      name: "branch", selector: Selector(source: subnets[side], destination: subnets[1 - side]),
      action: .apply(protection))
    let suite = Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: figure.group.number)
    let peer = IKEPeer(
      name: "peer", localAddress: local, remoteAddress: remote, preSharedKey: Array("a secret".utf8), suites: [suite])
    return IKEConfiguration(peers: [peer], policies: [policy])
  }
}
