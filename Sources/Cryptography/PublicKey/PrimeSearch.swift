/// Primes from a seeded stream: the same stream gives the same prime, in any process and with any libcrypto.
///
/// From an odd number drawn, one goes up in steps of two to the first prime. Multiples of small primes are left out by a
/// sieve; what is left is tried by Miller and Rabin's test. Its bases are the first primes, not libcrypto's random
/// numbers: of odd numbers drawn at random and 256 bits or longer, fewer than one in 2^80 gets past twelve without being
/// prime (Damgård, Landrock and Pomerance, 1993). Numbers that others chose must not be judged so.
enum PrimeSearch {
  static let bases: [UInt64] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]

  /// Odd candidates from one starting point: among so many numbers of 2048 bits there is almost always a prime.
  private static let window = 8_192
  private static let smallPrimes: [UInt64] = odd(below: 4_096)

  /// The odd primes below a bound.
  private static func odd(below bound: Int) -> [UInt64] {
    var isComposite = [Bool](repeating: false, count: bound)
    return stride(from: 3, to: bound, by: 2).compactMap { number in
      if isComposite[number] { return nil }
      for multiple in stride(from: number * number, to: bound, by: 2 * number) { isComposite[multiple] = true }
      return UInt64(number)
    }
  }

  /// A prime of `bitCount` bits, a multiple of 8, whose two highest are set, so that the product of two is as long as both
  /// together. One more than a multiple of `exponent`, a prime, is passed over. Takes `bitCount` / 8 octets of the
  /// stream, or a multiple of that.
  static func prime(
    bitCount: Int, exponent: UInt64, using generator: inout SeededGenerator
  ) throws(CryptographyError) -> BigNumber {
    let workspace = try Workspace()
    while true {
      var octets = generator.bytes(bitCount / 8)
      octets[0] |= 0xC0
      octets[octets.count - 1] |= 1
      var candidate = try BigNumber(octets)
      let isComposite = sieve(candidate)
      var position = 0
      for index in 0..<window where !isComposite[index] {
        try candidate.add(UInt64(2 * (index - position)))
        position = index
        guard candidate.bitCount == bitCount else { break }
        if candidate.remainder(exponent) == 1 { continue }
        if try isProbablyPrime(candidate, workspace) { return candidate }
      }
    }
  }

  /// Which of the odd numbers from `start` on are multiples of a small prime.
  private static func sieve(_ start: borrowing BigNumber) -> [Bool] {
    var isComposite = [Bool](repeating: false, count: window)
    for prime in smallPrimes {
      // start + 2i ≡ 0: i ≡ -start / 2, and 1/2 is (prime + 1) / 2.
      let first = (prime - start.remainder(prime)) % prime * ((prime + 1) / 2) % prime
      for index in stride(from: Int(first), to: window, by: Int(prime)) { isComposite[index] = true }
    }
    return isComposite
  }

  /// Whether an odd number, larger than the bases, passes Miller and Rabin's test to each of them.
  static func isProbablyPrime(
    _ number: borrowing BigNumber, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> Bool {
    let less = try number.lessOne()
    var twos = 0
    while try less.shifted(right: twos).isOdd == false { twos += 1 }
    let odd = try less.shifted(right: twos)
    for base in bases {
      guard try passes(base, number, less, odd, twos, workspace) else { return false }
    }
    return true
  }

  /// base^odd is 1, or one of its squares is -1.
  private static func passes(
    _ base: UInt64, _ number: borrowing BigNumber, _ less: borrowing BigNumber, _ odd: borrowing BigNumber,
    _ twos: Int, _ workspace: borrowing Workspace
  ) throws(CryptographyError) -> Bool {
    var power = try BigNumber(base).power(odd, modulo: number, workspace)
    if power.isOne || power.equals(less) { return true }
    for _ in 1..<max(twos, 1) {
      power = try power.times(power, modulo: number, workspace)
      if power.equals(less) { return true }
    }
    return false
  }
}
