import Journal
import Units

/// The number of a run in its file, counted from 1.
public struct RunNumber: RawRepresentable, Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  /// Counted from 1 in the order in which recording began.
  public var rawValue: UInt32

  public init(_ rawValue: UInt32) { self.rawValue = rawValue }
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static func < (lhs: RunNumber, rhs: RunNumber) -> Bool { lhs.rawValue < rhs.rawValue }

  /// The number.
  public var description: String { String(rawValue) }
}

/// How far the recording of a run got.
public enum RunState: String, Hashable, Sendable, Codable {
  /// Its writer is alive and at work.
  case recording
  /// All of it was written.
  case complete
  /// Its writer stopped before the end: it was killed, or the disk was full. What was committed is whole.
  case interrupted
}

/// What `list` shows of a run.
public struct RunSummary: Hashable, Sendable, Codable {
  /// Its number.
  public var number: RunNumber
  /// The scenario's name.
  public var scenario: String
  /// The seed that it was simulated with.
  public var seed: UInt64
  /// How far its recording got.
  public var state: RunState
  /// When recording began, in seconds since 1970, by the clock of whoever recorded it; nothing in the run depends on it.
  public var createdAt: Int64
  /// The run that it was forked from.
  public var parent: RunNumber?
  /// Entries that are stored.
  public var entries: UInt64
  /// Packets that are stored.
  public var packets: UInt64
  /// Octets of bodies and packets that are stored.
  public var octets: UInt64
  /// The instant of the last stored entry.
  public var lastInstant: Instant
  /// The digest up to the last stored entry; that of the whole run when `state` is `complete`.
  public var digest: JournalDigest
  /// Why simulated time ended.
  public var end: RunEnd?
}

/// The one key of entries, packets and snapshots: the run in the upper bits, the number within it in the lower 40.
enum RowKey {
  static let width: Int64 = 40
  static let mask: Int64 = (1 << width) - 1
  /// The largest run number that leaves the key positive.
  static let lastRun = UInt32(1 << 23) - 1

  static func base(_ run: RunNumber) -> Int64 { Int64(min(run.rawValue, lastRun)) << width }

  /// The key of number `id`; numbers past 40 bits are held to the last one, which no run reaches.
  static func key(_ run: RunNumber, _ id: UInt64) -> Int64 { base(run) | Int64(min(id, UInt64(mask))) }

  static func id(_ key: Int64) -> UInt64 { UInt64(key & mask) }
}
