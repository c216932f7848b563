/// The measurements as a table for a terminal or a file: one line for each thing that a figure is held against.
struct Table {
  private static let heads = ["figure", "ours", "against", "its figure", "ratio", "target", "met"]
  private var rows: [[String]] = []

  mutating func add(_ measurement: Measurement) {
    for (index, bound) in measurement.bounds.enumerated() {
      let ratio = measurement.ours / bound.value
      rows.append([
        index == 0 ? measurement.figure : "",
        index == 0 ? "\(Table.scaled(measurement.ours)) \(measurement.unit)" : "",
        bound.source == .elsewhere && bound.name != "target" ? "\(bound.name) (\(bound.source.rawValue))" : bound.name,
        Table.scaled(bound.value),
        Table.decimal(ratio),
        bound.atLeast.map { "≥ " + Table.decimal($0) } ?? "",
        bound.atLeast.map { ratio >= $0 ? "yes" : "NO" } ?? "",
      ])
    }
  }

  func text() -> String {
    let all = [Table.heads] + rows
    let widths = Table.heads.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let lines = all.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
    }
    let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    return ([lines[0], rule] + lines.dropFirst()).joined(separator: "\n")
  }

  /// `27.4 M`, `980 k`, `12.0`.
  static func scaled(_ value: Double) -> String {
    if value >= 1e6 { return decimal(value / 1e6, places: 1) + " M" }
    if value >= 1e4 { return decimal(value / 1e3, places: 1) + " k" }
    return decimal(value, places: 1)
  }

  static func decimal(_ value: Double, places: Int = 2) -> String {
    let unit = places == 1 ? 10.0 : 100.0
    let whole = Int((value * unit).rounded())
    let fraction = String(whole % Int(unit))
    return "\(whole / Int(unit))." + String(repeating: "0", count: places - fraction.count) + fraction
  }
}
