import Foundation
import Testing

/// Runs that are cut off.
@Suite("Interruption")
struct InterruptionTests {
  /// The branch office, with so much to say that nobody waits for its end.
  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    let text = try workspace.read("Scenarios/branch-office.lockstep.yml")
    let long = text.replacing("duration: 90 s", with: "duration: 20 h")
      .replacing("    count: 40\n    every: 2 s", with: "    count: 700000\n    every: 100 ms")
    try #require(long.contains("20 h") && long.contains("700000"))
    try workspace.write(long, to: "Scenarios/long.lockstep.yml")
    return workspace
  }

  private func runs(_ workspace: Workspace) throws -> [[String: Any]] {
    try JSONText.lines(try workspace.lockstep("list", "--format", "json").output)
  }

  /// Starts the long run, and waits until a part of it is on disk.
  private func start(_ workspace: Workspace, _ arguments: [String] = []) throws -> RunningProgram {
    let program = try Program.lockstep.start(["run", "Scenarios/long.lockstep.yml"] + arguments, in: workspace)
    let isRecorded = try waitUntil(limit: .seconds(60)) {
      try !program.isRunning || (workspace.exists("lockstep.sqlite") && entries(workspace) > 0)
    }
    try #require(isRecorded && program.isRunning)
    return program
  }

  private func entries(_ workspace: Workspace) throws -> Int {
    let list = try workspace.lockstep("list", "--format", "json")
    // The file is there a moment before its tables are.
    return list.code == 0 ? try JSONText.lines(list.output).first?["entries"] as? Int ?? 0 : 0
  }

  /// What can be done with a run that was cut off.
  private func expectUsable(_ workspace: Workspace) throws {
    let run = try #require(try runs(workspace).first)
    #expect(run["state"] as? String == "interrupted")
    let last = try #require(run["entries"] as? Int)
    #expect(last > 0)
    #expect(try workspace.lockstep("list").output.contains("interrupted"))
    for arguments in [
      ["inspect", "last", "\(last)"], ["why", "last", "\(last)"], ["replay", "last", "--from", "\(last)"],
    ] {
      let outcome = try Program.lockstep.run(arguments, in: workspace)
      #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
    }
    let step = try Program.lockstep.run(["step", "last"], in: workspace, input: "G\n,\n.\nw\nq\n")
    #expect(step.code == 0)
    #expect(step.errors.contains("error") == false)
    let absent = try workspace.lockstep("inspect", "last", "\(last + 1)")
    #expect(absent.code == 2)
  }

  @Test("Ctrl-C gives 130, and the run opens again as interrupted") func interrupt() throws {
    let workspace = try workspace()
    let program = try start(workspace)
    program.send(SIGINT)
    let outcome = try program.wait(limit: .seconds(10))
    #expect(outcome.code == 130)
    try expectUsable(workspace)
  }

  @Test("a run that is killed opens again as interrupted") func killed() throws {
    let workspace = try workspace()
    let program = try start(workspace, ["--quiet"])
    #expect(try runs(workspace).first?["state"] as? String == "recording")
    program.send(SIGKILL)
    let outcome = try program.wait(limit: .seconds(10))
    #expect(outcome.code == -SIGKILL)
    try expectUsable(workspace)
    // The next run is not in its way.
    #expect(try workspace.record()["run"] as? Int == 2)
    #expect(try workspace.lockstep("verify", "last").code == 0)
  }

  @Test("what is stored of an interrupted run is verified") func verified() throws {
    let workspace = try workspace()
    let program = try start(workspace, ["--quiet"])
    program.send(SIGKILL)
    _ = try program.wait(limit: .seconds(10))
    let outcome = try Program.lockstep.run(
      ["verify", "last", "--format", "json", "--quiet"], in: workspace, limit: .seconds(100))
    #expect(outcome.code == 0, "\(outcome.errors)")
    let report = try JSONText.object(outcome.output)
    #expect(report["same"] as? Bool == true)
    #expect(report["complete"] as? Bool == false)
  }

  @Test("progress is plain lines where there is no terminal") func progress() throws {
    let workspace = try workspace()
    let program = try start(workspace)
    _ = waitUntil(limit: .seconds(30)) { !program.notes.isEmpty }
    program.send(SIGINT)
    let outcome = try program.wait(limit: .seconds(10))
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("simulated "))
    #expect(!outcome.errors.utf8.contains(0x1B) && !outcome.errors.utf8.contains(0x0D))
  }
}
