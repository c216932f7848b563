/// Keys for which DES encrypts less than it seems to.
///
/// RFC 2409 Appendix A lists the sixteen that IKE passes over. Parity bits (the lowest of each octet) have no part in
/// the cipher and none in the comparison.
enum WeakDESKeys {
  /// Encrypting twice with one of these gives the plaintext back.
  static let weak: [UInt64] = [
    0x0101_0101_0101_0101, 0x1F1F_1F1F_0E0E_0E0E, 0xE0E0_E0E0_F1F1_F1F1, 0xFEFE_FEFE_FEFE_FEFE,
  ]

  /// Each undoes what another of them does.
  static let semiWeak: [UInt64] = [
    0x01FE_01FE_01FE_01FE, 0x1FE0_1FE0_0EF1_0EF1, 0x01E0_01E0_01F1_01F1, 0x1FFE_1FFE_0EFE_0EFE,
    0x011F_011F_010E_010E, 0xE0FE_E0FE_F1FE_F1FE, 0xFE01_FE01_FE01_FE01, 0xE01F_E01F_F10E_F10E,
    0xE001_E001_F101_F101, 0xFE1F_FE1F_FE0E_FE0E, 0x1F01_1F01_0E01_0E01, 0xFEE0_FEE0_FEF1_FEF1,
  ]

  private static let withoutParity = Set((weak + semiWeak).map(stripped))

  static func stripped(_ key: UInt64) -> UInt64 { key & 0xFEFE_FEFE_FEFE_FEFE }

  /// Eight octets from `offset` on as one number without their parity bits.
  static func part(_ key: [UInt8], at offset: Int) -> UInt64 {
    stripped(key[offset..<offset + 8].reduce(0) { $0 << 8 | UInt64($1) })
  }

  static func contains(_ key: [UInt8]) -> Bool { withoutParity.contains(part(key, at: 0)) }
}

/// Keys of IDEA that are found out by a few chosen plaintexts.
///
/// RFC 2451 §2.3 asks for a check and refers to two books for the keys. With them nearly all subkeys that a word is
/// multiplied by are 0 or 1, so that the product is the word or its negative: the strongest operation does nothing.
enum WeakIDEAKeys {
  /// The bits that are not zero, counted from the key's first one, a row a class.
  static let classes: [[ClosedRange<Int>]] = [
    // Daemen, Govaerts and Vandewalle, "Weak Keys for IDEA", CRYPTO '93 §3: a linear factor.
    [26...28, 72...74, 111...127],
    // The same, §5, which contains those of §4 with a characteristic of probability 1 (26-40, 72-76 and 108-122).
    [26...40, 72...83, 99...122],
    // Schneier, "Applied Cryptography" §13.9: 0000 0000 0x00 0000 0000 000x xxxx x000, a characteristic likewise.
    [36...39, 92...115],
  ]

  private static let zeros = classes.map { bits in bits.reduce(UInt128.max) { $0 & ~mask($1) } }

  private static func mask(_ bits: ClosedRange<Int>) -> UInt128 {
    (UInt128(1) << UInt128(bits.count) - 1) << UInt128(127 - bits.upperBound)
  }

  static func contains(_ key: [UInt8]) -> Bool {
    let number = key.reduce(UInt128()) { $0 << 8 | UInt128($1) }
    return zeros.contains { number & $0 == 0 }
  }
}

extension CipherAlgorithm {
  /// Whether a key of the right length must not be used with the algorithm; false for every other length.
  ///
  /// DES: the four weak and twelve semi-weak keys (RFC 2409 Appendix A). 3DES: those whose first two or last two parts
  /// are the same, which leaves single DES; weak parts do no harm there (RFC 2451 §2.3). IDEA: three classes of 2^23,
  /// 2^51 and 2^28 keys (RFC 2451 §2.3 and the literature that it names). No key of the others is refused: RFC 2451
  /// knows no weak one of CAST-128, and none of Blowfish that could be told before its S-boxes are made.
  public func isWeakKey(_ key: [UInt8]) -> Bool {
    guard key.count == keyLength else { return false }
    switch self {
    case .desCBC: return WeakDESKeys.contains(key)
    case .tripleDESCBC:
      let parts = (0..<3).map { WeakDESKeys.part(key, at: 8 * $0) }
      return parts[0] == parts[1] || parts[1] == parts[2]
    case .ideaCBC: return WeakIDEAKeys.contains(key)
    default: return false
    }
  }
}
