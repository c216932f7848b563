import ArgumentParser
import Explanation
import Journal
import Recording

/// `lockstep ladder`: who said what to whom, as a ladder of arrows.
struct LadderCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ladder", abstract: "Draw who said what to whom, as a ladder of arrows.",
    discussion: """
      Examples:
        lockstep ladder last
        lockstep ladder last --node fw-a --node fw-b --exchanges-only
        lockstep ladder last --flow alice-pings-bob --to 400 --width 120
      """)

  @Argument(help: "A run's number, or last.", transform: RunArgument.read) var target: RunArgument
  @Option(help: "A node that gets a column; by default those that negotiate or protect.") var node: [String] = []
  @Option(help: "Only what belongs to this flow of the scenario's traffic.") var flow: String?
  @Flag(help: "Only ISAKMP messages.") var exchangesOnly = false
  @Option(help: "The first entry.") var from: UInt64 = 1
  @Option(help: "The last entry.") var to: UInt64?
  @Option(help: "Columns of the terminal.") var width = 80
  @Option(help: "Arrows at the most.") var limit = 60
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var look: StyleOptions

  func validate() throws {
    guard from > 0 else { throw ValidationError("entries are counted from 1; --from \(from) is none") }
    if let to, to < from { throw ValidationError("--to \(to) lies before --from \(from)") }
    guard (80...1_000).contains(width) else { throw ValidationError("--width takes 80 to 1000 columns") }
    guard (1...100_000).contains(limit) else { throw ValidationError("--limit takes 1 to 100000 arrows") }
  }

  func run() throws {
    let reader = try target.reader(in: try database.openForReading())
    let range = EntryID(from)...EntryID(to ?? .max)
    let options = Ladder.Options(
      nodes: node.isEmpty ? nil : node, flow: flow, range: range, showsTraffic: !exchangesOnly, width: width,
      limit: limit)
    for line in try Ladder(reader, style: look.style).lines(options) { Console.out(line) }
  }
}
