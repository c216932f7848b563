/// What there is to say about a field, in one row of its header's table.
public struct FieldText: Hashable, Sendable {
  /// Name in JSON.
  public var name: String
  /// The RFC's term.
  public var title: String
  /// Where it is specified.
  public var citation: String
  /// Name in Wireshark's display filters.
  public var displayFilterName: String?
  /// What the field is for.
  public var explanation: String

  /// A row: the name in JSON, the RFC's term, where it is specified, the display filter's name and the student's sentence.
  public init(_ name: String, _ title: String, _ citation: String, _ displayFilterName: String?, _ explanation: String)
  {
    self.name = name
    self.title = title
    self.citation = citation
    self.displayFilterName = displayFilterName
    self.explanation = explanation
  }
}

/// A header's fields whose words stand in one table: a `switch` over `self` without a default, a row a field.
public protocol TabledField: HeaderField {
  /// The row of this field.
  var text: FieldText { get }
}

extension TabledField {
  public var name: String { text.name }
  public var title: String { text.title }
  public var citation: String { text.citation }
  public var explanation: String { text.explanation }
  public var displayFilterName: String? { text.displayFilterName }
}
