import Foundation
import Testing

/// Help, results and streams of every command.
@Suite("Commands")
struct CommandTests {
  /// Those that a person can count on; there may be more.
  static let promised = ["validate", "run", "list", "inspect", "step", "replay", "verify", "export", "version"]

  /// All that `lockstep --help` lists.
  static let listed: [String] = {
    guard let workspace = try? Workspace(), let help = try? workspace.lockstep("--help") else { return [] }
    let section = help.lines.drop { !$0.hasPrefix("SUBCOMMANDS:") }.dropFirst()
    return section.prefix { !$0.isEmpty }.filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }()

  @Test("help lists what was promised") func promises() {
    for command in Self.promised { #expect(Self.listed.contains(command)) }
  }

  @Test("help of each command has examples", arguments: listed)
  func helpHasExamples(_ command: String) throws {
    let workspace = try Workspace()
    let help = try workspace.lockstep("help", command)
    #expect(help.code == 0)
    #expect(help.errors.isEmpty)
    #expect(help.output == (try workspace.lockstep(command, "--help").output))
    #expect(help.lines.contains { $0.hasPrefix("Example") }, "no examples: \(help.output)")
    #expect(help.lines.contains { $0.hasPrefix("  lockstep \(command)") })
    // What step says is a conversation; replay, inspect and why print the same as data.
    if Self.promised.contains(command), command != "step" { #expect(help.output.contains("--format")) }
    if !["validate", "version", "schema"].contains(command) { #expect(help.output.contains("--db")) }
  }

  @Test(
    "usage that is none gives 2, and nothing on standard output",
    arguments: [
      ["frobnicate"], ["run"], ["validate"], ["run", "--frobnicate"], ["run", "none.lockstep.yml"],
      ["run", "Scenarios/branch-office.lockstep.yml", "--seed", "many"], ["run", "Scenarios"],
      ["list", "--format", "xml"],
      ["list", "--db", "none.sqlite"], ["list", "--db", "Scenarios"], ["verify", "zero"], ["inspect", "none.pcap"],
      ["inspect", "-1"], ["replay", "0"], ["step", "none.lockstep.yml"], ["export", "last"], ["export"],
      ["ladder", "last", "--limit", "9223372036854775807"], ["ladder", "last", "--from", "3", "--to", "2"],
      ["replay", "last", "--speed", "nan"], ["replay", "last", "--from", "0"],
    ])
  func usage(_ arguments: [String]) throws {
    let outcome = try Program.lockstep.run(arguments, in: try Workspace())
    #expect(outcome.code == 2)
    #expect(outcome.output.isEmpty)
    #expect(!outcome.errors.isEmpty)
  }

  @Test(
    "a run or an entry that is not there gives 2 and says what there is",
    arguments: [
      ["inspect", "7"], ["inspect", "last", "999999"], ["verify", "7"], ["export", "7", "bundle"], ["replay", "7"],
    ])
  func absent(_ arguments: [String]) throws {
    let outcome = try Program.lockstep.run(arguments, in: try Recorded.workspace())
    #expect(outcome.code == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("error: "))
    #expect(outcome.errors.hasPrefix("error: ") == false || !outcome.errors.dropFirst(7).contains("error: "))
  }

  @Test(
    "entries behind the last one are none, however large their numbers are",
    arguments: ["2860", "1099511627776", "18446744073709551615"])
  func behindTheLast(_ number: String) throws {
    let workspace = try Recorded.workspace()
    for command in ["replay", "ladder"] {
      let outcome = try Program.lockstep.run([command, "last", "--from", number], in: workspace)
      #expect(outcome.code == 0)
      #expect(outcome.output.split(separator: "\n").count == (command == "ladder" ? 1 : 0))
    }
  }

  /// What prints data, on a recorded run.
  static let printing = [
    ["version"], ["list"], ["validate", "Scenarios/branch-office.lockstep.yml"], ["verify", "last"],
    ["inspect", "last"],
    ["inspect", "last", "1"], ["replay", "last"], ["export", "last", "bundle"],
    ["run", "Scenarios/branch-office.lockstep.yml"],
  ]

  @Test("with --format json every line is a document, and standard output holds nothing else", arguments: printing)
  func json(_ arguments: [String]) throws {
    let outcome = try Program.lockstep.run(arguments + ["--format", "json"], in: try Recorded.workspace())
    #expect(outcome.code == 0, "\(outcome.errors)")
    let documents = try JSONText.lines(outcome.output)
    if arguments[0] != "validate" { #expect(!documents.isEmpty) }
    #expect(!outcome.output.utf8.contains(0x1B))
  }

  @Test("no escape codes where there is no terminal", arguments: printing)
  func noEscapeCodes(_ arguments: [String]) throws {
    let outcome = try Program.lockstep.run(arguments, in: try Recorded.workspace())
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(!outcome.output.isEmpty)
    #expect(outcome.output.hasSuffix("\n"))
    for text in [outcome.output, outcome.errors] {
      let controls = text.unicodeScalars.filter { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7F }
      #expect(controls.isEmpty)
    }
  }

  @Test("no arrows and boxes where the locale has none", arguments: printing)
  func onlyASCII(_ arguments: [String]) throws {
    let outcome = try Program.lockstep.run(arguments, in: try Recorded.workspace(), environment: ["LANG": "C"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let others = outcome.output.unicodeScalars.filter { !$0.isASCII }
    #expect(others.isEmpty, "not ASCII: \(others.map(String.init).joined(separator: " "))")
  }

  @Test("the version is one") func version() throws {
    let outcome = try (try Workspace()).lockstep("version")
    #expect(outcome.output.wholeMatch(of: /lockstep [0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
  }

  @Test("--quiet leaves nothing but data") func quiet() throws {
    let workspace = try Workspace()
    let outcome = try workspace.lockstep("run", "Scenarios/branch-office.lockstep.yml", "--quiet")
    #expect(outcome.code == 0)
    #expect(outcome.errors.isEmpty)
    #expect(!outcome.output.isEmpty)
  }
}

/// Which database a command takes.
@Suite("The database")
struct DatabaseTests {
  private let scenario = "Scenarios/branch-office.lockstep.yml"

  @Test("is lockstep.sqlite here where nothing is said") func byDefault() throws {
    let workspace = try Workspace()
    #expect(try workspace.lockstep("run", scenario).code == 0)
    #expect(workspace.exists("lockstep.sqlite"))
  }

  @Test("is LOCKSTEP_DB where that is set, and --db before that") func named() throws {
    let workspace = try Workspace()
    let environment = ["LOCKSTEP_DB": workspace.path("named.sqlite")]
    #expect(try Program.lockstep.run(["run", scenario], in: workspace, environment: environment).code == 0)
    #expect(workspace.exists("named.sqlite"))
    let given = ["run", scenario, "--seed", "5", "--db", "given.sqlite"]
    #expect(try Program.lockstep.run(given, in: workspace, environment: environment).code == 0)
    #expect(workspace.exists("given.sqlite"))
    #expect(!workspace.exists("lockstep.sqlite"))
    for (arguments, seed) in [(["list"], 1), (["list", "--db", "given.sqlite"], 5)] {
      let list = try Program.lockstep.run(arguments + ["--format", "json"], in: workspace, environment: environment)
      #expect(try JSONText.lines(list.output).map { $0["seed"] as? Int } == [seed])
    }
  }

  @Test("holds run after run: none is written over") func runs() throws {
    let workspace = try Workspace()
    for number in 1...3 { #expect(try workspace.record()["run"] as? Int == number) }
    let list = try JSONText.lines(try workspace.lockstep("list", "--format", "json").output)
    #expect(list.map { $0["run"] as? Int } == [1, 2, 3])
    #expect(Set(list.map { $0["digest"] as? String }).count == 1)
    #expect(list.allSatisfy { $0["state"] as? String == "complete" })
  }

  @Test("that is none of ours is refused, and stays as it was") func foreign() throws {
    let workspace = try Workspace()
    try workspace.write("This is a letter.\n", to: "letter.txt")
    for arguments in [["run", scenario], ["list"], ["verify", "last"]] {
      let outcome = try Program.lockstep.run(arguments + ["--db", "letter.txt"], in: workspace)
      #expect(outcome.code == 2)
      #expect(outcome.errors.contains("letter.txt"))
    }
    #expect(try workspace.read("letter.txt") == "This is a letter.\n")
  }
}
