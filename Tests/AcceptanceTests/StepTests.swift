import Foundation
import Testing

/// The stepper, typed at in a terminal and fed by a pipe.
@Suite("Step")
struct StepTests {
  /// The numbers of the entries that were shown, in order.
  private func entries(_ text: String) -> [Int] {
    text.split(separator: "\n").compactMap { line in
      line.firstMatch(of: /^ *#?([0-9]+)[ \t]/).flatMap { Int($0.1) }
    }
  }

  private func step(_ input: String, _ arguments: String...) throws -> Program.Outcome {
    try Program.lockstep.run(
      ["step", "last"] + arguments, in: try Recorded.workspace(), input: input, limit: .seconds(30))
  }

  @Test("goes forward and back, over a pipe") func forwardAndBack() throws {
    let outcome = try step(".\n\n. 3\n,\nb 2\nq\n")
    #expect(outcome.code == 0)
    #expect(entries(outcome.output) == [1, 2, 3, 6, 5, 3])
  }

  @Test("takes numbers of entries and no others", arguments: ["-5", "0", "x", "9223372036854775808"])
  func noCount(_ count: String) throws {
    let outcome = try step(". \(count)\n, \(count)\nq\n")
    #expect(entries(outcome.output) == [1])
    #expect(outcome.output.contains("\n. and , take a number of entries, 1 or more\n"))
  }

  @Test("ends where its input ends, and goes on at the last frame") func endOfInput() throws {
    let outcome = try step("G\n.\n,")
    #expect(outcome.code == 0)
    let numbers = entries(outcome.output)
    #expect(numbers.count == 3)
    #expect(numbers.first == 1 && numbers.dropFirst(2) == [(numbers.dropFirst().first ?? 0) - 1])
    #expect(outcome.output.contains("this is the last entry"))
  }

  @Test("back from anywhere shows what forward has shown") func symmetry() throws {
    let forward = try step(String(repeating: ".\n", count: 60) + "q\n").output.split(separator: "\n")
    let back = try step("g 61\n" + String(repeating: ",\n", count: 60) + "q\n").output.split(separator: "\n")
    #expect(Array(forward) == back.dropFirst().reversed())
  }

  @Test("goes from packet to packet of a flow, and from phase to phase") func flowsAndPhases() throws {
    let workspace = try Recorded.workspace()
    let outcome = try Program.lockstep.run(["step", "last"], in: workspace, input: "]\n]\n]\n]\n[\nf\nq\n")
    #expect(outcome.code == 0)
    let numbers = entries(outcome.output)
    #expect(numbers.count >= 5)
    #expect(Array(numbers.prefix(5)) == numbers.prefix(5).sorted())
    // Entries that belong to the ping, one after the other, are those that replay shows of this flow.
    let replay = try workspace.lockstep("replay", "last", "--flow", "alice-pings-bob")
    let ping = entries(replay.output)
    try #require(ping.count > 5)
    let walk = try Program.lockstep.run(
      ["step", "last", "--at", "\(ping[1])"], in: workspace, input: "f\nf\nf\nF\nq\n")
    #expect(entries(walk.output) == [ping[1], ping[2], ping[3], ping[4], ping[3]])
  }

  @Test("says why, down to what the scenario set going") func why() throws {
    let workspace = try Recorded.workspace()
    let outcome = try Program.lockstep.run(["step", "last"], in: workspace, input: "d\nw\nq\n")
    #expect(outcome.code == 0)
    let drop = try #require(entries(outcome.output).dropFirst().first)
    let why = try workspace.lockstep("why", "last", "\(drop)")
    #expect(why.code == 0)
    #expect(outcome.output.contains(why.output))
    #expect(why.lines.count > 3)
    #expect(outcome.output.contains("no-telnet"))
  }

  @Test("shows the octets that an ICV covers, asked for once or for all packets") func integrity() throws {
    let replay = try Recorded.workspace().lockstep("replay", "last", "--to", "200").lines
    let sealed = try #require(entries(replay.first { $0.contains(" seals ") } ?? "").first)
    let asked = try step("g \(sealed)\ni icv\ni\nq\n").output
    #expect(asked.matches(of: /\n  ICV over [0-9,]+ octets: ESP as encrypted, SPI to Next Header \(/).count == 1)
    #expect(asked.contains("\n  the two are the same\n"))
    #expect(try step("g \(sealed)\ni\nq\n", "--icv").output.contains("\n  ICV over "))
    #expect(try step("g \(sealed)\ni\nq\n", "--icv", "--format", "json").output.contains(#""icv":{"algorithm":"#))
    #expect(try step("i bytes\nq\n").output.contains("\ni takes all, icv, both or nothing\n"))
  }

  @Test(
    "takes anything that is typed",
    arguments: ["xyzzy", ". many", "g", "g 99999999999999999999", "g 0", "/", "s none", ", -5", "\u{1B}[A"])
  func nonsense(_ line: String) throws {
    let outcome = try step("\(line)\nq\n")
    #expect(outcome.code == 0)
    #expect(!outcome.output.utf8.contains(0x1B))
    #expect(outcome.output.split(separator: "\n").count >= 2, "nothing was answered to \(line)")
  }

  @Test("runs a scenario first where it is given one") func scenario() throws {
    let workspace = try Workspace()
    let outcome = try Program.lockstep.run(
      ["step", "Scenarios/branch-office.lockstep.yml"], in: workspace, input: "]\nq\n")
    #expect(outcome.code == 0)
    #expect(entries(outcome.output).count == 2)
    #expect(try JSONText.lines(try workspace.lockstep("list", "--format", "json").output).count == 1)
  }

  // MARK: At a terminal

  @Test("can be typed at", .enabled(if: Tools.setsid != nil, "setsid is not installed"), arguments: ["xterm", "dumb"])
  func typed(_ kind: String) throws {
    let terminal = try PseudoTerminal(
      .lockstep, ["step", "last"], in: try Recorded.workspace(), environment: ["TERM": kind, "NO_COLOR": "1"])
    try terminal.expect("1/")
    for (keys, shown) in [(".\n", "2/"), (".\n", "3/"), (",\n", "2/"), ("g 42\n", "42/"), ("?\n", "42/")] {
      terminal.type(keys)
      try terminal.expect(shown)
    }
    terminal.type("w\n")
    try terminal.expect("42/")
    terminal.type("q\n")
    #expect(try terminal.wait() == 0)
    #expect(!terminal.screen.utf8.contains(0x1B))
  }

  @Test("Ctrl-C ends it with 130, Ctrl-D with 0", .enabled(if: Tools.setsid != nil, "setsid is not installed"))
  func ends() throws {
    for (key, code) in [("\u{03}", Int32(130)), ("\u{04}", 0)] {
      let terminal = try PseudoTerminal(.lockstep, ["step", "last"], in: try Recorded.workspace())
      try terminal.expect("1/")
      terminal.type(key)
      #expect(try terminal.wait() == code)
    }
  }

  @Test("colours are for terminals that want them", .enabled(if: Tools.setsid != nil, "setsid is not installed"))
  func colours() throws {
    func screen(_ arguments: [String], _ environment: [String: String]) throws -> String {
      let terminal = try PseudoTerminal(
        .lockstep, ["why", "last", "42"] + arguments, in: try Recorded.workspace(), environment: environment)
      #expect(try terminal.wait() == 0)
      return terminal.screen
    }
    #expect(!(try screen([], ["NO_COLOR": "1"])).utf8.contains(0x1B))
    #expect(!(try screen([], ["TERM": "dumb"])).utf8.contains(0x1B))
    #expect(!(try screen(["--color", "never"], [:])).utf8.contains(0x1B))
    #expect(try screen(["--color", "always"], [:]).utf8.contains(0x1B))
  }

  @Test("progress is one line in place at a terminal", .enabled(if: Tools.setsid != nil, "setsid is not installed"))
  func progress() throws {
    let workspace = try Workspace()
    let text = try workspace.read("Scenarios/branch-office.lockstep.yml")
    let long = text.replacing("duration: 90 s", with: "duration: 20 h")
      .replacing("    count: 40\n    every: 2 s", with: "    count: 700000\n    every: 100 ms")
    try workspace.write(long, to: "Scenarios/long.lockstep.yml")
    let terminal = try PseudoTerminal(.lockstep, ["run", "Scenarios/long.lockstep.yml"], in: workspace)
    try terminal.expect("\r\u{1B}[Ksimulated ")
    terminal.type("\u{03}")
    #expect(try terminal.wait() == 130)
  }
}
