import ArgumentParser
import Foundation
import Recording

/// `lockstep list`: the recorded runs.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the recorded runs.",
    discussion: """
      A run that was cut off is shown as interrupted; what was recorded of it can be used like any other.

      Examples:
        lockstep list
        lockstep list --format json --db runs.sqlite
      """)

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var format: FormatOptions

  func run() throws {
    let runs = try database.openForReading().runs()
    if format.format == .json {
      for run in runs { Console.out(try JSON.line(RunLine(run))) }
      return
    }
    guard !runs.isEmpty else {
      return Console.note("no runs yet; record one with: lockstep run Scenarios/branch-office.lockstep.yml")
    }
    Console.tell(" run  state         entries  simulated  seed    recorded (UTC)    scenario", hang: 6)
    for run in runs {
      let columns = [
        String(run.number.rawValue).padded(to: 4, right: true), run.state.rawValue.padded(to: 11),
        String(run.entries).padded(to: 8, right: true),
        "\(run.lastInstant.nanoseconds / 1_000_000_000) s".padded(to: 9, right: true),
        String(run.seed).padded(to: 6), String(RunLine.time(run.createdAt).prefix(16)),
        Console.printable(run.scenario),
      ]
      Console.tell(columns.joined(separator: "  "), hang: 6)
    }
  }
}

extension String {
  /// The text made as wide as a column.
  func padded(to width: Int, right: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - count))
    return right ? space + self : self + space
  }
}
