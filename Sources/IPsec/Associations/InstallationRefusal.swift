import Cryptography
import Wire

/// Why an association was not put into the database. The text is what a person reads.
public enum InstallationRefusal: Error, Hashable, Sendable {
  /// The SPI is one of those that are not for associations: RFC 2406 §2.1.
  case reservedSPI(UInt32)
  /// The database has one of this identity already.
  case alreadyInstalled(AssociationIdentity)
  /// Its identity is for another protocol than its suite.
  case securityProtocol(IPProtocol)
  /// No entry of this name applies IPsec.
  case noSuchPolicy(String)
  /// The entry has no such layer.
  case noSuchLayer(policy: String, layer: Int, count: Int)
  /// The entry's layer wants another protocol.
  case wrongProtocol(policy: String, wants: IPProtocol)
  /// The entry's layer wants the other mode.
  case wrongMode(policy: String, wantsTunnel: Bool)
  /// A compression parameter index is two octets: RFC 2393 §3.3.
  case compressionParameterIndex(UInt32)
  /// AH without an authenticator: RFC 2402 §5.
  case noAuthenticator
  /// A key that its algorithm does not take.
  case key(CryptographyError)
  /// A key that the cipher must not be used with: RFC 2405 §2.2, RFC 2451 §2.3.
  case weakKey(CipherAlgorithm)
}

extension InstallationRefusal: CustomStringConvertible {
  public var description: String {
    switch self {
    case .reservedSPI(let spi): "SPI \(spi) is reserved; the first that an association may have is 256 (RFC 2406 §2.1)"
    case .alreadyInstalled(let identity): "\(identity) is in the database already"
    case .securityProtocol(let number):
      "\(number.name ?? "protocol \(number.rawValue)") is not what its algorithms are for"
    case .noSuchPolicy(let name): "no policy entry \"\(name)\" applies IPsec at this node"
    case .noSuchLayer(let policy, let layer, let count):
      "policy entry \"\(policy)\" applies \(count) association\(count == 1 ? "" : "s"), and this is number \(layer + 1)"
    case .wrongProtocol(let policy, let wants):
      "policy entry \"\(policy)\" wants \(wants.name ?? "protocol \(wants.rawValue)") here"
    case .compressionParameterIndex(let number):
      "CPI \(number) does not fit into two octets; expected 0 to 65535 (RFC 2393 §3.3)"
    case .noAuthenticator: "AH needs an authenticator (RFC 2402 §5)"
    case .wrongMode(let policy, let wantsTunnel):
      "policy entry \"\(policy)\" wants \(wantsTunnel ? "tunnel" : "transport") mode"
    case .key(let error): error.description
    case .weakKey(let cipher): "\(cipher.name): the key is weak (RFC 2405 §2.2, RFC 2451 §2.3)"
    }
  }
}

extension AssociationIdentity: CustomStringConvertible {
  /// `ESP 0x00001001 to 192.0.2.1`.
  public var description: String {
    let digits = String(spi, radix: 16)
    let padded = String(repeating: "0", count: 8 - digits.count) + digits
    return "\(securityProtocol.name ?? "protocol \(securityProtocol.rawValue)") 0x\(padded) to \(destination)"
  }
}

extension AssociationParameters {
  /// Says what is wrong with them at a node with these policies; gives the place of their entry.
  func check(against policies: SecurityPolicyDatabase) throws(InstallationRefusal) -> Int {
    try checkIdentity()
    guard let index = policies.index(of: policy), case .apply(let protection) = policies.entries[index].action else {
      throw .noSuchPolicy(policy)
    }
    guard let layer = protection.layer(layer) else {
      throw .noSuchLayer(policy: policy, layer: layer, count: protection.layerCount)
    }
    guard layer.securityProtocol == suite.securityProtocol else {
      throw .wrongProtocol(policy: policy, wants: layer.securityProtocol)
    }
    guard isTunnel == layer.mode.isTunnel else {
      throw .wrongMode(policy: policy, wantsTunnel: layer.mode.isTunnel)
    }
    try checkKeys()
    return index
  }

  private func checkIdentity() throws(InstallationRefusal) {
    guard identity.securityProtocol == suite.securityProtocol else {
      throw .securityProtocol(identity.securityProtocol)
    }
    guard !suite.isOptional else {
      // The well-known indices, below 64, are for use without a negotiation: RFC 2393 §3.3.
      if identity.spi > UInt32(UInt16.max) { throw .compressionParameterIndex(identity.spi) }
      return
    }
    guard identity.spi > 255 else { throw .reservedSPI(identity.spi) }
  }

  private func checkKeys() throws(InstallationRefusal) {
    let (cipher, integrity) = (suite.cipher, suite.integrity)
    if case .ah(.none) = suite { throw .noAuthenticator }
    guard !cipher.isWeakKey(cipherKey) else { throw .weakKey(cipher) }
    guard cipher.keyLengths.contains(cipherKey.count) else {
      throw .key(.keyLength(algorithm: cipher.name, expected: cipher.keyLengths, actual: cipherKey.count))
    }
    guard integrityKey.count == integrity.keyLength else {
      let expected = integrity.keyLength...integrity.keyLength
      throw .key(.keyLength(algorithm: integrity.name, expected: expected, actual: integrityKey.count))
    }
  }
}
