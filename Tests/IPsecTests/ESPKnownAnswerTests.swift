import Cryptography
import Testing
import Units
import Wire

@testable import IPsec

/// Packets that others sealed. Those of the Linux kernel lie outside of this repository, in
/// `../shared/oracles/kernel`; where that folder is missing, their tests are reported as skipped.
@Suite struct ESPKnownAnswerTests {
  /// RFC 3602 §4, cases 5 (transport mode) and 7 (tunnel mode): key, datagram before, datagram after. They carry no
  /// ICV.
  static let published: [(key: String, isTunnel: Bool, before: String, after: String)] = [
    (
      "90d382b410eeba7ad938c46cec1a82bf", false,
      """
      4500005408f200004001f9fec0a87b03c0a87b64\
      08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f\
      3031323334353637
      """,
      """
      4500007c08f200004032f9a5c0a87b03c0a87b640000432100000001e96e8c08ab465763fd098d45dd3ff893f663c25d325c18c6a9453e19\
      4e120849a4870b66cc6b9965330013b4898dc856a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874aa269add0\
      47ad2d5913ac19b7cfbad4a6
      """
    ),
    (
      "0123456789abcdef0123456789abcdef", true,
      """
      45000054090400004001f988c0a87b03c0a87bc8\
      08009f76a90a0100b49c083d02a2040008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f\
      3031323334353637
      """,
      """
      4500008c090500004032f91ec0a87b03c0a87bc80000876500000002f4e765244f6407adf13dc1380f673f37773b5241a4c449225e4f3ce5\
      ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2decd136e5c177f132\
      ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5a100b842f1c22f0d
      """
    ),
  ]

  @Test(arguments: 0..<2)
  func `Packets of RFC 3602 are opened and made`(index: Int) throws {
    let vector = Self.published[index]
    let (before, after) = (hex(vector.before), hex(vector.after))
    let suite = try suite(.aes128CBC, .none)
    let opener = try ESPTransform(suite: suite, cipherKey: hex(vector.key), integrityKey: [], direction: .decrypt)
    let opened = try opener.open(after, 20..<after.count)
    #expect(opened.octets == Array(before[(vector.isTunnel ? 0 : 20)...]))
    #expect(opened.nextHeader == (vector.isTunnel ? .ipv4 : .icmp))
    #expect(opened.wrongPadding == nil)

    let sealer = try ESPTransform(suite: suite, cipherKey: hex(vector.key), integrityKey: [], direction: .encrypt)
    var packet = try sealer.seal(
      before, (vector.isTunnel ? 0 : 20)..<before.count, behind: Array(after[0..<20]),
      Self.envelope(of: after, at: 20, 16, opened))
    #expect(hex(packet) == hex(after))
    mend(&packet)
    #expect(hex(packet) == hex(after))
  }

  static func envelope(
    of datagram: [UInt8], at start: Int, _ vectorLength: Int, _ opened: ESPTransform.Opened
  ) -> ESPTransform.Envelope {
    func number(_ offset: Int) -> UInt32 { datagram[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    return ESPTransform.Envelope(
      spi: number(start), sequenceNumber: number(start + 4),
      initializationVector: InitializationVector(Array(datagram[start + 8..<start + 8 + vectorLength])),
      nextHeader: opened.nextHeader, padding: opened.padding)
  }

  @Test(
    .enabled(if: KernelCapture.isThere, "needs ../shared/oracles/kernel"),
    arguments: KernelCapture.names("esp") + KernelCapture.names("gre-in-esp"))
  func `What the Linux kernel sealed is verified, opened, and sealed again to the same octets`(name: String) throws {
    let capture = try KernelCapture(name)
    var count = 0
    for datagram in capture.datagrams {
      let start = datagram[0] >> 4 == 4 ? Int(datagram[0] & 15) * 4 : 40
      guard datagram[datagram[0] >> 4 == 4 ? 9 : 6] == 50 else { continue }
      let spi = datagram[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let association = try #require(capture.associations.first { $0.number == spi })
      let suite = try #require(association.suite)
      let keys = (hex(association.enc_key ?? ""), hex(association.auth_key ?? ""))
      let opener = try ESPTransform(suite: suite, cipherKey: keys.0, integrityKey: keys.1, direction: .decrypt)
      #expect(try opener.isAuthentic(datagram, start..<datagram.count))
      let opened = try opener.open(datagram, start..<datagram.count)
      #expect(opened.wrongPadding == nil)
      let sealer = try ESPTransform(suite: suite, cipherKey: keys.0, integrityKey: keys.1, direction: .encrypt)
      let envelope = Self.envelope(of: datagram, at: start, suite.cipher.initializationVectorLength, opened)
      let again = try sealer.seal(opened.octets, 0..<opened.octets.count, behind: Array(datagram[0..<start]), envelope)
      #expect(hex(again) == hex(datagram))
      count += 1
    }
    #expect(count > 0)
  }

  @Test(
    .enabled(if: KernelCapture.isThere, "needs ../shared/oracles/kernel"), arguments: KernelCapture.names("esp-"))
  func `An engine with the kernel's associations receives what it sent`(name: String) throws {
    let capture = try KernelCapture(name)
    var engine = try Self.engine(capture.associations)
    var count = 0
    for datagram in capture.datagrams where datagram[0] >> 4 == 4 && datagram[9] == 50 {
      guard try !IPv4Glance(verifying: datagram).isFragment else { continue }
      let inbound = engine.inbound(datagram, at: .zero)
      let opened = try #require(inbound.opened, "\(inbound)")
      let inner = try IPv4Glance(verifying: opened.datagram)
      #expect(inner.totalLength == opened.datagram.count)
      #expect(
        engine.inbound(datagram, at: .zero).refused?.reason
          == (opened.windowTop == 0 ? nil : .replayed(opened.sequenceNumber)))
      count += 1
    }
    #expect(count > 0)
  }

  static func engine(_ associations: [KernelAssociation]) throws -> IPsecEngine {
    let mode: IPsec.EncapsulationMode =
      associations[0].mode == "tunnel" ? .tunnel(local: firewallA, remote: firewallB) : .transport
    let policy = SecurityPolicy(name: "all", selector: .any, action: .apply(Protection(mode: mode, suites: [])))
    let own = try associations.map { try #require(IPAddress($0.dst)) }
    var engine = IPsecEngine(policies: [policy], localAddresses: own, generator: numbers(1))
    for association in associations {
      let parameters = AssociationParameters(
        identity: AssociationIdentity(
          spi: try #require(association.number), destination: try #require(IPAddress(association.dst)),
          securityProtocol: .esp),
        source: try #require(IPAddress(association.src)), isTunnel: association.mode == "tunnel",
        suite: .esp(try #require(association.suite)), cipherKey: hex(association.enc_key ?? ""),
        integrityKey: hex(association.auth_key ?? ""), selector: .any, policy: "all",
        lifetime: Lifetime(duration: nil, volume: nil), replayWindow: 64)
      try engine.install(parameters, .inbound, isInitiator: false, at: .zero)
    }
    return engine
  }
}
