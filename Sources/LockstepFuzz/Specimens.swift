import Cryptography
import Inspection
import Journal
import Network
import Scenario
import Wire

/// The packets that crossed links in a run, and the keys that open them.
struct Specimens {
  private(set) var packets: [[UInt8]] = []
  private(set) var keys = KeyRing()
  private var bytes: [PacketID: [UInt8]] = [:]
  private var crossed: Set<PacketID> = []
  private var known: Set<AssociationName> = []
  private var cookies: [ExchangePlace: Cookie] = [:]

  private struct ExchangePlace: Hashable {
    var node: NodeID
    var exchange: ExchangeID
  }

  /// Runs a scenario file.
  init(path: String) throws {
    let outcome = ScenarioFile.load(path: path)
    guard let scenario = outcome.scenario else { throw SpecimenError.unusable(outcome.diagnostics.map { "\($0)" }) }
    let collector = Collector()
    var world = try World(scenario.world(), journal: JournalWriter(detail: .everything) { try collector.take($0) })
    _ = try world.run()
    for (id, octets) in collector.packets { bytes[id] = octets }
    for entry in collector.entries { learn(entry) }
  }

  private mutating func learn(_ entry: Entry) {
    switch entry.event {
    case .packet(.transmitted(let version, _, _, _, _)):
      guard crossed.insert(version.packet).inserted, let octets = bytes[version.packet] else { return }
      packets.append(octets)
    case .security(.associationInstalled(let association)): learn(association)
    case .exchange(.began(let id, _, _, _, let octets, _, _)):
      let place = ExchangePlace(node: entry.node, exchange: id)
      cookies[place] = Cookie(rawValue: octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    case .exchange(.derived(let id, let value)) where value.name == "cipher key":
      guard let cookie = cookies[ExchangePlace(node: entry.node, exchange: id)] else { return }
      keys.add(ISAKMPKey(initiatorCookie: cookie, key: value.value, origin: "run"))
    default: break
    }
  }

  private mutating func learn(_ association: AssociationDescription) {
    guard known.insert(association.name).inserted,
      let cipher = CipherAlgorithm.allCases.first(where: { "\($0)" == association.cipher })
    else { return }
    keys.add(
      AssociationKeys(
        .esp, spi: SPIPattern(association.name.spi), encryption: .cipher(cipher, key: association.cipherKey),
        integrity: integrity(association), origin: "run"))
  }

  private func integrity(_ association: AssociationDescription) -> AssociationKeys.Integrity {
    switch association.integrity {
    case "hmacMD5_96": .hmac(.md5, length: 12, key: association.integrityKey)
    case "hmacSHA1_96": .hmac(.sha1, length: 12, key: association.integrityKey)
    case "hmacSHA256_128": .hmac(.sha256, length: 16, key: association.integrityKey)
    default: .none
    }
  }
}

/// Why there is nothing to change.
enum SpecimenError: Error {
  case unusable([String])
}

private final class Collector {
  var entries: [Entry] = []
  var packets: [(PacketID, [UInt8])] = []

  func take(_ batch: JournalBatch) throws {
    for stored in batch.entries { entries.append(try batch.entry(stored)) }
    for stored in batch.packets { packets.append((stored.id, Array(batch.bodies[stored.bytes]))) }
  }
}
