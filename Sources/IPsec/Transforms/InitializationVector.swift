import Cryptography

/// The initialization vector of one packet: up to sixteen octets, without an allocation.
public struct InitializationVector: Hashable, Sendable {
  /// Octets that count.
  let length: Int
  private let high: UInt64
  private let low: UInt64

  /// The vector of these octets, sixteen at most.
  public init(_ octets: [UInt8]) {
    length = min(octets.count, 16)
    let padded = octets.prefix(16) + repeatElement(0, count: 16 - length)
    high = padded.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = padded.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The vector of a packet. In CBC mode it must not be foreseen (RFC 2405 §3, RFC 2451 §3, RFC 3602 §3), so it is the
  /// packet's number under a key that nobody knows; in counter mode it must not come twice under one key, and the
  /// sequence number does not (RFC 3686 §2.1).
  @inline(__always)
  init(for sequenceNumber: UInt32, _ transform: ESPTransform, from numbers: KeyedNumbers) {
    let number = UInt64(sequenceNumber)
    length = transform.geometry.initializationVectorLength
    high = length == 0 ? 0 : transform.isCounterMode ? number : numbers[number]
    low = length <= 8 ? 0 : numbers[number | 1 << 32]
  }

  /// Writes the octets that count.
  @inline(__always)
  func write(to layout: inout PacketLayout) {
    switch length {
    case 0: return
    case 8: layout.put(high)
    case 16:
      layout.put(high)
      layout.put(low)
    default:
      for index in 0..<length {
        layout.put(UInt8(truncatingIfNeeded: (index < 8 ? high : low) >> UInt64(56 - 8 * (index & 7))))
      }
    }
  }
}
