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

  private static let timeToLiveAndProtocol = UInt16(timeToLive) << 8 | UInt16(IPProtocol.esp.rawValue)

  private let source: IPv4Address
  private let destination: IPv4Address
  /// The sum of all words that are the same in every packet; the checksum needs no more than the others on top.
  private let sum: UInt32

  /// A tunnel's header between its ends.
  init(from source: IPv4Address, to destination: IPv4Address) {
    self.source = source
    self.destination = destination
    sum = [source.rawValue, destination.rawValue].reduce(0x4500 + UInt32(Self.timeToLiveAndProtocol)) {
      $0 + $1 >> 16 + $1 & 0xFFFF
    }
  }

  /// Writes the header with what differs from packet to packet: TOS as the inner header has it, total length,
  /// identification and DF.
  @inline(__always)
  func write(
    to layout: inout PacketLayout, typeOfService: UInt8, length: Int, identification: UInt16, dontFragment: Bool
  ) {
    let length = UInt16(truncatingIfNeeded: length)
    let flags: UInt16 = dontFragment ? 0x4000 : 0
    var sum = self.sum &+ UInt32(typeOfService) &+ UInt32(length) &+ UInt32(identification) &+ UInt32(flags)
    sum = sum & 0xFFFF &+ sum >> 16
    sum = sum & 0xFFFF &+ sum >> 16
    layout.put(0x4500 | UInt16(typeOfService))
    layout.put(length)
    layout.put(identification)
    layout.put(flags)
    layout.put(Self.timeToLiveAndProtocol)
    layout.put(~UInt16(truncatingIfNeeded: sum))
    layout.put(source.rawValue)
    layout.put(destination.rawValue)
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
