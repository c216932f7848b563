import Foundation
import Testing

/// Every command that README.md, the articles and the help show is one that works.
@Suite("Documented commands")
struct DocumentedCommandTests {
  /// README.md and every article of the documentation.
  static let documents: [String] = {
    let sources = Project.root.appendingPathComponent("Sources").path
    let articles = (try? FileManager.default.subpathsOfDirectory(atPath: sources)) ?? []
    return ["README.md"]
      + articles.filter { $0.contains(".docc/") && $0.hasSuffix(".md") }.sorted().map { "Sources/" + $0 }
  }()

  /// A line of a fenced block: what a person would type.
  struct Line: Sendable {
    var text: String
    /// `# … exits with 2` behind a command says so.
    var code: Int32
  }

  private static let beginnings = ["lockstep ", "make ", "cp ", "export ", "printf ", "WIRESHARK_CONFIG_DIR="]

  /// The lines that begin with a program that a reader would start, in their order. `$ ` in front is a prompt.
  static func commands(in text: String) -> [Line] {
    var isFenced = false
    return text.split(separator: "\n", omittingEmptySubsequences: false).compactMap { raw in
      let line = raw.trimmingCharacters(in: .whitespaces)
      if line.hasPrefix("```") { isFenced.toggle() }
      let command = line.hasPrefix("$ ") ? String(line.dropFirst(2)) : line
      guard isFenced, beginnings.contains(where: command.hasPrefix)
      else { return nil }
      let code = command.firstMatch(of: /#.* exits with ([0-9]+)/).flatMap { Int32($0.1) } ?? 0
      return Line(text: command, code: code)
    }
  }

  /// A shell in which `lockstep` is the program that was built with these tests.
  private func shell(_ line: String, _ workspace: Workspace) throws -> Program.Outcome {
    let folder = Program.lockstep.executable.deletingLastPathComponent().path
    let path = "\(folder):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
    return try #require(Tools.bash).run(
      ["-o", "pipefail", "-c", line], in: workspace,
      environment: ["PATH": path, "LOCKSTEP_DB": workspace.path("lockstep.sqlite")], input: "q\n")
  }

  /// Commands in the text itself, in `code`; those with a placeholder such as RUN are none.
  static func mentions(in text: String) -> [Line] {
    text.matches(of: /`(lockstep [^`]+)`/).map { String($0.1) }
      .filter { $0.firstMatch(of: /[A-Z]{2}|…|\n/) == nil }
      .map { Line(text: $0, code: 0) }
  }

  @Test("of each document, in order, in a copy of the scenarios", arguments: documents)
  func documented(_ document: String) throws {
    let workspace = try Recorded.workspace()
    let makefile = try Project.text("Makefile")
    let text = try Project.text(document)
    let lines = Self.commands(in: text) + Self.mentions(in: text)
    if document == "README.md" { #expect(lines.count >= 8) }
    for line in lines {
      if line.text.hasPrefix("make ") {
        let target = line.text.split(separator: " ")[1]
        #expect(makefile.contains("\n\(target):"), "\(document) shows \(line.text)")
      } else if Tools.tshark != nil || !line.text.contains("tshark") {
        let outcome = try shell(line.text, workspace)
        #expect(outcome.code == line.code, "\(document) shows: \(line.text)\n\(outcome.errors)")
      }
    }
  }

  /// The lines at the head of a scenario: `#   lockstep run …`.
  static func heads(of text: String) -> [Line] {
    let comments = text.split(separator: "\n").prefix { $0.hasPrefix("#") }.map { $0.dropFirst() }
    return commands(in: "```\n" + comments.joined(separator: "\n"))
  }

  @Test("at the head of each scenario", arguments: Project.scenarios)
  func heads(_ scenario: String) throws {
    let workspace = try Workspace()
    let lines = Self.heads(of: try Project.text("Scenarios/\(scenario).lockstep.yml"))
    #expect(lines.count >= 2)
    for line in lines {
      let outcome = try shell(line.text, workspace)
      #expect(outcome.code == line.code, "\(scenario) shows: \(line.text)\n\(outcome.errors)")
      // A packet that is pointed at is worth a look: one that is protected, or in which something is.
      if line.text.contains("inspect") { #expect(outcome.output.contains(/AH|ESP/), "\(line.text)") }
    }
  }

  @Test("README.md begins with the two commands and stays short") func readme() throws {
    let text = try Project.text("README.md")
    #expect(text.count { $0 == "\n" } < 200)
    #expect(Self.commands(in: text).prefix(2).map { $0.text.prefix(9) } == ["make demo", "make test"])
  }

  @Test("README.md draws the run as the program does") func ladder() throws {
    let text = try Project.text("README.md")
    let command = try #require(text.firstMatch(of: /\n(lockstep ladder .*)\n```\n\n```text\n/))
    let drawn = text[command.range.upperBound...].prefix { $0 != "`" }
    let outcome = try shell(String(command.1), try Recorded.workspace())
    #expect(outcome.code == 0)
    #expect(outcome.output == drawn)
  }

  @Test("the examples of each command's help", arguments: CommandTests.listed)
  func help(_ command: String) throws {
    let workspace = try Recorded.workspace()
    // What examples speak of: a further database, three runs, and a capture with its keys.
    for _ in 1...2 { try workspace.record() }
    try FileManager.default.copyItem(atPath: workspace.path("lockstep.sqlite"), toPath: workspace.path("runs.sqlite"))
    try #require(try workspace.lockstep("export", "last", "bundle").code == 0)
    for name in ["esp_sa", "ikev1_decryption_table", "sas.json"] {
      try FileManager.default.copyItem(atPath: workspace.path("bundle/\(name)"), toPath: workspace.path(name))
    }
    for name in ["capture.pcap", "capture.pcapng"] {
      try FileManager.default.copyItem(atPath: workspace.path("bundle/capture.pcapng"), toPath: workspace.path(name))
    }
    let help = try workspace.lockstep("help", command)
    let examples = help.lines.filter { $0.hasPrefix("  ") && $0.contains("lockstep \(command)") }
    #expect(!examples.isEmpty)
    for example in examples where !example.contains("--speed") {
      let outcome = try shell(example, workspace)
      #expect(outcome.code == 0, "\(example)\n\(outcome.errors)")
    }
  }
}
