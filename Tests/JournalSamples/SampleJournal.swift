import Journal
import Units

/// A journal of random events, the same for the same seed: entries follow from earlier ones, packets are made of earlier
/// packets, time goes on.
public struct SampleJournal: Sendable {
  public var seed: UInt64
  public var entries: UInt64

  public init(seed: UInt64, entries: UInt64) {
    self.seed = seed
    self.entries = entries
  }

  /// Writes it, ended by the run's end, and gives the digest. `changing` may put another event in place of an entry's.
  public func write(
    to sink: @escaping JournalWriter.Sink, changing: (EntryID) -> Event? = { _ in nil }
  ) throws -> JournalDigest {
    var writer = JournalWriter(detail: .everything, sink: sink)
    var samples = SampleEvents(seed: seed, packets: 1)
    var instant = Instant.zero
    for number in 1..<entries {
      if samples.generator.below(3) == 0 || number == 1 { store(&writer, &samples) }
      instant = instant + SimDuration(nanoseconds: samples.generator.below(1_000))
      let kind = Event.names[Int(samples.generator.below(UInt64(Event.names.count - 3)))].kind
      let cause = samples.generator.boolean() && number > 1 ? 1 + samples.generator.below(number - 1) : nil
      guard let event = samples.event(kind: kind) else { continue }
      writer.append(
        changing(EntryID(number)) ?? event, at: instant, node: NodeID(UInt32(samples.generator.below(5))),
        cause: cause.map { EntryID($0) })
    }
    writer.append(.run(.ended(.quiet)), at: instant, node: .run, cause: nil)
    return try writer.finish()
  }

  private func store(_ writer: inout JournalWriter, _ samples: inout SampleEvents) {
    let parents = writer.lastPacket > 0 && samples.generator.boolean() ? [samples.packet()] : []
    let octets = samples.generator.octets(0...120)
    samples.packets =
      writer.store(octets, creator: NodeID(UInt32(samples.generator.below(5))), parents: parents).rawValue
  }

  /// A description that fits.
  public var description: RunDescription {
    RunDescription(
      scenario: "sample", summary: "Random events.", path: "sample.lockstep.yml", source: "nodes: {}\n", seed: seed,
      program: "test", detail: .everything,
      nodes: [.init(name: "alice", kind: "host", interfaces: [], policies: [])], links: [],
      flows: [.init(name: "ping", from: "alice", to: "bob", kind: "ping")], defaults: [])
  }
}
