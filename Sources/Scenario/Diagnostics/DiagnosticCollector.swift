/// Everything that was found wrong with one file, in the order of the file.
struct DiagnosticCollector {
  /// A file of nonsense is told from its first faults as well as from all of them.
  static let limit = 100

  let source: SourceText
  private(set) var diagnostics: [ScenarioDiagnostic] = []
  private(set) var hasErrors = false

  /// What is found from here on will not be shown.
  var isFull: Bool { diagnostics.count >= Self.limit }

  init(source: SourceText) { self.source = source }

  mutating func error(
    _ place: SourcePlace, _ yamlPath: String, _ what: String, expected: String, suggestion: String? = nil
  ) {
    hasErrors = true
    append(.error, place, yamlPath, what, expected, suggestion)
  }

  mutating func warning(
    _ place: SourcePlace, _ yamlPath: String, _ what: String, expected: String, suggestion: String? = nil
  ) {
    append(.warning, place, yamlPath, what, expected, suggestion)
  }

  private mutating func append(
    _ severity: ScenarioDiagnostic.Severity, _ place: SourcePlace, _ yamlPath: String, _ what: String,
    _ expected: String, _ suggestion: String?
  ) {
    guard !isFull else { return }
    let diagnostic = ScenarioDiagnostic(
      severity: severity, path: source.path, place: place, yamlPath: yamlPath, what: what, expected: expected,
      suggestion: suggestion, sourceLine: source.shownLine(place.line))
    // A default is read again by everything that takes it, and is wrong once.
    guard !diagnostics.contains(diagnostic) else { return }
    diagnostics.append(diagnostic)
  }

  /// In the order of the file; where several speak of one place, in the order in which they were found.
  var sorted: [ScenarioDiagnostic] {
    diagnostics.enumerated()
      .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
      .map(\.element)
  }
}
