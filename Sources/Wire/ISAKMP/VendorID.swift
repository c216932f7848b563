/// The vendor IDs that are in use. Most are the MD5 of the words that name them; some have a version behind.
public enum VendorID {
  /// `draft-beaulieu-ike-xauth`: extended authentication behind phase 1.
  public static let xauth: [UInt8] = [0x09, 0x00, 0x26, 0x89, 0xDF, 0xD6, 0xB7, 0x12]
  /// Dead peer detection, version 1.0 (RFC 3706 §5.1).
  public static let deadPeerDetection: [UInt8] = [
    0xAF, 0xCA, 0xD7, 0x13, 0x68, 0xA1, 0xF1, 0xC9, 0x6B, 0x86, 0x96, 0xFC, 0x77, 0x57, 0x01, 0x00,
  ]
  /// NAT traversal as the standard has it: the MD5 of "RFC 3947" (RFC 3947 §3.1).
  public static let natTraversal: [UInt8] = [
    0x4A, 0x13, 0x1C, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5C, 0x57, 0x28, 0xF2, 0x0E, 0x95, 0x45, 0x2F,
  ]
  /// NAT traversal as `draft-ietf-ipsec-nat-t-ike-02` has it, hashed with a line feed as most do.
  public static let natTraversalDraft02: [UInt8] = [
    0x90, 0xCB, 0x80, 0x91, 0x3E, 0xBB, 0x69, 0x6E, 0x08, 0x63, 0x81, 0xB5, 0xEC, 0x42, 0x7B, 0x1F,
  ]
  /// NAT traversal as `draft-ietf-ipsec-nat-t-ike-03` has it.
  public static let natTraversalDraft03: [UInt8] = [
    0x7D, 0x94, 0x19, 0xA6, 0x53, 0x10, 0xCA, 0x6F, 0x2C, 0x17, 0x9D, 0x92, 0x15, 0x52, 0x9D, 0x56,
  ]

  /// The name of a vendor ID, whatever version stands behind its constant part; `nil` for an unknown one.
  public static func name(of octets: [UInt8]) -> String? {
    if let freeSWAN = freeSWAN(octets) { return freeSWAN }
    let text = hexadecimal(octets)
    return known.first { text.hasPrefix($0.prefix) }?.name
  }

  /// FreeS/WAN and its heirs: `OE`, then ten letters that hash the version.
  private static func freeSWAN(_ octets: [UInt8]) -> String? {
    guard octets.count == 12, octets.starts(with: [0x4F, 0x45]), let text = printable(octets) else { return nil }
    return "FreeS/WAN, Openswan or Libreswan (\(text))"
  }

  // Each prefix was made here with md5sum from the words in its name, or is the constant of the named document.
  private static let known: [(prefix: String, name: String)] = [
    ("afcad71368a1f1c96b8696fc7757", "RFC 3706 DPD (Dead Peer Detection)"),
    ("09002689dfd6b712", "XAUTH"),
    ("4a131c81070358455c5728f20e95452f", "RFC 3947 (NAT traversal)"),
    ("4485152d18b6bbcd0be8a8469579ddcc", "draft-ietf-ipsec-nat-t-ike-00"),
    ("16f6ca16e4a4066d83821a0f0aeaa862", "draft-ietf-ipsec-nat-t-ike-01"),
    ("cd60464335df21f87cfdb2fc68b6a448", "draft-ietf-ipsec-nat-t-ike-02"),
    ("90cb80913ebb696e086381b5ec427b1f", "draft-ietf-ipsec-nat-t-ike-02 (with line feed)"),
    ("7d9419a65310ca6f2c179d9215529d56", "draft-ietf-ipsec-nat-t-ike-03"),
    ("9909b64eed937c6573de52ace952fa6b", "draft-ietf-ipsec-nat-t-ike-04"),
    ("80d0bb3def54565ee84645d4c85ce3ee", "draft-ietf-ipsec-nat-t-ike-05"),
    ("4d1e0e136deafa34c4f3ea9f02ec7285", "draft-ietf-ipsec-nat-t-ike-06"),
    ("439b59f8ba676c4c7737ae22eab8f582", "draft-ietf-ipsec-nat-t-ike-07"),
    ("8f8d83826d246b6fc7a8a6a428c11de8", "draft-ietf-ipsec-nat-t-ike-08"),
    ("4df37928e9fc4fd1b3262170d515c662", "draft-ietf-ipsec-nat-t-ike"),
    ("27bab5dc01ea0760ea4e3190ac27c0d0", "draft-stenberg-ipsec-nat-traversal-01"),
    ("6105c422e76847e43f9684801292aecd", "draft-stenberg-ipsec-nat-traversal-02"),
    ("6a7434c19d7e36348090a02334c9c805", "draft-huttunen-ipsec-esp-in-udp-00"),
    ("50760f624c63e5c53eea386c685ca083", "ESPThruNAT"),
    ("882fe56d6fd20dbc2251613b2ebe5beb", "strongSwan"),
    ("12f5f28c457168a9702d9fe274cc", "Cisco Unity"),
    ("4048b7d56ebce88525e7de7f00d6c2d3", "Cisco IKE fragmentation"),
    ("1e2b516905991c7d7c96fcbfb587e461", "MS NT5 ISAKMPOAKLEY"),
    ("621b04bb09882ac1e15935fefa24aeee", "GSSAPI"),
    ("26244d38eddb61b3172a36e3d0cfb819", "Vid-Initial-Contact"),
    ("fb1de3cdf341b7ea16b7e5be0855f120", "MS-Negotiation Discovery Capable"),
    ("e3a5966a76379fe707228231e5ce8652", "IKE CGA version 1"),
    ("7003cbc1097dbe9c2600ba6983bc8b35", "KAME/racoon"),
    ("f4ed19e0c114eb516faaac0ee37daf2807b4381f", "Check Point"),
    ("699369228741c6d4ca094c93e242c9de19e7b7c6", "NetScreen"),
    ("4865617274426561745f4e6f74696679", "HeartBeat_Notify (NetScreen)"),
  ]
}
