/// The numbers that many DSA keys share (FIPS 186-2 §4).
public struct DSAParameters: Hashable, Sendable {
  /// Bits of the primes that are taken.
  public static let primeBitCounts = 512...3_072

  /// The prime modulus; the most significant octet first, and not zero.
  public let prime: [UInt8]
  /// The prime divisor of prime - 1, the order of the generator.
  public let order: [UInt8]
  /// The generator.
  public let generator: [UInt8]

  /// 1024 and 160 bits: those of RFC 6979 §A.2.1. Whoever shares them learns nothing of another's key.
  public static let published = DSAParameters(
    publishedPrime: OakleyPrimes.octets(
      """
      86f5ca03dcfeb225063ff830a0c769b9dd9d6153ad91d7ce27f787c43278b447\
      e6533b86b18bed6e8a48b784a14c252c5be0dbf60b86d6385bd2f12fb763ed88\
      73abfd3f5ba2e0a8c0a59082eac056935e529daf7c610467899c77adedfc846c\
      881870b7b19b2b58f9be0521a17002e3bdd6b86685ee90b3d9a1b02b782b1779
      """), order: OakleyPrimes.octets("996f967f6c8e388d9e28d01e205fba957a5698b1"),
    generator: OakleyPrimes.octets(
      """
      07b0f92546150b62514bb771e2a0c0ce387f03bda6c56b505209ff25fd3c133d\
      89bbcd97e904e09114d9a7defdeadfc9078ea544d2e401aeecc40bb9fbbf78fd\
      87995a10a1c27cb7789b594ba7efb5c4326a9fe59a070e136db77175464adca4\
      17be5dce2f40d10a46a3a3943f26ab7fd9c0398ff8c76ee0a56826a8a88f1dbd
      """))

  private init(publishedPrime prime: [UInt8], order: [UInt8], generator: [UInt8]) {
    self.prime = prime
    self.order = order
    self.generator = generator
  }

  /// Takes numbers as they come, with zeros in front or without. Refuses what can't be computed with, or would take any
  /// time; whether the primes are primes is not tried.
  public init(prime: [UInt8], order: [UInt8], generator: [UInt8]) throws(CryptographyError) {
    let p = try BigNumber(prime)
    let q = try BigNumber(order)
    let g = try BigNumber(generator)
    guard Self.primeBitCounts.contains(p.bitCount), p.isOdd else {
      throw .key(
        algorithm: "DSA",
        fault: "the prime has \(p.bitCount) bits, or is even; expected \(Self.primeBitCounts.lowerBound) to "
          + "\(Self.primeBitCounts.upperBound)")
    }
    guard (160...256).contains(q.bitCount), q.isOdd else {
      throw .key(algorithm: "DSA", fault: "the order has \(q.bitCount) bits, or is even; expected 160 to 256")
    }
    guard g.isLess(than: p), g.bitCount > 1 else {
      throw .key(algorithm: "DSA", fault: "the generator is not between 1 and the prime")
    }
    self.prime = try p.octets()
    self.order = try q.octets()
    self.generator = try g.octets()
  }
}

/// The public half of a DSA key: verifies signatures (FIPS 186-2 §6).
public struct DSAPublicKey: Hashable, Sendable {
  /// What it shares with other keys.
  public let parameters: DSAParameters
  /// The public value y = g^x mod p, without zeros in front.
  public let value: [UInt8]

  /// Refuses a value that isn't between 1 and the prime.
  public init(parameters: DSAParameters, value: [UInt8]) throws(CryptographyError) {
    let y = try BigNumber(value)
    guard try y.isLess(than: BigNumber(parameters.prime)), y.bitCount > 1 else {
      throw .key(algorithm: "DSA", fault: "the public value is not between 1 and the prime")
    }
    self.parameters = parameters
    self.value = try y.octets()
  }

  /// Octets of a signature: r and s one behind the other, each as long as the order; 40 for an order of 160 bits.
  public var signatureLength: Int { 2 * parameters.order.count }

  /// Whether `signature`, r and s one behind the other as IKE sends them (RFC 2409 §5.1), is that of a digest (FIPS 186-2
  /// §6). Of a digest longer than the order its first octets count.
  public func isSignature(_ signature: [UInt8], ofDigest digest: [UInt8]) throws(CryptographyError) -> Bool {
    guard signature.count == signatureLength else { return false }
    let workspace = try Workspace()
    let q = try BigNumber(parameters.order)
    let r = try BigNumber(Array(signature.prefix(parameters.order.count)))
    let s = try BigNumber(Array(signature.suffix(parameters.order.count)))
    guard !r.isZero, !s.isZero, r.isLess(than: q), s.isLess(than: q) else { return false }
    // An order that isn't prime may leave s without an inverse: then nothing was signed with it.
    guard let w = try? s.inverse(modulo: q, workspace) else { return false }
    let p = try BigNumber(parameters.prime)
    let u1 = try DSAPrivateKey.number(digest, order: q).times(w, modulo: q, workspace)
    let u2 = try r.times(w, modulo: q, workspace)
    let left = try BigNumber(parameters.generator).publicPower(u1, modulo: p, workspace)
    let right = try BigNumber(value).publicPower(u2, modulo: p, workspace)
    return try left.times(right, modulo: p, workspace).remainder(q, workspace).equals(r)
  }
}

/// A DSA key whole. Its signatures have nothing random in them: the number that each needs comes from the key and the
/// digest (RFC 6979 §3.2).
public struct DSAPrivateKey: Hashable, Sendable {
  /// The public half.
  public let publicKey: DSAPublicKey
  /// The private value x.
  let exponent: [UInt8]

  /// Refuses an exponent that isn't between 0 and the order.
  init(parameters: DSAParameters, exponent: [UInt8]) throws(CryptographyError) {
    let workspace = try Workspace()
    let x = try BigNumber(exponent)
    guard try x.isLess(than: BigNumber(parameters.order)), !x.isZero else {
      throw .key(algorithm: "DSA", fault: "the private value is not between 0 and the order")
    }
    let p = try BigNumber(parameters.prime)
    let y = try BigNumber(parameters.generator).power(x, modulo: p, workspace)
    publicKey = try DSAPublicKey(parameters: parameters, value: y.octets())
    self.exponent = try x.octets()
  }

  /// Makes a key. The same stream gives the same key, always. Takes eight octets more than the order has, so that every
  /// private value is about as likely (FIPS 186-4 §B.1.1).
  public static func make(
    parameters: DSAParameters = .published, using generator: inout SeededGenerator
  ) throws(CryptographyError) -> DSAPrivateKey {
    let workspace = try Workspace()
    let drawn = try BigNumber(generator.bytes(parameters.order.count + 8))
    var x = try drawn.remainder(BigNumber(parameters.order).lessOne(), workspace)
    try x.add(1)
    return try DSAPrivateKey(parameters: parameters, exponent: x.octets())
  }

  /// The signature of a digest, r and s one behind the other as IKE sends them (RFC 2409 §5.1). `algorithm` makes the
  /// digest and, as an HMAC, the number that RFC 6979 wants; IKE's DSS is tied to SHA-1.
  public func sign(
    digest: [UInt8], by algorithm: HashAlgorithm = .sha1
  ) throws(CryptographyError) -> [UInt8] {
    let parameters = publicKey.parameters
    let workspace = try Workspace()
    let p = try BigNumber(parameters.prime)
    let q = try BigNumber(parameters.order)
    let x = try BigNumber(exponent)
    let h = try Self.number(digest, order: q).remainder(q, workspace)
    let length = parameters.order.count
    var numbers = DeterministicNumbers(
      algorithm, key: try x.octets(length), digest: try h.octets(length))
    while true {
      let k = try Self.number(numbers.next(length), order: q)
      guard !k.isZero, k.isLess(than: q) else { continue }
      let r = try BigNumber(parameters.generator).power(k, modulo: p, workspace).remainder(q, workspace)
      let sum = try h.plus(x.times(r, modulo: q, workspace), modulo: q, workspace)
      let s = try k.inverse(modulo: q, workspace).times(sum, modulo: q, workspace)
      if !r.isZero, !s.isZero { return try r.octets(length) + s.octets(length) }
    }
  }

  /// The first bits of the octets, as many as the order has: bits2int of RFC 6979 §2.3.2.
  static func number(_ octets: [UInt8], order: borrowing BigNumber) throws(CryptographyError) -> BigNumber {
    try BigNumber(octets).shifted(right: max(0, octets.count * 8 - order.bitCount))
  }
}

/// The numbers that RFC 6979 §3.2 takes from a key and a digest: an HMAC in feedback.
struct DeterministicNumbers {
  private let algorithm: HashAlgorithm
  private var key: [UInt8]
  private var state: [UInt8]
  private var isFirst = true

  /// `key` and `digest` are numbers below the order, each as long as it.
  init(_ algorithm: HashAlgorithm, key secret: [UInt8], digest: [UInt8]) {
    self.algorithm = algorithm
    key = [UInt8](repeating: 0, count: algorithm.digestLength)
    state = [UInt8](repeating: 1, count: algorithm.digestLength)
    for step: UInt8 in [0, 1] {
      key = algorithm.prf(key, [state, [step], secret, digest])
      state = algorithm.prf(key, [state])
    }
  }

  /// The next candidate, `count` octets.
  mutating func next(_ count: Int) -> [UInt8] {
    if !isFirst {
      key = algorithm.prf(key, [state, [0]])
      state = algorithm.prf(key, [state])
    }
    isFirst = false
    var octets: [UInt8] = []
    while octets.count < count {
      state = algorithm.prf(key, [state])
      octets += state
    }
    return Array(octets[..<count])
  }
}
