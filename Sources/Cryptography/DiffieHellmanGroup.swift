/// A group in which IKE's two ends agree on a secret: the integers modulo a prime, with generator 2, or the points of an
/// elliptic curve over a binary field.
///
/// The primes are safe ones, p = 2q + 1 with q prime: the only small subgroup is {1, p-1}, so that no more than a look
/// at the peer's value is needed to know that it generates a large one. A curve has small subgroups of up to twelve
/// points, and every x coordinate of a peer is tried for them.
public struct DiffieHellmanGroup: Hashable, Sendable {
  /// The value of IKE's Group Description attribute (RFC 2409 Appendix A, RFC 3526).
  public let number: UInt16
  /// The prime, the most significant octet first; nil for an elliptic curve.
  public let prime: [UInt8]?
  /// Bits of the prime, or of an element of the curve's field.
  public let bitCount: Int

  /// Which of the groups of its kind it is.
  private let index: Int

  /// First Oakley group, 768 bits: RFC 2409 §6.1.
  public static let oakley1 = modular(0)
  /// Second Oakley group, 1024 bits: RFC 2409 §6.2.
  public static let oakley2 = modular(1)
  /// Third Oakley group, a curve over GF(2^155): RFC 2409 §6.3.
  public static let oakley3 = curve(0)
  /// Fourth Oakley group, a curve over GF(2^185): RFC 2409 §6.4.
  public static let oakley4 = curve(1)
  /// Group 5, 1536 bits: RFC 3526 §2.
  public static let oakley5 = modular(2)
  /// Group 14, 2048 bits: RFC 3526 §3.
  public static let oakley14 = modular(3)

  /// Every group there is, by number.
  public static let all = [oakley1, oakley2, oakley3, oakley4, oakley5, oakley14]

  /// The generator of every group modulo a prime.
  public static let generator: UInt8 = 2

  /// Octets of a private exponent, 256 bits: with a generator of a subgroup of prime order the work of finding an
  /// exponent of n bits is 2^(n/2). RFC 3526 §8 puts the strength of group 5 at 90 to 120 bits and that of group 14 at
  /// 110 to 160, and asks for exponents of twice that, 180 to 240 and 220 to 320. Groups 1 and 2 are weaker than group
  /// 5. 256 bits are past the first estimate everywhere, and as strong as a cipher with a key of 128 bits. The orders of
  /// both curves are shorter, so that every multiple of the generator is about as likely as the others.
  public static let privateExponentLength = 32

  private static func modular(_ index: Int) -> Self {
    let (number, digits) = OakleyPrimes.table[index]
    let prime = OakleyPrimes.octets(digits)
    return Self(number: number, prime: prime, bitCount: prime.count * 8, index: index)
  }

  private static func curve(_ index: Int) -> Self {
    let row = OakleyCurves.table[index]
    return Self(number: row.number, prime: nil, bitCount: row.bitCount, index: index)
  }

  private init(number: UInt16, prime: [UInt8]?, bitCount: Int, index: Int) {
    self.number = number
    self.prime = prime
    self.bitCount = bitCount
    self.index = index
  }

  /// The group with a number; nil where there is none such here.
  public init?(number: UInt16) {
    guard let group = Self.all.first(where: { $0.number == number }) else { return nil }
    self = group
  }

  /// Octets of the prime or of an element of the field, and of every public value and shared secret.
  public var length: Int { (bitCount + 7) / 8 }

  /// A private exponent of 256 bits, the highest of them set, so that all are equally long (PKCS #3 §7.1). Takes 32
  /// octets of the stream.
  public static func makePrivateExponent(using generator: inout SeededGenerator) -> [UInt8] {
    var exponent = generator.bytes(privateExponentLength)
    exponent[0] |= 0x80
    return exponent
  }

  /// g^x mod p, padded with zeros to the length of the prime as a KE payload carries it (RFC 2409 §5); on a curve the x
  /// coordinate of the generator's multiple (RFC 2409 §6.3).
  ///
  /// Modulo a prime by a table of the generator's powers that is made when the group is first used (a few milliseconds
  /// and 1 to 2 MiB); exponents of more than 256 bits go without.
  public func publicValue(_ privateExponent: [UInt8]) throws(CryptographyError) -> [UInt8] {
    try check(privateExponent)
    guard prime != nil else { return try present(OakleyArithmetic.curve(index).multiple(privateExponent)) }
    guard privateExponent.count <= Self.privateExponentLength else {
      return try OakleyArithmetic.modular[index].get().power([Self.generator], privateExponent)
    }
    return try OakleyArithmetic.table(index).power(privateExponent)
  }

  /// g^xy mod p from the own exponent and the peer's value, padded like it (RFC 2409 §5), or the x coordinate of the
  /// multiple of the peer's point (RFC 2409 §6.3), after ``validate(_:)``.
  public func sharedSecret(
    _ privateExponent: [UInt8], peerPublicValue: [UInt8]
  ) throws(CryptographyError) -> [UInt8] {
    try check(privateExponent)
    guard let prime else {
      return try present(OakleyArithmetic.curve(index).multiple(privateExponent, ofPointAt: peerPublicValue))
    }
    try validate(peerPublicValue, prime)
    return try OakleyArithmetic.modular[index].get().power(peerPublicValue, privateExponent)
  }

  /// Refuses a peer's value that isn't as long as the prime (RFC 2409 §5), or is 0, 1, p-1, p or more (RFC 2631
  /// §2.1.5). On a curve: one that isn't as long as an element of the field, or is none, that is no point's x
  /// coordinate, or a point's whose order divides 12.
  ///
  /// Deviates: the exponentiation by which RFC 2631 tells whether the value is in the subgroup of the generator is
  /// left out. Modulo a safe prime every other value generates at least that subgroup; one outside shows the lowest
  /// bit of the exponent and no more. A point outside of the subgroup shows as little: the exponent's rest by 12.
  public func validate(_ publicValue: [UInt8]) throws(CryptographyError) {
    guard let prime else {
      return try OakleyArithmetic.curve(index).validate(publicValue)
    }
    try validate(publicValue, prime)
  }

  private func validate(_ publicValue: [UInt8], _ prime: [UInt8]) throws(CryptographyError) {
    guard publicValue.count == length else {
      throw fault(.length(expected: length, actual: publicValue.count))
    }
    guard publicValue.lexicographicallyPrecedes(prime) else { throw fault(.notBelowPrime) }
    let isZeroOrOne = publicValue.dropLast().allSatisfy { $0 == 0 } && publicValue[length - 1] <= 1
    // The prime is odd: p-1 differs from it in the last bit only.
    let isMinusOne = publicValue.dropLast() == prime.dropLast() && publicValue[length - 1] == prime[length - 1] - 1
    guard !isZeroOrOne, !isMinusOne else { throw fault(.degenerate) }
  }

  /// The neutral point, which a multiple of the order leads to, has no coordinates.
  private func present(_ coordinate: [UInt8]?) throws(CryptographyError) -> [UInt8] {
    guard let coordinate else { throw .privateExponent(group: number) }
    return coordinate
  }

  private func fault(_ fault: CryptographyError.PublicValueFault) -> CryptographyError {
    .publicValue(group: number, fault: fault)
  }

  private func check(_ privateExponent: [UInt8]) throws(CryptographyError) {
    guard privateExponent.contains(where: { $0 != 0 }) else { throw .privateExponent(group: number) }
  }

  public static func == (left: Self, right: Self) -> Bool { left.number == right.number }

  public func hash(into hasher: inout Hasher) { hasher.combine(number) }
}
