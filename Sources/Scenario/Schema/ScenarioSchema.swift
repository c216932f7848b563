/// The scenario format as a JSON Schema, for editors that complete and check while an author writes. It is made from the
/// tables that the reader reads by, and takes everything that the reader takes; what only the reader can know (that a name
/// exists, that a packet finds a way) it leaves to `lockstep validate`.
public enum ScenarioSchema {
  /// The schema as JSON text (JSON Schema 2020-12).
  public static var json: String {
    let head: [(String, JSONValue)] = [
      ("$schema", .text("https://json-schema.org/draft/2020-12/schema")), ("title", .text("Lockstep scenario")),
    ]
    return JSONValue.object(head + members(of: ScenarioFormat.root)).written() + "\n"
  }

  private static func members(of shape: Shape) -> [(String, JSONValue)] {
    switch shape {
    case .scalar(let rule): members(of: rule)
    case .list(let element, let bounds):
      [
        ("type", .text("array")), ("items", .object(members(of: element))),
        ("minItems", .integer(UInt64(bounds.lowerBound))), ("maxItems", .integer(UInt64(bounds.upperBound))),
      ]
    case .oneOrMore(let element, let bounds):
      [
        (
          "anyOf",
          .list(
            [.object(members(of: element)), .object(members(of: .list(element, bounds)))]
              + (bounds.lowerBound == 0 ? [.object([("type", .text("null"))])] : []))
        )
      ]
    case .named(let element, _, let limit):
      [
        ("type", .text("object")), ("minProperties", .integer(1)), ("maxProperties", .integer(UInt64(limit))),
        ("propertyNames", .object([("pattern", .text("^\(ScalarRule.namePattern)$"))])),
        ("additionalProperties", .object(members(of: element))),
      ]
    case .record(let shape): members(of: shape)
    }
  }

  private static func members(of rule: ScalarRule) -> [(String, JSONValue)] {
    let text: [(String, JSONValue)] =
      rule.choices.isEmpty
      ? [("type", .text("string")), ("pattern", .text(rule.pattern))] : [("enum", .texts(rule.choices))]
    let literal: (String, JSONValue)? =
      switch rule.literal {
      case .none: nil
      case .integer: ("minimum", .integer(0))
      case .boolean: nil
      }
    guard rule.literal != .none else { return text }
    let other = [("type", JSONValue.text(rule.literal.rawValue))] + (literal.map { [$0] } ?? [])
    return [("anyOf", .list([.object(other), .object(text)]))]
  }

  private static func members(of shape: RecordShape) -> [(String, JSONValue)] {
    let required = shape.fields.filter { $0.isRequired && $0.onlyForAction == nil }.map(\.key.rawValue)
    var members: [(String, JSONValue)] = [
      ("description", .text(shape.about)),
      ("type", required.isEmpty ? .texts(["object", "null"]) : .text("object")),
      ("properties", .object(shape.fields.map { ($0.key.rawValue, property($0)) })),
      ("additionalProperties", .boolean(false)),
    ]
    if !required.isEmpty { members.append(("required", .texts(required))) }
    return members + condition(of: shape)
  }

  private static func property(_ field: Field) -> JSONValue {
    var members: [(String, JSONValue)] = [("description", .text(description(of: field)))]
    if case .standard(let text) = field.presence, !text.isEmpty { members.append(("default", .text(text))) }
    members += self.members(of: field.shape).filter { $0.0 != "description" }
    return .object(members)
  }

  private static func description(of field: Field) -> String {
    guard case .scalar(let rule) = field.shape, rule.choices.isEmpty else { return field.about }
    return "\(field.about) Expected: \(rule.expected)."
  }

  /// What belongs to one action only.
  private static func condition(of shape: RecordShape) -> [(String, JSONValue)] {
    let bound = shape.fields.filter { $0.onlyForAction != nil }
    guard let action = bound.first?.onlyForAction else { return [] }
    let required = bound.filter(\.isRequired).map(\.key.rawValue)
    let forbidden = bound.map { JSONValue.object([("required", .texts([$0.key.rawValue]))]) }
    return [
      ("if", .object([("properties", .object([("action", .object([("const", .text(action))]))]))])),
      ("then", .object(required.isEmpty ? [] : [("required", .texts(required))])),
      ("else", .object([("not", .object([("anyOf", .list(forbidden))]))])),
    ]
  }
}

extension Field {
  /// It must be written in the entry itself; what can be shared may stand under `defaults` instead.
  fileprivate var isRequired: Bool {
    if case .required = presence { return !isShared }
    return false
  }
}
