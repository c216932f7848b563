import Cryptography
import Inspection
import Wire

/// Packets with their keys, for tests that need no other files.
enum SamplePackets {
  /// RFC 3602 §4 case 5: a ping in ESP transport mode with AES-128-CBC and no ICV.
  static let rfc3602 = hex(
    """
    4500007c08f200004032f9a5c0a87b03c0a87b640000432100000001e96e8c08ab465763fd098d45dd3ff893
    f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856a4699e523a55db080b59ec3a
    8e4b7e52775b07d1db34ed9c538ab50c551b874aa269add047ad2d5913ac19b7cfbad4a6
    """)
  static let rfc3602Keys = AssociationKeys(
    .esp, spi: SPIPattern(0x4321), encryption: .cipher(.aes128CBC, key: hex("90d382b410eeba7ad938c46cec1a82bf")),
    origin: "RFC 3602")

  /// Sealed by Linux 6.1 with `ip xfrm`, captured with tcpdump: AH with HMAC-SHA-1-96 in transport mode over a ping with the
  /// Record Route option.
  static let ahWithRecordRoute = hex(
    """
    4f0000945ec640004033635cc0000201c000020201072708c00002010000000000000000000000000000000000000000
    00000000000000000000000001040000000010a300000001bda61fd646e81309fe88667c08007f7a0bf900010735016b
    000000009e18070000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637
    """)
  static let ahWithRecordRouteKeys = AssociationKeys(
    .ah, spi: SPIPattern(0x10A3),
    integrity: .hmac(.sha1, length: 12, key: hex("b68ccdf22660c054824b6e36fdd47581e82beaf9")),
    origin: "manual")

  /// As above: AH with HMAC-SHA-1-96 in transport mode over an IPv6 ping.
  static let ahOverIPv6 = hex(
    """
    6003902c0058334020010db800000000000000000000000120010db80000000000000000000000023a0400000000105d
    00000001c0f116c3fe7878f5ed65575f8000bcef09160001e834016b00000000ac96090000000000101112131415161718
    191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637
    """)
  static let ahOverIPv6Keys = AssociationKeys(
    .ah, spi: SPIPattern(0x105D),
    integrity: .hmac(.sha1, length: 12, key: hex("96a91006cc8fe03b84be0fbe2aab79d7a861adc0")),
    origin: "manual")

  /// As above: ESP tunnel mode over IPv6 with DES-CBC and HMAC-MD5-96.
  static let espOverIPv6 = hex(
    """
    6004778b008c324020010db800000000000000000000000120010db800000000000000000000000200001073000000017ab55fd4
    5dd395b6f0e078a24cd9dfdbab7d44cec45c64a3e52f3dd704975de3f4ab38cab8df0d9a6fbbcde344b3943bc91ec2377e764192
    f2b8f7d2a344a474b32190ceb62fec54eaaae4a02bc46fcaef1107487f5eea82e5e75123cb7e8226dd55bc81a2445375aae50bea
    831108ff75dbad0ceebff291ab596940ccafdf16da0d6bd8
    """)
  static let espOverIPv6Keys = AssociationKeys(
    .esp, spi: SPIPattern(0x1073), encryption: .cipher(.desCBC, key: hex("9890b38e18315376")),
    integrity: .hmac(.md5, length: 12, key: hex("28d9c348c35c73cdf63f352e01641d83")), origin: "manual")

  static let all = [rfc3602, ahWithRecordRoute, ahOverIPv6, espOverIPv6]

  static let keys: KeyRing = {
    var keys = KeyRing()
    for association in [rfc3602Keys, ahWithRecordRouteKeys, ahOverIPv6Keys, espOverIPv6Keys] { keys.add(association) }
    return keys
  }()
}

extension FrameInspector {
  /// Inspects a datagram as the next frame.
  mutating func inspect(_ octets: [UInt8], number: Int = 1) -> FrameReport {
    inspect(
      octets, linkType: .raw,
      into: FrameReport(number: number, nanoseconds: Int64(number) * 1_000_000, length: octets.count))
  }
}
