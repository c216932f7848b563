import Wire

// What routers, and headers that came later, change of what stands in front of AH, made as AH's ICV has it: RFC 2402
// §3.3.3.1. Fields are named and cited in AuthenticatedOctets+Fields.swift.

// MARK: IPv4, RFC 2402 §3.3.3.1.1 and Appendix A1

extension AuthenticatedOctets {
  /// IPv4 options that nobody changes on the way; all others are zeroed whole.
  static let immutableOptions: [IPv4OptionType] = [
    .endOfList, .noOperation, .security, .extendedSecurity, .commercialSecurity, .routerAlert,
    .senderDirectedMultiDestinationDelivery,
  ]

  mutating func normalizeIPv4(_ headerLength: Int) throws(DecodeError) {
    let ip = try IPv4Header(decoding: Array(octets[..<headerLength]))
    guard ip.encodedLength == headerLength else {
      throw IPv4Header.Field.headerLength.invalidLength(ip.encodedLength, limit: headerLength, at: 0)
    }
    guard octets.count <= 65_535 else {
      throw IPv4Header.Field.totalLength.invalidLength(octets.count, limit: 65_535, at: 2)
    }
    zero(.typeOfService, 1..<2)
    restore(.totalLength, octets.count, at: 2, count: 2)
    zero(.flags, 6..<7, bits: 0..<3)
    zero(.fragmentOffset, 6..<8, bits: 3..<16)
    zero(.timeToLive, 8..<9)
    restore(.protocol, IPProtocol.ah.rawValue, at: 9, count: 1)
    zero(.headerChecksum, 10..<12)
    for option in ip.parsedOptions where !Self.immutableOptions.contains(option.type) {
      if let final = Self.finalDestination(option) {
        octets.replaceSubrange(16..<20, with: final)
        foresee(.destinationAddress, 16..<20)
      }
      zero(.option(option.type), 20 + option.range.lowerBound..<20 + option.range.upperBound)
    }
  }

  /// A source route says where the datagram will end, as long as it has places to visit: mutable but predictable.
  private static func finalDestination(_ option: IPv4Option) -> ArraySlice<UInt8>? {
    guard option.type == .looseSourceRoute || option.type == .strictSourceRoute, !option.isMalformed,
      option.data.count >= 5, Int(option.data[0]) + 3 <= option.range.count
    else { return nil }
    return option.data.suffix(4)
  }
}

extension IPv4OptionType {
  /// RFC 1108.
  static let extendedSecurity = IPv4OptionType(rawValue: 133)
  /// Listed in RFC 2402 Appendix A1.
  static let commercialSecurity = IPv4OptionType(rawValue: 134)
  /// RFC 1770.
  static let senderDirectedMultiDestinationDelivery = IPv4OptionType(rawValue: 149)
}

// MARK: IPv6, RFC 2402 §3.3.3.1.2 and Appendix A2

extension AuthenticatedOctets {
  /// The bit of an IPv6 option's type that says that its data may change on the way: RFC 2460 §4.2.
  static let mayChange: UInt8 = 0x20

  mutating func normalizeIPv6(_ headerLength: Int) throws(DecodeError) {
    guard octets.count - 40 <= 65_535 else {
      throw IPv6Header.Field.payloadLength.invalidLength(octets.count - 40, limit: 65_535, at: 4)
    }
    let walk = try HeaderWalk(octets, ipv6: headerLength)
    guard walk.offset == headerLength else {
      throw IPv6Header.Field.nextHeader.invalid(octets[walk.announcement], at: walk.announcement)
    }
    zero(.trafficClass, 0..<2, bits: 4..<12)
    zero(.flowLabel, 1..<4, bits: 4..<24)
    restore(.payloadLength, octets.count - 40, at: 4, count: 2)
    zero(.hopLimit, 7..<8)
    for header in walk.extensions {
      if header.kind == .ipv6Routing { advanceToEnd(header.range) } else { zeroOptions(header.range) }
    }
    restore(.nextHeader, IPProtocol.ah.rawValue, at: walk.announcement, count: 1)
  }

  private mutating func zeroOptions(_ range: Range<Int>) {
    var position = range.lowerBound + 2
    while position + 1 < range.upperBound {
      let type = octets[position]
      // Pad1 is one octet without a length: RFC 2460 §4.2.
      if type == 0 {
        position += 1
        continue
      }
      let end = min(range.upperBound, position + 2 + Int(octets[position + 1]))
      if type & Self.mayChange != 0, position + 2 < end { zero(.optionData(type), position + 2..<end) }
      position = end
    }
  }

  /// Visits what a routing header of type 0 has left: each hop swaps the destination with the next address of the list.
  /// RFC 2460 §4.4.
  private mutating func advanceToEnd(_ range: Range<Int>) {
    let start = range.lowerBound
    let count = (range.count - 8) / 16
    let left = Int(octets[start + 3])
    guard octets[start + 2] == 0, left > 0, left <= count else { return }
    let visited = start + 8 + 16 * (count - left)..<start + 8 + 16 * count
    for place in stride(from: visited.lowerBound, to: visited.upperBound, by: 16) {
      for offset in 0..<16 { octets.swapAt(24 + offset, place + offset) }
    }
    octets[start + 3] = 0
    foresee(.destinationAddress, 24..<40)
    foresee(.segmentsLeft, start + 3..<start + 4)
    foresee(.routeAddresses, visited)
  }
}
