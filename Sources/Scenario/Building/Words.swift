import Cryptography
import IPsec
import Wire

/// `any`, `10.1.0.7`, `10.1.0.0/16`, `10.1.0.5-10.1.0.9`.
func words(_ range: AddressRange) -> String {
  if range == .any { return "any" }
  if range.first == range.last { return range.first.description }
  let length = (range.first.rawValue ^ range.last.rawValue).leadingZeroBitCount
  let prefix = IPv4Prefix(range.first, length: length)
  return AddressRange(prefix) == range ? prefix.description : "\(range.first)-\(range.last)"
}

/// `10.1.0.0/16 -> 10.2.0.0/16, TCP to port 80`.
func words(_ selector: Selector) -> String {
  var text = "\(words(selector.source)) -> \(words(selector.destination))"
  guard let transport = selector.transport else { return text }
  text += ", " + (transport.name ?? "protocol \(transport.rawValue)")
  if let ports = selector.sourcePorts { text += " from \(words(ports))" }
  if let ports = selector.destinationPorts { text += " to \(words(ports))" }
  return text
}

private func words(_ ports: ClosedRange<UInt16>) -> String {
  ports.count == 1 ? "port \(ports.lowerBound)" : "ports \(ports.lowerBound)-\(ports.upperBound)"
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
  let suites = protection.suites.map { "\($0.cipher.name) with \($0.integrity.name)" }.joined(separator: ", or ")
  let secrecy = protection.perfectForwardSecrecyGroup.map { "PFS in group \($0)" } ?? "no PFS"
  switch protection.mode {
  case .transport: return "apply ESP in transport mode (\(suites)), \(secrecy)"
  case .tunnel(let local, let remote): return "apply ESP in a tunnel from \(local) to \(remote) (\(suites)), \(secrecy)"
  }
}
