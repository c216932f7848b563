/// A place in a file: both counted from 1, the column in Unicode scalars.
public struct SourcePlace: Hashable, Comparable, Sendable, Codable {
  /// Counted from 1.
  public var line: Int
  /// Counted from 1, in Unicode scalars.
  public var column: Int

  /// The beginning of a file.
  public static let start = SourcePlace(line: 1, column: 1)

  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  public static func < (lhs: SourcePlace, rhs: SourcePlace) -> Bool {
    (lhs.line, lhs.column) < (rhs.line, rhs.column)
  }
}

/// What is wrong with a scenario file, where, and what was expected there instead.
public struct ScenarioDiagnostic: Error, Hashable, Sendable, Codable {
  /// Whether the scenario can be run all the same.
  public enum Severity: String, Hashable, Sendable, Codable, CaseIterable {
    /// It cannot be run.
    case error
    /// It can be run, and may well not do what its author meant.
    case warning
  }

  public var severity: Severity
  /// The file, as the user named it.
  public var path: String
  public var place: SourcePlace
  /// Where in the document: `nodes.fw-a.interfaces.wan`; empty where the text as a whole is meant.
  public var yamlPath: String
  /// What is wrong.
  public var what: String
  /// What was expected instead.
  public var expected: String
  /// What the author may have meant; `nil` where nothing is close.
  public var suggestion: String?
  /// The line of the file; `nil` where there is none, or one that is too long to be shown.
  public var sourceLine: String?

  public init(
    severity: Severity, path: String, place: SourcePlace, yamlPath: String, what: String, expected: String,
    suggestion: String? = nil, sourceLine: String? = nil
  ) {
    self.severity = severity
    self.path = path
    self.place = place
    self.yamlPath = yamlPath
    self.what = what
    self.expected = expected
    self.suggestion = suggestion
    self.sourceLine = sourceLine
  }

  /// `path:line:column: error: what; what was expected; did you mean …`.
  public var headline: String {
    let remedy = suggestion.map { "; did you mean \"\($0)\"?" } ?? ""
    // A path of no letters would leave a line that begins with a colon.
    let file = path.isEmpty ? "\"\"" : path
    let text =
      "\(file):\(place.line):\(place.column): \(severity.rawValue): \(what); expected \(expected)\(remedy)"
    return printable(text)
  }

  /// The headline, where in the document it is, and the line of the file with a caret beneath.
  public var rendered: String {
    var lines = [headline]
    if !yamlPath.isEmpty { lines.append("  in " + printable(yamlPath)) }
    if let sourceLine { lines += excerpt(of: sourceLine) }
    return lines.joined(separator: "\n")
  }

  private func excerpt(of source: String) -> [String] {
    let scalars = Array(source.unicodeScalars)
    // A line of megabytes is shown around its place only.
    let first = max(0, min(place.column - 1, scalars.count) - 100)
    var shown = String.UnicodeScalarView()
    shown.append(contentsOf: scalars[first..<min(scalars.count, first + 160)].map { $0 == "\t" ? " " : $0 })
    let number = String(place.line)
    let gutter = String(repeating: " ", count: number.count)
    let indent = String(repeating: " ", count: max(0, min(place.column - 1, scalars.count) - first))
    return ["  \(number) | \(printable(String(shown)))", "  \(gutter) | \(indent)^"]
  }
}

/// Whether a terminal shows the scalar as itself: no control, no line separator, nothing that reorders the text around it.
func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: false
  default: true
  }
}

/// The text with everything that is not printable written as `\u{…}`, so that no file sends commands to a terminal.
func printable(_ text: String) -> String {
  guard !text.unicodeScalars.allSatisfy(isPrintable) else { return text }
  var result = ""
  for scalar in text.unicodeScalars {
    if isPrintable(scalar) {
      result.unicodeScalars.append(scalar)
    } else {
      result += "\\u{\(String(scalar.value, radix: 16))}"
    }
  }
  return result
}

/// What an author wrote, in quotes, and not more of it than helps.
func quoted(_ text: String) -> String {
  text.count <= 60 ? "\"\(text)\"" : "\"\(text.prefix(57))...\""
}
