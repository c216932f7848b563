import Foundation
import Testing

/// `inspect` on captures that others made, held against what tshark and scapy see there.
@Suite("Captures of others", .enabled(if: Tools.oracles != nil, Tools.withoutOracles))
struct CaptureInspectionTests {
  /// Fields that tshark names too, by layer.
  private static let table: [(layer: String, fields: [(ours: String, theirs: String)])] = [
    (
      "ipv4",
      [
        ("headerLength", "ip.hdr_len"), ("totalLength", "ip.len"), ("identification", "ip.id"),
        ("dontFragment", "ip.flags.df"), ("moreFragments", "ip.flags.mf"), ("fragmentOffset", "ip.frag_offset"),
        ("timeToLive", "ip.ttl"), ("protocol", "ip.proto"), ("headerChecksum", "ip.checksum"),
        ("sourceAddress", "ip.src"), ("destinationAddress", "ip.dst"),
      ]
    ),
    ("ipv6", [("sourceAddress", "ipv6.src"), ("destinationAddress", "ipv6.dst"), ("hopLimit", "ipv6.hlim")]),
    ("icmp", [("type", "icmp.type"), ("code", "icmp.code"), ("checksum", "icmp.checksum")]),
    (
      "udp",
      [
        ("sourcePort", "udp.srcport"), ("destinationPort", "udp.dstport"), ("length", "udp.length"),
        ("checksum", "udp.checksum"),
      ]
    ),
    (
      "tcp",
      [
        ("sourcePort", "tcp.srcport"), ("destinationPort", "tcp.dstport"), ("sequenceNumber", "tcp.seq_raw"),
        ("acknowledgmentNumber", "tcp.ack_raw"), ("checksum", "tcp.checksum"), ("window", "tcp.window_size_value"),
      ]
    ),
    ("esp", [("securityParametersIndex", "esp.spi"), ("sequenceNumber", "esp.sequence")]),
    (
      "ah",
      [("securityParametersIndex", "ah.spi"), ("sequenceNumber", "ah.sequence"), ("nextHeader", "ah.next_header")]
    ),
    (
      "isakmp",
      [
        ("initiatorCookie", "isakmp.ispi"), ("responderCookie", "isakmp.rspi"), ("messageID", "isakmp.messageid"),
        ("exchangeType", "isakmp.exchangetype"), ("length", "isakmp.length"),
      ]
    ),
  ]

  private typealias Layer = [String: Any]

  /// The layers of each frame as `inspect` prints them.
  private func inspect(_ arguments: [String], _ workspace: Workspace) throws -> [[Layer]] {
    let outcome = try Program.lockstep.run(["inspect"] + arguments + ["--format", "json"], in: workspace)
    try #require(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.errors.isEmpty)
    let frames = try JSONText.lines(outcome.output)
    #expect(frames.map { $0["frame"] as? Int } == Array(1...max(frames.count, 1)))
    return try frames.map { try #require($0["layers"] as? [Layer]) }
  }

  @Test("each frame is an object with its layers, fields and verdicts", arguments: ForeignCapture.all)
  func shape(_ capture: ForeignCapture) throws {
    for layers in try inspect(capture.arguments, try Workspace()) {
      #expect(!layers.isEmpty)
      for layer in layers {
        #expect(layer["layer"] is String)
        #expect(layer["fields"] is [String: Any])
        let verdict = layer["verdict"] as? String
        #expect(verdict.map { ["ok", "bad", "noKey"].contains($0) } ?? true)
        if verdict == nil { #expect(layer["key"] == nil) }
      }
    }
  }

  // MARK: tshark

  @Test(
    "tshark sees the same values", .enabled(if: Tools.tshark != nil, Tools.withoutTshark), arguments: ForeignCapture.all
  )
  func tshark(_ capture: ForeignCapture) throws {
    let workspace = try Workspace()
    let frames = try inspect(capture.arguments, workspace)
    let names = Self.table.flatMap { $0.fields.map(\.theirs) }
    let theirs = try ask(capture, names, workspace)
    try #require(theirs.count == frames.count)
    for (number, (layers, row)) in zip(frames, theirs).enumerated() {
      var columns = row[...]
      for (name, fields) in Self.table {
        // What a capture's length limit has cut off has no fields for either of us.
        let own = layers.filter { $0["layer"] as? String == name && !isCutOff($0) }
        for field in fields {
          let values = own.filter { field.ours != "exchangeType" || isOfKnownVersion($0) }
            .map { value(($0["fields"] as? Layer)?[field.ours]) }
          let answer = columns.removeFirst().map(value)
          #expect(values == answer, "\(capture.name), frame \(number + 1): \(field.theirs)")
        }
      }
    }
  }

  private func isCutOff(_ layer: Layer) -> Bool { (layer["fields"] as? Layer).map { Array($0.keys) } == ["undecoded"] }

  /// tshark has no exchange types for an ISAKMP message whose version is none.
  private func isOfKnownVersion(_ layer: Layer) -> Bool {
    let version = (layer["fields"] as? Layer)?["version"] as? Layer
    return [1, 2].contains(version?["majorVersion"] as? Int)
  }

  private func ask(_ capture: ForeignCapture, _ names: [String], _ workspace: Workspace) throws -> [[[String]]] {
    for (file, name) in [(capture.espAssociations, "esp_sa"), (capture.isakmpKeys, "ikev1_decryption_table")] {
      if let file { try FileManager.default.copyItem(atPath: file, toPath: workspace.path(name)) }
    }
    let preferences = [
      "esp.enable_encryption_decode:TRUE", "esp.enable_authentication_check:TRUE", "ip.defragment:TRUE",
      "tcp.desegment_tcp_streams:FALSE",
    ]
    let arguments =
      ["-n", "-r", capture.file, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|", "-E", "separator=/t"]
      + preferences.flatMap { ["-o", $0] } + names.flatMap { ["-e", $0] }
    let outcome = try #require(Tools.tshark).run(
      arguments, in: workspace, environment: ["WIRESHARK_CONFIG_DIR": workspace.folder])
    #expect(outcome.code == 0, "\(outcome.errors)")
    return outcome.lines.dropLast().map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).map { $0.split(separator: "|").map(String.init) }
    }
  }

  /// One spelling for what both mean: numbers without base, octets in hexadecimal.
  private func value(_ value: Any?) -> String {
    switch value {
    case let flag as Bool where flag == (value as? NSNumber)?.boolValue && !(value is Int): return flag ? "1" : "0"
    case let number as NSNumber: return number.stringValue
    case let object as [String: Any]: return self.value(object["value"])
    case let text as String: return plain(text)
    default: return "\(String(describing: value))"
    }
  }

  private func plain(_ text: String) -> String {
    switch text {
    case "True": return "1"
    case "False": return "0"
    default:
      guard text.hasPrefix("0x"), let number = UInt64(text.dropFirst(2), radix: 16) else { return text }
      return String(number)
    }
  }

  // MARK: scapy

  /// What scapy says of each AH, ESP and IPComp layer of each frame, in its words; without a list of associations, too.
  private static let verdicts: Result<[String: [[String]]], any Error> = Result {
    guard let oracles = Tools.oracles, let scapy = Tools.scapy else { return [:] }
    let workspace = try Workspace()
    try workspace.write("[]", to: "none.json")
    // All captures in one process, since it takes longer to start than to answer.
    let script = """
      import sys, runpy
      for line in open("captures.txt"):
          name, capture, associations = line.rstrip("\\n").split("\\t")
          print("CAPTURE", name)
          sys.argv = ["oracle_scapy.py", capture, associations]
          try: runpy.run_path("\(oracles.path)/oracle_scapy.py", run_name="__main__")
          except SystemExit: pass
      """
    let list = ForeignCapture.all.map { "\($0.name)\t\($0.file)\t\($0.associations ?? "none.json")\n" }.joined()
    try workspace.write(list, to: "captures.txt")
    let outcome = try scapy.run(["-c", script], in: workspace, limit: .seconds(180))
    guard outcome.code == 0 else { throw Unexpected("scapy ended with \(outcome.code): \(outcome.errors)") }
    return Self.read(outcome.lines)
  }

  private static func read(_ lines: [String]) -> [String: [[String]]] {
    var result: [String: [[String]]] = [:]
    var name = ""
    for line in lines {
      if line.hasPrefix("CAPTURE ") { name = String(line.dropFirst(8)) }
      guard line.hasPrefix("#") else { continue }
      let found = line.matches(
        of: /\|\| (ESP|AH|IPCOMP)(?:-in-UDP)? (?:spi|cpi)=0x([0-9a-f]+) (?:seq|nh)=([0-9]+) (OK|FAIL|NO-SA)/)
      result[name, default: []].append(
        found.map { match in
          let verdict = ["OK": "ok", "FAIL": "bad", "NO-SA": "noKey"][String(match.4), default: ""]
          return "\(match.1.lowercased()) \(UInt32(match.2, radix: 16) ?? 0) \(match.3) \(verdict)"
        })
    }
    return result
  }

  /// An AH, ESP or IPComp layer as scapy's verdicts are written above; `nil` for others, and for what ICMP quotes.
  private func verdict(_ layer: Layer) -> String? {
    let numbers = [
      "esp": ("securityParametersIndex", "sequenceNumber"), "ah": ("securityParametersIndex", "sequenceNumber"),
      "ipcomp": ("compressionParameterIndex", "nextHeader"),
    ]
    guard let name = layer["layer"] as? String, let (first, second) = numbers[name],
      let verdict = layer["verdict"] as? String, let fields = layer["fields"] as? Layer
    else { return nil }
    return "\(name) \(value(fields[first])) \(value(fields[second])) \(verdict)"
  }

  @Test(
    "scapy comes to the same verdicts, and to as many", .enabled(if: Tools.canAskScapy, Tools.withoutScapy),
    arguments: ForeignCapture.all)
  func scapy(_ capture: ForeignCapture) throws {
    let theirs = try #require(try Self.verdicts.get()[capture.name])
    let arguments = capture.associations == nil ? [capture.file] : capture.arguments
    let frames = try inspect(arguments, try Workspace())
    try #require(theirs.count == frames.count)
    for (number, (layers, answer)) in zip(frames, theirs).enumerated() {
      #expect(layers.compactMap(verdict) == answer, "\(capture.name), frame \(number + 1)")
      let isQuoting = layers.contains { ["icmp", "icmpv6"].contains($0["layer"] as? String) }
      let sealed = layers.count { ["ah", "esp", "ipcomp"].contains($0["layer"] as? String) }
      #expect(sealed == answer.count || isQuoting, "\(capture.name), frame \(number + 1)")
    }
  }

  @Test("scapy judged every file in the folders", .enabled(if: Tools.canAskScapy, Tools.withoutScapy))
  func everyFile() throws {
    let oracles = try #require(Tools.oracles)
    let files = try FileManager.default.subpathsOfDirectory(atPath: oracles.path).filter {
      $0.hasSuffix(".pcap") && ($0.hasPrefix("captures/") || $0.hasPrefix("kernel/"))
    }
    #expect(!files.isEmpty)
    #expect(Set(ForeignCapture.all.map(\.file)) == Set(files.map { oracles.appendingPathComponent($0).path }))
    #expect(Set(try Self.verdicts.get().keys) == Set(ForeignCapture.all.map(\.name)))
    for kind in ["ah ", "esp ", "ipcomp "] {
      let count = try Self.verdicts.get().values.joined().joined().count { $0.hasPrefix(kind) }
      #expect(count > 0, "\(kind)")
    }
  }

  // MARK: What ICVs cover

  @Test("every AH shows the octets that its ICV covers, in 80 columns", arguments: ForeignCapture.all.filter(\.hasAH))
  func coveredOctets(_ capture: ForeignCapture) throws {
    let workspace = try Workspace()
    let outcome = try Program.lockstep.run(
      ["inspect"] + capture.arguments + ["--icv", "--no-bytes", "--color", "never"], in: workspace)
    #expect(outcome.code == 0)
    var verdicts = outcome.lines.count { $0.hasPrefix("  verdict ok: the ICV is right") }
    #expect(verdicts > 0 && verdicts == outcome.lines.count { $0 == "  the two are the same" })
    let layers = outcome.lines.split { !$0.hasPrefix("  ") }
    let views = layers.flatMap { layer in layer.drop { !$0.hasPrefix("  ICV over") } }
    #expect(views.allSatisfy { $0.count <= 80 || $0.hasPrefix("             ") })
    let ascii = try Program.lockstep.run(
      ["inspect"] + capture.arguments + ["--icv", "--no-bytes"], in: workspace, environment: ["LANG": "C"])
    #expect(ascii.output.utf8.allSatisfy { $0 < 0x80 } && ascii.output.contains(" ** ** "))
    let json = try Program.lockstep.run(
      ["inspect"] + capture.arguments + ["--icv", "--format", "json"], in: workspace)
    for layer in try JSONText.lines(json.output).flatMap({ $0["layers"] as? [Layer] ?? [] }) {
      guard let icv = layer["icv"] as? Layer else { continue }
      #expect(icv["computed"] as? String == icv["carried"] as? String)
      let isAH = layer["layer"] as? String == "ah"
      #expect((icv["marks"] as? [Layer])?.isEmpty == !isAH)
      verdicts -= 1
    }
    #expect(verdicts == 0)
  }

  @Test(
    "files that are none are refused with their place", arguments: ["", "not a capture", "\u{0A}\u{0D}\u{0D}\u{0A}"])
  func noCapture(_ text: String) throws {
    let workspace = try Workspace()
    try workspace.write(text, to: "some.pcap")
    let outcome = try workspace.lockstep("inspect", "some.pcap", "--format", "json")
    #expect(outcome.code == 2)
    #expect(outcome.errors.hasPrefix("some.pcap: error: "), "\(outcome.errors)")
  }

  @Test("key files that are none are refused with line and column") func noKeys() throws {
    let workspace = try Workspace()
    let capture = try #require(ForeignCapture.all.first).file
    try workspace.write("\"IPv4\",\"192.0.2.1\"\n", to: "esp_sa")
    try workspace.write("abc,def\n", to: "ike")
    try workspace.write("[{\"proto\": \"esp\", ]", to: "sas.json")
    for (option, file) in [("--esp-sa", "esp_sa"), ("--ike-keys", "ike"), ("--sas", "sas.json")] {
      let outcome = try workspace.lockstep("inspect", capture, option, file)
      #expect(outcome.code == 2)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.contains("\(file):1:"), "\(outcome.errors)")
    }
  }
}
