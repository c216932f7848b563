import Foundation
import Testing

@testable import Scenario

/// Ten scenarios with one mistake each, and what an author is told of it, word for word.
@Suite struct BrokenScenarioTests {
  @Test func theSampleItselfIsInOrder() {
    #expect(findings(ScenarioFile.parse(text: sample, path: "sample.yml")) == "")
  }

  @Test func wrongIndentation() throws {
    let outcome = try outcome("    gateway: 10.1.0.1\n", "   gateway: 10.1.0.1\n")
    #expect(
      findings(outcome) == """
        sample.yml:10:4: error: wrong indentation: this line fits no mapping above it; \
        expected keys of one mapping to be indented alike
          10 |    gateway: 10.1.0.1
             |    ^
        """)
    #expect(outcome.scenario == nil)
  }

  @Test func unknownKey() throws {
    let outcome = try outcome("delay: 10 ms", "dely: 10 ms")
    #expect(
      findings(outcome) == """
        sample.yml:52:5: error: unknown key "dely"; expected one of name, endpoints, delay, rate, mtu, queue, loss, \
        duplicate, reorder, reorder-delay, jitter; did you mean "delay"?
          in links[0].dely
          52 |     dely: 10 ms
             |     ^
        """)
    #expect(outcome.scenario == nil)
  }

  @Test func unknownNode() throws {
    let outcome = try outcome("[\"fw-b:lan\", \"bob:lan\"]", "[\"fw-b:lan\", \"bbo:lan\"]")
    #expect(
      findings(outcome) == """
        sample.yml:54:29: error: unknown node "bbo"; expected a node of this scenario; did you mean "bob"?
          in links[2].endpoints[1]
          54 |   - endpoints: ["fw-b:lan", "bbo:lan"]
             |                             ^
        """)
    #expect(outcome.scenario == nil)
  }

  @Test func addressOutsideItsPrefix() throws {
    let outcome = try outcome("wan: 192.0.2.2/30", "wan: 192.0.2.6/30")
    #expect(
      findings(outcome) == """
        sample.yml:32:12: error: 192.0.2.6/30 lies outside of 192.0.2.0/30, the prefix of the link between fw-a:wan \
        and fw-b:wan; expected an address of 192.0.2.0/30, written with /30
          in nodes.fw-b.interfaces.wan
          32 |       wan: 192.0.2.6/30
             |            ^
        """)
    #expect(outcome.scenario == nil)
  }

  @Test func gatewayOutsideEveryPrefix() throws {
    #expect(
      try findings(outcome("gateway: 10.1.0.1\n", "gateway: 10.3.0.7\n")) == """
        sample.yml:10:14: error: 10.3.0.7 lies outside of the prefixes of alice; \
        expected a neighbour's address in 10.1.0.0/16 (lan)
          in nodes.alice.gateway
          10 |     gateway: 10.3.0.7
             |              ^
        """)
  }

  @Test func duplicateAddress() throws {
    let outcome = try outcome("lan: 10.1.0.1/16", "lan: 10.1.0.10/16")
    #expect(
      outcome.diagnostics.first?.rendered == """
        sample.yml:14:12: error: duplicate address 10.1.0.10: alice:lan has it already (line 9, column 24); \
        expected an address of its own for each interface
          in nodes.fw-a.interfaces.lan
          14 |       lan: 10.1.0.10/16
             |            ^
        """)
    #expect(outcome.diagnostics.count == 1)
  }

  @Test func noRoute() throws {
    let outcome = try outcome("    gateway: 10.1.0.1\n", "")
    #expect(
      findings(outcome) == """
        sample.yml:58:9: error: no route for "ping": alice knows no way to 10.2.0.10; \
        expected a way from node to node by routes
          in traffic[0].to
          58 |     to: bob
             |         ^
        """)
    #expect(outcome.scenario == nil)
  }

  @Test func noRouteForTheAnswer() throws {
    #expect(
      try findings(outcome("    gateway: 10.2.0.1\n", "")) == """
        sample.yml:58:9: error: no route for the answer to "ping": bob knows no way to 10.1.0.10; \
        expected a way from node to node by routes (so far: bob)
          in traffic[0].to
          58 |     to: bob
             |         ^
        """)
  }

  @Test func badUnit() throws {
    let outcome = try outcome("10 ms", "10 parsecs")
    #expect(
      findings(outcome) == """
        sample.yml:52:12: error: "10 parsecs" has the unknown unit "parsecs"; \
        expected a duration such as "10 ms" (units: ns, us, ms, s, min, h; 0 ns to 3600 s)
          in links[0].delay
          52 |     delay: 10 parsecs
             |            ^
        """)
    #expect(outcome.scenario == nil)
  }

  @Test func unmatchedPolicy() throws {
    let outcome = try outcome(
      "peer: fw-a\n        esp: [aes128-sha1]", "peer: fw-a\n        protocol: udp\n        esp: [aes128-sha1]")
    #expect(
      outcome.diagnostics.first?.rendered == """
        sample.yml:22:9: warning: policy "there" is matched by no policy of fw-b, which has back \
        (10.2.0.0/16 -> 10.1.0.0/16, UDP); \
        expected one of fw-b that applies IPsec with fw-a to 10.2.0.0/16 -> 10.1.0.0/16
          in nodes.fw-a.policies[0]
          22 |       - name: there
             |         ^
        """)
    // It can be run all the same: the failure may be the lesson.
    #expect(outcome.scenario != nil)
    #expect(
      outcome.diagnostics.map(\.yamlPath) == [
        "nodes.fw-a.policies[0]", "nodes.fw-b.policies[0]", "traffic[0].to",
      ])
  }

  @Test func cycleOfAliases() throws {
    let outcome = try outcome("kind: host", "kind: &loop [*loop]")
    #expect(
      findings(outcome) == """
        sample.yml:8:18: error: the alias "*loop" stands inside of what its anchor "&loop" names (line 8, column 11): \
        a cycle without end; expected an alias of something that was complete before it
          8 |     kind: &loop [*loop]
            |                  ^
        """)
    #expect(outcome.scenario == nil)
  }

  @Test func aHundredMegabytes() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("large-\(UUID()).lockstep.yml")
    defer { try? FileManager.default.removeItem(at: url) }
    try Data(sample.utf8).write(to: url)
    // The rest is a hole: the file has its size and takes no room.
    let handle = try FileHandle(forWritingTo: url)
    try handle.truncate(atOffset: 100_000_000)
    try handle.close()
    #expect(
      findings(ScenarioFile.load(path: url.path)) == """
        \(url.path):1:1: error: the file has 100000000 octets, more than the limit of 4194304; \
        expected a scenario of at most 4 MiB
        """)
  }
}
