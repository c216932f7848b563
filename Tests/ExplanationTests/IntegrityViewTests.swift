import Inspection
import Testing
import Wire

@testable import Explanation

@Suite("What an ICV covers, word for word")
struct IntegrityViewTests {
  private static let ahKeys = AssociationKeys(
    .ah, spi: SPIPattern(0x10A3),
    integrity: .hmac(.sha1, length: 12, key: octets("b68ccdf22660c054824b6e36fdd47581e82beaf9")), origin: "manual:1")

  /// Sealed by Linux 6.1 with `ip xfrm`, captured with tcpdump: AH with HMAC-SHA-1-96 in transport mode over a ping with
  /// the Record Route option.
  private static let ah = octets(
    """
    4f0000945ec640004033635cc0000201c000020201072708c00002010000000000000000000000000000000000000000
    00000000000000000000000001040000000010a300000001bda61fd646e81309fe88667c08007f7a0bf900010735016b
    000000009e18070000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637
    """)

  /// The lines of the view of one layer.
  private func lines(
    _ packet: [UInt8], _ keys: [AssociationKeys], layer: Int = 1, _ style: Style = .plain
  ) throws -> String {
    let report = report(packet, keys)
    return try #require(IntegrityView(report.layers[layer], style)).lines().joined(separator: "\n")
  }

  private func report(_ packet: [UInt8], _ keys: [AssociationKeys], showsChecks: Bool = true) -> FrameReport {
    var ring = KeyRing()
    for key in keys { ring.add(key) }
    var inspector = FrameInspector(keys: ring, showsChecks: showsChecks)
    return inspector.inspect(packet, linkType: .raw, into: FrameReport(number: 1, length: packet.count))
  }

  @Test("AH over IPv4 with an option that routers fill in")
  func overIPv4() throws {
    #expect(
      try lines(Self.ah, [Self.ahKeys]) == """
          ICV over 148 octets: the IP header, AH and what follows; ·· zeroed
          0000   4f ·· 00 94 5e c6 ·· ··  ·· 33 ·· ·· c0 00 02 01   O...^....3......
          0010   c0 00 02 02 01 ·· ·· ··  ·· ·· ·· ·· ·· ·· ·· ··   ................
          0020   ·· ·· ·· ·· ·· ·· ·· ··  ·· ·· ·· ·· ·· ·· ·· ··   ................
          0030   ·· ·· ·· ·· ·· ·· ·· ··  ·· ·· ·· ·· 01 04 00 00   ................
          0040   00 00 10 a3 00 00 00 01  ·· ·· ·· ·· ·· ·· ·· ··   ................
          0050   ·· ·· ·· ·· 08 00 7f 7a  0b f9 00 01 07 35 01 6b   .......z.....5.k
          0060   00 00 00 00 9e 18 07 00  00 00 00 00 10 11 12 13   ................
          0070   14 15 16 17 18 19 1a 1b  1c 1d 1e 1f 20 21 22 23   ............ !"#
          0080   24 25 26 27 28 29 2a 2b  2c 2d 2e 2f 30 31 32 33   $%&'()*+,-./0123
          0090   34 35 36 37                                        4567
          0x0001           zeroed    Type of Service (RFC 2402 §3.3.3.1.1.1)
                                     some routers change it
          0x0006 bits 0-2  zeroed    Flags (RFC 2402 §3.3.3.1.1.1)
                                     a router may set DF
          0x0006 bits 3-15 zeroed    Fragment Offset (RFC 2402 §3.3.3.1.1.1)
                                     AH never sees a fragment
          0x0008           zeroed    Time to Live (RFC 2402 §3.3.3.1.1.1)
                                     every router takes one off
          0x000a-0x000b    zeroed    Header Checksum (RFC 2402 §3.3.3.1.1.1)
                                     it changes with every field that a router changes
          0x0015-0x003b    zeroed    option 7, Record Route (RFC 2402 §3.3.3.1.1.2)
                                     routers on the way write into it or may
          0x0048-0x0053    zeroed    Authentication Data (RFC 2402 §3.3.3)
                                     the ICV cannot cover itself
          key        HMAC-SHA-1-96 by the keys of manual:1
          computed   0xbda61fd646e81309fe88667c
          in packet  0xbda61fd646e81309fe88667c
          the two are the same
        """)
  }

  @Test("AH over IPv6 with hop-by-hop options, a route that is not at its end, and AH in front of it, in ASCII")
  func overIPv6() throws {
    // IPv6, hop-by-hop options of which one may change, a routing header with a place left, AH, AH, no next header.
    let packet = octets(
      """
      6ab12345 0050 00 3f 20010db8000000000000000000000001 20010db8000000000000000000000002
      2b00 3e02aabb 0100 33020001 00000000 20010db8000000000000000000000003
      33040000 00000077 00000001 000000000000000000000000
      3b040000 00000088 00000001 0102030405060708090a0b0c
      """)
    let wrong = AssociationKeys(
      .ah, spi: SPIPattern(0x88), integrity: .hmac(.md5, length: 12, key: octets("00112233")), origin: "manual:2")
    #expect(
      try lines(packet, [wrong], layer: 4, .ascii) == """
          ICV over 96 octets: the IP header, AH and what follows; ** zeroed, [ ]
            foreseen, < > put back
          0000   6* ** ** **<00 38>00 **  20 01 0d b8 00 00 00 00   `....8.. .......
          0010   00 00 00 00 00 00 00 01 [20 01 0d b8 00 00 00 00]  ........ .......
          0020  [00 00 00 00 00 00 00 03] 2b 00 3e 02 ** ** 01 00   ........+.>.....
          0030   33 02 00[00]00 00 00 00 [20 01 0d b8 00 00 00 00]  3....... .......
          0040  [00 00 00 00 00 00 00 02] 3b 04 00 00 00 00 00 88   ........;.......
          0050   00 00 00 01 ** ** ** **  ** ** ** ** ** ** ** **   ................
          0x0000 bits 4-11 zeroed    Traffic Class (RFC 2402 section 3.3.3.1.2.1)
                                     some routers change it
          0x0001 bits 4-23 zeroed    Flow Label (RFC 2402 section 3.3.3.1.2.1)
                                     routers may change it
          0x0004-0x0005    put back  Payload Length (RFC 2402 section 3.3.3.1.2.1)
                                     headers that came later made it longer
          0x0007           zeroed    Hop Limit (RFC 2402 section 3.3.3.1.2.1)
                                     every router takes one off
          0x0018-0x0027    foreseen  Destination Address (RFC 2402 section 3.3.3.1)
                                     the route that the packet carries ends there
          0x002c-0x002d    zeroed    data of option 62 (RFC 2402 section 3.3.3.1.2.2)
                                     the option's type says that its data may change on
                                     the way
          0x0033           foreseen  Segments Left (RFC 2402 section 3.3.3.1.2.3)
                                     none are left where the route ends
          0x0038-0x0047    foreseen  addresses of the route (RFC 2402 section
                                     3.3.3.1.2.3)
                                     each place visited has changed places with the
                                     destination
          0x0054-0x005f    zeroed    Authentication Data (RFC 2402 section 3.3.3)
                                     the ICV cannot cover itself
          key        HMAC-MD5-96 by the keys of manual:2
          computed   0xffab847f05d57aaa46c98174
          in packet  0x0102030405060708090a0b0c
          the two differ
        """)
    #expect(
      try lines(packet, [], layer: 4).hasSuffix(
        """
          key        none is known, so there is no ICV to compare
          in packet  0x0102030405060708090a0b0c
        """))
  }

  @Test("ESP: nothing is zeroed, and the offsets are those of the packet")
  func encapsulated() throws {
    // IPv4, ESP with NULL encryption: SPI, sequence number, 8 octets of UDP, padding, pad length, next header, ICV.
    let packet = octets(
      """
      45000034 00000000 40320000 c0000201 c0000202 00000099 00000001 0401000700080000 01020211
      112233445566778899aabbcc
      """)
    let keys = AssociationKeys(
      .esp, spi: SPIPattern(0x99), integrity: .hmac(.sha1, length: 12, key: octets("0011")), origin: "entry 9")
    #expect(
      try lines(packet, [keys]) == """
          ICV over 20 octets: ESP as encrypted, SPI to Next Header (RFC 2406 §3.3.4)
          0014   00 00 00 99 00 00 00 01  04 01 00 07 00 08 00 00   ................
          0024   01 02 02 11                                        ....
          key        HMAC-SHA-1-96 by the keys of entry 9
          computed   0xe94e0d6f3bac8f5f46b09ced
          in packet  0x112233445566778899aabbcc
          the two differ
        """)
    // Without its association, nobody knows how long the ICV is.
    #expect(IntegrityView(report(packet, []).layers[1], .plain) == nil)
    let bare = AssociationKeys(.esp, spi: SPIPattern(0x99), origin: "entry 9")
    #expect(IntegrityView(report(packet, [bare]).layers[1], .plain) == nil)
  }

  @Test("No line is wider than 80 columns, and colour adds nothing but colour")
  func width() throws {
    for style in [Style.plain, .ascii] {
      #expect(try lines(Self.ah, [Self.ahKeys], style).split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
    let coloured = try lines(Self.ah, [Self.ahKeys], Style(lettering: .unicode, isColoured: true))
    #expect(coloured.replacing(/\u{1B}\[\d+m/, with: "") == (try lines(Self.ah, [Self.ahKeys])))
  }

  @Test("Cut off and changed packets are shown without a trap, and in no more columns")
  func hostile() {
    let tree = LayerTree(LayerTree.Options(showsICV: true), style: .ascii)
    for length in 0...Self.ah.count { _ = tree.lines(report(Array(Self.ah.prefix(length)), [Self.ahKeys])) }
    var shown = 0
    for index in Self.ah.indices {
      for bit in 0..<8 {
        var packet = Self.ah
        packet[index] ^= 1 << UInt8(bit)
        let report = report(packet, [Self.ahKeys])
        for line in report.layers.compactMap({ IntegrityView($0, .ascii) }).flatMap({ $0.lines() }) {
          shown += 1
          #expect(line.count <= 80)
        }
        _ = tree.lines(report)
      }
    }
    #expect(shown > 10_000)
  }

  @Test("The layer tree and JSON show it when asked, and only then")
  func whenAsked() throws {
    let report = report(Self.ah, [Self.ahKeys])
    let shown = LayerTree(LayerTree.Options(showsBytes: false, showsICV: true)).lines(report)
    #expect(shown.contains("  ICV over 148 octets: the IP header, AH and what follows; ·· zeroed"))
    #expect(!LayerTree().lines(report).contains { $0.hasPrefix("  ICV over") })
    #expect(self.report(Self.ah, [Self.ahKeys], showsChecks: false).layers.allSatisfy { $0.protection?.check == nil })
    var json = JSONWriter()
    report.write(to: &json, options: .init(icv: true))
    let text = String(decoding: json.bytes, as: UTF8.self)
    let input = Words.hexadecimal(report.layers[1].protection?.check?.octets ?? [])
    #expect(
      text.contains(
        #""icv":{"algorithm":"HMAC-SHA-1-96","input":"\#(input)","computed":"bda61fd646e81309fe88667c","#
          + #""carried":"bda61fd646e81309fe88667c","marks":[{"offset":1,"octets":1,"change":"zeroed","#
          + #""field":"Type of Service","reason":"some routers change it","citation":"RFC 2402 \u00a73.3.3.1.1.1"},"#
          + #"{"offset":6,"octets":1,"bits":[0,3],"change":"zeroed","field":"Flags","#))
    json.removeAll()
    report.write(to: &json)
    #expect(!String(decoding: json.bytes, as: UTF8.self).contains(#""icv""#))
  }
}

/// The octets that pairs of hexadecimal digits stand for; anything else between them is passed over.
func octets(_ text: String) -> [UInt8] {
  let digits = text.compactMap(\.hexDigitValue)
  return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
