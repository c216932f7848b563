import Cryptography
import Journal
import Wire

/// The keys of a run in the files that others read: Wireshark's two tables, its preferences, and a list in JSON.
struct KeyFiles: Sendable {
  private(set) var associations: [AssociationDescription] = []
  private(set) var isakmpKeys: [(cookie: [UInt8], key: [UInt8])] = []
  private var cookies: [ExchangePlace: [UInt8]] = [:]
  private var known: Set<AssociationName> = []

  private struct ExchangePlace: Hashable, Sendable {
    var node: NodeID
    var exchange: ExchangeID
  }

  /// The entries that keys come from.
  static let kinds = ["security.associationInstalled", "exchange.began", "exchange.derived"]
    .flatMap { Event.kinds(named: $0) }

  /// What the engine calls the key of a phase 1 association's cipher, expanded where the cipher needs more than SKEYID_e.
  static let cipherKeyName = "cipher key"

  /// Takes note of an entry that tells a key. Both ends tell of the same keys; they are listed once.
  mutating func learn(_ entry: Entry) {
    switch entry.event {
    case .security(.associationInstalled(let description)):
      if known.insert(description.name).inserted { associations.append(description) }
    case .exchange(.began(let id, _, _, _, let cookies, _, _)):
      self.cookies[ExchangePlace(node: entry.node, exchange: id)] = Array(cookies.prefix(8))
    case .exchange(.derived(let id, let value)) where value.name == Self.cipherKeyName:
      guard let cookie = cookies[ExchangePlace(node: entry.node, exchange: id)], cookie.count == 8,
        !isakmpKeys.contains(where: { $0.cookie == cookie && $0.key == value.value })
      else { return }
      isakmpKeys.append((cookie, value.value))
    default: break
    }
  }

  // MARK: Wireshark

  /// Wireshark's `esp_sa`: a line a direction, eight fields. It has no such table for AH, needs none for IPComp, and knows
  /// not every cipher.
  var espAssociations: [String] {
    associations.filter { $0.name.protocolNumber == IPProtocol.esp.rawValue }.compactMap(Self.line)
  }

  private static func line(_ association: AssociationDescription) -> String? {
    guard let names = ForeignNames(association), let cipher = names.cipher.wireshark,
      let source = IPAddress(octets: association.source),
      let destination = IPAddress(octets: association.name.destination)
    else { return nil }
    let family = if case .v4 = source { "IPv4" } else { "IPv6" }
    let fields = [
      family, "\(source)", "\(destination)", Words.spi(association.name.spi), cipher,
      key(association.cipherKey), names.integrity.wireshark, key(association.integrityKey),
    ]
    return fields.map { "\"\($0)\"" }.joined(separator: ",") + "\n"
  }

  private static func key(_ octets: [UInt8]) -> String { octets.isEmpty ? "" : "0x" + Words.hexadecimal(octets) }

  /// Wireshark's `ikev1_decryption_table`: the initiator's cookie and the cipher's key.
  var isakmpTable: String {
    isakmpKeys.map { "\(Words.hexadecimal($0.cookie)),\(Words.hexadecimal($0.key))\n" }.joined()
  }

  /// What makes Wireshark use the tables, and judge checksums as a simulated network wants it.
  static let preferences = """
    esp.enable_encryption_decode: TRUE
    esp.enable_authentication_check: TRUE
    ip.check_checksum: TRUE
    udp.check_checksum: TRUE
    tcp.check_checksum: TRUE

    """

  // MARK: A list in JSON

  /// The associations as a JSON list, an object a direction: those of ESP, AH and IPComp. Every value in it is made of
  /// digits, letters and a few signs that JSON need not escape.
  var list: String {
    listed.isEmpty ? "[]\n" : "[\n  " + listed.joined(separator: ",\n  ") + "\n]\n"
  }

  /// The objects of the list.
  var listed: [String] { associations.compactMap(Self.object) }

  private static func object(_ association: AssociationDescription) -> String? {
    guard let fields = algorithms(association), let source = IPAddress(octets: association.source),
      let destination = IPAddress(octets: association.name.destination)
    else { return nil }
    let names = [
      ("proto", fields.name), ("spi", Words.spi(association.name.spi)), ("src", "\(source)"), ("dst", "\(destination)"),
      ("mode", association.isTunnel ? "tunnel" : "transport"),
    ]
    return "{" + (names + fields.algorithms).map { "\"\($0.0)\": \"\($0.1)\"" }.joined(separator: ", ") + "}"
  }

  /// The protocol's name in the list, and its algorithms with their keys; `nil` for what the list has no words for.
  private static func algorithms(
    _ association: AssociationDescription
  ) -> (name: String, algorithms: [(String, String)])? {
    let number = IPProtocol(rawValue: association.name.protocolNumber)
    if number == .ipcomp { return association.isDeflate ? ("comp", [("comp", "deflate")]) : nil }
    guard number == .ah || number == .esp, let names = ForeignNames(association) else { return nil }
    let authenticator = [
      ("auth", names.integrity.list), ("auth_key", Words.hexadecimal(association.integrityKey)),
    ]
    guard number == .esp else { return ("ah", authenticator) }
    return ("esp", [("enc", names.cipher.list), ("enc_key", Words.hexadecimal(association.cipherKey))] + authenticator)
  }
}

/// What others call the algorithms of an association.
private struct ForeignNames {
  /// `nil` where Wireshark has no name for it.
  var cipher: (wireshark: String?, list: String)
  var integrity: (wireshark: String, list: String)

  /// `nil` where an algorithm is none that this version knows: then there is nothing to be said about the association.
  init?(_ association: AssociationDescription) {
    let cipher =
      association.cipher.isEmpty ? CipherAlgorithm.null : AlgorithmName.cipherAlgorithm(association.cipher)
    guard let cipher, let integrity = AlgorithmName.integrityAlgorithm(association.integrity) else { return nil }
    self.cipher = Self.names(cipher)
    self.integrity = Self.names(integrity)
  }

  private static func names(_ cipher: CipherAlgorithm) -> (wireshark: String?, list: String) {
    switch cipher {
    case .null: ("NULL", "NULL")
    case .desCBC: ("DES-CBC [RFC2405]", "DES")
    case .tripleDESCBC: ("TripleDES-CBC [RFC2451]", "3DES")
    case .aes128CBC, .aes192CBC, .aes256CBC: ("AES-CBC [RFC3602]", "AES-CBC")
    case .cast128CBC: ("CAST5-CBC [RFC2144]", "CAST")
    case .blowfishCBC: ("BLOWFISH-CBC [RFC2451]", "Blowfish")
    case .aes128CTR, .aes192CTR, .aes256CTR: ("AES-CTR [RFC3686]", "AES-CTR")
    case .ideaCBC: (nil, "IDEA")
    }
  }

  private static func names(_ integrity: IntegrityAlgorithm) -> (wireshark: String, list: String) {
    switch integrity {
    case .none: ("NULL", "NULL")
    case .hmacMD5_96: ("HMAC-MD5-96 [RFC2403]", "HMAC-MD5-96")
    case .hmacSHA1_96: ("HMAC-SHA-1-96 [RFC2404]", "HMAC-SHA1-96")
    case .hmacSHA256_128: ("HMAC-SHA-256-128 [RFC4868]", "SHA2-256-128")
    case .hmacSHA384_192: ("HMAC-SHA-384-192 [RFC4868]", "SHA2-384-192")
    case .hmacSHA512_256: ("HMAC-SHA-512-256 [RFC4868]", "SHA2-512-256")
    case .hmacRIPEMD160_96: ("MAC-RIPEMD-160-96 [RFC2857]", "HMAC-RIPEMD160-96")
    }
  }
}
