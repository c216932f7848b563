import Foundation
import Testing

@testable import Wire

@Suite(
  "Decrypted ISAKMP payloads against tshark (skipped without tshark and ../shared/oracles)",
  .enabled(if: Oracles.haveTshark && Oracles.folder != nil, "needs tshark and the captures in ../shared/oracles"))
struct ISAKMPDecryptedTests {
  static let names: [String] =
    ISAKMPTsharkTests.names
    + [
      "isakmp.spinum", "isakmp.delete.spi", "isakmp.notify.data.dpd.are_you_there",
      "isakmp.notify.data.dpd.are_you_there_ack", "isakmp.id.data.ipv4_subnet",
      "isakmp.ipsec.attr.type", "isakmp.ipsec.attr.format", "isakmp.ipsec.attr.life_type",
      "isakmp.ipsec.attr.life_duration", "isakmp.ipsec.attr.group_description", "isakmp.ipsec.attr.encap_mode",
      "isakmp.ipsec.attr.auth_algorithm", "isakmp.ipsec.attr.key_length", "isakmp.cfg.attr.type",
      "isakmp.cfg.attr.format", "isakmp.cfg.attr.internal_ip4_address", "isakmp.cfg.attr.internal_ip4_dns",
      "isakmp.cfg.attr.xauth.type", "isakmp.cfg.attr.xauth.user_name", "isakmp.cfg.attr.xauth.user_password",
      "isakmp.cfg.attr.xauth.status",
    ]

  /// A body that tshark decrypted: its octets without padding, the first payload's type, and the fields under their
  /// names.
  struct Body {
    var octets: [UInt8] = []
    var first: UInt8 = 0
    var fields: [(name: String, value: String)] = []
  }

  @Test("field by field, each payload that tshark decrypts with the captures' keys")
  func agrees() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let tables = Oracles.exchanges.compactMap {
      try? String(contentsOf: $0.deletingLastPathComponent().appending(path: "ikev1_decryption_table"), encoding: .utf8)
    }
    try tables.joined(separator: "\n").write(
      to: folder.appending(path: "ikev1_decryption_table"), atomically: true, encoding: .utf8)
    let file = try ISAKMPTsharkTests.merged()
    defer { try? FileManager.default.removeItem(at: file) }
    let lines = try Oracles.tshark(
      ["-r", file.path(), "-Y", "isakmp.enc.data && !icmp && !_ws.malformed", "-T", "pdml"],
      configuration: folder.path())
    let bodies = Self.bodies(lines).filter { !$0.octets.isEmpty }
    #expect(bodies.count > 100)
    for (index, body) in bodies.enumerated() {
      let node = ISAKMPDissection.layer(
        decryptedBody: body.octets, firstPayload: PayloadType(rawValue: body.first))
      #expect(node.fault == nil, "body \(index)")
      let ours = Self.flat(node.fields)
      for name in Self.names {
        let theirs = body.fields.filter { $0.name == name }.map(\.value)
        #expect(
          ours.filter { $0.name == name }.map(\.value) == theirs,
          "\(name) of body \(index), \(hexadecimal(body.octets))")
      }
    }
  }

  static func flat(_ nodes: [FieldNode]) -> [(name: String, value: String)] {
    nodes.flatMap { node in
      (node.displayFilterName.map { [($0, ISAKMPTsharkTests.text(node.value))] } ?? []) + flat(node.children)
    }
  }

  /// Takes the decrypted part out of tshark's XML, which has one field a line, two columns further in for each level.
  static func bodies(_ lines: [String]) -> [Body] {
    var bodies: [Body] = []
    var isInside = false
    for line in lines {
      let indent = line.prefix { $0 == " " }.count
      if line.contains("<field name=\"isakmp.enc.data\"") {
        isInside = true
        bodies.append(Body())
      } else if indent <= 4 {
        isInside = false
      } else if isInside, let name = attribute("name", line) {
        let last = bodies.count - 1
        if name == "isakmp.typepayload", indent == 6, let value = attribute("value", line) {
          if bodies[last].octets.isEmpty { bodies[last].first = UInt8(attribute("show", line) ?? "") ?? 0 }
          bodies[last].octets += ISAKMPSamples.octets(value)
        }
        bodies[last].fields.append((name, normal(attribute("show", line) ?? "")))
      }
    }
    return bodies
  }

  static func attribute(_ name: String, _ line: String) -> String? {
    line.range(of: " \(name)=\"").map { String(line[$0.upperBound...].prefix { $0 != "\"" }) }
  }

  /// Numbers in decimal, octets without colons.
  static func normal(_ text: String) -> String {
    let pairs = text.split(separator: ":", omittingEmptySubsequences: false)
    if pairs.count > 1, pairs.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isHexDigit) }) { return pairs.joined() }
    return ISAKMPTsharkTests.normal(text)
  }
}
