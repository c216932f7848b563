import Foundation
import Testing

@testable import Scenario

/// ESP in transport mode between two hosts, within AH in a tunnel between two firewalls, all keys by hand, over both
/// families: what the format has beyond one negotiated association. Tests break it in one place each.
let nested = """
  lockstep: 1
  name: nested
  description: Hosts protect what they say to each other, and their firewalls protect it once more.
  duration: 10 s

  nodes:
    alice:
      kind: host
      interfaces:
        lan: [10.1.0.10/16, "2001:db8:a::10/64"]
      gateway: [10.1.0.1, "2001:db8:a::1"]
      policies:
        - name: to-bob
          from: 10.1.0.10
          to: 10.2.0.10
          action: apply
          mode: transport
          esp: [aes128-sha1]
          manual:
            out: { spi: 0x1001, cipher-key: "0x00112233445566778899aabbccddeeff", integrity-key: "0x000102030405060708090a0b0c0d0e0f10111213" }
            in: { spi: 0x1002, cipher-key: "0x10112233445566778899aabbccddeeff", integrity-key: "0x100102030405060708090a0b0c0d0e0f10111213" }
        - { name: rest, action: bypass }
    fw-a:
      kind: firewall
      interfaces:
        lan: [10.1.0.1/16, "2001:db8:a::1/64"]
        wan: [192.0.2.1/30, "2001:db8:f::1/64"]
      inside: [lan]
      gateway: [192.0.2.2, "2001:db8:f::2"]
      policies:
        - name: branch
          from: 10.1.0.0/16
          to: 10.2.0.0/16
          action: apply
          peer: fw-b
          ah: [sha1]
          manual:
            out: { spi: 0x2001, integrity-key: "0x200102030405060708090a0b0c0d0e0f10111213" }
            in: { spi: 0x2002, integrity-key: "0x300102030405060708090a0b0c0d0e0f10111213" }
        - name: six
          from: 2001:db8:a::/64
          to: 2001:db8:b::/64
          action: apply
          layers:
            - ipcomp: [deflate]
              tunnel: { local: 192.0.2.1, remote: 192.0.2.2 }
              manual: { out: { cpi: 2 }, in: { cpi: 2 } }
            - esp: [3des-md5]
              mode: transport
              manual:
                out: { spi: 8193, cipher-key: "0x00112233445566778899aabbccddeeff0123456789abcdef", integrity-key: "0x000102030405060708090a0b0c0d0e0f" }
                in: { spi: 8194, cipher-key: "0x10112233445566778899aabbccddeeff0123456789abcdef", integrity-key: "0x100102030405060708090a0b0c0d0e0f" }
    fw-b:
      kind: firewall
      interfaces:
        lan: [10.2.0.1/16, "2001:db8:b::1/64"]
        wan: [192.0.2.2/30, "2001:db8:f::2/64"]
      inside: [lan]
      gateway: [192.0.2.1, "2001:db8:f::1"]
      policies:
        - name: branch
          from: 10.2.0.0/16
          to: 10.1.0.0/16
          action: apply
          peer: fw-a
          ah: [sha1]
          manual:
            out: { spi: 0x2002, integrity-key: "0x300102030405060708090a0b0c0d0e0f10111213" }
            in: { spi: 0x2001, integrity-key: "0x200102030405060708090a0b0c0d0e0f10111213" }
        - name: six
          from: 2001:db8:b::/64
          to: 2001:db8:a::/64
          action: apply
          layers:
            - ipcomp: [deflate]
              tunnel: { local: 192.0.2.2, remote: 192.0.2.1 }
              manual: { out: { cpi: 2 }, in: { cpi: 2 } }
            - esp: [3des-md5]
              mode: transport
              manual:
                out: { spi: 8194, cipher-key: "0x10112233445566778899aabbccddeeff0123456789abcdef", integrity-key: "0x100102030405060708090a0b0c0d0e0f" }
                in: { spi: 8193, cipher-key: "0x00112233445566778899aabbccddeeff0123456789abcdef", integrity-key: "0x000102030405060708090a0b0c0d0e0f" }
    bob:
      kind: host
      interfaces:
        lan: [10.2.0.10/16, "2001:db8:b::10/64"]
      gateway: [10.2.0.1, "2001:db8:b::1"]
      policies:
        - name: to-alice
          from: 10.2.0.10
          to: 10.1.0.10
          action: apply
          mode: transport
          esp: [aes128-sha1]
          manual:
            out: { spi: 0x1002, cipher-key: "0x10112233445566778899aabbccddeeff", integrity-key: "0x100102030405060708090a0b0c0d0e0f10111213" }
            in: { spi: 0x1001, cipher-key: "0x00112233445566778899aabbccddeeff", integrity-key: "0x000102030405060708090a0b0c0d0e0f10111213" }
        - { name: rest, action: bypass }

  links:
    - endpoints: ["alice:lan", "fw-a:lan"]
    - endpoints: ["fw-a:wan", "fw-b:wan"]
    - endpoints: ["fw-b:lan", "bob:lan"]

  traffic:
    - { name: four, from: alice, to: bob, ping: {} }
    - { name: six, from: alice, to: bob, family: ipv6, ping: { size: 600 } }

  """

/// Reads ``nested`` with one thing changed; the first place of it.
func nestedHeadlines(_ old: String, _ new: String) throws -> [String] {
  let range = try #require(nested.range(of: old))
  let text = nested.replacingCharacters(in: range, with: new)
  return ScenarioFile.parse(text: text, path: "nested.yml").diagnostics.map(\.headline)
}
