import Journal
import JournalSamples
import Testing
import Units

@testable import Recording

@Suite struct VerifierTests {
  private let journal = SampleJournal(seed: 21, entries: 5_000)

  private func verify(
    _ journal: SampleJournal, _ workspace: Workspace, changing: (EntryID) -> Event? = { _ in nil }
  ) throws -> RunVerifier.Outcome {
    let verifier = try RunVerifier(try workspace.open(.readOnly).reader(of: RunNumber(1)))
    let digest = try journal.write(to: { try verifier.append($0) }, changing: changing)
    return try verifier.finish(digest)
  }

  @Test func theSameRunIsTheSame() throws {
    let workspace = try Workspace()
    let run = try workspace.record(journal)
    let outcome = try verify(journal, workspace)
    #expect(outcome == .init(difference: nil, entries: 5_000, packets: run.packets, isComplete: true))
    #expect(outcome.isSame)
  }

  @Test(arguments: [1, 4_096, 4_097] as [UInt64]) func theFirstEntryThatDiffersIsNamed(_ id: UInt64) throws {
    let workspace = try Workspace()
    try workspace.record(journal)
    let outcome = try verify(journal, workspace) { $0.rawValue >= id ? .run(.inserted(text: "here")) : nil }
    let recorded = try workspace.open(.readOnly).reader(of: RunNumber(1)).entry(EntryID(id))
    guard case .entry(EntryID(id), recorded: recorded, let other?) = outcome.difference else {
      Issue.record("\(String(describing: outcome.difference))")
      return
    }
    #expect(other.event == .run(.inserted(text: "here")))
    #expect(other.instant == recorded.instant)
    #expect(outcome.entries == id - 1)
  }

  @Test func oneBitInAPacketIsFound() throws {
    let workspace = try Workspace()
    try workspace.record(journal)
    let appended = try Appended(journal)
    let packet = try #require(appended.packets.first { $0.id.rawValue > 1_000 && !$0.bytes.isEmpty })
    try workspace.execute(
      "UPDATE packets SET bytes = zeroblob(length(bytes)) WHERE key = \(RowKey.key(RunNumber(1), packet.id.rawValue))")
    let outcome = try verify(journal, workspace)
    var recorded = packet
    recorded.bytes = [UInt8](repeating: 0, count: packet.bytes.count)
    #expect(outcome.difference == .packet(packet.id, recorded: recorded, other: packet))
  }

  @Test func aChangedDigestIsFound() throws {
    let workspace = try Workspace()
    let run = try workspace.record(journal)
    try workspace.execute("UPDATE runs SET digest = zeroblob(32)")
    #expect(try verify(journal, workspace).difference == .digest(recorded: .empty, other: run.digest))
  }

  @Test func aLongerAndAShorterRun() throws {
    let workspace = try Workspace()
    try workspace.record(journal)
    let reader = try workspace.open(.readOnly).reader(of: RunNumber(1))
    // The shorter journal ends where the longer one goes on.
    guard
      case .entry(EntryID(4_500), recorded: let recorded?, other: let other?) = try verify(
        SampleJournal(seed: 21, entries: 4_500), workspace
      ).difference
    else {
      Issue.record("no difference at the shorter end")
      return
    }
    #expect(recorded == (try reader.entry(EntryID(4_500))))
    #expect(other.event == .run(.ended(.quiet)))
    let longer = try verify(SampleJournal(seed: 21, entries: 5_200), workspace)
    guard case .entry(EntryID(5_000), _, _) = longer.difference else {
      Issue.record("\(String(describing: longer.difference))")
      return
    }
  }

  @Test func ofAnInterruptedRunWhatIsStoredIsCompared() throws {
    let workspace = try Workspace()
    let helper = try Helper.run(["record", workspace.path(), "100000", "3"])
    #expect(helper.reason == .uncaughtSignal)
    let outcome = try verify(SampleJournal(seed: 7, entries: 100_000), workspace)
    #expect(outcome.isSame)
    #expect(!outcome.isComplete)
    #expect(outcome.entries == 8_192 || outcome.entries == 12_288)
  }

  @Test func twoStoredRuns() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try workspace.record(journal, in: store)
    try workspace.record(journal, in: store)
    try workspace.record(journal, in: store) { $0 == EntryID(4_700) ? .run(.inserted(text: "x")) : nil }
    try workspace.record(SampleJournal(seed: 22, entries: 5_000), in: store)
    let readers = try (1...4 as ClosedRange<UInt32>).map { try store.reader(of: RunNumber($0)) }
    #expect(try readers[0].firstDifference(with: readers[1]) == nil)
    #expect(
      try readers[0].firstDifference(with: readers[2])
        == .entry(
          EntryID(4_700), recorded: try readers[0].entry(EntryID(4_700)), other: try readers[2].entry(EntryID(4_700))))
    #expect(try readers[0].firstDifference(with: readers[3]) != nil)
    let packet = try readers[1].packet(PacketID(500))
    try workspace.execute("UPDATE packets SET creator = 77 WHERE key = \(RowKey.key(RunNumber(2), 500))")
    var changed = packet
    changed.creator = NodeID(77)
    #expect(
      try readers[0].firstDifference(with: readers[1]) == .packet(PacketID(500), recorded: packet, other: changed))
  }
}
