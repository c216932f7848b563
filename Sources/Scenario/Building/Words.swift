import Cryptography
import IPsec
import Wire

/// `10.1.0.0/16 -> 10.2.0.0/16, TCP to port 80`.
func words(_ selector: Selector) -> String {
  var text = "\(selector.source) -> \(selector.destination)"
  if selector.transport != .any { text += ", " + selector.transport.words }
  if selector.sourcePorts != .any { text += " from \(words(selector.sourcePorts))" }
  if selector.destinationPorts != .any { text += " to \(words(selector.destinationPorts))" }
  if let sensitivity = selector.sensitivity {
    text += ", " + sensitivity.lowerBound.name
    if sensitivity.lowerBound < sensitivity.upperBound { text += " to \(sensitivity.upperBound.name)" }
  }
  if let user = selector.names?.user { text += ", user \(user)" }
  if let system = selector.names?.system { text += ", system \(system)" }
  return text
}

private func words(_ ports: PortSelector) -> String {
  switch ports {
  case .any: "any port"
  case .range(let range): (range.count == 1 ? "port " : "ports ") + ports.words
  case .opaque: "OPAQUE ports"
  }
}

/// `branches: 10.1.0.0/16 -> 10.2.0.0/16: apply ESP tunnel to 198.51.100.2 (AES-128-CBC with HMAC-SHA-1-96), no PFS`.
func words(_ policy: SecurityPolicy) -> String {
  let what = "\(policy.name): \(words(policy.selector)): "
  switch policy.action {
  case .discard: return what + "discard"
  case .bypass: return what + "bypass"
  case .apply(let protection): return what + words(protection)
  }
}

private func words(_ protection: Protection) -> String {
  let secrecy =
    protection.lifetime == .unlimited
    ? "keys by hand" : protection.perfectForwardSecrecyGroup.map { "PFS in group \($0)" } ?? "no PFS"
  let fields: [(SelectorFields, String)] = [
    (.source, "source"), (.destination, "destination"), (.transport, "protocol"), (.sourcePort, "source port"),
    (.destinationPort, "destination port"),
  ]
  let taken = fields.filter { protection.valuesFromPacket.contains($0.0) }.map(\.1).joined(separator: ", ")
  return "apply \(protection.layers.map(words).joined(separator: ", then ")), \(secrecy)"
    + (taken.isEmpty ? "" : "; from the packet: \(taken)")
}

/// `ESP in a tunnel from 192.0.2.2 to 198.51.100.2 (AES-128-CBC with HMAC-SHA-1-96, or NULL with HMAC-MD5-96)`.
private func words(_ layer: ProtectionLayer) -> String {
  let suites =
    layer.suites.map(words).joined(separator: ", or ")
    + (layer.trafficFlow.map(words) ?? "")
  let name = layer.securityProtocol.name ?? "protocol \(layer.securityProtocol.rawValue)"
  switch layer.mode {
  case .transport: return "\(name) in transport mode (\(suites))"
  case .tunnel(let local, let remote): return "\(name) in a tunnel from \(local) to \(remote) (\(suites))"
  }
}

/// `; padded to multiples of 128 octets, a dummy every 500 ms`.
private func words(_ trafficFlow: TrafficFlowConfidentiality) -> String {
  let padding = trafficFlow.paddingMultiple
  let parts = [
    padding > 0 ? "padded to multiples of \(padding) octets" : nil,
    trafficFlow.dummyInterval.map { "a dummy every \($0)" },
  ].compactMap(\.self)
  return parts.isEmpty ? "" : "; " + parts.joined(separator: ", ")
}

/// `AES-128-CBC with HMAC-SHA-1-96`, `HMAC-SHA-1-96`, `DEFLATE`.
func words(_ suite: AssociationSuite) -> String {
  switch suite {
  case .esp(let suite): "\(suite.cipher.name) with \(suite.integrity.name)"
  case .ah(let integrity): integrity.name
  case .ipcomp: "DEFLATE"
  }
}
