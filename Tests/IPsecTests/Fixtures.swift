import Cryptography
import Foundation
import Testing
import Units
import Wire

@testable import IPsec

/// The octets that pairs of hexadecimal digits stand for; anything else between them is passed over.
func hex(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Two lower-case digits an octet.
func hex(_ octets: some Sequence<UInt8>) -> String {
  octets.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

/// The same numbers for the same seed, on every machine.
func numbers(_ seed: UInt64) -> SeededGenerator { SeededGenerator(seed: seed, node: "test", purpose: "numbers") }

// MARK: - The cast

func ip(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> IPAddress { .v4(IPv4Address(a, b, c, d)) }

extension IPAddress {
  /// An IPv4 address as one.
  var four: IPv4Address { if case .v4(let address) = self { address } else { .any } }
  /// An IPv6 address as one.
  var six: IPv6Address { if case .v6(let address) = self { address } else { .any } }
}

/// Makes the header of an IPv4 datagram, without options, say that it carries ESP and is as long as it is.
func mend(_ packet: inout [UInt8]) {
  packet[9] = IPProtocol.esp.rawValue
  packet.put(UInt16(packet.count), at: 2)
  packet.put(0, at: 10)
  packet.put(InternetChecksum.of(Array(packet[..<20])), at: 10)
}

let alice = ip(10, 1, 0, 10)
let bob = ip(10, 2, 0, 10)
let carol = ip(10, 3, 0, 10)
let firewallA = ip(192, 0, 2, 1)
let firewallB = ip(198, 51, 100, 1)

func prefix(_ a: UInt8, _ b: UInt8) -> AddressRange { AddressRange(IPPrefix(ip(a, b, 0, 0), length: 16)) }

let branch = Selector(source: prefix(10, 1), destination: prefix(10, 2))

func suite(_ cipher: CipherAlgorithm, _ integrity: IntegrityAlgorithm) throws -> ESPSuite {
  try #require(ESPSuite(cipher: cipher, integrity: integrity))
}

func udp(
  _ size: Int, from source: IPAddress = alice, to destination: IPAddress = bob, dontFragment: Bool = false,
  ports: (UInt16, UInt16) = (1_025, 7), typeOfService: UInt8 = 0
) -> [UInt8] {
  let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
  let datagram = UDPHeader(sourcePort: ports.0, destinationPort: ports.1)
    .datagram(payload, from: source, to: destination)
  guard case (.v4(let source), .v4(let destination)) = (source, destination) else {
    return sixth(datagram, .udp, from: source, to: destination, trafficClass: typeOfService)
  }
  return IPv4Header(
    from: source, to: destination, protocol: .udp, payloadLength: datagram.count, identification: 0x1234,
    typeOfService: typeOfService, dontFragment: dontFragment
  ).datagram(datagram)
}

/// An IPv6 packet around a payload.
private func sixth(
  _ payload: [UInt8], _ number: IPProtocol, from source: IPAddress, to destination: IPAddress, trafficClass: UInt8
) -> [UInt8] {
  guard case (.v6(let source), .v6(let destination)) = (source, destination) else { return [] }
  return IPv6Header(
    from: source, to: destination, nextHeader: number, payloadLength: payload.count, trafficClass: trafficClass
  ).packet(payload)
}

// MARK: - Two gateways

/// What differs between the pairs of gateways that tests are made with.
struct PairOptions {
  var suite: (CipherAlgorithm, IntegrityAlgorithm) = (.aes128CBC, .hmacSHA1_96)
  var isTunnel = true
  var selector = branch
  var lifetime = Lifetime(duration: .seconds(3_600), volume: nil)
  var replayWindow = 64
  var dontFragment = DontFragmentHandling.copy
  var fragmentation = FragmentationOrder.afterEncapsulation
  /// Further entries in front of the one that applies IPsec, as the first gateway sees them.
  var entriesBefore: [SecurityPolicy] = []
  var seed: UInt64 = 1
}

/// Two ends that hold associations for each other: SPI 0x1001 from the first to the second, 0x1002 back.
struct Pair {
  var a: IPsecEngine
  var b: IPsecEngine
  let options: PairOptions

  init(_ options: PairOptions = PairOptions()) throws {
    self.options = options
    a = try Self.engine(options, isFirst: true)
    b = try Self.engine(options, isFirst: false)
    try install()
  }

  static func engine(_ options: PairOptions, isFirst: Bool) throws -> IPsecEngine {
    let mode = IPsec.EncapsulationMode.tunnel(
      local: isFirst ? firewallA : firewallB, remote: isFirst ? firewallB : firewallA)
    let protection = Protection(
      mode: options.isTunnel ? mode : .transport, suites: [try IPsecTests.suite(options.suite.0, options.suite.1)],
      dontFragment: options.dontFragment, fragmentation: options.fragmentation)
    let entry = SecurityPolicy(
      name: "branch", selector: isFirst ? options.selector : options.selector.reversed, action: .apply(protection))
    let before = options.entriesBefore.map { entry in
      SecurityPolicy(
        name: entry.name, selector: isFirst ? entry.selector : entry.selector.reversed, action: entry.action)
    }
    let own = options.isTunnel ? (isFirst ? firewallA : firewallB) : (isFirst ? alice : bob)
    return IPsecEngine(
      policies: before + [entry], localAddresses: [own],
      generator: SeededGenerator(seed: options.seed, node: isFirst ? "fw-a" : "fw-b", purpose: "ipsec"))
  }

  func parameters(_ spi: UInt32, fromFirst: Bool) throws -> AssociationParameters {
    let ends = options.isTunnel ? (firewallA, firewallB) : (alice, bob)
    let suite = try IPsecTests.suite(options.suite.0, options.suite.1)
    var keys = numbers(UInt64(spi))
    return AssociationParameters(
      identity: AssociationIdentity(
        spi: spi, destination: fromFirst ? ends.1 : ends.0, securityProtocol: .esp),
      source: fromFirst ? ends.0 : ends.1, isTunnel: options.isTunnel, suite: .esp(suite),
      cipherKey: keys.bytes(suite.cipher.keyLength), integrityKey: keys.bytes(suite.integrity.keyLength),
      selector: fromFirst ? options.selector : options.selector.reversed, policy: "branch",
      lifetime: options.lifetime, replayWindow: options.replayWindow)
  }

  mutating func install(first: UInt32 = 0x1001, second: UInt32 = 0x1002, at now: Instant = .zero) throws {
    let there = try parameters(first, fromFirst: true)
    let back = try parameters(second, fromFirst: false)
    try a.install(there, .outbound, partner: back.identity, isInitiator: true, at: now)
    try a.install(back, .inbound, partner: there.identity, isInitiator: true, at: now)
    try b.install(there, .inbound, partner: back.identity, isInitiator: false, at: now)
    try b.install(back, .outbound, partner: there.identity, isInitiator: false, at: now)
  }

  /// The outer datagram that the first end makes of one.
  mutating func seal(_ datagram: [UInt8], at now: Instant = .zero) throws -> [UInt8] {
    let steps = try #require(a.outbound(datagram, at: now).steps)
    try #require(steps.count == 1)
    return steps[0].outer
  }
}

extension Outbound {
  var steps: SealSteps? { if case .sealed(let steps) = action { steps } else { nil } }
}

extension Inbound {
  var opened: Opened? { if case .opened(let opened) = action { opened } else { nil } }
  var refused: Refused? { if case .refused(let refused) = action { refused } else { nil } }
}

extension LifetimeEvent {
  var isRenewal: Bool { if case .renew = kind { true } else { false } }
}

extension Instant {
  static func seconds(_ count: UInt64) -> Instant { .zero + .seconds(count) }
}

// MARK: - Packets that others made

/// An association of the Linux kernel's, as `../shared/oracles/kernel/*.sas.json` lists them.
struct KernelAssociation: Decodable {
  let proto, spi, src, dst, mode: String
  let enc, enc_key, auth, auth_key: String?

  static let ciphers: [String: [CipherAlgorithm]] = [
    "NULL": [.null], "DES": [.desCBC], "3DES": [.tripleDESCBC], "CAST": [.cast128CBC], "Blowfish": [.blowfishCBC],
    "AES-CBC": [.aes128CBC, .aes192CBC, .aes256CBC], "AES-CTR": [.aes128CTR, .aes192CTR, .aes256CTR],
  ]
  static let authenticators: [String: IntegrityAlgorithm] = [
    "NULL": .none, "HMAC-MD5-96": .hmacMD5_96, "HMAC-SHA1-96": .hmacSHA1_96, "SHA2-256-128": .hmacSHA256_128,
    "HMAC-RIPEMD160-96": .hmacRIPEMD160_96,
  ]

  var number: UInt32? { UInt32(spi.dropFirst(2), radix: 16) }
  var suite: ESPSuite? {
    let key = hex(enc_key ?? "")
    guard let cipher = Self.ciphers[enc ?? "NULL"]?.first(where: { $0.keyLengths.contains(key.count) }),
      let authenticator = Self.authenticators[auth ?? "NULL"]
    else { return nil }
    return ESPSuite(cipher: cipher, integrity: authenticator)
  }
}

/// A capture of packets that the Linux kernel sealed with manual keys.
struct KernelCapture {
  private struct List: Decodable { let sas: [KernelAssociation] }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared/oracles/kernel")
  static let isThere = FileManager.default.fileExists(atPath: folder.path)

  let associations: [KernelAssociation]
  /// IP datagrams, without what the link put around them.
  let datagrams: [[UInt8]]

  static func names(_ prefix: String) -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".pcap") }.map { String($0.dropLast(5)) }.sorted()
  }

  init(_ name: String) throws {
    let list = try Data(contentsOf: Self.folder.appendingPathComponent("\(name).sas.json"))
    associations = try JSONDecoder().decode(List.self, from: list).sas
    let file = try Data(contentsOf: Self.folder.appendingPathComponent("\(name).pcap"))
    var reader = CaptureReader([UInt8](file))
    var datagrams: [[UInt8]] = []
    while let frame = try reader.next() {
      let bytes = Array(frame.bytes.dropFirst(14))
      let field = bytes[0] >> 4 == 4 ? 2 : 4
      let length = (Int(bytes[field]) << 8 | Int(bytes[field + 1])) + (field == 2 ? 0 : 40)
      datagrams.append(Array(bytes.prefix(length)))
    }
    self.datagrams = datagrams
  }
}
