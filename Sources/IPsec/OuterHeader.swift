import Units
import Wire

/// The header that an association puts in front of what it seals. RFC 2401 §5.1.2.1, RFC 2406 §3.1.
///
/// The time to live of the inner header is not touched here: the RFC has it decremented by whoever forwards the packet,
/// and that is the node's forwarding, before it comes to sealing at one end and after opening at the other.
struct OuterHeader: Sendable {
  /// "Constructed": a tunnel is one hop for what it carries, and as long as any path for itself.
  static let timeToLive: UInt8 = 64
  static let length = 20

  /// Whether the DF bit of a tunnel's outer header is set: RFC 2401 §8.1.
  static func dontFragment(_ handling: DontFragmentHandling, inner: Bool) -> Bool {
    switch handling {
    case .copy: inner
    case .set: true
    case .clear: false
    }
  }

  /// The header of a tunnel before anything is known of a packet: everything that stays.
  static func template(from source: IPv4Address, to destination: IPv4Address) -> [UInt8] {
    IPv4Header(from: source, to: destination, protocol: .esp, payloadLength: 0, timeToLive: timeToLive).encoded
  }

  /// Fills in what differs from packet to packet in the tunnel header at the front of `packet`: total length, TOS as
  /// the inner header has it, identification and DF.
  static func finishTunnel(
    _ packet: inout [UInt8], typeOfService: UInt8, identification: UInt16, dontFragment: Bool
  ) {
    packet[1] = typeOfService
    packet.put(identification, at: 4)
    packet[6] = dontFragment ? 0x40 : 0
    packet[7] = 0
    finish(&packet, headerLength: length)
  }

  /// Turns the header at the front of `packet`, which is the datagram's own, into that of a transport mode packet: only
  /// protocol, total length and checksum change.
  static func finishTransport(_ packet: inout [UInt8], headerLength: Int, protocol number: IPProtocol) {
    packet[9] = number.rawValue
    finish(&packet, headerLength: headerLength)
  }

  private static func finish(_ packet: inout [UInt8], headerLength: Int) {
    packet.put(UInt16(truncatingIfNeeded: packet.count), at: 2)
    packet.put(0, at: 10)
    let checksum = unsafe InternetChecksum.of(packet.span.bytes, 0..<headerLength)
    packet.put(checksum, at: 10)
  }
}

extension [UInt8] {
  @inline(__always)
  mutating func put(_ value: UInt16, at offset: Int) {
    self[offset] = UInt8(truncatingIfNeeded: value >> 8)
    self[offset + 1] = UInt8(truncatingIfNeeded: value)
  }
}
