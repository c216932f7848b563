import ArgumentParser

/// `lockstep version`: which program this is.
struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the program's version.",
    discussion: """
      Example:
        lockstep version
      """)

  @OptionGroup var format: FormatOptions

  // Every command takes it, so that a shell alias may give it always.
  @OptionGroup(visibility: .hidden) var database: DatabaseOptions

  func run() throws {
    switch format.format {
    case .plain: Console.out(ProgramVersion.text)
    case .json: Console.out(try JSON.line(["name": "lockstep", "version": ProgramVersion.number]))
    }
  }
}
