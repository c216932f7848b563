import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// Bundles in one quick mode: RFC 2408 §4.2, RFC 2409 §5.5.
@Suite struct BundleTests {
  @Test(arguments: BundleForm.all, [false, true])
  func oneQuickModeMakesTheWholeBundle(form: BundleForm, isIPv6: Bool) throws {
    for initiator in 0...1 {
      var pair = try Pair(form, isIPv6: isIPv6)
      pair.acquire(initiator)
      pair.run()
      #expect(pair.isConnected, "initiator \(initiator): \(pair.failures(initiator)) \(pair.refusals(1 - initiator))")
      #expect(pair.sent.count == 9)
      let count = form.layers.count
      let order = (0..<count).map { "in \($0)" } + (0..<count).map { "out \($0)" }
      #expect(pair.installations(0) == order && pair.installations(1) == order)
      #expect(pair.engines[0].pairs == count && pair.engines[1].pairs == count)
      try Self.carry(pair, form, isIPv6: isIPv6)
    }
  }

  /// IPsec with what was negotiated carries a packet each way, through every layer.
  private static func carry(_ pair: Pair, _ form: BundleForm, isIPv6: Bool) throws {
    var security = [try pair.security(0), try pair.security(1)]
    for side in 0...1 {
      let selector = pair.engines[side].configuration.policies[0].selector
      let original = datagram(from: selector.source.first, to: selector.destination.first)
      guard case .sealed(let steps) = security[side].outbound(original, at: pair.now).action else {
        Issue.record("side \(side): not sealed")
        continue
      }
      #expect(steps.count == form.layers.count)
      var packet = try #require(steps.last?.outer)
      var trail = AssociationTrail()
      for _ in form.layers {
        guard case .opened(let opened) = security[1 - side].inbound(packet, openedBy: trail, at: pair.now).action else {
          Issue.record("side \(side): not opened")
          break
        }
        (packet, trail) = (opened.datagram, opened.trail)
      }
      #expect(packet == original)
      #expect(trail.count == form.layers.count)
    }
  }

  @Test(arguments: BundleForm.all) func theOfferIsOneProposalAProtocol(form: BundleForm) throws {
    let configuration = try form.configuration(0, isIPv6: false)
    let protection = try #require(configuration.policies[0].protection)
    let group = try #require(LayerGroup(protection, 0..<form.layers.count))
    let offer = Phase2Negotiation.offer(group, spis: form.layers.indices.map { UInt32(0x1234 + $0) })
    #expect(offer.proposals.allSatisfy { $0.number == 1 })
    let words = offer.proposals.map { proposal in
      let mode = proposal.transforms[0].attributes.first { $0.type == 4 }?.unsigned
      return "\(proposal.protocolID.shortName) \(mode == 1 ? "tunnel" : "transport")"
    }
    #expect(words.joined(separator: ", ") == form.offer)
    #expect(offer.proposals.map(\.spi.count) == offer.proposals.map { $0.protocolID == .ipcomp ? 2 : 4 })
    #expect(offer.proposals.last?.spi == offer.proposals.last?.protocolID.octets(0x1234))
  }

  @Test func whatWasChosenIsSaidForEveryLayer() throws {
    var pair = try Pair(BundleForm.all[9], isIPv6: false)
    pair.acquire(0)
    pair.run()
    let words =
      "AH HMAC-SHA-512-256, 3600 s, over ESP BLOWFISH-CBC, NULL, 3600 s, over IPComp DEFLATE, 3600 s"
    for side in 0...1 {
      #expect(pair.notes(side).contains(.chosen(suite: words)))
      // Compression has no keys.
      #expect(pair.derived(side, "KEYMAT").map(\.count).sorted() == [16, 16, 64, 64])
    }
    #expect(Set(pair.derived(0, "KEYMAT")) == Set(pair.derived(1, "KEYMAT")))
  }

  @Test func indicesOfCompressionAreOfTwoOctets() throws {
    var pair = try Pair(BundleForm.all[8], isIPv6: false)
    for seed in 0..<50 {
      pair = try Pair(BundleForm.all[8], isIPv6: false, seed: UInt64(seed))
      pair.acquire(0)
      pair.run()
      let spis = pair.inbound.flatMap(\.keys).filter { $0.securityProtocol == .ipcomp }.map(\.spi)
      #expect(spis.count == 2 && spis.allSatisfy { (256...61_439).contains($0) })
    }
    // A peer may send the index as a number of four octets: RFC 2393 §4.1.
    #expect(SecurityProtocol.ipcomp.number([0, 0, 0x12, 0x34]) == 0x1234)
    #expect(SecurityProtocol.ipcomp.number([0x12, 0x34]) == 0x1234)
    #expect(SecurityProtocol.ipcomp.number([0, 2]) == nil && SecurityProtocol.ipcomp.number([0xFF, 0xFF]) == nil)
    #expect(SecurityProtocol.esp.number([0x12, 0x34]) == nil && SecurityProtocol.ah.number([0, 0, 0, 255]) == nil)
  }

  @Test(arguments: [0, 1]) func aRenewalMakesTheWholeBundleAnew(side: Int) throws {
    var pair = try Pair(BundleForm.all[9], isIPv6: false)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(10))
    let old = pair.inbound[side].keys.sorted { $0.spi < $1.spi }
    let oldOutbound = Set(pair.outbound[side].keys)
    // Each of the layers asks for its successor.
    for identity in old { pair.perform(pair.engines[side].renew(association: identity, at: pair.now), side: side) }
    pair.run(until: pair.now + .seconds(10))
    #expect(pair.sent.count == 12)
    #expect(pair.isConnected)
    #expect(pair.engines[0].pairs == 6 && pair.engines[1].pairs == 6)
    let replaced = pair.actions[side].compactMap { action in
      if case .installOutbound(let install) = action { install } else { nil }
    }.suffix(3)
    for install in replaced {
      #expect(install.replaces.count == 2)
      #expect(install.replaces.allSatisfy { old.contains($0) || oldOutbound.contains($0) })
      #expect(install.replaces.allSatisfy { $0.securityProtocol == install.inbound.identity.securityProtocol })
    }
    for identity in old {
      let again = pair.engines[side].renew(association: identity, at: pair.now)
      #expect(again.isEmpty)
    }
  }

  @Test(arguments: [0, 1]) func theEndOfOneLayerIsTheEndOfAll(side: Int) throws {
    var pair = try Pair(BundleForm.all[9], isIPv6: false)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(10))
    let esp = try #require(pair.inbound[side].keys.first { $0.securityProtocol == .esp })
    let others = Set(pair.inbound[side].keys).union(pair.outbound[side].keys).subtracting([esp])
    pair.inbound[side][esp] = nil
    pair.perform(pair.engines[side].removed(inbound: esp, at: pair.now), side: side)
    let removed = pair.actions[side].compactMap { action in
      if case .remove(let identities, .partnerEnded) = action { Set(identities) } else { nil }
    }
    #expect(removed == [others])
    #expect(pair.inbound[side].isEmpty && pair.outbound[side].isEmpty)
    pair.run(until: pair.now + .seconds(10))
    #expect(pair.sent.last?.summary == "HDR*, HASH(1), D, D, D")
    #expect(pair.inbound[1 - side].isEmpty && pair.outbound[1 - side].isEmpty)
    #expect(pair.engines.allSatisfy { $0.pairs == 0 && $0.takenSPIs.isEmpty && $0.takenCPIs.isEmpty })
    // Nothing is deleted twice, and nothing that is told of all at once is unknown.
    let others2 = pair.engines[side].removed(inbound: esp, at: pair.now)
    #expect(others2.isEmpty)
    let noted = pair.notes(1 - side).compactMap { note in if case .noted(let text) = note { text } else { nil } }
    #expect(!noted.contains { $0.contains("not known here") })
  }

  @Test func theResponderShortensTheLifeOfEachLayer() throws {
    let form = BundleForm.all[4]
    let left = try form.configuration(0, isIPv6: false)
    let right = try form.configuration(
      1, isIPv6: false, lifetime: Lifetime(duration: .seconds(600), volume: .kilobytes(1_000)))
    var pair = Pair(left, right, seed: 1)
    pair.acquire(0)
    pair.run(until: .zero + .seconds(10))
    #expect(pair.sent[7].summary == "HDR*, HASH(2), SA, Nr, IDci, IDcr, N, N")
    let agreed = Lifetime(duration: .seconds(600), volume: .kilobytes(1_000))
    for side in 0...1 {
      #expect(pair.outbound[side].values.map(\.lifetime) == [agreed, agreed])
      #expect(pair.inbound[side].values.map(\.lifetime) == [agreed, agreed])
    }
  }

  @Test func whatIsNeverConfirmedIsTakenBackWhole() throws {
    var pair = try Pair(BundleForm.all[9], isIPv6: false)
    let counter = Counter()
    pair.interceptor = { side, bytes in counter.next() > 7 && side == 0 ? [] : [bytes] }
    pair.acquire(0)
    pair.run()
    let unconfirmed = pair.actions[1].compactMap { action in
      if case .remove(let identities, .unconfirmed) = action { identities.count } else { nil }
    }
    #expect(unconfirmed == [3])
    #expect(pair.inbound == [[:], [:]] && pair.outbound == [[:], [:]])
    #expect(pair.engines.allSatisfy { $0.takenSPIs.isEmpty && $0.takenCPIs.isEmpty })
  }
}
