import Foundation
import Testing

@testable import Scenario

/// What can be run and will fail by name, or is unwise: the scenario is there, and its author is told.
@Suite struct WarningTests {
  static let mistakes = [
    Mistake(
      "DES", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [des-sha1, aes128-sha1]",
      told: """
        sample.yml:27:9: warning: DES has keys of 56 bits, which are found by trying them all; expected another \
        cipher, if that is not the lesson
        """),
    Mistake(
      "no authenticator", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-none, aes128-sha1]",
      told: """
        sample.yml:27:9: warning: ESP without an authenticator: who is in between can change and splice packets, and \
        so read them too (Bellovin 1996); expected an authenticator, or AH around it, if that is not the lesson
        """),
    Mistake(
      "no authenticator, and a window", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-none]\n        replay-window: 64",
      told: """
        sample.yml:27:9: warning: ESP without an authenticator: who is in between can change and splice packets, and \
        so read them too (Bellovin 1996); expected an authenticator, or AH around it, if that is not the lesson
        sample.yml:27:9: warning: no suite is one of fw-b's too: quick mode will fail with NO-PROPOSAL-CHOSEN; \
        expected one that both ends have
        sample.yml:28:24: warning: a replay window without an authenticator: anybody can write the sequence numbers \
        that it checks; expected an authenticator, or replay-window: 0 (RFC 2406 §3.4.3)
        sample.yml:45:9: warning: no suite is one of fw-a's too: quick mode will fail with NO-PROPOSAL-CHOSEN; \
        expected one that both ends have
        """),
    Mistake(
      "one end AH, the other ESP", in: .sample, written: "esp: [aes128-sha1]",
      instead: "ah: [sha1]",
      told: """
        sample.yml:25:17: warning: policy "back" of fw-b applies something else, ESP, and this one AH; expected the \
        same layers in the same order at both ends
        sample.yml:42:17: warning: policy "there" of fw-a applies something else, AH, and this one ESP; expected the \
        same layers in the same order at both ends
        """),
    Mistake(
      "one end nests", in: .sample, written: "esp: [aes128-sha1]",
      instead: "layers:\n          - esp: [aes128-sha1]\n          - ah: [sha1]",
      told: """
        sample.yml:27:9: warning: policy "back" of fw-b applies something else, ESP, and this one ESP, then AH; \
        expected the same layers in the same order at both ends
        sample.yml:44:17: warning: policy "there" of fw-a applies something else, ESP, then AH, and this one ESP; \
        expected the same layers in the same order at both ends
        """),
    Mistake(
      "pfs at one end", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        pfs: group2",
      told: """
        sample.yml:28:14: warning: fw-b wants something else for pfs: quick mode will fail; expected the same at \
        both ends
        sample.yml:40:9: warning: fw-a wants something else for pfs: quick mode will fail; expected the same at both \
        ends
        """),
    Mistake(
      "another mode at one end", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        mode: transport",
      told: """
        sample.yml:23:15: warning: transport mode protects what the two ends say to each other, and 10.1.0.0/16 is \
        not one end: what is not will find no association; expected 192.0.2.1, or "mode: tunnel"
        sample.yml:24:13: warning: transport mode protects what the two ends say to each other, and 10.2.0.0/16 is \
        not one end: what is not will find no association; expected 192.0.2.2, or "mode: tunnel"
        sample.yml:28:15: warning: fw-b wants the other mode: quick mode will fail; expected the same at both ends
        sample.yml:40:9: warning: fw-a wants the other mode: quick mode will fail; expected the same at both ends
        sample.yml:60:9: warning: "ping" comes to fw-b in clear, where policy "back" wants it protected: it will be \
        discarded; expected the same policy at the other end of its way
        """),
    Mistake(
      "no suite in common", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [3des-md5]",
      told: """
        sample.yml:27:9: warning: no suite is one of fw-b's too: quick mode will fail with NO-PROPOSAL-CHOSEN; \
        expected one that both ends have
        sample.yml:44:9: warning: no suite is one of fw-a's too: quick mode will fail with NO-PROPOSAL-CHOSEN; \
        expected one that both ends have
        """),
    Mistake(
      "a tunnel that IKE does not know", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        tunnel: { local: 10.1.0.1, remote: 10.2.0.1 }",
      told: """
        sample.yml:28:9: warning: no IKE peer of fw-a speaks from 10.2.0.1 to 10.1.0.1: the keys cannot be \
        negotiated; expected the addresses of an IKE peer, or keys by hand
        sample.yml:28:9: warning: the tunnel of fw-b goes from 192.0.2.2 to 192.0.2.1, and this one from 10.1.0.1 to \
        10.2.0.1: quick mode will fail; expected the same two ends, exchanged
        sample.yml:40:9: warning: the tunnel of fw-a goes from 10.1.0.1 to 10.2.0.1, and this one from 192.0.2.2 to \
        192.0.2.1: quick mode will fail; expected the same two ends, exchanged
        """),
    Mistake(
      "selectors that do not mirror", in: .sample, written: "to: 10.2.0.0/16",
      instead: "to: 10.2.0.0/17",
      told: """
        sample.yml:22:9: warning: policy "there" is matched by no policy of fw-b, which has back (10.2.0.0/16 -> \
        10.1.0.0/16); expected one of fw-b that applies IPsec with fw-a to 10.2.0.0/17 -> 10.1.0.0/16
        sample.yml:39:9: warning: policy "back" is matched by no policy of fw-a, which has there (10.1.0.0/16 -> \
        10.2.0.0/17); expected one of fw-a that applies IPsec with fw-b to 10.1.0.0/16 -> 10.2.0.0/16
        """),
    Mistake(
      "a user of nobody", in: .sample, written: "to: 10.2.0.0/16",
      instead: "to: 10.2.0.0/16\n        user: alice@example.com",
      told: """
        sample.yml:25:15: warning: no packet that fw-a makes is of the user "alice@example.com": nothing falls under \
        it; expected traffic from fw-a with this user; what comes from elsewhere tells nobody whose it is
        sample.yml:60:9: warning: no policy of fw-a is for "ping" (10.1.0.10 -> 10.2.0.10, ICMP): it will be \
        discarded; expected an entry that says so: discard, bypass or apply
        """),
    Mistake(
      "a system of nobody", in: .sample, written: "to: 10.2.0.0/16",
      instead: "to: 10.2.0.0/16\n        system: fw-a.example.com",
      told: """
        sample.yml:25:17: warning: fw-a has no system name, and the policy is for "fw-a.example.com": nothing falls \
        under it; expected "system: fw-a.example.com" at the node itself
        sample.yml:60:9: warning: no policy of fw-a is for "ping" (10.1.0.10 -> 10.2.0.10, ICMP): it will be \
        discarded; expected an entry that says so: discard, bypass or apply
        """),
    Mistake(
      "hidden by two, in their ports", in: .sample, written: "      - name: there\n",
      instead: "      - { name: low, protocol: tcp, to-ports: 0-1023, action: discard }\n"
        + "      - { name: high, protocol: tcp, to-ports: 1024-65535, action: bypass }\n"
        + "      - { name: web, from: 10.1.0.0/16, protocol: tcp, to-ports: 80-8080, action: discard }\n"
        + "      - name: there\n",
      told: """
        sample.yml:24:9: warning: policy "web" is never reached: "low" (line 22), "high" (line 23) stand before it \
        and together cover all of it; expected it before "high", or not at all
        """),
    Mistake(
      "hidden by two, in their addresses", in: .sample, written: "      - name: there\n",
      instead: "      - { name: a, from: 10.1.0.0/17, protocol: udp, action: discard }\n"
        + "      - { name: b, from: 10.1.128.0/17, protocol: udp, action: bypass }\n"
        + "      - { name: c, from: 10.1.5.0-10.1.200.0, protocol: udp, action: discard }\n"
        + "      - name: there\n",
      told: """
        sample.yml:24:9: warning: policy "c" is never reached: "a" (line 22), "b" (line 23) stand before it and \
        together cover all of it; expected it before "b", or not at all
        """),
    Mistake(
      "an SPI that the other end has not", in: .nested, written: "spi: 0x1001",
      instead: "spi: 0x1003",
      told: """
        nested.yml:20:23: warning: "out" has another spi than "in" of bob (line 97, column 22): nothing will pass; \
        expected the same at both ends: the "out" of one is the "in" of the other
        nested.yml:97:22: warning: "in" has another spi than "out" of alice (line 20, column 23): nothing will pass; \
        expected the same at both ends: the "out" of one is the "in" of the other
        """),
    Mistake(
      "a key that the other end has not", in: .nested, written: "cipher-key: \"0x0011",
      instead: "cipher-key: \"0x9911",
      told: """
        nested.yml:20:43: warning: "out" has another cipher-key than "in" of bob (line 97, column 42): nothing will \
        pass; expected the same at both ends: the "out" of one is the "in" of the other
        nested.yml:97:42: warning: "in" has another cipher-key than "out" of alice (line 20, column 43): nothing \
        will pass; expected the same at both ends: the "out" of one is the "in" of the other
        """),
    Mistake(
      "another algorithm by hand", in: .nested, written: "esp: [aes128-sha1]",
      instead: "esp: [cast128-sha1]",
      told: """
        nested.yml:18:9: warning: no suite is one of bob's too: nothing will pass; expected one that both ends have
        nested.yml:94:9: warning: no suite is one of alice's too: nothing will pass; expected one that both ends have
        """),
    Mistake(
      "labels of IPv6", in: .nested, written: "traffic:\n",
      instead: "traffic:\n  - { name: x, from: alice, to: bob, sensitivity: secret, family: ipv6, datagrams: {} }\n",
      told: """
        nested.yml:106:51: warning: packets of IPv6 say nothing of their sensitivity; expected it with "family: \
        ipv4" (RFC 1108)
        """),
    Mistake(
      "a policy for labels of IPv6", in: .nested, written: "from: 2001:db8:a::/64",
      instead: "from: 2001:db8:a::/64\n        sensitivity: secret",
      told: """
        nested.yml:40:9: warning: policy "six" is matched by no policy of fw-b, which has six (2001:db8:b::/64 -> \
        2001:db8:a::/64); expected one of fw-b that applies IPsec with fw-a to 2001:db8:b::/64 -> 2001:db8:a::/64, \
        secret
        nested.yml:42:22: warning: packets of IPv6 say nothing of their sensitivity: nothing falls under it; \
        expected it for addresses of IPv4 only (RFC 1108)
        nested.yml:71:9: warning: policy "six" is matched by no policy of fw-a, which has six (2001:db8:a::/64 -> \
        2001:db8:b::/64, secret); expected one of fw-a that applies IPsec with fw-b to 2001:db8:a::/64 -> \
        2001:db8:b::/64
        nested.yml:108:35: warning: no policy of fw-a is for "six" (2001:db8:a::10 -> 2001:db8:b::10, ICMPv6): it \
        will be discarded; expected an entry that says so: discard, bypass or apply
        """),
    Mistake(
      "a system that the node is not", in: .boxes, written: "system: carol.example.com\n        action",
      instead: "system: bob.example.com\n        action",
      told: """
        boxes.yml:42:17: warning: carol is the system "carol.example.com", and the policy is for "bob.example.com": \
        nothing falls under it; expected "system: bob.example.com" at the node itself
        boxes.yml:63:36: warning: the answer to "ping" comes to box in clear, where policy "to-carol" wants it \
        protected: it will be discarded; expected the same policy at the other end of its way
        """),
    Mistake(
      "a user whose packets nobody makes", in: .boxes, written: ", user: carol@example.com, sens",
      instead: ", sens",
      told: """
        boxes.yml:52:15: warning: no packet that carol makes is of the user "carol@example.com": nothing falls under \
        it; expected traffic from carol with this user; what comes from elsewhere tells nobody whose it is
        """),
    Mistake(
      "clear text past a bump", in: .boxes, written: "      - { name: rest, action: bypass }\n  r:",
      instead: "  r:",
      told: """
        boxes.yml:63:38: warning: no policy of box is for "telnet" (10.1.0.10 -> 10.1.0.1, TCP): it will be \
        discarded; expected an entry that says so: discard, bypass or apply
        """),
    Mistake(
      "a link too narrow for IPv6", in: .nested, written: "- endpoints: [\"fw-a:wan\", \"fw-b:wan\"]",
      instead: "- { endpoints: [\"fw-a:wan\", \"fw-b:wan\"], mtu: 576 }",
      told: """
        nested.yml:102:49: warning: the link has addresses of IPv6, and takes only 576 octets; expected 1280 at \
        least, which IPv6 asks of every link (RFC 2460 §5)
        """),
  ]

  @Test(arguments: mistakes)
  func isTold(_ mistake: Mistake) throws {
    let outcome = try mistake.outcome()
    #expect(headlines(outcome) == mistake.told)
    #expect(outcome.scenario != nil)
  }

  @Test func layersInAnotherOrder() throws {
    let suite = "esp: [aes128-sha1]\n"
    let first = "layers:\n          - esp: [aes128-sha1]\n          - ah: [sha1]\n"
    let second = "layers:\n          - ah: [sha1]\n          - esp: [aes128-sha1]\n"
    let parts = sample.components(separatedBy: suite)
    try #require(parts.count == 3)
    let outcome = ScenarioFile.parse(text: parts[0] + first + parts[1] + second + parts[2], path: "sample.yml")
    #expect(
      headlines(outcome) == """
        sample.yml:27:9: warning: policy "back" of fw-b applies the same in another order, AH, then ESP, and this one \
        ESP, then AH; expected the same layers in the same order at both ends
        sample.yml:46:9: warning: policy "there" of fw-a applies the same in another order, ESP, then AH, and this \
        one AH, then ESP; expected the same layers in the same order at both ends
        """)
    #expect(outcome.scenario != nil)
  }

  @Test func keysByHandAtOneEnd() throws {
    let keys = "integrity-key: \"0x\(String(repeating: "00", count: 20))\""
    let outcome = try outcome(
      "esp: [aes128-sha1]",
      "esp: null-sha1\n        manual: { out: { spi: 4097, \(keys) }, in: { spi: 4098, \(keys) } }")
    #expect(
      headlines(outcome) == """
        sample.yml:28:9: warning: fw-b negotiates, and this end has keys by hand: nothing will pass; expected the \
        same at both ends
        sample.yml:40:9: warning: fw-a has keys by hand, and this end negotiates: it will find nobody; expected the \
        same at both ends
        """)
    #expect(outcome.scenario != nil)
  }
}
