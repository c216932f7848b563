import Testing

@testable import Scenario

/// Mistakes in keys by hand and in layers.
@Suite struct HandMistakeTests {
  static let mistakes = [
    Mistake(
      "a key that is one octet short", in: .nested, written: "0x00112233445566778899aabbccddeeff\"",
      instead: "0x00112233445566778899aabbccddee\"",
      told: """
        nested.yml:20:43: error: the key has 15 octets; expected 16 octets (32 hexadecimal digits) for AES-128-CBC
        """),
    Mistake(
      "a key without its 0x", in: .nested, written: "\"0x00112233445566778899aabbccddeeff\"",
      instead: "00112233445566778899aabbccddeeff",
      told: """
        nested.yml:20:43: error: the key does not begin with 0x; expected hexadecimal octets after 0x such as \
        "0x00112233"; did you mean "0x00112233445566778899aabbccddeeff"?
        """),
    Mistake(
      "a reserved SPI", in: .nested, written: "spi: 0x1001",
      instead: "spi: 100",
      told: """
        nested.yml:20:23: error: the SPI 100 is reserved (RFC 2406 §2.1); expected a security parameters index from \
        256 to 0xffffffff such as "0x1001"
        """),
    Mistake(
      "a key that nothing takes", in: .nested, written: "out: { spi: 0x2001,",
      instead: "out: { spi: 0x2001, cipher-key: \"0x00\",",
      told: """
        nested.yml:38:43: error: "cipher-key" is given, and the suite has no cipher; expected no cipher-key
        """),
    Mistake(
      "a key that is missing", in: .nested,
      written: ", integrity-key: \"0x000102030405060708090a0b0c0d0e0f10111213\" }",
      instead: " }",
      told: """
        nested.yml:20:11: error: the key "integrity-key" is missing; expected integrity-key: the 20 octets for \
        HMAC-SHA-1-96, in hexadecimal after 0x
        """),
    Mistake(
      "a weak key", in: .nested, written: "0x00112233445566778899aabbccddeeff0123456789abcdef",
      instead: "0x001122334455667700112233445566770123456789abcdef",
      told: """
        nested.yml:51:45: error: this key of 3DES-CBC is weak; expected another one (RFC 2405 §2.2, RFC 2451 §2.3)
        """),
    Mistake(
      "counter mode without its nonce", in: .nested, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128ctr-sha1]",
      told: """
        nested.yml:20:43: error: the key has 16 octets; expected 20 octets (40 hexadecimal digits) for AES-128-CTR
        nested.yml:21:42: error: the key has 16 octets; expected 20 octets (40 hexadecimal digits) for AES-128-CTR
        """),
    Mistake(
      "an SPI for compression", in: .nested, written: "out: { cpi: 2 }",
      instead: "out: { spi: 256 }",
      told: """
        nested.yml:47:35: error: "spi" has no meaning with IPComp; expected "cpi" instead
        """),
    Mistake(
      "two suites with keys by hand", in: .nested, written: "ah: [sha1]",
      instead: "ah: [sha1, md5]",
      told: """
        nested.yml:36:9: error: with keys by hand nothing is negotiated, and 2 suites are offered; expected the one \
        suite that the keys are for
        """),
    Mistake(
      "one direction only", in: .nested, written: "out: { cpi: 2 }, in: { cpi: 2 }",
      instead: "out: { cpi: 2 }",
      told: """
        nested.yml:47:13: error: the key "in" is missing; expected in: keys and values (spi, cpi, cipher-key, \
        integrity-key)
        """),
    Mistake(
      "keys without a direction", in: .nested, written: "out: { cpi: 2 }, in: { cpi: 2 }",
      instead: "cpi: 2",
      told: """
        nested.yml:47:13: error: the key "out" is missing; expected out: keys and values (spi, cpi, cipher-key, \
        integrity-key)
        nested.yml:47:13: error: the key "in" is missing; expected in: keys and values (spi, cpi, cipher-key, \
        integrity-key)
        nested.yml:47:23: error: "cpi" does not belong here; expected it under "out" or "in"
        """),
    Mistake(
      "a lifetime of keys by hand", in: .nested, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        lifetime: { time: 1 h }",
      told: """
        nested.yml:19:9: error: "lifetime" has no meaning with keys by hand; expected it with negotiated keys only
        """),
    Mistake(
      "a lifetime of layers by hand", in: .nested, written: "layers:\n          - ipcomp",
      instead: "lifetime: { time: 1 h }\n        layers:\n          - ipcomp",
      told: """
        nested.yml:44:9: error: "lifetime" has no meaning with keys by hand; expected it with negotiated keys only
        """),
    Mistake(
      "a replay window of keys by hand", in: .nested, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        replay-window: 64",
      told: """
        nested.yml:19:9: error: "replay-window" has no meaning with keys by hand; expected it with negotiated keys \
        only
        """),
    Mistake(
      "values from the packet for keys by hand", in: .nested, written: "esp: [aes128-sha1]",
      instead: "esp: [aes128-sha1]\n        from-packet: [to]",
      told: """
        nested.yml:19:9: error: an association by hand is there before any packet that it could take values from; \
        expected "from-packet" with negotiated keys only
        """),
    Mistake(
      "keys by hand beside the layers", in: .nested, written: "layers:\n          - ipcomp",
      instead: "manual: { out: { cpi: 2 }, in: { cpi: 2 } }\n        layers:\n          - ipcomp",
      told: """
        nested.yml:44:9: error: "manual" has no meaning beside "layers"; expected it in the entries of "layers"
        """),
    Mistake(
      "a peer by hand that is not there", in: .nested, written: "peer: fw-b",
      instead: "peer: fw-c",
      told: """
        nested.yml:35:15: error: unknown node "fw-c"; expected a node of this scenario; did you mean "fw-a"?
        """),
    Mistake(
      "a tunnel to nobody", in: .nested, written: "        peer: fw-b\n",
      instead: "",
      told: """
        nested.yml:31:9: error: nothing says where the tunnel ends; expected peer: the node at the other end, or \
        tunnel: { local: …, remote: … }
        """),
    Mistake(
      "transport by hand between networks", in: .nested, written: "from: 10.1.0.10",
      instead: "from: 10.1.0.0/16",
      told: """
        nested.yml:13:9: error: transport mode with keys by hand is between two addresses that are known, and \
        10.1.0.0/16 is not one; expected one address in "from" and one in "to", or "mode: tunnel"
        """),
    Mistake(
      "an address of IPv6 that ends in a colon", in: .nested, written: "to: 2001:db8:b::/64",
      instead: "to: 2001:db8:b::",
      told: """
        nested.yml:42:24: error: a ":" stands where no key can begin; expected keys of one mapping to be indented \
        alike, a ":" behind the key of the line before, and quotes around a value that holds ": "
        """),
    Mistake(
      "protection of what is bypassed", in: .nested, written: "{ name: rest, action: bypass }",
      instead: "{ name: rest, action: bypass, esp: [aes128-sha1] }",
      told: """
        nested.yml:22:39: error: "esp" has no meaning with "action: bypass"; expected it with "action: apply" only
        """),
    Mistake(
      "a tunnel without a way", in: .nested, written: "gateway: [192.0.2.2, \"2001:db8:f::2\"]",
      instead: "gateway: 192.0.2.2",
      told: """
        nested.yml:42:13: warning: fw-a has no route for 2001:db8:b::/64: no packet of policy "six" comes as far as \
        the tunnel; expected a route or a gateway for IPv6
        nested.yml:107:35: error: no route for "six": fw-a knows no way to 2001:db8:b::10; expected a way from node \
        to node by routes (so far: alice, fw-a)
        """),
    Mistake(
      "a tunnel that nobody opens", in: .nested, written: "tunnel: { local: 192.0.2.1, remote: 192.0.2.2 }",
      instead: "tunnel: { local: 192.0.2.1, remote: 192.0.2.3 }",
      told: """
        nested.yml:46:13: warning: the tunnel ends at 192.0.2.3, which no node has; expected an address of the node \
        that is to open it
        nested.yml:70:9: warning: policy "six" is matched by no policy of fw-a, which has branch (10.1.0.0/16 -> \
        10.2.0.0/16); expected one of fw-a that applies IPsec with fw-b to 2001:db8:a::/64 -> 2001:db8:b::/64
        nested.yml:107:35: error: no route for "six": fw-a knows no way to 192.0.2.3; expected a way from node to \
        node by routes (so far: alice, fw-a)
        """),
    Mistake(
      "one octet for CAST-128", in: .nested,
      written: "esp: [aes128-sha1]\n        manual:\n          out: { spi: 0x1001, cipher-key: \"0x00",
      instead: "esp: [cast128-sha1]\n        manual:\n          out: { spi: 0x1001, cipher-key: \"0x",
      told: """
        nested.yml:20:43: error: the key has 15 octets; expected 16 octets (32 hexadecimal digits) for CAST5-CBC
        """),
  ]

  @Test(arguments: mistakes)
  func isTold(_ mistake: Mistake) throws {
    let outcome = try mistake.outcome()
    #expect(headlines(outcome) == mistake.told)
    #expect(outcome.scenario == nil)
  }
}
