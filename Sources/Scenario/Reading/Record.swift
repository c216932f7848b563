import IPsec
import Units
import Wire

/// A value of the document that was found to be in order, with its place.
struct Value: Sendable {
  enum Content: Sendable {
    case scalar(ScalarValue)
    case list([Value])
    case named([NamedValue])
    case record(Record)
  }

  var place: SourcePlace
  var path: String
  var content: Content

  var scalar: ScalarValue? {
    if case .scalar(let scalar) = content { return scalar }
    return nil
  }

  /// The elements of a list; of anything else, itself.
  var elements: [Value] {
    if case .list(let elements) = content { return elements }
    return [self]
  }
}

/// A value under a name that the author chose.
struct NamedValue: Sendable {
  var name: String
  var place: SourcePlace
  var value: Value
}

/// The keys of a mapping, with defaults filled in.
struct Record: Sendable {
  /// Where the mapping is named: its key, or its first key in a list.
  var place: SourcePlace
  var path: String
  var values: [Key: Value] = [:]
  /// What the author wrote in the mapping itself.
  var written: Set<Key> = []

  func value(_ key: Key) -> Value? { values[key] }

  /// Where the key stands, or the record where it was left out.
  func place(of key: Key) -> SourcePlace { values[key]?.place ?? place }

  func path(of key: Key) -> String { values[key]?.path ?? (path.isEmpty ? key.rawValue : "\(path).\(key.rawValue)") }

  func record(_ key: Key) -> Record? {
    if case .record(let record)? = values[key]?.content { return record }
    return nil
  }

  func list(_ key: Key) -> [Value] {
    if case .list(let list)? = values[key]?.content { return list }
    return []
  }

  func records(_ key: Key) -> [Record] {
    list(key).compactMap { value in
      if case .record(let record) = value.content { return record }
      return nil
    }
  }

  func named(_ key: Key) -> [NamedValue] {
    if case .named(let named)? = values[key]?.content { return named }
    return []
  }

  func text(_ key: Key) -> String {
    if case .text(let text)? = values[key]?.scalar { return text }
    return ""
  }

  func integer(_ key: Key) -> UInt64 {
    if case .integer(let value)? = values[key]?.scalar { return value }
    return 0
  }

  func boolean(_ key: Key) -> Bool { values[key]?.scalar == .boolean(true) }

  func duration(_ key: Key) -> SimDuration {
    if case .duration(let value)? = values[key]?.scalar { return value }
    return .zero
  }

  func bytes(_ key: Key) -> ByteCount? {
    if case .bytes(let value)? = values[key]?.scalar { return value }
    return nil
  }

  func ratio(_ key: Key) -> Ratio {
    if case .ratio(let value)? = values[key]?.scalar { return value }
    return .zero
  }

  func addresses(_ key: Key) -> AddressRange {
    if case .addresses(let value)? = values[key]?.scalar { return value }
    return .any
  }

  func sensitivities(_ key: Key) -> ClosedRange<Sensitivity>? {
    if case .sensitivities(let value)? = values[key]?.scalar { return value }
    return nil
  }

  func ports(_ key: Key) -> PortSelector {
    if case .ports(let value)? = values[key]?.scalar { return value }
    return .any
  }
}
