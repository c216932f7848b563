import Foundation
import Testing

/// A run is a pure function of scenario and seed: in every process, in every build.
@Suite("Determinism")
struct DeterminismTests {
  /// What a recording of a scenario comes to, by the program that is asked.
  private func digest(
    _ program: Program, _ workspace: Workspace, _ scenario: String = "branch-office", _ arguments: [String] = []
  ) throws -> String {
    let file = "Scenarios/\(scenario).lockstep.yml"
    let outcome = try program.run(["run", file, "--quiet", "--format", "json"] + arguments, in: workspace)
    try #require(outcome.code == 0, "\(outcome.errors)")
    return try #require(try JSONText.object(outcome.output)["digest"] as? String)
  }

  @Test(
    "a hundred processes, debug and release, have one digest",
    .enabled(if: Program.release != nil, Tools.withoutRelease),
    arguments: Project.branchOffices)
  func hundredRuns(_ scenario: String) throws {
    let workspace = try Workspace()
    let release = try #require(Program.release)
    var digests: [String: Int] = [:]
    for number in 0..<50 {
      digests[try digest(number % 5 == 0 ? Program.lockstep : release, workspace, scenario), default: 0] += 1
    }
    #expect(digests.values.sorted() == [50], "\(digests)")
  }

  @Test(
    "debug and release agree on every scenario", .enabled(if: Program.release != nil, Tools.withoutRelease),
    arguments: Project.scenarios)
  func builds(_ scenario: String) throws {
    let release = try digest(try #require(Program.release), try Workspace(), scenario)
    let listed = try JSONText.lines(try Recorded.workspace(scenario).lockstep("list", "--format", "json").output)
    #expect(listed.first?["digest"] as? String == release)
  }

  @Test("ten processes of the debug build have one digest") func debugRuns() throws {
    let workspace = try Workspace()
    let digests = try (0..<10).map { _ in try digest(Program.lockstep, workspace) }
    #expect(Set(digests).count == 1)
    #expect(digests.first?.count == 64)
  }

  @Test("environment, folder and clock have no part in it") func surroundings() throws {
    let workspace = try Workspace()
    let first = try digest(Program.lockstep, workspace)
    let arguments = ["run", "Scenarios/branch-office.lockstep.yml", "--quiet", "--format", "json"]
    let environment = ["TZ": "Asia/Kathmandu", "LANG": "C", "HOME": "/", "SWIFT_DETERMINISTIC_HASHING": "1"]
    let outcome = try Program.lockstep.run(arguments, in: try Workspace(), environment: environment)
    #expect(try JSONText.object(outcome.output)["digest"] as? String == first)
  }

  @Test("another seed has other keys, cookies and SPIs", arguments: Project.branchOffices)
  func anotherSeed(_ scenario: String) throws {
    let one = try ExportedRun(of: scenario, seed: 1)
    let two = try ExportedRun(of: scenario, seed: 2)
    #expect(one.associations.count == two.associations.count)
    #expect(!one.associations.isEmpty)
    for column in [ExportedRun.Column.spi, .cipherKey, .integrityKey] {
      #expect(Set(one.values(of: column)).count == one.associations.count)
      #expect(Set(one.values(of: column)).isDisjoint(with: two.values(of: column)))
    }
    #expect(!one.cookiesAndKeys.isEmpty)
    #expect(Set(one.cookiesAndKeys.flatMap { $0 }).isDisjoint(with: two.cookiesAndKeys.flatMap { $0 }))
    #expect(try one.frames() != two.frames())
  }

  @Test("an idle host changes nobody's numbers") func idleHost() throws {
    let text = try Project.text("Scenarios/branch-office.lockstep.yml")
    let carol = """
        carol:
          kind: host
          interfaces:
            lan: 10.1.0.30/16
          gateway: 10.1.0.1
        alice:

      """
    let changed = text.replacing("  alice:\n", with: carol)
      .replacing("\"alice:lan\", \"venus:lan\"", with: "\"carol:lan\", \"alice:lan\", \"venus:lan\"")
    try #require(changed.contains("\"carol:lan\"") && changed.contains("  carol:\n"))
    let without = try ExportedRun(text: text)
    let with = try ExportedRun(text: changed)
    #expect(with.associations == without.associations)
    #expect(with.cookiesAndKeys == without.cookiesAndKeys)
    #expect(try with.frames() == without.frames())
  }
}
