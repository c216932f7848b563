import BenchmarkLimits
import Cryptography
import IPsec
import Units
import Wire

extension BenchmarkSection {
  /// The IPsec engine, policies and all, against bare libcrypto.
  static let esp = BenchmarkSection(
    name: "esp",
    summary: """
      ESP in tunnel mode, inner datagrams of 512 octets: the engine from a datagram to the sealed one and back, with
      policy, window, lifetimes, headers and vectors. The limit encrypts and authenticates as many octets in place.
      """,
    measure: { plan in try ESPFigure.all.flatMap { try ESPMeasurement($0, isQuick: plan.isQuick).measure(plan) } })
}

/// A suite that is measured, and what was aimed at.
struct ESPFigure {
  let name: String
  let cipher: CipherAlgorithm
  let limit: limits_esp_cipher
  let ratio: Double
  /// strongSwan 5.9.8 in user space: out, in.
  let strongSwan: (out: Double, in: Double)
  let operations: Int

  static let all = [
    ESPFigure(
      name: "3DES + SHA-1", cipher: .tripleDESCBC, limit: limits_esp_3des, ratio: 0.95,
      strongSwan: (40_000, 43_000), operations: 10_000),
    ESPFigure(
      name: "AES-128 + SHA-1", cipher: .aes128CBC, limit: limits_esp_aes128, ratio: 0.75,
      strongSwan: (215_000, 358_000), operations: 200_000),
  ]
}

/// libcrypto refused what the limit or the engine asked of it.
struct ESPSetupFailed: Error {}

struct ESPMeasurement {
  static let gateways = (IPAddress.v4(IPv4Address(192, 0, 2, 1)), IPAddress.v4(IPv4Address(198, 51, 100, 1)))
  static let datagramLength = 512
  /// Packets that are opened in one round: few, so that they stay as near as the one packet of the limit, which it
  /// opens in place again and again.
  static let roundLength = 64

  let figure: ESPFigure
  let operations: Int
  private let suite: ESPSuite
  private let datagram: [UInt8]

  init(_ figure: ESPFigure, isQuick: Bool) throws {
    guard let suite = ESPSuite(cipher: figure.cipher, integrity: .hmacSHA1_96) else { throw ESPSetupFailed() }
    self.figure = figure
    self.suite = suite
    operations = isQuick ? figure.operations / 4 : figure.operations
    datagram = IPv4Header(
      from: IPv4Address(10, 1, 0, 10), to: IPv4Address(10, 2, 0, 10), protocol: .udp,
      payloadLength: Self.datagramLength - 20
    ).datagram((0..<Self.datagramLength - 20).map { UInt8(truncatingIfNeeded: $0) })
  }

  func measure(_ plan: BenchmarkPlan) throws -> [Measurement] {
    let sender = try engine(sends: true)
    var receiver = try engine(sends: false)
    var packets = try sealed(by: sender)
    // Keys are set up at the first packet of an association; the limit has set them up before.
    guard case .opened = receiver.inbound(packets.removeFirst(), at: .zero).action else { throw ESPSetupFailed() }
    let medians = try plan.medians([
      { try seal(sender) }, { try limit(limits_esp_seal) }, { try open(packets, receiver) },
      { try limit(limits_esp_open) },
    ])
    return [
      measurement("out", medians[0], medians[1], figure.strongSwan.out),
      measurement("in", medians[2], medians[3], figure.strongSwan.in),
    ]
  }

  private func measurement(_ direction: String, _ ours: Double, _ limit: Double, _ peer: Double) -> Measurement {
    Measurement(
      figure: "\(figure.name), \(direction)", unit: "packets/s", ours: ours,
      bounds: [
        .limit("bare libcrypto", limit, atLeast: figure.ratio), .peer("strongSwan, user space", peer, atLeast: 1),
      ])
  }

  // MARK: Ours

  private func seal(_ sender: IPsecEngine) throws -> Double {
    var engine = sender
    var octets = 0
    let duration = ContinuousClock().measure {
      for _ in 0..<operations {
        if case .sealed(let steps) = engine.outbound(datagram, at: .zero).action { octets += steps[0].outer.count }
      }
    }
    guard octets == operations * outerLength else { throw SidesDisagree(figure: figure.name) }
    return BenchmarkPlan.rate(of: operations, in: duration)
  }

  /// The same packets again and again, each time into a copy of the engine that has not seen them.
  private func open(_ packets: [[UInt8]], _ receiver: IPsecEngine) throws -> Double {
    var octets = 0
    let rounds = max(1, operations / packets.count)
    let duration = ContinuousClock().measure {
      for _ in 0..<rounds {
        var engine = receiver
        for packet in packets {
          if case .opened(let opened) = engine.inbound(packet, at: .zero).action { octets += opened.datagram.count }
        }
      }
    }
    guard octets == rounds * packets.count * Self.datagramLength else { throw SidesDisagree(figure: figure.name) }
    return BenchmarkPlan.rate(of: rounds * packets.count, in: duration)
  }

  private func sealed(by sender: IPsecEngine) throws -> [[UInt8]] {
    var engine = sender
    return try (0...Self.roundLength).map { _ in
      guard case .sealed(let steps) = engine.outbound(datagram, at: .zero).action else { throw ESPSetupFailed() }
      return steps[0].outer
    }
  }

  private func engine(sends: Bool) throws -> IPsecEngine {
    let (near, far) = Self.gateways
    let (local, remote) = sends ? (near, far) : (far, near)
    let selector = Selector(
      source: AddressRange(IPPrefix(IPv4Prefix(IPv4Address(10, 1, 0, 0), length: 16))),
      destination: AddressRange(IPPrefix(IPv4Prefix(IPv4Address(10, 2, 0, 0), length: 16))))
    let protection = Protection(mode: .tunnel(local: local, remote: remote), suites: [suite])
    let policy = SecurityPolicy(
      name: "branch", selector: sends ? selector : selector.reversed, action: .apply(protection))
    var keys = SeededGenerator(seed: 1, node: "bench", purpose: "keys")
    var engine = IPsecEngine(
      policies: [policy], localAddresses: [local],
      generator: SeededGenerator(seed: 1, node: "bench", purpose: "ipsec"))
    let parameters = AssociationParameters(
      identity: AssociationIdentity(spi: 0x1001, destination: far, securityProtocol: .esp), source: near,
      isTunnel: true, suite: .esp(suite), cipherKey: keys.bytes(suite.cipher.keyLength),
      integrityKey: keys.bytes(suite.integrity.keyLength), selector: selector, policy: "branch",
      lifetime: Lifetime(duration: .seconds(3_600), volume: nil), replayWindow: 64)
    try engine.install(parameters, sends ? .outbound : .inbound, isInitiator: sends, at: .zero)
    return engine
  }

  // MARK: The limit

  private var outerLength: Int { 20 + ESPGeometry(suite).sealedLength(payload: Self.datagramLength) }

  private func limit(_ run: (limits_esp_cipher, UInt64, UInt64) -> UInt64) throws -> Double {
    let length = UInt64(ESPGeometry(suite).ciphertextLength(payload: Self.datagramLength))
    let nanoseconds = run(figure.limit, length, UInt64(operations))
    guard nanoseconds > 0 else { throw ESPSetupFailed() }
    return BenchmarkPlan.rate(of: operations, in: .nanoseconds(nanoseconds))
  }
}
