import Foundation
import Testing

/// A frame as tshark sees it: the values of the fields that were asked for, in the order of the layers.
struct TsharkFrame: Sendable {
  static let asked = [
    "frame.number", "frame.len", "frame.protocols", "frame.comment", "ip.src", "ip.dst", "ip.proto",
    "ip.checksum.status", "udp.checksum.status", "tcp.checksum.status", "icmp.checksum.status",
    "icmpv6.checksum.status", "icmp.type", "esp.spi", "esp.icv_good", "esp.icv_bad", "isakmp.flag_e",
    "isakmp.exchangetype", "isakmp.typepayload", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message",
  ]

  var number: Int
  var fields: [String: [String]]

  subscript(_ name: String) -> [String] { fields[name, default: []] }
  var protocols: [String] { self["frame.protocols"].first?.split(separator: ":").map(String.init) ?? [] }

  /// Nothing malformed, no bad checksum, nothing that tshark holds to be an error.
  func expectSound(_ file: String) {
    let place: Comment = "\(file), frame \(number): \(self["_ws.expert.message"])"
    #expect(self["_ws.malformed"].isEmpty, place)
    #expect(!protocols.contains("_ws.malformed"), place)
    for name in Self.asked where name.hasSuffix("checksum.status") {
      #expect(self[name].allSatisfy { $0 == "1" }, place)
    }
    #expect(self["esp.icv_bad"].allSatisfy { $0 == "0" || $0 == "False" }, place)
    // 0x00800000 is an error; warnings, such as of a repeated request, begin at 0x00600000.
    let severities = self["_ws.expert.severity"].compactMap { Int($0) }
    #expect(severities.allSatisfy { $0 < 0x80_0000 }, place)
  }
}

extension ExportedRun {
  /// What tshark makes of a capture of the export, with the keys that lie beside it.
  func tshark(_ file: String) throws -> [TsharkFrame] {
    let arguments =
      ["-n", "-r", file, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|", "-E", "separator=/t"]
      + TsharkFrame.asked.flatMap { ["-e", $0] }
    let outcome = try #require(Tools.tshark).run(
      arguments, in: workspace, environment: ["WIRESHARK_CONFIG_DIR": folder])
    #expect(outcome.code == 0)
    // tshark tells of tables that it could not load here, and nowhere else.
    let complaints = outcome.errors.split(separator: "\n").filter { !$0.hasPrefix("Running as user") }
    #expect(complaints.isEmpty)
    return outcome.lines.dropLast().enumerated().map { index, line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map {
        $0.split(separator: "|").map(String.init)
      }
      return TsharkFrame(number: index + 1, fields: Dictionary(uniqueKeysWithValues: zip(TsharkFrame.asked, columns)))
    }
  }
}
