import Cryptography
import IPsec
import Testing
import Units
import Wire

@testable import IKE

/// Every combination of algorithms, with both ends as initiator.
@Suite struct SuiteTests {
  static let ciphers = CipherNumbers.all.filter { $0.phase1 != nil }.map(\.cipher)
  static let hashes: [HashAlgorithm] = [.md5, .sha1, .sha256, .sha384, .sha512]
  static let groups: [UInt16] = [1, 2, 3, 4, 5, 14]

  @Test(arguments: ciphers, hashes) func phase1(cipher: CipherAlgorithm, hash: HashAlgorithm) {
    for (index, group) in Self.groups.enumerated() {
      var setup = Setup()
      setup.suites = [Phase1Suite(cipher: cipher, hash: hash, group: group)]
      let initiator = (index + Int(cipher.rawValue)) % 2
      var pair = Pair(setup, seed: UInt64(index))
      pair.acquire(initiator)
      pair.run()
      #expect(pair.isConnected, "\(cipher.name) \(hash.name) group \(group), initiator \(initiator)")
      #expect(pair.derived(0, "cipher key") == pair.derived(1, "cipher key"))
      #expect(pair.derived(0, "cipher key").first?.count == cipher.keyLength)
      #expect(pair.sent.count == 9)
    }
  }

  @Test(arguments: [0, 1], [nil, 1, 2, 3, 4, 5, 14] as [UInt16?])
  func phase2(initiator: Int, group: UInt16?) {
    for cipher in CipherAlgorithm.allCases {
      for integrity in IntegrityAlgorithm.allCases {
        guard let suite = ESPSuite(cipher: cipher, integrity: integrity) else { continue }
        // The exponentiations of the large groups are the same whatever ESP does.
        guard group ?? 1 == 1 || (cipher, integrity) == (.tripleDESCBC, .hmacSHA256_128) else { continue }
        var setup = Setup()
        setup.suites[0].group = 1
        setup.group = group
        setup.espSuites = [suite]
        setup.isTunnel = integrity != .hmacSHA1_96
        var pair = Pair(setup, seed: UInt64(cipher.rawValue))
        pair.acquire(initiator)
        pair.run()
        let isRight =
          pair.isConnected
          && pair.outbound[0].values.allSatisfy {
            $0.suite == .esp(suite) && $0.cipherKey.count == cipher.keyLength
              && $0.integrityKey.count == integrity.keyLength
              && $0.isTunnel == setup.isTunnel
          }
        #expect(isRight, "\(cipher.name) \(integrity.name) group \(group ?? 0), initiator \(initiator)")
        #expect(pair.derived(0, "g(qm)^xy").count == (group == nil ? 0 : 1))
      }
    }
  }

  @Test func theInitiatorsFirstAcceptableSuiteIsChosen() {
    var left = Setup()
    left.suites = [
      Phase1Suite(cipher: .aes256CBC, hash: .sha256, group: 5), Phase1Suite(cipher: .desCBC, hash: .md5, group: 1),
      Phase1Suite(cipher: .tripleDESCBC, hash: .sha1, group: 2),
    ]
    left.espSuites = [
      ESPSuite(cipher: .aes256CBC, integrity: .hmacSHA256_128), ESPSuite(cipher: .tripleDESCBC, integrity: .hmacMD5_96),
      ESPSuite(cipher: .desCBC, integrity: .none),
    ].compactMap(\.self)
    var right = left
    right.suites = [left.suites[2], left.suites[1]]
    right.espSuites = [left.espSuites[2], left.espSuites[1]]
    var pair = Pair(left.configuration(0), right.configuration(1), seed: 3)
    pair.acquire(0)
    pair.run()
    let chosen = pair.notes(1).compactMap { note in
      if case .chosen(let suite) = note { suite } else { nil }
    }
    #expect(
      chosen == [
        "DES-CBC, MD5, pre-shared key, group 1, 28800 s", "ESP 3DES-CBC, HMAC-MD5-96, 3600 s",
      ])
    #expect(pair.isConnected)
  }

  @Test func aWeakDESKeyIsPassedOver() {
    let derivation = KeyDerivation(hash: .md5)
    let weak: [UInt8] = [1, 1, 1, 1, 1, 1, 1, 1]
    let strong: [UInt8] = [0x13, 0x34, 0x57, 0x79, 0x9B, 0xBC, 0xDF, 0xF1]
    #expect(derivation.cipherKey(.desCBC, skeyidE: weak + strong) == strong)
    #expect(derivation.cipherKey(.desCBC, skeyidE: strong + weak) == strong)
  }

  @Test func identitiesCarryEveryShapeOfASelector() throws {
    let one = AddressRange(.v4(IPv4Address(10, 0, 0, 1)))
    let prefix = AddressRange(IPPrefix(.v4(IPv4Address(10, 2, 0, 0)), length: 16))
    let range = AddressRange(first: .v4(IPv4Address(10, 0, 0, 5)), last: .v4(IPv4Address(10, 0, 0, 9)))
    for source in [one, prefix, range, .anyIPv4] {
      for transport in [.any, TransportSelector.value(.tcp)] {
        for port in [.any, PortSelector.port(80)] {
          let selector = Selector(
            source: source, destination: prefix, transport: transport, destinationPorts: port)
          let back = Identities.selector(
            Identities.payload(selector.source, selector.transport, selector.sourcePorts),
            Identities.payload(selector.destination, selector.transport, selector.destinationPorts))
          #expect(back == selector)
        }
      }
    }
    let (first, last) = (
      IPv6Address(high: 0x2001_0db8_0000_0000, low: 5), IPv6Address(high: 0x2001_0db8_0000_0000, low: 9)
    )
    for (range, type) in [
      (AddressRange(.v6(first)), IdentificationType.ipv6Address),
      (AddressRange(first: .v6(first), last: .v6(last)), .ipv6AddressRange),
      (AddressRange(IPPrefix(.v6(first), length: 48)), .ipv6AddressSubnet), (.anyIPv6, .ipv6AddressSubnet),
    ] {
      let payload = Identities.payload(range, .any, .any)
      #expect(payload.type == type)
      #expect(Identities.selector(payload, payload) == Selector(source: range, destination: range))
    }
    #expect(Identities.payload(one, .any, .any).type == .ipv4Address)
    #expect(Identities.payload(prefix, .any, .any).type == .ipv4AddressSubnet)
    #expect(Identities.payload(range, .any, .any).type == .ipv4AddressRange)
    #expect(
      Identities.words(Identities.payload(prefix, .value(.tcp), .port(80)))
        == "ID_IPV4_ADDR_SUBNET 10.2.0.0/255.255.0.0, protocol 6, port 80")
  }
}
