/// What a router needs of an IPv4 header, read without an allocation. RFC 1812 §5.2.2.
public struct IPv4Glance: Hashable, Sendable {
  /// Octets of the header.
  public let headerLength: Int
  /// Octets of the datagram.
  public let totalLength: Int
  /// Type of Service.
  public let typeOfService: UInt8
  /// Hops that are left.
  public let timeToLive: UInt8
  /// What the datagram carries.
  public let `protocol`: IPProtocol
  /// Flags and fragment offset as they stand in the header.
  public let flagsAndOffset: UInt16
  /// Where it comes from.
  public let sourceAddress: IPv4Address
  /// Where it goes.
  public let destinationAddress: IPv4Address

  /// DF.
  @inlinable
  public var dontFragment: Bool { flagsAndOffset & 0x4000 != 0 }
  /// Whether this is one of several fragments.
  @inlinable
  public var isFragment: Bool { flagsAndOffset & 0x3FFF != 0 }
  /// Whether the payload begins with the transport header: no fragment, or the first.
  @inlinable
  public var isFirst: Bool { flagsAndOffset & 0x1FFF == 0 }

  /// Reads and verifies the header at the front of `datagram` as RFC 1812 §5.2.2 has a router do: long enough, checksum
  /// right, version 4, header length at least 20, total length at least that, and no longer than what is there.
  @inlinable
  public init(verifying datagram: borrowing [UInt8]) throws(DecodeError) {
    let frame = unsafe datagram.span.bytes
    guard frame.byteCount >= 20 else { throw Self.refusal(copy datagram) }
    let first = frame.uint8(at: 0)
    let length = Int(first & 0x0F) * 4
    let total = Int(frame.uint16(at: 2))
    guard
      first >> 4 == 4, length >= 20, total >= length, total <= frame.byteCount,
      Self.checksum(frame, length) == 0
    else { throw Self.refusal(copy datagram) }
    headerLength = length
    totalLength = total
    typeOfService = frame.uint8(at: 1)
    timeToLive = frame.uint8(at: 8)
    `protocol` = IPProtocol(rawValue: frame.uint8(at: 9))
    flagsAndOffset = frame.uint16(at: 6)
    sourceAddress = frame.ipv4Address(at: 12)
    destinationAddress = frame.ipv4Address(at: 16)
  }

  /// The checksum over a header, 0 where it holds the right one; without a loop where there are no options.
  @inlinable @inline(__always)
  static func checksum(_ frame: borrowing RawSpan, _ length: Int) -> UInt16 {
    guard length == 20 else { return InternetChecksum.of(frame, 0..<length) }
    let (first, second) = (frame.littleEndian64(at: 0), frame.littleEndian64(at: 8))
    let halves = (first & 0xFFFF_FFFF) &+ (first >> 32) &+ (second & 0xFFFF_FFFF) &+ (second >> 32)
    return ~InternetChecksum.fold(halves &+ UInt64(frame.uint32(at: 16).byteSwapped)).byteSwapped
  }

  /// What was wrong, found again without haste: the header's own reader says it, or else it is the checksum.
  @inline(never) @usableFromInline
  static func refusal(_ datagram: [UInt8]) -> DecodeError {
    do {
      var cursor = Cursor(end: datagram.count)
      let header = unsafe try IPv4Header(reading: datagram.span.bytes, at: &cursor)
      try header.holdToPayload(&cursor)
      return IPv4Header.Field.headerChecksum.invalid(header.headerChecksum, at: 10)
    } catch { return error }
  }
}

extension IPv4Header {
  /// Takes one off the time to live of the datagram that lies in `datagram` and mends the checksum in place (RFC 1624 §3).
  /// Returns what is left, or `nil`, the octets unchanged, where nothing was left to take: the datagram's time is
  /// exceeded when this returns `nil` or 0 (RFC 1812 §5.3.1). Fewer octets than a header are left alone.
  @inlinable
  public static func decrementTimeToLive(in datagram: inout [UInt8]) -> UInt8? {
    guard datagram.count >= 20, datagram[8] > 0 else { return nil }
    let old = UInt16(datagram[8]) << 8 | UInt16(datagram[9])
    let new = old &- 0x0100
    let checksum = InternetChecksum.updated(
      UInt16(datagram[10]) << 8 | UInt16(datagram[11]), replacing: old, by: new)
    datagram[8] = UInt8(truncatingIfNeeded: new >> 8)
    datagram[10] = UInt8(truncatingIfNeeded: checksum >> 8)
    datagram[11] = UInt8(truncatingIfNeeded: checksum)
    return datagram[8]
  }
}
