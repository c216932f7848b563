/// What a node keeps beside its number: one reference at most, and nothing for most fields.
enum FieldAttachment: Sendable {
  case none
  /// The value.
  case octets([UInt8])
  /// What the field's range lies in.
  case buffer([UInt8])
  /// The fields of a group.
  case children([FieldNode])
  /// More than one of these, or words.
  case details(FieldDetails)

  /// As little as will keep the three.
  init(_ value: FieldValue, meaning: String, children: [FieldNode]) {
    if !meaning.isEmpty {
      self = .details(FieldDetails(value, meaning: meaning, children: children))
      return
    }
    switch value {
    case .text: self = .details(FieldDetails(value, children: children))
    case .bytes(let octets) where children.isEmpty: self = .octets(octets)
    case .bytes: self = .details(FieldDetails(value, children: children))
    default: self = children.isEmpty ? .none : .children(children)
    }
  }

  func octets(in range: Range<Int>) -> [UInt8] {
    switch self {
    case .octets(let octets): octets
    case .buffer(let buffer): Array(buffer[range.clamped(to: 0..<buffer.count)])
    case .details(let details): details.source.octets(in: range)
    case .none, .children: []
    }
  }

  var children: [FieldNode] {
    switch self {
    case .children(let children): children
    case .details(let details): details.children
    default: []
    }
  }

  var meaning: String {
    if case .details(let details) = self { details.meaning } else { "" }
  }

  var text: String {
    guard case .details(let details) = self else { return "" }
    return details.address?.description ?? details.text
  }

  var address: IPv6Address? {
    if case .details(let details) = self { details.address } else { nil }
  }

  mutating func setMeaning(_ meaning: String) {
    if !meaning.isEmpty || !self.meaning.isEmpty { self = .details(FieldDetails(self, meaning: meaning)) }
  }

  mutating func setChildren(_ children: [FieldNode]) {
    switch self {
    case .none, .children: self = children.isEmpty ? .none : .children(children)
    default: self = .details(FieldDetails(self, children: children))
    }
  }
}

/// What few nodes have. It never changes, so that nodes may share it.
final class FieldDetails: Sendable {
  let text: String
  let address: IPv6Address?
  let meaning: String
  let children: [FieldNode]
  /// Where octets come from; never details themselves.
  let source: FieldAttachment

  init(_ value: FieldValue, meaning: String = "", children: [FieldNode] = []) {
    if case .text(let words) = value { text = words } else { text = "" }
    if case .bytes(let octets) = value { source = .octets(octets) } else { source = .none }
    self.meaning = meaning
    self.children = children
    address = nil
  }

  init(_ address: IPv6Address) {
    self.address = address
    text = ""
    meaning = ""
    children = []
    source = .none
  }

  /// What `other` keeps, with another meaning or other children.
  init(_ other: FieldAttachment, meaning: String? = nil, children: [FieldNode]? = nil) {
    if case .details(let details) = other {
      text = details.text
      address = details.address
      source = details.source
    } else {
      text = ""
      address = nil
      source = other
    }
    self.meaning = meaning ?? other.meaning
    self.children = children ?? other.children
  }

  /// The octets of `buffer` in the node's range, and what they are.
  init(buffer: [UInt8], meaning: String) {
    text = ""
    address = nil
    self.meaning = meaning
    children = []
    source = .buffer(buffer)
  }
}

/// What a value means, as a number: words that fields don't make from their value.
enum FieldRemark: UInt8 {
  case none
  /// The field's table says: `HeaderField.meaning(of:variant:)`.
  case ofValue
  /// The attachment says.
  case text
  case right, wrong, coversMore, protected, unread, padding, notPadding

  /// For words that are at hand; without any, the field's table has the word.
  static func of(_ meaning: String) -> FieldRemark { meaning.isEmpty ? .ofValue : .text }

  var words: String {
    switch self {
    case .none, .ofValue, .text: ""
    case .right: "right"
    case .wrong: "wrong"
    case .coversMore: "covers more than is here"
    case .protected: "protected"
    case .unread: "could not be read"
    case .padding: "padding"
    case .notPadding: "not zeros, as padding usually is"
    }
  }
}
