import Inspection
import IPsec
import Units
import Wire

/// Everything in Lockstep that reads packets, over octets that may be anything. What it finds does not matter; that it
/// comes back does.
struct Readers {
  /// As it stood when the packet came whose changed copies are read.
  var inspector: FrameInspector
  private(set) var layers = 0
  private(set) var faults = 0

  init(keys: KeyRing) { inspector = FrameInspector(keys: keys) }

  /// The unchanged packet: what later ones are decrypted by is learned from it.
  mutating func learn(_ bytes: [UInt8], number: Int) {
    _ = inspector.inspect(bytes, linkType: .raw, into: Self.report(bytes, number))
  }

  mutating func read(_ bytes: [UInt8]) {
    let dissection = Dissector.dissect(bytes, linkType: .raw)
    for layer in dissection.layers { layers += 1 + count(layer.fields) }
    if dissection.fault != nil { faults += 1 }
    if let header = try? IPv4Glance(verifying: bytes) { layers += header.headerLength }
    _ = try? PacketSelectors(reading: bytes)
    if bytes.count > 28 { readPayloads(Array(bytes[28...])) }
  }

  /// Opens what the keys of the run open. The inspector is a copy: a changed packet spoils no other.
  mutating func inspect(_ bytes: [UInt8]) {
    var inspector = inspector
    layers += inspector.inspect(bytes, linkType: .raw, into: Self.report(bytes, 1)).layers.count
  }

  private mutating func readPayloads(_ octets: [UInt8]) {
    if let message = try? ISAKMPMessage(decoding: octets) { layers += message.encoded.count }
    let first = PayloadType(rawValue: octets.first.map { $0 % 24 } ?? 0)
    layers += (try? PayloadChain(first: first, decoding: octets))?.payloads.count ?? 0
  }

  private func count(_ fields: [FieldNode]) -> Int { fields.reduce(0) { $0 + 1 + count($1.children) } }

  private static func report(_ bytes: [UInt8], _ number: Int) -> FrameReport {
    FrameReport(number: number, nanoseconds: nil, length: bytes.count, interface: nil, comments: [])
  }
}
