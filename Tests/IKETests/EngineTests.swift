import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// Cookies, SPIs, message IDs, selectors and bounds of an engine.
@Suite struct EngineTests {
  @Test func cookiesDependOnBothEndsAndTheTime() {
    var desk = Desk(randomness: IKERandomness(seed: 1, node: "fw-a"))
    let ends = Pair.addresses.map { IKEEndpoint(address: $0) }
    var seen: Set<Cookie> = [.zero]
    for port in 500..<600 {
      for seconds: UInt64 in [0, 1] {
        let instant = Instant.zero + SimDuration.seconds(seconds)
        var remote = ends[1]
        remote.port = UInt16(port)
        #expect(seen.insert(desk.cookie(local: ends[0], remote: remote, at: instant)).inserted)
        #expect(seen.insert(desk.cookie(local: remote, remote: ends[0], at: instant)).inserted)
      }
    }
    var same = Desk(randomness: IKERandomness(seed: 1, node: "fw-a"))
    var other = Desk(randomness: IKERandomness(seed: 1, node: "fw-b"))
    let first = same.cookie(local: ends[0], remote: ends[1], at: .zero)
    #expect(first != other.cookie(local: ends[0], remote: ends[1], at: .zero))
  }

  @Test func theSidesOfAPhase1AssociationNeverChooseTheSameMessageID() throws {
    var pair = Pair(seed: 1)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(1))
    let ids = pair.engines.map { $0.associations.values.first?.id }
    let (left, right) = (try #require(ids[0]), try #require(ids[1]))
    let mine = Set((0..<500).map { _ in pair.engines[0].makeMessageID(left) })
    let theirs = Set((0..<500).map { _ in pair.engines[1].makeMessageID(right) })
    #expect(mine.count == 500 && theirs.count == 500)
    #expect(mine.isDisjoint(with: theirs))
  }

  @Test func spisAreNeverReservedOnesNorTaken() {
    var reference = IKEEngine(
      configuration: Setup().configuration(0), randomness: IKERandomness(seed: 1, node: "fw-a"))
    let chosen = (0..<100).map { _ in reference.makeSPI() }
    #expect(chosen.allSatisfy { $0 > 255 })
    var engine = IKEEngine(
      configuration: Setup().configuration(0), randomness: IKERandomness(seed: 1, node: "fw-a"),
      takenSPIs: Set(chosen.prefix(50)))
    #expect((0..<50).map { _ in engine.makeSPI() } == Array(chosen.suffix(50)))
  }

  @Test func aRangeOfPortsIsNegotiatedForThePortOfTheTraffic() throws {
    var configurations = (0..<2).map { Setup().configuration($0) }
    for side in 0..<2 {
      configurations[side].policies[0].selector.transport = .value(.tcp)
      if side == 0 {
        configurations[side].policies[0].selector.destinationPorts = .range(80...90)
      } else {
        configurations[side].policies[0].selector.sourcePorts = .range(80...90)
      }
    }
    var pair = Pair(configurations[0], configurations[1], seed: 1)
    let request = try #require(configurations[0].request("net", sourcePort: 1_025, destinationPort: 85))
    pair.perform(pair.engines[0].acquire(request, at: .zero), side: 0)
    pair.run()
    #expect(pair.isConnected)
    #expect(pair.outbound[0].values.first?.selector.destinationPorts == .port(85))
    #expect(pair.inbound[1].values.first?.selector.destinationPorts == .port(85))
  }

  @Test func aNarrowerOfferIsCoveredByThePolicy() {
    let left = Setup().configuration(0)
    var right = Setup().configuration(1)
    right.policies[0].selector.destination = AddressRange(IPPrefix(.v4(IPv4Address(10, 1, 0, 0)), length: 16))
    var pair = Pair(left, right, seed: 1)
    pair.acquire(0)
    pair.run()
    #expect(pair.isConnected)
    // The other way round the offer is wider than the policy, and refused.
    var back = Pair(left, right, seed: 1)
    back.acquire(1)
    back.run()
    #expect(back.failures(1) == ["net: the responder refuses: INVALID-ID-INFORMATION"])
  }

  @Test func queuedAcquiresAreBounded() {
    var setup = Setup()
    setup.policies = (0..<PeerState.maximumQueue + 3).map { "net\($0)" }
    var configuration = setup.configuration(0)
    for index in configuration.policies.indices {
      let net = AddressRange(IPPrefix(.v4(IPv4Address(10, 9, UInt8(index / 256), UInt8(index % 256))), length: 32))
      configuration.policies[index].selector.destination = net
    }
    var engine = IKEEngine(configuration: configuration, randomness: IKERandomness(seed: 1, node: "fw-a"))
    let requests = setup.policies.compactMap { configuration.request($0) }
    let failures = requests.flatMap { engine.acquire($0, at: .zero) }.count { action in
      if case .acquireFailed = action { true } else { false }
    }
    #expect(failures == 3)
    #expect(engine.openPhase1Exchanges == 1)
  }

  @Test func aCopyGoesOnByItself() {
    var pair = Pair(seed: 1)
    pair.acquire(0)
    pair.run(until: .zero + .milliseconds(70))
    var copy = pair
    pair.run()
    #expect(copy.engines[0].establishedAssociations == 0)
    copy.run()
    #expect(copy.actions == pair.actions)
    #expect(copy.isConnected)
  }

  @Test func whatIsNotSpokenIsNamed() {
    var pair = Pair(seed: 1)
    let header = ISAKMPHeader(initiatorCookie: Cookie(rawValue: 7), exchangeType: .base)
    pair.deliver(ISAKMPMessage(header: header, payloads: [.nonce([1, 2, 3])]).encoded, to: 1)
    #expect(
      pair.notes(1).first == .dropped(.unexpected, detail: "exchange type 1 is not spoken here (RFC 2408 §3.1)"))
    pair.deliver([1, 2, 3], to: 0)
    #expect(pair.drops(0) == [.malformed])
  }
}
