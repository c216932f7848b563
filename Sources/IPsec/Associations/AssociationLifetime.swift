import Cryptography
import Units

/// Which limit of an association was reached.
public enum LifetimeLimit: Hashable, Sendable {
  /// Its time.
  case duration
  /// Its octets.
  case volume
  /// Its sequence numbers: RFC 2406 §3.3.3.
  case sequenceNumbers
}

/// Something that the passing of time, or of packets, did to an association.
public struct LifetimeEvent: Hashable, Sendable {
  /// What was done.
  public enum Kind: Hashable, Sendable {
    /// The soft limit was passed: its successor is to be negotiated while it still works.
    case renew(AcquireRequest)
    /// The hard limit was reached: it is out of the database.
    case removed
  }

  /// What was done.
  public var kind: Kind
  /// The association.
  public var association: AssociationIdentity
  /// Which way it carries packets.
  public var direction: AssociationDirection
  /// The policy entry that it was made for.
  public var policy: String
  /// Which limit it was.
  public var limit: LifetimeLimit
}

/// The limits of one association and how far it has come: RFC 2401 §4.4.3. The soft limits lie before the hard ones
/// by a margin: a tenth for the side that began the negotiation, and half of that for the other, each enlarged by up
/// to a half of itself at random. So associations made together are not all renewed together, and of two ends one
/// comes first for certain.
struct AssociationLifetime: Hashable, Sendable {
  /// The initiator's margin is at least one part in so many.
  static let initiatorShare: UInt64 = 10
  /// The responder's margin is at least one part in so many, and at most one in 13: below the initiator's least.
  static let responderShare: UInt64 = 20
  /// A sender asks for a successor when this many sequence numbers are left.
  static let sequenceNumberMargin: UInt32 = 1 << 20

  let softTime: Instant
  let hardTime: Instant
  let softVolume: UInt64
  let hardVolume: UInt64
  /// Octets of ciphertext that it has protected: what the algorithm was applied to, padding included.
  private(set) var volume: UInt64 = 0
  /// Packets that it has protected.
  private(set) var packets: UInt64 = 0
  /// Whether its successor was asked for.
  var isRenewalWanted = false

  init(_ limits: Lifetime, isInitiator: Bool, at now: Instant, drawing generator: inout SeededGenerator) {
    let share = isInitiator ? Self.initiatorShare : Self.responderShare
    let time = limits.duration?.nanoseconds ?? .max
    let volume = limits.volume?.bytes ?? .max
    hardTime = now + SimDuration(nanoseconds: time)
    hardVolume = volume
    softTime =
      hardTime == .distantFuture
      ? .distantFuture : now + SimDuration(nanoseconds: Self.soft(time, share, drawing: &generator))
    softVolume = volume == .max ? .max : Self.soft(volume, share, drawing: &generator)
  }

  private static func soft(_ hard: UInt64, _ share: UInt64, drawing generator: inout SeededGenerator) -> UInt64 {
    let margin = hard / share
    return hard - margin - generator.below(margin / 2 + 1)
  }

  /// Whether its time is over.
  func isOver(at now: Instant) -> Bool { now >= hardTime }

  /// Whether so many octets more would pass the hard limit.
  @inline(__always)
  func hasRoom(for octets: Int) -> Bool { volume <= hardVolume && hardVolume - volume >= UInt64(octets) }

  /// Counts a packet.
  @inline(__always)
  mutating func count(_ octets: Int) {
    volume += UInt64(octets)
    packets += 1
  }
}
