public import Units

/// A stream of random numbers with a name of its own: what decides loss, jitter, duplication and reordering.
///
/// A stream belongs to (seed, node, purpose) and to nothing else, so a host more or a link more changes no number of any
/// other stream. The numbers come from xoshiro256** (Blackman and Vigna, 2018); word *i* of its first state is SipHash-2-4
/// under the key (seed, *i*) of
///
///     count(node) as 64 bits, little-endian | node in UTF-8 | count(purpose), likewise | purpose in UTF-8
///
/// This mapping is part of what a recorded run rests on: it never changes. It is no source of keys, cookies or nonces;
/// those come from the seeded generator of the room Cryptography.
public struct RandomStream: RandomNumberGenerator, Hashable, Sendable {
  @usableFromInline var s0: UInt64
  @usableFromInline var s1: UInt64
  @usableFromInline var s2: UInt64
  @usableFromInline var s3: UInt64

  /// The stream for one purpose of one node in a run with this seed.
  public init(seed: UInt64, node: String, purpose: String) {
    let words = (0..<4 as Range<UInt64>).map { word in
      var hash = SipHash(key: seed, word)
      hash.append(counted: node)
      hash.append(counted: purpose)
      return hash.finish()
    }
    self.init(state: words[0], words[1], words[2], words[3])
  }

  /// A stream that goes on from a state. All zeros is the one state that xoshiro256** never leaves: it becomes (1, 0, 0, 0).
  init(state s0: UInt64, _ s1: UInt64, _ s2: UInt64, _ s3: UInt64) {
    self.s0 = s0 | s1 | s2 | s3 == 0 ? 1 : s0
    self.s1 = s1
    self.s2 = s2
    self.s3 = s3
  }

  /// The next 64 bits.
  @inlinable
  public mutating func next() -> UInt64 {
    let result = rotated(s1 &* 5, by: 7) &* 9
    let shifted = s1 &<< 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = rotated(s3, by: 45)
    return result
  }

  /// A number from 0 up to but not including `bound`, each as likely as any other; 0 where `bound` is 0.
  ///
  /// Numbers that would favour some results are thrown away (Lemire, 2019), so a call may take more than one from the stream.
  @inlinable
  public mutating func below(_ bound: UInt64) -> UInt64 {
    guard bound > 1 else { return 0 }
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let favoured = (0 &- bound) % bound
      while product.low < favoured { product = next().multipliedFullWidth(by: bound) }
    }
    return product.high
  }

  /// Whether something that happens with probability `ratio` happens this time.
  ///
  /// What never or always happens takes nothing from the stream.
  @inlinable
  public mutating func hits(_ ratio: Ratio) -> Bool {
    guard ratio.numerator > 0 else { return false }
    guard ratio.numerator < ratio.denominator else { return true }
    return below(ratio.denominator) < ratio.numerator
  }

  /// A duration from zero up to and including `longest`, each nanosecond as likely as any other.
  @inlinable
  public mutating func duration(upTo longest: SimDuration) -> SimDuration {
    guard longest.nanoseconds < .max else { return SimDuration(nanoseconds: next()) }
    return SimDuration(nanoseconds: below(longest.nanoseconds + 1))
  }
}
