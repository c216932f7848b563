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

  /// A run as `--format json` prints it, one a line.
  private struct Line: Encodable {
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
  }

  func run() throws {
    let runs = try database.openForReading().runs()
    if format.format == .json {
      for run in runs { Console.out(try JSON.line(line(run))) }
      return
    }
    guard !runs.isEmpty else {
      return Console.note("no runs yet; record one with: lockstep run Scenarios/branch-office.lockstep.yml")
    }
    Console.out("  run  state        entries   packets  simulated  seed        recorded (UTC)       scenario")
    for run in runs {
      let columns = [
        String(run.number.rawValue).padded(to: 5, right: true), run.state.rawValue.padded(to: 11),
        String(run.entries).padded(to: 8, right: true), String(run.packets).padded(to: 8, right: true),
        "\(run.lastInstant.nanoseconds / 1_000_000_000) s".padded(to: 9, right: true),
        String(run.seed).padded(to: 10), Self.time(run.createdAt).padded(to: 19), Console.printable(run.scenario),
      ]
      Console.out(columns.joined(separator: "  "))
    }
  }

  private func line(_ run: RunSummary) -> Line {
    Line(
      run: run.number.rawValue, scenario: run.scenario, seed: run.seed, state: run.state.rawValue,
      created: Self.time(run.createdAt), parent: run.parent?.rawValue, entries: run.entries, packets: run.packets,
      simulatedNanoseconds: run.lastInstant.nanoseconds, digest: run.digest.description)
  }

  /// `2026-11-21 10:35:00`.
  private static func time(_ seconds: Int64) -> String {
    Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(
      .iso8601.year().month().day().dateSeparator(.dash).dateTimeSeparator(.space).time(includingFractionalSeconds: false))
  }
}

extension String {
  /// The text made as wide as a column.
  func padded(to width: Int, right: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - count))
    return right ? space + self : self + space
  }
}
