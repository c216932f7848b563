import Foundation
import Testing

/// A recording is proved by simulating it again.
@Suite("Verify")
struct VerifyTests {
  @Test("finds nothing in a run as it was recorded", arguments: Project.scenarios)
  func same(_ scenario: String) throws {
    let workspace = try Recorded.workspace(scenario)
    let outcome = try workspace.lockstep("verify", "last", "--format", "json")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let report = try JSONText.object(outcome.output)
    #expect(report["same"] as? Bool == true)
    #expect(report["complete"] as? Bool == true)
    let run = try #require(try JSONText.lines(try workspace.lockstep("list", "--format", "json").output).first)
    for key in ["entries", "packets"] { #expect(report[key] as? Int == run[key] as? Int) }
    #expect(report["digest"] as? String == run["digest"] as? String)
  }

  /// Changes one octet of a row behind the program's back.
  private func alter(_ workspace: Workspace, _ table: String, _ column: String, row: Int) throws {
    let script = """
      import sqlite3
      file = sqlite3.connect("lockstep.sqlite")
      key, = file.execute("SELECT key FROM \(table) ORDER BY key LIMIT 1 OFFSET \(row - 1)").fetchone()
      octets, = file.execute("SELECT \(column) FROM \(table) WHERE key = ?", (key,)).fetchone()
      octets = bytearray(octets)
      octets[-1] ^= 1
      file.execute("UPDATE \(table) SET \(column) = ? WHERE key = ?", (bytes(octets), key))
      file.commit()
      """
    let outcome = try #require(Tools.python).run(["-c", script], in: workspace)
    try #require(outcome.code == 0, "\(outcome.errors)")
  }

  @Test(
    "names the entry of which one octet was altered", .enabled(if: Tools.python != nil, "python3 is not installed"),
    arguments: [10, 700, 1401, 2500])
  func alteredEntry(_ entry: Int) throws {
    let workspace = try Recorded.workspace()
    try alter(workspace, "entries", "body", row: entry)
    let outcome = try workspace.lockstep("verify", "last")
    #expect(outcome.code == 1, "\(outcome.errors)")
    #expect((outcome.output + outcome.errors).contains("entry \(entry)"), "\(outcome.output)")
    #expect(!outcome.output.contains("rawValue"))
    let report = try JSONText.object(try workspace.lockstep("verify", "last", "--format", "json").output)
    #expect(report["same"] as? Bool == false)
    #expect("\(report["difference"] ?? "")".contains("\(entry)"))
  }

  @Test(
    "finds an altered octet of a packet", .enabled(if: Tools.python != nil, "python3 is not installed"),
    arguments: [1, 100, 350])
  func alteredPacket(_ packet: Int) throws {
    let workspace = try Recorded.workspace()
    try alter(workspace, "packets", "bytes", row: packet)
    let outcome = try workspace.lockstep("verify", "last")
    #expect(outcome.code == 1, "\(outcome.errors)")
    #expect((outcome.output + outcome.errors).contains("packet \(packet)"), "\(outcome.output)")
  }
}
