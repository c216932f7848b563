/// A node of a YAML document with its place, aliases expanded, bounded in depth and number.
struct YAMLNode: Sendable {
  enum Content: Sendable {
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    case mapping([YAMLEntry])
  }

  var place: SourcePlace
  var content: Content

  /// Nothing was written: `key:` and no more.
  var isNull: Bool {
    if case .scalar(let text, isPlain: true) = content { return ["", "~", "null"].contains(text) }
    return false
  }

  var isMapping: Bool { if case .mapping = content { true } else { false } }

  var isSequence: Bool { if case .sequence = content { true } else { false } }

  /// What it is, in the author's words.
  var kind: String {
    switch content {
    case .scalar: isNull ? "nothing" : "a single value"
    case .sequence: "a list"
    case .mapping: "keys and values"
    }
  }
}

/// A key of a mapping and its value.
struct YAMLEntry: Sendable {
  var key: String
  var keyPlace: SourcePlace
  var value: YAMLNode
}

/// Why a text could not be read as a YAML document.
struct YAMLFault: Error, Hashable, Sendable {
  var place: SourcePlace
  var what: String
  var expected: String
  var suggestion: String?
}
