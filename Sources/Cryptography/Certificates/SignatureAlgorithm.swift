/// How a certificate or a revocation list is signed (RFC 2459 §7.2).
public struct SignatureAlgorithm: Hashable, Sendable {
  /// AlgorithmIdentifier as it is encoded.
  let encoded: [UInt8]
  /// nil where nothing is known of it.
  private let row: Row?

  private struct Row: Hashable, Sendable {
    let identifier: ObjectIdentifier
    let name: String
    let isRSA: Bool
    let hash: HashAlgorithm
  }

  private static let table: [Row] = [
    Row(
      identifier: ObjectIdentifier(1, 2, 840, 113549, 1, 1, 4), name: "md5WithRSAEncryption", isRSA: true, hash: .md5),
    Row(
      identifier: ObjectIdentifier(1, 2, 840, 113549, 1, 1, 5), name: "sha1WithRSAEncryption", isRSA: true,
      hash: .sha1),
    Row(
      identifier: ObjectIdentifier(1, 2, 840, 113549, 1, 1, 11), name: "sha256WithRSAEncryption", isRSA: true,
      hash: .sha256),
    Row(
      identifier: ObjectIdentifier(1, 2, 840, 113549, 1, 1, 12), name: "sha384WithRSAEncryption", isRSA: true,
      hash: .sha384),
    Row(
      identifier: ObjectIdentifier(1, 2, 840, 113549, 1, 1, 13), name: "sha512WithRSAEncryption", isRSA: true,
      hash: .sha512),
    Row(identifier: ObjectIdentifier(1, 2, 840, 10040, 4, 3), name: "dsaWithSHA1", isRSA: false, hash: .sha1),
    Row(
      identifier: ObjectIdentifier(2, 16, 840, 1, 101, 3, 4, 3, 2), name: "dsaWithSHA256", isRSA: false, hash: .sha256),
  ]

  /// The one of a key with a hash; nil where no certificate is signed so.
  init?(_ key: PrivateKey, _ hash: HashAlgorithm) {
    let isRSA = if case .rsa = key { true } else { false }
    guard let row = Self.table.first(where: { $0.isRSA == isRSA && $0.hash == hash }) else { return nil }
    self.row = row
    let identifier = DER.objectIdentifier(row.identifier)
    // RSA's have a NULL behind them, DSA's nothing: RFC 2459 §7.2.1, §7.2.2.
    encoded = isRSA ? DER.sequence(identifier, DER.null) : DER.sequence(identifier)
  }

  init(reading reader: inout DERReader, _ field: String) throws(DERError) {
    let value = try reader.next(.sequence, field)
    encoded = reader.whole(value)
    var inside = try reader.inside(value)
    let identifier = try inside.objectIdentifier(field)
    row = Self.table.first { $0.identifier == identifier }
    name = row?.name ?? "\(identifier)"
  }

  /// `sha1WithRSAEncryption`, or the numbers of one that is not known.
  public private(set) var name = ""

  func sign(_ octets: [UInt8], with key: PrivateKey) throws(CryptographyError) -> [UInt8] {
    guard let row else { throw .algorithmUnavailable(name: name, reason: "nothing is known of it") }
    let digest = row.hash.digest(octets)
    switch key {
    case .rsa(let key): return try key.sign(digest: digest, by: row.hash)
    case .dsa(let key):
      let signature = try key.sign(digest: digest, by: row.hash)
      let half = signature.count / 2
      return DER.sequence(DER.integer(Array(signature[..<half])), DER.integer(Array(signature[half...])))
    }
  }

  /// Whether it is a signature of `octets` under the key; false too where key and algorithm don't go together, or nothing
  /// is known of the algorithm.
  func isSignature(
    _ signature: [UInt8], of octets: [UInt8], by key: PublicKey
  ) throws(CryptographyError) -> Bool {
    guard let row else { return false }
    let digest = row.hash.digest(octets)
    switch key {
    case .rsa(let key):
      guard row.isRSA else { return false }
      return try key.isSignature(signature, ofDigest: digest, by: row.hash)
    case .dsa(let key):
      guard !row.isRSA, let numbers = try? Self.numbers(signature, each: key.parameters.order.count) else {
        return false
      }
      return try key.isSignature(numbers, ofDigest: digest)
    }
  }

  /// r and s, one behind the other, of the sequence that certificates carry (RFC 2459 §7.2.2).
  static func numbers(_ signature: [UInt8], each length: Int) throws(DERError) -> [UInt8] {
    var outer = DERReader(signature, structure: "DSA signature")
    var reader = try outer.sequence("Dss-Sig-Value")
    var numbers: [UInt8] = []
    for field in ["r", "s"] {
      let offset = reader.position
      let number = try reader.number(field)
      guard number.count <= length else { throw reader.error(field, at: offset, "is longer than the order") }
      numbers += [UInt8](repeating: 0, count: length - number.count) + number
    }
    try reader.finish("Dss-Sig-Value")
    try outer.finish("Dss-Sig-Value")
    return numbers
  }
}
