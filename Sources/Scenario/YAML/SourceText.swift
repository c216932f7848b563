/// A scenario file's text, by lines as YAML counts them.
struct SourceText: Sendable {
  let path: String
  let text: String
  private let lines: [Substring.UnicodeScalarView]

  init(path: String, text: String) {
    self.path = path
    // A byte order mark belongs to the encoding and not to the text.
    let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    self.text = text
    lines = Self.split(text.unicodeScalars)
  }

  /// Breaks at LF, CR LF and CR: the others that YAML 1.1 knows (NEL, LS, PS) are refused beforehand.
  private static func split(_ scalars: String.UnicodeScalarView) -> [Substring.UnicodeScalarView] {
    var lines: [Substring.UnicodeScalarView] = []
    var start = scalars.startIndex
    var index = start
    while index < scalars.endIndex {
      let next = scalars.index(after: index)
      if scalars[index] == "\n" || (scalars[index] == "\r" && (next == scalars.endIndex || scalars[next] != "\n")) {
        var end = index
        if scalars[index] == "\n", end > start, scalars[scalars.index(before: end)] == "\r" {
          end = scalars.index(before: end)
        }
        lines.append(Substring(scalars[start..<end]).unicodeScalars)
        start = next
      }
      index = next
    }
    lines.append(Substring(scalars[start...]).unicodeScalars)
    return lines
  }

  var lineCount: Int { lines.count }

  /// The line of that number, counted from 1; `nil` past the end.
  func line(_ number: Int) -> String? {
    lines.indices.contains(number - 1) ? String(lines[number - 1]) : nil
  }

  /// The line, unless only a machine can have written one so long.
  func shownLine(_ number: Int) -> String? {
    guard let line = line(number), line.utf8.count <= 4_000 else { return nil }
    return line
  }

  /// The scalars from a place to the end of its line.
  func rest(from place: SourcePlace) -> String {
    guard lines.indices.contains(place.line - 1) else { return "" }
    return String(String.UnicodeScalarView(lines[place.line - 1].dropFirst(place.column - 1)))
  }

  /// The first scalar that may not stand in a scenario file.
  func firstUnprintable() -> (place: SourcePlace, scalar: Unicode.Scalar)? {
    for (number, line) in lines.enumerated() {
      var column = 0
      for scalar in line {
        column += 1
        if scalar != "\t", !isPrintable(scalar) {
          return (SourcePlace(line: number + 1, column: column), scalar)
        }
      }
    }
    return nil
  }
}
