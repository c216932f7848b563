import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// Loss, duplication, reordering and simultaneous beginnings.
@Suite struct WireFaultTests {
  static let rough = WireFaults(
    latency: .milliseconds(20), jitter: .milliseconds(60), loss: 250, duplication: 150)

  private static func rough(_ seed: UInt64, _ setup: Setup, both: Bool) -> Pair {
    var setup = setup
    setup.suites[0].group = 1
    var pair = Pair(setup, seed: seed, faults: rough)
    pair.acquire(0)
    if both { pair.acquire(1) }
    pair.run(until: .zero + .seconds(900))
    return pair
  }

  /// Each run connects the two, or says by name that it gave up; and what was installed fits together.
  @Test(arguments: 0..<10) func twoHundredRoughRunsConnectOrFailByName(tens: UInt64) {
    for seed in tens * 20..<tens * 20 + 20 {
      let pair = Self.rough(seed, Setup(), both: seed % 3 == 0)
      // A responder that never saw message 3 takes its side back and deletes the initiator's: an acquire without
      // failure.
      let isNamed = (0..<2).contains { !pair.failures($0).isEmpty || !pair.abandoned($0).isEmpty }
      #expect(pair.isConnected || isNamed, "seed \(seed)")
      #expect(pair.isMirrored, "seed \(seed)")
      #expect(pair.steps < Pair.maximumSteps, "seed \(seed)")
      #expect(pair.engines[0].openPhase1Exchanges == 0 && pair.engines[1].openPhase1Exchanges == 0, "seed \(seed)")
    }
  }

  @Test func mostRoughRunsConnect() {
    let connected = (0..<40).count { seed in Self.rough(UInt64(1_000 + seed), Setup(), both: false).isConnected }
    #expect(connected >= 36)
  }

  @Test func duplicatesAloneCauseNoEcho() {
    var pair = Pair(seed: 5, faults: WireFaults(duplication: 1_000))
    pair.acquire(0)
    pair.run()
    #expect(pair.isConnected)
    // Three answers of main mode, two of quick mode are asked for once more; nothing is echoed back and forth.
    #expect(pair.sent.count <= 16)
  }

  /// Each message in turn is lost once.
  @Test(arguments: 1...9) func anyOneMessageMayBeLost(number: Int) {
    for initiator in [0, 1] {
      var pair = Pair(seed: UInt64(number))
      let counter = Counter()
      pair.interceptor = { _, bytes in counter.next() == number ? [] : [bytes] }
      pair.acquire(initiator)
      pair.run()
      #expect(pair.isConnected, "message \(number), initiator \(initiator)")
      #expect(pair.failures(0).isEmpty && pair.failures(1).isEmpty)
    }
  }

  @Test func silenceIsGivenUpByName() {
    var pair = Pair(seed: 1)
    pair.interceptor = { _, _ in [] }
    pair.acquire(0)
    pair.run()
    #expect(pair.sent.count == 6)
    #expect(
      pair.sent.map(\.at.description) == [
        "0.000000000", "4.000000000", "12.000000000", "28.000000000", "60.000000000", "124.000000000",
      ])
    #expect(pair.sent.map(\.retransmission) == [nil, 1, 2, 3, 4, 5])
    #expect(pair.failures(0) == ["net: no answer to message 1 of main mode after 5 retransmissions"])
  }

  @Test func anUnansweredQuickModeEndsThePhase1AssociationThatThePeerHasLost() {
    var pair = Pair(seed: 1)
    let counter = Counter()
    pair.interceptor = { _, bytes in counter.next() > 6 ? [] : [bytes] }
    pair.acquire(0)
    pair.run()
    #expect(pair.failures(0) == ["net: no answer to message 1 of quick mode after 5 retransmissions"])
    #expect(pair.engines[0].establishedAssociations == 0)
    pair.interceptor = nil
    pair.acquire(0)
    pair.run(until: .zero + .seconds(1_200))
    #expect(pair.isConnected)
  }

  @Test func aQuickModeThatIsNeverConfirmedIsTakenBack() {
    var pair = Pair(seed: 1)
    let counter = Counter()
    pair.interceptor = { side, bytes in counter.next() > 7 && side == 0 ? [] : [bytes] }
    pair.acquire(0)
    pair.run()
    #expect(pair.abandoned(1) == ["no answer to message 2 of quick mode after 5 retransmissions"])
    #expect(pair.actions[1].contains { if case .remove(_, .unconfirmed) = $0 { true } else { false } })
    #expect(pair.actions[0].contains { if case .remove(_, .deletedByPeer) = $0 { true } else { false } })
    #expect(pair.inbound[1].isEmpty)
    #expect(pair.outbound[0].isEmpty)
    #expect(pair.isMirrored)
  }

  @Test func bothMayBeginAtOnce() {
    var pair = Pair(seed: 9)
    pair.acquire(0)
    pair.acquire(1)
    pair.run()
    #expect(pair.isConnected)
    #expect(pair.failures(0).isEmpty && pair.failures(1).isEmpty)
    #expect(pair.engines[0].establishedAssociations == 2)
    #expect(pair.engines[1].establishedAssociations == 2)
  }

  @Test func manyQuickModesRunUnderOneMainMode() {
    var setup = Setup()
    setup.policies = (0..<20).map { "net\($0)" }
    var pair = Pair(setup, seed: 4, faults: WireFaults(jitter: .milliseconds(40)))
    for policy in setup.policies {
      pair.acquire(0, policy)
      pair.acquire(0, policy)
    }
    pair.run()
    #expect(pair.engines[0].establishedAssociations == 1)
    #expect(pair.engines[0].pairs == 20 && pair.engines[1].pairs == 20)
    #expect(pair.isConnected)
    #expect(Set(pair.outbound[0].values.map(\.policy)).count == 20)
  }

  @Test func aRunIsAFunctionOfItsSeed() {
    let first = Self.rough(7, Setup(), both: true)
    let second = Self.rough(7, Setup(), both: true)
    let other = Self.rough(8, Setup(), both: true)
    #expect(first.actions == second.actions)
    #expect(first.actions != other.actions)
  }

  @Test func halfOpenMainModesAreBounded() {
    var pair = Pair(seed: 1)
    for index in 0..<IKEEngine.maximumHalfOpen + 10 {
      for case .send(let bytes, _, _, _, _, _, _) in Self.first(Setup(), index) { pair.deliver(bytes, to: 1) }
    }
    #expect(pair.engines[1].openPhase1Exchanges == IKEEngine.maximumHalfOpen)
    #expect(pair.drops(1).count { $0 == .limit } == 10)
    let work = pair.notes(1).count { note in
      if case .exponentiated = note { true } else { false }
    }
    #expect(work == 0)
    pair.run()
    #expect(pair.engines[1].openPhase1Exchanges == 0)
  }

  private static func first(_ setup: Setup, _ seed: Int) -> [IKEAction] {
    var engine = IKEEngine(
      configuration: setup.configuration(0), randomness: IKERandomness(seed: UInt64(seed), node: "mallory"))
    return setup.configuration(0).request("net").map { engine.acquire($0, at: .zero) } ?? []
  }
}

/// Counts calls from within a closure.
final class Counter {
  private var count = 0

  func next() -> Int {
    count += 1
    return count
  }
}
