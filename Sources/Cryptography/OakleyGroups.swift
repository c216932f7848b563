import CLibcrypto

/// The primes of the Oakley groups, in hexadecimal.
///
/// Each is 2^n - 2^(n-64) - 1 + 2^64 · ([2^(n-130) π] + c): 64 ones, digits of π, 64 ones again, with a c
/// that makes it a safe prime.
enum OakleyPrimes {
  static let table: [(number: UInt16, digits: String)] = [
    (1, group1), (2, group2), (5, group5), (14, group14),
  ]

  /// The octets that pairs of hexadecimal digits stand for.
  static func octets(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.utf8.map { $0 < 0x3A ? $0 - 0x30 : $0 - 0x57 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// 768 bits, c = 149,686: RFC 2409 §6.1.
  private static let group1 = """
    ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
    ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a3620ffffffffffffffff
    """

  /// 1024 bits, c = 129,093: RFC 2409 §6.2.
  private static let group2 = """
    ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
    ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
    ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff
    """

  /// 1536 bits, c = 741,804: RFC 3526 §2.
  private static let group5 = """
    ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
    ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
    ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f\
    83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca237327ffffffffffffffff
    """

  /// 2048 bits, c = 124,476: RFC 3526 §3.
  private static let group14 = """
    ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
    ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
    ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f\
    83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b\
    e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510\
    15728e5a8aacaa68ffffffffffffffff
    """
}

/// The curves of the Oakley groups: libcrypto has both.
enum OakleyCurves {
  static let table: [(number: UInt16, libraryNumber: Int32, bitCount: Int)] = [
    // x^155 + x^62 + 1, a = 0, b = 0x7338F, generator at x = 0x7B: RFC 2409 §6.3.
    (3, NID_ipsec3, 155),
    // x^185 + x^69 + 1, a = 0, b = 0x1EE9, generator at x = 0x18: RFC 2409 §6.4.
    (4, NID_ipsec4, 185),
  ]
}

/// What is computed once a group and process, at its first use. The outcome depends on nothing but the group, so that
/// it doesn't matter which thread comes first.
enum OakleyArithmetic {
  static let modular = OakleyPrimes.table.map { _, digits in
    Result { () throws(CryptographyError) in try ModularArithmetic(modulus: OakleyPrimes.octets(digits)) }
  }

  private static let curves = OakleyCurves.table.map { number, libraryNumber, bitCount in
    Result { () throws(CryptographyError) in
      try BinaryCurve(group: number, libraryNumber: libraryNumber, bitCount: bitCount)
    }
  }

  /// The curve at `index` of ``OakleyCurves/table``.
  static func curve(_ index: Int) throws(CryptographyError) -> BinaryCurve { try curves[index].get() }

  private static let table1 = makeTable(0)
  private static let table2 = makeTable(1)
  private static let table5 = makeTable(2)
  private static let table14 = makeTable(3)

  /// The powers of the generator in the group at `index` of ``OakleyPrimes/table``.
  static func table(_ index: Int) throws(CryptographyError) -> FixedBaseTable {
    switch index {
    case 0: try table1.get()
    case 1: try table2.get()
    case 2: try table5.get()
    default: try table14.get()
    }
  }

  private static func makeTable(_ index: Int) -> Result<FixedBaseTable, CryptographyError> {
    Result { () throws(CryptographyError) in
      try FixedBaseTable(
        base: [DiffieHellmanGroup.generator], exponentLength: DiffieHellmanGroup.privateExponentLength,
        modular[index].get())
    }
  }
}
