import Foundation
import Testing

@testable import Wire

@Suite(
  "ISAKMP fields against tshark (skipped without tshark and ../shared/oracles)",
  .enabled(if: Oracles.haveTshark && Oracles.folder != nil, "needs tshark and the captures in ../shared/oracles"))
struct ISAKMPTsharkTests {
  /// Wireshark's names of the fields to compare, all of them in the order of their octets in both programs.
  static let names =
    [
      "ispi", "rspi", "nextpayload", "version", "mjver", "mnver", "exchangetype", "flags", "flag_e", "flag_c", "flag_a",
      "messageid", "length", "payloadlength", "sa.doi", "sa.situation.identity_only", "prop.number", "prop.protoid",
      "spisize", "spi", "prop.transforms", "trans.number", "trans.id", "id.type", "id.protoid", "id.port",
      "id.data.ipv4_addr", "id.data.fqdn", "cert.encoding", "certreq.type", "notify.doi", "notify.protoid",
      "notify.msgtype", "delete.doi", "vid_bytes", "hash", "sig", "nonce", "key_exchange.data",
      "ike.nat_hash", "cfg.type", "cfg.identifier",
    ].map { "isakmp." + $0 }
    + [
      "type", "format", "encryption_algorithm", "hash_algorithm", "authentication_method", "group_description",
      "life_type", "life_duration", "key_length",
    ].map { "isakmp.ike.attr." + $0 }

  @Test("field by field, each message in the clear and the header of each encrypted one")
  func agrees() throws {
    let file = try Self.merged()
    defer { try? FileManager.default.removeItem(at: file) }
    let columns = ["frame.interface_name", "udp.payload", "udp.port"] + Self.names
    let arguments = ["-r", file.path(), "-Y", "isakmp && !icmp", "-T", "fields", "-E", "aggregator=|"]
    var messages = 0
    for line in try Oracles.tshark(arguments + columns.flatMap { ["-e", $0] }) {
      let values = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      var payload = ISAKMPSamples.octets(values[1])
      // On port 4500 four zeros stand in front (RFC 3948 §2.2); one octet alone keeps a NAT's mapping.
      if values[2].contains("4500"), payload.starts(with: [0, 0, 0, 0]) { payload.removeFirst(4) }
      // Of a header that is not of version 1 tshark shows other fields.
      guard payload.count > 17, payload[17] == 0x10 else { continue }
      messages += 1
      let ours = Self.columns(ISAKMPDissection.layer(of: payload, range: 0..<payload.count))
      for (index, name) in Self.names.enumerated() where !(values[index + 3].isEmpty && ours[index].isEmpty) {
        let theirs = values[index + 3].split(separator: "|").map { Self.normal(String($0)) }
        #expect(ours[index] == theirs, "\(values[0]): \(name) of message \(messages), \(payload.count) octets")
      }
    }
    #expect(messages > 200)
  }

  /// All exchanges in one file, an interface a capture: tshark takes longer to start than to read them all.
  static func merged() throws -> URL {
    var writer = PcapngWriter(version: "test")
    for capture in Oracles.exchanges {
      let name = capture.deletingLastPathComponent().lastPathComponent
      let frames = CaptureReader.all(Array(try Data(contentsOf: capture))).frames
      guard let first = frames.first else { continue }
      let interface = writer.addInterface(name: name, linkType: first.linkType)
      for frame in frames { writer.append(frame.bytes, interface: interface, at: .zero) }
    }
    let file = FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString).pcapng")
    try Data(writer.bytes).write(to: file)
    return file
  }

  /// Our values under each of `names`.
  static func columns(_ node: LayerNode) -> [[String]] {
    var values = Array(repeating: [String](), count: names.count)
    func collect(_ nodes: [FieldNode]) {
      for node in nodes {
        if let index = names.firstIndex(where: { $0 == node.displayFilterName }) {
          values[index].append(text(node.value))
        }
        collect(node.children)
      }
    }
    collect(node.fields)
    return values
  }

  static func text(_ value: FieldValue) -> String {
    switch value {
    case .unsigned(let number): "\(number)"
    case .boolean(let flag): flag ? "1" : "0"
    case .text(let text): text
    case .bytes(let octets): hexadecimal(octets)
    case .group: ""
    }
  }

  /// Numbers in decimal, however tshark prints them.
  static func normal(_ text: String) -> String {
    if text.hasPrefix("0x"), let number = UInt64(text.dropFirst(2), radix: 16) { return "\(number)" }
    return text == "True" ? "1" : text == "False" ? "0" : text
  }
}
