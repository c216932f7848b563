import Foundation
import Journal
import Network
import Recording
import Scenario
import Testing

@testable import Explanation

/// A shipped scenario, simulated and recorded once for all tests of this process.
enum RealRun {
  static let branchOffice = Result { try record("branch-office") }
  /// Recorded without link crossings.
  static let summaries = Result { try record("branch-office", .summaries) }
  static let branchOfficePFS = Result { try record("branch-office-pfs") }

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func record(
    _ name: String, _ detail: RunDescription.Detail = .everything
  ) throws -> RunReader {
    let path = root.appendingPathComponent("Scenarios/\(name).lockstep.yml").path
    let scenario = try #require(ScenarioFile.load(path: path).scenario)
    let store = try Store.open(path: Scratch.path("\(name)-\(detail.rawValue).sqlite"), mode: .create)
    let recorder = try store.record(scenario.description(program: "0.0-test", detail: detail), createdAt: 0)
    let writer = JournalWriter(detail: detail) { try recorder.append($0) }
    var world = try World(scenario.world(), journal: writer)
    try recorder.finish(try world.run())
    return try store.reader(of: recorder.run)
  }
}

/// A folder of this process's own that goes when the process ends.
enum Scratch {
  private static let folder: URL = {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    atexit { Scratch.remove() }
    return folder
  }()

  private static func remove() { try? FileManager.default.removeItem(at: folder) }

  static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}
