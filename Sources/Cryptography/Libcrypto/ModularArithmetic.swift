import CLibcrypto

/// Exponentiation modulo one odd prime, with what Montgomery's method needs computed once.
///
/// Both numbers are only read after `init`, which libcrypto permits from several threads at once.
@safe final class ModularArithmetic: @unchecked Sendable {
  /// Octets of the modulus, and of every result.
  let length: Int
  fileprivate let modulus: OpaquePointer
  fileprivate let montgomery: OpaquePointer

  /// `modulus`: odd, the most significant octet first.
  init(modulus octets: [UInt8]) throws(CryptographyError) {
    length = octets.count
    let made = try BigNumber(octets)
    guard let context = unsafe BN_MONT_CTX_new() else { throw Library.failure(of: "BN_MONT_CTX_new") }
    let workspace = try Workspace()
    guard unsafe BN_MONT_CTX_set(context, made.pointer, workspace.pointer) == 1, let kept = unsafe BN_dup(made.pointer)
    else {
      unsafe BN_MONT_CTX_free(context)
      throw Library.failure(of: "BN_MONT_CTX_set")
    }
    unsafe montgomery = context
    unsafe modulus = kept
  }

  deinit {
    unsafe BN_free(modulus)
    unsafe BN_MONT_CTX_free(montgomery)
  }

  /// base^exponent, as long as the modulus, in a time that does not depend on the exponent's bits.
  func power(_ base: [UInt8], _ exponent: [UInt8]) throws(CryptographyError) -> [UInt8] {
    let base = try BigNumber(base)
    let exponent = try BigNumber(exponent)
    let result = try BigNumber([])
    let workspace = try Workspace()
    guard
      unsafe BN_mod_exp_mont_consttime(
        result.pointer, base.pointer, exponent.pointer, modulus, workspace.pointer, montgomery) == 1
    else { throw Library.failure(of: "BN_mod_exp_mont_consttime") }
    return try result.octets(length)
  }
}

/// Powers of one base, so that raising it takes one multiplication an octet of the exponent and no squaring: entry
/// (i, d) is base^(d · 256^i).
///
/// Deviates: which entries are read shows in the processor's caches, unlike with ``ModularArithmetic/power(_:_:)``.
/// Whoever could look there could as well read the run's seed, from which the exponents come.
///
/// Its numbers, too, are only read after `init`.
@safe final class FixedBaseTable: @unchecked Sendable {
  private static let digits = 255

  /// Octets of the longest exponent.
  let exponentLength: Int
  private let arithmetic: ModularArithmetic
  /// In Montgomery form, row by row; digit 0 has no entry. Only read after `init`.
  private let entries: [OpaquePointer]

  init(base: [UInt8], exponentLength: Int, _ arithmetic: ModularArithmetic) throws(CryptographyError) {
    self.exponentLength = exponentLength
    self.arithmetic = arithmetic
    let workspace = try Workspace()
    let plain = try BigNumber(base)
    let step = try BigNumber([])
    guard unsafe BN_to_montgomery(step.pointer, plain.pointer, arithmetic.montgomery, workspace.pointer) == 1 else {
      throw Library.failure(of: "BN_to_montgomery")
    }
    var made: [OpaquePointer] = unsafe []
    unsafe made.reserveCapacity(exponentLength * Self.digits)
    for _ in 0..<exponentLength {
      guard unsafe Self.appendRow(to: &made, step.pointer, arithmetic.montgomery, workspace.pointer) else {
        unsafe made.forEach { unsafe BN_free($0) }
        throw Library.failure(of: "BN_mod_mul_montgomery")
      }
    }
    unsafe entries = made
  }

  deinit {
    unsafe entries.forEach { unsafe BN_free($0) }
  }

  /// Appends step, step^2, …, step^255 and makes step^256 of `step`.
  private static func appendRow(
    to entries: inout [OpaquePointer], _ step: OpaquePointer, _ montgomery: OpaquePointer, _ workspace: OpaquePointer
  ) -> Bool {
    guard let first = unsafe BN_dup(step) else { return false }
    unsafe entries.append(first)
    var last = unsafe first
    for _ in 1..<digits {
      guard let next = unsafe BN_new() else { return false }
      unsafe entries.append(next)
      guard unsafe BN_mod_mul_montgomery(next, last, first, montgomery, workspace) == 1 else { return false }
      unsafe last = next
    }
    return unsafe BN_mod_mul_montgomery(step, last, first, montgomery, workspace) == 1
  }

  /// base^exponent, as long as the modulus. The exponent has no more octets than ``exponentLength``, and one of them
  /// isn't zero.
  func power(_ exponent: [UInt8]) throws(CryptographyError) -> [UInt8] {
    let product = try BigNumber([])
    let workspace = try Workspace()
    var done = true
    var isFirst = true
    for (row, digit) in exponent.reversed().enumerated() where digit != 0 && done {
      let entry = unsafe entries[row * Self.digits + Int(digit) - 1]
      done =
        isFirst
        ? unsafe BN_copy(product.pointer, entry) != nil
        : unsafe BN_mod_mul_montgomery(
          product.pointer, product.pointer, entry, arithmetic.montgomery, workspace.pointer) == 1
      isFirst = false
    }
    guard done,
      unsafe BN_from_montgomery(product.pointer, product.pointer, arithmetic.montgomery, workspace.pointer) == 1
    else { throw Library.failure(of: "BN_mod_mul_montgomery") }
    return try product.octets(arithmetic.length)
  }
}
