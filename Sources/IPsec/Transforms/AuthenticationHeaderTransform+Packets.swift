import Cryptography
import Wire

/// AH as the engine applies it: one buffer for what comes out, and none for what the ICV covers. RFC 2402 §3.3, §3.4.
extension AuthenticationHeaderTransform {
  /// Octets of the header in front of the ICV.
  static let fixedLength = 12

  /// Octets of the header: of IPv6 a multiple of eight, so that an ICV of 128 bits is padded. RFC 2402 §2.6.
  static func headerLength(icvLength: Int, isIPv6: Bool) -> Int {
    let length = fixedLength + icvLength
    return isIPv6 ? (length + 7) & ~7 : length
  }

  /// What is known of a packet before it is sealed.
  struct Envelope {
    var spi: UInt32
    var sequenceNumber: UInt32
    var nextHeader: IPProtocol
  }

  /// A front of `frontLength` octets that `writeFront` writes, AH, and `payload` of `datagram`. The front becomes its
  /// final form by `finish`, before the ICV is worked out over the whole.
  @inline(__always)
  func seal(
    _ datagram: [UInt8], _ payload: Range<Int>, _ envelope: Envelope, behind frontLength: Int, isIPv6: Bool,
    _ writeFront: (inout PacketLayout, Int) -> Void, _ finish: (inout [UInt8]) -> Void
  ) throws(CryptographyError) -> [UInt8] {
    let headerLength = Self.headerLength(icvLength: icvLength, isIPv6: isIPv6)
    let length = frontLength + headerLength + payload.count
    var packet = PacketLayout.packet(of: length) { layout in
      writeFront(&layout, length)
      layout.put(envelope.nextHeader.rawValue)
      layout.put(UInt8(truncatingIfNeeded: headerLength / 4 - 2))
      layout.put(UInt16(0))
      layout.put(envelope.spi)
      layout.put(envelope.sequenceNumber)
      layout.putZeros(headerLength - Self.fixedLength)
      layout.copy(datagram, payload)
    }
    finish(&packet)
    try sign(&packet, at: frontLength, isIPv6: isIPv6)
    return packet
  }

  /// Puts the ICV into AH that begins at `offset`, behind a header of IPv4 or IPv6.
  @inline(__always)
  private func sign(_ packet: inout [UInt8], at offset: Int, isIPv6: Bool) throws(CryptographyError) {
    if offset == 20, !isIPv6 { return try sign(plainIPv4: &packet) }
    if let mask = Self.mask(offset, isIPv6, icvLength: icvLength) {
      return try authenticator.writeIntegrityCheckValue(
        of: 0..<packet.count, through: mask, firstOctet: isIPv6 ? 0x60 : packet[0], into: &packet,
        at: offset + Self.fixedLength, length: icvLength)
    }
    guard let input = try? Self.icvInput(packet, icvLength: icvLength) else {
      throw .rangeOutside(lowerBound: offset, upperBound: packet.count, count: packet.count)
    }
    let value = authenticator.authenticate(input.octets)
    for place in 0..<icvLength { packet[offset + Self.fixedLength + place] = value[place] }
  }

  /// The same behind an IPv4 header without options, as nearly always. The mutable fields are zeros while the ICV is worked
  /// out over the packet where it lies, which takes less than to read them as zeros (RFC 2402 §3.3.3.1.1.1).
  private func sign(plainIPv4 packet: inout [UInt8]) throws(CryptographyError) {
    let header = MutableOctets(of: packet)
    MutableOctets.clear(in: &packet)
    try authenticator.writeIntegrityCheckValue(
      of: 0..<packet.count, into: &packet, at: 20 + Self.fixedLength, length: icvLength)
    header.restore(in: &packet)
  }

  /// What routers may change in an IPv4 header without options: type of service; flags and fragment offset, time to live;
  /// checksum.
  private struct MutableOctets {
    private let typeOfService: UInt8
    private let flagsToLive: (UInt8, UInt8, UInt8)
    private let checksum: (UInt8, UInt8)

    @inline(__always)
    init(of packet: [UInt8]) {
      let octets = packet.span
      typeOfService = octets[1]
      flagsToLive = (octets[6], octets[7], octets[8])
      checksum = (octets[10], octets[11])
    }

    @inline(__always)
    func restore(in packet: inout [UInt8]) {
      var octets = packet.mutableSpan
      octets[1] = typeOfService
      (octets[6], octets[7], octets[8]) = flagsToLive
      (octets[10], octets[11]) = checksum
    }

    @inline(__always)
    static func clear(in packet: inout [UInt8]) {
      var octets = packet.mutableSpan
      octets[1] = 0
      (octets[6], octets[7], octets[8]) = (0, 0, 0)
      (octets[10], octets[11]) = (0, 0)
    }
  }

  /// Whether the ICV of AH that begins at `offset` of a whole datagram is right: RFC 2402 §3.4.4. AH has room for it.
  func isAuthentic(_ datagram: [UInt8], at offset: Int, isIPv6: Bool) throws(CryptographyError) -> Bool {
    if let mask = Self.mask(offset, isIPv6, icvLength: icvLength) {
      return try authenticator.verifyIntegrityCheckValue(
        of: 0..<datagram.count, through: mask, firstOctet: isIPv6 ? 0x60 : datagram[0], in: datagram,
        at: offset + Self.fixedLength, length: icvLength)
    }
    return (try? isAuthentic(datagram)) ?? false
  }

  /// What is read as zero where the header has neither options nor extension headers, as nearly all have: the mutable
  /// fields and the ICV (RFC 2402 §3.3.3.1). `nil` where there is more to it.
  @inline(__always)
  private static func mask(_ offset: Int, _ isIPv6: Bool, icvLength: Int) -> OctetMask? {
    switch (offset, isIPv6, icvLength) {
    case (20, false, 12): Masks.ipv4Short
    case (20, false, 16): Masks.ipv4Long
    case (40, true, 12): Masks.ipv6Short
    default: nil
    }
  }

  private enum Masks {
    // Type of service; flags and fragment offset, time to live; checksum; the ICV.
    static let ipv4Short = OctetMask(1..<2, 6..<9, 10..<12, 32..<44)
    static let ipv4Long = OctetMask(1..<2, 6..<9, 10..<12, 32..<48)
    // The rest of class and flow label; hop limit; the ICV. One of 128 bits would reach further than a mask does.
    static let ipv6Short = OctetMask(1..<4, 7..<8, 52..<64)
  }
}
