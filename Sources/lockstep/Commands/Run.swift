import ArgumentParser
import Explanation
import Foundation
import Journal
import Recording

/// `lockstep run`: simulates a scenario and records it.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulate a scenario, record it, and say what happened.",
    discussion: """
      Examples:
        lockstep run Scenarios/branch-office.lockstep.yml
        lockstep run Scenarios/branch-office.lockstep.yml --seed 7 --db runs.sqlite
        lockstep run Scenarios/branch-office-pfs.lockstep.yml --record summaries --format json
      """)

  @Argument(help: "A scenario file.", completion: .file(extensions: ["yml"])) var scenario: String
  @Option(help: "The seed, instead of the scenario's.") var seed: UInt64?
  @Option(help: "How much is recorded: everything, summaries (no link crossings) or nothing (that it ran).")
  var record = RunDescription.Detail.everything
  @Flag(help: "No progress, no warnings.") var quiet = false
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var look: StyleOptions

  func run() throws {
    let file = try Simulation.load(scenario, isQuiet: quiet)
    let store = try Store.open(path: database.path, mode: .create)
    let summary = try Simulation.record(file, seed: seed, detail: record, in: store, isQuiet: quiet)
    let reader = try store.reader(of: summary.number)
    switch format.format {
    case .json: Console.out(try JSON.line(RunLine(summary)))
    case .plain:
      for line in try RunAccount(reader).lines(look.style, run: "\(summary.number)") { Console.tell(line, hang: 4) }
    }
    try store.close()
  }
}

extension RunDescription.Detail: ExpressibleByArgument {}

/// A run as `--format json` prints it.
struct RunLine: Encodable {
  var run: UInt32
  var scenario: String
  var seed: UInt64
  var state: String
  var created: String
  var parent: UInt32?
  var entries: UInt64
  var packets: UInt64
  var simulatedNanoseconds: UInt64
  var digest: String

  init(_ run: RunSummary) {
    self.run = run.number.rawValue
    scenario = run.scenario
    seed = run.seed
    state = run.state.rawValue
    created = Self.time(run.createdAt)
    parent = run.parent?.rawValue
    entries = run.entries
    packets = run.packets
    simulatedNanoseconds = run.lastInstant.nanoseconds
    digest = run.digest.description
  }

  /// `2026-11-21 10:35:00`, in UTC.
  static func time(_ seconds: Int64) -> String {
    Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(
      .iso8601.year().month().day().dateSeparator(.dash).dateTimeSeparator(.space).time(
        includingFractionalSeconds: false))
  }
}
