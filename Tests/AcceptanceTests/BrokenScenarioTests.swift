import Foundation
import Testing

/// Ten scenario files with one mistake each: what `lockstep validate` and `lockstep run` say of them.
@Suite("Broken scenarios")
struct BrokenScenarioTests {
  /// A mistake in the branch office: what is written instead of what, and what an author is told.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let written: String
    let instead: String
    /// The text that the error stands at: it is looked for behind the beginning of the mistake.
    let place: String
    /// What the error says.
    let words: [String]
    /// Whether it can be built all the same, and is worth running to see it fail.
    var isWarning = false
  }

  static let mistakes = [
    Mistake(
      testDescription: "wrong indentation", written: "\n    gateway: 10.1.0.1\n", instead: "\n   gateway: 10.1.0.1\n",
      place: "gateway", words: ["wrong indentation", "expected"]),
    Mistake(
      testDescription: "unknown key", written: "delay: 4 ms", instead: "dely: 4 ms", place: "dely",
      words: ["unknown key \"dely\"", "expected one of", "did you mean \"delay\""]),
    Mistake(
      testDescription: "unknown node", written: "[\"bob:lan\"", instead: "[\"bbo:lan\"", place: "\"bbo:lan",
      words: ["unknown node \"bbo\"", "expected", "did you mean \"bob\""]),
    Mistake(
      testDescription: "address outside its prefix", written: "wan: 198.51.100.2/30", instead: "wan: 198.51.100.6/30",
      place: "198.51.100.6", words: ["lies outside of 198.51.100.0/30", "expected"]),
    Mistake(
      testDescription: "duplicate address", written: "lan: 10.1.0.20/16", instead: "lan: 10.1.0.10/16",
      place: "10.1.0.10", words: ["duplicate address 10.1.0.10", "alice:lan", "expected"]),
    Mistake(
      testDescription: "no route", written: "lan: 10.1.0.10/16\n    gateway: 10.1.0.1\n",
      instead: "lan: 10.1.0.10/16\n",
      place: "bob\n    ping", words: ["no route", "alice knows no way to 10.2.0.10", "expected"]),
    Mistake(
      testDescription: "bad unit", written: "delay: 50 us", instead: "delay: 50 parsecs", place: "50 parsecs",
      words: ["unknown unit \"parsecs\"", "expected a duration"]),
    Mistake(
      testDescription: "unmatched policy",
      written: "name: to-branch\n        from: 10.1.0.0/16\n        to: 10.2.0.0/16\n",
      instead: "name: to-branch\n        from: 10.1.0.0/16\n        to: 10.2.0.0/17\n", place: "name: to-branch",
      words: ["matched by no policy of fw-b", "expected"], isWarning: true),
    Mistake(
      testDescription: "a cycle of YAML aliases", written: "kind: host", instead: "kind: &loop [*loop]", place: "*loop",
      words: ["alias", "a cycle", "expected"]),
  ]

  @Test("each is told with its line, its column, and what was expected", arguments: mistakes)
  func mistake(_ mistake: Mistake) throws {
    let workspace = try Workspace()
    let text = try workspace.read("Scenarios/branch-office.lockstep.yml")
    let range = try #require(text.firstRange(of: mistake.written))
    try workspace.write(text.replacingCharacters(in: range, with: mistake.instead), to: "broken.lockstep.yml")

    let outcome = try workspace.lockstep("validate", "broken.lockstep.yml")
    let code: Int32 = mistake.isWarning ? 3 : 2
    #expect(outcome.code == code)
    let changed = try workspace.read("broken.lockstep.yml")
    let (line, column) = try Self.place(
      of: mistake, in: changed, behind: text.distance(from: text.startIndex, to: range.lowerBound))
    let first = String(outcome.errors.prefix { $0 != "\n" })
    #expect(
      first.hasPrefix("broken.lockstep.yml:\(line):\(column): \(mistake.isWarning ? "warning" : "error"): "), "\(first)"
    )
    for word in mistake.words { #expect(first.contains(word), "\(first)") }
    // The line itself, and a caret below it.
    #expect(outcome.errors.contains("\(line) | "))
    #expect(outcome.errors.contains("^"))

    let run = try workspace.lockstep("run", "broken.lockstep.yml")
    #expect(run.code == (mistake.isWarning ? 0 : 2))
    #expect(run.errors.hasPrefix(first))
    #expect(workspace.exists("lockstep.sqlite") == mistake.isWarning)

    let json = try workspace.lockstep("validate", "broken.lockstep.yml", "--format", "json")
    #expect(json.code == code)
    let report = try #require(try JSONText.lines(json.output).first)
    #expect(report["place"] as? [String: Int] == ["line": line, "column": column])
    #expect(report["path"] as? String == "broken.lockstep.yml")
  }

  /// Line and column, from 1, of what the error stands at.
  private static func place(of mistake: Mistake, in text: String, behind offset: Int) throws -> (Int, Int) {
    let start = text.index(text.startIndex, offsetBy: offset)
    let found = try #require(text[start...].firstRange(of: mistake.place))
    let before = text[..<found.lowerBound]
    return (before.count { $0 == "\n" } + 1, before.reversed().prefix { $0 != "\n" }.count + 1)
  }

  @Test("a file of 100 MB is refused at once") func large() throws {
    let workspace = try Workspace()
    _ = FileManager.default.createFile(
      atPath: workspace.path("large.lockstep.yml"), contents: Data("lockstep: 1\n".utf8))
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: workspace.path("large.lockstep.yml")))
    try handle.truncate(atOffset: 100_000_000)
    try handle.close()
    let outcome = try Program.lockstep.run(["validate", "large.lockstep.yml"], in: workspace, limit: .seconds(5))
    #expect(outcome.code == 2)
    #expect(
      outcome.errors.hasPrefix("large.lockstep.yml:1:1: error: the file has 100000000 octets"), "\(outcome.errors)")
    #expect(outcome.errors.contains("expected a scenario of at most"))
  }

  @Test("all mistakes of all files are told, and those that are in order are named") func several() throws {
    let workspace = try Workspace()
    let text = try workspace.read("Scenarios/branch-office.lockstep.yml")
    try workspace.write(
      text.replacing("delay: 4 ms", with: "dely: 4 ms").replacing("rate: 1.5 Mbit/s", with: "rate: fast"),
      to: "broken.lockstep.yml")
    let outcome = try workspace.lockstep("validate", "Scenarios/branch-office.lockstep.yml", "broken.lockstep.yml")
    #expect(outcome.code == 2)
    #expect(outcome.errors.split(separator: "\n").count { $0.hasPrefix("broken.lockstep.yml:") } == 2)
    #expect(
      outcome.output == """
        Scenarios/branch-office.lockstep.yml: all is well
        broken.lockstep.yml: 2 errors, 0 warnings

        """)
  }

  @Test("what can be run and may not be meant gives 3") func warnings() throws {
    let workspace = try Workspace()
    let text = try workspace.read("Scenarios/branch-office.lockstep.yml")
    // An entry that the one before it hides.
    let hidden = """
              action: discard
            - name: hidden
              from: 10.1.0.0/16
              to: any
              protocol: tcp
              to-ports: 23
              action: discard

      """
    let changed = text.replacing("        action: discard\n", with: hidden)
    try #require(changed != text)
    try workspace.write(changed, to: "odd.lockstep.yml")
    let outcome = try workspace.lockstep("validate", "odd.lockstep.yml")
    #expect(outcome.code == 3, "\(outcome.errors)")
    #expect(outcome.errors.contains("odd.lockstep.yml:") && outcome.errors.contains(": warning: "))
    let run = try workspace.lockstep("run", "odd.lockstep.yml", "--quiet")
    #expect(run.code == 0)
    #expect(run.errors.isEmpty)
  }

  @Test("nothing in a file commands the terminal") func escapes() throws {
    let workspace = try Workspace()
    let text = try workspace.read("Scenarios/branch-office.lockstep.yml")
    try workspace.write(
      text.replacing("name: branch-office\n", with: "name: \"branch\\e[31m\\a\"\n"), to: "rude.lockstep.yml")
    for command in ["validate", "run"] {
      let outcome = try workspace.lockstep(command, "rude.lockstep.yml")
      for text in [outcome.output, outcome.errors] { #expect(!text.utf8.contains { $0 == 0x1B || $0 == 0x07 }) }
    }
  }
}
