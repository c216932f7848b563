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

extension CipherAlgorithm {
  /// Whether a key of the right length must not be used with the algorithm; false for every other length.
  ///
  /// DES: the four weak and twelve semi-weak keys (RFC 2409 Appendix A). 3DES: those whose first two or last two parts
  /// are the same, which leaves single DES; weak parts do no harm there (RFC 2451 §2.3). No key of the others is
  /// refused.
  public func isWeakKey(_ key: [UInt8]) -> Bool {
    guard key.count == keyLength else { return false }
    switch self {
    case .desCBC: return WeakDESKeys.contains(key)
    case .tripleDESCBC:
      let parts = (0..<3).map { WeakDESKeys.part(key, at: 8 * $0) }
      return parts[0] == parts[1] || parts[1] == parts[2]
    default: return false
    }
  }
}
