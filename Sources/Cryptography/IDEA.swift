/// IDEA (Lai and Massey, EUROCRYPT 1990 and 1991) in CBC mode, which libcrypto is built without in most places.
///
/// Blocks of 64 bits in four words of 16, a key of 128 bits, eight rounds and a half. Three operations that don't fit
/// together are mixed: addition without carry, addition modulo 2^16, and multiplication modulo 2^16 + 1, in which
/// a word of zeros stands for 2^16. None takes a time that depends on its operands: no branch, no table.
struct IDEA: Sendable {
  private static let rounds = 8
  private static let subkeysPerRound = 6
  private static let subkeyCount = rounds * subkeysPerRound + 4
  static let blockLength = 8

  private let subkeys: [UInt16]
  private let encrypts: Bool

  /// `key` has 16 octets.
  init(key: [UInt8], direction: Cipher.Direction) {
    let schedule = Self.schedule(key)
    encrypts = direction == .encrypt
    subkeys = encrypts ? schedule : Self.inverted(schedule)
  }

  // MARK: - Subkeys

  /// The key in eight words, then the key turned left by 25 bits in eight words, and so on.
  private static func schedule(_ key: [UInt8]) -> [UInt16] {
    var turned = key.reduce(UInt128()) { $0 << 8 | UInt128($1) }
    var subkeys: [UInt16] = []
    while subkeys.count < subkeyCount {
      subkeys += (0..<8).map { UInt16(truncatingIfNeeded: turned >> UInt128(112 - 16 * $0)) }
      turned = turned << 25 | turned >> 103
    }
    return Array(subkeys[..<subkeyCount])
  }

  /// The subkeys with which the same rounds undo what they did: taken from the end, those that are multiplied and added
  /// as their inverses. Where two rounds meet, the two middle words have changed places.
  private static func inverted(_ subkeys: [UInt16]) -> [UInt16] {
    var result: [UInt16] = []
    for round in 0...rounds {
      let start = (rounds - round) * subkeysPerRound
      let isAtEnd = round == 0 || round == rounds
      result.append(reciprocal(subkeys[start]))
      result.append(0 &- subkeys[start + (isAtEnd ? 1 : 2)])
      result.append(0 &- subkeys[start + (isAtEnd ? 2 : 1)])
      result.append(reciprocal(subkeys[start + 3]))
      if round < rounds { result += subkeys[start - 2..<start] }
    }
    return result
  }

  // MARK: - Words

  /// The product modulo 2^16 + 1, with 0 for 2^16. As 2^16 is -1 there, the product is its low half less its high one.
  @inline(__always)
  static func product(_ left: UInt16, _ right: UInt16) -> UInt16 {
    // 0 becomes 2^16, every other word stays.
    let product = (UInt64(left &- 1) + 1) * (UInt64(right &- 1) + 1)
    let difference = Int64(product & 0xFFFF) - Int64(product >> 16)
    // Where it is negative its sign fills all bits, and the modulus is added: as good as 1 in the low sixteen.
    return UInt16(truncatingIfNeeded: difference - (difference >> 63))
  }

  /// The word whose product with `word` is 1: its power 2^16 - 1, as 2^16 + 1 is prime (Fermat).
  static func reciprocal(_ word: UInt16) -> UInt16 {
    (1..<16).reduce(word) { power, _ in product(product(power, power), word) }
  }

  // MARK: - Blocks

  /// What becomes of a block, the first octet of which is the most significant.
  func processed(_ block: UInt64) -> UInt64 {
    var a = UInt16(truncatingIfNeeded: block >> 48)
    var b = UInt16(truncatingIfNeeded: block >> 32)
    var c = UInt16(truncatingIfNeeded: block >> 16)
    var d = UInt16(truncatingIfNeeded: block)
    for round in 0..<Self.rounds {
      let start = round * Self.subkeysPerRound
      a = Self.product(a, subkeys[start])
      b = b &+ subkeys[start + 1]
      c = c &+ subkeys[start + 2]
      d = Self.product(d, subkeys[start + 3])
      let first = Self.product(a ^ c, subkeys[start + 4])
      let second = Self.product(first &+ (b ^ d), subkeys[start + 5])
      let third = first &+ second
      (a, b, c, d) = (a ^ second, c ^ second, b ^ third, d ^ third)
    }
    let start = Self.rounds * Self.subkeysPerRound
    let outer = UInt64(Self.product(a, subkeys[start])) << 48 | UInt64(Self.product(d, subkeys[start + 3]))
    return outer | UInt64(c &+ subkeys[start + 1]) << 32 | UInt64(b &+ subkeys[start + 2]) << 16
  }

  /// Processes the `count` octets at `source`, whole blocks, to `start`, which may be the same place (RFC 2451 §2.1).
  func process(
    _ source: UnsafePointer<UInt8>, to start: UnsafeMutablePointer<UInt8>, _ count: Int, _ vector: ChainingBlock
  ) {
    var chain = vector.number
    for offset in stride(from: 0, to: count, by: Self.blockLength) {
      let block = unsafe ChainingBlock(source + offset, count: Self.blockLength).number
      let result = encrypts ? processed(block ^ chain) : processed(block) ^ chain
      chain = encrypts ? result : block
      unsafe UnsafeMutableRawPointer(start + offset).storeBytes(of: result.bigEndian, as: UInt64.self)
    }
  }
}
