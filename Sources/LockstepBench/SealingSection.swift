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
      ESP and AH in tunnel mode, inner datagrams of 512 octets: the engine from a datagram to the sealed one and back, with
      policy, window, lifetimes, headers and vectors. The limit encrypts and authenticates as many octets in place. A packet
      takes one block of memory, the one that it is returned in.
      """,
    measure: { plan in try SealingFigure.all.flatMap { try SealingMeasurement($0, isQuick: plan.isQuick).measure(plan) }
    })
}

/// What is measured, and what was aimed at.
struct SealingFigure {
  let name: String
  /// `nil` for AH.
  let cipher: CipherAlgorithm?
  let limit: limits_esp_cipher
  let ratio: Double
  /// strongSwan 5.9.8 in user space: out, in.
  let strongSwan: (out: Double, in: Double)?
  let operations: Int

  static let all = [
    SealingFigure(
      name: "ESP, 3DES + SHA-1", cipher: .tripleDESCBC, limit: limits_esp_3des, ratio: 0.95,
      strongSwan: (40_000, 43_000), operations: 10_000),
    SealingFigure(
      name: "ESP, AES-128 + SHA-1", cipher: .aes128CBC, limit: limits_esp_aes128, ratio: 0.75,
      strongSwan: (215_000, 358_000), operations: 200_000),
    SealingFigure(
      name: "AH, SHA-1", cipher: nil, limit: limits_esp_none, ratio: 0.85, strongSwan: nil, operations: 200_000),
  ]
}

/// libcrypto refused what the limit or the engine asked of it.
struct SealingSetupFailed: Error {}

/// More blocks of memory were taken than a packet is worth.
struct TooManyBlocks: Error, CustomStringConvertible {
  let figure: String
  let blocks: Double

  var description: String { "\(figure): \(blocks) blocks of memory a packet; expected 1" }
}

struct SealingMeasurement {
  static let gateways = (ip(192, 0, 2, 1), ip(198, 51, 100, 1))
  static let datagramLength = 512
  /// Packets that are opened in one round: few, so that they stay as near as the one packet of the limit, which it
  /// opens in place again and again.
  static let roundLength = 64

  let figure: SealingFigure
  let operations: Int
  private let suite: AssociationSuite
  private let datagram: [UInt8]

  init(_ figure: SealingFigure, isQuick: Bool) throws {
    let suite = figure.cipher.map { ESPSuite(cipher: $0, integrity: .hmacSHA1_96).map(AssociationSuite.esp) }
    guard let suite = suite ?? .ah(.hmacSHA1_96) else { throw SealingSetupFailed() }
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
    guard case .opened = receiver.inbound(packets.removeFirst(), at: .zero).action else { throw SealingSetupFailed() }
    let medians = try plan.medians([
      { try seal(sender) }, { try limit(limits_esp_seal) }, { try open(packets, receiver) },
      { try limit(limits_esp_open) },
    ])
    try countBlocks(sender, packets, receiver)
    return [
      measurement("out", medians[0], medians[1], figure.strongSwan?.out),
      measurement("in", medians[2], medians[3], figure.strongSwan?.in),
    ]
  }

  private func measurement(_ direction: String, _ ours: Double, _ limit: Double, _ peer: Double?) -> Measurement {
    Measurement(
      figure: "\(figure.name), \(direction)", unit: "packets/s", ours: ours,
      bounds: [
        .limit(figure.cipher == nil ? "bare HMAC" : "bare libcrypto", limit, atLeast: figure.ratio)
      ] + (peer.map { [.peer("strongSwan, user space", $0, atLeast: 1)] } ?? []))
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

  /// That a packet takes one block of memory at most, either way. The first packets of an engine copy what it shares with
  /// the one that it is a copy of, so that they don't count.
  private func countBlocks(_ sender: IPsecEngine, _ packets: [[UInt8]], _ receiver: IPsecEngine) throws {
    guard limits_heap_blocks() > 0 else { return }
    var (sending, receiving) = (sender, receiver)
    let count = packets.count / 2
    for packet in packets[..<count] {
      _ = sending.outbound(datagram, at: .zero)
      _ = receiving.inbound(packet, at: .zero)
    }
    var before = limits_heap_blocks()
    for _ in 0..<count { _ = sending.outbound(datagram, at: .zero) }
    try check("out", limits_heap_blocks() - before, count)
    before = limits_heap_blocks()
    for packet in packets.suffix(count) { _ = receiving.inbound(packet, at: .zero) }
    try check("in", limits_heap_blocks() - before, count)
  }

  private func check(_ direction: String, _ blocks: UInt64, _ count: Int) throws {
    guard blocks <= UInt64(count) else {
      throw TooManyBlocks(figure: "\(figure.name), \(direction)", blocks: Double(blocks) / Double(count))
    }
  }

  private func sealed(by sender: IPsecEngine) throws -> [[UInt8]] {
    var engine = sender
    return try (0...Self.roundLength).map { _ in
      guard case .sealed(let steps) = engine.outbound(datagram, at: .zero).action else { throw SealingSetupFailed() }
      return steps[0].outer
    }
  }

  private func engine(sends: Bool) throws -> IPsecEngine {
    let (near, far) = Self.gateways
    let (local, remote) = sends ? (near, far) : (far, near)
    let selector = Selector(
      source: AddressRange(IPPrefix(ip(10, 1, 0, 0), length: 16)),
      destination: AddressRange(IPPrefix(ip(10, 2, 0, 0), length: 16)))
    let protection = Protection(
      innermost: ProtectionLayer(mode: .tunnel(local: local, remote: remote), suites: [suite]))
    let policy = SecurityPolicy(
      name: "branch", selector: sends ? selector : selector.reversed, action: .apply(protection))
    var keys = SeededGenerator(seed: 1, node: "bench", purpose: "keys")
    var engine = IPsecEngine(
      policies: [policy], localAddresses: [local],
      generator: SeededGenerator(seed: 1, node: "bench", purpose: "ipsec"))
    let parameters = AssociationParameters(
      identity: AssociationIdentity(spi: 0x1001, destination: far, securityProtocol: suite.securityProtocol),
      source: near, isTunnel: true, suite: suite, cipherKey: keys.bytes(suite.cipher.keyLength),
      integrityKey: keys.bytes(suite.integrity.keyLength), selector: selector, policy: "branch",
      lifetime: Lifetime(duration: .seconds(3_600), volume: nil), replayWindow: 64)
    try engine.install(parameters, sends ? .outbound : .inbound, isInitiator: sends, at: .zero)
    return engine
  }

  // MARK: The limit

  /// Octets of a sealed packet.
  private var outerLength: Int {
    guard case .esp(let suite) = suite else { return 20 + 24 + Self.datagramLength }
    return 20 + ESPGeometry(suite).sealedLength(payload: Self.datagramLength)
  }

  /// Octets that the limit encrypts. To what it authenticates it adds eight for a header; AH covers the whole packet.
  private var limitLength: Int {
    guard case .esp(let suite) = suite else { return outerLength - 8 }
    return ESPGeometry(suite).ciphertextLength(payload: Self.datagramLength)
  }

  private func limit(_ run: (limits_esp_cipher, UInt64, UInt64) -> UInt64) throws -> Double {
    let nanoseconds = run(figure.limit, UInt64(limitLength), UInt64(operations))
    guard nanoseconds > 0 else { throw SealingSetupFailed() }
    return BenchmarkPlan.rate(of: operations, in: .nanoseconds(nanoseconds))
  }
}
