import Foundation
import Testing

@testable import Scenario

/// A mistake that an author makes: what stands in a sample instead of what, and every word that is said of it.
struct Mistake: Sendable, CustomTestStringConvertible {
  /// What the mistake is made in.
  enum Sample: String, Sendable {
    case sample
    case nested
    case boxes

    var text: String {
      switch self {
      case .sample: ScenarioTests.sample
      case .nested: ScenarioTests.nested
      case .boxes: ScenarioTests.boxes
      }
    }
  }

  let testDescription: String
  let place: Sample
  let written: String
  let instead: String
  /// The headlines, a line each.
  let told: String

  init(_ name: String, in place: Sample, written: String, instead: String, told: String) {
    testDescription = name
    (self.place, self.written, self.instead, self.told) = (place, written, instead, told)
  }

  /// What is said of it.
  func outcome() throws -> ScenarioFile.Outcome {
    let range = try #require(place.text.range(of: written))
    return ScenarioFile.parse(
      text: place.text.replacingCharacters(in: range, with: instead), path: "\(place.rawValue).yml")
  }
}

/// The headlines, a line each.
func headlines(_ outcome: ScenarioFile.Outcome) -> String {
  outcome.diagnostics.map(\.headline).joined(separator: "\n")
}
