/// Octets as people read them: the offset, sixteen octets in hexadecimal, and the same as ASCII. A range can be marked.
public struct HexView: Hashable, Sendable {
  /// The octets.
  public var bytes: [UInt8]
  /// Octets that stand in brackets.
  public var marked: Range<Int>?
  /// Octets in a line.
  public var width: Int

  public init(_ bytes: [UInt8], marked: Range<Int>? = nil, width: Int = 16) {
    self.bytes = bytes
    self.marked = marked.map { $0.clamped(to: 0..<bytes.count) }
    self.width = max(1, width)
  }

  /// The lines: `0010  c0 00 02 02 c6 33 64 02  .. .3d.`.
  public func lines(_ style: Style = .plain) -> [String] {
    stride(from: 0, to: bytes.count, by: width).map { start in
      let row = start..<min(start + width, bytes.count)
      let offset = String(Words.hexadecimal(start, digits: 4).dropFirst(2))
      let text = String(row.map { Self.character(bytes[$0]) })
      return style.paint(offset, as: .muted) + "  " + octets(row) + "  " + text
    }
  }

  /// The octets of a row. What stands in front of each is a blank or a bracket: marking moves nothing.
  private func octets(_ row: Range<Int>) -> String {
    var result = ""
    for column in 0...width {
      let mark = mark(at: column, in: row)
      let isMiddle = column == width / 2 && width > 1
      // The gap in the middle lies behind a closing bracket, and in front of an opening one.
      result += isMiddle && mark != "]" ? " " + mark : mark
      if isMiddle, mark == "]" { result += " " }
      guard column < width else { break }
      result += column < row.count ? Words.hexadecimal([bytes[row.lowerBound + column]]) : "  "
    }
    return result
  }

  /// What stands in front of a column. A marked part that goes on in the next row has brackets of its own there.
  private func mark(at column: Int, in row: Range<Int>) -> String {
    guard let part = marked?.clamped(to: row), !part.isEmpty else { return " " }
    let index = row.lowerBound + column
    return index == part.lowerBound ? "[" : index == part.upperBound ? "]" : " "
  }

  private static func character(_ octet: UInt8) -> Character {
    0x20...0x7E ~= octet ? Character(UnicodeScalar(octet)) : "."
  }
}
