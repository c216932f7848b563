import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// Renewal and end of both kinds of associations.
@Suite struct LifetimeTests {
  private static func connected(_ setup: Setup = Setup(), initiator: Int = 0) -> Pair {
    var pair = Pair(setup, seed: 6)
    pair.acquire(initiator)
    pair.run(until: .zero + .seconds(10))
    return pair
  }

  private static func ended(_ pair: Pair, _ side: Int) -> [String] {
    pair.notes(side).compactMap { note in
      if case .ended(let why) = note { why } else { nil }
    }
  }

  @Test func theResponderAnswersWithItsShorterLife() throws {
    var (left, right) = (Setup(), Setup())
    left.espLifetime = Lifetime(duration: .seconds(100_000), volume: .kilobytes(500_000))
    right.espLifetime = Lifetime(duration: .seconds(600), volume: .kilobytes(1_000))
    var pair = Pair(left.configuration(0), right.configuration(1), seed: 6)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(10))
    #expect(pair.isConnected)
    #expect(pair.sent[7].summary == "HDR*, HASH(2), SA, Nr, IDci, IDcr, N")
    let agreed = right.espLifetime
    #expect(pair.outbound[0].values.map(\.lifetime) == [agreed])
    #expect(pair.inbound[0].values.map(\.lifetime) == [agreed])
    #expect(pair.outbound[1].values.map(\.lifetime) == [agreed])
    // The other way round the offer itself is the shorter one, and nothing needs to be said.
    var back = Pair(left.configuration(0), right.configuration(1), seed: 6)
    back.acquire(1)
    back.run(until: .zero + .seconds(10))
    #expect(back.sent[7].summary == "HDR*, HASH(2), SA, Nr, IDci, IDcr")
    #expect(back.outbound[0].values.map(\.lifetime) == [agreed])
  }

  /// Numbers of up to 16 bits go in the short form, larger ones in the long form.
  @Test func lifetimesGoInTheShortestForm() {
    let attributes = LifetimeTerms(seconds: 86_400, kilobytes: 4_096).attributes(type: 1, duration: 2)
    #expect(
      attributes == [
        .basic(1, 1), DataAttribute(type: 2, value: .variable([0, 1, 0x51, 0x80])), .basic(1, 2), .basic(2, 4_096),
      ])
  }

  @Test(arguments: [0, 1]) func aRenewedPairReplacesTheOld(side: Int) throws {
    var pair = Self.connected()
    let old = try #require(pair.outbound[side].keys.first)
    let oldInbound = try #require(pair.inbound[side].keys.first)
    pair.perform(pair.engines[side].renew(association: old, at: pair.now), side: side)
    // Asking twice begins nothing twice.
    pair.perform(pair.engines[side].renew(association: oldInbound, at: pair.now), side: side)
    pair.run(until: pair.now + .seconds(10))
    #expect(pair.sent.count == 12)
    #expect(pair.isConnected)
    #expect(pair.outbound[side].count == 2)
    let install = pair.actions[side].compactMap { action in
      if case .installOutbound(let install) = action { install } else { nil }
    }.last
    #expect(install?.replaces == [oldInbound, old])
    let other = pair.actions[1 - side].compactMap { action in
      if case .installOutbound(let install) = action { install } else { nil }
    }.last
    #expect(other?.replaces.count == 2)
    #expect(pair.engines[0].pairs == 2)
    // The old pair has its successor, from whichever side one asks.
    for end in 0...1 {
      let again = pair.engines[end].renew(association: end == side ? old : oldInbound, at: pair.now)
      #expect(again.isEmpty)
    }
  }

  @Test func renewalFromBothEndsAtOnceLosesNothing() throws {
    var pair = Self.connected()
    for side in 0...1 {
      let old = try #require(pair.outbound[side].keys.first)
      pair.perform(pair.engines[side].renew(association: old, at: pair.now), side: side)
    }
    pair.run(until: pair.now + .seconds(10))
    #expect(pair.outbound[0].count == 3)
    #expect(pair.isConnected)
  }

  @Test(arguments: [0, 1]) func aRemovedAssociationIsDeletedAtThePeer(side: Int) throws {
    var pair = Self.connected()
    let inbound = try #require(pair.inbound[side].keys.first)
    let outbound = try #require(pair.outbound[side].keys.first)
    pair.inbound[side] = [:]
    pair.outbound[side] = [:]
    pair.perform(pair.engines[side].removed(inbound: inbound, at: pair.now), side: side)
    pair.run(until: pair.now + .seconds(10))
    #expect(pair.sent.last?.summary == "HDR*, HASH(1), D")
    #expect(pair.inbound[1 - side].isEmpty && pair.outbound[1 - side].isEmpty)
    #expect(
      pair.actions[1 - side].contains(.remove([inbound, outbound], why: .deletedByPeer)))
    #expect(pair.engines[0].pairs == 0 && pair.engines[1].pairs == 0)
    // Phase 1 lives on: the next pair takes three messages.
    let before = pair.sent.count
    pair.acquire(side)
    pair.run(until: pair.now + .seconds(10))
    #expect(pair.sent.count == before + 3)
    #expect(pair.isConnected)
  }

  @Test(arguments: [0, 1]) func phase1IsRenewedBeforeItsEnd(initiator: Int) {
    var setup = Setup()
    setup.lifetime = Lifetime(duration: .seconds(1_000), volume: nil)
    var pair = Self.connected(setup, initiator: initiator)
    pair.run(until: .zero + .seconds(890))
    #expect(pair.sent.count == 9)
    pair.run(until: .zero + .seconds(905))
    #expect(pair.sent.count == 15)
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 2 })
    pair.run(until: .zero + .seconds(1_000))
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 1 })
    #expect(pair.isConnected)
    #expect(Self.ended(pair, 0).count == 1 && Self.ended(pair, 1).count == 1)
    // New pairs go under the new one.
    pair.perform(
      pair.engines[0].renew(
        association: pair.outbound[0].keys.first ?? .init(spi: 0, destination: .v4(.any), securityProtocol: .esp),
        at: pair.now),
      side: 0)
    pair.run(until: pair.now + .seconds(10))
    #expect(pair.engines.allSatisfy { $0.pairs == 2 })
    #expect(pair.failures(0).isEmpty && pair.failures(1).isEmpty)
  }

  @Test func anUnusedPhase1AssociationJustEnds() throws {
    var setup = Setup()
    setup.lifetime = Lifetime(duration: .seconds(1_000), volume: nil)
    var pair = Self.connected(setup)
    let inbound = try #require(pair.inbound[0].keys.first)
    pair.perform(pair.engines[0].removed(inbound: inbound, at: pair.now), side: 0)
    pair.run(until: .zero + .seconds(2_000))
    #expect(pair.engines.allSatisfy { $0.establishedAssociations == 0 })
    #expect(Self.ended(pair, 0).first == "its lifetime is over")
    #expect(pair.sent.count { $0.message == 1 && $0.summary == "HDR, SA" } == 1)
  }

  @Test func aPeerThatHasForgottenEverythingBeginsAnew() {
    var pair = Self.connected()
    let old = pair.outbound[1]
    pair.engines[0] = IKEEngine(
      configuration: Setup().configuration(0), randomness: IKERandomness(seed: 99, node: "fw-a"))
    pair.inbound[0] = [:]
    pair.outbound[0] = [:]
    pair.acquire(0)
    pair.run(until: pair.now + .seconds(10))
    #expect(pair.isConnected)
    #expect(pair.outbound[1].count == 1)
    #expect(pair.outbound[1] != old)
    #expect(pair.engines[1].establishedAssociations == 1)
    #expect(Self.ended(pair, 1) == ["the peer has begun anew (INITIAL-CONTACT)"])
  }

  @Test func aVolumeOfPhase1ThatIsUsedUpBringsASuccessor() {
    var setup = Setup()
    setup.lifetime = Lifetime(duration: .seconds(28_800), volume: .kilobytes(1))
    setup.policies = (0..<4).map { "net\($0)" }
    var pair = Pair(setup, seed: 6)
    for policy in setup.policies {
      pair.acquire(0, policy)
      pair.run(until: pair.now + .seconds(60))
    }
    #expect(pair.engines[0].pairs == 4)
    #expect(pair.isConnected)
    #expect(pair.failures(0).isEmpty)
    #expect(pair.sent.count { $0.summary == "HDR, SA" && $0.message == 1 } >= 2)
  }
}
