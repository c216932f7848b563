import ArgumentParser
import Foundation

/// The program: its name, what it is for, and its verbs.
struct Lockstep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lockstep",
    abstract: "An IPsec laboratory in which time goes both ways and every byte explains itself.",
    discussion: """
      A scenario file describes hosts, firewalls and routers. A run of it exchanges real bytes and is recorded in a \
      database, where it can be looked into, stepped through, simulated again and exported.

      Begin with:
        lockstep run Scenarios/branch-office.lockstep.yml
        lockstep step last

      Results: 0 all is well; 1 an expectation failed; 2 unusable input or usage; 3 warnings only; 130 on Ctrl-C.
      """,
    version: ProgramVersion.text,
    subcommands: [
      Validate.self, Run.self, List.self, Inspect.self, Step.self, Replay.self, LadderCommand.self, WhyCommand.self,
      Verify.self,
      Export.self, Schema.self, Version.self,
    ])
}

/// The version that a run is recorded with and `lockstep version` prints.
enum ProgramVersion {
  static let number = "0.2.0"
  static let text = "lockstep \(number)"
}

/// How a command ends, beside success: its text has been written already, or is written by `main`.
struct Ending: Error {
  /// An expectation or a check failed.
  static let failed = Ending(code: 1)
  /// The input or the usage was unusable.
  static let unusable = Ending(code: 2)
  /// There were warnings, and nothing worse.
  static let warnings = Ending(code: 3)

  var code: Int32
}

@main
enum Program {
  static func main() {
    Interruption.endWith130()
    do {
      var command = try Lockstep.parseAsRoot()
      try command.run()
      Console.flush()
    } catch let ending as Ending {
      Console.flush()
      exit(ending.code)
    } catch {
      Console.flush()
      finish(error)
    }
  }

  /// Help and versions go to standard output and are no failure; everything else is told on standard error.
  private static func finish(_ error: any Error) -> Never {
    let code = Lockstep.exitCode(for: error)
    let text = Lockstep.fullMessage(for: error)
    if code == .success {
      Console.out(text)
      Console.flush()
      exit(0)
    }
    // Usage errors come with the usage; what a file or a database is guilty of says so itself, with its path in front.
    let words =
      code == .validationFailure
      ? text.replacing("Error: ", with: "error: ", maxReplacements: 1) : Console.words(for: error)
    Console.note(words.contains("error: ") ? words : "error: \(words)")
    exit(2)
  }
}
