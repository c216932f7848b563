import BenchmarkLimits
import Foundation
import Journal
import Network
import Recording
import Units

extension BenchmarkSection {
  /// Forwarding of datagrams, with and without a record of it, against a simulation written by hand.
  static let forwarding = BenchmarkSection(
    name: "forwarding",
    summary: """
      Forwarding: host, four routers, host; datagrams of 512 octets, their checksums made and verified, the TTL taken down at each
      hop. The floor is written by hand for this chain and does nothing else; its rows hold the octets of every link crossing,
      written one a statement on the thread that simulates; ours are written on a second thread, sixteen a statement.
      Star: dial-in hosts behind concentrators of 256 each send ten datagrams each to one server; nothing is recorded.
      Memory is what malloc has handed out when the world stands, beyond what it had before, less the configuration.
      """,
    measure: { plan in
      let chain = ForwardingChain(isQuick: plan.isQuick)
      return try [chain.measure(plan), chain.measureRecorded(plan)] + ForwardingStar.measure(plan)
    })
}

/// Packets through the chain.
struct ForwardingChain {
  let packets: Int
  let recordedPackets: Int

  init(isQuick: Bool) {
    packets = isQuick ? 100_000 : 500_000
    recordedPackets = isQuick ? 40_000 : 150_000
  }

  func measure(_ plan: BenchmarkPlan) throws -> Measurement {
    let medians = try plan.medians([{ try ours() }, { try floor() }])
    return Measurement(
      figure: "chain", unit: "delivered/s", ours: medians[0],
      bounds: [
        .target(810_000), .limit("floor", medians[1], atLeast: 0.5),
        .peer("ns-3.37 -O3, checksums", 54_000, atLeast: 15),
      ])
  }

  private func ours() throws -> Double {
    var world = try World(ForwardingWorld.chain(packets: packets), journal: JournalWriter(detail: .nothing) { _ in })
    let duration = try ContinuousClock().measure { _ = try world.run() }
    guard world.deliveredCount == UInt64(packets) else { throw SidesDisagree(figure: "chain") }
    return BenchmarkPlan.rate(of: packets, in: duration)
  }

  private func floor() throws -> Double {
    var floor = ForwardingFloor()
    let duration = try ContinuousClock().measure { try floor.run(packets) }
    guard floor.delivered == packets else { throw SidesDisagree(figure: "chain") }
    return BenchmarkPlan.rate(of: packets, in: duration)
  }

  func measureRecorded(_ plan: BenchmarkPlan) throws -> Measurement {
    let medians = try plan.medians([{ try oursRecorded() }, { try floorRecorded() }])
    return Measurement(
      figure: "chain, recorded", unit: "delivered/s", ours: medians[0],
      bounds: [
        .limit("floor with rows", medians[1], atLeast: 0.85), .peer("ns-3.37 -O3, pcap", 38_000, atLeast: 2.5),
      ])
  }

  private func oursRecorded() throws -> Double {
    try RecordingBench.inFolder { folder in
      let store = try Store.open(path: folder + "/ours.sqlite", mode: .create)
      let recorder = try store.record(RecordingBench.description, createdAt: 0)
      var world = try World(
        ForwardingWorld.chain(packets: recordedPackets),
        journal: JournalWriter(detail: .everything) { try recorder.append($0) })
      let duration = try ContinuousClock().measure { try recorder.finish(world.run()) }
      guard world.deliveredCount == UInt64(recordedPackets) else { throw SidesDisagree(figure: "chain, recorded") }
      try store.close()
      return BenchmarkPlan.rate(of: recordedPackets, in: duration)
    }
  }

  private func floorRecorded() throws -> Double {
    try RecordingBench.inFolder { folder in
      let rows = try CrossingRows(path: folder + "/floor.sqlite")
      var floor = ForwardingFloor()
      let duration = try ContinuousClock().measure {
        try floor.run(recordedPackets) { try rows.add($0, $1, $2) }
        try rows.finish()
      }
      guard rows.count == 5 * recordedPackets else { throw SidesDisagree(figure: "chain, recorded") }
      return BenchmarkPlan.rate(of: recordedPackets, in: duration)
    }
  }
}

/// Dial-in hosts: how the cost of a packet and the memory of a host grow with their number.
enum ForwardingStar {
  static func measure(_ plan: BenchmarkPlan) throws -> [Measurement] {
    let sizes = plan.isQuick ? [1_000, 10_000] : [1_000, 10_000, 50_000]
    // The same number of packets at every size, so that the sizes differ in nothing else.
    let medians = try plan.medians(
      sizes.map { hosts in { try rate(hosts: hosts, packets: max(10, 100_000 / hosts)) } })
    return try zip(sizes, medians).flatMap { hosts, median in
      [
        Measurement(
          figure: "star of \(hosts)", unit: "delivered/s", ours: median,
          bounds: [.limit("star of \(sizes[0])", medians[0], atLeast: hosts == sizes[0] ? nil : 1 / 1.3)]),
        Measurement(
          figure: "star of \(hosts)", unit: "hosts/MiB", ours: try hostsInMebibyte(hosts), bounds: [.target(512)]),
      ]
    }
  }

  private static func rate(hosts: Int, packets: Int) throws -> Double {
    let configuration = ForwardingWorld.star(hosts: hosts, packets: packets)
    var world = try World(configuration, journal: JournalWriter(detail: .nothing) { _ in })
    let duration = try ContinuousClock().measure { _ = try world.run() }
    guard world.deliveredCount == UInt64(hosts * packets) else { throw SidesDisagree(figure: "star of \(hosts)") }
    return BenchmarkPlan.rate(of: hosts * packets, in: duration)
  }

  /// The concentrators, the links and the lines of traffic are counted with the hosts.
  private static func hostsInMebibyte(_ hosts: Int) throws -> Double {
    let configuration = ForwardingWorld.star(hosts: hosts)
    let before = limits_heap_in_use()
    let world = try World(configuration, journal: JournalWriter(detail: .nothing) { _ in })
    let after = limits_heap_in_use()
    return withExtendedLifetime((world, configuration)) { Double(hosts) * 1_048_576 / Double(after - before) }
  }
}
