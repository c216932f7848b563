import Wire

/// What routers change of the headers in front of AH, made as AH's ICV has it: RFC 2402 §3.3.3.1. Each function takes
/// a copy of a datagram, changes it where it lies and says where AH begins.
enum MutableFields {
  /// IPv4 options that nobody changes on the way: RFC 2402 Appendix A1. All others are zeroed whole.
  static let immutableOptions: Set<IPv4OptionType> = [
    .endOfList, .noOperation, .security, IPv4OptionType(rawValue: 133), IPv4OptionType(rawValue: 134), .routerAlert,
    IPv4OptionType(rawValue: 149),
  ]
  /// The bit of an IPv6 option's type that says that its data may change: RFC 2460 §4.2.
  static let mayChange: UInt8 = 0x20

  // MARK: IPv4

  /// TOS, flags, fragment offset, time to live, checksum and options: RFC 2402 §3.3.3.1.1.
  static func normalizeIPv4(_ datagram: inout [UInt8]) throws(DecodeError) -> Int {
    let header = try IPv4Header(decoding: datagram)
    for offset in [1, 6, 7, 8, 10, 11] { datagram[offset] = 0 }
    for option in header.parsedOptions where !immutableOptions.contains(option.type) {
      if let final = finalDestination(option, of: header) { datagram.replaceSubrange(16..<20, with: final) }
      for offset in option.range { datagram[20 + offset] = 0 }
    }
    return header.encodedLength
  }

  /// A source route says where the datagram will end, as long as it has places to visit: mutable but predictable.
  private static func finalDestination(_ option: IPv4Option, of header: IPv4Header) -> ArraySlice<UInt8>? {
    guard option.type == .looseSourceRoute || option.type == .strictSourceRoute, !option.isMalformed,
      option.data.count >= 5, Int(option.data[0]) + 3 <= option.range.count
    else { return nil }
    return option.data.suffix(4)
  }

  // MARK: IPv6

  /// Class, flow label, hop limit, options that may change, and routing headers as they will arrive: RFC 2402
  /// §3.3.3.1.2.
  static func normalizeIPv6(_ datagram: inout [UInt8]) throws(DecodeError) -> Int {
    var cursor = Cursor(end: datagram.count)
    var next = unsafe try IPv6Header(reading: datagram.span.bytes, at: &cursor).nextHeader
    for offset in 0..<4 { datagram[offset] = offset == 0 ? 0x60 : 0 }
    datagram[7] = 0
    while next == .hopByHop || next == .ipv6Routing || next == .ipv6DestinationOptions {
      let start = cursor.position
      // All three count themselves in units of eight octets, less one. The reader checks that they are there.
      let header = unsafe try IPv6RoutingHeader(reading: datagram.span.bytes, at: &cursor)
      if next == .ipv6Routing {
        if header.routingType == 0 { advanceToEnd(&datagram, start..<cursor.position) }
      } else {
        zeroOptions(&datagram, start + 2..<cursor.position)
      }
      next = header.nextHeader
    }
    return cursor.position
  }

  private static func zeroOptions(_ datagram: inout [UInt8], _ options: Range<Int>) {
    var position = options.lowerBound
    while position + 1 < options.upperBound {
      let type = datagram[position]
      if type == 0 {
        position += 1
        continue
      }
      let end = min(options.upperBound, position + 2 + Int(datagram[position + 1]))
      if type & mayChange != 0 { for offset in position + 2..<end { datagram[offset] = 0 } }
      position = end
    }
  }

  /// Visits what a routing header of type 0 has left: RFC 2460 §4.4.
  private static func advanceToEnd(_ datagram: inout [UInt8], _ routing: Range<Int>) {
    let count = (routing.count - 8) / 16
    var left = Int(datagram[routing.lowerBound + 3])
    guard left <= count else { return }
    while left > 0 {
      let place = routing.lowerBound + 8 + 16 * (count - left)
      for offset in 0..<16 { datagram.swapAt(24 + offset, place + offset) }
      left -= 1
    }
    datagram[routing.lowerBound + 3] = 0
  }
}
