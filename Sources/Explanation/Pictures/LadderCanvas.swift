/// Draws the rows of a ladder: columns of one character, arrows between them, labels where there is room.
struct LadderCanvas {
  /// The characters that a ladder is made of.
  private struct Pen {
    var bar: Character
    var shaft: Character
    var right: Character
    var left: Character
    var lost: Character
    var dot: Character

    init(_ lettering: Style.Lettering) {
      self =
        lettering == .unicode
        ? Pen("│", "─", "▶", "◀", "✗", "•") : Pen("|", "-", ">", "<", "X", "*")
    }

    private init(
      _ bar: Character, _ shaft: Character, _ right: Character, _ left: Character, _ lost: Character, _ dot: Character
    ) {
      (self.bar, self.shaft, self.right, self.left, self.lost, self.dot) = (bar, shaft, right, left, lost, dot)
    }
  }

  /// Characters in front of the first column: the time.
  private static let margin = 11
  private let names: [String]
  private let width: Int
  private let style: Style
  private let pen: Pen
  private let places: [Int]

  /// A canvas for columns of these names. The gaps between them are as wide as their labels want, as far as there is room.
  init(names: [String], width: Int, style: Style, rows: [LadderRow]) {
    self.names = names.map { style.show($0) }
    self.width = max(width, 40)
    self.style = style
    pen = Pen(style.lettering)
    places = Self.places(self.names, self.width, rows)
  }

  private static func places(_ names: [String], _ width: Int, _ rows: [LadderRow]) -> [Int] {
    guard names.count > 1 else { return [margin + (names.first?.count ?? 0) / 2 + 1] }
    let least: [Int] = zip(names, names.dropFirst()).map { left, right in (left.count + right.count) / 2 + 3 }
    var wanted = least
    let first = margin + (names[0].count + 1) / 2 + 1
    let room = width - first - (names[names.count - 1].count + 1) / 2 - 1
    for row in rows {
      // A label that would take half of the line stands above its arrow anyway.
      guard case .arrow(let from, let to) = row.shape, abs(from - to) == 1, row.label.count < room / 2 else { continue }
      wanted[min(from, to)] = max(wanted[min(from, to)], row.label.count + 5)
    }
    var gaps = fit(wanted, least, to: max(room, names.count - 1))
    // What is left over is shared out, so that a ladder fills its width.
    var spare = room - gaps.reduce(0, +)
    var index = 0
    while spare > 0 {
      gaps[index % gaps.count] += 1
      spare -= 1
      index += 1
    }
    var places = [first]
    for gap in gaps { places.append(places[places.count - 1] + gap) }
    return places
  }

  /// Gaps of at most `room` altogether: the widest ones give way first, and none below its least width while another can.
  private static func fit(_ wanted: [Int], _ least: [Int], to room: Int) -> [Int] {
    var gaps = wanted
    while gaps.reduce(0, +) > room {
      let candidates = gaps.indices.filter { gaps[$0] > least[$0] }
      let pool = candidates.isEmpty ? gaps.indices.filter { gaps[$0] > 1 } : candidates
      guard let widest = pool.max(by: { (gaps[$0], $1) < (gaps[$1], $0) }) else { break }
      gaps[widest] -= 1
    }
    return gaps
  }

  // MARK: Lines

  /// The names of the columns.
  var header: String {
    var cells = [Character](repeating: " ", count: width)
    put("time (s)", at: 2, into: &cells)
    for (name, place) in zip(names, places) { put(name, at: max(0, place - name.count / 2), into: &cells) }
    return text(cells)
  }

  func lines(_ row: LadderRow) -> [String] {
    var cells = bars
    let time = Words.column(row.instant)
    let label = style.show(row.label)
    put(time.indented(to: Self.margin - 1), at: 0, into: &cells)
    switch row.shape {
    case .note(let column): return note(cells, places[column], label)
    case .arrow(let from, let to): return arrow(cells, from, to, label, isLost: false)
    case .lost(let from, let to): return arrow(cells, from, to, label, isLost: true)
    }
  }

  /// A note stands behind its dot, where the line ends too soon before it, and else in a line of its own.
  private func note(_ start: [Character], _ place: Int, _ label: String) -> [String] {
    var cells = start
    cells[place] = pen.dot
    if place + 2 + label.count <= width {
      put(label, at: place + 2, into: &cells)
    } else if place - 1 - label.count >= Self.margin {
      put(label, at: place - 1 - label.count, into: &cells)
    } else {
      var below = bars
      put(label, at: max(Self.margin, width - label.count), into: &below)
      return [text(cells), text(below)]
    }
    return [text(cells)]
  }

  private func arrow(_ start: [Character], _ from: Int, _ to: Int, _ label: String, isLost: Bool) -> [String] {
    var cells = start
    let left = min(places[from], places[to])
    let right = max(places[from], places[to])
    for index in left + 1..<right { cells[index] = pen.shaft }
    let isRightward = to > from
    cells[isRightward ? right - 1 : left + 1] = isLost ? pen.lost : isRightward ? pen.right : pen.left
    // The label lies on the shaft, with a blank and a stroke at both of its ends.
    if label.count <= right - left - 5 {
      let place = left + 2 + (right - left - 5 - label.count) / 2
      put(" \(label) ", at: place, into: &cells)
      return [text(cells)]
    }
    var above = bars
    for index in 0..<min(Self.margin, above.count) { above[index] = start[index] }
    for index in 0..<min(Self.margin, cells.count) where index < places[0] { cells[index] = " " }
    let place = max(Self.margin, min(left + 2, width - label.count))
    put(label, at: place, into: &above)
    return [text(above), text(cells)]
  }

  private var bars: [Character] {
    var cells = [Character](repeating: " ", count: max(width, (places.last ?? 0) + 1))
    for place in places { cells[place] = pen.bar }
    return cells
  }

  /// Puts text over the cells, cut off where the line ends.
  private func put(_ text: String, at place: Int, into cells: inout [Character]) {
    let mark = style.lettering == .unicode ? "…" : "~"
    let text = text.clipped(to: max(0, width - place), mark: mark)
    for (offset, character) in text.enumerated() where cells.indices.contains(place + offset) {
      cells[place + offset] = character
    }
  }

  private func text(_ cells: [Character]) -> String {
    var cells = cells
    while cells.last == " " { cells.removeLast() }
    return String(cells)
  }
}
