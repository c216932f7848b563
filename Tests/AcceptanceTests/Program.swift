import Foundation
import Testing

/// A program that is started as a person would start it.
struct Program: Sendable {
  /// How a program ended, and what it wrote.
  struct Outcome: Sendable {
    /// The exit code, or the signal's number below zero.
    var code: Int32
    var output: String
    var errors: String

    var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
  }

  let executable: URL
  /// What stands in front of every command's arguments.
  var prefix: [String] = []

  init(_ executable: URL, prefix: [String] = []) {
    self.executable = executable
    self.prefix = prefix
  }

  /// The program that was built with these tests: it lies beside the test bundle.
  static let lockstep: Program = {
    let bundle = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    return Program(bundle.deletingLastPathComponent().appendingPathComponent("lockstep"))
  }()

  /// The one that was built in release mode: named by `make test`, else looked for where `make build` puts it.
  static let release: Program? = {
    let named = ProcessInfo.processInfo.environment["LOCKSTEP_RELEASE_BINARY"].map { URL(fileURLWithPath: $0) }
    let file = named ?? Project.root.appendingPathComponent(".build/release/lockstep")
    return FileManager.default.isExecutableFile(atPath: file.path) ? Program(file) : nil
  }()

  /// Runs the program to its end; one that takes longer than `limit` is killed, and the test fails.
  @discardableResult
  func run(
    _ arguments: [String], in workspace: Workspace, environment: [String: String] = [:], input: String = "",
    limit: Duration = .seconds(60), _ location: SourceLocation = #_sourceLocation
  ) throws -> Outcome {
    let running = try start(arguments, in: workspace, environment: environment, input: input)
    return try running.wait(limit: limit, location)
  }

  /// Starts the program; what it reads and writes are files, so that neither side waits for the other.
  func start(
    _ arguments: [String], in workspace: Workspace, environment: [String: String] = [:], input: String = ""
  ) throws -> RunningProgram {
    let name = workspace.path(".streams/\(UUID().uuidString)")
    try Data(input.utf8).write(to: URL(fileURLWithPath: name + ".in"))
    let process = prepare(arguments, in: workspace, environment: environment)
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: name + ".in"))
    for suffix in [".out", ".err"] { try Data().write(to: URL(fileURLWithPath: name + suffix)) }
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: name + ".out"))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: name + ".err"))
    try launch(process)
    return RunningProgram(process: process, workspace: workspace, output: name + ".out", errors: name + ".err")
  }

  /// A process with its arguments, its folder, and an environment that holds nothing of whoever runs the tests.
  func prepare(_ arguments: [String], in workspace: Workspace, environment: [String: String]) -> Process {
    let process = Process()
    process.executableURL = executable
    process.arguments = prefix + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: workspace.folder)
    process.environment = Self.environment(workspace).merging(environment) { $1 }
    return process
  }

  private static func environment(_ workspace: Workspace) -> [String: String] {
    let inherited = ProcessInfo.processInfo.environment.filter { ["PATH", "LD_LIBRARY_PATH"].contains($0.key) }
    return inherited.merging(["HOME": workspace.folder, "LANG": "C.UTF-8", "TZ": "UTC", "TERM": "xterm"]) { $1 }
  }
}

/// A program that has been started.
final class RunningProgram {
  private let process: Process
  /// Its folder stays for as long as the program runs.
  private let workspace: Workspace
  private let output: String
  private let errors: String

  init(process: Process, workspace: Workspace, output: String, errors: String) {
    self.process = process
    self.workspace = workspace
    self.output = output
    self.errors = errors
  }

  var isRunning: Bool { process.isRunning }

  /// What has been written to standard error so far.
  var notes: String { (try? Self.text(errors)) ?? "" }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the end of the program.
  func wait(limit: Duration, _ location: SourceLocation = #_sourceLocation) throws -> Program.Outcome {
    let ended = waitUntil(limit: limit) { !process.isRunning }
    if !ended {
      send(SIGKILL)
      process.waitUntilExit()
      let command = ([process.executableURL?.path ?? ""] + (process.arguments ?? [])).joined(separator: " ")
      Issue.record("not done after \(limit): \(command)", sourceLocation: location)
    }
    let status = process.terminationStatus
    return Program.Outcome(
      code: process.terminationReason == .exit ? status : -status, output: try Self.text(output),
      errors: try Self.text(errors))
  }

  private static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }
}

/// Starts a process with no signal blocked. What starts it is a thread of a pool, where all are; a mask is inherited.
func launch(_ process: Process) throws {
  var (none, before) = (sigset_t(), sigset_t())
  _ = unsafe sigemptyset(&none)
  _ = unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
  defer { _ = unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
  try process.run()
}

/// Looks again and again until something holds; gives whether it did before the time was over.
func waitUntil(limit: Duration, _ holds: () throws -> Bool) rethrows -> Bool {
  let end = ContinuousClock.now + limit
  while try !holds() {
    guard ContinuousClock.now < end else { return false }
    usleep(2_000)
  }
  return true
}
