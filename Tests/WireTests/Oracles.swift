import Foundation
import Testing

/// The captures that others made, beside the project, and tshark: tests that need them say so and are skipped without.
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

  /// The capture files, by folder and name.
  static let captures: [URL] = {
    guard let folder else { return [] }
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL }
    return (files ?? []).filter { ["pcap", "pcapng"].contains($0.pathExtension) }.sorted { $0.path() < $1.path() }
  }()

  /// Captures with key exchanges in them: those under `captures`.
  static let exchanges = captures.filter { $0.path().contains("/captures/") }

  /// What tshark prints, line by line, without anybody's preferences, or with those in the folder `configuration`.
  static func tshark(_ arguments: [String], configuration: String = "/nonexistent") throws -> [String] {
    let process = Process()
    process.executableURL = URL(filePath: tshark)
    process.arguments = arguments
    process.environment = ["WIRESHARK_CONFIG_DIR": configuration, "PATH": "/usr/bin:/bin", "TZ": "UTC"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: true).map(
      String.init)
  }
}
