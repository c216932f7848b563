import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// Both engines joined by a channel that loses, repeats, reorders, alters and replays: whatever it does, both ends
/// agree or both give up, and nothing is left over.
@Suite struct ModelCheckTests {
  enum Method: Sendable, CaseIterable {
    case preSharedKey
    case rsa
    case dss
  }

  private static func setup(_ mode: Phase1Mode, _ method: Method) throws -> Setup {
    var setup =
      switch method {
      case .preSharedKey: AggressiveModeTests.setup()
      case .rsa: try Certified.rsa.get().setup()
      case .dss: try Certified.dsa.get().setup()
      }
    setup.mode = mode
    setup.suites[0].group = 1
    setup.retransmission = RetransmissionSchedule(first: .seconds(2), factor: 2, limit: 4)
    return setup
  }

  /// A run with a seed: one of the bundles, begun from either side or both.
  private static func run(_ setup: Setup, seed: UInt64) throws -> Pair {
    let form = BundleForm.all[Int(seed) % BundleForm.all.count]
    var configurations = (0...1).map { setup.configuration($0) }
    for side in 0...1 { configurations[side].policies = try form.configuration(side, isIPv6: false).policies }
    var faults = WireFaults(latency: .milliseconds(20), jitter: .milliseconds(90), loss: 120, duplication: 120)
    if seed.isMultiple(of: 4) { faults.loss = 350 }
    var pair = Pair(configurations[0], configurations[1], seed: seed, faults: faults)
    var generator = SeededGenerator(seed: seed, node: "mallory", purpose: "model check")
    var seen: [[UInt8]] = []
    pair.interceptor = { _, bytes in
      seen.append(bytes)
      var arriving = [bytes]
      if generator.below(100) < 12 { arriving[0] = HostileTests.mutate(bytes, &generator) }
      if generator.below(100) < 12 { arriving.append(seen[Int(generator.below(UInt64(seen.count)))]) }
      return arriving
    }
    if !seed.isMultiple(of: 3) { pair.acquire(0) }
    if !seed.isMultiple(of: 5) || seed.isMultiple(of: 3) { pair.acquire(1) }
    pair.run(until: .zero + .seconds(900))
    return pair
  }

  @Test(arguments: [Phase1Mode.main, .aggressive], Method.allCases)
  func bothAgreeOrBothGiveUp(mode: Phase1Mode, method: Method) throws {
    let setup = try Self.setup(mode, method)
    var connected = 0
    for seed in 0..<300 {
      let pair = try Self.run(setup, seed: UInt64(seed))
      let words: Comment = "seed \(seed): \(pair.failures(0)) \(pair.failures(1))"
      #expect(pair.steps < Pair.maximumSteps, words)
      // Message 3 is the one that nobody acknowledges: who has waited for it in vain says so and deletes.
      let isUnconfirmed = (0...1).contains { side in
        pair.abandoned(side).contains { $0.hasPrefix("no answer to message 2 of quick mode") }
      }
      let isMirrored = pair.isMirrored
      #expect(isMirrored || isUnconfirmed, words)
      let isConnected = isMirrored && !pair.outbound[0].isEmpty && !pair.outbound[1].isEmpty
      let isNamed = (0...1).contains { !pair.failures($0).isEmpty || !pair.abandoned($0).isEmpty }
      #expect(isConnected || isNamed, words)
      if isConnected { connected += 1 }
      for side in 0...1 { check(pair, side, words) }
    }
    // The channel is bad, but not so bad that the check is of nothing.
    #expect(connected > 200)
  }

  /// Nothing is left of what is over, and nothing is there that no authenticated peer has agreed to.
  private func check(_ pair: Pair, _ side: Int, _ words: Comment) {
    let engine = pair.engines[side]
    #expect(engine.openPhase1Exchanges == 0 && engine.halfOpen == 0 && engine.wanted.isEmpty, words)
    #expect(engine.quickModes.isEmpty || engine.quickModes.values.allSatisfy { $0.state.awaited == nil }, words)
    #expect(engine.peers.allSatisfy { $0.queue.isEmpty && $0.negotiating == nil }, words)
    let spis = engine.children.values.flatMap { $0.pairs.map(\.inbound) }
    #expect(engine.takenSPIs.count + engine.takenCPIs.count == spis.count, words)
    #expect(engine.children.values.allSatisfy { $0.pairs.count == engine.configuration.layerCount }, words)
    #expect(Set(pair.inbound[side].keys) == Set(spis), words)
    // Every association has keys that both ends have derived.
    let derived = Set(pair.derived(1 - side, "KEYMAT"))
    for parameters in pair.inbound[side].values where !parameters.suite.isOptional {
      #expect(derived.contains(parameters.cipherKey + parameters.integrityKey), words)
    }
  }
}

extension IKEConfiguration {
  /// How many layers the first policy has.
  fileprivate var layerCount: Int { policies[0].protection?.layerCount ?? 0 }
}
