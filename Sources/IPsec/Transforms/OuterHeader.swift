import Units
import Wire

/// The header that a tunnel puts in front of what it carries. RFC 2401 §5.1.2, RFC 2402 §3.1.2, RFC 2406 §3.1.
///
/// The time to live of the inner header is not touched here: the RFC has it decremented by whoever forwards the packet,
/// and that is the node's forwarding, before it comes to sealing at one end and after opening at the other.
struct OuterHeader: Sendable {
  /// "Constructed": a tunnel is one hop for what it carries, and as long as any path for itself.
  static let timeToLive: UInt8 = 64

  /// Whether the DF bit of a tunnel's outer header is set: RFC 2401 §8.1.
  static func dontFragment(_ handling: DontFragmentHandling, inner: Bool) -> Bool {
    switch handling {
    case .copy: inner
    case .set: true
    case .clear: false
    }
  }

  /// Octets of the header between two ends of this family.
  static func length(to destination: IPAddress) -> Int {
    switch destination {
    case .v4: 20
    case .v6: 40
    }
  }

  /// What follows it.
  private let number: IPProtocol
  private let source: IPAddress
  private let destination: IPAddress
  /// Of IPv4: the sum of all words that are the same in every packet; the checksum needs no more than the others on top.
  private let sum: UInt32

  /// A tunnel's header between its ends, which are of one family, in front of `number`.
  init(from source: IPAddress, to destination: IPAddress, _ number: IPProtocol) {
    self.source = source
    self.destination = destination
    self.number = number
    guard case (.v4(let source), .v4(let destination)) = (source, destination) else {
      sum = 0
      return
    }
    let constant = 0x4500 + UInt32(Self.timeToLive) << 8 + UInt32(number.rawValue)
    sum = [source.rawValue, destination.rawValue].reduce(constant) { $0 + $1 >> 16 + $1 & 0xFFFF }
  }

  /// Octets of the header.
  var length: Int { Self.length(to: destination) }

  /// Writes the header with what differs from packet to packet: TOS as the inner header has it, the length of the whole
  /// datagram, identification and DF. IPv6 has no use for the last two; its flow label is zero.
  @inline(__always)
  func write(
    to layout: inout PacketLayout, typeOfService: UInt8, length: Int, identification: UInt16, dontFragment: Bool
  ) {
    switch (source, destination) {
    case (.v4(let source), .v4(let destination)):
      let length = UInt16(truncatingIfNeeded: length)
      let flags: UInt16 = dontFragment ? 0x4000 : 0
      var sum = self.sum &+ UInt32(typeOfService) &+ UInt32(length) &+ UInt32(identification) &+ UInt32(flags)
      sum = sum & 0xFFFF &+ sum >> 16
      sum = sum & 0xFFFF &+ sum >> 16
      layout.put(0x4500 | UInt16(typeOfService))
      layout.put(length)
      layout.put(identification)
      layout.put(flags)
      layout.put(UInt16(Self.timeToLive) << 8 | UInt16(number.rawValue))
      layout.put(~UInt16(truncatingIfNeeded: sum))
      layout.put(source.rawValue)
      layout.put(destination.rawValue)
    case (.v6(let source), .v6(let destination)):
      layout.put(6 << 28 | UInt32(typeOfService) << 20)
      layout.put(UInt16(truncatingIfNeeded: length - 40))
      layout.put(UInt16(number.rawValue) << 8 | UInt16(Self.timeToLive))
      layout.put(source.high)
      layout.put(source.low)
      layout.put(destination.high)
      layout.put(destination.low)
    default: layout.putZeros(self.length)  // Never: the policy check refuses ends of two families.
    }
  }

  /// Turns the header at the front of `packet`, which is the datagram's own, into that of a packet that carries `number`
  /// and is as long as it is: only protocol, length and checksum change. RFC 2402 §3.1.1, RFC 2406 §3.1.1.
  static func finishTransport(_ packet: inout [UInt8], _ header: IPGlance, protocol number: IPProtocol) {
    packet[header.protocolOffset] = number.rawValue
    guard !header.isIPv6 else { return packet.put(UInt16(truncatingIfNeeded: packet.count - 40), at: 4) }
    packet.put(UInt16(truncatingIfNeeded: packet.count), at: 2)
    packet.put(0, at: 10)
    let checksum = unsafe InternetChecksum.of(packet.span.bytes, 0..<header.headerLength)
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
