import Wire

/// The headers of a datagram up to the place of AH: the IP header, and of IPv6 those that extend it, each found by what
/// announces it.
struct HeaderWalk {
  /// A header that extends the IPv6 header.
  struct Extension {
    var kind: IPProtocol
    var range: Range<Int>
  }

  /// Whether it is IPv6.
  let isIPv6: Bool
  private(set) var extensions: [Extension] = []
  /// Where the octet lies that says what follows the headers.
  private(set) var announcement: Int
  /// What that octet says.
  private(set) var next: IPProtocol
  /// Behind the headers.
  private(set) var offset: Int
  /// Where the datagram ends; behind it may lie what a link has put there.
  let end: Int

  /// Walks over the headers of a whole datagram.
  init(_ datagram: [UInt8]) throws(DecodeError) {
    var cursor = Cursor(end: datagram.count)
    let frame = unsafe datagram.span.bytes
    if datagram.first.map({ $0 >> 4 == 4 }) ?? true {
      let ip = try IPv4Header(reading: frame, at: &cursor)
      try ip.holdToPayload(&cursor)
      self.init(ip, end: cursor.end)
    } else {
      let ip = try IPv6Header(reading: frame, at: &cursor)
      guard Int(ip.payloadLength) <= cursor.remaining else {
        throw IPv6Header.Field.payloadLength.invalidLength(Int(ip.payloadLength), limit: cursor.remaining, at: 4)
      }
      try self.init(datagram, ipv6: 40 + Int(ip.payloadLength))
    }
  }

  private init(_ ip: IPv4Header, end: Int) {
    (isIPv6, announcement, next, offset, self.end) = (false, 9, ip.protocol, ip.encodedLength, end)
  }

  /// Walks over those IPv6 headers in front of `end` that may stand in front of AH: RFC 2402 §3.1.1. A fragment header
  /// is none of them, since AH never sees a fragment (RFC 2402 §3.3.4).
  init(_ octets: [UInt8], ipv6 end: Int) throws(DecodeError) {
    var cursor = Cursor(end: end)
    next = unsafe try IPv6Header(reading: octets.span.bytes, at: &cursor).nextHeader
    (isIPv6, announcement, offset, self.end) = (true, 6, 40, end)
    while next == .hopByHop || next == .ipv6Routing || next == .ipv6DestinationOptions {
      // All three count themselves in units of eight octets, less one. The reader checks that they are there.
      let header = unsafe try IPv6RoutingHeader(reading: octets.span.bytes, at: &cursor)
      extensions.append(Extension(kind: next, range: offset..<cursor.position))
      (announcement, offset, next) = (offset, cursor.position, header.nextHeader)
    }
  }

  /// The same where AH follows; fails where something else does.
  var toAH: HeaderWalk {
    get throws(DecodeError) {
      guard next == .ah else {
        throw isIPv6
          ? IPv6Header.Field.nextHeader.invalid(next.rawValue, at: announcement)
          : IPv4Header.Field.protocol.invalid(next.rawValue, at: announcement)
      }
      return self
    }
  }

  /// The walk up to the last header that is read on the way: hop-by-hop options, routing, and destination options in
  /// front of a routing header. AH belongs behind them. RFC 2402 §3.1.1.
  var readOnTheWay: HeaderWalk {
    var walk = self
    while let last = walk.extensions.last, last.kind == .ipv6DestinationOptions {
      walk.extensions.removeLast()
      (walk.next, walk.offset) = (last.kind, last.range.lowerBound)
      walk.announcement = walk.extensions.last?.range.lowerBound ?? 6
    }
    return walk
  }

  /// The headers of `datagram` with something else behind them, lengths and checksum mended.
  func datagram(_ datagram: [UInt8], _ next: IPProtocol, _ payload: [UInt8]) throws(DecodeError) -> [UInt8] {
    guard isIPv6 else {
      var header = try IPv4Header(decoding: datagram)
      header.protocol = next
      return header.datagram(payload)
    }
    var octets = Array(datagram[..<offset]) + payload
    octets[announcement] = next.rawValue
    octets[4] = UInt8(truncatingIfNeeded: (octets.count - 40) >> 8)
    octets[5] = UInt8(truncatingIfNeeded: octets.count - 40)
    return octets
  }
}
