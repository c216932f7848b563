import Foundation
import Testing

/// A terminal that a test sits at: what it types arrives as a person's keys do, and Ctrl-C is a signal.
final class PseudoTerminal {
  private let terminal: Int32
  private let process: Process
  private let workspace: Workspace
  /// What has been shown so far.
  private(set) var screen = ""

  /// Starts a program with this as its terminal; `setsid` makes it the controlling one.
  init(
    _ program: Program, _ arguments: [String], in workspace: Workspace, environment: [String: String] = [:]
  ) throws {
    var (terminal, end): (Int32, Int32) = (-1, -1)
    guard unsafe openpty(&terminal, &end, nil, nil, nil) == 0 else { throw Unexpected("no pseudo-terminal: \(errno)") }
    self.terminal = terminal
    let handle = FileHandle(fileDescriptor: end, closeOnDealloc: true)
    _ = fcntl(terminal, F_SETFL, O_NONBLOCK)
    guard let setsid = Tools.setsid else { throw Unexpected("setsid is missing") }
    let starter = Program(setsid.executable, prefix: ["--ctty", "--wait", program.executable.path])
    self.workspace = workspace
    process = starter.prepare(arguments, in: workspace, environment: environment)
    process.standardInput = handle
    process.standardOutput = handle
    process.standardError = handle
    try launch(process)
    try handle.close()
  }

  deinit { _ = close(terminal) }

  /// Types, the key Return included only where the text ends with it.
  func type(_ text: String) {
    let octets = Array(text.utf8)
    _ = unsafe octets.withUnsafeBytes { unsafe write(terminal, $0.baseAddress, $0.count) }
  }

  /// Waits until the screen shows a text behind what was there when the wait began; gives what came up to then.
  @discardableResult
  func expect(
    _ text: String, limit: Duration = .seconds(20), _ location: SourceLocation = #_sourceLocation
  ) throws -> String {
    let start = screen.endIndex
    let isThere = waitUntil(limit: limit) {
      read()
      return screen[start...].contains(text)
    }
    guard isThere else {
      stop()
      throw Unexpected("\"\(text)\" was not shown (\(location.line)), but \(screen[start...].debugDescription)")
    }
    return String(screen[start...])
  }

  /// Waits for the program's end; gives its exit code.
  func wait(limit: Duration = .seconds(20)) throws -> Int32 {
    let ended = waitUntil(limit: limit) {
      read()
      return !process.isRunning
    }
    guard ended else {
      stop()
      throw Unexpected("the program did not end; the screen: \(screen.suffix(500).debugDescription)")
    }
    read()
    return process.terminationStatus
  }

  private func stop() {
    // Hanging up ends whatever is in the terminal's foreground.
    process.terminate()
  }

  private func read() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe Foundation.read(terminal, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      screen += String(decoding: buffer[..<count], as: UTF8.self)
    }
  }
}
