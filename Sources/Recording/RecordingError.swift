import Journal

/// What is wrong with a recording, in words for the person who named the file: what, what was expected, what to do.
public struct RecordingError: Error, Hashable, Sendable {
  /// What can be wrong.
  public enum Problem: Hashable, Sendable {
    /// There is no file.
    case missing
    /// There is no folder to put the file into.
    case missingFolder
    /// The path names a directory.
    case directory
    /// The file is not an SQLite database.
    case notADatabase
    /// The file is an SQLite database of another application.
    case foreign
    /// The file is of a format that this version does not know.
    case newer(format: Int, known: Int)
    /// The file is a recording that was never finished being made, and is only to be read.
    case unprepared
    /// Pages of the file contradict each other or are missing.
    case damaged(String)
    /// The file or its folder may not be written to.
    case notWritable
    /// The file or its folder may not be read.
    case notReadable
    /// Another process holds the file.
    case locked(seconds: Int)
    /// There is no room left for what was to be written.
    case full
    /// The operating system or SQLite failed in another way.
    case failed(String)
    /// The file holds no run yet.
    case noRuns
    /// The file does not hold the run.
    case noRun(RunNumber, last: RunNumber)
    /// The run does not hold the entry.
    case noEntry(EntryID, run: RunNumber, last: EntryID)
    /// The run does not hold the packet.
    case noPacket(PacketID, run: RunNumber, last: PacketID)
    /// The run's own row cannot be read.
    case damagedRun(RunNumber, String)
    /// An entry cannot be read.
    case damagedEntry(EntryID, run: RunNumber, String)
    /// A packet cannot be read.
    case damagedPacket(PacketID, run: RunNumber, String)
    /// The recorder was told that the run is over, and then given more.
    case finished(RunNumber)
  }

  /// The file, as the user named it.
  public var path: String
  /// What is wrong.
  public var problem: Problem

  public init(path: String, _ problem: Problem) {
    self.path = path
    self.problem = problem
  }
}

extension RecordingError: CustomStringConvertible {
  /// `runs.sqlite: error: there is no such file; expected …; run a scenario first …`.
  public var description: String {
    let words = problem.words
    return "\(printable(path)): error: \(printable(words.what)); expected \(words.expected); \(words.remedy)"
  }
}

extension RecordingError.Problem {
  /// One problem's three sentences.
  struct Words {
    var what: String
    var expected: String
    var remedy: String
  }

  private static let aRecording = "a recording that `lockstep run` made"
  private static let untouched = "the file was left as it is; name another one with --db"

  var words: Words {
    fileWords ?? accessWords ?? contentWords
      ?? Words(what: "the recording cannot be used", expected: Self.aRecording, remedy: Self.untouched)
  }

  private var fileWords: Words? {
    switch self {
    case .missing:
      Words(
        what: "there is no such file", expected: Self.aRecording,
        remedy: "run a scenario first, or name another file with --db")
    case .missingFolder:
      Words(
        what: "there is no folder to put this file into", expected: "a folder that exists",
        remedy: "make the folder, or name another file with --db")
    case .directory:
      Words(what: "this is a directory", expected: "a file", remedy: "name a file inside it with --db")
    case .notADatabase:
      Words(what: "this is not an SQLite database", expected: Self.aRecording, remedy: Self.untouched)
    case .foreign:
      Words(
        what: "this SQLite database belongs to another application", expected: Self.aRecording, remedy: Self.untouched)
    case .newer(let format, let known):
      Words(
        what: "this recording was made by a newer Lockstep (format \(format))",
        expected: "format \(known) or an older one", remedy: "update Lockstep; the file was left as it is")
    case .unprepared:
      Words(
        what: "this recording was never finished being made", expected: Self.aRecording,
        remedy: "record a run into it first, or name another file with --db")
    case .damaged(let detail):
      Words(
        what: "this recording is damaged (\(detail))", expected: "a whole SQLite database",
        remedy: "restore a copy, or save what is left with `sqlite3 FILE .recover`; the file was left as it is")
    default: nil
    }
  }

  private var accessWords: Words? {
    switch self {
    case .notWritable:
      Words(
        what: "this file cannot be written", expected: "permission to write the file and its folder",
        remedy: "change the permissions, or name another file with --db")
    case .notReadable:
      Words(
        what: "this file cannot be read", expected: "permission to read the file and its folder",
        remedy: "change the permissions, or name another file with --db")
    case .locked(let seconds):
      Words(
        what: "another process holds this file", expected: "to get hold of it within \(seconds) s",
        remedy: "wait until the other process is done, or name another file with --db")
    case .full:
      Words(
        what: "there is no room left on the disk", expected: "room for the next entries",
        remedy: "make room and run again; what was written before stays readable")
    case .failed(let detail):
      Words(
        what: "reading or writing failed (\(detail))", expected: "a file on a disk that works",
        remedy: "try again, or name another file with --db")
    default: nil
    }
  }

  private var contentWords: Words? {
    switch self {
    case .noRuns:
      Words(what: "there is no run in this recording yet", expected: "one at least", remedy: "run a scenario first")
    case .noRun(let number, let last):
      Words(
        what: "there is no run \(number)", expected: "a number from 1 to \(last), or `last`",
        remedy: "`lockstep list` shows the runs")
    case .noEntry(let entry, let run, let last):
      Words(
        what: "run \(run) has no entry \(entry.rawValue)", expected: Self.range(last.rawValue),
        remedy: "`lockstep inspect \(run)` shows the entries")
    case .noPacket(let packet, let run, let last):
      Words(
        what: "run \(run) has no packet \(packet.rawValue)", expected: Self.range(last.rawValue),
        remedy: "`lockstep inspect \(run)` shows the packets")
    case .damagedRun(let run, let detail): Self.damage("run \(run) is damaged (\(detail))")
    case .damagedEntry(let entry, let run, let detail):
      Self.damage("entry \(entry.rawValue) of run \(run) is damaged (\(detail))")
    case .damagedPacket(let packet, let run, let detail):
      Self.damage("packet \(packet.rawValue) of run \(run) is damaged (\(detail))")
    case .finished(let run):
      Words(
        what: "run \(run) is over and takes no more entries", expected: "a run that is being recorded",
        remedy: "record a new run")
    default: nil
    }
  }

  private static func range(_ last: UInt64) -> String {
    last == 0 ? "nothing, since it has none" : "a number from 1 to \(last)"
  }

  private static func damage(_ what: String) -> Words {
    Words(
      what: what, expected: "what Lockstep wrote",
      remedy: "restore a copy, or record the run again; the file was left as it is")
  }
}

/// The text without anything that a terminal would obey: control characters become `\u{1b}`.
func printable(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: result += "\\u{\(String(scalar.value, radix: 16))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
