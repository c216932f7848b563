import ArgumentParser
import Scenario

/// `lockstep validate`: says all that is wrong with scenario files, and where.
struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check scenario files, and say everything that is wrong with them and where.",
    discussion: """
      Examples:
        lockstep validate Scenarios/branch-office.lockstep.yml
        lockstep validate --format json Scenarios/branch-office.lockstep.yml

      Results: 0 all is well; 2 there are errors; 3 there are warnings only.
      """)

  @Argument(help: "Scenario files.", completion: .file(extensions: ["yml"]))
  var scenarios: [String]

  @OptionGroup var format: FormatOptions

  // Every command takes it, so that a shell alias may give it always.
  @OptionGroup(visibility: .hidden) var database: DatabaseOptions

  func run() throws {
    var hasErrors = false
    var hasWarnings = false
    for path in scenarios {
      let outcome = ScenarioFile.load(path: path)
      hasErrors = hasErrors || outcome.hasErrors
      hasWarnings = hasWarnings || !outcome.diagnostics.isEmpty
      try show(outcome, path)
    }
    if hasErrors { throw Ending.unusable }
    if hasWarnings { throw Ending.warnings }
  }

  private func show(_ outcome: ScenarioFile.Outcome, _ path: String) throws {
    for diagnostic in outcome.diagnostics {
      switch format.format {
      case .plain: Console.note(diagnostic.rendered)
      case .json: Console.out(try JSON.line(diagnostic))
      }
    }
    guard format.format == .plain else { return }
    let errors = outcome.diagnostics.count { $0.severity == .error }
    let warnings = outcome.diagnostics.count - errors
    let name = Console.printable(path)
    if errors == 0, warnings == 0 { return Console.out("\(name): all is well") }
    Console.out("\(name): \(count(errors, "error")), \(count(warnings, "warning"))")
  }
}

/// `1 error`, `2 errors`.
func count(_ number: some BinaryInteger, _ noun: String, _ plural: String? = nil) -> String {
  "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
}
