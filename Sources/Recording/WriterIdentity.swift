import Foundation

/// Which process writes a run: the boot of the machine, the process's number, and when it started. A number alone may
/// have been given to another process since; the three together name one process for all time.
///
/// A run in state `recording` whose writer is no more was interrupted. Asking the operating system needs no lock file
/// and no heartbeat, and survives `kill -9`, a power cut, and the file being copied to another machine.
struct WriterIdentity: Hashable, Sendable {
  var boot: String
  var process: Int32
  var start: String

  /// The process that asks.
  static func current() -> WriterIdentity {
    let process = ProcessInfo.processInfo.processIdentifier
    return WriterIdentity(boot: bootIdentifier(), process: process, start: startTime(of: process) ?? "")
  }

  /// Whether the process still runs on this machine.
  var isAlive: Bool { boot == Self.bootIdentifier() && Self.startTime(of: process) == start }

  /// `boot process start`, as it is stored.
  var text: String { "\(boot) \(process) \(start)" }

  init(boot: String, process: Int32, start: String) {
    self.boot = boot
    self.process = process
    self.start = start
  }

  /// Reads `text`; `nil` for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, let process = Int32(parts[1]) else { return nil }
    self.init(boot: String(parts[0]), process: process, start: String(parts[2]))
  }

  private static func bootIdentifier() -> String { read("/proc/sys/kernel/random/boot_id") ?? "" }

  /// Field 22 of `/proc/PID/stat`: clock ticks between boot and start. The name in field 2 may hold blanks and brackets,
  /// so that counting begins behind its last bracket. A zombie runs no more.
  private static func startTime(of process: Int32) -> String? {
    guard let stat = read("/proc/\(process)/stat"), let bracket = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[stat.index(after: bracket)...].split(separator: " ")
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return String(fields[19])
  }

  private static func read(_ path: String) -> String? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
