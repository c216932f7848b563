import Cryptography
import Inspection
import Journal
import Recording
import Wire

extension KeyRing {
  /// Every key of a recorded run, as its journal tells them. Where a key file has a line's name, these have their
  /// entry's: `entry 123`.
  public init(_ reader: RunReader) throws(RecordingError) { self = try RunKeys(reader).ring }
}

/// The keys of a run, and the associations that they are of, found in one reading.
struct RunKeys: Sendable {
  /// An association that a node installed.
  struct Installation: Sendable {
    var entry: EntryID
    var description: AssociationDescription
  }

  private(set) var ring = KeyRing()
  /// Installations in their order; both ends of an association have theirs.
  private(set) var installations: [Installation] = []
  private var files = KeyFiles()

  init(_ reader: RunReader) throws(RecordingError) {
    var keys = RunKeys()
    try reader.walk(matching: EntryFilter(kinds: KeyFiles.kinds)) { entry in
      keys.learn(entry)
      return .on
    }
    self = keys
  }

  private init() {}

  private mutating func learn(_ entry: Entry) {
    let (associations, keys) = (files.associations.count, files.isakmpKeys.count)
    let origin = "entry \(entry.id.rawValue)"
    files.learn(entry)
    for description in files.associations[associations...] {
      if let keys = AssociationKeys(description, origin: origin) { ring.add(keys) }
    }
    for key in files.isakmpKeys[keys...] { ring.add(ISAKMPKey(key.cookie, key.key, origin)) }
    if case .security(.associationInstalled(let description)) = entry.event {
      installations.append(Installation(entry: entry.id, description: description))
    }
  }

  /// The last installation up to an entry of the association of that name.
  func installation(of name: AssociationName, upTo entry: EntryID) -> Installation? {
    installations.last { $0.entry <= entry && $0.description.name == name }
  }
}

extension ISAKMPKey {
  fileprivate init(_ cookie: [UInt8], _ key: [UInt8], _ origin: String) {
    let number = cookie.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    self.init(initiatorCookie: Cookie(rawValue: number), key: key, origin: origin)
  }
}

extension AssociationKeys {
  /// The keys of an association of a journal; `nil` where an address of it makes no sense, and for IPComp, which has no
  /// keys.
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
