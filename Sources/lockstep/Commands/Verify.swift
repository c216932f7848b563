import ArgumentParser
import Foundation
import Journal
import Network
import Recording
import Units

/// `lockstep verify`: simulates a recorded run again and compares to the last bit.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulate a recorded run again and compare the two to the last bit.",
    discussion: """
      A run is a pure function of its scenario, its seed and its inserts. This proves it.

      Examples:
        lockstep verify last
        lockstep verify 3 --db runs.sqlite

      Results: 0 the two are the same; 1 they differ; 2 the run cannot be read or simulated.
      """)

  @Argument(help: "A run's number, or last.", transform: RunArgument.read) var target: RunArgument
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var format: FormatOptions
  @Flag(help: "No progress.") var quiet = false

  /// What is printed with `--format json`.
  private struct Report: Encodable {
    var run: UInt32
    var same: Bool
    var complete: Bool
    var entries: UInt64
    var packets: UInt64
    var digest: String
    var difference: String?
  }

  func run() throws {
    let reader = try target.reader(in: try database.openForReading())
    let verifier = try RunVerifier(reader)
    var world = try Simulation.world(again: try reader.description()) { try verifier.append($0) }
    var progress = Progress(isQuiet: quiet, until: reader.summary.lastInstant)
    let digest = try world.run { progress.report($0, events: $1) }
    progress.clear()
    let outcome = try verifier.finish(digest)
    try show(outcome, digest, reader)
    if !outcome.isSame { throw Ending.failed }
  }

  private func show(_ outcome: RunVerifier.Outcome, _ digest: JournalDigest, _ reader: RunReader) throws {
    if format.format == .json {
      let report = Report(
        run: reader.number.rawValue, same: outcome.isSame, complete: outcome.isComplete, entries: outcome.entries,
        packets: outcome.packets, digest: digest.description, difference: outcome.difference.map { "\($0)" })
      return Console.out(try JSON.line(report))
    }
    guard let difference = outcome.difference else {
      let part = outcome.isComplete ? "" : " that an interrupted recording holds"
      return Console.out(
        "run \(reader.number): the same to the last bit: \(outcome.entries) entries"
          + "\(part), \(outcome.packets) packets, digest \(digest)")
    }
    Console.out("run \(reader.number): differs after \(outcome.entries) equal entries")
    Console.out("  \(Console.printable("\(difference)"))")
  }
}
