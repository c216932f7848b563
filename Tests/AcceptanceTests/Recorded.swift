import Foundation
import Testing

/// Runs that are recorded once and looked at by many tests.
enum Recorded {
  /// A workspace of its own with run 1, of a shipped scenario, in `lockstep.sqlite`.
  static func workspace(_ scenario: String = "branch-office") throws -> Workspace {
    let original = try runs.value(scenario)
    let copy = try Workspace()
    try FileManager.default.copyItem(atPath: original.path("lockstep.sqlite"), toPath: copy.path("lockstep.sqlite"))
    return copy
  }

  /// What a scenario's run exports, to be read only. `tap` is the interface that `capture.pcapng` is of.
  static func exported(_ scenario: String, tap: String? = nil) throws -> ExportedRun {
    try exports.value(scenario + (tap.map { " " + $0 } ?? ""))
  }

  private static let runs = Once { try record($0) }

  private static let exports = Once { key in
    let parts = key.split(separator: " ").map(String.init)
    return try ExportedRun(of: kept(try workspace(parts[0])), tap: parts.count == 2 ? parts[1] : nil)
  }

  private static func record(_ scenario: String) throws -> Workspace {
    let workspace = try Workspace()
    try workspace.record(scenario)
    return kept(workspace)
  }

  /// What others hold for as long as the process lives, nothing takes away at its end but this.
  private static func kept(_ workspace: Workspace) -> Workspace {
    _ = removal
    folders.append(workspace.folder)
    return workspace
  }

  private static let folders = Folders()
  private static let removal: Void = { _ = atexit { Recorded.folders.removeAll() } }()

  /// Folders to be removed when the tests are over; the lock guards the list.
  private final class Folders: @unchecked Sendable {
    private let lock = NSLock()
    private var paths: [String] = []

    func append(_ path: String) { lock.withLock { paths.append(path) } }

    func removeAll() {
      lock.withLock { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
    }
  }
}

/// Values that are made once each, by whoever asks first; the others wait. The lock guards them.
final class Once<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var results: [String: Result<Value, any Error>] = [:]
  private let make: @Sendable (String) throws -> Value

  init(_ make: @escaping @Sendable (String) throws -> Value) { self.make = make }

  func value(_ name: String) throws -> Value {
    try lock.withLock {
      let result = results[name] ?? Result { try make(name) }
      results[name] = result
      return try result.get()
    }
  }
}
