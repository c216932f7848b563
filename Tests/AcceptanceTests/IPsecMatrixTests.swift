import Foundation
import Testing

/// Every way to put one association into another, on real bytes, judged by a tool that shares no line with ours.
@Suite("Every nesting")
struct IPsecMatrixTests {
  /// Combinations of a family as they ran and were exported, and what scapy says of each frame between the routers.
  struct Judged: Sendable {
    let answered: [String: Int]
    let frames: [[[String: String]]]

    static let nested = [false, true].map { isIPv6 in Result { try Judged(MatrixCombination.all(isIPv6: isIPv6)) } }
    static let algorithms = [false, true].map { isIPv6 in
      Result { try Judged(MatrixCombination.algorithms(isIPv6: isIPv6)) }
    }

    init(_ combinations: [MatrixCombination]) throws {
      let workspace = try Workspace()
      try workspace.write(IPsecMatrix(combinations).text, to: "Scenarios/own.lockstep.yml")
      try workspace.record("own")
      answered = try Self.answers(workspace)
      let run = try ExportedRun(of: workspace)
      frames = try Self.judge(run)
    }

    /// How many answers came to each host.
    private static func answers(_ workspace: Workspace) throws -> [String: Int] {
      let outcome = try workspace.lockstep("replay", "last", "--format", "json")
      guard outcome.code == 0 else { throw Unexpected("replay ended with \(outcome.code): \(outcome.errors)") }
      var counts: [String: Int] = [:]
      for entry in try JSONText.lines(outcome.output) where (entry["kind"] as? String)?.hasSuffix("answered") == true {
        counts[entry["node"] as? String ?? "", default: 0] += 1
      }
      return counts
    }

    private static func judge(_ run: ExportedRun) throws -> [[[String: String]]] {
      guard let scapy = Tools.scapy, let oracles = Tools.oracles else { throw Unexpected("no scapy") }
      let report = run.workspace.path("report.jsonl")
      let outcome = try scapy.run(
        [
          oracles.appendingPathComponent("oracle_scapy.py").path, "bundle/taps/r-1-east.pcapng", "bundle/sas.json",
          "--json", report, "--strict",
        ], in: run.workspace)
      // What it has no cipher for it calls a failure; each frame is looked at below.
      guard (0...2).contains(outcome.code) else {
        throw Unexpected("scapy ended with \(outcome.code): \(outcome.errors.suffix(2_000))")
      }
      return try JSONText.lines(try run.workspace.read("report.jsonl")).map { frame in
        (frame["layers"] as? [[String: Any]] ?? []).map { layer in layer.mapValues { "\($0)" } }
      }
    }
  }

  @Test(
    .enabled(if: Tools.canAskScapy, Tools.withoutScapy),
    arguments: MatrixCombination.all(isIPv6: false) + MatrixCombination.all(isIPv6: true))
  func `An outside tool verifies and unwraps it`(combination: MatrixCombination) throws {
    try check(combination, Judged.nested[combination.isIPv6 ? 1 : 0].get())
  }

  @Test(
    .enabled(if: Tools.canAskScapy, Tools.withoutScapy),
    arguments: MatrixCombination.algorithms(isIPv6: false) + MatrixCombination.algorithms(isIPv6: true))
  func `Each algorithm, too`(combination: MatrixCombination) throws {
    let judged = try Judged.algorithms[combination.isIPv6 ? 1 : 0].get()
    // Neither scapy nor tshark has IDEA: its packets are judged by the published vectors of the cipher alone.
    guard !combination.layers[0].suite.words.hasPrefix("ESP idea") else {
      #expect(judged.answered["a-\(combination.index)"] == 2)
      return
    }
    try check(combination, judged)
  }

  private func check(_ combination: MatrixCombination, _ judged: Judged) throws {
    #expect(judged.answered["a-\(combination.index)"] == 2)
    for isBack in [false, true] {
      let outermost = combination.layers.count - 1
      let spi = Self.hexadecimal(combination.spi(outermost, isBack: isBack))
      let frames = judged.frames.filter { $0.first?["spi"] == spi }
      #expect(frames.count == 2)
      for frame in frames { try check(frame, combination, isBack: isBack) }
    }
  }

  /// The layers of a frame as scapy took them off: one for each association, and what was inside.
  private func check(_ frame: [[String: String]], _ combination: MatrixCombination, isBack: Bool) throws {
    let sealed = frame.filter { $0["layer"] == "ah" || $0["layer"] == "esp" }
    #expect(sealed.count == combination.layers.count)
    for (place, layer) in combination.layers.indices.reversed().enumerated() where place < sealed.count {
      let (found, suite) = (sealed[place], combination.layers[layer].suite)
      #expect(found["layer"] == suite.name && found["result"] == "OK")
      #expect(found["spi"] == Self.hexadecimal(combination.spi(layer, isBack: isBack)))
      #expect(found["mode"] == (combination.layers[layer].isTunnel ? "tunnel" : "transport"))
      if suite.hasAuthenticator { #expect(found["icv_ok"] == "1" || found["icv_ok"] == "true") }
      if !suite.isAH { #expect(found["pad_ok"] == "1" || found["pad_ok"] == "true") }
    }
    let inner = try #require(frame.last)
    let hosts = (combination.address(isBack ? 2 : 1), combination.address(isBack ? 1 : 2))
    #expect(inner["layer"] == "inner" && inner["desc"]?.contains("\(hosts.0)>\(hosts.1) ") == true)
    #expect(inner["ck"]?.contains("BAD") == false)
  }

  private static func hexadecimal(_ spi: Int) -> String {
    let digits = String(spi, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
