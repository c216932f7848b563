import Journal
import Network
import Testing

@testable import Scenario

/// What a run of a shipped scenario left behind.
private final class Collected {
  var events: [Event] = []
  var digest: JournalDigest?

  func take(_ batch: JournalBatch) throws {
    for stored in batch.entries { events.append(try batch.entry(stored).event) }
  }

  func count(_ matches: (Event) -> Bool) -> Int { events.filter(matches).count }
}

/// The shipped scenarios do what their descriptions promise.
@Suite struct ShippedRunTests {
  private func run(_ scenario: ScenarioFile) throws -> Collected {
    let collected = Collected()
    var world = try World(scenario.world(), journal: JournalWriter(detail: .everything) { try collected.take($0) })
    collected.digest = try world.run()
    return collected
  }

  @Test(arguments: shipped)
  func everythingIsAnsweredButWhatIsDiscarded(_ path: String) throws {
    let scenario = try #require(ScenarioFile.load(path: path).scenario)
    let run = try run(scenario)
    var unanswered: [String] = []
    var reasons: [DropReason] = []
    var matched: [String] = []
    for event in run.events {
      switch event {
      case .application(.unanswered(let flow, _)):
        unanswered.append(scenario.world().traffic[Int(flow.rawValue)].name)
      case .packet(.dropped(_, let reason, _)): reasons.append(reason)
      case .security(.policyMatched(_, _, _, let policy, _)) where !matched.contains(policy): matched.append(policy)
      default: break
      }
    }
    #expect(unanswered == ["venus-telnets-core"])
    #expect(!reasons.isEmpty)
    #expect(reasons.allSatisfy { $0 == .policyDiscard })
    #expect(matched.sorted() == ["no-telnet", "to-branch", "to-head-office", "to-provider"])
    #expect(run.count { if case .application(.answered) = $0 { true } else { false } } == 54)
    #expect(run.events.count < 5_000)
  }

  /// A first pair of associations, and at least one that took its place.
  @Test(arguments: shipped)
  func associationsAreRenewed(_ path: String) throws {
    let run = try run(try #require(ScenarioFile.load(path: path).scenario))
    #expect(run.count { if case .security(.associationInstalled) = $0 { true } else { false } } >= 8)
    #expect(run.count { if case .security(.associationRemoved) = $0 { true } else { false } } >= 4)
  }

  @Test(arguments: shipped)
  func theSameFileGivesTheSameRun(_ path: String) throws {
    let scenario = try #require(ScenarioFile.load(path: path).scenario)
    #expect(try run(scenario).digest == run(scenario).digest)
  }
}
