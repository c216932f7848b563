import Foundation
import Testing

/// Runs that are recorded once and looked at by many tests.
enum Recorded {
  /// A workspace of its own with run 1, the branch office, in `lockstep.sqlite`.
  static func workspace(_ scenario: String = "branch-office") throws -> Workspace {
    let original = try scenario == "branch-office" ? plain.get() : withSecrecy.get()
    let copy = try Workspace()
    try FileManager.default.copyItem(atPath: original.path("lockstep.sqlite"), toPath: copy.path("lockstep.sqlite"))
    return copy
  }

  private static let plain = Result { try record("branch-office") }
  private static let withSecrecy = Result { try record("branch-office-pfs") }

  private static func record(_ scenario: String) throws -> Workspace {
    let workspace = try Workspace()
    try workspace.record(scenario)
    // What others hold for as long as the process lives, nothing takes away at its end.
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
