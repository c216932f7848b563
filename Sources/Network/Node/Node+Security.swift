import Cryptography
import IKE
import IPsec

extension Node {
  /// The engines of a node that keeps policies, each with random streams of its own.
  mutating func addSecurity(_ configuration: NodeConfiguration, seed: UInt64) {
    guard let policies = configuration.policies else { return }
    security = IPsecEngine(
      policies: policies, localAddresses: addresses,
      generator: SeededGenerator(seed: seed, node: name, purpose: "IPsec"))
    guard !configuration.peers.isEmpty else { return }
    exchanges = IKEEngine(
      configuration: IKEConfiguration(peers: configuration.peers, policies: policies),
      randomness: IKERandomness(seed: seed, node: name))
  }
}
