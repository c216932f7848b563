import Cryptography
import Foundation
import IKE
import IPsec
import Journal
import Network
import Testing
import Units
import Wire

@testable import Scenario

@Suite struct WorldTests {
  @Test(arguments: shipped)
  func shippedScenariosAreInOrder(_ path: String) throws {
    let outcome = ScenarioFile.load(path: path)
    #expect(findings(outcome) == "")
    let scenario = try #require(outcome.scenario)
    let world = scenario.world()
    #expect(
      world.nodes.map(\.name) == [
        "alice", "venus", "fw-a", "isp-1", "core-1", "core-2", "core-3", "isp-2", "fw-b", "bob",
      ])
    #expect(world.links.count == 8)
    #expect(world.links[0].endpoints.count == 3)
    #expect(world.duration == .seconds(90))
    let firewall = world.nodes[2]
    #expect(firewall.interfaces.map(\.isInside) == [true, false])
    #expect(firewall.peers.map(\.remoteAddress) == [.v4(IPv4Address(198, 51, 100, 2))])
    #expect(
      firewall.routes == [
        RouteConfiguration(destination: IPPrefix(IPv4Prefix(.any, length: 0)), via: .v4(IPv4Address(192, 0, 2, 1)))
      ])
    guard case .apply(let protection)? = firewall.policies?.first?.action else {
      Issue.record("fw-a's first policy applies no IPsec")
      return
    }
    #expect(protection.perfectForwardSecrecyGroup == (path.contains("pfs") ? 2 : nil))
    #expect(
      protection.innermost.mode
        == .tunnel(local: .v4(IPv4Address(192, 0, 2, 2)), remote: .v4(IPv4Address(198, 51, 100, 2))))
    #expect(protection.lifetime == Lifetime(duration: .seconds(40), volume: .kilobytes(1_024)))
    #expect(protection.innermost.suites.map(\.cipher) == [.aes128CBC, .tripleDESCBC])
  }

  /// Some of them are to fail by name, and warn of it; none has an error.
  @Test func everyScenarioCanBeBuilt() throws {
    let paths = try everyScenario()
    #expect(paths.count >= 2)
    for path in paths {
      let scenario = try #require(ScenarioFile.load(path: path).scenario, "\(path)")
      _ = try World(scenario.world(), journal: JournalWriter(detail: .everything) { _ in })
    }
  }

  /// At least one renewal lies within the run.
  @Test(arguments: shipped)
  func shippedScenariosRenew(_ path: String) throws {
    let world = try #require(ScenarioFile.load(path: path).scenario).world()
    for node in world.nodes {
      for case .apply(let protection) in (node.policies ?? []).map(\.action) {
        let time = try #require(protection.lifetime.duration)
        #expect(time * 2 < world.duration)
      }
    }
  }

  @Test func theSeedCanBeAnother() throws {
    let scenario = try #require(ScenarioFile.parse(text: sample, path: "sample.yml").scenario)
    #expect(scenario.world().seed == 1)
    #expect(scenario.world(seed: 7).seed == 7)
    var other = scenario.world(seed: 7)
    other.seed = 1
    #expect(other == scenario.world())
    #expect(scenario.description(seed: 7, program: "test").seed == 7)
  }

  @Test func runsAreDescribed() throws {
    let scenario = try #require(ScenarioFile.parse(text: sample, path: "sample.yml").scenario)
    let description = scenario.description(program: "1.0", detail: .summaries)
    #expect(description.source == sample)
    #expect(description.summary == "Two hosts behind two firewalls.")
    #expect(
      description.nodes[1].policies == [
        "there: 10.1.0.0/16 -> 10.2.0.0/16: apply ESP in a tunnel from 192.0.2.1 to 192.0.2.2 "
          + "(AES-128-CBC with HMAC-SHA-1-96), no PFS"
      ])
    #expect(
      description.nodes[0].interfaces == [
        RunDescription.Interface(name: "lan", address: "10.1.0.10/16", link: LinkID(0))
      ])
    #expect(description.links.map(\.name) == ["alice:lan--fw-a:lan", "fw-a:wan--fw-b:wan", "fw-b:lan--bob:lan"])
    #expect(description.links[1].endpoints == ["fw-a:wan", "fw-b:wan"])
    #expect(description.flows == [RunDescription.Flow(name: "ping", from: "alice", to: "bob", kind: "ping")])
  }

  @Test func defaultsAreNoted() throws {
    let scenario = try #require(ScenarioFile.parse(text: sample, path: "sample.yml").scenario)
    let noted = [
      "seed: 1", "links[1].delay: 1 ms", "links[0].mtu: 1500", "traffic[0].ping.size: 56", "traffic[0].count: 1",
      "nodes.fw-a.policies[0].lifetime.time: 8 h", "nodes.fw-a.ike.peers[0].interface: wan",
      "nodes.fw-a.ike.peers[0].retransmit.first: 4 s",
    ]
    for note in noted { #expect(scenario.defaults.contains(note), "\(note)") }
    #expect(!scenario.defaults.contains { $0.hasPrefix("links[0].delay:") })
    #expect(scenario.world().links[0].quality.delay == .milliseconds(10))
    #expect(scenario.world().links[1].quality.delay == .milliseconds(1))
  }

  @Test func defaultsOfTheFileComeFirst() throws {
    let shared = "defaults: { links: { delay: 7 ms }, policies: { pfs: group5 } }\nnodes:"
    let scenario = try #require(try outcome("nodes:", shared).scenario)
    #expect(scenario.world().links.map(\.quality.delay) == [.milliseconds(10), .milliseconds(7), .milliseconds(7)])
    #expect(!scenario.defaults.contains { $0.contains("delay: ") && !$0.contains("reorder") })
    guard case .apply(let protection)? = scenario.world().nodes[1].policies?.first?.action else {
      Issue.record("fw-a's first policy applies no IPsec")
      return
    }
    #expect(protection.perfectForwardSecrecyGroup == 5)
  }
}
