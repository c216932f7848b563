/// A group over the integers modulo a prime, with generator 2, in which IKE's two ends agree on a secret.
///
/// The primes are safe ones, p = 2q + 1 with q prime: the only small subgroup is {1, p-1}, so that no more than a look
/// at the peer's value is needed to know that it generates a large one.
public struct DiffieHellmanGroup: Hashable, Sendable {
  /// The value of IKE's Group Description attribute (RFC 2409 Appendix A, RFC 3526).
  public let number: UInt16
  /// The prime, the most significant octet first.
  public let prime: [UInt8]

  private let index: Int

  /// First Oakley group, 768 bits: RFC 2409 §6.1.
  public static let oakley1 = all[0]
  /// Second Oakley group, 1024 bits: RFC 2409 §6.2.
  public static let oakley2 = all[1]
  /// Group 5, 1536 bits: RFC 3526 §2.
  public static let oakley5 = all[2]
  /// Group 14, 2048 bits: RFC 3526 §3.
  public static let oakley14 = all[3]

  /// Every group there is, by number.
  public static let all = OakleyPrimes.table.enumerated().map { index, row in
    DiffieHellmanGroup(number: row.number, prime: OakleyPrimes.octets(row.digits), index: index)
  }

  /// The generator of every group.
  public static let generator: UInt8 = 2

  /// Octets of a private exponent, 256 bits: with a generator of a subgroup of prime order the work of finding an
  /// exponent of n bits is 2^(n/2). RFC 3526 §8 puts the strength of group 5 at 90 to 120 bits and that of group 14 at
  /// 110 to 160, and asks for exponents of twice that, 180 to 240 and 220 to 320. Groups 1 and 2 are weaker than group
  /// 5. 256 bits are past the first estimate everywhere, and as strong as a cipher with a key of 128 bits.
  public static let privateExponentLength = 32

  private init(number: UInt16, prime: [UInt8], index: Int) {
    self.number = number
    self.prime = prime
    self.index = index
  }

  /// The group with a number; nil where there is none such here.
  public init?(number: UInt16) {
    guard let group = Self.all.first(where: { $0.number == number }) else { return nil }
    self = group
  }

  /// Octets of the prime, and of every public value and shared secret.
  public var length: Int { prime.count }
  /// Bits of the prime.
  public var bitCount: Int { prime.count * 8 }

  /// A private exponent of 256 bits, the highest of them set, so that all are equally long (PKCS #3 §7.1). Takes 32
  /// octets of the stream.
  public static func makePrivateExponent(using generator: inout SeededGenerator) -> [UInt8] {
    var exponent = generator.bytes(privateExponentLength)
    exponent[0] |= 0x80
    return exponent
  }

  /// g^x mod p, padded with zeros to the length of the prime as a KE payload carries it (RFC 2409 §5).
  ///
  /// By a table of the generator's powers that is made when the group is first used (a few milliseconds and 1 to 2
  /// MiB); exponents of more than 256 bits go without.
  public func publicValue(_ privateExponent: [UInt8]) throws(CryptographyError) -> [UInt8] {
    try check(privateExponent)
    guard privateExponent.count <= Self.privateExponentLength else {
      return try OakleyArithmetic.modular[index].get().power([Self.generator], privateExponent)
    }
    return try OakleyArithmetic.table(index).power(privateExponent)
  }

  /// g^xy mod p from the own exponent and the peer's value, padded like it (RFC 2409 §5), after ``validate(_:)``.
  public func sharedSecret(
    _ privateExponent: [UInt8], peerPublicValue: [UInt8]
  ) throws(CryptographyError) -> [UInt8] {
    try check(privateExponent)
    try validate(peerPublicValue)
    return try OakleyArithmetic.modular[index].get().power(peerPublicValue, privateExponent)
  }

  /// Refuses a peer's value that isn't as long as the prime (RFC 2409 §5), or is 0, 1, p-1, p or more (RFC 2631
  /// §2.1.5).
  ///
  /// Deviates: the exponentiation by which RFC 2631 tells whether the value is in the subgroup of the generator is
  /// left out. Modulo a safe prime every other value generates at least that subgroup; one outside shows the lowest
  /// bit of the exponent and no more.
  public func validate(_ publicValue: [UInt8]) throws(CryptographyError) {
    guard publicValue.count == length else {
      throw fault(.length(expected: length, actual: publicValue.count))
    }
    guard publicValue.lexicographicallyPrecedes(prime) else { throw fault(.notBelowPrime) }
    let isZeroOrOne = publicValue.dropLast().allSatisfy { $0 == 0 } && publicValue[length - 1] <= 1
    // The prime is odd: p-1 differs from it in the last bit only.
    let isMinusOne = publicValue.dropLast() == prime.dropLast() && publicValue[length - 1] == prime[length - 1] - 1
    guard !isZeroOrOne, !isMinusOne else { throw fault(.degenerate) }
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
