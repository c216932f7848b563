import Wire

/// The octets that an AH's ICV covers: the IP header in front of it as it was when the sender worked the ICV out, with
/// zeros for what routers change, then AH with zeros for its ICV, then all that follows. RFC 2402 §3.3.3 and Appendix A.
enum AuthenticatedOctets {
  /// `header` is the IP header with the extension headers up to AH; `rest` begins with AH. `nil` where the header makes
  /// no sense.
  static func make(header: ArraySlice<UInt8>, rest: ArraySlice<UInt8>, icvLength: Int) -> [UInt8]? {
    guard let first = header.first, rest.count >= 12 + icvLength else { return nil }
    var octets = [UInt8]()
    octets.reserveCapacity(header.count + rest.count)
    octets += header
    octets += rest
    let isSound = first >> 4 == 4 ? clearIPv4(&octets, header.count) : clearIPv6(&octets, header.count)
    guard isSound else { return nil }
    for index in header.count + 12..<header.count + 12 + icvLength { octets[index] = 0 }
    return octets
  }

  private static func put(_ number: Int, at offset: Int, in octets: inout [UInt8]) {
    octets[offset] = UInt8(truncatingIfNeeded: number >> 8)
    octets[offset + 1] = UInt8(truncatingIfNeeded: number)
  }

  // MARK: - IPv4, Appendix A1

  /// Type of Service, flags and fragment offset, Time to Live and Header Checksum are mutable. The length and the protocol
  /// are those of the datagram that AH was applied to: another AH in front of this one came later.
  private static func clearIPv4(_ octets: inout [UInt8], _ headerLength: Int) -> Bool {
    guard headerLength >= 20, Int(octets[0] & 0x0F) * 4 == headerLength, octets.count <= 65_535 else { return false }
    octets[1] = 0
    put(octets.count, at: 2, in: &octets)
    put(0, at: 6, in: &octets)
    octets[8] = 0
    octets[9] = IPProtocol.ah.rawValue
    put(0, at: 10, in: &octets)
    clearIPv4Options(&octets, headerLength)
    return true
  }

  /// Options that routers must not change, by their type octet: security and its extensions, router alert, sender directed
  /// multi-destination delivery. All others are zeroed as a whole. RFC 2402 Appendix A1.
  private static let immutableOptions: [UInt8] = [0, 1, 130, 133, 134, 148, 149]

  private static func clearIPv4Options(_ octets: inout [UInt8], _ headerLength: Int) {
    for option in IPv4Option.parse(Array(octets[20..<headerLength])) {
      let range = 20 + option.range.lowerBound..<20 + option.range.upperBound
      if option.type == .looseSourceRoute || option.type == .strictSourceRoute {
        predictDestination(&octets, option.data)
      }
      guard !immutableOptions.contains(option.type.rawValue) else { continue }
      for index in range { octets[index] = 0 }
    }
  }

  /// With a source route the destination is mutable but predictable: it is that of the last hop once the route is used up.
  private static func predictDestination(_ octets: inout [UInt8], _ data: [UInt8]) {
    guard let pointer = data.first, data.count >= 5, Int(pointer) <= data.count + 2 - 3 else { return }
    for index in 0..<4 { octets[16 + index] = data[data.count - 4 + index] }
  }

  // MARK: - IPv6, Appendix A2

  /// Class, flow label and hop limit are mutable, and the data of those options whose type says so.
  private static func clearIPv6(_ octets: inout [UInt8], _ headerLength: Int) -> Bool {
    guard headerLength >= 40, octets.count - 40 <= 65_535 else { return false }
    octets[0] = 0x60
    for index in 1...3 { octets[index] = 0 }
    put(octets.count - 40, at: 4, in: &octets)
    octets[7] = 0
    return clearExtensions(&octets, headerLength)
  }

  /// Walks the extension headers; the last of them, or the IPv6 header itself, is made to announce AH.
  private static func clearExtensions(_ octets: inout [UInt8], _ headerLength: Int) -> Bool {
    var (announcement, position) = (6, 40)
    while position < headerLength {
      guard position + 8 <= headerLength else { return false }
      let length = (Int(octets[position + 1]) + 1) * 8
      guard position + length <= headerLength else { return false }
      switch IPProtocol(rawValue: octets[announcement]) {
      case .hopByHop, .ipv6DestinationOptions: clearOptions(&octets, position + 2..<position + length)
      case .ipv6Routing: predictRoute(&octets, position, length)
      default: return false
      }
      (announcement, position) = (position, position + length)
    }
    octets[announcement] = IPProtocol.ah.rawValue
    return true
  }

  /// The third highest bit of an option's type says that its data may change on the way. RFC 2460 §4.2.
  private static func clearOptions(_ octets: inout [UInt8], _ range: Range<Int>) {
    var position = range.lowerBound
    while position < range.upperBound {
      guard octets[position] != 0, position + 1 < range.upperBound else {
        position += 1
        continue
      }
      let end = min(range.upperBound, position + 2 + Int(octets[position + 1]))
      if octets[position] & 0x20 != 0 { for index in position + 2..<end { octets[index] = 0 } }
      position = end
    }
  }

  /// A routing header of type 0 is mutable but predictable: as the destination sees it, with every address visited.
  /// RFC 2402 §3.3.3.1.2.3.
  private static func predictRoute(_ octets: inout [UInt8], _ start: Int, _ length: Int) {
    let count = (length - 8) / 16
    let left = Int(octets[start + 3])
    guard octets[start + 2] == 0, left > 0, left <= count else { return }
    // Each hop swaps the destination with the next address of the list.
    for hop in count - left..<count {
      for index in 0..<16 { octets.swapAt(24 + index, start + 8 + 16 * hop + index) }
    }
    octets[start + 3] = 0
  }
}
