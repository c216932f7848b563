import Foundation
import Testing

/// The folder that `lockstep export` makes.
struct ExportedRun {
  /// A column of `esp_sa`.
  enum Column: Int {
    case source = 1
    case destination, spi, cipher, cipherKey, integrity, integrityKey
  }

  let workspace: Workspace
  let folder: String

  /// The lines of `esp_sa` and of `ikev1_decryption_table`, as lists of what stands between their commas.
  let associations: [[String]]
  let cookiesAndKeys: [[String]]

  /// Exports run 1 of a workspace; `tap` is the interface whose traffic `capture.pcapng` shows.
  init(of workspace: Workspace, tap: String? = nil) throws {
    self.workspace = workspace
    folder = workspace.path("bundle")
    let outcome = try Program.lockstep.run(
      ["export", "last", "bundle"] + (tap.map { ["--tap", $0] } ?? []), in: workspace)
    guard outcome.code == 0 else { throw Unexpected("export ended with \(outcome.code): \(outcome.errors)") }
    associations = try Self.table(workspace, "bundle/esp_sa")
    cookiesAndKeys = try Self.table(workspace, "bundle/ikev1_decryption_table")
  }

  /// Records a shipped scenario with a seed, and exports it.
  init(of scenario: String, seed: Int) throws {
    let workspace = try Workspace()
    try workspace.record(scenario, "--seed", "\(seed)")
    try self.init(of: workspace)
  }

  /// Records a scenario, and exports it.
  init(text: String) throws {
    let workspace = try Workspace()
    try workspace.write(text, to: "Scenarios/own.lockstep.yml")
    try workspace.record("own")
    try self.init(of: workspace)
  }

  private static func table(_ workspace: Workspace, _ name: String) throws -> [[String]] {
    try workspace.read(name).split(separator: "\n").map { line in
      line.replacing("\"", with: "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  func values(of column: Column) -> [String] { associations.map { $0[column.rawValue] } }

  /// Every file with frames in it, by its place in the workspace.
  var captures: [String] {
    get throws {
      let taps = try FileManager.default.contentsOfDirectory(atPath: folder + "/taps").sorted()
      return ["bundle/capture.pcapng"] + taps.map { "bundle/taps/\($0)" }
    }
  }

  /// What `inspect` says of each frame of `capture.pcapng`, opened with the keys; entry numbers left out.
  func frames() throws -> [String] {
    let keys = ["--sas", "bundle/sas.json", "--ike-keys", "bundle/ikev1_decryption_table"]
    let outcome = try Program.lockstep.run(
      ["inspect", "bundle/capture.pcapng", "--format", "json"] + keys, in: workspace)
    guard outcome.code == 0 else { throw Unexpected("inspect ended with \(outcome.code): \(outcome.errors)") }
    return outcome.output.split(separator: "\n").map { String($0).replacing(/"comments":\[[^\]]*\],/, with: "") }
  }
}
