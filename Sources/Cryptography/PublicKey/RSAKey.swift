/// The public half of an RSA key (PKCS #1, RFC 2313): verifies signatures and encrypts, as IKE does both.
public struct RSAPublicKey: Hashable, Sendable {
  /// Bits of the moduli that are taken: a hostile key of any length would cost any time.
  public static let modulusBitCounts = 512...8_192
  /// Bits of the longest exponent that is taken, for the same reason.
  public static let longestExponent = 64

  /// The most significant octet first, and not zero.
  public let modulus: [UInt8]
  /// Likewise.
  public let exponent: [UInt8]

  /// Takes numbers as they come, with zeros in front or without. Refuses even ones, and lengths out of bounds.
  public init(modulus: [UInt8], exponent: [UInt8]) throws(CryptographyError) {
    self.modulus = Array(modulus.drop { $0 == 0 })
    self.exponent = Array(exponent.drop { $0 == 0 })
    let bitCount = Self.bitCount(self.modulus)
    guard Self.modulusBitCounts.contains(bitCount) else {
      throw .key(
        algorithm: "RSA",
        fault: "the modulus has \(bitCount) bits; expected \(Self.modulusBitCounts.lowerBound) to "
          + "\(Self.modulusBitCounts.upperBound)")
    }
    guard (self.modulus.last ?? 0) & 1 == 1 else { throw .key(algorithm: "RSA", fault: "the modulus is even") }
    guard (self.exponent.last ?? 0) & 1 == 1, self.exponent != [1] else {
      throw .key(algorithm: "RSA", fault: "the public exponent is even, or 1")
    }
    guard Self.bitCount(self.exponent) <= Self.longestExponent else {
      throw .key(
        algorithm: "RSA",
        fault: "the public exponent has \(Self.bitCount(self.exponent)) bits; expected at most \(Self.longestExponent)")
    }
  }

  private static func bitCount(_ octets: [UInt8]) -> Int {
    octets.isEmpty ? 0 : octets.count * 8 - octets[0].leadingZeroBitCount
  }

  /// Octets of the modulus, and of every signature and ciphertext.
  public var length: Int { modulus.count }
  /// Bits of the modulus.
  public var bitCount: Int { Self.bitCount(modulus) }

  /// Whether `signature` is the private key's encryption of `octets`, in a block of type 1, as IKE signs its HASH: without
  /// an algorithm's identifier (RFC 2409 §5.1, RFC 2313 §8.1).
  public func isSignature(_ signature: [UInt8], of octets: [UInt8]) throws(CryptographyError) -> Bool {
    guard signature.count == length, let expected = RSABlock.signature(octets, length: length) else { return false }
    guard signature.lexicographicallyPrecedes(modulus) else { return false }
    return try constantTimeEquals(raised(signature), expected)
  }

  /// Whether `signature` is that of a message with the digest given, whose algorithm stands beside it (RFC 2313 §10): what
  /// certificates carry.
  public func isSignature(
    _ signature: [UInt8], ofDigest digest: [UInt8], by algorithm: HashAlgorithm
  ) throws(CryptographyError) -> Bool {
    guard let information = RSABlock.digestInformation(digest, algorithm) else { return false }
    return try isSignature(signature, of: information)
  }

  /// Octets of padding that go with a message of `count` octets; nil where the key is too short for it (RFC 2313 §8.1).
  public func paddingLength(for count: Int) -> Int? {
    let length = length - count - 3
    return length >= RSABlock.shortestPadding ? length : nil
  }

  /// Encrypts a message in a block of type 2, as IKE encrypts identities and nonces (RFC 2409 §5.2, RFC 2313 §8.1).
  /// `padding` has ``paddingLength(for:)`` octets, none of them zero.
  public func encrypt(_ message: [UInt8], padding: [UInt8]) throws(CryptographyError) -> [UInt8] {
    guard let paddingLength = paddingLength(for: message.count) else {
      throw .messageLength(
        algorithm: "RSA with \(bitCount) bits", longest: length - 3 - RSABlock.shortestPadding, actual: message.count)
    }
    guard padding.count == paddingLength, !padding.contains(0) else {
      throw .padding(algorithm: "RSA", expected: paddingLength, actual: padding.count)
    }
    return try raised([0, 2] + padding + [0] + message)
  }

  /// Encrypts with padding from a stream: as many octets of it as are needed, those that are zero passed over.
  public func encrypt(
    _ message: [UInt8], using generator: inout SeededGenerator
  ) throws(CryptographyError) -> [UInt8] {
    var padding: [UInt8] = []
    let count = paddingLength(for: message.count) ?? 0
    while padding.count < count { padding += generator.bytes(count - padding.count).filter { $0 != 0 } }
    return try encrypt(message, padding: padding)
  }

  /// octets^exponent modulo the modulus, as long as it.
  func raised(_ octets: [UInt8]) throws(CryptographyError) -> [UInt8] {
    let workspace = try Workspace()
    return try BigNumber(octets).publicPower(BigNumber(exponent), modulo: BigNumber(modulus), workspace).octets(length)
  }
}

/// What stands in the modulus' octets: RFC 2313 §8.1.
enum RSABlock {
  /// Octets.
  static let shortestPadding = 8

  /// Type 1, for signatures: 00 01 FF … FF 00, and the data; nil where they don't fit.
  static func signature(_ data: [UInt8], length: Int) -> [UInt8]? {
    let padding = length - data.count - 3
    guard padding >= shortestPadding else { return nil }
    return [0, 1] + [UInt8](repeating: 0xFF, count: padding) + [0] + data
  }

  /// The message in a block of type 2: 00 02, eight octets or more that aren't zero, 00, and the message. Every octet is
  /// looked at whatever the others are, so that the time tells nothing of where a wrong one stood (Bleichenbacher, 1998).
  static func message(_ block: [UInt8]) -> [UInt8]? {
    guard block.count > shortestPadding + 3 else { return nil }
    var end = 0
    for index in block.indices.dropFirst(2).reversed() where block[index] == 0 { end = index }
    let isRight = (block[0] == 0 ? 1 : 0) & (block[1] == 2 ? 1 : 0) & (end >= shortestPadding + 2 ? 1 : 0)
    return isRight == 1 ? Array(block[(end + 1)...]) : nil
  }

  /// DigestInfo: a digest with its algorithm's identifier (RFC 2313 §10.1.2); nil where the length is wrong, or no
  /// certificate is signed by that hash.
  static func digestInformation(_ digest: [UInt8], _ algorithm: HashAlgorithm) -> [UInt8]? {
    guard digest.count == algorithm.digestLength else { return nil }
    let identifier = DER.sequence(DER.objectIdentifier(algorithm.objectIdentifier), DER.null)
    return DER.sequence(identifier, DER.octetString(digest))
  }
}
