import Foundation
import Testing

@testable import Scenario

/// Texts that are meant to hurt: each is refused at its place.
@Suite struct HostileTextTests {
  private func first(_ text: String) -> String {
    ScenarioFile.parse(text: text, path: "x.yml").diagnostics.first?.headline ?? "nothing"
  }

  @Test func emptyFile() {
    for text in ["", "\n\n", "# nothing\n"] {
      #expect(
        first(text) == "x.yml:1:1: error: the file is empty; expected a scenario that begins with \"lockstep: 1\"")
    }
  }

  @Test func notKeysAndValues() {
    #expect(
      first("- a\n") == "x.yml:1:1: error: the document is a list; expected keys and values, the first \"lockstep: 1\"")
  }

  @Test func severalDocuments() {
    #expect(
      first("a: 1\n---\nb: 2\n") == "x.yml:2:1: error: a second document begins here; expected one document in the file"
    )
  }

  @Test func duplicateKeys() {
    #expect(
      first("name: a\nseed: 1\nname: b\n")
        == "x.yml:3:1: error: the key \"name\" is written twice (first at line 1, column 1); "
        + "expected each key once in a mapping")
  }

  @Test func tabs() {
    #expect(
      first("nodes:\n\talice: 1\n") == "x.yml:2:1: error: a tab is used for indentation; expected spaces")
  }

  @Test func mergeKeys() {
    #expect(
      first("<<: { a: 1 }\n")
        == "x.yml:1:1: error: the merge key \"<<\" is not supported; "
        + "expected the keys written out, or values shared under \"defaults\"")
  }

  @Test func nothingReachesATerminal() {
    #expect(
      first("name: \u{1B}[31mred\n")
        == "x.yml:1:7: error: the control character U+001B stands in the text; expected printable text")
    #expect(
      first("name: \"\\e[31mred\"\n")
        == "x.yml:1:7: error: the control character U+001B stands in the text; expected printable text")
    #expect(first("a: 1\0\n").hasPrefix("x.yml:1:5: error: the control character U+0000"))
    #expect(first("a: \u{202E}1\n").hasPrefix("x.yml:1:4: error: the control character U+202E"))
    let outcome = ScenarioFile.parse(text: "", path: "\u{1B}]0;x\u{7}.yml")
    #expect(outcome.diagnostics.first?.headline.hasPrefix("\\u{1b}]0;x\\u{7}.yml:1:1: error: ") == true)
  }

  @Test func notUTF8() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("latin-\(UUID()).lockstep.yml")
    defer { try? FileManager.default.removeItem(at: url) }
    try Data(Array("lockstep: 1\nname: caf".utf8) + [0xE9, 0x0A]).write(to: url)
    let outcome = ScenarioFile.load(path: url.path)
    #expect(findings(outcome) == "\(url.path):2:10: error: the file is not UTF-8; expected text in UTF-8")
  }

  @Test func notAFile() {
    let expected = "expected a scenario file such as branch-office.lockstep.yml"
    #expect(
      findings(ScenarioFile.load(path: "/nowhere.yml")) == "/nowhere.yml:1:1: error: there is no such file; \(expected)"
    )
    #expect(findings(ScenarioFile.load(path: "/")) == "/:1:1: error: this is a folder; \(expected)")
    #expect(
      findings(ScenarioFile.load(path: "/dev/zero")) == "/dev/zero:1:1: error: this is no regular file; \(expected)")
  }

  @Test(arguments: ["[", "{a: ", "- ", "? "])
  func deepNesting(_ opening: String) {
    for depth in [33, 900, 5_000, 200_000] {
      let outcome = ScenarioFile.parse(text: String(repeating: opening, count: depth), path: "x.yml")
      #expect(outcome.hasErrors)
    }
  }

  @Test func nestingIsBounded() {
    let text = "a: " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    #expect(
      first(text)
        == "x.yml:1:36: error: lists and mappings are nested more than 32 deep; "
        + "expected the nesting of a scenario, which is 7 at most")
  }

  @Test func billionLaughs() {
    var text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    for level in 1...9 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(first(text).contains("the document has more than 1,000,000 values once its aliases are expanded"))
    // As a key, Yams itself would take it apart before anybody else can look.
    #expect(first(text + "? *a9\n: 1\n").contains("is used as a key"))
    #expect(first(text + "*a9 : 1\n").contains("is used as a key"))
    #expect(first(text + "[*a9]: 1\n").contains("is used as a key"))
    #expect(first(text + "{ {x: *a9} : 1 }\n").contains("is used as a key"))
  }

  @Test func chainsOfAnchors() {
    var text = "a0: &a0 [x]\n"
    for level in 1...60 {
      let (open, close) = (String(repeating: "[", count: 900), String(repeating: "]", count: 900))
      text += "a\(level): &a\(level) \(open)*a\(level - 1)\(close)\n"
    }
    #expect(first(text).contains("nested more than 32 deep"))
    text = (0...70).map { "a\($0): &a\($0) x\n" }.joined()
    #expect(
      first(text)
        == "x.yml:65:6: error: the file has more than 64 anchors; "
        + "expected at most 64; what many entries share belongs under \"defaults\"")
  }

  @Test func unknownAliases() {
    #expect(
      first("a: *b\n") == "x.yml:1:4: error: the alias \"*b\" names no anchor; expected an anchor \"&b\" before it")
    #expect(
      first("a: *b\nc: &b 1\n")
        == "x.yml:1:4: error: the alias \"*b\" stands before its anchor (line 2, column 4); "
        + "expected the anchor before its aliases")
  }

  @Test func longLinesAreShownInPart() {
    for (length, lines) in [(1_000, 3), (100_000, 1)] {
      let text = "lockstep: 1\n? " + String(repeating: "x", count: length) + "\n: 1\n"
      let outcome = ScenarioFile.parse(text: text, path: "x.yml")
      let shown = outcome.diagnostics.last?.rendered.split(separator: "\n") ?? []
      #expect(shown.allSatisfy { $0.utf8.count < 500 })
      #expect(shown.count == lines + 1)
    }
  }

  @Test func keysWithinKeys() {
    let text = String(repeating: "{", count: 500) + "a: 1" + String(repeating: "}: 1", count: 499) + "}"
    #expect(first(text).contains("is used as a key"))
  }

  @Test func questionsInComments() {
    let text = sample + String(repeating: "# What is this ? [a]: why ? *b : &c\n", count: 100)
    #expect(findings(ScenarioFile.parse(text: text, path: "x.yml")) == "")
  }
}
