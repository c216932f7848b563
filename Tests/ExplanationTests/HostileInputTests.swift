import Inspection
import Journal
import Recording
import Testing
import Units
import Wire

@testable import Explanation

/// Views of octets and names that somebody made up. The seed that reproduces a failure is in its message.
@Suite("Views of hostile input")
struct HostileInputTests {
  /// SplitMix64: enough for tests, and the same everywhere.
  struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  private func isSafe(_ text: String) -> Bool { text.utf8.allSatisfy { 0x20...0x7E ~= $0 } }

  @Test("packets with octets changed at random have a summary, layers and a hex view without control characters")
  func packets() throws {
    let reader = try RealRun.branchOffice.get()
    let keys = try KeyRing(reader)
    let last = try reader.lastPacket().rawValue
    for seed in UInt64(1)...300 {
      var generator = Generator(state: seed)
      var bytes = try reader.packet(PacketID(UInt64.random(in: 1...last, using: &generator))).bytes
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      bytes.removeLast(Int.random(in: 0...min(40, bytes.count - 1), using: &generator))
      #expect(isSafe(Style.ascii.show(PacketSummary(bytes).line)), "seed \(seed)")
      var inspector = FrameInspector(keys: keys)
      let report = inspector.inspect(bytes, linkType: .raw, into: FrameReport(number: 1, length: bytes.count))
      let tree = LayerTree(LayerTree.Options(explains: true), style: .ascii).lines(report)
      #expect(tree.allSatisfy(isSafe), "seed \(seed)")
    }
  }

  @Test("ladders of any width, any names and any columns are drawn")
  func ladders() {
    for seed in UInt64(1)...300 {
      var generator = Generator(state: seed)
      let count = Int.random(in: 0...30, using: &generator)
      let names = (0..<count).map { _ in String(repeating: "n", count: Int.random(in: 0...40, using: &generator)) }
      let rows = (0..<20).compactMap { _ in row(count, &generator) }
      let width = Int.random(in: -1...200, using: &generator)
      let canvas = LadderCanvas(names: names, width: width, style: .ascii, rows: rows)
      #expect(([canvas.header] + rows.flatMap { canvas.lines($0) }).allSatisfy(isSafe), "seed \(seed)")
    }
  }

  private func row(_ count: Int, _ generator: inout Generator) -> LadderRow? {
    guard count > 0 else { return nil }
    let from = Int.random(in: 0..<count, using: &generator)
    let to = Int.random(in: 0..<count, using: &generator)
    let shape: LadderRow.Shape =
      from == to
      ? .note(at: from) : Bool.random(using: &generator) ? .arrow(from: from, to: to) : .lost(from: from, to: to)
    let label = String(repeating: "\u{1B}→x", count: Int.random(in: 0...60, using: &generator))
    return LadderRow(
      shape: shape, instant: Instant(nanoseconds: generator.next()), entry: EntryID(1), label: label)
  }

  @Test("entries that name nodes, links, flows and exchanges that do not exist have sentences all the same")
  func danglingNames() throws {
    let narrator = Narrator(RunGlossary(SmallRun.description), style: .ascii) { _ in [0xFF] }
    for kind in Event.names.map(\.kind) {
      for seed in UInt64(1)...40 {
        var generator = Generator(state: seed)
        let body = (0..<Int.random(in: 0...24, using: &generator)).map { _ in UInt8(generator.next() % 0x80) }
        guard let event = try? Event(kind: kind, body: body) else { continue }
        let entry = Entry(
          id: EntryID(1), instant: .distantFuture, node: NodeID(UInt32(generator.next() % 9)), cause: nil, event: event)
        #expect(isSafe(narrator.line(entry)), "kind \(kind), seed \(seed)")
        var account = RunAccount(SmallRun.description)
        account.add(entry)
        #expect(account.lines(.ascii).allSatisfy(isSafe), "kind \(kind), seed \(seed)")
      }
    }
  }

  @Test("a flood of faults and of nodes does not fill the account")
  func flood() {
    var account = RunAccount(SmallRun.description)
    for number in UInt32(0)..<500 {
      let version = PacketVersion(PacketID(1), timeToLive: 1)
      let dropped = Event.packet(.dropped(version, reason: .noRoute, detail: ""))
      let abandoned = Event.exchange(.abandoned(ExchangeID(number), why: "fault \(number)"))
      for (node, event) in [(NodeID(number), dropped), (SmallRun.fwA, abandoned)] {
        account.add(Entry(id: EntryID(1), instant: .zero, node: node, cause: nil, event: event))
      }
    }
    #expect(account.failures.count == 65 && account.failures.last?.count == 436)
    let lines = account.lines()
    #expect(lines.contains("  … and 480 more") && lines.count < 60)
  }

  @Test("a hostile name of a tap stays inside its folder")
  func tapNames() throws {
    let folder = ExportFolder.safeName("../" + String(repeating: "x", count: 500))
    #expect(folder.count <= 101 && !folder.contains("/"))
  }
}
