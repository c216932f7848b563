import Foundation
import Testing

/// Every scenario of the folder, as a student takes it in hand, and as the tools of others judge it. Each is run once.
@Suite("Shipped scenarios")
struct ShippedScenarioTests {
  @Test("the table has all of them") func table() {
    #expect(ShippedScenario.all.map(\.name).sorted() == Project.scenarios)
  }

  @Test("validate says what it should", arguments: ShippedScenario.all)
  func validates(_ scenario: ShippedScenario) throws {
    let outcome = try Workspace().lockstep("validate", "Scenarios/\(scenario.name).lockstep.yml")
    #expect(outcome.code == scenario.code, "\(outcome.errors)")
    let text = try Project.text("Scenarios/\(scenario.name).lockstep.yml")
    #expect(text.contains("\nname: \(scenario.name)\n"))
    #expect(text.contains(/RFC [0-9]{4}|white paper/) || scenario.name.hasPrefix("branch-office"))
  }

  @Test("what run says to type next works", arguments: Project.scenarios)
  func next(_ scenario: String) throws {
    let workspace = try Workspace()
    let run = try workspace.lockstep("run", "Scenarios/\(scenario).lockstep.yml")
    #expect(run.code == 0)
    let inspect = try #require(run.output.firstMatch(of: /lockstep inspect 1 ([0-9]+)/))
    let looked = try workspace.lockstep("inspect", "1", String(inspect.1))
    #expect(looked.code == 0 && looked.output.contains("IPv"), "\(looked.output)")
  }

  @Test("its views are drawn, and every drop has its reasons", arguments: Project.scenarios)
  func views(_ scenario: String) throws {
    let workspace = try Recorded.workspace(scenario)
    let ladder = try workspace.lockstep("ladder", "last")
    #expect(ladder.code == 0 && ladder.lines.count > 8)
    let replay = try workspace.lockstep("replay", "last", "--format", "json")
    try #require(replay.code == 0)
    let entries = try JSONText.lines(replay.output)
    let sentences = entries.compactMap { $0["sentence"] as? String }
    #expect(sentences.count == entries.count && sentences.allSatisfy { !$0.isEmpty })
    let drops = entries.filter { $0["kind"] as? String == "packet.dropped" }.compactMap { $0["entry"] as? Int }
    for entry in drops.prefix(3) {
      let why = try workspace.lockstep("why", "last", "\(entry)")
      #expect(why.code == 0, "\(why.errors)")
      // From the drop back to what a person asked for.
      #expect(why.lines.count > 3 && why.output.contains(" drops "))
      // No scenario leaves a packet to the end of a list.
      #expect(!why.output.contains("no policy entry"))
    }
    let steps = try Program.lockstep.run(["step", "last"], in: workspace, input: ".\nd\nw\ni\nq\n")
    #expect(steps.code == 0, "\(steps.errors)")
  }

  @Test(
    "tshark opens it, and sees the layers that it is about", .enabled(if: Tools.tshark != nil, Tools.withoutTshark),
    arguments: ShippedScenario.all)
  func tshark(_ scenario: ShippedScenario) throws {
    let run = try Recorded.exported(scenario.name, tap: scenario.tap)
    let frames = try run.tshark("bundle/capture.pcapng")
    let quotations = frames.filter(\.isQuotation)
    #expect(quotations.count == scenario.quotations)
    let unreadable = scenario.unreadable > 0 ? frames.filter(\.isEncryptedMainMode) : []
    #expect(unreadable.count == scenario.unreadable)
    let excused = Set((quotations + unreadable).map(\.number))
    for frame in frames where !excused.contains(frame.number) { frame.expectSound(scenario.tap) }
    let seen = Set(frames.filter { $0.isProtected && !$0.isQuotation }.map(\.stack))
    #expect(seen == scenario.stacks)
  }

  @Test(
    "scapy verifies and unwraps every layer of it", .enabled(if: Tools.canAskScapy, Tools.withoutScapy),
    arguments: ShippedScenario.all)
  func scapy(_ scenario: ShippedScenario) throws {
    let run = try Recorded.exported(scenario.name, tap: scenario.tap)
    let script = try #require(Tools.oracles).appendingPathComponent("oracle_scapy.py").path
    let outcome = try #require(Tools.scapy).run(
      [script, "bundle/capture.pcapng", "bundle/sas.json", "--strict"], in: run.workspace)
    // It tries the quoted beginnings of packets as well, and says that they are not whole.
    #expect(outcome.code == (scenario.quotations > 0 ? 1 : 0), "\(outcome.output.suffix(2_000))")
    let summary = try #require(
      outcome.output.firstMatch(of: /SUMMARY ipsec-layers-ok=([0-9]+) failed=([0-9]+) no-sa=([0-9]+)/))
    #expect(Int(summary.2) == scenario.quotations && summary.3 == "0")
    #expect(Int(summary.1).map { ($0 > 0) == !scenario.stacks.isEmpty } == true)
  }
}
