/// Looks at a text before Yams does. It takes every `&name` and `*name` for an anchor and an alias, wherever they stand:
/// it may count too many and never too few.
enum AliasGuard {
  static let anchorLimit = 64
  /// With so few aliases no key can grow beyond what is quickly hashed.
  static let harmlessAliases = 8
  /// Keys within keys are hashed once a level: so few levels cost nothing.
  static let harmlessKeys = 8

  static func check(_ source: SourceText) -> YAMLFault? {
    var scan = Scan()
    for number in 1...source.lineCount {
      guard let line = source.line(number) else { break }
      scan.read(Array(line.utf8), number: number)
      if let anchor = scan.tooManyAnchors { return .tooManyAnchors(at: anchor) }
    }
    let isHarmful = scan.aliases > harmlessAliases || scan.complexKeys > harmlessKeys
    if isHarmful, let key = scan.complexKey { return .complexKey(at: key) }
    return nil
  }

  private struct Scan {
    var anchors = 0
    var aliases = 0
    var tooManyAnchors: SourcePlace?
    /// Where a key seems to stand that is not a plain word: `? `, `]:`, `}:`, `*name:`.
    var complexKey: SourcePlace?
    var complexKeys = 0

    mutating func read(_ line: [UInt8], number: Int) {
      // A comment, or text of a block: no key stands there in either case.
      if line.first(where: { $0 != UInt8(ascii: " ") }) == UInt8(ascii: "#") { return }
      for (index, octet) in line.enumerated() {
        switch octet {
        case UInt8(ascii: "&") where isName(line, index + 1):
          anchors += 1
          if anchors > anchorLimit { tooManyAnchors = place(line, index, number) }
        case UInt8(ascii: "*") where isName(line, index + 1):
          aliases += 1
          var end = index + 1
          while isName(line, end) { end += 1 }
          if colonFollows(line, end) { note(line, index, number) }
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
          if colonFollows(line, index + 1) { note(line, index, number) }
        case UInt8(ascii: "?") where isSpace(line, index + 1) && (index == 0 || !isName(line, index - 1)):
          note(line, index, number)
        default: break
        }
      }
    }

    private mutating func note(_ line: [UInt8], _ index: Int, _ number: Int) {
      complexKey = complexKey ?? place(line, index, number)
      complexKeys += 1
    }

    private func place(_ line: [UInt8], _ index: Int, _ number: Int) -> SourcePlace {
      SourcePlace(line: number, column: String(decoding: line[..<index], as: UTF8.self).unicodeScalars.count + 1)
    }

    private func isName(_ line: [UInt8], _ index: Int) -> Bool {
      guard index < line.count else { return false }
      switch line[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): return true
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): return true
      default: return false
      }
    }

    private func isSpace(_ line: [UInt8], _ index: Int) -> Bool {
      index >= line.count || line[index] == UInt8(ascii: " ") || line[index] == UInt8(ascii: "\t")
    }

    private func colonFollows(_ line: [UInt8], _ start: Int) -> Bool {
      var index = start
      while index < line.count, isSpace(line, index) { index += 1 }
      return index < line.count && line[index] == UInt8(ascii: ":")
    }
  }
}
