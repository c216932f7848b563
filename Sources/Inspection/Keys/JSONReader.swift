/// A JSON value (RFC 8259) that remembers where it stood, so that an error about it has a place.
struct JSONNode: Hashable, Sendable {
  enum Value: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// As it was written: numbers of the key list are whole and may pass what a Double holds exactly.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([Member])
  }

  struct Member: Hashable, Sendable {
    var name: String
    var value: JSONNode
  }

  var value: Value
  var place: KeyFilePlace

  /// The member of that name, the last where it is repeated.
  subscript(name: String) -> JSONNode? {
    guard case .object(let members) = value else { return nil }
    return members.last { $0.name == name }?.value
  }
}

/// Reads one JSON document. Nesting is bounded, so that no file can exhaust the stack.
struct JSONReader {
  private static let deepest = 32

  private let octets: [UInt8]
  private let path: String
  private var position = 0
  private var line = 1
  private var lineStart = 0
  private var depth = 0

  init(_ octets: [UInt8], path: String) {
    self.octets = octets
    self.path = path
  }

  /// The document, behind which there may be nothing but blanks.
  static func read(_ octets: [UInt8], path: String) throws(KeyFileError) -> JSONNode {
    var reader = JSONReader(octets, path: path)
    reader.skipBlanks()
    let node = try reader.value()
    reader.skipBlanks()
    guard reader.position == octets.count else {
      throw reader.error("something follows the JSON document", "expected the end of the file")
    }
    return node
  }

  private var place: KeyFilePlace { KeyFilePlace(line: line, column: position - lineStart + 1) }
  private var next: UInt8? { position < octets.count ? octets[position] : nil }

  private func error(_ problem: String, _ remedy: String) -> KeyFileError {
    KeyFileError(path: path, line: place.line, column: place.column, problem: problem, remedy: remedy)
  }

  private mutating func skipBlanks() {
    while let octet = next, [0x20, 0x09, 0x0A, 0x0D].contains(octet) {
      position += 1
      if octet == 0x0A { (line, lineStart) = (line + 1, position) }
    }
  }

  private mutating func take(_ octet: Character) -> Bool {
    guard next == octet.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func value() throws(KeyFileError) -> JSONNode {
    let place = place
    switch next {
    case UInt8(ascii: "{"): return JSONNode(value: .object(try nested(Self.members)), place: place)
    case UInt8(ascii: "["): return JSONNode(value: .array(try nested(Self.elements)), place: place)
    case UInt8(ascii: "\""): return JSONNode(value: .string(try string()), place: place)
    default: return JSONNode(value: try word(), place: place)
    }
  }

  private mutating func nested<Result>(
    _ read: (inout JSONReader) throws(KeyFileError) -> Result
  ) throws(KeyFileError) -> Result {
    guard depth < Self.deepest else {
      throw error("the JSON document is nested too deeply", "expected \(Self.deepest) levels at most")
    }
    depth += 1
    position += 1
    defer { depth -= 1 }
    return try read(&self)
  }

  private static func members(_ reader: inout JSONReader) throws(KeyFileError) -> [JSONNode.Member] {
    var members: [JSONNode.Member] = []
    reader.skipBlanks()
    if reader.take("}") { return members }
    while true {
      reader.skipBlanks()
      guard reader.next == UInt8(ascii: "\"") else {
        throw reader.error("a name is missing", "expected a string in double quotes")
      }
      let name = try reader.string()
      reader.skipBlanks()
      guard reader.take(":") else { throw reader.error("the name has no value", "expected a colon") }
      reader.skipBlanks()
      members.append(JSONNode.Member(name: name, value: try reader.value()))
      reader.skipBlanks()
      if reader.take("}") { return members }
      guard reader.take(",") else { throw reader.error("the object is not closed", "expected a comma or }") }
    }
  }

  private static func elements(_ reader: inout JSONReader) throws(KeyFileError) -> [JSONNode] {
    var elements: [JSONNode] = []
    reader.skipBlanks()
    if reader.take("]") { return elements }
    while true {
      reader.skipBlanks()
      elements.append(try reader.value())
      reader.skipBlanks()
      if reader.take("]") { return elements }
      guard reader.take(",") else { throw reader.error("the array is not closed", "expected a comma or ]") }
    }
  }

  /// A number, `true`, `false` or `null`.
  private mutating func word() throws(KeyFileError) -> JSONNode.Value {
    let start = position
    while let octet = next, !Self.delimiters.contains(octet) { position += 1 }
    let text = String(decoding: octets[start..<position], as: UTF8.self)
    switch text {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "null": return .null
    default:
      if let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) {
        return .number(text)
      }
      position = start
      throw error("\(quoted(text)) is no JSON value", "expected an object, an array, a string or a number")
    }
  }

  private static let delimiters: [UInt8] = Array(" \t\r\n,:[]{}\"".utf8)

  private mutating func string() throws(KeyFileError) -> String {
    position += 1
    var text: [UInt8] = []
    while let octet = next {
      switch octet {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        text += try escape()
      case 0x20...:
        text.append(octet)
        position += 1
      default: throw error("a control character in a string", "write it as \\u and four hexadecimal digits")
      }
    }
    throw error("the string is never closed", "expected a double quote")
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    UInt8(ascii: "/"): UInt8(ascii: "/"),
    UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D,
    UInt8(ascii: "t"): 0x09,
  ]

  /// What stands for the characters behind a backslash; halves of surrogate pairs become U+FFFD, which no key needs.
  private mutating func escape() throws(KeyFileError) -> [UInt8] {
    guard let octet = next else { throw error("the string is never closed", "expected a double quote") }
    position += 1
    if let plain = Self.escapes[octet] { return [plain] }
    guard octet == UInt8(ascii: "u"), position + 4 <= octets.count else {
      throw error("an unknown escape in a string", "expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
    }
    var number: UInt32 = 0
    for digit in octets[position..<position + 4] {
      guard let value = hexadecimalDigit(digit) else {
        throw error("an unknown escape in a string", "expected four hexadecimal digits behind \\u")
      }
      number = number << 4 | UInt32(value)
    }
    position += 4
    return Array(String(Unicode.Scalar(number).map { Character($0) } ?? "\u{FFFD}").utf8)
  }
}
