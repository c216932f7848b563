/// One of our figures beside what it is held against. More is better.
struct Measurement {
  /// What was measured: `100 pending`.
  let figure: String
  /// What is counted: `events/s`.
  let unit: String
  let ours: Double
  let bounds: [Bound]
}

/// What a figure is held against, and how well it has to do.
struct Bound {
  /// Where the other figure comes from.
  enum Source: String {
    /// Measured in turn with ours, in this run.
    case inTurn = ""
    /// A peer that is too heavy to be installed for this; only a hint, since the machine was another.
    case elsewhere = "measured earlier elsewhere"
  }

  let name: String
  let value: Double
  let source: Source
  /// The least ratio of ours to it that is good enough; `nil` where it is there to be seen only.
  let atLeast: Double?

  /// A figure of another program, measured in this run.
  static func limit(_ name: String, _ value: Double, atLeast ratio: Double?) -> Bound {
    Bound(name: name, value: value, source: .inTurn, atLeast: ratio)
  }

  /// A peer's figure from the time when the targets were set.
  static func peer(_ name: String, _ value: Double, atLeast ratio: Double?) -> Bound {
    Bound(name: name, value: value, source: .elsewhere, atLeast: ratio)
  }

  /// A plain number that was aimed at.
  static func target(_ value: Double) -> Bound {
    Bound(name: "target", value: value, source: .elsewhere, atLeast: 1)
  }
}

/// A part of the table: what `make bench` measures of one room.
struct BenchmarkSection: Sendable {
  /// What the section is chosen by on the command line.
  let name: String
  /// What is done, in a sentence or two.
  let summary: String
  let measure: @Sendable (BenchmarkPlan) throws -> [Measurement]
}

/// How often and how long to measure.
struct BenchmarkPlan: Sendable {
  let runs: Int
  let isQuick: Bool

  static let full = BenchmarkPlan(runs: 5, isQuick: false)
  static let quick = BenchmarkPlan(runs: 3, isQuick: true)

  /// Runs each side once, then each once more, and so on: what slows the machine down slows all of them. Returns the median of each.
  func medians(_ sides: [() throws -> Double]) throws -> [Double] {
    var results = sides.map { _ in [Double]() }
    for _ in 0..<runs {
      for (index, side) in sides.enumerated() { try results[index].append(side()) }
    }
    return results.map { $0.sorted()[$0.count / 2] }
  }

  /// The rate of a side that does `operations` at a time.
  static func rate(of operations: Int, in duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(operations) / (Double(seconds) + Double(attoseconds) / 1e18)
  }
}

/// Two sides that should have done the same did not: their figures mean nothing.
struct SidesDisagree: Error, CustomStringConvertible {
  let figure: String

  var description: String { "\(figure): the sides came to different results, so their figures cannot be compared" }
}
