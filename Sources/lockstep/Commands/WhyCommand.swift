import ArgumentParser
import Explanation
import Journal

/// `lockstep why`: the causes of an entry, back to what the scenario set going.
struct WhyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "Say why something happened: walk the causes of an entry back to their origin.",
    discussion: """
      Example:
        lockstep why last 42
      """)

  @Argument(help: "A run's number, or last.", transform: RunArgument.read) var target: RunArgument
  @Argument(help: "The entry.") var entry: UInt64
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var look: StyleOptions

  func run() throws {
    let reader = try target.reader(in: try database.openForReading())
    let why = try Why(EntryID(entry), in: reader, try Narrator(reader, style: look.style))
    if format.format == .json {
      return Console.out(try JSON.line(WhyReport(EntryID(entry), why)))
    }
    for line in why.lines(look.style) { Console.tell(line) }
  }
}

/// What `--format json` prints of a chain of causes.
struct WhyReport: Encodable {
  var entry: UInt64
  var steps: [Why.Step]
  var decision: String
  var origin: String

  init(_ id: EntryID, _ why: Why) {
    entry = id.rawValue
    steps = why.steps
    decision = why.decision
    origin = why.origin
  }
}
