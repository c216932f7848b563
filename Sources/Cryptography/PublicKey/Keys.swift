/// A public key of either kind.
public enum PublicKey: Hashable, Sendable {
  /// For signatures and encryption.
  case rsa(RSAPublicKey)
  /// For signatures only.
  case dsa(DSAPublicKey)

  /// The algorithm's name: `RSA`.
  public var algorithm: String {
    switch self {
    case .rsa: "RSA"
    case .dsa: "DSA"
    }
  }

  /// Whether `signature` is IKE's over a HASH: RSA in a block of type 1 without an algorithm's identifier, DSS as r and s
  /// one behind the other (RFC 2409 §5.1). DSS takes the HASH for its digest.
  public func isSignature(_ signature: [UInt8], ofHash hash: [UInt8]) throws(CryptographyError) -> Bool {
    switch self {
    case .rsa(let key): try key.isSignature(signature, of: hash)
    case .dsa(let key): try key.isSignature(signature, ofDigest: hash)
    }
  }
}

/// A key whole, of either kind.
public enum PrivateKey: Hashable, Sendable {
  /// For signatures and encryption.
  case rsa(RSAPrivateKey)
  /// For signatures only.
  case dsa(DSAPrivateKey)

  /// The public half.
  public var publicKey: PublicKey {
    switch self {
    case .rsa(let key): .rsa(key.publicKey)
    case .dsa(let key): .dsa(key.publicKey)
    }
  }

  /// IKE's signature over a HASH: RSA in a block of type 1 without an algorithm's identifier, DSS as r and s one behind
  /// the other (RFC 2409 §5.1). DSS takes the HASH, which SHA-1 made, for its digest. Nothing random is in either.
  public func sign(hash: [UInt8]) throws(CryptographyError) -> [UInt8] {
    switch self {
    case .rsa(let key): try key.sign(hash)
    case .dsa(let key): try key.sign(digest: hash)
    }
  }
}

/// Why a text or a file is not a key or a certificate.
public enum KeyReadingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The text is not in PEM, or holds something else.
  case text(PEMError)
  /// The octets are no key and no certificate.
  case encoding(DERError)
  /// The numbers are no key, or none that is taken.
  case key(CryptographyError)

  public var description: String {
    switch self {
    case .text(let error): "\(error)"
    case .encoding(let error): "\(error)"
    case .key(let error): "\(error)"
    }
  }
}
