/// An RSA key whole (PKCS #1, RFC 2313): signs and decrypts, as IKE does both. Nothing random is in either: the same
/// octets get the same signature.
public struct RSAPrivateKey: Hashable, Sendable {
  /// The exponent of every key that is made here.
  public static let publicExponent: UInt64 = 65_537
  /// Bits of the keys that are made here.
  public static let bitCounts = 512...4_096

  /// The public half.
  public let publicKey: RSAPublicKey
  /// The private exponent.
  let exponent: [UInt8]
  let firstPrime: [UInt8]
  let secondPrime: [UInt8]
  /// The exponent modulo each prime less one, and the second prime's inverse modulo the first (RFC 2313 §7.2).
  let firstExponent: [UInt8]
  let secondExponent: [UInt8]
  let coefficient: [UInt8]

  /// Takes the numbers of a key that was read, and refuses those that don't belong together.
  init(
    publicKey: RSAPublicKey, exponent: [UInt8], firstPrime: [UInt8], secondPrime: [UInt8]
  ) throws(CryptographyError) {
    let workspace = try Workspace()
    let p = try BigNumber(firstPrime)
    let q = try BigNumber(secondPrime)
    let d = try BigNumber(exponent)
    guard try p.times(q, workspace).octets() == publicKey.modulus, p.isOdd, q.isOdd, !p.isOne, !q.isOne else {
      throw .key(algorithm: "RSA", fault: "the modulus is not the product of the two primes")
    }
    let lessP = try p.lessOne()
    let lessQ = try q.lessOne()
    let one = try d.times(BigNumber(publicKey.exponent), workspace)
    guard try one.remainder(lessP, workspace).isOne, try one.remainder(lessQ, workspace).isOne, !p.equals(q) else {
      throw .key(algorithm: "RSA", fault: "the private exponent doesn't undo the public one")
    }
    self.publicKey = publicKey
    self.exponent = try d.octets()
    self.firstPrime = try p.octets()
    self.secondPrime = try q.octets()
    firstExponent = try d.remainder(lessP, workspace).octets()
    secondExponent = try d.remainder(lessQ, workspace).octets()
    coefficient = try q.inverse(modulo: p, workspace).octets()
  }

  /// Makes a key of `bitCount` bits, a multiple of 16. The same stream gives the same key, always.
  public static func make(
    bitCount: Int = 1_024, using generator: inout SeededGenerator
  ) throws(CryptographyError) -> RSAPrivateKey {
    guard bitCounts.contains(bitCount), bitCount.isMultiple(of: 16) else {
      throw .key(
        algorithm: "RSA",
        fault: "\(bitCount) bits; expected a multiple of 16 from \(bitCounts.lowerBound) to \(bitCounts.upperBound)")
    }
    let workspace = try Workspace()
    let half = bitCount / 2
    let p = try PrimeSearch.prime(bitCount: half, exponent: publicExponent, using: &generator)
    var q = try PrimeSearch.prime(bitCount: half, exponent: publicExponent, using: &generator)
    while p.equals(q) { q = try PrimeSearch.prime(bitCount: half, exponent: publicExponent, using: &generator) }
    let lessP = try p.lessOne()
    let lessQ = try q.lessOne()
    let common = try lessP.greatestCommonDivisor(lessQ, workspace)
    let multiple = try lessP.times(lessQ, workspace).quotient(common, workspace)
    let e = try BigNumber(publicExponent)
    return try RSAPrivateKey(
      publicKey: RSAPublicKey(modulus: p.times(q, workspace).octets(), exponent: e.octets()),
      exponent: e.inverse(modulo: multiple, workspace).octets(), firstPrime: p.octets(), secondPrime: q.octets())
  }

  /// Encrypts octets with the private key in a block of type 1, as IKE signs its HASH: without an algorithm's identifier
  /// (RFC 2409 §5.1, RFC 2313 §8.1).
  public func sign(_ octets: [UInt8]) throws(CryptographyError) -> [UInt8] {
    guard let block = RSABlock.signature(octets, length: publicKey.length) else {
      throw .messageLength(
        algorithm: "RSA with \(publicKey.bitCount) bits", longest: publicKey.length - 3 - RSABlock.shortestPadding,
        actual: octets.count)
    }
    return try lowered(block)
  }

  /// Signs a message by its digest, with the algorithm's identifier (RFC 2313 §10): as certificates are signed.
  public func sign(digest: [UInt8], by algorithm: HashAlgorithm) throws(CryptographyError) -> [UInt8] {
    guard let information = RSABlock.digestInformation(digest, algorithm) else {
      throw .messageLength(algorithm: algorithm.name, longest: algorithm.digestLength, actual: digest.count)
    }
    return try sign(information)
  }

  /// The message in a ciphertext. What is wrong with one that can't be opened is not said: whoever is told, and may try
  /// often enough, decrypts without the key (Bleichenbacher, 1998).
  public func decrypt(_ ciphertext: [UInt8]) throws(CryptographyError) -> [UInt8] {
    guard ciphertext.count == publicKey.length, ciphertext.lexicographicallyPrecedes(publicKey.modulus),
      let message = try RSABlock.message(lowered(ciphertext))
    else { throw .decryption(algorithm: "RSA") }
    return message
  }

  /// octets^exponent modulo the modulus, as long as it, by the two primes (RFC 2313 §7.2, the Chinese remainder theorem).
  func lowered(_ octets: [UInt8]) throws(CryptographyError) -> [UInt8] {
    let workspace = try Workspace()
    let p = try BigNumber(firstPrime)
    let q = try BigNumber(secondPrime)
    let base = try BigNumber(octets)
    let first = try base.remainder(p, workspace).power(BigNumber(firstExponent), modulo: p, workspace)
    let second = try base.remainder(q, workspace).power(BigNumber(secondExponent), modulo: q, workspace)
    let difference = try first.minus(second, modulo: p, workspace)
    let height = try difference.times(BigNumber(coefficient), modulo: p, workspace)
    return try height.times(q, workspace).plus(second).octets(publicKey.length)
  }
}
