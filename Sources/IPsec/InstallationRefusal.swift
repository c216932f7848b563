import Cryptography
import Wire

/// Why an association was not put into the database. The text is what a person reads.
public enum InstallationRefusal: Error, Hashable, Sendable {
  /// The SPI is one of those that are not for associations: RFC 2406 §2.1.
  case reservedSPI(UInt32)
  /// The database has one of this identity already.
  case alreadyInstalled(AssociationIdentity)
  /// It is for another protocol than ESP.
  case securityProtocol(IPProtocol)
  /// No entry of this name applies IPsec.
  case noSuchPolicy(String)
  /// The entry wants the other mode.
  case wrongMode(policy: String, wantsTunnel: Bool)
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
      "\(number.name ?? "protocol \(number.rawValue)") cannot be applied yet; expected ESP"
    case .noSuchPolicy(let name): "no policy entry \"\(name)\" applies IPsec at this node"
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
    guard identity.securityProtocol == .esp else { throw .securityProtocol(identity.securityProtocol) }
    guard identity.spi > 255 else { throw .reservedSPI(identity.spi) }
    guard let index = policies.index(of: policy), case .apply(let protection) = policies.entries[index].action else {
      throw .noSuchPolicy(policy)
    }
    guard isTunnel == protection.mode.isTunnel else {
      throw .wrongMode(policy: policy, wantsTunnel: protection.mode.isTunnel)
    }
    guard !suite.cipher.isWeakKey(cipherKey) else { throw .weakKey(suite.cipher) }
    try checkKeys()
    return index
  }

  private func checkKeys() throws(InstallationRefusal) {
    let (cipher, integrity) = (suite.cipher, suite.integrity)
    guard cipher.keyLengths.contains(cipherKey.count) else {
      throw .key(.keyLength(algorithm: cipher.name, expected: cipher.keyLengths, actual: cipherKey.count))
    }
    guard integrityKey.count == integrity.keyLength else {
      let expected = integrity.keyLength...integrity.keyLength
      throw .key(.keyLength(algorithm: integrity.name, expected: expected, actual: integrityKey.count))
    }
  }
}

extension EncapsulationMode {
  /// Whether it is tunnel mode.
  public var isTunnel: Bool {
    switch self {
    case .tunnel: true
    case .transport: false
    }
  }
}
