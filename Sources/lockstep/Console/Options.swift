import ArgumentParser
import Explanation
import Foundation
import Recording

/// How data is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
  case plain
  case json
}

/// When colours are used.
enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
  case auto
  case always
  case never
}

/// Which database.
struct DatabaseOptions: ParsableArguments {
  @Option(name: .customLong("db"), help: "The database of runs. (default: LOCKSTEP_DB, else lockstep.sqlite here)")
  var database: String?

  var path: String {
    if let database { return database }
    let named = ProcessInfo.processInfo.environment["LOCKSTEP_DB"] ?? ""
    return named.isEmpty ? "lockstep.sqlite" : named
  }

  /// Opens the database to look into it.
  func openForReading() throws -> Store { try Store.open(path: path, mode: .readOnly) }
}

/// How data is printed.
struct FormatOptions: ParsableArguments {
  @Option(help: "How data is printed: plain for people, json for programs.")
  var format = OutputFormat.plain
}

/// How screens look.
struct StyleOptions: ParsableArguments {
  @Option(help: "When colours are used.")
  var color = ColorChoice.auto

  /// How views are drawn: letters beyond ASCII only where the locale has them.
  var style: Style {
    Style(lettering: Console.isUnicode ? .unicode : .ascii, isColoured: usesColor)
  }

  private var usesColor: Bool {
    switch color {
    case .always: return true
    case .never: return false
    case .auto:
      let refused = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
      return !refused && Console.isTerminal(1)
    }
  }
}

/// A run by its number, or `last`.
struct RunArgument: Hashable, Sendable {
  /// `nil` for the last one.
  var number: RunNumber?

  /// Reads a number or `last`.
  static func read(_ text: String) throws -> RunArgument {
    if text == "last" { return RunArgument() }
    guard let value = UInt32(text), value > 0 else {
      throw ValidationError(
        "\"\(Console.printable(text))\" is no run; expected a run's number or last (lockstep list shows them)")
    }
    return RunArgument(number: RunNumber(value))
  }

  func reader(in store: Store) throws -> RunReader {
    try store.reader(of: try number ?? store.lastRun())
  }
}
