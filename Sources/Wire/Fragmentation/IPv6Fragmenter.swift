/// Cuts IPv6 packets to the size of a path: what their source does, and never a router. RFC 2460 §4.5.
public enum IPv6Fragmenter {
  /// Why a packet was not cut.
  public enum Refusal: Error, Hashable, Sendable {
    /// A header makes no sense.
    case malformed(DecodeError)
    /// The packet has a fragment header: it was cut by its source, and nobody else may.
    case alreadyCut
    /// The MTU leaves no room for eight octets behind the headers that every fragment repeats.
    case mtuTooSmall(mtu: Int)
  }

  /// The fragments of `packet` in order, each `mtu` octets at most, or the packet alone where it fits. Every fragment
  /// repeats the IPv6 header and what follows it up to the routing header, or else the hop-by-hop options.
  /// `identification` differs from that of any packet lately sent between the same addresses. RFC 2460 §4.5.
  public static func fragment(
    _ packet: [UInt8], mtu: Int, identification: UInt32
  ) throws(Refusal) -> [[UInt8]] {
    if packet.count <= mtu { return [packet] }
    let (front, end) = try parts(of: packet)
    if end <= mtu { return [Array(packet[..<end])] }
    let room = mtu - front.length - 8
    guard room >= 8 else { throw .mtuTooSmall(mtu: mtu) }
    var fragments: [[UInt8]] = []
    var position = front.length
    while position < end {
      // All but the last carry a multiple of eight octets.
      let taken = end - position <= room ? end - position : room & ~7
      let header = IPv6FragmentHeader(
        nextHeader: IPProtocol(rawValue: packet[front.place]),
        fragmentOffset: UInt16(truncatingIfNeeded: (position - front.length) / 8),
        moreFragments: position + taken < end, identification: identification)
      fragments.append(cut(packet, front, header, position..<position + taken))
      position += taken
    }
    return fragments
  }

  /// The headers that every fragment repeats, and where the packet ends.
  private static func parts(of packet: [UInt8]) throws(Refusal) -> (ExtensionHeaders.Part, Int) {
    let frame = unsafe packet.span.bytes
    guard frame.byteCount >= 40, frame.uint8(at: 0) >> 4 == 6 else { throw .malformed(IPGlance.refusal(packet)) }
    let end = 40 + Int(frame.uint16(at: 4))
    var chain = ExtensionHeaders(frame)
    guard end <= frame.byteCount, chain.walk(frame) else { throw .malformed(IPGlance.refusal(packet)) }
    guard chain.frontOfFragment == nil else { throw .alreadyCut }
    return (chain.unfragmentable, end)
  }

  private static func cut(
    _ packet: [UInt8], _ front: ExtensionHeaders.Part, _ header: IPv6FragmentHeader, _ range: Range<Int>
  ) -> [UInt8] {
    var writer = ByteWriter(capacity: front.length + 8 + range.count)
    writer.append(packet[..<front.length])
    writer.patch(UInt16(clamping: front.length - 40 + 8 + range.count), at: 4)
    writer.patch(IPProtocol.ipv6Fragment.rawValue, at: front.place)
    header.write(to: &writer)
    writer.append(packet[range])
    return writer.bytes
  }
}

extension IPv6Fragmenter.Refusal: CustomStringConvertible {
  /// The reason for people.
  public var description: String {
    switch self {
    case .malformed(let error): "\(error)"
    case .alreadyCut: "the packet is a fragment already, and only its source may cut it (RFC 2460 §4.5)"
    case .mtuTooSmall(let mtu): "an MTU of \(mtu) leaves no room for eight octets behind the headers (RFC 2460 §4.5)"
    }
  }
}
