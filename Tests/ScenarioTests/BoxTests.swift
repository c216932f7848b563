import IPsec
import Journal
import Network
import Testing
import Wire

@testable import Scenario

/// Bumps, placements, filters, names and labels: what becomes of them.
@Suite struct BoxTests {
  private func world() throws -> WorldConfiguration {
    let outcome = ScenarioFile.parse(text: boxes, path: "boxes.yml")
    #expect(findings(outcome) == "")
    return try #require(outcome.scenario).world()
  }

  @Test func placements() throws {
    let nodes = try world().nodes
    #expect(nodes.map(\.kind) == [.host, .bump, .router, .host])
    #expect(nodes.map(\.placement) == [.inStack, .inStack, .inStack, .bumpInTheStack])
    #expect(nodes[1].interfaces.map(\.addresses) == [[], []])
    #expect(nodes[1].interfaces.map(\.isInside) == [true, false])
    // The bump stands for alice.
    let alice = IPAddress.v4(IPv4Address(10, 1, 0, 10))
    #expect(nodes[1].manualAssociations.map(\.parameters.source).first == alice)
  }

  @Test func filters() throws {
    #expect(
      try world().nodes[2].filters == [
        FilterRule(
          name: "no-telnet", action: .drop, interface: "left", direction: .inward, transport: .tcp,
          destinationPorts: 23...23),
        FilterRule(
          name: "no-unreachable", action: .drop, source: IPPrefix("10.2.0.0/16"), transport: .icmp, icmpType: 3,
          icmpCode: 4),
      ])
  }

  @Test func namesAndLabels() throws {
    let world = try world()
    #expect(world.nodes.map(\.systemName) == [nil, nil, nil, "carol.example.com"])
    let selectors = (world.nodes[3].policies ?? []).map(\.selector)
    #expect(selectors[0].names == PacketNames(user: nil, system: "carol.example.com"))
    #expect(selectors[1].names == PacketNames(user: "carol@example.com", system: nil))
    #expect(selectors[1].sensitivity == .confidential ... .secret)
    #expect(world.traffic[2].user == "carol@example.com")
    #expect(world.traffic[2].sensitivity == .secret)
    #expect(world.traffic[2].pattern == .datagrams(port: 9, size: 20))
  }

  @Test func theyAreDescribed() throws {
    let scenario = try #require(ScenarioFile.parse(text: boxes, path: "boxes.yml").scenario)
    let description = scenario.description(program: "1.0")
    #expect(description.nodes[1].kind == "bump")
    #expect(description.nodes[1].interfaces.map(\.address) == ["", ""])
    #expect(
      description.nodes[3].policies[1] == "secrets: 10.2.0.10 -> 10.1.0.0/16, confidential to secret, "
        + "user carol@example.com: discard")
    #expect(description.flows.map(\.kind) == ["ping", "tcp", "datagrams"])
  }

  /// The box seals what alice says, and opens what carol's bump in the stack has sealed; the router drops telnet.
  @Test func itRuns() throws {
    var answered: [FlowID] = []
    var reasons: [DropReason] = []
    var world = try World(
      world(),
      journal: JournalWriter(detail: .everything) { batch in
        for stored in batch.entries {
          switch try batch.entry(stored).event {
          case .application(.answered(let flow, _, _, _, _)): answered.append(flow)
          case .packet(.dropped(_, let reason, _)): reasons.append(reason)
          default: break
          }
        }
      })
    _ = try world.run()
    #expect(answered == [FlowID(0)])
    #expect(reasons.contains(.filtered))
    #expect(reasons.contains(.policyDiscard))
    #expect(reasons.allSatisfy { $0 == .filtered || $0 == .policyDiscard })
  }
}
