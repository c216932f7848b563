/// What there is to say about a field, in one row of its header's table.
public struct FieldText: Sendable {
  let name: String
  let title: String
  let citation: String
  var displayFilterName: String?
  let explanation: String

  /// A row: the name in JSON, the RFC's term, where it is specified, the display filter's name and the student's sentence.
  public init(_ name: String, _ title: String, _ citation: String, _ displayFilterName: String?, _ explanation: String)
  {
    self.name = name
    self.title = title
    self.citation = citation
    self.displayFilterName = displayFilterName
    self.explanation = explanation
  }

  /// The same row with another display filter's name.
  func filter(_ name: String?) -> FieldText {
    var text = self
    text.displayFilterName = name
    return text
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
