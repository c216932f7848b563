import Cryptography
import IPsec
import Journal
import Network
import Testing
import Units
import Wire

@testable import Scenario

/// Bundles, keys by hand and both families: what becomes of them, and what an author is told of a mistake.
@Suite struct LayerTests {
  private func scenario() throws -> ScenarioFile {
    try #require(ScenarioFile.parse(text: nested, path: "nested.yml").scenario)
  }

  @Test func theSampleItselfIsInOrder() {
    #expect(findings(ScenarioFile.parse(text: nested, path: "nested.yml")) == "")
  }

  /// Real bytes: ESP within AH between the firewalls, IPv6 within IPComp and ESP; all is answered, nothing dropped.
  @Test func itRuns() throws {
    var answered = 0
    var installed = 0
    var reasons: [DropReason] = []
    var world = try World(
      scenario().world(),
      journal: JournalWriter(detail: .everything) { batch in
        for stored in batch.entries {
          switch try batch.entry(stored).event {
          case .application(.answered): answered += 1
          case .packet(.dropped(_, let reason, _)): reasons.append(reason)
          case .security(.associationInstalled): installed += 1
          default: break
          }
        }
      })
    _ = try world.run()
    #expect(answered == 2)
    #expect(reasons.isEmpty)
    #expect(installed == 16)
  }

  @Test func bundles() throws {
    let firewall = try scenario().world().nodes[1]
    guard case .apply(let protection)? = firewall.policies?.last?.action else {
      Issue.record("fw-a's last policy applies no IPsec")
      return
    }
    let ends = (IPAddress.v4(IPv4Address(192, 0, 2, 1)), IPAddress.v4(IPv4Address(192, 0, 2, 2)))
    #expect(protection.layers.map(\.mode) == [.tunnel(local: ends.0, remote: ends.1), .transport])
    #expect(protection.layers.flatMap(\.suites).map(\.securityProtocol) == [.ipcomp, .esp])
    #expect(protection.layers.map(\.replayWindow) == [0, 0])
    #expect(protection.lifetime == .unlimited)
    let outer = try #require(firewall.manualAssociations.last?.parameters)
    #expect(outer.identity == AssociationIdentity(spi: 8_194, destination: ends.0, securityProtocol: .esp))
    #expect(outer.source == ends.1)
    #expect(outer.selector == Selector(source: AddressRange(ends.1), destination: AddressRange(ends.0)))
    #expect(outer.layer == 1)
    #expect(!outer.isTunnel)
    #expect(outer.cipherKey.count == 24 && outer.cipherKey.first == 0x10)
    #expect(
      firewall.manualAssociations.map(\.direction) == [.outbound, .inbound, .outbound, .inbound, .outbound, .inbound])
  }

  @Test func theyAreDescribed() throws {
    let description = try scenario().description(program: "1.0")
    #expect(
      description.nodes[1].policies == [
        "branch: 10.1.0.0/16 -> 10.2.0.0/16: apply AH in a tunnel from 192.0.2.1 to 192.0.2.2 (HMAC-SHA-1-96), "
          + "keys by hand",
        "six: 2001:db8:a::/64 -> 2001:db8:b::/64: apply IPComp in a tunnel from 192.0.2.1 to 192.0.2.2 (DEFLATE), "
          + "then ESP in transport mode (3DES-CBC with HMAC-MD5-96), keys by hand",
      ])
    #expect(description.nodes[1].interfaces.map(\.address).first == "10.1.0.1/16, 2001:db8:a::1/64")
    #expect(description.flows.map(\.kind) == ["ping", "ping"])
  }

  @Test func defaultsThatHaveNoMeaningAreNotNoted() throws {
    let defaults = try scenario().defaults
    #expect(!defaults.contains { $0.contains("replay-window") || $0.contains("lifetime") })
    #expect(defaults.contains("nodes.fw-a.policies[0].mode: tunnel"))
    #expect(defaults.contains("nodes.fw-a.policies[1].layers[0].mode: tunnel"))
    #expect(!defaults.contains { $0.hasPrefix("nodes.fw-a.policies[1].mode") })
  }

  /// What stands under `defaults` gives way to what an entry says instead, and to what keys by hand leave no room for.
  @Test func defaultsGiveWay() throws {
    let shared =
      "defaults: { policies: { esp: 3des-md5, replay-window: 128, padding: 64, lifetime: { time: 1 h } } }\nnodes:"
    let text = nested.replacing("nodes:", with: shared, maxReplacements: 1)
    let outcome = ScenarioFile.parse(text: text, path: "nested.yml")
    #expect(findings(outcome) == "")
    let nodes = try #require(outcome.scenario).world().nodes
    let layers = nodes.flatMap { $0.policies ?? [] }.compactMap(\.protection).flatMap(\.layers)
    #expect(layers.map(\.securityProtocol) == [.esp, .ah, .ipcomp, .esp, .ah, .ipcomp, .esp, .esp])
    #expect(layers.map(\.replayWindow) == Array(repeating: 0, count: 8))
    #expect(layers.map { $0.trafficFlow?.paddingMultiple } == [64, nil, nil, 64, nil, nil, 64, 64])
  }

  @Test func everythingIsInTheDescription() throws {
    let outcome = try outcome(
      "esp: [aes128-sha1]",
      "esp: aes128-sha1\n        padding: 128\n        dummies: { every: 500 ms }\n        from-packet: [to, protocol]")
    let description = try #require(outcome.scenario).description(program: "1.0")
    #expect(
      description.nodes[1].policies == [
        "there: 10.1.0.0/16 -> 10.2.0.0/16: apply ESP in a tunnel from 192.0.2.1 to 192.0.2.2 (AES-128-CBC with "
          + "HMAC-SHA-1-96; padded to multiples of 128 octets, a dummy every 500 ms), no PFS; "
          + "from the packet: destination, protocol"
      ])
  }

  // MARK: Keys

  @Test func aKeyThatIsOneOctetShort() throws {
    #expect(
      try nestedHeadlines("0x00112233445566778899aabbccddeeff\"", "0x00112233445566778899aabbccddee\"").first
        == "nested.yml:20:43: error: the key has 15 octets; expected 16 octets (32 hexadecimal digits) for AES-128-CBC")
  }

  @Test func aKeyWithoutItsBeginning() throws {
    #expect(
      try nestedHeadlines("\"0x00112233445566778899aabbccddeeff\"", "00112233445566778899aabbccddeeff").first
        == "nested.yml:20:43: error: the key does not begin with 0x; expected hexadecimal octets after 0x such as "
        + "\"0x00112233\"; did you mean \"0x00112233445566778899aabbccddeeff\"?")
  }

  @Test func aReservedSPI() throws {
    #expect(
      try nestedHeadlines("spi: 0x1001", "spi: 100")
        == [
          "nested.yml:20:23: error: the SPI 100 is reserved (RFC 2406 §2.1); expected a security parameters index from "
            + "256 to 0xffffffff such as \"0x1001\""
        ])
  }

  @Test func aKeyThatNothingTakes() throws {
    #expect(
      try nestedHeadlines("esp: [aes128-sha1]\n", "esp: [aes128-none]\n").prefix(2) == [
        "nested.yml:20:96: error: \"integrity-key\" is given, and the suite has no authenticator; "
          + "expected no integrity-key",
        "nested.yml:21:95: error: \"integrity-key\" is given, and the suite has no authenticator; "
          + "expected no integrity-key",
      ])
  }

  @Test func aKeyThatIsMissing() throws {
    #expect(
      try nestedHeadlines("ah: [sha1]", "esp: [aes256ctr-sha1]").first
        == "nested.yml:38:11: error: the key \"cipher-key\" is missing; expected cipher-key: the 36 octets for "
        + "AES-256-CTR, in hexadecimal after 0x")
  }

  @Test func aWeakKey() throws {
    #expect(
      try nestedHeadlines(
        "0x00112233445566778899aabbccddeeff0123456789abcdef", "0x001122334455667700112233445566770123456789abcdef"
      ).first
        == "nested.yml:51:45: error: this key of 3DES-CBC is weak; expected another one (RFC 2405 §2.2, RFC 2451 §2.3)")
  }

  @Test func anSPIForCompression() throws {
    #expect(
      try nestedHeadlines("out: { cpi: 2 }", "out: { spi: 256 }").first
        == "nested.yml:47:35: error: \"spi\" has no meaning with IPComp; expected \"cpi\" instead")
  }

  @Test func severalSuitesWithKeysByHand() throws {
    #expect(
      try nestedHeadlines("ah: [sha1]", "ah: [sha1, md5]").first
        == "nested.yml:36:9: error: with keys by hand nothing is negotiated, and 2 suites are offered; "
        + "expected the one suite that the keys are for")
  }

  @Test func twoAssociationsOfOneName() throws {
    let again = """
            - name: again
              from: 10.1.0.0/16
              to: 192.0.2.2
              action: apply
              peer: fw-b
              ah: [sha1]
              manual:
                out: { spi: 0x2001, integrity-key: "0x200102030405060708090a0b0c0d0e0f10111213" }
                in: { spi: 0x2003, integrity-key: "0x300102030405060708090a0b0c0d0e0f10111213" }

      """
    #expect(
      try nestedHeadlines(
        "      - name: six\n        from: 2001:db8:a", again + "      - name: six\n        from: 2001:db8:a")
        == [
          "nested.yml:47:23: error: a second association is named AH 0x00002001 to 192.0.2.2 "
            + "(first at line 38, column 11); expected another spi for each destination and protocol (RFC 2401 §4.1)"
        ])
  }

  // MARK: What contradicts itself

  @Test func twoProtocolsInOneLayer() throws {
    #expect(
      try nestedHeadlines("ah: [sha1]", "ah: [sha1]\n        esp: [aes128-none]").first
        == "nested.yml:37:9: error: \"esp\" stands beside \"ah\"; expected exactly one of esp, ah, ipcomp, layers; "
        + "associations one in another are entries of layers")
  }
}
