/// Octets as people read them: the offset, sixteen octets in hexadecimal, and the same as ASCII. Parts can stand in
/// brackets, and digits can be replaced by dots.
public struct HexView: Hashable, Sendable {
  /// A part that stands in brackets. Where one ends and another begins, the second one's bracket is shown.
  public struct Part: Hashable, Sendable {
    /// What the brackets look like.
    public enum Shape: Hashable, Sendable {
      /// `[` and `]`.
      case square
      /// `<` and `>`.
      case angle
    }

    /// Which octets.
    public var range: Range<Int>
    /// In which brackets.
    public var shape: Shape

    public init(_ range: Range<Int>, _ shape: Shape = .square) {
      self.range = range
      self.shape = shape
    }
  }

  /// The octets.
  public var bytes: [UInt8]
  /// Octets that stand in brackets.
  public var parts: [Part]
  /// For each octet the bits that stand for nothing: a digit all of whose bits are set here is shown as a dot. Octets
  /// without a mask are shown as they are.
  public var blanked: [UInt8]
  /// What the first octet's offset is called.
  public var start: Int
  /// Octets in a line.
  public var width: Int

  public init(_ bytes: [UInt8], marked: Range<Int>? = nil, width: Int = 16) {
    self.init(bytes, parts: marked.map { [Part($0)] } ?? [], width: width)
  }

  public init(_ bytes: [UInt8], parts: [Part], blanked: [UInt8] = [], start: Int = 0, width: Int = 16) {
    self.bytes = bytes
    self.parts = parts.map { Part($0.range.clamped(to: 0..<bytes.count), $0.shape) }
    self.blanked = blanked
    self.start = start
    self.width = max(1, width)
  }

  /// The lines: `0010  c0 00 02 02 c6 33 64 02  .. .3d.`.
  public func lines(_ style: Style = .plain) -> [String] {
    stride(from: 0, to: bytes.count, by: width).map { first in
      let row = first..<min(first + width, bytes.count)
      let offset = String(Words.hexadecimal(start + first, digits: 4).dropFirst(2))
      let text = String(row.map { Self.character(bytes[$0]) })
      return style.paint(offset, as: .muted) + "  " + style.show(octets(row)) + "  " + text
    }
  }

  /// The octets of a row. What stands in front of each is a blank or a bracket: marking moves nothing.
  private func octets(_ row: Range<Int>) -> String {
    var result = ""
    for column in 0...width {
      let (mark, isClosing) = mark(at: column, in: row)
      let isMiddle = column == width / 2 && width > 1
      // The gap in the middle lies behind a closing bracket, and in front of an opening one.
      result += isMiddle && !isClosing ? " " + mark : mark
      if isMiddle, isClosing { result += " " }
      guard column < width else { break }
      result += column < row.count ? digits(row.lowerBound + column) : "  "
    }
    return result
  }

  private func digits(_ index: Int) -> String {
    let mask = blanked.indices.contains(index) ? blanked[index] : 0
    let digits = Words.hexadecimal([bytes[index]])
    return "\(mask & 0xF0 == 0xF0 ? "·" : digits.prefix(1))\(mask & 0x0F == 0x0F ? "·" : digits.suffix(1))"
  }

  /// What stands in front of a column. A marked part that goes on in the next row has brackets of its own there.
  private func mark(at column: Int, in row: Range<Int>) -> (text: String, isClosing: Bool) {
    let index = row.lowerBound + column
    let here = parts.map { Part($0.range.clamped(to: row), $0.shape) }.filter { !$0.range.isEmpty }
    if let part = here.first(where: { $0.range.lowerBound == index }) {
      return (part.shape == .square ? "[" : "<", false)
    }
    if let part = here.first(where: { $0.range.upperBound == index }) {
      return (part.shape == .square ? "]" : ">", true)
    }
    return (" ", false)
  }

  private static func character(_ octet: UInt8) -> Character {
    0x20...0x7E ~= octet ? Character(UnicodeScalar(octet)) : "."
  }
}
