/// A moment of simulated time: whole nanoseconds since the run began. Nothing in Lockstep reads a wall clock.
public struct Instant: Hashable, Comparable, Sendable, Codable {
  /// Nanoseconds since the run began.
  public var nanoseconds: UInt64

  /// The moment at which every run begins.
  public static let zero = Instant(nanoseconds: 0)
  /// A moment that is never reached.
  public static let distantFuture = Instant(nanoseconds: .max)

  @inlinable
  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  @inlinable
  public static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.nanoseconds < rhs.nanoseconds }

  /// The moment `rhs` later, or `distantFuture` where that lies past what can be counted.
  @inlinable
  public static func + (lhs: Instant, rhs: SimDuration) -> Instant {
    let (sum, overflow) = lhs.nanoseconds.addingReportingOverflow(rhs.nanoseconds)
    return overflow ? .distantFuture : Instant(nanoseconds: sum)
  }

  /// How long ago `rhs` was; zero where it lies ahead.
  @inlinable
  public static func - (lhs: Instant, rhs: Instant) -> SimDuration {
    SimDuration(nanoseconds: lhs.nanoseconds > rhs.nanoseconds ? lhs.nanoseconds - rhs.nanoseconds : 0)
  }
}

/// A span of simulated time in whole nanoseconds; never negative.
public struct SimDuration: Hashable, Comparable, Sendable, Codable {
  /// Length in nanoseconds.
  public var nanoseconds: UInt64

  /// No time at all.
  public static let zero = SimDuration(nanoseconds: 0)

  @inlinable
  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  /// Whole microseconds.
  @inlinable
  public static func microseconds(_ count: UInt64) -> SimDuration { scaled(count, 1_000) }
  /// Whole milliseconds.
  @inlinable
  public static func milliseconds(_ count: UInt64) -> SimDuration { scaled(count, 1_000_000) }
  /// Whole seconds.
  @inlinable
  public static func seconds(_ count: UInt64) -> SimDuration { scaled(count, 1_000_000_000) }

  @inlinable
  static func scaled(_ count: UInt64, _ unit: UInt64) -> SimDuration {
    let (product, overflow) = count.multipliedReportingOverflow(by: unit)
    return SimDuration(nanoseconds: overflow ? .max : product)
  }

  @inlinable
  public static func < (lhs: SimDuration, rhs: SimDuration) -> Bool { lhs.nanoseconds < rhs.nanoseconds }

  /// The sum, or the longest span that can be counted.
  @inlinable
  public static func + (lhs: SimDuration, rhs: SimDuration) -> SimDuration {
    let (sum, overflow) = lhs.nanoseconds.addingReportingOverflow(rhs.nanoseconds)
    return SimDuration(nanoseconds: overflow ? .max : sum)
  }

  /// The span `count` times over, or the longest span that can be counted.
  @inlinable
  public static func * (lhs: SimDuration, count: UInt64) -> SimDuration { scaled(count, lhs.nanoseconds) }
}

extension Instant: CustomStringConvertible {
  /// Seconds with nine decimals: `1.002000000`.
  public var description: String { decimalSeconds(nanoseconds) }
}

extension SimDuration: CustomStringConvertible {
  /// The largest unit that leaves a whole number: `30 s`, `10 ms`, `1500 ns`.
  public var description: String {
    for (unit, name) in [(UInt64(1_000_000_000), "s"), (1_000_000, "ms"), (1_000, "us")]
    where nanoseconds >= unit && nanoseconds % unit == 0 {
      return "\(nanoseconds / unit) \(name)"
    }
    return "\(nanoseconds) ns"
  }
}

private func decimalSeconds(_ nanoseconds: UInt64) -> String {
  let fraction = String(nanoseconds % 1_000_000_000)
  return "\(nanoseconds / 1_000_000_000)." + String(repeating: "0", count: 9 - fraction.count) + fraction
}
