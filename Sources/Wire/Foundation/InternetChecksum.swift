/// The Internet checksum (RFC 1071): the ones' complement of the ones' complement sum of 16-bit words. Adds eight octets at
/// a time in whatever order memory has them, since the sum doesn't depend on it (RFC 1071 §2 B).
public struct InternetChecksum: Sendable {
  /// 32-bit halves, least significant octet first; a frame would have to pass 16 GiB to overflow it.
  @usableFromInline var sum: UInt64 = 0
  /// Whether an odd number of octets has been added: what follows stands in the other half of its word.
  @usableFromInline var isOdd = false

  @inlinable
  public init() {}

  /// Adds the octets of `frame` in `range`.
  @inlinable
  public mutating func add(_ frame: borrowing RawSpan, _ range: Range<Int>) {
    let part = Self.sum(frame, range)
    sum &+= UInt64(isOdd ? Self.fold(part).byteSwapped : Self.fold(part))
    if range.count & 1 == 1 { isOdd.toggle() }
  }

  /// Adds octets.
  @inlinable
  public mutating func add(_ octets: [UInt8]) { unsafe add(octets.span.bytes, 0..<octets.count) }

  /// Adds a 16-bit word at an even place.
  @inlinable
  public mutating func add(_ word: UInt16) {
    assert(!isOdd)
    sum &+= UInt64(word.byteSwapped)
  }

  /// Adds a 32-bit word at an even place.
  @inlinable
  public mutating func add(_ word: UInt32) {
    assert(!isOdd)
    sum &+= UInt64(word.byteSwapped)
  }

  /// What goes into the checksum field. Over data that holds its right checksum already, 0.
  @inlinable
  public var checksum: UInt16 { ~Self.fold(sum).byteSwapped }

  @inlinable
  static func sum(_ frame: borrowing RawSpan, _ range: Range<Int>) -> UInt64 {
    var sum: UInt64 = 0
    var position = range.lowerBound
    while range.upperBound &- position >= 8 {
      let word = frame.littleEndian64(at: position)
      sum &+= (word & 0xFFFF_FFFF) &+ (word >> 32)
      position &+= 8
    }
    while range.upperBound &- position >= 2 {
      sum &+= UInt64(frame.uint16(at: position).byteSwapped)
      position &+= 2
    }
    if position < range.upperBound { sum &+= UInt64(frame.uint8(at: position)) }
    return sum
  }

  @inlinable
  static func fold(_ sum: UInt64) -> UInt16 {
    var folded = (sum & 0xFFFF_FFFF) &+ (sum >> 32)
    folded = (folded & 0xFFFF) &+ (folded >> 16)
    folded = (folded & 0xFFFF) &+ (folded >> 16)
    return UInt16(truncatingIfNeeded: (folded & 0xFFFF) &+ (folded >> 16))
  }

  /// The checksum of the octets of `frame` in `range`; 0 where they hold their right checksum.
  @inlinable
  public static func of(_ frame: borrowing RawSpan, _ range: Range<Int>) -> UInt16 {
    ~fold(sum(frame, range)).byteSwapped
  }

  /// The checksum of `octets`; 0 where they hold their right checksum.
  @inlinable
  public static func of(_ octets: [UInt8]) -> UInt16 { unsafe of(octets.span.bytes, 0..<octets.count) }

  /// The checksum after one 16-bit word under it changed from `old` to `new`: HC' = ~(~HC + ~m + m')   RFC 1624 §3
  @inlinable
  public static func updated(_ checksum: UInt16, replacing old: UInt16, by new: UInt16) -> UInt16 {
    let sum = UInt32(~checksum) &+ UInt32(~old) &+ UInt32(new)
    let folded = (sum & 0xFFFF) &+ (sum >> 16)
    return ~UInt16(truncatingIfNeeded: (folded & 0xFFFF) &+ (folded >> 16))
  }

  /// The checksum after a 32-bit word under it, an address say, changed from `old` to `new`. RFC 1624 §3.
  @inlinable
  public static func updated(_ checksum: UInt16, replacing old: UInt32, by new: UInt32) -> UInt16 {
    let high = updated(
      checksum, replacing: UInt16(truncatingIfNeeded: old >> 16), by: UInt16(truncatingIfNeeded: new >> 16))
    return updated(high, replacing: UInt16(truncatingIfNeeded: old), by: UInt16(truncatingIfNeeded: new))
  }

  /// The sum of the IPv4 pseudo header that UDP and TCP add to theirs. RFC 768, RFC 793 §3.1.
  public static func pseudoHeader(
    from source: IPv4Address, to destination: IPv4Address, protocol number: IPProtocol, length: Int
  ) -> InternetChecksum {
    var sum = InternetChecksum()
    sum.add(source.rawValue)
    sum.add(destination.rawValue)
    sum.add(UInt16(number.rawValue))
    sum.add(UInt32(truncatingIfNeeded: length))
    return sum
  }

  /// The sum of the pseudo header for either family; the IPv6 one is RFC 2460 §8.1, and the same fields in the same words
  /// as IPv4's. Addresses of two families have none: the sum is then over both as they are.
  public static func pseudoHeader(
    from source: IPAddress, to destination: IPAddress, protocol number: IPProtocol, length: Int
  ) -> InternetChecksum {
    var sum = InternetChecksum()
    sum.add(source)
    sum.add(destination)
    sum.add(UInt16(number.rawValue))
    sum.add(UInt32(truncatingIfNeeded: length))
    return sum
  }

  /// Adds an address at an even place.
  private mutating func add(_ address: IPAddress) {
    switch address {
    case .v4(let address): add(address.rawValue)
    case .v6(let address):
      add(UInt32(truncatingIfNeeded: address.high >> 32))
      add(UInt32(truncatingIfNeeded: address.high))
      add(UInt32(truncatingIfNeeded: address.low >> 32))
      add(UInt32(truncatingIfNeeded: address.low))
    }
  }
}
