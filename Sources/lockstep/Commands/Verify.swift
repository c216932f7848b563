import ArgumentParser
import Explanation
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
    guard try reader.description().detail != .nothing else {
      Console.note("error: run \(reader.number) was recorded with --record nothing: there is nothing to compare")
      throw Ending.unusable
    }
    guard reader.summary.entries > 0 else {
      Console.note("error: run \(reader.number) was interrupted before its first entry: there is nothing to compare")
      throw Ending.unusable
    }
    let verifier = try RunVerifier(reader)
    var rest = Remainder(reader.summary)
    var world = try Simulation.world(again: try reader.description()) { batch in
      try verifier.append(batch)
      if verifier.difference != nil || rest.isOver(behind: batch) { throw Remainder.Enough() }
    }
    var progress = Progress(isQuiet: quiet, until: reader.summary.lastInstant)
    var digest = JournalDigest.empty
    do { digest = try world.run { progress.report($0, events: $1) } } catch is Remainder.Enough {}
    progress.clear()
    let outcome = try verifier.finish(digest)
    try show(outcome, digest, reader)
    if !outcome.isSame { throw Ending.failed }
  }

  private func show(_ outcome: RunVerifier.Outcome, _ digest: JournalDigest, _ reader: RunReader) throws {
    let difference = try outcome.difference.map { try words($0, try Narrator(reader)) } ?? []
    if format.format == .json {
      let report = Report(
        run: reader.number.rawValue, same: outcome.isSame, complete: outcome.isComplete, entries: outcome.entries,
        packets: outcome.packets, digest: digest.description,
        difference: difference.isEmpty ? nil : difference.joined(separator: "; "))
      return Console.out(try JSON.line(report))
    }
    guard outcome.isSame else {
      Console.out("run \(reader.number): \(difference[0])")
      for line in difference.dropFirst() { Console.out("  \(line)") }
      let program = try reader.description().program
      if program != ProgramVersion.text {
        Console.out("  it was recorded by \(Console.printable(program)), and this is \(ProgramVersion.text)")
      }
      return
    }
    let part = outcome.isComplete ? "" : " (of an interrupted recording)"
    Console.out(
      "run \(reader.number): the same to the last bit\(part): \(outcome.entries) entries, \(outcome.packets) packets, "
        + "digest \(digest)")
  }

  /// Where the two differ first, and what each of them has there.
  private func words(_ difference: RunDifference, _ narrator: Narrator) throws -> [String] {
    func side(_ entry: Entry?) -> String {
      entry.map { "\(Console.printable("\($0.instant)")) s, \(narrator.sentence($0))" } ?? "nothing that can be read"
    }
    switch difference {
    case .entry(let id, let recorded, let other):
      return [
        "entry \(id.rawValue) differs", "recorded:        \(side(recorded))", "simulated again: \(side(other))",
      ]
    case .packet(let id, let recorded, let other):
      func octets(_ packet: PacketRecord?) -> String {
        packet.map { "\($0.bytes.count) octets, \(PacketSummary($0.bytes).line)" } ?? "nothing"
      }
      return [
        "packet \(id.rawValue) differs", "recorded:        \(octets(recorded))", "simulated again: \(octets(other))",
      ]
    case .digest(let recorded, let other):
      return ["the digests differ", "recorded:        \(recorded)", "simulated again: \(other)"]
    }
  }
}

/// How much of a recording is still to be compared: one that was interrupted may be the beginning of a very long run.
private struct Remainder {
  /// Ends the simulation: there is nothing left to compare.
  struct Enough: Error {}

  private let isInterrupted: Bool
  private var entries: UInt64
  private var packets: UInt64

  init(_ run: RunSummary) {
    isInterrupted = run.state != .complete
    entries = run.entries
    packets = run.packets
  }

  mutating func isOver(behind batch: JournalBatch) -> Bool {
    entries -= min(entries, UInt64(batch.entries.count))
    packets -= min(packets, UInt64(batch.packets.count))
    return isInterrupted && entries == 0 && packets == 0
  }
}
