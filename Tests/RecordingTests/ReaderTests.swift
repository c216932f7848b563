import Foundation
import Journal
import JournalSamples
import Testing
import Units

@testable import Recording

@Suite struct ReaderTests {
  /// A journal, and the file that it was recorded in; every test has a copy of its own.
  private static let fixture = Result {
    let journal = SampleJournal(seed: 11, entries: 9_000)
    let workspace = try Workspace()
    try workspace.record(journal)
    return (file: try workspace.read(), appended: try Appended(journal))
  }

  private let workspace: Workspace
  private let reader: RunReader
  private let appended: Appended

  init() throws {
    let fixture = try Self.fixture.get()
    workspace = try Workspace()
    try workspace.write(fixture.file)
    reader = try workspace.open(.readOnly).reader(of: RunNumber(1))
    appended = fixture.appended
  }

  @Test func entriesOneByOne() throws {
    for id in [1, 2, 4_096, 4_097, 8_999, 9_000] as [UInt64] {
      #expect(try reader.entry(EntryID(id)) == appended.entries[Int(id) - 1])
    }
    for id in [0, 9_001, .max] as [UInt64] {
      #expect(
        workspace.refusal { _ = try reader.entry(EntryID(id)) } == """
          runs.sqlite: error: run 1 has no entry \(id); expected a number from 1 to 9000; `lockstep inspect 1` shows the entries
          """)
    }
    #expect(
      workspace.refusal { _ = try reader.packet(PacketID(99_999)) }?.contains("run 1 has no packet 99999") == true)
  }

  @Test func rangesAndFilters() throws {
    let part = EntryID(100)...EntryID(5_000)
    let inside = appended.entries[99...4_999]
    let filters: [(EntryFilter, (Entry) -> Bool)] = [
      (.all, { _ in true }), (EntryFilter(nodes: [NodeID(1), NodeID(3)]), { [1, 3].contains($0.node.rawValue) }),
      (EntryFilter(kinds: Event.kinds(named: "packet.dropped")), { $0.event.name == "packet.dropped" }),
      (EntryFilter(kinds: []), { _ in false }),
      (EntryFilter(packet: PacketID(20)), { $0.event.packet == PacketID(20) }),
      (EntryFilter(cause: EntryID(300)), { $0.cause == EntryID(300) }),
    ]
    for (filter, holds) in filters {
      #expect(try reader.entries(part, matching: filter) == inside.filter(holds), "\(filter)")
      #expect(
        try reader.entries(part, matching: filter, limit: 2) == Array(inside.filter(holds).prefix(2)), "\(filter)")
      #expect(try reader.next(after: EntryID(400), matching: filter) == appended.entries[400...].first(where: holds))
      #expect(
        try reader.previous(before: EntryID(400), matching: filter) == appended.entries[..<399].last(where: holds))
    }
  }

  @Test func moments() throws {
    let some = appended.entries[3_000].instant
    let later = appended.entries[6_000].instant
    let found = try reader.entries(matching: EntryFilter(earliest: some, latest: later))
    #expect(found == appended.entries.filter { $0.instant >= some && $0.instant <= later })
    #expect(try reader.entries(matching: EntryFilter(earliest: .distantFuture)) == [])
    #expect(try reader.entries(matching: EntryFilter(latest: .distantFuture)).count == 9_000)
  }

  @Test func flows() throws {
    var flows: [PacketID: FlowID] = [:]
    for entry in appended.entries {
      if case .packet(.originated(let packet, let flow?)) = entry.event { flows[packet] = flow }
    }
    for packet in appended.packets where flows[packet.id] == nil {
      flows[packet.id] = packet.parents.lazy.compactMap { flows[$0] }.first
    }
    #expect(flows.count > 100)
    #expect(try appended.packets.filter { try reader.flow(of: $0.id) != flows[$0.id] } == [])
    for flow in [FlowID(0), FlowID(2), FlowID(77)] {
      let expected = appended.entries.filter { entry in
        if case .application(let event) = entry.event, let own = event.flow { return own == flow }
        return entry.event.packet.flatMap { flows[$0] } == flow
      }
      #expect(try reader.entries(matching: EntryFilter(flow: flow)) == expected)
    }
  }

  @Test func causesAndChildren() throws {
    for id in [9_000, 8_888, 5_000, 1] as [UInt64] {
      var expected = [appended.entries[Int(id) - 1]]
      while let cause = expected.last?.cause { expected.append(appended.entries[Int(cause.rawValue) - 1]) }
      #expect(try reader.causes(of: EntryID(id)) == expected)
      #expect(try reader.causes(of: EntryID(id), limit: 1).count == 1)
      #expect(try reader.children(of: EntryID(id)) == appended.entries.filter { $0.cause == EntryID(id) })
    }
  }

  @Test func othersMayBeReadDuringAWalk() throws {
    var causes = 0
    try reader.walk(EntryID(1)...EntryID(500)) { entry in
      if let cause = entry.cause {
        #expect(try reader.entry(cause) == appended.entries[Int(cause.rawValue) - 1])
        causes += 1
      }
      _ = try reader.entries(EntryID(1)...EntryID(3))
      return .on
    }
    #expect(causes > 100)
  }

  @Test func stateIsTheFoldFromTheBeginning() throws {
    var generator = SampleGenerator(seed: 5)
    let wanted = Set((0..<20).map { _ in 1 + generator.below(9_000) } + [1, 4_095, 4_096, 4_097, 8_192, 9_000])
    var state = WorldState()
    #expect(try reader.state(at: EntryID(0)) == state)
    for entry in appended.entries {
      state.apply(entry)
      if wanted.contains(entry.id.rawValue) {
        #expect(try reader.state(at: entry.id) == state, "entry \(entry.id.rawValue)")
      }
    }
    #expect(workspace.refusal { _ = try reader.state(at: EntryID(9_001)) }?.contains("has no entry 9001") == true)
  }

  @Test func aSnapshotStandsForWhatWasBefore() throws {
    let state = try reader.state(at: EntryID(8_500))
    try workspace.execute("DELETE FROM entries WHERE key <= \(RowKey.key(RunNumber(1), 8_192))")
    #expect(try workspace.open(.readOnly).reader(of: RunNumber(1)).state(at: EntryID(8_500)) == state)
  }

  @Test func aSnapshotThatCannotBeReadIsPassedOver() throws {
    let state = try reader.state(at: EntryID(8_500))
    try workspace.execute("UPDATE snapshots SET state = x'01ff'")
    #expect(try workspace.open(.readOnly).reader(of: RunNumber(1)).state(at: EntryID(8_500)) == state)
  }

  @Test(arguments: [
    ("body = x'05'", "the entry's body ends or is damaged at octet 1; expected a truth value"),
    ("body = 'text'", "a column has a wrong type"), ("time = 'noon'", "a column has a wrong type"),
    ("node = -1", "its node is none"), ("kind = 70000", "its kind is none"),
    ("cause = 77", "its cause is not an earlier entry"), ("cause = -1", "its cause is not an earlier entry"),
    ("packet = 3", "the entry's body ends or is damaged at octet 0; expected the packet of its row"),
  ]) func damagedEntriesAreNamed(_ damage: (sql: String, text: String)) throws {
    let key = RowKey.key(RunNumber(1), 77)
    try workspace.execute(
      "UPDATE entries SET kind = 257, packet = 5, body = x'0500' WHERE key = \(key); UPDATE entries SET \(damage.sql) WHERE key = \(key)"
    )
    let text = """
      runs.sqlite: error: entry 77 of run 1 is damaged (\(damage.text)); expected what Lockstep wrote; restore a copy, or \
      record the run again; the file was left as it is
      """
    let reader = try workspace.open(.readOnly).reader(of: RunNumber(1))
    #expect(workspace.refusal { _ = try reader.entry(EntryID(77)) } == text)
    #expect(workspace.refusal { try reader.walk { _ in .on } } == text)
    #expect(try reader.entry(EntryID(78)) == appended.entries[77])
  }

  @Test func missingRowsAreNamed() throws {
    try workspace.execute("DELETE FROM entries WHERE key = \(RowKey.key(RunNumber(1), 50))")
    try workspace.execute("DELETE FROM packets WHERE key = \(RowKey.key(RunNumber(1), 6))")
    let reader = try workspace.open(.readOnly).reader(of: RunNumber(1))
    let entry = "runs.sqlite: error: entry 50 of run 1 is damaged (its row is missing)"
    let packet = "runs.sqlite: error: packet 6 of run 1 is damaged (its row is missing)"
    #expect(workspace.refusal { _ = try reader.entry(EntryID(50)) }?.hasPrefix(entry) == true)
    #expect(workspace.refusal { try reader.walk { _ in .on } }?.hasPrefix(entry) == true)
    #expect(workspace.refusal { _ = try reader.packet(PacketID(6)) }?.hasPrefix(packet) == true)
    #expect(workspace.refusal { _ = try reader.flow(of: PacketID(1)) }?.hasPrefix(packet) == true)
  }

  @Test func damagedPacketsAreNamed() throws {
    for (sql, detail) in [
      ("parents = x'80'", "the entry's body ends or is damaged at octet 1; expected a number"),
      ("parents = x'09'", "a parent is not an earlier packet"), ("bytes = 5", "a column has a wrong type"),
      ("creator = -5", "its creator is none"),
    ] {
      let workspace = try Workspace()
      try workspace.record(SampleJournal(seed: 1, entries: 200))
      try workspace.execute("UPDATE packets SET \(sql) WHERE key = \(RowKey.key(RunNumber(1), 7))")
      let reader = try workspace.open(.readOnly).reader(of: RunNumber(1))
      #expect(
        workspace.refusal { _ = try reader.packet(PacketID(7)) } == """
          runs.sqlite: error: packet 7 of run 1 is damaged (\(detail)); expected what Lockstep wrote; restore a copy, or \
          record the run again; the file was left as it is
          """)
    }
  }

  @Test func aDamagedRunIsNamed() throws {
    try workspace.execute("UPDATE runs SET digest = x'00'")
    #expect(
      workspace.refusal { _ = try workspace.open(.readOnly).runs() } == """
        runs.sqlite: error: run 1 is damaged (its digest is not 32 octets); expected what Lockstep wrote; restore a copy, or \
        record the run again; the file was left as it is
        """)
    try workspace.execute("UPDATE runs SET digest = zeroblob(32), description = x'7b'")
    let reader = try workspace.open(.readOnly).reader(of: RunNumber(1))
    #expect(workspace.refusal { _ = try reader.description() }?.contains("its description cannot be read") == true)
  }

  @Test func hopsSeeTheirTimeToLive() throws {
    // RFC 791 header of 20 octets, TTL 64, checksum right: made by hand.
    let stored: [UInt8] = [0x45, 0, 0, 20, 0, 1, 0, 0, 64, 1, 0x66, 0xE6, 10, 1, 0, 1, 10, 0, 0, 1]
    #expect(PacketVersion(PacketID(1), timeToLive: 64).bytes(of: stored) == stored)
    for timeToLive in 0...255 as ClosedRange<UInt8> {
      let seen = PacketVersion(PacketID(1), timeToLive: timeToLive).bytes(of: stored)
      #expect(seen[8] == timeToLive)
      var sum = stride(from: 0, to: 20, by: 2).reduce(0) { $0 + Int(seen[$1]) << 8 + Int(seen[$1 + 1]) }
      while sum > 0xFFFF { sum = sum & 0xFFFF + sum >> 16 }
      #expect(sum == 0xFFFF, "TTL \(timeToLive)")
    }
    let v6 = [0x60] + [UInt8](repeating: 0, count: 39)
    #expect(PacketVersion(PacketID(1), timeToLive: 9).bytes(of: v6)[7] == 9)
    for short in [
      [], [0x45], [UInt8](repeating: 0x45, count: 19), [0x60, 1], [0x15] + [UInt8](repeating: 0, count: 60),
    ] {
      #expect(PacketVersion(PacketID(1), timeToLive: 9).bytes(of: short) == short)
    }
  }
}
