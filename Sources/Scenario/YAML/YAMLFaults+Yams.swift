import Yams

extension YAMLFault {
  /// What libyaml found, in the words of somebody who writes scenarios.
  init(_ error: YamlError, in source: SourceText) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
      self.init(problem: problem, at: SourcePlace(line: mark.line, column: mark.column), in: source)
    case .composer(_, let problem, let mark, _):
      let place = SourcePlace(line: mark.line, column: mark.column)
      self = problem.contains("alias") ? .alias(at: place, in: source) : .secondDocument(at: place)
    case .duplicatedKeysInMapping(let keys, let context):
      let first = SourcePlace(line: context.mark.line, column: context.mark.column)
      self = .duplicateKey(keys.first ?? "", first: first, in: source)
    case .memory:
      self = .tooDeep(at: Self.deepestPlace(in: source))
    default:
      self = .unreadable("it cannot be read as YAML", at: .start)
    }
  }

  /// libyaml's problems and what they mean to an author, with the remedy. The first row whose text is found is taken.
  private static let translations: [(problem: String, what: String, expected: String)] = [
    (
      "mapping values are not allowed", "a \":\" stands where no key can begin",
      "keys of one mapping to be indented alike, a \":\" behind the key of the line before, and quotes around a value that "
        + "holds \": \""
    ),
    (
      "did not find expected key", "wrong indentation: this line fits no mapping above it",
      "keys of one mapping to be indented alike"
    ),
    (
      "did not find expected '-' indicator", "wrong indentation: this line fits no list above it",
      "the entries of one list to begin with \"- \" at the same indentation"
    ),
    (
      "block sequence entries are not allowed", "a list cannot begin here",
      "\"- \" at the beginning of a line of its own"
    ),
    ("could not find expected ':'", "this line has no \":\" behind its key", "\"key: value\""),
    ("did not find expected ',' or ']'", "a list in brackets is not closed", "\",\" or \"]\""),
    ("did not find expected ',' or '}'", "a mapping in braces is not closed", "\",\" or \"}\""),
    ("found unexpected end of stream", "a quoted text is not closed", "the closing quote before the end of the file"),
    (
      "found unexpected document indicator", "a quoted text is not closed", "the closing quote before the next document"
    ),
    (
      "did not find expected <document start>", "text stands behind the end of the document", "one document in the file"
    ),
    ("unknown escape character", "a \"\\\" in double quotes begins no known escape", "\"\\\\\", or single quotes"),
    ("cannot start any token", "a value cannot begin with this character", "quotes around the value"),
    ("alphabetic or numeric character", "an anchor or an alias has no name", "a name, or quotes around the value"),
  ]

  private init(problem: String, at place: SourcePlace, in source: SourceText) {
    if let tab = Self.tabInIndentation(around: place, in: source) {
      self.init(place: tab, what: "a tab is used for indentation", expected: "spaces")
      return
    }
    let place = SourcePlace(line: min(place.line, source.lineCount), column: place.column)
    guard let row = Self.translations.first(where: { problem.contains($0.problem) }) else {
      self = .unreadable("it cannot be read as YAML (\(problem))", at: place)
      return
    }
    self.init(place: place, what: row.what, expected: row.expected)
  }

  /// libyaml notices a tab where it stands or on the line after.
  private static func tabInIndentation(around place: SourcePlace, in source: SourceText) -> SourcePlace? {
    for number in [place.line, place.line - 1] {
      let indentation = (source.line(number) ?? "").unicodeScalars.prefix { $0 == " " || $0 == "\t" || $0 == "-" }
      if let tab = Array(indentation).firstIndex(of: "\t") { return SourcePlace(line: number, column: tab + 1) }
    }
    return nil
  }

  private static func alias(at place: SourcePlace, in source: SourceText) -> YAMLFault {
    let name = String(
      source.rest(from: place).dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" })
    guard let anchor = anchor(name, in: source) else {
      return YAMLFault(
        place: place, what: "the alias \"*\(name)\" names no anchor", expected: "an anchor \"&\(name)\" before it")
    }
    guard anchor < place else {
      return YAMLFault(
        place: place,
        what: "the alias \"*\(name)\" stands before its anchor (line \(anchor.line), column \(anchor.column))",
        expected: "the anchor before its aliases")
    }
    return YAMLFault(
      place: place,
      what: "the alias \"*\(name)\" stands inside of what its anchor \"&\(name)\" names "
        + "(line \(anchor.line), column \(anchor.column)): a cycle without end",
      expected: "an alias of something that was complete before it")
  }

  private static func anchor(_ name: String, in source: SourceText) -> SourcePlace? {
    for number in 1...source.lineCount {
      let line = Array((source.line(number) ?? "").unicodeScalars)
      let wanted = Array("&\(name)".unicodeScalars)
      guard line.count >= wanted.count else { continue }
      for start in 0...(line.count - wanted.count) where Array(line[start..<(start + wanted.count)]) == wanted {
        let next = start + wanted.count
        if next == line.count
          || !(line[next].properties.isAlphabetic || "0123456789_-".unicodeScalars.contains(line[next]))
        {
          return SourcePlace(line: number, column: start + 1)
        }
      }
    }
    return nil
  }

  private static func secondDocument(at place: SourcePlace) -> YAMLFault {
    YAMLFault(place: place, what: "a second document begins here", expected: "one document in the file")
  }

  /// Yams says where the first is; the second is looked for beneath it, at the same indentation.
  private static func duplicateKey(_ key: String, first: SourcePlace, in source: SourceText) -> YAMLFault {
    let second = nextKey(key, after: first, in: source)
    return YAMLFault(
      place: second ?? first,
      what: "the key \(quoted(key)) is written twice"
        + (second == nil ? "" : " (first at line \(first.line), column \(first.column))"),
      expected: "each key once in a mapping")
  }

  private static func nextKey(_ key: String, after first: SourcePlace, in source: SourceText) -> SourcePlace? {
    for number in (first.line + 1)..<max(first.line + 2, source.lineCount + 1) {
      let place = SourcePlace(line: number, column: first.column)
      let text = source.rest(from: place)
      for spelled in [key, "\"\(key)\"", "'\(key)'"] where text.hasPrefix(spelled) {
        if text.dropFirst(spelled.count).drop(while: { $0 == " " }).first == ":" { return place }
      }
    }
    return nil
  }

  /// The first place that brackets or indentation put past the bound: good enough to point at.
  private static func deepestPlace(in source: SourceText) -> SourcePlace {
    var depth = 0
    for number in 1...source.lineCount {
      for (column, scalar) in (source.line(number) ?? "").unicodeScalars.enumerated() {
        if scalar == "[" || scalar == "{" { depth += 1 }
        if scalar == "]" || scalar == "}" { depth -= 1 }
        if depth > YAMLReader.depthLimit || (scalar == "-" && column > 2 * YAMLReader.depthLimit) {
          return SourcePlace(line: number, column: column + 1)
        }
      }
    }
    return .start
  }
}
