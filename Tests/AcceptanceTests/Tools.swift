import Foundation
import Testing

/// What others made, and what judges our bytes. Tests that need one of these say so, and are reported as skipped without.
enum Tools {
  /// `../shared/oracles` beside the project.
  static let oracles: URL? = existing(Project.root.appendingPathComponent("../shared/oracles").standardizedFileURL)

  static let tshark: Program? = executable("tshark")
  static let bash: Program? = executable("bash")
  static let setsid: Program? = executable("setsid")
  /// Any Python 3: it brings SQLite along.
  static let python: Program? = executable("python3")

  /// A Python that has scapy: named by `make test`, else where it puts it.
  static let scapy: Program? = {
    let named = ProcessInfo.processInfo.environment["LOCKSTEP_PYTHON"].map { URL(fileURLWithPath: $0) }
    let file = named ?? Project.root.appendingPathComponent(".build/oracles/bin/python")
    return FileManager.default.isExecutableFile(atPath: file.path) ? Program(file) : nil
  }()

  static let withoutTshark: Comment = "tshark is not installed; make test installs it"
  static let withoutScapy: Comment =
    "scapy, or ../shared/oracles beside the project, is missing; make test installs scapy"
  static let withoutOracles: Comment = "../shared/oracles is not beside the project"
  static let withoutRelease: Comment = "there is no release build; make test makes one"

  static var canAskScapy: Bool { scapy != nil && oracles != nil }

  private static func existing(_ url: URL) -> URL? {
    FileManager.default.fileExists(atPath: url.path) ? url : nil
  }

  private static func executable(_ name: String) -> Program? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
      .map { Program(URL(fileURLWithPath: $0)) }
  }
}

/// A capture of others, with the keys to it as far as there are any.
struct ForeignCapture: Sendable, CustomTestStringConvertible {
  let name: String
  let file: String
  let espAssociations: String?
  let isakmpKeys: String?
  let associations: String?

  var testDescription: String { name }

  /// Whether an AH association is listed.
  var hasAH: Bool {
    let text = associations.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) } ?? ""
    return text.contains(/"proto": *"ah"/)
  }

  /// How they are handed to `inspect`.
  var arguments: [String] {
    var result = [file]
    if let espAssociations { result += ["--esp-sa", espAssociations] }
    if let isakmpKeys { result += ["--ike-keys", isakmpKeys] }
    if let associations { result += ["--sas", associations] }
    return result
  }

  private init(_ name: String, _ file: String, _ keys: String, _ separator: String) {
    func existing(_ suffix: String) -> String? {
      let path = keys + separator + suffix
      return FileManager.default.fileExists(atPath: path) ? path : nil
    }
    self.name = name
    self.file = file
    espAssociations = existing("esp_sa")
    isakmpKeys = existing("ikev1_decryption_table")
    associations = existing("sas.json")
  }

  /// Everything under `captures` and `kernel`, in the order of their names.
  static let all: [ForeignCapture] = {
    guard let oracles = Tools.oracles else { return [] }
    let captures = names(oracles.appendingPathComponent("captures")).map { name in
      let folder = oracles.appendingPathComponent("captures/\(name)").path
      return ForeignCapture("captures/\(name)", folder + "/capture.pcap", folder, "/")
    }
    let kernel = names(oracles.appendingPathComponent("kernel")).filter { $0.hasSuffix(".pcap") }.map { name in
      let stem = oracles.appendingPathComponent("kernel/\(name.dropLast(5))").path
      return ForeignCapture("kernel/\(name.dropLast(5))", stem + ".pcap", stem, ".")
    }
    return captures + kernel
  }()

  private static func names(_ folder: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
  }
}
