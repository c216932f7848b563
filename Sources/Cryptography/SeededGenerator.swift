/// The source of everything random at one node for one purpose: keys, cookies, nonces, IVs, SPIs, exponents.
///
/// The stream depends on the run's seed, the node's name and the purpose and on nothing else: another node, or another
/// purpose, changes none of its octets, and it is the same on every machine. It is a value: a copy yields the same
/// octets again, a snapshot of a run is a copy. Octets and numbers come from one stream in the order in which they
/// were asked for.
///
/// The key is SHA-256 of a label, the seed, and the two names with their lengths in front. Block i of the stream is
/// SHA-256(key | i), i in eight octets: an input of one fixed length, which without the key can't be told from
/// random octets.
public struct SeededGenerator: Hashable, Sendable, Codable, RandomNumberGenerator {
  /// Sets these streams apart from any other use of the hash. A change of the construction changes it.
  private static let domain = Array("Lockstep stream 1".utf8)
  private static let blockLength: UInt64 = 32

  private let key: SIMD4<UInt64>
  /// Octets that were handed out.
  private var position: UInt64 = 0
  /// The block in which `position` lies, once it was needed.
  private var block = SIMD4<UInt64>()

  /// The stream of `node` for `purpose` in the run with `seed`.
  public init(seed: UInt64, node: String, purpose: String) {
    var state = DigestState(.sha256)
    state.update(Self.domain)
    state.update(seed)
    for name in [node, purpose] {
      state.update(UInt64(name.utf8.count))
      state.update(Array(name.utf8))
    }
    key = state.words()
  }

  /// The next `count` octets of the stream.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<max(0, count)).map { _ in nextOctet() }
  }

  /// The next eight octets of the stream as a number, the most significant first.
  public mutating func next() -> UInt64 {
    let index = position % Self.blockLength
    // A whole word of the block, as long as nobody asked for single octets in between.
    guard index.isMultiple(of: 8) else { return (0..<8).reduce(0) { number, _ in number << 8 | UInt64(nextOctet()) } }
    if index == 0 { block = keyStream(position / Self.blockLength) }
    position &+= 8
    return block[Int(index / 8)]
  }

  /// A number below `bound`, each as likely as the other; 0 where `bound` is 0. It takes eight octets of the stream,
  /// and eight more each time that the number drawn falls into the rest that no multiple of `bound` fills.
  public mutating func below(_ bound: UInt64) -> UInt64 {
    guard bound > 1 else { return 0 }
    // The high half of number × bound is uniform once the low half is at least 2^64 mod bound.
    let unfilled = (0 &- bound) % bound
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= unfilled { return product.high }
    }
  }

  private mutating func nextOctet() -> UInt8 {
    let index = position % Self.blockLength
    if index == 0 { block = keyStream(position / Self.blockLength) }
    position &+= 1
    return UInt8(truncatingIfNeeded: block[Int(index / 8)] >> (56 - 8 * (index % 8)))
  }

  private func keyStream(_ counter: UInt64) -> SIMD4<UInt64> {
    var state = DigestState(.sha256)
    for index in key.indices { state.update(key[index]) }
    state.update(counter)
    return state.words()
  }
}
