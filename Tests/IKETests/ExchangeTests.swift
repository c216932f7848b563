import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

@Suite struct ExchangeTests {
  @Test(arguments: [0, 1]) func mainModeAndQuickModeTakeNineMessages(initiator: Int) {
    var pair = Pair()
    pair.acquire(initiator)
    let isDone = pair.run()
    #expect(isDone)
    #expect(
      pair.sent.map { "\($0.side == initiator ? ">" : "<") \($0.summary)" } == [
        "> HDR, SA", "< HDR, SA", "> HDR, KE, Ni", "< HDR, KE, Nr", "> HDR*, N, IDii, HASH_I", "< HDR*, IDir, HASH_R",
        "> HDR*, HASH(1), SA, Ni, IDci, IDcr", "< HDR*, HASH(2), SA, Nr, IDci, IDcr", "> HDR*, HASH(3)",
      ])
    #expect(pair.isConnected)
    #expect(pair.failures(0).isEmpty && pair.failures(1).isEmpty)
    #expect(pair.drops(0).isEmpty && pair.drops(1).isEmpty)
    for name in ["SKEYID", "SKEYID_d", "SKEYID_a", "SKEYID_e", "cipher key", "g^xy", "HASH_I", "HASH_R"] {
      #expect(pair.derived(0, name) == pair.derived(1, name), "\(name)")
      #expect(pair.derived(0, name).count == 1, "\(name)")
    }
  }

  @Test func theTunnelIsAsThePolicyWantsIt() throws {
    var pair = Pair()
    pair.acquire(0)
    pair.run()
    let outbound = try #require(pair.outbound[0].values.first)
    #expect(outbound.isTunnel)
    #expect(outbound.source == Pair.addresses[0])
    #expect(outbound.identity.destination == Pair.addresses[1])
    #expect(outbound.identity.securityProtocol == .esp)
    #expect(outbound.cipherKey.count == 16)
    #expect(outbound.integrityKey.count == 20)
    #expect(outbound.selector == Setup().selector(0, 0))
    #expect(outbound.policy == "net")
    #expect(outbound.lifetime == Lifetime(duration: .seconds(3_600), volume: nil))
    let inbound = try #require(pair.inbound[0].values.first)
    #expect(inbound.selector == Setup().selector(1, 0))
    #expect(inbound.cipherKey != outbound.cipherKey)
  }

  /// Whose the packets are, identities cannot say: the offer goes out without it, and the association keeps it.
  @Test(arguments: [0, 1]) func aPolicyForOneUserIsAgreedOn(initiator: Int) throws {
    let setup = Setup()
    let plain = try #require(setup.configuration(0).policies.first)
    var selector = plain.selector
    selector.names = .of(user: "alice@example.com", system: nil)
    let named = IKEConfiguration(
      peers: setup.configuration(0).peers,
      policies: [SecurityPolicy(name: plain.name, selector: selector, action: plain.action)])
    var pair = Pair(named, setup.configuration(1), seed: 1)
    pair.acquire(initiator)
    pair.run()
    #expect(pair.failures(initiator).isEmpty && pair.refusals(initiator).isEmpty)
    #expect(pair.outbound[0].values.map(\.selector.names) == [selector.names])
    #expect(pair.inbound[1].values.map(\.selector.names) == [nil])
  }
}
