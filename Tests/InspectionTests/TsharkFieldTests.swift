import Foundation
import Inspection
import Testing
import Wire

@Suite(
  "Fields against tshark (skipped without tshark and ../shared/oracles)",
  .enabled(if: Oracles.haveTshark && Oracles.folder != nil, "needs tshark and the captures in ../shared/oracles"))
struct TsharkFieldTests {
  /// Left out: tshark shows nothing of their value, or splits it otherwise (a ping's timestamp from its data, a network's
  /// address from its mask), or gives their name to IPv6 as well.
  private static let others: Set<String> = [
    "data.data", "isakmp.enc.data", "isakmp.enc.padding", "isakmp.id.data.ipv4_subnet", "isakmp.id.data.ipv4_addr",
    "isakmp.id.data.ipv6_subnet", "isakmp.id.data.ipv6_addr", "isakmp.cfg.attr.internal_ip4_address",
    "isakmp.cfg.attr.xauth.user_name", "isakmp.cfg.attr.xauth.user_password", "isakmp.cfg.attr.xauth.status",
    "isakmp.ike.certreq.authority", "isakmp.certreq.authority", "isakmp.cert.data", "isakmp.cert.authority",
    "ip.frag_offset", "esp.encrypted_data", "esp.pad", "ip.opt.type", "ip.version", "isakmp.id.data",
  ]

  @Test("Field by field, what the keys open included")
  func agrees() throws {
    var keys = KeyRing()
    for capture in OracleCapture.exchanges { capture.add(to: &keys) }
    let folder = FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let captures = OracleCapture.exchanges
    try Self.writeKeys(captures, to: folder)
    let frames = try Self.merge(captures, into: folder.appending(path: "all.pcapng"))
    let ours = captures.flatMap { capture in capture.reports(keys: keys).map(Self.values) }
    let names = Array(Set(ours.flatMap(\.keys)).subtracting(Self.others)).sorted()
    let theirs = try Self.tshark(names, folder)
    #expect(ours.count == frames && theirs.count == frames)
    var agreed = 0
    for (index, (own, other)) in zip(ours, theirs).enumerated() where !other.isUnusable {
      for name in names {
        let expected = other.values[name] ?? []
        // tshark has no CAST for ISAKMP: there it shows the header alone.
        if expected.isEmpty, name.hasPrefix("isakmp."), !other.isDecrypted { continue }
        let values = own[name] ?? []
        if name.hasPrefix("isakmp."), !other.isDecrypted, values.count > expected.count { continue }
        #expect(
          Self.agree(values, expected), "frame \(index + 1) of the merged file: \(name): \(values), \(expected)")
        agreed += values.count
      }
    }
    #expect(agreed > 20_000)
  }

  private static func writeKeys(_ captures: [OracleCapture], to folder: URL) throws {
    for name in ["esp_sa", "ikev1_decryption_table"] {
      let lines = captures.flatMap { $0.text(name) }.joined(separator: "\n") + "\n"
      try Data(lines.utf8).write(to: folder.appending(path: name))
    }
  }

  /// All captures in one file: tshark takes longer to start than to read them all.
  private static func merge(_ captures: [OracleCapture], into file: URL) throws -> Int {
    var writer = PcapngWriter(version: "test")
    var count = 0
    for capture in captures {
      let frames = capture.frames
      guard let first = frames.first else { continue }
      let interface = writer.addInterface(name: capture.testDescription, linkType: first.linkType)
      for frame in frames { writer.append(frame.bytes, interface: interface, at: .zero) }
      count += frames.count
    }
    try Data(writer.bytes).write(to: file)
    return count
  }

  private struct Row {
    var values: [String: [String]]
    var isUnusable: Bool
    var isDecrypted: Bool
  }

  private static func tshark(_ names: [String], _ folder: URL) throws -> [Row] {
    let columns = ["_ws.malformed", "_ws.short"] + names
    let preferences = [
      "esp.enable_encryption_decode:TRUE", "esp.enable_authentication_check:TRUE",
      "tcp.relative_sequence_numbers:FALSE",
    ]
    let output = try Oracles.run(
      Oracles.tshark,
      ["-n", "-r", folder.appending(path: "all.pcapng").path(), "-T", "fields", "-E", "aggregator=|"]
        + preferences.flatMap { ["-o", $0] } + columns.flatMap { ["-e", $0] }, configuration: folder.path())
    return output.split(separator: "\n").map { line in
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      var values: [String: [String]] = [:]
      for (name, part) in zip(names, parts.dropFirst(2)) where !part.isEmpty {
        values[name] = part.split(separator: "|").map { normal(String($0)) }
      }
      let isEncrypted = values["isakmp.flag_e"]?.contains("1") ?? false
      return Row(
        // Of a message without an exchange tshark shows the cookies alone.
        values: values,
        isUnusable: !parts[0].isEmpty || !parts[1].isEmpty
          || values["isakmp.ispi"] != nil && values["isakmp.exchangetype"] == nil,
        isDecrypted: !isEncrypted || values["isakmp.payloadlength"] != nil)
    }
  }

  /// Our values under tshark's names, of all layers.
  private static func values(_ report: FrameReport) -> [String: [String]] {
    var values: [String: [String]] = [:]
    func collect(_ fields: [FieldNode]) {
      for field in fields {
        if let name = field.displayFilterName, field.value != .group {
          values[name, default: []].append(normal(text(field.value)))
        }
        collect(field.children)
      }
    }
    for layer in report.layers { collect(layer.node.fields + (layer.protection?.openedFields ?? [])) }
    return values
  }

  private static func text(_ value: FieldValue) -> String {
    switch value {
    case .unsigned(let number): "\(number)"
    case .boolean(let flag): flag ? "1" : "0"
    case .text(let text): text
    case .bytes(let octets): octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    case .group: ""
    }
  }

  /// Whether values are the same; tshark writes some numbers as octets.
  private static func agree(_ own: [String], _ other: [String]) -> Bool {
    guard own.count == other.count else { return false }
    return zip(own, other).allSatisfy { own, other in
      own == other || UInt64(own).map { $0 == UInt64(other, radix: 16) } ?? false
    }
  }

  /// Numbers in decimal, octets without colons.
  private static func normal(_ text: String) -> String {
    if text == "True" { return "1" }
    if text == "False" { return "0" }
    if text.hasPrefix("0x"), let number = UInt64(text.dropFirst(2), radix: 16) { return "\(number)" }
    return text.contains(":") ? text.filter { $0 != ":" } : text
  }
}
