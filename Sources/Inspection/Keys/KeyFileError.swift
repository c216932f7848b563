/// What is wrong with a line of a key file, where, and what would have been right.
public struct KeyFileError: Error, Hashable, Sendable {
  /// The file, as the person named it.
  public var path: String
  /// Counts from 1.
  public var line: Int
  /// Counts octets of the line from 1.
  public var column: Int
  /// What is wrong.
  public var problem: String
  /// What was expected, or what to do about it.
  public var remedy: String

  public init(path: String, line: Int, column: Int, problem: String, remedy: String) {
    self.path = path
    self.line = line
    self.column = column
    self.problem = problem
    self.remedy = remedy
  }
}

extension KeyFileError: CustomStringConvertible {
  /// `esp_sa:3:41: error: the key "0x12" …; write …`. Control characters of the file are never repeated as they are.
  public var description: String { "\(path):\(line):\(column): error: \(problem); \(remedy)" }
}

/// A place in a key file.
struct KeyFilePlace: Hashable, Sendable {
  var line: Int
  var column: Int
}

/// What a key file said in one place, in a form that a terminal can be given: short, and without control characters.
func quoted(_ text: String) -> String {
  var shown = ""
  for scalar in text.unicodeScalars.prefix(48) {
    let isPlain = scalar.value >= 0x20 && scalar.value < 0x7F && scalar != "\""
    shown += isPlain ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
  }
  return "\"\(shown)\(text.unicodeScalars.count > 48 ? "…" : "")\""
}

/// Octets of hexadecimal text: digits in pairs, colons and blanks between them ignored, with or without `0x`; `nil` for
/// anything else.
func octets(hexadecimal text: String) -> [UInt8]? {
  var digits: [UInt8] = []
  for character in text.utf8.drop(while: { $0 == UInt8(ascii: " ") }) where character != UInt8(ascii: " ") {
    if character == UInt8(ascii: ":") { continue }
    if digits == [0], character | 0x20 == UInt8(ascii: "x") {
      digits = []
      continue
    }
    guard let digit = hexadecimalDigit(character) else { return nil }
    digits.append(digit)
  }
  guard digits.count.isMultiple(of: 2) else { return nil }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// The value of a hexadecimal digit.
func hexadecimalDigit(_ character: UInt8) -> UInt8? {
  switch character {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
  default: nil
  }
}
