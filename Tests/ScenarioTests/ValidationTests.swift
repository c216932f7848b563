import Testing

@testable import Scenario

/// What fits together and what does not, beyond the ten mistakes.
@Suite struct ValidationTests {
  private func headlines(_ old: String, _ new: String) throws -> [String] {
    try outcome(old, new).diagnostics.map(\.headline)
  }

  @Test func allErrorsAtOnce() throws {
    let outcome = try outcome(
      "kind: host\n    interfaces: { lan: 10.1.0.10/16 }",
      "kind: hots\n    interfaces: { lan: 10.1.0.0/16 }\n    colour: red")
    #expect(
      outcome.diagnostics.map(\.headline) == [
        "sample.yml:8:11: error: \"hots\" is unknown; expected \"host\", \"router\", \"firewall\", \"isp\"; "
          + "did you mean \"host\"?",
        "sample.yml:9:24: error: 10.1.0.0 is the address of the network 10.1.0.0/16 itself; "
          + "expected an address with its prefix length such as \"192.0.2.1/30\" or \"2001:db8::1/64\"",
        "sample.yml:10:5: error: unknown key \"colour\"; "
          + "expected one of kind, interfaces, inside, gateway, routes, policies, ike",
      ])
  }

  @Test func missingKeys() throws {
    #expect(
      try headlines("    from: alice\n", "") == [
        "sample.yml:57:5: error: the key \"from\" is missing; expected from: " + ScalarRule.nameExpected
      ])
  }

  @Test func linkedTwice() throws {
    #expect(
      try headlines("[\"fw-b:lan\", \"bob:lan\"]", "[\"fw-b:lan\", \"bob:lan\", \"bob:lan\"]") == [
        "sample.yml:54:40: error: the interface bob:lan is linked twice; expected one link an interface"
      ])
  }

  @Test func neverLinked() throws {
    #expect(
      try headlines("lan: 10.2.0.10/16 }", "lan: 10.2.0.10/16, spare: 10.9.0.1/16 }") == [
        "sample.yml:47:45: warning: the interface bob:spare is on no link; expected it among the endpoints of one link"
      ])
  }

  @Test func overlappingPrefixes() throws {
    #expect(
      try headlines("lan: 10.2.0.10/16 }", "lan: 10.2.0.10/16, spare: 10.2.7.1/24 }") == [
        "sample.yml:47:45: error: the prefix 10.2.7.0/24 overlaps 10.2.0.0/16 of the interface \"lan\"; "
          + "expected prefixes of one node that have no address in common"
      ])
  }

  @Test func peersThatWillNotAgree() throws {
    let outcome = try outcome("key: secret, proposals: [aes128-sha1-group2]", "key: other, proposals: [des-md5-group1]")
    #expect(outcome.scenario != nil)
    #expect(
      outcome.diagnostics.prefix(2).map(\.headline) == [
        "sample.yml:20:30: warning: fw-b has another secret for this peer: phase 1 will fail; "
          + "expected the same secret at both ends",
        "sample.yml:20:37: warning: no proposal is one of fw-b's too: phase 1 will fail with NO-PROPOSAL-CHOSEN; "
          + "expected one that both ends have",
      ])
    #expect(outcome.diagnostics.count == 4)
  }

  @Test func bothNull() throws {
    #expect(
      try headlines("esp: [aes128-sha1]", "esp: [null-none]").first?.hasPrefix(
        "sample.yml:27:15: error: \"null-none\" protects nothing: cipher and authenticator may not both be null "
          + "(RFC 2406 §5); ") == true)
  }

  @Test func transportModeIsForTheEnds() throws {
    let found = try headlines("peer: fw-b\n", "peer: fw-b\n        mode: transport\n").prefix(3).joined(separator: "\n")
    #expect(
      found == """
        sample.yml:23:15: warning: transport mode protects what the two ends say to each other, and 10.1.0.0/16 is not \
        one end: what is not will find no association; expected 192.0.2.1, or "mode: tunnel"
        sample.yml:24:13: warning: transport mode protects what the two ends say to each other, and 10.2.0.0/16 is not \
        one end: what is not will find no association; expected 192.0.2.2, or "mode: tunnel"
        sample.yml:27:15: warning: fw-b wants the other mode: quick mode will fail; expected the same at both ends
        """)
  }

  @Test func shadowedPolicy() throws {
    #expect(
      try headlines("      - name: there\n", "      - { name: all, action: discard }\n      - name: there\n") == [
        "sample.yml:23:9: warning: policy \"there\" is never reached: \"all\" (line 22) stands before it and covers "
          + "all of it; expected the narrower entry first"
      ])
  }

  @Test func policyForNobody() throws {
    #expect(
      try headlines(
        "      - name: there\n", "      - { name: odd, from: 172.16.0.0/12, action: discard }\n      - name: there\n")
        == [
          "sample.yml:22:28: warning: policy \"odd\" can match nothing: no interface has a prefix in 172.16.0.0/12; "
            + "expected addresses of this scenario"
        ])
  }

  @Test func trafficThatNoPolicyIsFor() throws {
    #expect(
      try headlines("to: bob\n", "to: fw-b:wan\n") == [
        "sample.yml:59:9: warning: no policy of fw-a is for \"ping\" (10.1.0.10 -> 192.0.2.2, ICMP): "
          + "it will be discarded; expected an entry that says so: discard, bypass or apply"
      ])
  }

  @Test func actionsAndTheirKeys() throws {
    #expect(
      try headlines("action: apply", "action: bypass") == [
        "sample.yml:26:9: error: \"peer\" has no meaning with \"action: bypass\"; expected it with \"action: apply\" only",
        "sample.yml:27:9: error: \"esp\" has no meaning with \"action: bypass\"; expected it with \"action: apply\" only",
      ])
  }

  @Test func trafficOfTwoKinds() throws {
    #expect(
      try headlines("    ping:\n", "    ping:\n    udp: { port: 7 }\n") == [
        "sample.yml:61:5: error: \"udp\" stands beside \"ping\"; expected exactly one of ping, udp, tcp, datagrams"
      ])
  }

  @Test func trafficAfterTheEnd() throws {
    #expect(
      try headlines("    ping:\n", "    ping:\n    count: 20\n") == [
        "sample.yml:61:12: warning: the last request is sent at 19 s, after the run's end at 10 s; "
          + "expected all requests before the end"
      ])
  }

  @Test func routesInACircle() {
    let text = """
      lockstep: 1
      name: circle
      description: Two routers that each take the other for the way.
      duration: 1 s
      nodes:
        r-1: { kind: router, interfaces: { a: 192.0.2.1/30 }, gateway: 192.0.2.2 }
        r-2: { kind: router, interfaces: { a: 192.0.2.2/30 }, gateway: 192.0.2.1 }
        bob: { kind: host, interfaces: { lan: 10.2.0.10/16 } }
        hub: { kind: router, interfaces: { lan: 10.2.0.1/16 } }
      links:
        - endpoints: ["r-1:a", "r-2:a"]
        - endpoints: ["bob:lan", "hub:lan"]
      traffic:
        - { name: lost, from: r-1, to: bob, ping: {} }
      """
    #expect(
      ScenarioFile.parse(text: text, path: "sample.yml").diagnostics.map(\.headline) == [
        "sample.yml:14:34: error: no route for \"lost\": its routes lead in a circle; expected routes that lead to it"
      ])
  }
}
