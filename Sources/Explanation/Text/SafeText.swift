/// Makes text safe for a terminal or a page. Control characters, line ends, marks that change the direction of writing and
/// invisible ones are written as `\u{1b}`: a name from a file must neither hide, move nor colour anything.
enum SafeText {
  static func show(_ text: String, _ lettering: Style.Lettering) -> String {
    if text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      switch lettering {
      case .unicode where isVisible(scalar), .ascii where isVisible(scalar) && scalar.isASCII:
        result.unicodeScalars.append(scalar)
      case .ascii: result += substitute(scalar) ?? escape(scalar)
      case .unicode: result += escape(scalar)
      }
    }
    return result
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String { "\\u{\(String(scalar.value, radix: 16))}" }

  /// What Lockstep itself writes outside of ASCII, and what stands for it. Sorted by no hashing: a list.
  private static let substitutes: [(Unicode.Scalar, String)] = [
    ("→", "->"), ("←", "<-"), ("›", ">"), ("–", "-"), ("—", "-"), ("…", "..."), ("§", "section "), ("·", "*"),
    ("×", "x"),
    ("“", "\""), ("”", "\""), ("‘", "'"), ("’", "'"), ("✓", "ok"), ("✗", "x"), ("│", "|"), ("─", "-"), ("▶", ">"),
    ("◀", "<"), ("├", "|"), ("└", "`"), ("≥", ">="), ("≤", "<="), ("µ", "u"), ("•", "*"),
  ]

  private static func substitute(_ scalar: Unicode.Scalar) -> String? {
    substitutes.first { $0.0 == scalar }?.1
  }
}
