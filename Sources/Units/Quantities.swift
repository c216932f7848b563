/// A number of octets.
public struct ByteCount: Hashable, Comparable, Sendable, Codable {
  /// The number of octets.
  public var bytes: UInt64

  @inlinable
  public init(_ bytes: UInt64) { self.bytes = bytes }

  /// Units of 1,024 octets, as RFC 2407 §4.5 counts SA lifetimes.
  @inlinable
  public static func kilobytes(_ count: UInt64) -> ByteCount {
    let (product, overflow) = count.multipliedReportingOverflow(by: 1_024)
    return ByteCount(overflow ? .max : product)
  }

  @inlinable
  public static func < (lhs: ByteCount, rhs: ByteCount) -> Bool { lhs.bytes < rhs.bytes }
}

/// How fast a link takes octets in, in bits a second.
public struct BitRate: Hashable, Comparable, Sendable, Codable {
  /// Bits a second; never zero.
  public var bitsPerSecond: UInt64

  @inlinable
  public init(bitsPerSecond: UInt64) { self.bitsPerSecond = max(1, bitsPerSecond) }

  @inlinable
  public static func < (lhs: BitRate, rhs: BitRate) -> Bool { lhs.bitsPerSecond < rhs.bitsPerSecond }

  /// How long `count` octets take, rounded up to a whole nanosecond.
  @inlinable
  public func time(for count: Int) -> SimDuration {
    let bits = UInt64(clamping: count).multipliedFullWidth(by: 8_000_000_000)
    guard bits.high < bitsPerSecond else { return SimDuration(nanoseconds: .max) }
    let (quotient, remainder) = bitsPerSecond.dividingFullWidth(bits)
    return SimDuration(nanoseconds: remainder == 0 || quotient == .max ? quotient : quotient + 1)
  }
}

/// A probability as a ratio of whole numbers, so that no rounding differs between machines.
public struct Ratio: Hashable, Sendable, Codable {
  /// Hits in `denominator` trials; never more than it.
  public let numerator: UInt64
  /// Trials; never zero.
  public let denominator: UInt64

  /// What never happens.
  public static let zero = Ratio(0, 1)

  /// `numerator` in `denominator`, held to what a probability can be.
  public init(_ numerator: UInt64, _ denominator: UInt64) {
    self.denominator = max(1, denominator)
    self.numerator = min(numerator, self.denominator)
  }
}
