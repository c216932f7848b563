import Foundation
import GRDB
import Journal
import JournalSamples
import Testing
import Units

@testable import Recording

@Suite struct RecorderTests {
  @Test(arguments: [1, 2, 4_095, 4_096, 4_097] as [UInt64]) func whatIsWrittenIsRead(_ count: UInt64) throws {
    let workspace = try Workspace()
    let journal = SampleJournal(seed: count, entries: count)
    let summary = try workspace.record(journal)
    let appended = try Appended(journal)
    #expect(summary.state == .complete)
    #expect(summary.entries == count)
    #expect(summary.packets == UInt64(appended.packets.count))
    #expect(summary.digest == appended.digest)
    #expect(summary.end == .quiet)
    #expect(summary.createdAt == 1_234)
    #expect(summary.seed == count)
    #expect(summary.lastInstant == appended.entries.last?.instant)

    let store = try workspace.open(.readOnly)
    let reader = try store.reader(of: try store.lastRun())
    #expect(try reader.description() == journal.description)
    #expect(try reader.entries() == appended.entries)
    for packet in appended.packets.prefix(300) { #expect(try reader.packet(packet.id) == packet) }
  }

  @Test func runsLieBesideEachOther() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    for seed in 1...3 as ClosedRange<UInt64> {
      try workspace.record(SampleJournal(seed: seed, entries: 100 * seed), in: store)
    }
    let forked = try store.record(
      SampleJournal(seed: 4, entries: 1).description, createdAt: 9, parent: RunNumber(2), inserts: [1, 2, 3])
    try forked.abandon()
    #expect(try store.runs().map { $0.number.rawValue } == [1, 2, 3, 4])
    #expect(try store.runs().map { $0.entries } == [100, 200, 300, 0])
    #expect(try store.runs().map { $0.parent } == [nil, nil, nil, RunNumber(2)])
    #expect(try store.reader(of: RunNumber(4)).inserts() == [1, 2, 3])
    #expect(try store.run(RunNumber(4)).state == .interrupted)
    for seed in 1...3 as ClosedRange<UInt64> {
      let reader = try store.reader(of: RunNumber(UInt32(seed)))
      #expect(try reader.entries() == Appended(SampleJournal(seed: seed, entries: 100 * seed)).entries)
    }
  }

  @Test func aRunIsReadWhileItIsRecorded() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let journal = SampleJournal(seed: 2, entries: 10_000)
    let recorder = try store.record(journal.description, createdAt: 0)
    let reader = try store.reader(of: recorder.run)
    #expect(reader.summary.state == .recording)
    var seen: [UInt64] = []
    let digest = try journal.write { batch in
      try recorder.append(batch)
      seen.append(try reader.lastEntry().rawValue)
    }
    try recorder.finish(digest)
    #expect(seen.allSatisfy { $0 % 4_096 == 0 || $0 == 10_000 })
    #expect(seen == seen.sorted())
    #expect(try reader.lastEntry() == EntryID(10_000))
  }

  @Test func aFullDiskIsAnErrorAndWhatWasCommittedStays() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try workspace.record(SampleJournal(seed: 1, entries: 100), in: store)
    try store.limitPages(to: 40)
    let journal = SampleJournal(seed: 2, entries: 20_000)
    let recorder = try store.record(journal.description, createdAt: 0)
    let full = """
      runs.sqlite: error: there is no room left on the disk; expected room for the next entries; make room and run again; \
      what was written before stays readable
      """
    #expect(workspace.refusal { _ = try journal.write { try recorder.append($0) } } == full)
    #expect(workspace.refusal { _ = try recorder.finish(.empty) } == full)
    #expect(try store.runs().map { $0.state } == [.complete, .interrupted])
    let reader = try store.reader(of: recorder.run)
    let entries = try reader.entries()
    #expect(!entries.isEmpty && entries.count.isMultiple(of: 4_096))
    #expect(UInt64(entries.count) == reader.summary.entries)
    #expect(try entries == Array(Appended(journal).entries.prefix(entries.count)))
  }

  @Test func aKilledProcessLeavesAnInterruptedRun() throws {
    let workspace = try Workspace()
    let batches = 3
    let helper = try Helper.run(["record", workspace.path(), "100000", "\(batches)"])
    #expect(helper.reason == .uncaughtSignal && helper.status == 9, "\(helper)")
    let store = try workspace.open()
    let run = try #require(try store.runs().first)
    #expect(run.state == .interrupted)
    // The last batch that was handed on may be lost, none before it.
    #expect(run.entries == UInt64(4_096 * batches) || run.entries == UInt64(4_096 * (batches - 1)))
    let reader = try store.reader(of: run.number)
    let appended = try Appended(SampleJournal(seed: 7, entries: 12_288))
    #expect(try reader.entries() == Array(appended.entries.prefix(Int(run.entries))))
    #expect(try reader.lastPacket().rawValue == run.packets)
    // The file goes on to be used.
    try workspace.record(SampleJournal(seed: 1, entries: 10), in: store)
    #expect(try store.runs().map { $0.state } == [.interrupted, .complete])
  }

  @Test func twoProcessesRecordIntoOneFile() throws {
    let workspace = try Workspace()
    try workspace.open().close()
    let other = Process()
    other.executableURL = Helper.executable
    other.arguments = ["record", workspace.path(), "12000", "0"]
    try other.run()
    let store = try workspace.open()
    for seed in 1...3 as ClosedRange<UInt64> {
      try workspace.record(SampleJournal(seed: seed, entries: 4_200), in: store)
    }
    other.waitUntilExit()
    #expect(other.terminationStatus == 0)
    let runs = try store.runs()
    #expect(runs.map { $0.state } == [.complete, .complete, .complete, .complete])
    for run in runs {
      let journal = SampleJournal(seed: run.seed, entries: run.entries)
      #expect(try store.reader(of: run.number).entries() == Appended(journal).entries, "run \(run.number)")
    }
  }

  @Test func aRecorderThatIsLetGoLeavesAnInterruptedRun() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    var recorder: RunRecorder? = try store.record(SampleJournal(seed: 1, entries: 1).description, createdAt: 0)
    #expect(recorder?.run == RunNumber(1))
    #expect(try store.run(RunNumber(1)).state == .recording)
    recorder = nil
    try store.close()
    #expect(try workspace.open(.readOnly).run(RunNumber(1)).state == .interrupted)
  }

  @Test func afterTheEndNothingIsTaken() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let journal = SampleJournal(seed: 1, entries: 10)
    let recorder = try store.record(journal.description, createdAt: 0)
    try recorder.finish(try journal.write { try recorder.append($0) })
    #expect(
      workspace.refusal { _ = try journal.write { try recorder.append($0) } } == """
        runs.sqlite: error: run 1 is over and takes no more entries; expected a run that is being recorded; record a new run
        """)
    let wrong = try store.record(journal.description, createdAt: 0)
    #expect(
      workspace.refusal { _ = try wrong.finish(JournalDigest(bytes: [1])) } == """
        runs.sqlite: error: reading or writing failed (the journal's digest is not that of its batches); expected a file on \
        a disk that works; try again, or name another file with --db
        """)
  }

  @Test func aSummaryAsJSON() throws {
    let summary = RunSummary(
      number: RunNumber(3), scenario: "branch-office", seed: .max, state: .complete, createdAt: 7, parent: RunNumber(1),
      entries: 5, packets: 2, octets: 99, lastInstant: Instant(nanoseconds: 8), digest: .empty, end: .quiet)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(summary), as: UTF8.self)
    #expect(
      text == """
        {"createdAt":7,"digest":"\(String(repeating: "0", count: 64))","end":1,"entries":5,"lastInstant":{"nanoseconds":8},\
        "number":3,"octets":99,"packets":2,"parent":1,"scenario":"branch-office","seed":18446744073709551615,\
        "state":"complete"}
        """)
    #expect(try JSONDecoder().decode(RunSummary.self, from: Data(text.utf8)) == summary)
  }

  @Test func whoWrites() throws {
    let me = WriterIdentity.current()
    #expect(me.isAlive)
    #expect(WriterIdentity(me.text) == me)
    #expect(!WriterIdentity(boot: "another", process: me.process, start: me.start).isAlive)
    #expect(!WriterIdentity(boot: me.boot, process: me.process, start: "0").isAlive)
    #expect(WriterIdentity("nonsense") == nil)
  }

  @Test func theFileStaysSmall() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let recorder = try store.record(SampleJournal(seed: 1, entries: 0).description, createdAt: 0)
    var writer = JournalWriter(detail: .everything) { try recorder.append($0) }
    for number in 0..<3_000 as Range<UInt64> {
      let octets = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 200 + Int(number % 5) * 100)
      let packet = PacketVersion(writer.store(octets, creator: NodeID(0), parents: []), timeToLive: 64)
      for hop in 0..<5 as Range<UInt32> {
        let crossing = PacketEvent.transmitted(
          packet, link: LinkID(hop), from: NodeID(hop), to: NodeID(hop + 1), arrival: Instant(nanoseconds: number << 24)
        )
        writer.append(
          .packet(crossing), at: Instant(nanoseconds: number << 24), node: NodeID(hop), cause: EntryID(number + 1))
      }
    }
    let run = try recorder.finish(try writer.finish())
    try store.close()
    // An entry is its body and 27 octets of columns, a packet its octets and 12.
    let recorded = run.octets + 27 * run.entries + 12 * run.packets
    let size = try UInt64(workspace.read().count)
    #expect(10 * size <= 13 * recorded, "\(size) for \(recorded)")
  }
}
