import Foundation
import Journal
import Network
import Testing

@testable import Scenario

/// A generator of its own, so that a failure can be had again from its seed.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

@Suite struct MutationTests {
  private static let tokens = [
    "&a", "*a", "[", "]", "{", "}", ": ", "- ", "? ", "\n", "\t", "\"", "'", "|", ">", "#", "---\n", "...\n", "<<: ",
    "!x ",
    "%", "\u{0}", "\u{1B}", "é", "\u{FEFF}", "0", "-1", "99999999999999999999", "1.5", "10.0.0.0/33", "any", "null",
    "~", "0x", "opaque", "esp", "ah: sha1", "2001:db8::1", "transport", "tunnel", "bump", "manual: ", "layers: ", "in",
    "::",
    "aes128ctr-none", "256", "secret",
  ]

  /// Changes a few places of the text: octets lost, doubled, exchanged, lines moved, tokens put in.
  private func mutated(_ source: [UInt8], _ generator: inout SplitMix) -> [UInt8] {
    var octets = source
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let start = Int.random(in: 0..<octets.count, using: &generator)
      let end = min(octets.count, start + Int.random(in: 1...40, using: &generator))
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: octets.removeSubrange(start..<end)
      case 1: octets.insert(contentsOf: octets[start..<end], at: Int.random(in: 0...octets.count, using: &generator))
      case 2: octets[start] = UInt8.random(in: 0...255, using: &generator)
      case 3: octets.swapAt(start, end - 1)
      default:
        octets.insert(contentsOf: Self.tokens[Int.random(in: 0..<Self.tokens.count, using: &generator)].utf8, at: start)
      }
      if octets.isEmpty { octets = [0x61] }
    }
    return octets
  }

  @Test(arguments: shipped)
  func mutationsAreReadOrRefused(_ path: String) throws {
    let source = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    for seed in UInt64(1)...200 {
      var generator = SplitMix(state: seed)
      let text = String(decoding: mutated(source, &generator), as: UTF8.self)
      let outcome = ScenarioFile.parse(text: text, path: "mutated.yml")
      #expect((outcome.scenario == nil) == outcome.hasErrors, "seed \(seed)")
      #expect(outcome.diagnostics.count <= 100, "seed \(seed)")
      for diagnostic in outcome.diagnostics {
        #expect(diagnostic.rendered.unicodeScalars.allSatisfy { isPrintable($0) || $0 == "\n" }, "seed \(seed)")
        #expect(diagnostic.place.line >= 1 && diagnostic.place.column >= 1, "seed \(seed)")
      }
    }
  }

  /// The sample is short, so that thousands of changes hit every part of it.
  @Test func mutationsOfTheSample() {
    for seed in UInt64(1)...1_200 {
      var generator = SplitMix(state: seed)
      let text = String(decoding: mutated(Array(sample.utf8), &generator), as: UTF8.self)
      let outcome = ScenarioFile.parse(text: text, path: "mutated.yml")
      #expect((outcome.scenario == nil) == outcome.hasErrors, "seed \(seed)")
    }
  }

  /// Puts words of a text in the place of others that look like them: much of what comes out makes sense.
  private func reworded(_ text: String, _ words: [Range<String.Index>], _ generator: inout SplitMix) -> String {
    func kind(_ word: Substring) -> Int {
      let isNumber = word.first?.isNumber == true
      return (isNumber ? 1 : 0) + (word.contains(".") ? 2 : 0) + (word.contains(":") ? 4 : 0)
        + (word.contains("/") ? 8 : 0) + (word.hasPrefix("0x") ? 16 : 0)
    }
    var result = text
    for _ in 0..<Int.random(in: 1...2, using: &generator) {
      let place = words[Int.random(in: 0..<words.count, using: &generator)]
      let alike = words.filter { kind(text[$0]) == kind(text[place]) }
      let other = text[alike[Int.random(in: 0..<alike.count, using: &generator)]]
      guard let range = result.range(of: text[place]) else { continue }
      result.replaceSubrange(range, with: other)
    }
    return result
  }

  /// What is read can be built: nothing that ``World`` refuses is left to it, and nothing in a scenario stops the program.
  @Test(arguments: [("sample", sample), ("nested", nested), ("boxes", boxes)])
  func whatIsReadCanBeRun(_ name: String, _ text: String) throws {
    var built = 0
    let words = text.matches(of: /[A-Za-z0-9][A-Za-z0-9.:\/-]*/).map(\.range)
    for seed in UInt64(1)...200 {
      var generator = SplitMix(state: seed)
      let outcome = ScenarioFile.parse(text: reworded(text, words, &generator), path: "\(name).yml")
      guard var configuration = outcome.scenario?.world() else { continue }
      configuration.eventLimit = min(configuration.eventLimit, 100)
      built += 1
      do {
        var world = try World(configuration, journal: JournalWriter(detail: .everything) { _ in })
        _ = try world.run()
      } catch {
        Issue.record("seed \(seed): \(error)")
      }
    }
    #expect(built >= 10)
  }

  @Test func everyPrefixIsReadOrRefused() {
    let octets = Array(sample.utf8)
    for count in stride(from: 0, to: octets.count, by: 11) {
      let outcome = ScenarioFile.parse(text: String(decoding: octets.prefix(count), as: UTF8.self), path: "prefix.yml")
      #expect((outcome.scenario == nil) == outcome.hasErrors, "the first \(count) octets")
    }
  }
}
