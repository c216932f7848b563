import Foundation
import Journal
import Network
import Testing

@testable import Scenario

/// What a scenario of the folder comes to: which requests are answered, what is dropped and why, and how many
/// associations are installed (each counts at both of its ends).
struct Promise: Sendable, CustomTestStringConvertible {
  let scenario: String
  /// Answers of each line of traffic.
  let answers: [String: Int]
  let drops: [DropReason: Int]
  let associations: Int

  var testDescription: String { scenario }

  init(_ scenario: String, _ answers: [String: Int], drops: [DropReason: Int] = [:], associations: Int) {
    (self.scenario, self.answers, self.drops, self.associations) = (scenario, answers, drops, associations)
  }

  /// Pings and a connection between alice and bob.
  private static let both = ["alice-pings-bob": 3, "alice-asks-bob": 1]

  static let all: [Promise] = [
    Promise(
      "bump-in-the-stack", ["fits": 2, "does-not-fit": 2], associations: 4),
    Promise(
      "bump-in-the-wire", both.merging(["alice-pings-venus": 1, "venus-pings-bob": 0]) { $1 },
      drops: [.policyDiscard: 1], associations: 4),
    // Neither way: the one firewall wants them protected, the other does not.
    Promise(
      "hidden-policy", ["alice-pings-bob": 0, "alice-pings-provider": 1, "bob-pings-alice": 0],
      drops: [.cleartextWherePolicyDemandsIPsec: 2, .ipsecWherePolicyDemandsCleartext: 1], associations: 4),
    Promise(
      "host2host-ah", both.merging(["carol-pings-bob": 0]) { $1 }, drops: [.policyDiscard: 2], associations: 4),
    // ESP and AH, there and back, at two ends.
    Promise("host2host-ah-over-esp", both, associations: 8),
    Promise("host2host-esp-transport", both.merging(["bob-asks-alice": 1]) { $1 }, associations: 4),
    Promise("host2host-ipcomp", ["shrinks": 2, "does-not-shrink": 2], associations: 8),
    Promise(
      "host2host-ipv6", both.merging(["carol-pings-bob": 0]) { $1 }, drops: [.policyDiscard: 1], associations: 4),
    // Nine large packets do not fit, and of each fw-a is told in vain; the first four it refuses itself.
    Promise(
      "mtu-black-hole", ["small": 2, "large": 0, "upload": 0, "small-still": 1],
      drops: [.fragmentationNeeded: 13, .filtered: 9], associations: 4),
    Promise(
      "mtu-fragmentation", ["small": 1, "cut-after": 2, "cut-before": 2, "may-not-be-cut": 1],
      drops: [.fragmentationNeeded: 6], associations: 8),
    Promise("nested-esp-in-ah", both.merging(["alice-pings-carol": 2]) { $1 }, associations: 8),
    Promise("nested-esp-in-esp", both.merging(["alice-pings-carol": 2]) { $1 }, associations: 8),
    Promise("net2net-4in6", both, associations: 4),
    // Routers of IPv6 cut nothing: bob's first full segment teaches him what fits.
    Promise("net2net-6in4", both, drops: [.fragmentationNeeded: 1], associations: 4),
    Promise("net2net-ah", both, associations: 4),
    Promise("net2net-esp-null", both, associations: 4),
    Promise(
      "net2net-manual", ["alice-pings-bob": 2, "alice-pings-dave": 2, "bob-asks-dave": 1], associations: 12),
    Promise(
      "net2net-proposal-mismatch", ["alice-pings-bob": 0, "alice-pings-dave": 0],
      drops: [.acquireFailed: 2, .isakmpRefused: 3, .isakmpUnencrypted: 3], associations: 0),
    Promise("net2net-psk", both, associations: 4),
    Promise(
      "net2net-psk-fail", ["alice-pings-bob": 0],
      drops: [.acquireFailed: 1, .isakmpRefused: 3, .isakmpUnencrypted: 3], associations: 0),
    // One pair for the web, one for the clock, one for each of the two services.
    Promise(
      "protoport-dual", ["web": 2, "clock": 2, "first-service": 1, "second-service": 1, "a-ping": 0],
      drops: [.policyDiscard: 1], associations: 16),
    Promise(
      "rw-nested", ["carol-pings-venus": 3, "carol-asks-venus": 1, "dave-pings-venus": 0],
      drops: [.policyDiscard: 1], associations: 8),
    Promise(
      "traffic-flow",
      [
        "small-and-hidden": 1, "usual-and-hidden": 1, "larger-and-hidden": 1, "small-and-plain": 1,
        "usual-and-plain": 1, "larger-and-plain": 1,
      ], drops: [.dummyPacket: 74], associations: 8),
    Promise(
      "users-and-labels", ["alice": 2, "dave": 0, "weather": 1, "plans": 2, "codes": 0], drops: [.policyDiscard: 2],
      associations: 8),
  ]
}

/// The scenarios of the folder do what their descriptions promise.
@Suite struct CatalogueTests {
  private static let folder = packageRoot.appendingPathComponent("Scenarios")
  private static let suffix = ".lockstep.yml"

  private static func path(_ name: String) -> String { folder.appendingPathComponent(name + suffix).path }

  @Test func theTableHasAllOfThem() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    // The branch offices have tests of their own.
    let names = Promise.all.map(\.scenario) + ["branch-office", "branch-office-pfs"]
    #expect(files.filter { $0.hasSuffix(Self.suffix) }.sorted() == names.map { $0 + Self.suffix }.sorted())
  }

  @Test(arguments: Promise.all)
  func itComesToWhatItPromises(_ promise: Promise) throws {
    let configuration = try #require(ScenarioFile.load(path: Self.path(promise.scenario)).scenario).world()
    var answers = Dictionary(uniqueKeysWithValues: configuration.traffic.map { ($0.name, 0) })
    var drops: [DropReason: Int] = [:]
    var associations = 0
    var world = try World(
      configuration,
      journal: JournalWriter(detail: .everything) { batch in
        for stored in batch.entries {
          switch try batch.entry(stored).event {
          case .application(.answered(let flow, _, _, _, _)):
            answers[configuration.traffic[Int(flow.rawValue)].name, default: 0] += 1
          case .packet(.dropped(_, let reason, _)): drops[reason, default: 0] += 1
          case .security(.associationInstalled): associations += 1
          default: break
          }
        }
      })
    _ = try world.run()
    #expect(answers == promise.answers)
    #expect(drops == promise.drops)
    #expect(associations == promise.associations)
  }
}
