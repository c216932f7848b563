import ArgumentParser
import Explanation
import Foundation
import Journal
import Recording

/// `lockstep step`: a run entry by entry, forward and back, a line at a time.
struct Step: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Step through a run, forward and back, a line at a time.",
    discussion: """
      A scenario file is run and recorded first. Commands are read a line at a time, so that they can be typed, piped \
      and read aloud; ? lists them.

      Examples:
        lockstep step last
        lockstep step Scenarios/branch-office.lockstep.yml
        printf ']\\n]\\nw\\nq\\n' | lockstep step last
      """)

  @Argument(help: "A run's number, last, or a scenario file.") var target: String
  @Option(help: "The entry to begin at.") var at: UInt64 = 1
  @Option(help: "The seed of a scenario file, instead of its own.") var seed: UInt64?
  @Flag(help: "No progress, no warnings, no prompt.") var quiet = false
  @Flag(help: "With each packet that is looked into, show the very bytes that its ICVs cover.") var icv = false
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var look: StyleOptions

  func run() throws {
    let reader = try openRun()
    guard try reader.lastEntry().rawValue > 0 else {
      Console.note("error: run \(reader.number) has no entries: it was interrupted before the first was written")
      throw Ending.unusable
    }
    var session = try StepSession(reader, style: look.style, isJSON: format.format == .json, showsICV: icv)
    try session.begin(at: EntryID(at))
    while let line = prompt(session) {
      guard try session.obey(line.trimmingCharacters(in: .whitespaces)) else { break }
      Console.flush()
    }
  }

  private func openRun() throws -> RunReader {
    if let run = try? RunArgument.read(target) { return try run.reader(in: try database.openForReading()) }
    guard target.hasSuffix(".yml") || target.hasSuffix(".yaml") || target.contains("/") else {
      throw ValidationError(
        "\"\(Console.printable(target))\" is neither a run nor a scenario file; expected a run's number, last, or a file "
          + "such as Scenarios/branch-office.lockstep.yml")
    }
    let scenario = try Simulation.load(target, isQuiet: quiet)
    let store = try Store.open(path: database.path, mode: .create)
    let summary = try Simulation.record(scenario, seed: seed, detail: .everything, in: store, isQuiet: quiet)
    if !quiet { Console.note("recorded as run \(summary.number) in \(Console.printable(database.path))") }
    return try store.reader(of: summary.number)
  }

  private func prompt(_ session: StepSession) -> String? {
    Console.flush()
    if !quiet, isatty(0) == 1 { Console.progress("\(session.place) > ") }
    return readLine()
  }
}

/// What a stepper remembers between two commands.
struct StepSession {
  private var cursor: RunCursor
  private let narrator: Narrator
  private let style: Style
  private let last: EntryID
  /// Made when first asked for: it reads the run's keys.
  private var inspector: RunInspector?
  /// Whether answers are objects of JSON, one a line.
  private let isJSON: Bool
  /// Whether every packet is shown with what its ICVs cover.
  private let showsICV: Bool

  init(_ reader: RunReader, style: Style, isJSON: Bool, showsICV: Bool) throws {
    self.isJSON = isJSON
    self.showsICV = showsICV
    cursor = RunCursor(reader)
    narrator = try Narrator(reader, style: style)
    self.style = style
    last = try reader.lastEntry()
  }

  /// `12/2942`.
  var place: String { "\(cursor.position.rawValue)/\(last.rawValue)" }

  mutating func begin(at id: EntryID) throws {
    if id.rawValue > 1 { try go(.to(id), orSay: "there is no entry \(id.rawValue); the last is \(last.rawValue)") }
    if cursor.position.rawValue == 1 { try show() }
    Console.note("? lists the commands")
  }

  /// Obeys a command. False where the session is over.
  mutating func obey(_ line: String) throws -> Bool {
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    let argument = words.count > 1 ? words[1] : ""
    if line.hasPrefix("/") { return try search(String(line.dropFirst())) }
    switch words.first ?? "." {
    case ".", "n", "next":
      try goOn(argument) {
        .forward($0)
      } orSay: {
        "this is the last entry"
      }
    case ",", "b", "back":
      try goOn(argument) {
        .back($0)
      } orSay: {
        "this is the first entry"
      }
    case "f", "flow": try goInFlow(forward: true)
    case "F": try goInFlow(forward: false)
    case "]", "phase": try go(.nextPhase, orSay: "no phase begins or ends behind this")
    case "[": try go(.previousPhase, orSay: "no phase begins or ends before this")
    case "d", "drop": try go(.nextDrop, orSay: "nothing is dropped behind this")
    case "g", "go": try goTo(argument)
    case "G", "end": try go(.last, orSay: "this is the last entry")
    case "w", "why": try why()
    case "i", "inspect": try inspect(argument.split(separator: " "))
    case "s", "state": try state(argument)
    case "?", "help": for line in Self.help { try say(line) }
    case "q", "quit": return false
    default: try say(style.show("no command \"\(words.first ?? "")\"; ? lists them"))
    }
    return true
  }

  private static let help = [
    ".  [COUNT]   forward (Enter alone does the same)",
    ",  [COUNT]   back",
    "f            next entry of this entry's flow",
    "F            the one before",
    "]            next phase: what begins or ends",
    "[            the one before",
    "d            next drop",
    "/TEXT        next entry that says so",
    "g ENTRY      go to an entry",
    "G            go to the last one",
    "w            why did this happen",
    "i            look into the packet",
    "i all        the same, with every field explained",
    "i icv        the same, with the bytes that each ICV covers",
    "s [NODE]     what the node holds now",
    "?            this list",
    "q            quit",
  ]

  private func show() throws {
    let entry = try cursor.entry()
    if isJSON { return Console.out(try JSON.line(EntryLine(entry, narrator))) }
    Console.tell(narrator.line(entry))
  }

  /// Says something that is no entry.
  private func say(_ line: String) throws {
    isJSON ? Console.out(try JSON.line(["note": line])) : Console.tell(line, hang: 6)
  }

  private mutating func go(_ move: RunCursor.Move, orSay refusal: String) throws {
    if try cursor.move(move) { try show() } else { try say(refusal) }
  }

  private mutating func goOn(
    _ text: String, _ move: (Int) -> RunCursor.Move, orSay refusal: () -> String
  ) throws {
    guard let count = text.isEmpty ? 1 : Int(text), count > 0 else {
      return try say(". and , take a number of entries, 1 or more")
    }
    try go(move(count), orSay: refusal())
  }

  private mutating func goInFlow(forward: Bool) throws {
    guard let flow = try cursor.flow(of: try cursor.entry()) else {
      return try say("this entry belongs to no flow of the scenario's traffic")
    }
    let name = style.show(narrator.glossary.flow(flow).name)
    try go(
      forward ? .nextOfFlow(flow) : .previousOfFlow(flow),
      orSay: "nothing of \(name) \(forward ? "follows" : "comes before")")
  }

  private mutating func goTo(_ text: String) throws {
    guard let number = UInt64(text) else { return try say("g takes an entry's number, 1 to \(last.rawValue)") }
    let refusal =
      number == cursor.position.rawValue
      ? "this is entry \(number)" : "there is no entry \(number); the last is \(last.rawValue)"
    try go(.to(EntryID(number)), orSay: refusal)
  }

  private mutating func search(_ text: String) throws -> Bool {
    guard !text.isEmpty, cursor.position < last else {
      try say("/ takes the text to look for; it looks behind this entry")
      return true
    }
    var found: EntryID?
    try cursor.reader.walk(EntryID(cursor.position.rawValue + 1)...last) { entry in
      guard narrator.sentence(entry).localizedStandardContains(text) else { return .on }
      found = entry.id
      return .stop
    }
    if let found {
      try go(.to(found), orSay: "")
    } else {
      try say(style.show("nothing behind this says \"\(text)\""))
    }
    return true
  }

  private func why() throws {
    let why = try Why(cursor.position, in: cursor.reader, narrator)
    if isJSON { return Console.out(try JSON.line(WhyReport(cursor.position, why))) }
    for line in why.lines(style) { Console.tell(line) }
  }

  private mutating func inspect(_ words: [Substring]) throws {
    let (explains, icv) = (words.contains("all"), showsICV || words.contains("icv"))
    guard words.allSatisfy({ ["all", "icv"].contains($0) }) else { return try say("i takes all, icv, both or nothing") }
    let inspector = try self.inspector ?? RunInspector(cursor.reader)
    self.inspector = inspector
    guard let inspection = try inspector.inspect(cursor.position) else {
      return try say("this entry is about no packet; w says why it happened")
    }
    if isJSON { return Console.frame(inspection.report, details: explains, icv: icv) }
    let tree = LayerTree(LayerTree.Options(explains: explains, showsICV: icv), style: style)
    for line in tree.lines(inspection, narrator.glossary) { Console.out(line) }
  }

  private func state(_ name: String) throws {
    let node = name.isEmpty ? try cursor.entry().node : narrator.glossary.node(named: name)
    guard let node, node != .run else {
      let names = narrator.glossary.run.nodes.map(\.name).joined(separator: ", ")
      return try say(style.show("s takes a node's name: \(names)"))
    }
    for line in try StateView(cursor.reader, at: cursor.position).lines(of: node, style) { try say(line) }
  }
}
