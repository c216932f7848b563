import Inspection
import Wire

/// The octets that an ICV covers, with a mark on each that is not the packet's own, and what came of them.
struct IntegrityView: Sendable {
  private let check: IntegrityCheck
  private let layer: LayerReport
  private let style: Style

  /// Columns that nothing passes, whatever the terminal has: the narrowest one that views are made for.
  private static let width = 80

  /// `nil` for a layer whose ICV is not to be had: it has none, its length is not known, or not all of it is here.
  init?(_ layer: LayerReport, _ style: Style) {
    guard let check = layer.protection?.check else { return nil }
    self.check = check
    self.layer = layer
    self.style = style
  }

  /// A heading, the octets, the marks one by one, and the ICV twice: as computed and as the packet has it.
  func lines() -> [String] {
    var lines = wrapped("ICV over \(Words.octets(check.octets.count)): \(coverage)", hang: 4)
    lines += hexadecimal.lines(style).map { "  " + $0 }
    for mark in check.marks {
      let place = FieldPlace.text(mark.range, bits: mark.bits)
      let change = Self.words(mark.change)
      let field = "\(mark.field.title) (\(mark.field.citation))"
      lines += wrapped("\(place.padded(to: 17))\(change.padded(to: 10))\(field)", hang: 29)
      lines += wrapped(String(repeating: " ", count: 27) + mark.field.reason, hang: 29)
    }
    return lines + resultLines
  }

  private var hexadecimal: HexView {
    let parts = check.marks.compactMap { mark -> HexView.Part? in
      switch mark.change {
      case .zeroed: nil
      case .foreseen: HexView.Part(mark.range)
      case .restored: HexView.Part(mark.range, .angle)
      }
    }
    return HexView(
      check.octets, parts: parts, blanked: check.octets.indices.map(check.zeroedBits),
      start: layer.node.kind == .esp ? layer.node.range.lowerBound : 0)
  }

  /// What is covered, and what the signs in the octets mean.
  private var coverage: String {
    if layer.node.kind == .esp { return "ESP as encrypted, SPI to Next Header (RFC 2406 §3.3.4)" }
    let signs = [
      check.marks.contains { $0.change == .zeroed } ? "·· zeroed" : nil,
      check.marks.contains { $0.change == .foreseen } ? "[ ] foreseen" : nil,
      check.marks.contains { $0.change == .restored } ? "< > put back" : nil,
    ]
    return "the IP header, AH and what follows; \(signs.compactMap { $0 }.joined(separator: ", "))"
  }

  private static func words(_ change: IntegrityCheck.Change) -> String {
    switch change {
    case .zeroed: "zeroed"
    case .foreseen: "foreseen"
    case .restored: "put back"
    }
  }

  private var resultLines: [String] {
    let carried = ("in packet", "0x" + Words.hexadecimal(check.carried))
    guard let computed = check.computed else {
      return rows([("key", "none is known, so there is no ICV to compare"), carried])
    }
    let key = [check.algorithm, layer.protection?.origin.map { "by the keys of \($0)" }].compactMap { $0 }
    let isSame = computed == check.carried
    return rows([("key", key.joined(separator: " ")), ("computed", "0x" + Words.hexadecimal(computed)), carried]) + [
      "  " + style.paint(isSame ? "the two are the same" : "the two differ", as: isSame ? .good : .bad)
    ]
  }

  private func rows(_ rows: [(String, String)]) -> [String] {
    rows.flatMap { wrapped("\($0.0.padded(to: 11))\($0.1)", hang: 13) }
  }

  private func wrapped(_ text: String, hang: Int) -> [String] {
    Wrapping.lines("  " + style.show(text), width: Self.width, hang: hang)
  }
}

/// Where a field lies, as views say it.
enum FieldPlace {
  /// `0x0014-0x0017`, `0x0006 bits 0-2`.
  static func text(_ range: Range<Int>, bits: Range<Int>? = nil) -> String {
    let first = Words.hexadecimal(range.lowerBound, digits: 4)
    if let bits {
      let place = bits.count == 1 ? "bit \(bits.lowerBound)" : "bits \(bits.lowerBound)-\(bits.upperBound - 1)"
      return "\(first) \(place)"
    }
    return range.count <= 1 ? first : "\(first)-\(Words.hexadecimal(range.upperBound - 1, digits: 4))"
  }
}
