/// A JSON value whose objects keep their order, so that the same value is the same text on every machine.
indirect enum JSONValue: Sendable {
  case text(String)
  case integer(UInt64)
  case boolean(Bool)
  case list([JSONValue])
  case object([(String, JSONValue)])

  static func texts(_ texts: [String]) -> JSONValue { .list(texts.map { .text($0) }) }

  /// The value as indented text.
  func written(indent: Int = 0) -> String {
    switch self {
    case .text(let text): Self.quoted(text)
    case .integer(let value): String(value)
    case .boolean(let value): String(value)
    case .list(let values): Self.block("[", values.map { $0.written(indent: indent + 2) }, "]", indent)
    case .object(let members):
      Self.block("{", members.map { "\(Self.quoted($0.0)): \($0.1.written(indent: indent + 2))" }, "}", indent)
    }
  }

  private static func block(_ open: String, _ parts: [String], _ close: String, _ indent: Int) -> String {
    guard !parts.isEmpty else { return open + close }
    let inner = String(repeating: " ", count: indent + 2)
    let body = parts.map { inner + $0 }.joined(separator: ",\n")
    return "\(open)\n\(body)\n\(String(repeating: " ", count: indent))\(close)"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
