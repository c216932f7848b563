import Foundation
import Inspection
import Testing
import Wire

/// The captures that others made, beside the project: tests that need them say so in their names and are skipped without.
enum Oracles {
  /// `../shared/oracles` from the project's root, or one folder further up from a worktree.
  static let folder: URL? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return ["../shared/oracles", "../../shared/oracles"].map { root.appending(path: $0).standardizedFileURL }
      .first { FileManager.default.fileExists(atPath: $0.path()) }
  }()

  static let tshark = "/usr/bin/tshark"
  static let haveTshark = FileManager.default.isExecutableFile(atPath: tshark)

  /// An interpreter that has scapy, if there is one.
  static let python: String? = {
    let named = ProcessInfo.processInfo.environment["LOCKSTEP_PYTHON"]
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let candidates = [named, root.appending(path: ".build/oracles/bin/python").path(), "/usr/bin/python3"]
    return candidates.compactMap { $0 }.first { python in
      FileManager.default.isExecutableFile(atPath: python)
        && (try? run(python, ["-c", "import scapy.layers.ipsec; print(1)"]))?.contains("1") == true
    }
  }()

  /// What scapy's oracle said of each frame: `AH OK`, `ESP NO-SA`, `IPCOMP FAIL`.
  static func verdicts(_ lines: some Sequence<some StringProtocol>) -> [[String]] {
    lines.filter { $0.hasPrefix("#") }.map { line in
      String(line).matches(of: /\|\| (ESP|AH|IPCOMP)(-in-UDP)? (?:spi=\S+ seq=\d+|cpi=\S+ nh=\d+) (OK|FAIL|NO-SA)/)
        .map { "\($0.1) \($0.3)" }
    }
  }

  /// What a program prints.
  static func run(_ program: String, _ arguments: [String], configuration: String = "/nonexistent") throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ["WIRESHARK_CONFIG_DIR": configuration, "PATH": "/usr/bin:/bin", "TZ": "UTC"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  static func octets(_ url: URL) -> [UInt8]? { (try? Data(contentsOf: url)).map { Array($0) } }
}

/// A capture with whatever keys lie beside it.
struct OracleCapture: CustomTestStringConvertible, Sendable {
  var file: URL
  /// What key files beside it have in common: the folder, or the path without the suffix.
  private var stem: String
  private var isFolder: Bool

  var testDescription: String { isFolder ? file.deletingLastPathComponent().lastPathComponent : file.lastPathComponent }

  /// Real exchanges.
  static let exchanges: [OracleCapture] = list("captures").map { folder in
    OracleCapture(file: folder.appending(path: "capture.pcap"), stem: folder.path() + "/", isFolder: true)
  }
  /// Packets that the Linux kernel sealed with manual keys.
  static let kernel: [OracleCapture] = list("kernel").filter { $0.pathExtension == "pcap" }.map { file in
    OracleCapture(file: file, stem: file.deletingPathExtension().path() + ".", isFolder: false)
  }

  private static func list(_ name: String) -> [URL] {
    guard let folder = Oracles.folder?.appending(path: name) else { return [] }
    let urls = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return (urls ?? []).sorted { $0.path() < $1.path() }
  }

  func beside(_ name: String) -> URL { URL(filePath: stem + name) }

  func text(_ name: String) -> [Substring] {
    (Oracles.octets(beside(name)).map { String(decoding: $0, as: UTF8.self) } ?? "").split(separator: "\n")
  }

  /// All keys that lie beside it; the list in JSON holds those of `esp_sa` as well.
  var keys: KeyRing {
    var keys = KeyRing()
    add(to: &keys)
    return keys
  }

  /// Adds them to others; returns what is wrong with the files.
  @discardableResult
  func add(to keys: inout KeyRing) -> [KeyFileError] {
    var problems: [KeyFileError] = []
    if let list = Oracles.octets(beside("sas.json")) {
      problems += keys.addAssociationList(list, path: "sas.json")
    } else if let table = Oracles.octets(beside("esp_sa")) {
      problems += keys.addESPAssociations(table, path: "esp_sa")
    }
    if let table = Oracles.octets(beside("ikev1_decryption_table")) {
      problems += keys.addISAKMPKeys(table, path: "ikev1_decryption_table")
    }
    return problems
  }

  var frames: [CapturedFrame] {
    var reader = CaptureReader(Oracles.octets(file) ?? [])
    var frames: [CapturedFrame] = []
    while let frame = try? reader.next() { frames.append(frame) }
    return frames
  }

  func reports(keys: KeyRing? = nil) -> [FrameReport] {
    var inspector = FrameInspector(keys: keys ?? self.keys)
    return frames.map { inspector.inspect($0) }
  }
}

extension FrameReport {
  var kinds: [LayerKind] { layers.map(\.node.kind) }

  /// AH, ESP and IPComp layers with their verdicts, as scapy's oracle names them. Those that ICMP quotes are none: nothing
  /// can be said of them, and scapy does not look.
  var verdicts: [String] {
    sealed.filter { $0.protection?.verdict != nil || !isQuoted($0) }.map { layer in
      let name = layer.node.kind == .ipcomp ? "IPCOMP" : "\(layer.node.kind)".uppercased()
      return "\(name) \(layer.protection?.verdict.flatMap { Self.names[$0] } ?? "without a verdict")"
    }
  }
  private static let names: [Verdict: String] = [.ok: "OK", .bad: "FAIL", .noKey: "NO-SA"]

  /// AH, ESP and IPComp layers.
  var sealed: [LayerReport] { layers.filter { [.ah, .esp, .ipcomp].contains($0.node.kind) } }

  private func isQuoted(_ layer: LayerReport) -> Bool {
    layers.contains {
      ($0.node.kind == .icmp || $0.node.kind == .icmpv6) && $0.buffer == layer.buffer
        && $0.node.range.lowerBound < layer.node.range.lowerBound
    }
  }

  /// Whether the frame is a fragment with which its datagram is not whole.
  var isWaiting: Bool {
    layers.last { $0.node.kind != .frame }?.node.fields.first?.meaning.hasPrefix("a fragment") == true
  }

  /// The numbers of the payloads of the ISAKMP messages, opened ones included.
  var payloads: [Int] {
    layers.filter { $0.node.kind == .isakmp }.flatMap { $0.node.fields + ($0.protection?.openedFields ?? []) }
      .filter { $0.value == .group }.compactMap { Int($0.meaning.prefix { $0.isNumber }) }
  }
}
