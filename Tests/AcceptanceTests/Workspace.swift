import Foundation
import Testing

/// Where the project lies.
enum Project {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The names of all that are shipped: what lies in the folder.
  static let scenarios: [String] = {
    let folder = root.appendingPathComponent("Scenarios").path
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.count)) }.sorted()
  }()

  private static let suffix = ".lockstep.yml"

  /// The two that have everything in them: a long run, renewals, every kind of traffic.
  static let branchOffices = ["branch-office", "branch-office-pfs"]

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }
}

/// A folder of a test's own with a copy of the scenarios in it, gone when the test is done.
final class Workspace: Sendable {
  let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("lockstep-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder + "/.streams", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: Project.root.appendingPathComponent("Scenarios"), to: URL(fileURLWithPath: path("Scenarios")))
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { folder + "/" + name }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  func read(_ name: String) throws -> String {
    try String(contentsOf: URL(fileURLWithPath: path(name)), encoding: .utf8)
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
  }

  /// Runs the program that was built with these tests.
  func lockstep(_ arguments: String...) throws -> Program.Outcome { try Program.lockstep.run(arguments, in: self) }

  /// Records a shipped scenario into `lockstep.sqlite`.
  @discardableResult
  func record(_ scenario: String = "branch-office", _ arguments: String...) throws -> [String: Any] {
    let file = scenario.contains("/") ? scenario : "Scenarios/\(scenario).lockstep.yml"
    let outcome = try Program.lockstep.run(["run", file, "--quiet", "--format", "json"] + arguments, in: self)
    guard outcome.code == 0 else { throw Unexpected("run ended with \(outcome.code): \(outcome.errors)") }
    return try JSONText.object(outcome.output)
  }
}

/// What a test cannot go on with.
struct Unexpected: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// JSON as the program prints it.
enum JSONText {
  /// One document.
  static func object(_ text: String) throws -> [String: Any] {
    guard let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
      throw Unexpected("no JSON object: \(text.prefix(200))")
    }
    return object
  }

  /// A document a line.
  static func lines(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { try object(String($0)) }
  }
}
