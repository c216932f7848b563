import Journal
import JournalSamples
import Testing
import Units

private struct Refused: Error {}

@Suite struct JournalWriterTests {
  @Test func theDigestIsIndependentOfTheSink() throws {
    let journal = SampleJournal(seed: 3, entries: 10_000)
    var batches = 0
    let counted = try journal.write { _ in batches += 1 }
    let dropped = try journal.write { _ in }
    #expect(counted == dropped)
    #expect(batches == 3)
  }

  @Test func aSinkThatFailsIsAskedOnce() throws {
    var asked = 0
    #expect(throws: Refused.self) {
      _ = try SampleJournal(seed: 3, entries: 10_000).write { _ in
        asked += 1
        throw Refused()
      }
    }
    #expect(asked == 1)
  }

  @Test func batchesHoldWhatWasAppended() throws {
    var batches: [JournalBatch] = []
    _ = try SampleJournal(seed: 5, entries: 5_000).write { batches.append($0) }
    #expect(batches.map { $0.entries.count } == [4_096, 904])
    #expect(batches.map { $0.isLast } == [false, true])
    let ids = batches.flatMap { $0.entries.map { $0.id.rawValue } }
    #expect(ids == Array(1...5_000))
    for batch in batches {
      for stored in batch.entries {
        let entry = try batch.entry(stored)
        #expect(entry.event.kind == stored.kind)
        #expect(entry.event.packet == stored.packet)
      }
    }
    let packets = batches.flatMap { $0.packets.map { $0.id.rawValue } }
    #expect(packets == Array(1...UInt64(packets.count)))
  }

  @Test func anyChangeChangesTheDigest() throws {
    let journal = SampleJournal(seed: 9, entries: 4_500)
    let digest = try journal.write { _ in }
    for entry in [1, 4_096, 4_097, 4_499] as [UInt64] {
      let changed = try journal.write(to: { _ in }) { $0.rawValue == entry ? .run(.inserted(text: "x")) : nil }
      #expect(changed != digest, "entry \(entry)")
    }
    #expect(try SampleJournal(seed: 10, entries: 4_500).write { _ in } != digest)
  }

  @Test func levelsOfDetailKeepTheChainOfCauses() throws {
    let crossing = Event.packet(
      .transmitted(
        PacketVersion(PacketID(1), timeToLive: 64), link: LinkID(0), from: NodeID(0), to: NodeID(1), arrival: .zero))
    for (detail, expected) in [(RunDescription.Detail.everything, 3 as UInt64), (.summaries, 2), (.nothing, 1)] {
      var writer = JournalWriter(detail: detail) { _ in }
      let began = writer.append(.run(.began), at: .zero, node: .run, cause: nil)
      let crossed = writer.append(crossing, at: .zero, node: NodeID(0), cause: began)
      let last = writer.append(.application(.completed(FlowID(0))), at: .zero, node: NodeID(0), cause: crossed)
      #expect(last == EntryID(expected), "\(detail)")
      #expect(writer.lastEntry == expected)
    }
  }

  /// Made by this very test when the format was fixed. A change here breaks every recording's digest.
  @Test func goldenDigest() throws {
    var writer = JournalWriter(detail: .everything) { _ in }
    let began = writer.append(.run(.began), at: .zero, node: .run, cause: nil)
    let packet = writer.store([0x45, 0, 0, 20], creator: NodeID(1), parents: [])
    let second = writer.store([0x45, 1], creator: NodeID(2), parents: [packet])
    let sent = writer.append(
      .packet(.originated(packet, flow: FlowID(0))), at: Instant(nanoseconds: 300), node: NodeID(1), cause: began)
    writer.append(
      .packet(.dropped(PacketVersion(second, timeToLive: 1), reason: .timeToLiveExceeded, detail: "")),
      at: Instant(nanoseconds: 70_000), node: NodeID(2), cause: sent)
    let digest = try writer.finish()
    #expect(digest.description == "490844938f8458c73b45e81d5c09cfe1021f609290363702a95c7f672ab8d332")
    #expect(JournalDigest(digest.description) == digest)
    #expect(JournalDigest("00") == nil)
  }
}
