import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// Bundles whose layers end at different peers: RFC 2401 §4.5, cases 2 to 4.
@Suite struct BundlePeersTests {
  private static func address(_ last: UInt8) -> IPAddress { .v4(IPv4Address(192, 0, 2, last)) }

  private static let (host, gateway, far) = (address(1), address(2), address(3))

  private static func peer(_ local: IPAddress, _ remote: IPAddress) -> IKEPeer {
    IKEPeer(
      name: "\(remote)", localAddress: local, remoteAddress: remote, preSharedKey: Array("a secret".utf8),
      suites: [Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 1)])
  }

  private static func policy(
    _ name: String, _ source: IPAddress, _ destination: IPAddress, _ layers: [ProtectionLayer]
  ) -> SecurityPolicy {
    SecurityPolicy(
      name: name, selector: Selector(source: AddressRange(source), destination: AddressRange(destination)),
      action: .apply(Protection(innermost: layers[0], outer: Array(layers.dropFirst()))))
  }

  private static func esp(_ mode: IPsec.EncapsulationMode) throws -> ProtectionLayer {
    ProtectionLayer(
      mode: mode, suites: [.esp(try #require(ESPSuite(cipher: .tripleDESCBC, integrity: .hmacSHA1_96)))])
  }

  private static func ah(_ mode: IPsec.EncapsulationMode) -> ProtectionLayer {
    ProtectionLayer(mode: mode, suites: [.ah(.hmacSHA1_96)])
  }

  /// ESP between the host and the far host, in an AH tunnel to the gateway.
  private static func hostConfiguration(first: IPAddress) throws -> IKEConfiguration {
    let peers = [peer(host, gateway), peer(host, far)]
    return IKEConfiguration(
      peers: peers.filter { $0.remoteAddress == first } + peers.filter { $0.remoteAddress != first },
      policies: [
        policy("dial-in", host, far, [try esp(.transport), ah(.tunnel(local: host, remote: gateway))])
      ])
  }

  @Test(arguments: [0, 1]) func theLayerToTheFarHostIsNegotiatedWithIt(initiator: Int) throws {
    let other = IKEConfiguration(
      peers: [Self.peer(Self.far, Self.host)],
      policies: [Self.policy("host", Self.far, Self.host, [try Self.esp(.transport)])])
    var pair = Pair(try Self.hostConfiguration(first: Self.far), other, seed: 1)
    pair.acquire(initiator, initiator == 0 ? "dial-in" : "host")
    pair.run()
    #expect(pair.isConnected)
    #expect(pair.inbound[0].keys.map(\.securityProtocol) == [.esp])
    #expect(pair.inbound[0].values.map(\.layer) == [0])
    #expect(pair.outbound[0].values.map(\.policy) == ["dial-in"])
  }

  @Test(arguments: [0, 1]) func theLayerToTheGatewayIsNegotiatedWithThat(initiator: Int) throws {
    let other = IKEConfiguration(
      peers: [Self.peer(Self.gateway, Self.host)],
      policies: [
        Self.policy("host", Self.far, Self.host, [Self.ah(.tunnel(local: Self.gateway, remote: Self.host))])
      ])
    var pair = Pair(try Self.hostConfiguration(first: Self.gateway), other, seed: 1)
    pair.acquire(initiator, initiator == 0 ? "dial-in" : "host", layer: initiator == 0 ? 1 : 0)
    pair.run()
    #expect(pair.isConnected == false)  // The two ends number the layer differently, and only in that they differ.
    let (mine, theirs) = (try #require(pair.outbound[0].values.first), try #require(pair.inbound[1].values.first))
    #expect(mine.layer == 1 && theirs.layer == 0)
    #expect(mine.identity == theirs.identity && mine.integrityKey == theirs.integrityKey)
    #expect(mine.identity.securityProtocol == .ah && mine.isTunnel)
    #expect(mine.selector == Selector(source: AddressRange(Self.host), destination: AddressRange(Self.far)))
  }

  /// Two negotiations between the same gateways for the same two addresses: one for the outer layer of a nesting, one
  /// for a policy of its own. The protocols tell them apart.
  private static func nested(_ side: Int) throws -> IKEConfiguration {
    let (local, remote) = side == 0 ? (host, gateway) : (gateway, host)
    let (inner, innerRemote) = side == 0 ? (address(11), address(12)) : (address(12), address(11))
    let nets = [UInt8(1), 2].map { AddressRange(IPPrefix(.v4(IPv4Address(10, $0, 0, 0)), length: 16)) }
    var nest = policy(
      "nest", inner, innerRemote,
      [try esp(.tunnel(local: inner, remote: innerRemote)), ah(.tunnel(local: local, remote: remote))])
    nest.selector = Selector(source: nets[side], destination: nets[1 - side])
    return IKEConfiguration(
      peers: [peer(local, remote)],
      policies: [nest, policy("own", inner, innerRemote, [try esp(.tunnel(local: local, remote: remote))])])
  }

  @Test(arguments: [0, 1], [["nest", "own"], ["own", "nest"]])
  func anotherLayerIsNotMistakenForTheFirst(initiator: Int, order: [String]) throws {
    var pair = Pair(try Self.nested(0), try Self.nested(1), seed: 1)
    for name in order { pair.acquire(initiator, name, layer: name == "nest" ? 1 : 0) }
    pair.run()
    #expect(pair.isConnected)
    for side in 0...1 {
      let found = Set(pair.inbound[side].values.map { "\($0.policy) \($0.layer) \($0.suite.words)" })
      #expect(found == ["nest 1 AH HMAC-SHA-1-96", "own 0 ESP 3DES-CBC, HMAC-SHA-1-96"])
    }
  }

  @Test func aPeerThatIsNotConfiguredIsNamed() throws {
    var configuration = try Self.hostConfiguration(first: Self.far)
    configuration.peers.removeAll { $0.remoteAddress == Self.gateway }
    var pair = Pair(configuration, configuration, seed: 1)
    pair.acquire(0, "dial-in", layer: 1)
    #expect(pair.failures(0) == ["dial-in: no IKE peer is configured for the other end of the policy"])
  }

  @Test func theValuesOfThePacketAreTheIdentities() throws {
    var configurations = try (0...1).map { try BundleForm.all[1].configuration($0, isIPv6: false) }
    guard case .apply(var protection) = configurations[0].policies[0].action else { return }
    protection.valuesFromPacket = [.source, .destination, .transport, .destinationPort]
    configurations[0].policies[0].action = .apply(protection)
    var pair = Pair(configurations[0], configurations[1], seed: 1)
    let request = try #require(configurations[0].request("net", sourcePort: 1_025, destinationPort: 53))
    pair.perform(pair.engines[0].acquire(request, at: .zero), side: 0)
    pair.run()
    #expect(pair.isConnected)
    let selector = try #require(pair.inbound[1].values.first?.selector)
    #expect(
      selector
        == Selector(
          source: AddressRange(.v4(IPv4Address(10, 1, 0, 0))), destination: AddressRange(.v4(IPv4Address(10, 2, 0, 0))),
          transport: .value(.udp), destinationPorts: .port(53)))
  }

  @Test func whatIdentitiesCannotSayIsNamed() {
    var selector = Selector(source: .anyIPv4, destination: .anyIPv4)
    #expect(Identities.obstacle(to: selector) == nil)
    selector.transport = .opaque
    #expect(
      Identities.obstacle(to: selector)
        == "OPAQUE can't be negotiated: an identity carries a protocol and a port, or any (RFC 2407 §4.6.2)")
    selector.transport = .any
    selector.sensitivity = .secret ... .topSecret
    #expect(
      Identities.obstacle(to: selector)
        == "a sensitivity label can't be negotiated: the situation is identity only (RFC 2407 §4.2)")
    #expect(
      Identities.obstacle(to: .any)
        == "IPv4 and IPv6 can't be negotiated at once: an identity is of one family (RFC 2407 §4.6.2)")
  }
}
