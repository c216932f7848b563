/// What a receiver needs of a UDP datagram that lies in an IP datagram, read where it is. RFC 768.
public struct UDPGlance: Hashable, Sendable {
  /// The sender's port.
  public let sourcePort: UInt16
  /// The receiver's port.
  public let destinationPort: UInt16
  /// Where the data lie in the IP datagram.
  public let payload: Range<Int>

  /// Reads and verifies what lies behind the IPv4 header; `nil` where it is too short, its length makes no sense or its
  /// checksum is wrong, which `UDPHeader` tells apart.
  @inlinable
  public init?(verifying datagram: [UInt8], behind header: IPv4Glance) {
    let frame = unsafe datagram.span.bytes
    let start = header.headerLength
    guard frame.byteCount - start >= 8 else { return nil }
    let length = Int(frame.uint16(at: start + 4))
    guard length >= 8, length <= frame.byteCount - start else { return nil }
    if frame.uint16(at: start + 6) != 0 {
      var sum = InternetChecksum.pseudoHeader(
        from: header.sourceAddress, to: header.destinationAddress, protocol: .udp, length: length)
      sum.add(frame, start..<start + length)
      guard sum.checksum == 0 else { return nil }
    }
    sourcePort = frame.uint16(at: start)
    destinationPort = frame.uint16(at: start + 2)
    payload = start + 8..<start + length
  }

  /// The same behind the headers of either family. Over IPv6 a checksum of zero is wrong: there is always one (RFC 2460
  /// §8.1).
  public init?(verifying datagram: [UInt8], behind header: IPGlance) {
    let frame = unsafe datagram.span.bytes
    let start = header.headerLength
    let available = min(header.totalLength, frame.byteCount) - start
    guard available >= 8 else { return nil }
    let length = Int(frame.uint16(at: start + 4))
    guard length >= 8, length <= available else { return nil }
    if header.isIPv6 || frame.uint16(at: start + 6) != 0 {
      var sum = InternetChecksum.pseudoHeader(
        from: header.sourceAddress, to: header.destinationAddress, protocol: .udp, length: length)
      sum.add(frame, start..<start + length)
      guard frame.uint16(at: start + 6) != 0, sum.checksum == 0 else { return nil }
    }
    sourcePort = frame.uint16(at: start)
    destinationPort = frame.uint16(at: start + 2)
    payload = start + 8..<start + length
  }
}

/// Headers that are written over room that was left for them in front of the data, so that a datagram is one allocation and
/// its data are never moved.
extension UDPHeader {
  /// Octets of the headers of IPv4 without options and of UDP.
  public static let headroom = 28
  /// Octets of the headers of IPv6 without extension headers and of UDP.
  public static let headroomIPv6 = 48

  /// Octets of the IP header and the UDP header in front of data that go to `destination`.
  public static func headroom(to destination: IPAddress) -> Int { destination.isIPv6 ? headroomIPv6 : headroom }

  /// Writes the header over the eight octets at 20, with the length and the checksum that go with what lies behind them. A
  /// checksum that comes out as zero is sent as all ones.
  public func write(over datagram: inout [UInt8], from source: IPv4Address, to destination: IPv4Address) {
    write(over: &datagram, at: 20) {
      InternetChecksum.pseudoHeader(from: source, to: destination, protocol: .udp, length: $0)
    }
  }

  /// The same for either family, by the destination's: over the eight octets at 20, or at 40.
  public func write(over datagram: inout [UInt8], from source: IPAddress, to destination: IPAddress) {
    write(over: &datagram, at: destination.isIPv6 ? 40 : 20) {
      InternetChecksum.pseudoHeader(from: source, to: destination, protocol: .udp, length: $0)
    }
  }

  @inline(__always)
  private func write(over datagram: inout [UInt8], at start: Int, pseudoHeader: (Int) -> InternetChecksum) {
    precondition(datagram.count >= start + 8, "a datagram without room for its headers")
    let length = datagram.count - start
    let stated = UInt16(clamping: length)
    var sum = pseudoHeader(length)
    sum.add(sourcePort)
    sum.add(destinationPort)
    sum.add(stated)
    unsafe sum.add(datagram.span.bytes, start + 8..<datagram.count)
    let checksum = sum.checksum == 0 ? 0xFFFF : sum.checksum
    datagram.put(
      UInt64(sourcePort) << 48 | UInt64(destinationPort) << 32 | UInt64(stated) << 16 | UInt64(checksum), at: start)
  }
}

extension IPv4Header {
  /// Writes the header over the octets in front of a datagram, with the total length and the checksum that go with it.
  public func write(over datagram: inout [UInt8]) {
    precondition(datagram.count >= encodedLength, "a datagram without room for its header")
    let totalLength = UInt16(clamping: datagram.count)
    let checksum = checksum(totalLength: totalLength)
    let first = UInt16(0x4000 | encodedLength << 6) | UInt16(typeOfService)
    let fifth = UInt16(timeToLive) << 8 | UInt16(self.protocol.rawValue)
    datagram.put(
      UInt64(first) << 48 | UInt64(totalLength) << 32 | UInt64(identification) << 16 | UInt64(flagsAndOffset),
      at: 0)
    datagram.put(
      UInt64(fifth) << 48 | UInt64(checksum) << 32 | UInt64(sourceAddress.rawValue), at: 8)
    datagram.put(destinationAddress.rawValue, at: 16)
    for (index, octet) in options.enumerated() { datagram[20 + index] = octet }
  }
}

extension IPv6Header {
  /// Writes the header over the octets in front of a packet, with the payload length that goes with it.
  public func write(over packet: inout [UInt8]) {
    precondition(packet.count >= 40, "a packet without room for its header")
    let length = UInt16(clamping: packet.count - 40)
    packet.put(6 << 28 | UInt32(trafficClass) << 20 | flowLabel & 0xFFFFF, at: 0)
    packet.put(UInt32(length) << 16 | UInt32(nextHeader.rawValue) << 8 | UInt32(hopLimit), at: 4)
    packet.put(sourceAddress.high, at: 8)
    packet.put(sourceAddress.low, at: 16)
    packet.put(destinationAddress.high, at: 24)
    packet.put(destinationAddress.low, at: 32)
  }
}

extension [UInt8] {
  /// Writes a number over the octets at `offset`, most significant first.
  fileprivate mutating func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number, at offset: Int) {
    precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= count)
    unsafe withUnsafeMutableBytes { octets in
      unsafe octets.storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
    }
  }
}
