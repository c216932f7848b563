import Cryptography
import Inspection
import Journal
import Recording
import Wire

extension KeyRing {
  /// Every key of a recorded run, as its journal tells them. What an association is called there is its line's name:
  /// `entry 123`.
  public init(_ reader: RunReader) throws(RecordingError) {
    self.init()
    var files = KeyFiles()
    var ring = KeyRing()
    try reader.walk(matching: EntryFilter(kinds: KeyFiles.kinds)) { entry in
      let (associations, keys) = (files.associations.count, files.isakmpKeys.count)
      files.learn(entry)
      for description in files.associations[associations...] {
        if let keys = AssociationKeys(description, origin: "entry \(entry.id.rawValue)") { ring.add(keys) }
      }
      for key in files.isakmpKeys[keys...] { ring.add(ISAKMPKey(key.cookie, key.key, "entry \(entry.id.rawValue)")) }
      return .on
    }
    self = ring
  }
}

extension ISAKMPKey {
  fileprivate init(_ cookie: [UInt8], _ key: [UInt8], _ origin: String) {
    let number = cookie.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    self.init(initiatorCookie: Cookie(rawValue: number), key: key, origin: origin)
  }
}

extension AssociationKeys {
  /// The keys of an association of a journal; `nil` where an address or a protocol of it makes no sense.
  fileprivate init?(_ description: AssociationDescription, origin: String) {
    guard let source = IPAddress(octets: description.source),
      let destination = IPAddress(octets: description.name.destination)
    else { return nil }
    let isAH = description.name.protocolNumber == IPProtocol.ah.rawValue
    guard isAH || description.name.protocolNumber == IPProtocol.esp.rawValue else { return nil }
    self.init(
      isAH ? .ah : .esp, spi: SPIPattern(description.name.spi), source: AddressPattern(source),
      destination: AddressPattern(destination), encryption: Self.encryption(description),
      integrity: Self.integrity(description), origin: origin)
  }

  private static func encryption(_ description: AssociationDescription) -> Encryption {
    if description.cipher.isEmpty { return .cipher(.null, key: []) }
    guard let algorithm = AlgorithmName.cipherAlgorithm(description.cipher) else {
      return .unsupported(description.cipher)
    }
    return .cipher(algorithm, key: description.cipherKey)
  }

  private static func integrity(_ description: AssociationDescription) -> Integrity {
    guard let algorithm = AlgorithmName.integrityAlgorithm(description.integrity) else {
      return .unsupported(description.integrity)
    }
    guard let hash = algorithm.hash else { return .none }
    return .hmac(hash, length: algorithm.icvLength, key: description.integrityKey)
  }
}
