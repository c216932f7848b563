import CLibcrypto

extension BigNumber {
  /// Zero.
  init() throws(CryptographyError) { try self.init([]) }

  init(_ word: UInt64) throws(CryptographyError) {
    try self.init((0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) })
  }

  /// Bits without zeros in front.
  var bitCount: Int { unsafe Int(BN_num_bits(pointer)) }
  var isZero: Bool { unsafe BN_is_zero(pointer) == 1 }
  var isOne: Bool { unsafe BN_is_one(pointer) == 1 }
  var isOdd: Bool { unsafe BN_is_odd(pointer) == 1 }

  /// The number in as few octets as it takes.
  func octets() throws(CryptographyError) -> [UInt8] { try octets((bitCount + 7) / 8) }

  func isLess(than other: borrowing BigNumber) -> Bool { unsafe BN_cmp(pointer, other.pointer) < 0 }
  func equals(_ other: borrowing BigNumber) -> Bool { unsafe BN_cmp(pointer, other.pointer) == 0 }

  /// The rest by a small number.
  func remainder(_ divisor: UInt64) -> UInt64 { unsafe UInt64(BN_mod_word(pointer, UInt(divisor))) }

  mutating func add(_ word: UInt64) throws(CryptographyError) {
    guard unsafe BN_add_word(pointer, UInt(word)) == 1 else { throw Library.failure(of: "BN_add_word") }
  }

  /// One less than a number that isn't zero.
  func lessOne() throws(CryptographyError) -> BigNumber {
    let result = try shifted(right: 0)
    guard unsafe BN_sub_word(result.pointer, 1) == 1 else { throw Library.failure(of: "BN_sub_word") }
    return result
  }

  func shifted(right count: Int) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard unsafe BN_rshift(result.pointer, pointer, Int32(clamping: count)) == 1 else {
      throw Library.failure(of: "BN_rshift")
    }
    return result
  }

  func times(
    _ other: borrowing BigNumber, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard unsafe BN_mul(result.pointer, pointer, other.pointer, workspace.pointer) == 1 else {
      throw Library.failure(of: "BN_mul")
    }
    return result
  }

  func times(
    _ other: borrowing BigNumber, modulo modulus: borrowing BigNumber, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard unsafe BN_mod_mul(result.pointer, pointer, other.pointer, modulus.pointer, workspace.pointer) == 1 else {
      throw Library.failure(of: "BN_mod_mul")
    }
    return result
  }

  func plus(
    _ other: borrowing BigNumber, modulo modulus: borrowing BigNumber, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard unsafe BN_mod_add(result.pointer, pointer, other.pointer, modulus.pointer, workspace.pointer) == 1 else {
      throw Library.failure(of: "BN_mod_add")
    }
    return result
  }

  func minus(
    _ other: borrowing BigNumber, modulo modulus: borrowing BigNumber, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard unsafe BN_mod_sub(result.pointer, pointer, other.pointer, modulus.pointer, workspace.pointer) == 1 else {
      throw Library.failure(of: "BN_mod_sub")
    }
    return result
  }

  func plus(_ other: borrowing BigNumber) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard unsafe BN_add(result.pointer, pointer, other.pointer) == 1 else { throw Library.failure(of: "BN_add") }
    return result
  }

  /// The rest by `modulus`, never negative.
  func remainder(
    _ modulus: borrowing BigNumber, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard unsafe BN_nnmod(result.pointer, pointer, modulus.pointer, workspace.pointer) == 1 else {
      throw Library.failure(of: "BN_nnmod")
    }
    return result
  }

  /// How often `divisor` goes into it.
  func quotient(
    _ divisor: borrowing BigNumber, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard unsafe BN_div(result.pointer, nil, pointer, divisor.pointer, workspace.pointer) == 1 else {
      throw Library.failure(of: "BN_div")
    }
    return result
  }

  func greatestCommonDivisor(
    _ other: borrowing BigNumber, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard unsafe BN_gcd(result.pointer, pointer, other.pointer, workspace.pointer) == 1 else {
      throw Library.failure(of: "BN_gcd")
    }
    return result
  }

  /// What times it is 1; fails where there is no such number.
  func inverse(
    modulo modulus: borrowing BigNumber, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard unsafe BN_mod_inverse(result.pointer, pointer, modulus.pointer, workspace.pointer) != nil else {
      throw Library.failure(of: "BN_mod_inverse")
    }
    return result
  }

  /// Its power modulo an odd number, in a time that doesn't depend on the exponent's bits.
  func power(
    _ exponent: borrowing BigNumber, modulo modulus: borrowing BigNumber, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard
      unsafe BN_mod_exp_mont_consttime(
        result.pointer, pointer, exponent.pointer, modulus.pointer, workspace.pointer, nil) == 1
    else { throw Library.failure(of: "BN_mod_exp_mont_consttime") }
    return result
  }

  /// Its power modulo an odd number, for exponents that everyone may know: the time depends on their bits.
  func publicPower(
    _ exponent: borrowing BigNumber, modulo modulus: borrowing BigNumber, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> BigNumber {
    let result = try BigNumber()
    guard
      unsafe BN_mod_exp_mont(
        result.pointer, pointer, exponent.pointer, modulus.pointer, workspace.pointer, nil) == 1
    else { throw Library.failure(of: "BN_mod_exp_mont") }
    return result
  }
}
