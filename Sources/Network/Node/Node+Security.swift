import Cryptography
import IKE
import IPsec

extension Node {
  /// The engines of a node that keeps policies, each with random streams of its own.
  mutating func addSecurity(_ configuration: NodeConfiguration, seed: UInt64) throws(WorldError) {
    guard let policies = configuration.policies else { return }
    security = IPsecEngine(
      policies: policies, localAddresses: addresses,
      generator: SeededGenerator(seed: seed, node: name, purpose: "IPsec"))
    for manual in configuration.manualAssociations { try install(manual) }
    dummies = policies.indices.flatMap { DummyClock.all(of: policies[$0], index: $0) }
    guard !configuration.peers.isEmpty else { return }
    exchanges = IKEEngine(
      configuration: IKEConfiguration(peers: configuration.peers, policies: policies),
      randomness: IKERandomness(seed: seed, node: name),
      takenSPIs: Set(
        configuration.manualAssociations.filter { $0.direction == .inbound }.map(\.parameters.identity.spi)))
  }

  private mutating func install(_ manual: ManualAssociation) throws(WorldError) {
    do throws(InstallationRefusal) {
      try security?.install(manual.parameters, manual.direction, isInitiator: manual.direction == .outbound, at: .zero)
    } catch { throw .association(node: name, manual.parameters.identity, error) }
  }
}
