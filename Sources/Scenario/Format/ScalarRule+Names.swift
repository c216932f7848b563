extension ScalarRule {
  static let namePattern = "[A-Za-z0-9][A-Za-z0-9_-]{0,62}"

  /// Whether a name can stand in journals, file names and addresses of entries: letters, digits, `-`, `_`.
  static func isName(_ text: some StringProtocol) -> Bool {
    guard (1...63).contains(text.utf8.count), let first = text.utf8.first, isWord(first) else { return false }
    return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
  }

  private static func isWord(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }

  static let nameExpected =
    "a name of letters, digits, \"-\" and \"_\" that begins with a letter or a digit (63 at most)"

  static let name = ScalarRule(expected: nameExpected, pattern: "^\(namePattern)$") { text throws(ScalarFault) in
    guard isName(text) else { throw ScalarFault("\(quoted(text)) is no name") }
    return .text(text)
  }

  /// Text of a paragraph.
  static func text(_ expected: String, limit: Int) -> ScalarRule {
    ScalarRule(expected: expected, pattern: "\\S") { text throws(ScalarFault) in
      guard text.contains(where: { !$0.isWhitespace }) else { throw ScalarFault("the text is empty") }
      guard text.utf8.count <= limit else { throw ScalarFault("the text is longer than \(limit) octets") }
      return .text(String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()))
    }
  }

  static let placement = ScalarRule(
    expected: "\"stack\", or \"bump-in-the-stack\"; a bump in the wire is a node of its own, with \"kind: bump\"",
    choices: ["stack", "bump-in-the-stack"]
  ) { text throws(ScalarFault) in
    guard text == "stack" || text == "bump-in-the-stack" else { throw ScalarFault("\(quoted(text)) is unknown") }
    return .text(text)
  }

  /// A name of RFC 2401 §4.4.2, compared as it is written.
  static let userName = text("a user's name such as \"alice@example.com\" (255 octets at most)", limit: 255)

  static let systemName = text("a system's name such as \"venus.example.com\" (255 octets at most)", limit: 255)

  /// `fw-a:wan`.
  static let endpoint = ScalarRule(
    expected: "a node and its interface such as \"fw-a:wan\"", pattern: "^\(namePattern):\(namePattern)$"
  ) { text throws(ScalarFault) in
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ isName($0) }) else {
      throw ScalarFault("\(quoted(text)) is no interface")
    }
    return .reference(node: String(parts[0]), interface: String(parts[1]))
  }

  /// `bob`, or `bob:lan` for one of its interfaces.
  static let target = ScalarRule(
    expected: "a node such as \"bob\", or one of its interfaces such as \"bob:lan\"",
    pattern: "^\(namePattern)(:\(namePattern))?$"
  ) { text throws(ScalarFault) in
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy({ isName($0) }) else {
      throw ScalarFault("\(quoted(text)) is no node")
    }
    return .reference(node: String(parts[0]), interface: parts.count == 2 ? String(parts[1]) : nil)
  }
}
