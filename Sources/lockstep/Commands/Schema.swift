import ArgumentParser
import Scenario

/// `lockstep schema`: the scenario format for editors.
struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of scenario files, for editors that complete and check them.",
    discussion: """
      Example:
        lockstep schema > lockstep.schema.json
      """)

  // Every command takes it, so that a shell alias may give it always.
  @OptionGroup(visibility: .hidden) var database: DatabaseOptions

  func run() throws { Console.out(ScenarioSchema.json) }
}
