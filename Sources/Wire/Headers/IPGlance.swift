/// What a router or an IPsec engine needs of an IP header of either family, read without an allocation. RFC 1812 §5.2.2,
/// RFC 2460 §3, §4.
public struct IPGlance: Hashable, Sendable {
  /// Whether this is an IPv6 packet.
  public let isIPv6: Bool
  /// Octets in front of what the datagram carries. IPv4: the header with its options. IPv6: the header with hop-by-hop
  /// options, destination options, routing and fragment header, in whatever order they stand.
  ///
  /// This is also where AH and ESP go in transport mode (RFC 2402 §3.1.1, RFC 2406 §3.1.1): behind hop-by-hop, routing
  /// and fragment header. Destination options may stand on either side of the IPsec header; those that are there already
  /// stay in front of it.
  public let headerLength: Int
  /// Octets of the datagram; of IPv6 40 and the payload length.
  public let totalLength: Int
  /// Type of Service, Traffic Class.
  public let typeOfService: UInt8
  /// Hops that are left: Time to Live, Hop Limit.
  public let timeToLive: UInt8
  /// What follows the headers: upper layer, ESP, AH, IPComp. Every fragment of an IPv6 packet says the same here, namely
  /// what its fragment header does, extension headers that were cut along with the payload included.
  public let `protocol`: IPProtocol
  /// Where the octet stands that names `protocol`: 9 for IPv4, 6 or in the last extension header for IPv6.
  public let protocolOffset: Int
  /// DF; IPv6: true, since only sources cut (RFC 2460 §4.5).
  public let dontFragment: Bool
  /// Whether this is one of several fragments.
  public let isFragment: Bool
  /// Whether the payload begins where that of the whole datagram does: no fragment, or the first.
  public let isFirst: Bool
  /// Where it comes from.
  public let sourceAddress: IPAddress
  /// Where it goes.
  public let destinationAddress: IPAddress

  /// Reads and verifies the headers at the front of `datagram`, by its version. IPv4: as `IPv4Glance` does. IPv6: the
  /// payload is there, every extension header lies within the packet, hop-by-hop options stand first (RFC 2460 §4.1),
  /// there is one fragment header at most, and no more than `extensionHeaderLimit` extension headers.
  @inlinable @inline(__always)
  public init(verifying datagram: borrowing [UInt8]) throws(DecodeError) {
    if datagram.count > 0, datagram[0] >> 4 == 6 {
      self = try Self.six(datagram)
    } else {
      self.init(try IPv4Glance(verifying: datagram))
    }
  }

  /// What an IPv4 header says.
  @inlinable @inline(__always)
  public init(_ glance: IPv4Glance) {
    isIPv6 = false
    headerLength = glance.headerLength
    totalLength = glance.totalLength
    typeOfService = glance.typeOfService
    timeToLive = glance.timeToLive
    `protocol` = glance.protocol
    protocolOffset = 9
    dontFragment = glance.dontFragment
    isFragment = glance.isFragment
    isFirst = glance.isFirst
    sourceAddress = .v4(glance.sourceAddress)
    destinationAddress = .v4(glance.destinationAddress)
  }

  /// Extension headers of IPv6 that are followed: each kind once, and destination options twice, are five (RFC 2460 §4.1).
  public static let extensionHeaderLimit = 8

  /// What an IPv6 header says, with what the headers behind it led to.
  @inlinable @inline(__always)
  init(_ frame: borrowing RawSpan, _ chain: ExtensionHeaders) {
    isIPv6 = true
    headerLength = chain.length
    totalLength = 40 + Int(frame.uint16(at: 4))
    typeOfService = UInt8(truncatingIfNeeded: frame.uint16(at: 0) >> 4)
    timeToLive = frame.uint8(at: 7)
    `protocol` = chain.next
    protocolOffset = chain.place
    dontFragment = true
    isFragment = chain.isFragment
    isFirst = chain.isFirst
    sourceAddress = .v6(frame.ipv6Address(at: 8))
    destinationAddress = .v6(frame.ipv6Address(at: 24))
  }

  @inlinable
  static func six(_ datagram: borrowing [UInt8]) throws(DecodeError) -> IPGlance {
    let frame = unsafe datagram.span.bytes
    guard frame.byteCount >= 40, 40 + Int(frame.uint16(at: 4)) <= frame.byteCount else {
      throw Self.refusal(copy datagram)
    }
    var chain = ExtensionHeaders(frame)
    if ExtensionHeaders.isExtensionHeader(chain.next), !chain.walk(frame) { throw Self.refusal(copy datagram) }
    return IPGlance(frame, chain)
  }

  /// Takes one off the hops that are left to the datagram that lies in `datagram`: of IPv4 as
  /// `IPv4Header.decrementTimeToLive` does, of IPv6 without a checksum to mend. Returns what is left, or `nil`, the octets
  /// unchanged, where nothing was left to take: the datagram is dropped when this returns `nil` or 0 (RFC 2460 §3).
  @inlinable
  public static func decrementTimeToLive(in datagram: inout [UInt8]) -> UInt8? {
    guard datagram.count > 0, datagram[0] >> 4 == 6 else { return IPv4Header.decrementTimeToLive(in: &datagram) }
    guard datagram.count >= 40, datagram[7] > 0 else { return nil }
    datagram[7] &-= 1
    return datagram[7]
  }
}

extension IPGlance {
  /// What was wrong with an IPv6 packet, found again without haste: the headers' own readers say it.
  @inline(never) @usableFromInline
  static func refusal(_ datagram: [UInt8]) -> DecodeError {
    do {
      let frame = unsafe datagram.span.bytes
      var cursor = Cursor(end: datagram.count)
      let header = try IPv6Header(reading: frame, at: &cursor)
      var chain = ExtensionHeaders(frame)
      if cursor.position + Int(header.payloadLength) <= datagram.count, !chain.walk(frame) { try chain.refuse(frame) }
      return IPv6Header.Field.payloadLength.invalidLength(Int(header.payloadLength), limit: cursor.remaining, at: 4)
    } catch { return error }
  }
}
