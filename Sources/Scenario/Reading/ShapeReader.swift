/// Reads a document by the tables of ``ScenarioFormat``: everything that is wrong with a single value or a single key is found
/// here, all of it at once.
struct ShapeReader {
  var collector: DiagnosticCollector
  /// What was left to Lockstep: `links[0].delay: 1 ms`.
  private(set) var applied: [String] = []
  private var shared: [Key: Record] = [:]

  init(collector: DiagnosticCollector) { self.collector = collector }

  /// The whole document, or `nil` where it is no mapping.
  mutating func readRoot(_ node: YAMLNode) -> Record? {
    guard case .mapping(let entries) = node.content else {
      collector.error(
        node.place, "", "the document is \(node.kind)", expected: "keys and values, the first \"lockstep: 1\"")
      return nil
    }
    // What entries inherit must be known before they are read; it is read again, and noted, in its place.
    if let defaults = entries.first(where: { $0.key == Key.defaults.rawValue }) {
      var silent = ShapeReader(collector: DiagnosticCollector(source: collector.source))
      let value = silent.read(defaults.value, .record(ScenarioFormat.defaults), at: defaults.keyPlace, path: "defaults")
      if case .record(let record)? = value?.content {
        for key in [Key.links, .traffic, .policies, .peers] { shared[key] = record.record(key) }
      }
    }
    return record(entries, ScenarioFormat.root, at: node.place, path: "")
  }

  private mutating func read(_ node: YAMLNode, _ shape: Shape, at place: SourcePlace, path: String) -> Value? {
    switch shape {
    case .scalar(let rule): return scalar(node, rule, at: place, path: path)
    case .oneOrMore(let element, let bounds):
      if node.isSequence || node.isNull && bounds.lowerBound == 0 {
        return list(node, of: element, bounds, at: place, path: path)
      }
      return read(node, element, at: place, path: path)
    case .list(let element, let bounds): return list(node, of: element, bounds, at: place, path: path)
    case .named(let element, let noun, let limit):
      return named(node, of: element, noun: noun, limit: limit, at: place, path: path)
    case .record(let shape):
      var entries: [YAMLEntry] = []
      if case .mapping(let written) = node.content {
        entries = written
      } else if !node.isNull {
        mismatch(node, "keys and values (\(keys(of: shape)))", at: place, path: path)
        return nil
      }
      return Value(place: place, path: path, content: .record(record(entries, shape, at: place, path: path)))
    }
  }

  private mutating func mismatch(_ node: YAMLNode, _ expected: String, at place: SourcePlace, path: String) {
    collector.error(
      node.isNull ? place : node.place, path, "\(node.kind) \(node.isMapping ? "stand" : "stands") here",
      expected: expected)
  }

  private func keys(of shape: RecordShape) -> String { shape.fields.map(\.key.rawValue).joined(separator: ", ") }
}

extension ShapeReader {
  private mutating func scalar(_ node: YAMLNode, _ rule: ScalarRule, at place: SourcePlace, path: String) -> Value? {
    guard case .scalar(let text, _) = node.content, !node.isNull else {
      mismatch(node, rule.expected, at: place, path: path)
      return nil
    }
    do {
      return Value(place: node.place, path: path, content: .scalar(try rule.read(text)))
    } catch {
      collector.error(node.place, path, error.what, expected: rule.expected, suggestion: error.suggestion)
      return nil
    }
  }

  private mutating func list(
    _ node: YAMLNode, of element: Shape, _ bounds: ClosedRange<Int>, at place: SourcePlace, path: String
  ) -> Value? {
    var nodes: [YAMLNode] = []
    if case .sequence(let elements) = node.content {
      nodes = elements
    } else if !(node.isNull && bounds.lowerBound == 0) {
      mismatch(node, "a list: entries that begin with \"- \", or stand in brackets", at: place, path: path)
      return nil
    }
    guard bounds.contains(nodes.count) else {
      let count = nodes.count == 1 ? "1 entry" : "\(nodes.count) entries"
      collector.error(
        node.place, path, "the list has \(count)", expected: "\(bounds.lowerBound) to \(bounds.upperBound)")
      return nil
    }
    let values = nodes.enumerated().compactMap { index, node in
      read(node, element, at: node.place, path: "\(path)[\(index)]")
    }
    return Value(place: place, path: path, content: .list(values))
  }

  private mutating func named(
    _ node: YAMLNode, of element: Shape, noun: String, limit: Int, at place: SourcePlace, path: String
  ) -> Value? {
    guard case .mapping(let entries) = node.content else {
      mismatch(node, "the name of each \(noun) and what it is", at: place, path: path)
      return nil
    }
    guard (1...limit).contains(entries.count) else {
      collector.error(place, path, "there are \(entries.count) of them", expected: "1 to \(limit)")
      return nil
    }
    var values: [NamedValue] = []
    for entry in entries {
      let path = path + "." + entry.key.prefix(63)
      if !ScalarRule.isName(entry.key) {
        collector.error(
          entry.keyPlace, path, "\(quoted(entry.key)) cannot name a \(noun)", expected: ScalarRule.nameExpected)
      }
      if let value = read(entry.value, element, at: entry.keyPlace, path: path) {
        values.append(NamedValue(name: entry.key, place: entry.keyPlace, value: value))
      }
    }
    return Value(place: place, path: path, content: .named(values))
  }
}

extension ShapeReader {
  private mutating func record(
    _ entries: [YAMLEntry], _ shape: RecordShape, at place: SourcePlace, path: String
  ) -> Record {
    var record = Record(place: place, path: path)
    record.written = Set(entries.compactMap { Key(rawValue: $0.key) })
    refuseUnknown(entries, shape, path: path)
    let action = actionWritten(in: entries)
    for field in shape.fields {
      let path = path.isEmpty ? field.key.rawValue : "\(path).\(field.key.rawValue)"
      let entry = entries.first { $0.key == field.key.rawValue }
      if let needed = field.onlyForAction, needed != action {
        if let entry, let action { refuse(entry, needed: needed, action: action, path: path) }
        continue
      }
      if let other = field.unless.first(where: record.written.contains) {
        if let entry { refuse(entry, field.key, beside: other, path: path) }
      } else if let entry {
        record.values[field.key] = read(entry.value, field.shape, at: entry.keyPlace, path: path)
      } else if shape.alternatives?.excludes(field.key, in: record.written) != true {
        record.values[field.key] = missing(field, inherited: shape.inherits, at: place, path: path)
      }
    }
    checkAlternatives(shape, entries, record, action: action)
    return record
  }

  private mutating func refuse(_ entry: YAMLEntry, _ key: Key, beside other: Key, path: String) {
    let (beside, remedy) =
      other == .layers
      ? ("beside \"layers\"", "it in the entries of \"layers\"") : ("with keys by hand", "it with negotiated keys only")
    collector.error(entry.keyPlace, path, "\(quoted(key.rawValue)) has no meaning \(beside)", expected: remedy)
  }

  /// Whether a key that is not known is one of them, misspelt: that was said.
  private func isMeant(_ alternatives: Alternatives, in entries: [YAMLEntry]) -> Bool {
    entries.contains { entry in
      Key(rawValue: entry.key) == nil && closest(to: entry.key, among: alternatives.keys.map(\.rawValue)) != nil
    }
  }

  private mutating func checkAlternatives(
    _ shape: RecordShape, _ entries: [YAMLEntry], _ record: Record, action: String?
  ) {
    guard let alternatives = shape.alternatives,
      let field = shape.fields.first(where: { alternatives.keys.contains($0.key) }),
      field.onlyForAction == nil || field.onlyForAction == action
    else { return }
    let written = entries.filter { entry in alternatives.keys.contains { $0.rawValue == entry.key } }
    if written.count > 1 {
      collector.error(
        written[1].keyPlace, record.path(of: alternatives.keys.first { $0.rawValue == written[1].key } ?? .name),
        "\(quoted(written[1].key)) stands beside \(quoted(written[0].key))", expected: alternatives.remedy)
    } else if written.isEmpty, alternatives.isRequired, !isMeant(alternatives, in: entries),
      !alternatives.keys.contains(where: { record.values[$0] != nil })
    {
      collector.error(
        record.place, record.path, "nothing says \(alternatives.about)", expected: alternatives.remedy)
    }
  }

  /// What `action` says, where it says something that is known.
  private func actionWritten(in entries: [YAMLEntry]) -> String? {
    guard let entry = entries.first(where: { $0.key == Key.action.rawValue }),
      case .scalar(let text, _) = entry.value.content
    else { return nil }
    return ["discard", "bypass", "apply"].contains(text) ? text : nil
  }

  private mutating func refuse(_ entry: YAMLEntry, needed: String, action: String, path: String) {
    collector.error(
      entry.keyPlace, path, "\(quoted(entry.key)) has no meaning with \"action: \(action)\"",
      expected: "it with \"action: \(needed)\" only")
  }

  private mutating func refuseUnknown(_ entries: [YAMLEntry], _ shape: RecordShape, path: String) {
    for entry in entries where !collector.isFull && shape.field(entry.key) == nil {
      let name = entry.key.prefix(63)
      let place = path.isEmpty ? String(name) : "\(path).\(name)"
      if let elsewhere = Key(rawValue: entry.key).flatMap({ shape.elsewhere[$0] }) {
        collector.error(entry.keyPlace, place, "\(quoted(entry.key)) does not belong here", expected: elsewhere)
        continue
      }
      collector.error(
        entry.keyPlace, place, "unknown key \(quoted(entry.key))",
        expected: "one of \(keys(of: shape))",
        suggestion: closest(to: entry.key, among: shape.fields.map(\.key.rawValue)))
    }
  }

  /// What holds where the author wrote nothing: the file's defaults, then the format's.
  private mutating func missing(_ field: Field, inherited: Key?, at place: SourcePlace, path: String) -> Value? {
    if let inherited, let value = shared[inherited]?.values[field.key] { return value }
    switch field.presence {
    case .optional: return nil
    case .required:
      let parent = path.split(separator: ".").dropLast().joined(separator: ".")
      collector.error(place, parent, "the key \"\(field.key.rawValue)\" is missing", expected: sample(of: field))
      return nil
    case .standard(let text):
      guard case .scalar(let rule) = field.shape else {
        return read(
          YAMLNode(place: place, content: .mapping([])), field.shape, at: place, path: path)
      }
      guard let value = try? rule.read(text) else { return nil }
      applied.append("\(path): \(text)")
      return Value(place: place, path: path, content: .scalar(value))
    }
  }

  private func sample(of field: Field) -> String {
    switch field.shape {
    case .scalar(let rule): "\(field.key.rawValue): \(rule.expected)"
    case .oneOrMore(let element, _):
      sample(of: Field(field.key, element, field.presence, field.about)) + ", or a list of such"
    case .list: "\(field.key.rawValue): a list"
    case .named(_, let noun, _): "\(field.key.rawValue): the name of each \(noun) and what it is"
    case .record(let shape): "\(field.key.rawValue): keys and values (\(keys(of: shape)))"
    }
  }
}

extension Alternatives {
  /// Whether another of them is written, so that nothing else stands for this one.
  fileprivate func excludes(_ key: Key, in written: Set<Key>) -> Bool {
    keys.contains(key) && keys.contains { written.contains($0) }
  }
}
