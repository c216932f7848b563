import Foundation
import Journal
import Recording
import Units

extension BenchmarkSection {
  /// Recording, against the bare SQLite library with the same tables, pragmas and rows.
  static let recording = BenchmarkSection(
    name: "recording",
    summary: """
      Recording: entries of a fixed size from batches of the journal into a file of SQLite, state folded and counts kept.
      The limit binds and steps the same rows through SQLite's C interface, 10,000 a transaction, and does nothing else: one row a
      statement on the one thread, where ours inserts sixteen a statement on a thread of its own, beside the journal's.
      """,
    measure: { plan in
      try [200, 600].map { try RecordingBench(octets: $0, isQuick: plan.isQuick).measure(plan) }
        + [RecordingBench(datagrams: plan.isQuick ? 10_000 : 20_000).measure(plan)]
        + RecordingBench(octets: 40, entries: 1_000_000).measureReading(plan)
    })
}

struct RecordingBench {
  let name: String
  let batches: [JournalBatch]
  let digest: JournalDigest

  init(octets: Int, isQuick: Bool) throws {
    try self.init(octets: octets, entries: (isQuick ? 30 : 60) * UInt64(JournalWriter.batchSize))
  }

  init(octets: Int, entries: UInt64) throws {
    name = "\(octets) octets"
    var batches: [JournalBatch] = []
    var writer = JournalWriter(detail: .everything) { batches.append($0) }
    let body = [UInt8](repeating: 0x5A, count: octets)
    for number in 0..<entries {
      writer.append(
        .unknown(kind: 0x0901, body: body), at: Instant(nanoseconds: number * 1_000),
        node: NodeID(UInt32(number % 100)), cause: number > 5 ? EntryID(number - 5) : nil)
    }
    digest = try writer.finish()
    self.batches = batches
  }

  /// What a protected datagram leaves behind on its way over six links: two packets and eleven entries, three of which
  /// change the state of the world.
  init(datagrams: UInt64) throws {
    name = "ESP traffic"
    var batches: [JournalBatch] = []
    var writer = JournalWriter(detail: .everything) { batches.append($0) }
    let association = AssociationName(protocolNumber: 50, spi: 0x1000, destination: [192, 0, 2, 1])
    for number in 0..<datagrams {
      let instant = Instant(nanoseconds: number * 1_000_000)
      let sequence = UInt32(truncatingIfNeeded: number + 1)
      let inner = writer.store([UInt8](repeating: 0x45, count: 512), creator: NodeID(0), parents: [])
      let outer = writer.store([UInt8](repeating: 0x46, count: 568), creator: NodeID(1), parents: [inner])
      let crossings = (0..<6 as Range<UInt32>).map { hop in
        Self.crossing(hop == 0 || hop == 5 ? inner : outer, hop, arrival: instant)
      }
      let ends: [Event] = [
        .packet(.originated(inner, flow: FlowID(0))),
        .security(.policyMatched(inner, direction: .outbound, index: 1, policy: "to the branch", verdict: .apply)),
        .security(.sealed(inner, into: outer, association: association, sequenceNumber: sequence)),
        .security(
          .opened(outer, into: inner, association: association, sequenceNumber: sequence, windowTop: sequence)),
        .packet(.delivered(PacketVersion(inner, timeToLive: 60), protocolNumber: 17)),
      ]
      var cause: EntryID?
      for event in Array(ends[..<3]) + crossings + Array(ends[3...]) {
        cause = writer.append(event, at: instant, node: NodeID(UInt32(number % 7)), cause: cause)
      }
    }
    digest = try writer.finish()
    self.batches = batches
  }

  private static func crossing(_ packet: PacketID, _ hop: UInt32, arrival: Instant) -> Event {
    let version = PacketVersion(packet, timeToLive: 64 - UInt8(hop))
    return .packet(
      .transmitted(version, link: LinkID(hop), from: NodeID(hop), to: NodeID(hop + 1), arrival: arrival))
  }

  private var count: Int { batches.reduce(0) { $0 + $1.entries.count } }

  func measure(_ plan: BenchmarkPlan) throws -> Measurement {
    var rows = [0, 0]
    let medians = try plan.medians([{ try ours(&rows[0]) }, { try bare(&rows[1]) }])
    guard rows[0] == rows[1] else { throw SidesDisagree(figure: name) }
    return Measurement(
      figure: name, unit: "entries/s", ours: medians[0],
      bounds: [.limit("SQLite's C interface", medians[1], atLeast: 0.85)])
  }

  private func ours(_ rows: inout Int) throws -> Double {
    try Self.inFolder { folder in
      let store = try Store.open(path: folder + "/ours.sqlite", mode: .create)
      let recorder = try store.record(Self.description, createdAt: 0)
      let duration = try ContinuousClock().measure {
        for batch in batches { try recorder.append(batch) }
        try recorder.finish(digest)
      }
      rows = try store.run(recorder.run).entries == UInt64(count) ? count : -1
      try store.close()
      return BenchmarkPlan.rate(of: count, in: duration)
    }
  }

  private func bare(_ rows: inout Int) throws -> Double {
    try Self.inFolder { folder in
      let limit = try RecordingLimit(path: folder + "/bare.sqlite")
      let duration = try ContinuousClock().measure { try limit.insert(batches) }
      rows = try limit.count()
      return BenchmarkPlan.rate(of: count, in: duration)
    }
  }

  /// A run of a million entries: opened anew each time up to the state in its middle, and read at random.
  func measureReading(_ plan: BenchmarkPlan) throws -> [Measurement] {
    try Self.inFolder { folder in
      let store = try Store.open(path: folder + "/ours.sqlite", mode: .create)
      let recorder = try store.record(Self.description, createdAt: 0)
      for batch in batches { try recorder.append(batch) }
      try recorder.finish(digest)
      try store.close()
      let medians = try plan.medians([{ try opens(folder + "/ours.sqlite") }, { try lookUps(folder + "/ours.sqlite") }])
      return [
        Measurement(figure: "million opened", unit: "opens/s", ours: medians[0], bounds: [.target(1)]),
        Measurement(figure: "any of a million", unit: "entries/s", ours: medians[1], bounds: [.target(1_000)]),
      ]
    }
  }

  private func opens(_ path: String) throws -> Double {
    let duration = try ContinuousClock().measure {
      for _ in 0..<10 {
        let store = try Store.open(path: path, mode: .readOnly)
        let reader = try store.reader(of: try store.lastRun())
        _ = try reader.state(at: EntryID(UInt64(count / 2)))
        try store.close()
      }
    }
    return BenchmarkPlan.rate(of: 10, in: duration)
  }

  private func lookUps(_ path: String) throws -> Double {
    let store = try Store.open(path: path, mode: .readOnly)
    let reader = try store.reader(of: try store.lastRun())
    let duration = try ContinuousClock().measure {
      for number in 0..<20_000 as Range<UInt64> { _ = try reader.entry(EntryID(1 + number * 7_919 % UInt64(count))) }
    }
    try store.close()
    return BenchmarkPlan.rate(of: 20_000, in: duration)
  }

  static func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let name = "lockstep-bench-\(UUID().uuidString)"
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  static let description = RunDescription(
    scenario: "bench", summary: "", path: "", source: "", seed: 1, program: "bench", detail: .everything, nodes: [],
    links: [], flows: [], defaults: [])
}
