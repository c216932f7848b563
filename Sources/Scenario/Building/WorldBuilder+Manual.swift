import Cryptography
import IPsec
import Network
import Wire

/// Where an association by hand was written, to name it when another one takes its place.
private struct HandPlaces {
  private var inbound: [AssociationIdentity: SourcePlace] = [:]
  private var outbound: [AssociationIdentity: SourcePlace] = [:]

  /// The place of the first one of this identity, if this is not it.
  mutating func note(
    _ identity: AssociationIdentity, _ direction: AssociationDirection, at place: SourcePlace
  ) -> SourcePlace? {
    switch direction {
    case .inbound:
      defer { inbound[identity] = inbound[identity] ?? place }
      return inbound[identity]
    case .outbound:
      defer { outbound[identity] = outbound[identity] ?? place }
      return outbound[identity]
    }
  }
}

extension WorldBuilder {
  /// Associations by hand are there when the run begins.
  mutating func addManualAssociations(of node: Int) {
    var places = HandPlaces()
    for policy in draft.nodes[node].policies ?? [] {
      for (index, layer) in policy.layers.enumerated() {
        guard let manual = layer.manual, let suite = suite(of: layer) else { continue }
        for (key, direction) in [(Key.out, AssociationDirection.outbound), (.into, .inbound)] {
          guard let record = manual.record(key), let parameters = parameters(record, suite, policy, index, direction)
          else { continue }
          if let first = places.note(parameters.identity, direction, at: record.place) {
            refuseSecond(parameters.identity, record, first)
          }
          draft.nodes[node].manualAssociations.append(ManualAssociation(parameters, direction))
        }
      }
    }
  }

  private mutating func refuseSecond(_ identity: AssociationIdentity, _ record: Record, _ first: SourcePlace) {
    let key: Key = record.value(.spi) == nil ? .cpi : .spi
    collector.error(
      record.place(of: key), record.path(of: key),
      "a second association is named \(identity) (first at line \(first.line), column \(first.column))",
      expected: "another \(key.rawValue) for each destination and protocol (RFC 2401 §4.1)")
  }

  /// With keys by hand nothing is agreed on: there is one suite.
  private mutating func suite(of layer: LayerDraft) -> AssociationSuite? {
    if layer.layer.suites.count == 1 { return layer.layer.suites[0] }
    let key: Key = layer.record.value(.esp) == nil ? .ah : .esp
    collector.error(
      layer.record.place(of: key), layer.record.path(of: key),
      "with keys by hand nothing is negotiated, and \(layer.layer.suites.count) suites are offered",
      expected: "the one suite that the keys are for")
    return nil
  }

  private mutating func parameters(
    _ record: Record, _ suite: AssociationSuite, _ policy: PolicyDraft, _ index: Int, _ direction: AssociationDirection
  ) -> AssociationParameters? {
    guard let number = number(record, suite),
      let cipherKey = key(record, .cipherKey, suite.cipher.name, suite.cipher.keyLength),
      let integrityKey = key(record, .integrityKey, suite.integrity.name, suite.integrity.keyLength)
    else { return nil }
    guard !suite.cipher.isWeakKey(cipherKey) else {
      collector.error(
        record.place(of: .cipherKey), record.path(of: .cipherKey), "this key of \(suite.cipher.name) is weak",
        expected: "another one (RFC 2405 §2.2, RFC 2451 §2.3)")
      return nil
    }
    guard let protection = policy.protection else { return nil }
    let carried = policy.policy.selector(ofLayer: index, protection, for: nil)
    let ends = protection.ends(ofLayer: index) ?? (carried.source.first, carried.destination.first)
    let (isOutbound, isTunnel) = (direction == .outbound, policy.layers[index].layer.mode.isTunnel)
    return AssociationParameters(
      identity: AssociationIdentity(
        spi: number, destination: isOutbound ? ends.remote : ends.local, securityProtocol: suite.securityProtocol),
      source: isOutbound ? ends.local : ends.remote, isTunnel: isTunnel, suite: suite, cipherKey: cipherKey,
      integrityKey: integrityKey, selector: isOutbound ? carried : carried.reversed, policy: policy.policy.name,
      layer: index, lifetime: .unlimited, replayWindow: 0)
  }

  /// The SPI, or what IPComp has instead.
  private mutating func number(_ record: Record, _ suite: AssociationSuite) -> UInt32? {
    let (wanted, other): (Key, Key) = suite.isOptional ? (.cpi, .spi) : (.spi, .cpi)
    let name = suite.securityProtocol.name ?? ""
    if record.value(other) != nil {
      collector.error(
        record.place(of: other), record.path(of: other), "\(quoted(other.rawValue)) has no meaning with \(name)",
        expected: "\"\(wanted.rawValue)\" instead")
      return nil
    }
    guard record.value(wanted) != nil else {
      collector.error(
        record.place, record.path, "the key \"\(wanted.rawValue)\" is missing",
        expected: suite.isOptional ? "cpi: 2 for DEFLATE (RFC 2393 §3.3)" : "spi: \(ScalarRule.spi.expected)")
      return nil
    }
    return UInt32(clamping: record.integer(wanted))
  }

  /// A key of the length that its algorithm is named for; no octets where it takes none.
  private mutating func key(_ record: Record, _ key: Key, _ algorithm: String, _ length: Int) -> [UInt8]? {
    guard case .key(let octets)? = record.value(key)?.scalar else {
      if length == 0 { return [] }
      collector.error(
        record.place, record.path, "the key \"\(key.rawValue)\" is missing",
        expected: "\(key.rawValue): the \(length) octets for \(algorithm), in hexadecimal after 0x")
      return nil
    }
    if octets.count == length { return octets }
    let (what, expected) =
      length == 0
      ? (
        "\(quoted(key.rawValue)) is given, and the suite has no \(key == .cipherKey ? "cipher" : "authenticator")",
        "no \(key.rawValue)"
      )
      : (
        "the key has \(count(octets.count, "octet"))",
        "\(length) octets (\(length * 2) hexadecimal digits) for \(algorithm)"
      )
    collector.error(record.place(of: key), record.path(of: key), what, expected: expected)
    return nil
  }
}
