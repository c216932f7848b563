/// Why a cryptographic operation was not carried out. The text is what a person reads.
public enum CryptographyError: Error, Hashable, Sendable {
  /// libcrypto could not load a provider; `needed` says for what.
  case providerUnavailable(provider: String, needed: String, reason: String)
  /// libcrypto is there, but does not know the algorithm.
  case algorithmUnavailable(name: String, reason: String)
  /// A key of a length that the algorithm does not take, in octets.
  case keyLength(algorithm: String, expected: ClosedRange<Int>, actual: Int)
  /// An initialization vector of the wrong length, in octets.
  case initializationVectorLength(algorithm: String, expected: Int, actual: Int)
  /// Data that is no whole number of cipher blocks, in octets.
  case partialBlock(algorithm: String, blockLength: Int, actual: Int)
  /// A range that is not inside the buffer it was given for.
  case rangeOutside(lowerBound: Int, upperBound: Int, count: Int)
  /// An Integrity Check Value longer than the hash that makes it, or shorter than one octet.
  case integrityCheckValueLength(algorithm: String, longest: Int, actual: Int)
  /// A Diffie-Hellman public value that must not be used.
  case publicValue(group: UInt16, fault: PublicValueFault)
  /// A private exponent without a bit that is set, or a multiple of the order of a curve's generator.
  case privateExponent(group: UInt16)
  /// Numbers that are no key, or none that is taken; the fault is in words.
  case key(algorithm: String, fault: String)
  /// A message that is too long for the key or the algorithm, in octets.
  case messageLength(algorithm: String, longest: Int, actual: Int)
  /// Padding of the wrong length, in octets, or with a zero in it.
  case padding(algorithm: String, expected: Int, actual: Int)
  /// A ciphertext that the key doesn't open.
  case decryption(algorithm: String)
  /// A call into libcrypto failed where nothing but a lack of memory should make it fail.
  case library(call: String, reason: String)

  /// What is wrong with a peer's public value.
  public enum PublicValueFault: Hashable, Sendable {
    /// Not as long as the prime, or as an element of the field.
    case length(expected: Int, actual: Int)
    /// 0, 1 or p-1: the shared secret would be one of three values.
    case degenerate
    /// p or more.
    case notBelowPrime
    /// More bits than the field has.
    case notInField(bitCount: Int)
    /// No point of the curve has this x coordinate.
    case notOnCurve
    /// The point's order divides 12: the shared secret would be one of a few values.
    case smallOrder
  }
}

extension CryptographyError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .providerUnavailable(let provider, let needed, let reason):
      """
      libcrypto's \(provider) provider could not be loaded (\(reason)), and \(needed) needs it; \
      Debian has it in the package libssl3, and OPENSSL_MODULES names the folder if it lies elsewhere
      """
    case .algorithmUnavailable(let name, let reason): "libcrypto has no \(name) (\(reason))"
    case .keyLength(let algorithm, let expected, let actual):
      "\(algorithm): a key of \(octets(actual)); expected \(octets(expected))"
    case .initializationVectorLength(let algorithm, let expected, let actual):
      "\(algorithm): an initialization vector of \(octets(actual)); expected \(octets(expected))"
    case .partialBlock(let algorithm, let blockLength, let actual):
      "\(algorithm): \(octets(actual)) of data; expected a multiple of \(octets(blockLength))"
    case .rangeOutside(let lowerBound, let upperBound, let count):
      "octets \(lowerBound)..<\(upperBound) are not inside a buffer of \(octets(count))"
    case .integrityCheckValueLength(let algorithm, let longest, let actual):
      "\(algorithm): an ICV of \(octets(actual)); expected \(octets(1...longest))"
    case .publicValue(let group, let fault): "Oakley group \(group): the public value \(fault)"
    case .privateExponent(let group): "Oakley group \(group): the private exponent is zero"
    case .key(let algorithm, let fault): "\(algorithm) key: \(fault)"
    case .messageLength(let algorithm, let longest, let actual):
      "\(algorithm): a message of \(octets(actual)); expected at most \(octets(longest))"
    case .padding(let algorithm, let expected, let actual):
      "\(algorithm): padding of \(octets(actual)); expected \(octets(expected)), none of them zero"
    case .decryption(let algorithm): "\(algorithm): the ciphertext can't be opened with this key"
    case .library(let call, let reason): "libcrypto: \(call) failed (\(reason))"
    }
  }
}

extension CryptographyError.PublicValueFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .length(let expected, let actual): "has \(octets(actual)); expected \(octets(expected)) (RFC 2409 §5)"
    case .degenerate: "is 0, 1 or p-1, which leaves no secret (RFC 2631 §2.1.5)"
    case .notBelowPrime: "is not below the prime (RFC 2631 §2.1.5)"
    case .notInField(let bitCount): "has more than the \(bitCount) bits of the field (RFC 2409 §6)"
    case .notOnCurve: "is not the x coordinate of a point of the curve (RFC 2409 §6)"
    case .smallOrder: "belongs to a point whose order divides 12, which leaves no secret"
    }
  }
}

/// `1 octet`, `2 octets`.
func octets(_ count: Int) -> String { count == 1 ? "1 octet" : "\(count) octets" }

private func octets(_ counts: ClosedRange<Int>) -> String {
  counts.count == 1 ? octets(counts.lowerBound) : "\(counts.lowerBound) to \(octets(counts.upperBound))"
}
