import Foundation

/// Measures what the arguments ask for and prints the tables.
@main
enum Command {
  /// Every section, in the order in which they are printed.
  static let sections: [BenchmarkSection] = [.eventKernel, .esp, .negotiation, .forwarding, .recording]

  static let usage = """
    usage: lockstep-bench [--quick] [SECTION ...]

    Measures Lockstep beside peers and limits in one process, each side in turn, and prints medians.
    Sections: \(sections.map(\.name).joined(separator: ", ")). Without any, all of them.
      --quick   three short runs instead of five long ones
      --help    this text
    """

  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let names = arguments.filter { !$0.hasPrefix("-") }
    let options = arguments.filter { $0.hasPrefix("-") }
    let areKnown =
      options.allSatisfy { $0 == "--quick" } && names.allSatisfy { name in sections.contains { $0.name == name } }
    guard areKnown else {
      print(usage)
      exit(options.contains("--help") ? 0 : 2)
    }
    warnAboutDebugBuild()
    for section in sections where names.isEmpty || names.contains(section.name) {
      try print(section, plan: options.isEmpty ? .full : .quick)
    }
  }

  private static func print(_ section: BenchmarkSection, plan: BenchmarkPlan) throws {
    var table = Table()
    for measurement in try section.measure(plan) { table.add(measurement) }
    Swift.print(section.summary, "", table.text(), "", separator: "\n")
  }

  private static func warnAboutDebugBuild() {
    #if DEBUG
      Swift.print("This is a debug build: the figures say nothing. Build with `swift build -c release`.\n")
    #endif
  }

  private static func print(_ text: String) { Swift.print(text) }
}
