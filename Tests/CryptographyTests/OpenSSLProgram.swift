import Foundation
import Testing

/// The openssl program, which judges what is made here and makes what is read here.
struct OpenSSLProgram {
  private static let path = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/bin/openssl"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  static let trait = ConditionTrait.enabled(
    if: path != nil, "needs the openssl program (Debian: openssl), which is not installed")

  struct Outcome {
    let status: Int32
    let output: [UInt8]
    let errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// A folder of its own for each, which is gone with it.
  private final class Folder {
    let url = FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString)")
    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }
  }

  private let folder: Folder

  init() throws { folder = try Folder() }

  func write(_ name: String, _ octets: [UInt8]) throws {
    try Data(octets).write(to: folder.url.appending(path: name))
  }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func read(_ name: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: folder.url.appending(path: name))) }

  func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }

  /// Runs it in the folder with the arguments of a line, and waits for its end.
  @discardableResult
  func run(_ line: String) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(filePath: Self.path ?? "openssl")
    process.arguments = line.split(separator: " ").map(String.init)
    process.currentDirectoryURL = folder.url
    // Without the settings of whoever runs the tests.
    process.environment = ["PATH": "/usr/bin:/bin", "TZ": "UTC", "HOME": folder.url.path()]
    let (output, errors) = (Pipe(), folder.url.appending(path: "errors"))
    try Data().write(to: errors)
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let octets = try [UInt8](output.fileHandleForReading.readToEnd() ?? Data())
    process.waitUntilExit()
    return Outcome(status: process.terminationStatus, output: octets, errors: try text("errors"))
  }
}
