import Cryptography
import Units
import Wire

/// The random streams of an engine, one for each purpose, so that a further nonce changes no SPI.
public struct IKERandomness: Hashable, Sendable {
  /// The local secret of the cookies.
  public var secrets: SeededGenerator
  /// Ni and Nr.
  public var nonces: SeededGenerator
  /// The private exponents of Diffie-Hellman exchanges.
  public var exponents: SeededGenerator
  /// Message IDs of phase 2.
  public var messageIDs: SeededGenerator
  /// The SPIs that this node receives under.
  public var spis: SeededGenerator

  public init(
    secrets: SeededGenerator, nonces: SeededGenerator, exponents: SeededGenerator, messageIDs: SeededGenerator,
    spis: SeededGenerator
  ) {
    self.secrets = secrets
    self.nonces = nonces
    self.exponents = exponents
    self.messageIDs = messageIDs
    self.spis = spis
  }

  /// The streams of `node` in a run with `seed`.
  public init(seed: UInt64, node: String) {
    func stream(_ purpose: String) -> SeededGenerator {
      SeededGenerator(seed: seed, node: node, purpose: "IKE \(purpose)")
    }
    self.init(
      secrets: stream("cookie secret"), nonces: stream("nonces"), exponents: stream("exponents"),
      messageIDs: stream("message IDs"), spis: stream("SPIs"))
  }
}

/// What a state works with besides what it knows: the random streams, and the sheet on which it notes what it does.
struct Desk: Sendable {
  var randomness: IKERandomness
  var actions: [IKEAction] = []
  /// The time of what is being done.
  var now = Instant.zero
  /// Exchanges that were numbered so far.
  private var exchanges: UInt32 = 0
  private let secret: [UInt8]
  private var cookies: UInt64 = 0

  /// Octets of our nonces; RFC 2409 §5 allows 8 to 256.
  static let nonceLength = 32

  init(randomness: IKERandomness) {
    self.randomness = randomness
    secret = self.randomness.secrets.bytes(16)
  }

  mutating func note(_ note: IKENote, _ exchange: IKEExchangeID?) {
    actions.append(.note(note, exchange: exchange))
  }

  mutating func derived(
    _ name: String, _ formula: String, _ citation: String, _ value: [UInt8], _ exchange: IKEExchangeID
  ) {
    note(.derived(name: name, formula: formula, citation: citation, value: value), exchange)
  }

  mutating func nextExchange() -> IKEExchangeID {
    exchanges += 1
    return IKEExchangeID(exchanges)
  }

  mutating func nonce() -> [UInt8] { randomness.nonces.bytes(Self.nonceLength) }

  /// A cookie as RFC 2408 §2.5.3 suggests: a fast hash over both addresses and ports, a secret that only this node
  /// knows, and the time. A counter is in it too, since many can be made in one simulated instant.
  mutating func cookie(local: IKEEndpoint, remote: IKEEndpoint, at instant: Instant) -> Cookie {
    repeat {
      cookies += 1
      var writer = ByteWriter(capacity: 72)
      writer.append(secret)
      for endpoint in [local, remote] {
        writer.append(endpoint.address.octets)
        writer.append(endpoint.port)
      }
      writer.append(instant.nanoseconds)
      writer.append(cookies)
      let value = HashAlgorithm.md5.digest(writer.bytes).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
      // Zero stands for "no responder yet": RFC 2408 §3.1.
      if value != 0 { return Cookie(rawValue: value) }
    } while true
  }

  /// A private exponent and its public value; `nil` only where libcrypto fails.
  mutating func keyPair(
    _ group: DiffieHellmanGroup, purpose: String, _ exchange: IKEExchangeID
  ) -> (exponent: [UInt8], publicValue: [UInt8])? {
    let exponent = DiffieHellmanGroup.makePrivateExponent(using: &randomness.exponents)
    guard let value = try? group.publicValue(exponent) else { return nil }
    note(.exponentiated(group: group.number, purpose: purpose), exchange)
    return (exponent, value)
  }

  /// g^xy; throws the refusal of a public value that must not be used.
  mutating func sharedSecret(
    _ group: DiffieHellmanGroup, exponent: [UInt8], peerPublicValue: [UInt8], side: IKERole, name: String,
    _ exchange: IKEExchangeID
  ) throws(IKERefusal) -> [UInt8] {
    try checkPublicValue(peerPublicValue, group, side: side)
    guard let secret = try? group.sharedSecret(exponent, peerPublicValue: peerPublicValue) else {
      throw .impossible("\(name) can't be computed", side: side)
    }
    note(.exponentiated(group: group.number, purpose: name), exchange)
    let formula = group.prime == nil ? "the x coordinate of xi·xr·P" : "g^(xi·xr) mod p"
    derived(name, "\(formula), group \(group.number)", "RFC 2409 §5", secret, exchange)
    return secret
  }
}

/// A public value that may be used: looked at before any work is done for it.
func checkPublicValue(_ value: [UInt8], _ group: DiffieHellmanGroup, side: IKERole) throws(IKERefusal) {
  do {
    try group.validate(value)
  } catch {
    throw IKERefusal(
      side: side, rule: "the public value must not be used", attribute: "Key Exchange", offered: "\(error)",
      citation: "RFC 2409 §5", notification: .invalidKeyInformation)
  }
}

/// A nonce of a length that RFC 2409 §5 allows.
func checkNonce(_ nonce: [UInt8], side: IKERole) throws(IKERefusal) {
  guard (8...256).contains(nonce.count) else {
    throw IKERefusal(
      side: side, rule: "the nonce is too short or too long", attribute: "Nonce", offered: "\(nonce.count) octets",
      wanted: "8 to 256 octets", citation: "RFC 2409 §5", notification: .payloadMalformed)
  }
}

/// Whether two octet strings are the same, in a time that does not depend on where they differ.
func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for index in left.indices { difference |= left[index] ^ right[index] }
  return difference == 0
}
