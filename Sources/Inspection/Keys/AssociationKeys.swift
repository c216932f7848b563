import Cryptography
import Wire

/// What somebody knows of one security association: to which packets it belongs, and with what it opens them.
public struct AssociationKeys: Hashable, Sendable {
  /// How packets were encrypted.
  public enum Encryption: Hashable, Sendable {
    /// With a cipher that we have.
    case cipher(CipherAlgorithm, key: [UInt8])
    /// With one that we do not have, by its name.
    case unsupported(String)
  }

  /// How packets were authenticated.
  public enum Integrity: Hashable, Sendable {
    /// Not at all.
    case none
    /// With an HMAC of which the packet carries the first `length` octets.
    case hmac(HashAlgorithm, length: Int, key: [UInt8])
    /// The key file gives the length of the ICV and no key: it is not to be checked.
    case unchecked(length: Int)
    /// With something that we do not have, by its name.
    case unsupported(String)
  }

  /// ESP or AH.
  public var securityProtocol: SecurityProtocol
  /// Which SPIs.
  public var spi: SPIPattern
  /// The source addresses of the packets.
  public var source: AddressPattern
  /// Their destination addresses: with SPI and protocol they name the association (RFC 2401 §4.1).
  public var destination: AddressPattern
  /// How packets were encrypted; of no meaning for AH.
  public var encryption: Encryption
  /// How packets were authenticated.
  public var integrity: Integrity
  /// Where this comes from, for people: `esp_sa:3`.
  public var origin: String

  public init(
    _ securityProtocol: SecurityProtocol, spi: SPIPattern, source: AddressPattern = .any,
    destination: AddressPattern = .any, encryption: Encryption = .cipher(.null, key: []), integrity: Integrity = .none,
    origin: String
  ) {
    self.securityProtocol = securityProtocol
    self.spi = spi
    self.source = source
    self.destination = destination
    self.encryption = encryption
    self.integrity = integrity
    self.origin = origin
  }
}

/// The key of an ISAKMP SA's cipher, as `ikev1_decryption_table` has it: already expanded where the cipher needs more
/// than SKEYID_e gives.
public struct ISAKMPKey: Hashable, Sendable {
  /// CKY-I of the ISAKMP SA.
  public var initiatorCookie: Cookie
  /// The final key of the cipher.
  public var key: [UInt8]
  /// Where this comes from, for people: `ikev1_decryption_table:1`.
  public var origin: String

  public init(initiatorCookie: Cookie, key: [UInt8], origin: String) {
    self.initiatorCookie = initiatorCookie
    self.key = key
    self.origin = origin
  }
}

/// All keys that there are for a capture or a run.
public struct KeyRing: Hashable, Sendable {
  /// In the order of their files: of several that match, the first whose ICV is right is taken.
  public private(set) var associations: [AssociationKeys] = []
  /// In the order of their files; one ISAKMP SA may have several.
  public private(set) var isakmpKeys: [ISAKMPKey] = []

  public init() {}

  /// Adds what is known of a security association.
  public mutating func add(_ keys: AssociationKeys) { associations.append(keys) }

  /// Adds the key of an ISAKMP SA.
  public mutating func add(_ key: ISAKMPKey) { isakmpKeys.append(key) }
}
