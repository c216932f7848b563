import Foundation

/// What others made, to judge our exports by: tests that need it say so in their names and are skipped without.
enum Oracles {
  /// `../shared/oracles` from the project's root, or one folder further up from a worktree.
  static let folder: URL? = ["../shared/oracles", "../../shared/oracles"]
    .map { RealRun.root.appending(path: $0).standardizedFileURL }
    .first { FileManager.default.fileExists(atPath: $0.path()) }

  static let tshark = "/usr/bin/tshark"
  static let haveTshark = FileManager.default.isExecutableFile(atPath: tshark)

  /// An interpreter that has scapy, if there is one.
  static let python: String? = {
    let named = ProcessInfo.processInfo.environment["LOCKSTEP_ORACLE_PYTHON"]
    let candidates = [named, RealRun.root.appending(path: ".build/oracles/bin/python").path(), "/usr/bin/python3"]
    return candidates.compactMap { $0 }.first { python in
      FileManager.default.isExecutableFile(atPath: python)
        && (try? run(python, ["-c", "import scapy.layers.ipsec"]))?.status == 0
    }
  }()

  /// What a program prints, and how it ends.
  static func run(
    _ program: String, _ arguments: [String], configuration: String = "/nonexistent"
  ) throws -> (output: String, status: Int32) {
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
    return (String(decoding: data, as: UTF8.self), process.terminationStatus)
  }
}
