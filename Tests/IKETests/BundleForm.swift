import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// A layer of a bundle between the two gateways of a pair.
enum LayerKind: Sendable {
  case ah(IntegrityAlgorithm, tunnel: Bool)
  case esp(CipherAlgorithm, IntegrityAlgorithm, tunnel: Bool)
  case ipcomp(tunnel: Bool)

  func layer(from local: IPAddress, to remote: IPAddress) throws -> ProtectionLayer {
    func mode(_ isTunnel: Bool) -> IPsec.EncapsulationMode {
      isTunnel ? .tunnel(local: local, remote: remote) : .transport
    }
    switch self {
    case .ah(let integrity, let isTunnel): return ProtectionLayer(mode: mode(isTunnel), suites: [.ah(integrity)])
    case .esp(let cipher, let integrity, let isTunnel):
      let suite = try #require(ESPSuite(cipher: cipher, integrity: integrity))
      return ProtectionLayer(mode: mode(isTunnel), suites: [.esp(suite)])
    case .ipcomp(let isTunnel): return ProtectionLayer(mode: mode(isTunnel), suites: [.ipcomp(.deflate)])
    }
  }
}

/// Everything that lies between the same two ends, the innermost first.
struct BundleForm: Sendable, CustomTestStringConvertible {
  var name: String
  var layers: [LayerKind]
  /// Protocols of the offer in their order, each with what Encapsulation Mode says of it.
  var offer: String

  var testDescription: String { name }

  static let all = [
    BundleForm(name: "AH", layers: [.ah(.hmacSHA1_96, tunnel: false)], offer: "AH transport"),
    BundleForm(name: "AH tunnel", layers: [.ah(.hmacMD5_96, tunnel: true)], offer: "AH tunnel"),
    BundleForm(
      name: "ESP without cipher", layers: [.esp(.null, .hmacSHA1_96, tunnel: true)], offer: "ESP tunnel"),
    BundleForm(
      name: "ESP without authenticator", layers: [.esp(.aes256CTR, .none, tunnel: false)], offer: "ESP transport"),
    BundleForm(
      name: "AH over ESP", layers: [.esp(.desCBC, .none, tunnel: false), .ah(.hmacRIPEMD160_96, tunnel: false)],
      offer: "AH transport, ESP transport"),
    BundleForm(
      name: "AH over an ESP tunnel",
      layers: [.esp(.aes128CTR, .hmacSHA1_96, tunnel: true), .ah(.hmacSHA256_128, tunnel: false)],
      offer: "AH transport, ESP tunnel"),
    BundleForm(
      name: "AH tunnel over ESP",
      layers: [.esp(.ideaCBC, .hmacMD5_96, tunnel: false), .ah(.hmacSHA1_96, tunnel: true)],
      offer: "AH tunnel, ESP transport"),
    BundleForm(
      name: "ESP over IPComp", layers: [.ipcomp(tunnel: false), .esp(.cast128CBC, .hmacMD5_96, tunnel: false)],
      offer: "ESP transport, IPComp transport"),
    BundleForm(
      name: "ESP over an IPComp tunnel",
      layers: [.ipcomp(tunnel: true), .esp(.aes128CBC, .hmacSHA1_96, tunnel: false)],
      offer: "ESP tunnel, IPComp tunnel"),
    BundleForm(
      name: "AH over ESP over an IPComp tunnel",
      layers: [
        .ipcomp(tunnel: true), .esp(.blowfishCBC, .none, tunnel: false), .ah(.hmacSHA512_256, tunnel: false),
      ], offer: "AH tunnel, ESP tunnel, IPComp tunnel"),
    BundleForm(
      name: "an ESP tunnel in an ESP tunnel",
      layers: [.esp(.tripleDESCBC, .none, tunnel: true), .esp(.aes192CBC, .hmacSHA384_192, tunnel: true)],
      offer: "ESP tunnel, ESP tunnel"),
  ]

  private var isTunnel: Bool {
    switch layers[0] {
    case .ah(_, let isTunnel), .esp(_, _, let isTunnel), .ipcomp(let isTunnel): isTunnel
    }
  }

  static let ends: [[IPAddress]] = [
    Pair.addresses,
    [.v6(IPv6Address(high: 0x2001_0db8_0000_0001, low: 1)), .v6(IPv6Address(high: 0x2001_0db8_0000_0002, low: 1))],
  ]

  /// The gateways' networks: 10.1.0.0/16 and 10.2.0.0/16, or 2001:db8:a::/48 and 2001:db8:b::/48.
  private static func network(_ side: Int, isIPv6: Bool) -> AddressRange {
    let last = UInt64(10 + side)
    return isIPv6
      ? AddressRange(IPPrefix(.v6(IPv6Address(high: 0x2001_0db8_0000_0000 | last << 16, low: 0)), length: 48))
      : AddressRange(IPPrefix(.v4(IPv4Address(10, UInt8(side + 1), 0, 0)), length: 16))
  }

  func configuration(
    _ side: Int, isIPv6: Bool, lifetime: Lifetime = Lifetime(duration: .seconds(3_600), volume: nil)
  ) throws -> IKEConfiguration {
    let ends = Self.ends[isIPv6 ? 1 : 0]
    let (local, remote) = (ends[side], ends[1 - side])
    let layers = try layers.map { try $0.layer(from: local, to: remote) }
    let sides = [side, 1 - side].map { isTunnel ? Self.network($0, isIPv6: isIPv6) : AddressRange(ends[$0]) }
    let protection = Protection(innermost: layers[0], outer: Array(layers.dropFirst()), lifetime: lifetime)
    return IKEConfiguration(
      peers: [
        IKEPeer(
          name: "peer", localAddress: local, remoteAddress: remote, preSharedKey: Array("a secret".utf8),
          suites: [Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 1)])
      ],
      policies: [
        SecurityPolicy(
          name: "net", selector: Selector(source: sides[0], destination: sides[1]), action: .apply(protection))
      ])
  }
}

extension Pair {
  init(_ form: BundleForm, isIPv6: Bool, seed: UInt64 = 1) throws {
    self.init(
      try form.configuration(0, isIPv6: isIPv6), try form.configuration(1, isIPv6: isIPv6), seed: seed)
  }

  /// The installations of one side in their order: `in` or `out`, and the layer.
  func installations(_ side: Int) -> [String] {
    actions[side].compactMap { action in
      switch action {
      case .installInbound(let install): "in \(install.inbound.layer)"
      case .installOutbound(let install): "out \(install.outbound.layer)"
      default: nil
      }
    }
  }

  /// IPsec at one side, with what was negotiated so far.
  func security(_ side: Int) throws -> IPsecEngine {
    let configuration = engines[side].configuration
    var engine = IPsecEngine(
      policies: configuration.policies, localAddresses: configuration.peers.map(\.localAddress),
      generator: SeededGenerator(seed: 1, node: "side \(side)", purpose: "IPsec"))
    for action in actions[side] {
      switch action {
      case .installInbound(let install):
        try engine.install(
          install.inbound, .inbound, partner: install.outbound.identity, isInitiator: install.isInitiator, at: now)
      case .installOutbound(let install):
        try engine.install(
          install.outbound, .outbound, partner: install.inbound.identity, isInitiator: install.isInitiator, at: now)
      default: break
      }
    }
    return engine
  }
}

/// A UDP datagram that compresses well.
func datagram(from source: IPAddress, to destination: IPAddress) -> [UInt8] {
  udpDatagram([UInt8](repeating: 0x61, count: 400), from: source, to: destination, ports: (1_025, 7))
}

/// A UDP datagram between two addresses of one family.
func udpDatagram(
  _ payload: [UInt8], from source: IPAddress, to destination: IPAddress, ports: (UInt16, UInt16)
) -> [UInt8] {
  let payload = UDPHeader(sourcePort: ports.0, destinationPort: ports.1)
    .datagram(payload, from: source, to: destination)
  switch (source, destination) {
  case (.v4(let source), .v4(let destination)):
    return IPv4Header(from: source, to: destination, protocol: .udp, payloadLength: payload.count).datagram(payload)
  case (.v6(let source), .v6(let destination)):
    var writer = ByteWriter()
    IPv6Header(from: source, to: destination, nextHeader: .udp, payloadLength: payload.count).write(to: &writer)
    return writer.bytes + payload
  default: return []
  }
}
