import Testing

@testable import Scenario

/// Mistakes in bumps, placements and filters.
@Suite struct BoxMistakeTests {
  static let mistakes = [
    Mistake(
      "a bump that is all inside", in: .boxes, written: "inside: [near]",
      instead: "inside: [near, far]",
      told: """
        boxes.yml:11:3: error: box has 2 interfaces, 2 of them inside; expected two interfaces of a bump in the \
        wire, and "inside" with the one on the side of whom it protects
        boxes.yml:14:5: warning: every interface of box is inside: its policies are never asked; expected at least \
        one interface on the other side
        """),
    Mistake(
      "a bump with an address", in: .boxes, written: "near: , far: }",
      instead: "near: 10.1.0.2/16, far: }",
      told: """
        boxes.yml:13:25: error: box is a bump in the wire, which has no addresses; expected nothing behind the \
        interface's name
        """),
    Mistake(
      "a bump in no link", in: .boxes, written: "  - endpoints: [\"box:far\", \"r:left\"]\n",
      instead: "",
      told: """
        boxes.yml:10:14: error: no neighbour of alice has the address 10.1.0.1; expected one of its neighbours, but \
        it has none
        boxes.yml:11:3: error: box is a bump in the wire, and its interfaces are not on two links; expected each of \
        its interfaces among the endpoints of a link of its own
        boxes.yml:13:27: warning: the interface box:far is on no link; expected it among the endpoints of one link
        boxes.yml:28:25: warning: the interface r:left is on no link; expected it among the endpoints of one link
        """),
    Mistake(
      "a bump with three interfaces", in: .boxes, written: "near: , far: }",
      instead: "near: , far: , third: }",
      told: """
        boxes.yml:11:3: error: box has 3 interfaces, 1 of them inside; expected two interfaces of a bump in the \
        wire, and "inside" with the one on the side of whom it protects
        """),
    Mistake(
      "a placement of nothing", in: .boxes, written: "kind: router\n",
      instead: "kind: router\n    ipsec: stack\n",
      told: """
        boxes.yml:28:12: error: r has no policies, and so no IPsec to place; expected "ipsec" at a node that has an \
        IP of its own, and policies
        """),
    Mistake(
      "a placement that is a kind", in: .boxes, written: "ipsec: bump-in-the-stack",
      instead: "ipsec: bump-in-the-wire",
      told: """
        boxes.yml:35:12: error: "bump-in-the-wire" is unknown; expected "stack", or "bump-in-the-stack"; a bump in \
        the wire is a node of its own, with "kind: bump"
        """),
    Mistake(
      "a placement of a bump", in: .boxes, written: "kind: bump\n",
      instead: "kind: bump\n    ipsec: stack\n",
      told: """
        boxes.yml:13:12: error: a bump in the wire is a place of its own for IPsec; expected "ipsec" at a node that \
        has an IP of its own, and policies
        """),
    Mistake(
      "a type of ICMPv6 for ICMP", in: .boxes, written: "icmp: unreachable, code: 4",
      instead: "icmp: too-big",
      told: """
        boxes.yml:31:69: error: ICMP has no type "too-big"; expected unreachable with code: 4 for what is too big
        """),
    Mistake(
      "a type that is none", in: .boxes, written: "icmp: unreachable, code: 4",
      instead: "icmp: 300",
      told: """
        boxes.yml:31:69: error: "300" is no type of ICMP; expected a type (echo, echo-reply, unreachable, too-big, \
        time-exceeded, parameter-problem, source-quench, redirect) or its number
        """),
    Mistake(
      "a type without a protocol", in: .boxes, written: "protocol: icmp, icmp",
      instead: "icmp",
      told: """
        boxes.yml:31:53: error: "icmp" is written for another protocol; expected it with "protocol: icmp" or \
        "protocol: icmpv6"
        """),
    Mistake(
      "a range in a filter", in: .boxes, written: "from: 10.2.0.0/16 }",
      instead: "from: 10.2.0.1-10.2.0.9 }",
      told: """
        boxes.yml:31:97: error: a filter cannot tell the addresses 10.2.0.1-10.2.0.9 from their neighbours; expected \
        "any", an address, or a prefix such as "10.1.0.0/16"
        """),
    Mistake(
      "OPAQUE in a filter", in: .boxes, written: "protocol: tcp, to-ports: 23",
      instead: "protocol: opaque",
      told: """
        boxes.yml:30:52: error: "opaque" is a word of policies, and this is a filter; expected "protocol: esp"
        """),
    Mistake(
      "OPAQUE ports in a filter", in: .boxes, written: "protocol: tcp, to-ports: 23",
      instead: "protocol: tcp, to-ports: opaque",
      told: """
        boxes.yml:30:67: error: "opaque" is a word of policies, and this is a filter; expected ports such as "80", \
        or none
        """),
    Mistake(
      "a filter for no interface", in: .boxes, written: "interface: left, direction: in",
      instead: "interface: lef, direction: in",
      told: """
        boxes.yml:30:82: error: r has no interface "lef"; expected one of left, right; did you mean "r:left"?
        """),
    Mistake(
      "two filters of one name", in: .boxes, written: "name: no-unreachable",
      instead: "name: no-telnet",
      told: """
        boxes.yml:31:17: error: a second filter is named "no-telnet" (first at line 30, column 17); expected a name \
        of its own for each
        """),
    Mistake(
      "a user of IPv6", in: .boxes, written: "{ size: 20 }, user",
      instead: "{ size: 20 }, family: ipv6, user",
      told: """
        boxes.yml:65:74: error: r has no IPv6 address that it could be asked at; expected one of 10.1.0.1, 10.2.0.1
        """),
    Mistake(
      "a bump that asks", in: .boxes, written: "from: alice, to: carol",
      instead: "from: box, to: carol",
      told: """
        boxes.yml:63:25: error: box is a bump in the wire, which asks nobody anything; expected a node with an \
        address
        """),
  ]

  @Test(arguments: mistakes)
  func isTold(_ mistake: Mistake) throws {
    let outcome = try mistake.outcome()
    #expect(headlines(outcome) == mistake.told)
    #expect(outcome.scenario == nil)
  }
}
