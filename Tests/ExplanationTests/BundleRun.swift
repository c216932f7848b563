import Inspection
import Journal
import Recording
import Units
import Wire

@testable import Explanation

/// alice pings bob over IPv6, and fw-a puts the ping into a bundle: ESP, then AH between the same two ends. Beside it, an
/// IPv4 packet that IPComp packs. Written by hand, with real ICVs.
enum BundleRun {
  static let from = IPv6Address(high: 0x2001_0DB8_0000_0000, low: 1)
  static let to = IPv6Address(high: 0x2001_0DB8_0000_0001, low: 2)
  static let esp = AssociationName(protocolNumber: 50, spi: 0x2002, destination: IPAddress.v6(to).octets)
  static let ah = AssociationName(protocolNumber: 51, spi: 0x1001, destination: IPAddress.v6(to).octets)
  static let ipcomp = AssociationName(protocolNumber: 108, spi: 0x1F2E, destination: SmallRun.fwBAddress)
  private static let espKey = [UInt8](repeating: 0xE5, count: 20)
  private static let ahKey = [UInt8](repeating: 0xA4, count: 16)

  static let description: RunDescription = {
    var run = SmallRun.description
    run.nodes[1].interfaces[1].address = "2001:db8::1/64"
    run.nodes[3].interfaces[0].address = "2001:db8:0:1::2/64"
    return run
  }()

  static func installed(_ name: AssociationName, _ direction: Direction) -> AssociationDescription {
    let isESP = name == esp
    let isIPComp = name == ipcomp
    return AssociationDescription(
      name: name, source: isIPComp ? SmallRun.fwAAddress : IPAddress.v6(from).octets, direction: direction,
      isTunnel: false, cipher: isIPComp ? "deflate" : isESP ? "null" : "", cipherKey: [],
      integrity: isIPComp ? "none" : isESP ? "hmacSHA1_96" : "hmacMD5_96",
      integrityKey: isIPComp ? [] : isESP ? espKey : ahKey, policy: "bundle", selector: "any", lifetimeSeconds: nil,
      lifetimeKilobytes: nil, replayWindow: 0, exchange: nil, layer: name == ah ? 1 : 0)
  }

  // MARK: Packets

  private static func ip(_ next: IPProtocol, _ payload: [UInt8]) -> [UInt8] {
    IPv6Header(from: from, to: to, nextHeader: next, payloadLength: payload.count).encoded + payload
  }

  static let message = ICMPv6Message(type: .echoRequest, body: [0, 1, 0, 3] + Array("12345678".utf8))
    .sealed(from: from, to: to).encoded
  static let ping = ip(.icmpv6, message)
  private static let trailer: [UInt8] = [1, 2, 2, IPProtocol.icmpv6.rawValue]
  static let sealedOnce = signed(
    ip(.esp, ESPHeader(spi: 0x2002, sequenceNumber: 3).encoded + message + trailer + zeros), icvAt: 40 + 8 + 16 + 4)
  private static let zeros = [UInt8](repeating: 0, count: 12)
  /// IPv6, AH, ESP without a cipher.
  static let sealed: [UInt8] = {
    let ah = AuthenticationHeader(nextHeader: .esp, spi: 0x1001, sequenceNumber: 3, integrityCheckValue: zeros)
    return signed(ip(.ah, ah.encoded + sealedOnce[40...]), icvAt: 52)
  }()
  /// Eight octets of UDP over IPv4.
  static let plain = IPv4Header(
    from: IPv4Address(192, 0, 2, 1), to: IPv4Address(198, 51, 100, 1), protocol: .udp, payloadLength: 8
  ).datagram(octets("0401000700080000"))
  /// IPv4, and a stored block of DEFLATE (RFC 1951 §3.2.4) with eight octets of UDP in it.
  static let packed = IPv4Header(
    from: IPv4Address(192, 0, 2, 1), to: IPv4Address(198, 51, 100, 1), protocol: .ipcomp, payloadLength: 17
  ).datagram(
    IPCompHeader(nextHeader: .udp, compressionParameterIndex: 0x1F2E).encoded
      + octets("010800f7ff 0401000700080000"))

  /// The packet with the ICV of its outermost protected layer, as the inspector computes it.
  private static func signed(_ packet: [UInt8], icvAt place: Int) -> [UInt8] {
    var keys = KeyRing()
    keys.add(
      AssociationKeys(.ah, spi: SPIPattern(0x1001), integrity: .hmac(.md5, length: 12, key: ahKey), origin: ""))
    keys.add(
      AssociationKeys(.esp, spi: SPIPattern(0x2002), integrity: .hmac(.sha1, length: 12, key: espKey), origin: ""))
    var inspector = FrameInspector(keys: keys, showsChecks: true)
    let report = inspector.inspect(packet, linkType: .raw, into: FrameReport(number: 1, length: packet.count))
    var signed = packet
    let computed = report.layers.lazy.compactMap(\.protection?.check?.computed).first ?? []
    signed.replaceSubrange(place..<place + computed.count, with: computed)
    return signed
  }

  // MARK: What happens

  /// Sealed twice at entries 8 and 9, on the wire at 10 and 11, opened at 12 and 13, dropped at 14; packed at 15.
  static func record() throws -> RunReader {
    var run = SmallRun()
    run.description = description
    let (fwA, fwB) = (SmallRun.fwA, SmallRun.fwB)
    let ping = run.store(Self.ping, by: SmallRun.alice)
    let once = run.store(sealedOnce, by: fwA, from: [ping])
    let twice = run.store(sealed, by: fwA, from: [once])
    let plain = run.store(Self.plain, by: fwA)
    let packed = run.store(Self.packed, by: fwA, from: [plain])
    run.add(0, .run, nil, .run(.began))
    for name in [esp, ah, ipcomp] {
      run.add(0, fwA, nil, .security(.associationInstalled(installed(name, .outbound))))
      run.add(0, fwB, nil, .security(.associationInstalled(installed(name, .inbound))))
    }
    run.add(1_000_000, fwA, nil, .security(.sealed(ping, into: once, association: esp, sequenceNumber: 3)))
    run.add(1_000_000, fwA, 8, .security(.sealed(once, into: twice, association: ah, sequenceNumber: 3)))
    run.add(1_000_000, fwA, 9, crossing(twice, 64, 1, fwA, SmallRun.isp, 1_004_000))
    run.add(1_004_000, SmallRun.isp, 10, crossing(twice, 62, 2, SmallRun.isp, fwB, 1_012_000))
    run.add(1_012_000, fwB, 11, .security(.opened(twice, into: once, association: ah, sequenceNumber: 3, windowTop: 0)))
    run.add(
      1_012_000, fwB, 12, .security(.opened(once, into: ping, association: esp, sequenceNumber: 3, windowTop: 3)))
    run.add(
      1_013_000, fwB, 11, .packet(.dropped(PacketVersion(twice, timeToLive: 62), reason: .badICV, detail: "")))
    run.add(1_014_000, fwA, nil, .security(.sealed(plain, into: packed, association: ipcomp, sequenceNumber: 0)))
    run.add(1_015_000, fwA, 15, crossing(packed, 64, 1, fwA, SmallRun.isp, 1_020_000))
    run.add(
      1_021_000, fwB, 16,
      .security(.opened(packed, into: plain, association: ipcomp, sequenceNumber: 0, windowTop: 0)))
    return try run.record()
  }

  private static func crossing(
    _ packet: PacketID, _ hops: UInt8, _ link: UInt32, _ from: NodeID, _ to: NodeID, _ arrival: UInt64
  ) -> Event {
    .packet(
      .transmitted(
        PacketVersion(packet, timeToLive: hops), link: LinkID(link), from: from, to: to,
        arrival: Instant(nanoseconds: arrival * 1_000)))
  }
}
