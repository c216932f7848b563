/// Breaks lines between words for a terminal of a given width.
public enum Wrapping {
  /// The line in pieces of at most `width` columns. What does not fit goes on `hang` columns from the left, so that numbers
  /// and times in front of it stay alone in theirs. A word that is wider than a line is left whole.
  public static func lines(_ line: String, width: Int, hang: Int) -> [String] {
    guard width > hang + minimum, columns(line) > width else { return [line] }
    let margin = String(repeating: " ", count: hang)
    let text = line.drop { $0 == " " }
    var lines: [String] = []
    // Blanks in front of a line belong to its first word.
    var current = String(line.prefix(line.count - text.count))
    var isEmpty = true
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !isEmpty, columns(current) + 1 + columns(word) > width {
        lines.append(current)
        current = margin + word
      } else {
        current += (isEmpty ? "" : " ") + word
      }
      isEmpty = false
    }
    return lines + [current]
  }

  /// Columns that must be left beside the margin for a break to help anybody.
  private static let minimum = 20

  /// Characters, without the sequences that colour them: they take no room.
  private static func columns(_ text: some StringProtocol) -> Int {
    var count = 0
    var isSequence = false
    for character in text {
      if character == "\u{1B}" {
        isSequence = true
      } else if isSequence {
        isSequence = character != "m"
      } else {
        count += 1
      }
    }
    return count
  }
}
