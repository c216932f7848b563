import Foundation
import JournalSamples
import Testing

@testable import Recording

/// The helper runs as a user without privileges, since permissions bind nobody else.
@Suite struct PermissionTests {
  private let refused = """
    error: this file cannot be written; expected permission to write the file and its folder; change the permissions, or \
    name another file with --db
    """

  @Test func aReadOnlyFile() throws {
    let workspace = try Workspace()
    try workspace.record(SampleJournal(seed: 1, entries: 10))
    try chmod(workspace.folder, 0o777)
    try chmod(workspace.path(), 0o444)
    #expect(try open(workspace, "create") == "\(workspace.path()): \(refused)")
    #expect(try open(workspace, "readOnly") == "1 runs")
  }

  @Test func aReadOnlyFolder() throws {
    let workspace = try Workspace()
    try workspace.record(SampleJournal(seed: 1, entries: 10))
    try chmod(workspace.path(), 0o666)
    try chmod(workspace.folder, 0o555)
    defer { try? chmod(workspace.folder, 0o755) }
    #expect(try open(workspace, "create") == "\(workspace.path()): \(refused)")
    #expect(try open(workspace, "readOnly") == "1 runs")
    #expect(
      try Helper.run(["open", workspace.path("new.sqlite"), "create"]).output
        == "\(workspace.path("new.sqlite")): \(refused)")
  }

  @Test func aFileThatMayNotBeRead() throws {
    let workspace = try Workspace()
    try workspace.record(SampleJournal(seed: 1, entries: 10))
    try chmod(workspace.folder, 0o755)
    try chmod(workspace.path(), 0)
    #expect(
      try open(workspace, "readOnly") == """
        \(workspace.path()): error: this file cannot be read; expected permission to read the file and its folder; change \
        the permissions, or name another file with --db
        """)
  }

  private func open(_ workspace: Workspace, _ mode: String) throws -> String {
    try Helper.run(["open", workspace.path(), mode]).output
  }

  private func chmod(_ path: String, _ mode: Int) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }
}

/// The process beside the tests.
enum Helper {
  /// It lies beside the test bundle, wherever that was built.
  static var executable: URL {
    let bundle = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    return bundle.deletingLastPathComponent().appendingPathComponent("recording-helper")
  }

  static func run(_ arguments: [String]) throws -> (output: String, reason: Process.TerminationReason, status: Int32) {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    return (text, process.terminationReason, process.terminationStatus)
  }
}
