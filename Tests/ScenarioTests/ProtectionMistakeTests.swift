import Testing

@testable import Scenario

/// Mistakes in what protects, in addresses of both families and in selectors.
@Suite struct ProtectionMistakeTests {
  static let mistakes = [
    Mistake(
      "a suite that is not known", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha]",
      told: """
        sample.yml:27:15: error: "aes128-sha" is unknown; expected a cipher and an authenticator such as \
        "aes128-sha1" (ciphers: aes128, aes192, aes256, 3des, des, cast128, blowfish128, idea, aes128ctr, aes192ctr, \
        aes256ctr, null; authenticators: sha256, sha1, md5, ripemd160, none); did you mean "aes128-sha1"?
        """),
    Mistake(
      "AH without an authenticator", in: .sample, written: "esp: [aes128-sha1]",
      instead: "ah: [none]",
      told: """
        sample.yml:27:14: error: "none" is unknown; expected "sha256", "sha1", "md5", "ripemd160"
        """),
    Mistake(
      "no protocol at all", in: .sample, written: "esp: [aes128-sha1]",
      instead: "pfs: none",
      told: """
        sample.yml:22:9: error: nothing says how the packets are protected; expected exactly one of esp, ah, ipcomp, \
        layers; associations one in another are entries of layers
        """),
    Mistake(
      "esp and ah at once", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        ah: [sha1]",
      told: """
        sample.yml:28:9: error: "ah" stands beside "esp"; expected exactly one of esp, ah, ipcomp, layers; \
        associations one in another are entries of layers
        """),
    Mistake(
      "esp and ah in one layer", in: .sample, written: "esp: [aes128-sha1]",
      instead: "layers:\n          - esp: [aes128-sha1]\n            ah: [sha1]",
      told: """
        sample.yml:29:13: error: "ah" stands beside "esp"; expected exactly one of esp, ah, ipcomp; the next \
        association is the next entry of layers
        """),
    Mistake(
      "a layer that does nothing", in: .sample, written: "esp: [aes128-sha1]",
      instead: "layers:\n          - mode: tunnel",
      told: """
        sample.yml:28:13: error: nothing says what this layer does; expected exactly one of esp, ah, ipcomp; the \
        next association is the next entry of layers
        """),
    Mistake(
      "no layer", in: .sample, written: "esp: [aes128-sha1]",
      instead: "layers: []",
      told: """
        sample.yml:27:17: error: the list has 0 entries; expected 1 to 64
        """),
    Mistake(
      "a key of layers beside them", in: .sample, written: "esp: [aes128-sha1]",
      instead: "layers:\n          - esp: [aes128-sha1]\n        mode: transport",
      told: """
        sample.yml:29:9: error: "mode" has no meaning beside "layers"; expected it in the entries of "layers"
        """),
    Mistake(
      "a key of the policy in a layer", in: .sample, written: "esp: [aes128-sha1]",
      instead: "layers:\n          - esp: [aes128-sha1]\n            lifetime: { time: 1 h }",
      told: """
        sample.yml:29:13: error: "lifetime" does not belong here; expected it in the policy itself, beside "layers"
        """),
    Mistake(
      "a key of keys by hand in the policy", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        spi: 0x1001",
      told: """
        sample.yml:28:9: error: "spi" does not belong here; expected it under "out" or "in" of "manual"
        """),
    Mistake(
      "a secret in the policy", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        key: secret",
      told: """
        sample.yml:28:9: error: "key" does not belong here; expected it with the peer under ike.peers
        """),
    Mistake(
      "nobody to negotiate with", in: .sample, written: "peer: fw-b\n        esp",
      instead: "esp",
      told: """
        sample.yml:22:9: error: nobody is named to negotiate the keys with; expected peer: one of ike.peers; or \
        "manual" with keys by hand
        """),
    Mistake(
      "a peer that is none", in: .sample, written: "peer: fw-b\n        esp",
      instead: "peer: bob\n        esp",
      told: """
        sample.yml:26:15: error: fw-a has no IKE peer "bob"; expected one of fw-b
        """),
    Mistake(
      "padding without ESP", in: .sample, written: "esp: [aes128-sha1]",
      instead: "ah: [sha1]\n        padding: 128",
      told: """
        sample.yml:28:18: error: "padding" has no meaning without ESP; expected it beside "esp": no other protocol \
        can hide how much is sent
        """),
    Mistake(
      "padding beyond what an octet counts", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        padding: 300",
      told: """
        sample.yml:28:18: error: "300" is out of range; expected a whole number from 0 to 240
        """),
    Mistake(
      "dummies without their shape", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        dummies: 500 ms",
      told: """
        sample.yml:28:18: error: a single value stands here; expected keys and values (every, size)
        """),
    Mistake(
      "a tunnel that begins elsewhere", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        tunnel: { local: 10.9.0.1, remote: 192.0.2.2 }",
      told: """
        sample.yml:28:26: error: 10.9.0.1 is no address of fw-a, where the tunnel begins; expected one of 10.1.0.1, \
        192.0.2.1
        """),
    Mistake(
      "a tunnel from one family to the other", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        tunnel: { local: 192.0.2.1, remote: \"2001:db8::1\" }",
      told: """
        sample.yml:28:45: error: the tunnel begins at 192.0.2.1, which is IPv4, and ends at 2001:db8::1, which is \
        IPv6; expected two ends of one family; what is inside may be of the other
        """),
    Mistake(
      "a tunnel with one end", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        tunnel: { local: 192.0.2.1 }",
      told: """
        sample.yml:28:9: error: the key "remote" is missing; expected remote: an address such as "192.0.2.1" or \
        "2001:db8::1"
        """),
    Mistake(
      "a tunnel in transport mode", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        mode: transport\n        tunnel: { local: 192.0.2.1, remote: 192.0.2.2 }",
      told: """
        sample.yml:29:9: error: "tunnel" has no meaning in transport mode; expected it with "mode: tunnel"
        """),
    Mistake(
      "a value that no packet has", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        from-packet: [from, too]",
      told: """
        sample.yml:28:29: error: "too" is unknown; expected "from", "to", "protocol", "from-ports", "to-ports"; did \
        you mean "to"?
        """),
    Mistake(
      "an IPv6 address without its prefix length", in: .sample, written: "wan: 192.0.2.1/30",
      instead: "wan: 2001:db8:1::1",
      told: """
        sample.yml:15:12: error: "2001:db8:1::1" is no address with its prefix length; expected an address with its \
        prefix length such as "192.0.2.1/30" or "2001:db8::1/64"
        """),
    Mistake(
      "the routers' anycast address", in: .sample, written: "wan: 192.0.2.1/30",
      instead: "wan: [192.0.2.1/30, 2001:db8:1::/64]",
      told: """
        sample.yml:15:27: error: 2001:db8:1:: is the anycast address of the routers in 2001:db8:1::/64; expected an \
        address with its prefix length such as "192.0.2.1/30" or "2001:db8::1/64"
        """),
    Mistake(
      "a gateway of a family that the node has not", in: .sample, written: "gateway: 192.0.2.2",
      instead: "gateway: [192.0.2.2, 2001:db8:1::2]",
      told: """
        sample.yml:17:26: error: 2001:db8:1::2 lies outside of the prefixes of fw-a; expected an IPv6 address on one \
        of its interfaces first
        """),
    Mistake(
      "from one family to the other", in: .sample, written: "to: 10.2.0.0/16",
      instead: "to: 2001:db8::/32",
      told: """
        sample.yml:24:13: error: 10.1.0.0/16 is IPv4 and 2001:db8::/32 is IPv6; expected addresses of one family in \
        "from" and "to"
        """),
    Mistake(
      "a range over both families", in: .sample, written: "to: 10.2.0.0/16",
      instead: "to: 10.2.0.1-2001:db8::1",
      told: """
        sample.yml:24:13: error: "10.2.0.1-2001:db8::1" begins in IPv4 and ends in IPv6; expected "any", an address, \
        a prefix such as "10.1.0.0/16", or a range such as "10.1.0.5-10.1.0.9"
        """),
    Mistake(
      "ports of ICMP", in: .sample, written: "to: 10.2.0.0/16",
      instead: "to: 10.2.0.0/16\n        protocol: icmp\n        to-ports: 80",
      told: """
        sample.yml:26:19: error: ports are written for a protocol that has none; expected them with "protocol: tcp" \
        or "protocol: udp"
        """),
    Mistake(
      "OPAQUE ports of ICMP", in: .sample, written: "to: 10.2.0.0/16",
      instead: "to: 10.2.0.0/16\n        protocol: icmp\n        to-ports: opaque",
      told: """
        sample.yml:26:19: error: ports are written for a protocol that has none; expected them with "protocol: tcp" \
        or "protocol: udp"
        """),
    Mistake(
      "a level that is none", in: .sample, written: "to: 10.2.0.0/16",
      instead: "to: 10.2.0.0/16\n        sensitivity: top secret",
      told: """
        sample.yml:25:22: error: "top secret" is no level of sensitivity; expected a level (unclassified, \
        confidential, secret, top-secret), or two of them as in "confidential-secret"; did you mean "top-secret"?
        """),
    Mistake(
      "levels the wrong way round", in: .sample, written: "to: 10.2.0.0/16",
      instead: "to: 10.2.0.0/16\n        sensitivity: secret-confidential",
      told: """
        sample.yml:25:22: error: "secret-confidential" ends before it begins; expected a level (unclassified, \
        confidential, secret, top-secret), or two of them as in "confidential-secret"
        """),
    Mistake(
      "an interface without an address", in: .sample, written: "lan: 10.1.0.10/16 }",
      instead: "lan: }",
      told: """
        sample.yml:9:19: error: the interface alice:lan has no address; expected an address with its prefix length \
        such as "192.0.2.1/30" or "2001:db8::1/64"; only a "kind: bump" has none
        """),
    Mistake(
      "a family that the node has not", in: .sample, written: "    ping:\n",
      instead: "    ping:\n    family: ipv6\n",
      told: """
        sample.yml:61:13: error: bob has no IPv6 address that it could be asked at; expected one of 10.2.0.10
        """),
    Mistake(
      "traffic of no kind", in: .sample, written: "    ping:\n",
      instead: "",
      told: """
        sample.yml:57:5: error: nothing says what is sent; expected exactly one of ping, udp, tcp, datagrams
        """),
    Mistake(
      "DF in transport mode", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        mode: transport\n        dont-fragment: set",
      told: """
        sample.yml:29:24: error: "dont-fragment" has no meaning in transport mode; expected it with "mode: tunnel"
        """),
    Mistake(
      "a cipher and an authenticator apart", in: .sample, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128, sha1]",
      told: """
        sample.yml:27:15: error: "aes128" is a cipher without an authenticator; expected a cipher and an \
        authenticator such as "aes128-sha1" (ciphers: aes128, aes192, aes256, 3des, des, cast128, blowfish128, idea, \
        aes128ctr, aes192ctr, aes256ctr, null; authenticators: sha256, sha1, md5, ripemd160, none); did you mean \
        "aes128-sha1"?
        sample.yml:27:23: error: "sha1" is an authenticator, as "ah" has it, and no suite of ESP; expected a cipher \
        and an authenticator such as "aes128-sha1" (ciphers: aes128, aes192, aes256, 3des, des, cast128, \
        blowfish128, idea, aes128ctr, aes192ctr, aes256ctr, null; authenticators: sha256, sha1, md5, ripemd160, none)
        """),
    Mistake(
      "layers that are no list", in: .sample, written: "esp: [aes128-sha1]",
      instead: "layers:\n          esp: [aes128-sha1]\n          ah: [sha1]",
      told: """
        sample.yml:28:11: error: keys and values stand here; expected a list: entries that begin with "- ", or stand \
        in brackets
        """),
    Mistake(
      "a protocol misspelt", in: .sample, written: "esp: [aes128-sha1]",
      instead: "layer:\n          - esp: [aes128-sha1]",
      told: """
        sample.yml:27:9: error: unknown key "layer"; expected one of name, from, to, protocol, from-ports, to-ports, \
        user, system, sensitivity, action, peer, mode, tunnel, esp, ah, ipcomp, manual, replay-window, \
        dont-fragment, fragment, padding, dummies, layers, from-packet, pfs, lifetime; did you mean "layers"?
        """),
    Mistake(
      "a protocol in capitals", in: .sample, written: "esp: [aes128-sha1]",
      instead: "ESP: [aes128-sha1]",
      told: """
        sample.yml:27:9: error: unknown key "ESP"; expected one of name, from, to, protocol, from-ports, to-ports, \
        user, system, sensitivity, action, peer, mode, tunnel, esp, ah, ipcomp, manual, replay-window, \
        dont-fragment, fragment, padding, dummies, layers, from-packet, pfs, lifetime; did you mean "esp"?
        """),
  ]

  @Test(arguments: mistakes)
  func isTold(_ mistake: Mistake) throws {
    let outcome = try mistake.outcome()
    #expect(headlines(outcome) == mistake.told)
    #expect(outcome.scenario == nil)
  }
}
