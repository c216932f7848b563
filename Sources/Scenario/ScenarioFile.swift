import Foundation
import Network

/// A scenario file: read, checked, and ready to be run.
public struct ScenarioFile: Sendable {
  /// The largest file that is read, in octets.
  public static let sizeLimit = 4 << 20

  /// What came of a file: a scenario where there is no error, and everything that was found.
  public struct Outcome: Sendable {
    /// The scenario; `nil` where an error was found.
    public let scenario: ScenarioFile?
    /// Errors and warnings in the order of the file, at most a hundred.
    public let diagnostics: [ScenarioDiagnostic]

    /// Whether an error was found.
    public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
  }

  /// The file, as the user named it.
  public let path: String
  /// The file, whole.
  public let source: String
  /// What it is called.
  public let name: String
  /// Its paragraph.
  public let summary: String
  /// Defaults that it left to Lockstep: `links[0].delay: 1 ms`.
  public let defaults: [String]
  /// The world with the seed of the file.
  let configuration: WorldConfiguration

  /// Reads the file at `path`. A file that is too large is refused by its size, without being read.
  public static func load(path: String) -> Outcome {
    do {
      let data = try read(path)
      guard let text = String(validating: data, as: UTF8.self) else {
        return failure(path, notUTF8(data), "the file is not UTF-8", expected: "text in UTF-8")
      }
      return parse(text: text, path: path)
    } catch {
      return failure(path, .start, error.what, expected: error.expected)
    }
  }

  /// Reads a scenario out of its text; `path` is what errors call it.
  public static func parse(text: String, path: String) -> Outcome {
    guard text.utf8.count <= sizeLimit else {
      let fault = FileFault.tooLarge(text.utf8.count)
      return failure(path, .start, fault.what, expected: fault.expected)
    }
    let source = SourceText(path: path, text: text)
    switch YAMLReader.read(source) {
    case .failure(let fault):
      var collector = DiagnosticCollector(source: source)
      collector.error(fault.place, "", fault.what, expected: fault.expected, suggestion: fault.suggestion)
      return Outcome(scenario: nil, diagnostics: collector.sorted)
    case .success(let root):
      return build(root, source, text)
    }
  }

  private static func build(_ root: YAMLNode, _ source: SourceText, _ text: String) -> Outcome {
    var reader = ShapeReader(collector: DiagnosticCollector(source: source))
    guard let record = reader.readRoot(root), !reader.collector.hasErrors else {
      return Outcome(scenario: nil, diagnostics: reader.collector.sorted)
    }
    var builder = WorldBuilder(collector: reader.collector, applied: reader.applied)
    guard let world = builder.build(record) else {
      return Outcome(scenario: nil, diagnostics: builder.collector.sorted)
    }
    let file = ScenarioFile(
      path: source.path, source: text, name: record.text(.name), summary: record.text(.description),
      defaults: builder.applied, configuration: world)
    return Outcome(scenario: file, diagnostics: builder.collector.sorted)
  }

  private static func failure(_ path: String, _ place: SourcePlace, _ what: String, expected: String) -> Outcome {
    let diagnostic = ScenarioDiagnostic(
      severity: .error, path: path, place: place, yamlPath: "", what: what, expected: expected)
    return Outcome(scenario: nil, diagnostics: [diagnostic])
  }
}
