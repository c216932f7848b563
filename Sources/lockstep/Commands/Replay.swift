import ArgumentParser
import Explanation
import Foundation
import Journal
import Recording
import Units

/// `lockstep replay`: a recorded run from its beginning to its end, an entry a line.
struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell a recorded run again, an entry a line.",
    discussion: """
      Examples:
        lockstep replay last
        lockstep replay last --node fw-a --from 100 --to 200
        lockstep replay last --speed 10
        lockstep replay last --format json
      """)

  @Argument(help: "A run's number, or last.", transform: RunArgument.read) var target: RunArgument
  @Option(help: "Only what happens at this node.") var node: String?
  @Option(help: "Only what belongs to this flow of the scenario's traffic.") var flow: String?
  @Option(help: "The first entry.") var from: UInt64 = 1
  @Option(help: "The last entry.") var to: UInt64?
  @Option(help: "Simulated seconds a second; without it, as fast as can be.") var speed: Double?
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var look: StyleOptions

  func validate() throws {
    guard from > 0 else { throw ValidationError("entries are counted from 1; --from \(from) is none") }
    if let to, to < from { throw ValidationError("--to \(to) lies before --from \(from)") }
    if let speed, !(speed > 0) { throw ValidationError("--speed \(speed) gets nowhere; expected more than 0") }
  }

  func run() throws {
    let reader = try target.reader(in: try database.openForReading())
    let narrator = try Narrator(reader, style: look.style)
    var pace = Pace(speed: speed)
    var isEmpty = true
    try reader.walk(EntryID(from)...EntryID(to ?? .max), matching: try filter(narrator.glossary)) { entry in
      isEmpty = false
      pace.wait(until: entry.instant)
      try show(entry, narrator)
      return .on
    }
    if isEmpty {
      Console.note(
        "no such entry; run \(reader.number) has \(count(try reader.lastEntry().rawValue, "entry", "entries"))")
    }
  }

  private func filter(_ glossary: RunGlossary) throws -> EntryFilter {
    var filter = EntryFilter.all
    if let node {
      guard let id = glossary.node(named: node) else {
        let names = glossary.run.nodes.map(\.name).joined(separator: ", ")
        throw ValidationError(Console.printable("the run has no node \"\(node)\"; it has \(names)"))
      }
      filter.nodes = [id]
    }
    if let flow {
      guard let id = glossary.flow(named: flow) else {
        let names = glossary.run.flows.map(\.name).joined(separator: ", ")
        throw ValidationError(Console.printable("the run has no flow \"\(flow)\"; it has \(names)"))
      }
      filter.flow = id
    }
    return filter
  }

  private func show(_ entry: Entry, _ narrator: Narrator) throws {
    if format.format == .json { return Console.out(try JSON.line(EntryLine(entry, narrator))) }
    Console.tell(narrator.line(entry))
  }
}

/// An entry as `--format json` prints it.
struct EntryLine: Encodable {
  var entry: UInt64
  var nanoseconds: UInt64
  var node: String
  var cause: UInt64?
  var kind: String
  var packet: UInt64?
  var sentence: String

  init(_ entry: Entry, _ narrator: Narrator) {
    self.entry = entry.id.rawValue
    nanoseconds = entry.instant.nanoseconds
    node = narrator.glossary.name(of: entry.node)
    cause = entry.cause?.rawValue
    kind = entry.event.name
    packet = entry.event.packet?.rawValue
    sentence = narrator.sentence(entry)
  }
}

/// Lets simulated time pass at a chosen speed.
private struct Pace {
  let speed: Double?
  let started = ContinuousClock.now
  var first: Instant?

  mutating func wait(until instant: Instant) {
    guard let speed else { return }
    let origin = first ?? instant
    first = origin
    let due = Double((instant - origin).nanoseconds) / 1e9 / speed
    let elapsed = started.duration(to: .now)
    let rest = due - Double(elapsed.components.seconds) - Double(elapsed.components.attoseconds) / 1e18
    guard rest > 0 else { return }
    Console.flush()
    Thread.sleep(forTimeInterval: rest)
  }
}
