import Foundation
import Journal
import Network
import Recording
import Scenario
import Units

/// What `run`, `step`, `replay` and `verify` have in common: a scenario becomes a world, and a world a journal.
enum Simulation {
  /// Reads a scenario; tells what is wrong with it, and ends the command where it cannot be used.
  static func load(_ path: String, isQuiet: Bool = false) throws -> ScenarioFile {
    let outcome = ScenarioFile.load(path: path)
    for diagnostic in outcome.diagnostics where diagnostic.severity == .error || !isQuiet {
      Console.note(diagnostic.rendered)
    }
    guard let scenario = outcome.scenario, !outcome.hasErrors else { throw Ending.unusable }
    return scenario
  }

  /// Simulates a scenario and records it; gives the finished run.
  static func record(
    _ scenario: ScenarioFile, seed: UInt64?, detail: RunDescription.Detail, in store: Store, isQuiet: Bool
  ) throws -> RunSummary {
    let description = scenario.description(seed: seed, program: ProgramVersion.text, detail: detail)
    let recorder = try store.record(description, createdAt: Int64(Date.now.timeIntervalSince1970))
    let configuration = scenario.world(seed: seed)
    var world = try World(configuration, journal: JournalWriter(detail: detail) { try recorder.append($0) })
    var progress = Progress(isQuiet: isQuiet, until: Instant.zero + configuration.duration)
    do {
      let digest = try world.run { progress.report($0, events: $1) }
      let summary = try recorder.finish(digest)
      progress.finish(world.now, events: world.eventCount)
      return summary
    } catch {
      progress.clear()
      try? recorder.abandon()
      throw error
    }
  }

  /// The world of a recorded run, built again from what was recorded of its scenario.
  static func world(
    again description: RunDescription, sink: @escaping JournalWriter.Sink
  ) throws -> World {
    let outcome = ScenarioFile.parse(text: description.source, path: description.path)
    guard let scenario = outcome.scenario, !outcome.hasErrors else {
      for diagnostic in outcome.diagnostics { Console.note(diagnostic.rendered) }
      Console.note("error: the recorded scenario is not one that \(ProgramVersion.text) can simulate")
      throw Ending.unusable
    }
    return try World(
      scenario.world(seed: description.seed), journal: JournalWriter(detail: description.detail, sink: sink))
  }
}
