/// A bump in the wire in front of one host, a bump in the stack of another, a router between them that filters, names and
/// labels: what the format has beyond layers.
let boxes = """
  lockstep: 1
  name: boxes
  description: A box on alice's link protects what she says to carol, whose own protection lies below her stack.
  duration: 10 s

  nodes:
    alice:
      kind: host
      interfaces: { lan: 10.1.0.10/16 }
      gateway: 10.1.0.1
    box:
      kind: bump
      interfaces: { near: , far: }
      inside: [near]
      policies:
        - name: to-carol
          from: 10.1.0.10
          to: 10.2.0.10
          action: apply
          mode: transport
          ah: sha256
          manual:
            out: { spi: 4097, integrity-key: "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" }
            in: { spi: 4098, integrity-key: "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1e" }
        - { name: rest, action: bypass }
    r:
      kind: router
      interfaces: { left: 10.1.0.1/16, right: 10.2.0.1/16 }
      filters:
        - { name: no-telnet, action: drop, protocol: tcp, to-ports: 23, interface: left, direction: in }
        - { name: no-unreachable, action: drop, protocol: icmp, icmp: unreachable, code: 4, from: 10.2.0.0/16 }
    carol:
      kind: host
      system: carol.example.com
      ipsec: bump-in-the-stack
      interfaces: { lan: 10.2.0.10/16 }
      gateway: 10.2.0.1
      policies:
        - name: to-alice
          from: 10.2.0.10
          to: 10.1.0.10
          system: carol.example.com
          action: apply
          mode: transport
          ah: [sha256]
          manual:
            out: { spi: 4098, integrity-key: "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1e" }
            in: { spi: 4097, integrity-key: "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" }
        - name: secrets
          from: 10.2.0.10
          to: 10.1.0.0/16
          user: carol@example.com
          sensitivity: confidential-secret
          action: discard
        - { name: rest, action: bypass }

  links:
    - endpoints: ["alice:lan", "box:near"]
    - endpoints: ["box:far", "r:left"]
    - endpoints: ["r:right", "carol:lan"]

  traffic:
    - { name: ping, from: alice, to: carol, ping: {} }
    - { name: telnet, from: alice, to: r, tcp: { port: 23 }, start: 1 s, timeout: 2 s }
    - { name: secret, from: carol, to: r, datagrams: { size: 20 }, user: carol@example.com, sensitivity: secret }

  """
