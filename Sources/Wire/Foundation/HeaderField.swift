/// The contract of a header's `Field` enum. A `switch` over `self` without a default in each of these members makes sure
/// that a field without a name, a citation and a sentence does not compile.
public protocol HeaderField: CaseIterable, RawRepresentable, Hashable, Sendable where RawValue == UInt8 {
  /// The layer that these fields belong to.
  static var layer: LayerKind { get }
  /// Name in JSON: the RFC's term in lowerCamelCase, `timeToLive`.
  var name: String { get }
  /// The RFC's own term, `Time to Live`.
  var title: String { get }
  /// Where it is specified, `RFC 791 §3.1`.
  var citation: String { get }
  /// What the field is for, in one sentence for a student.
  var explanation: String { get }
  /// The same field's name in Wireshark's display filters, `ip.ttl`, where it has one.
  var displayFilterName: String? { get }
  /// All of the above but the layer, fetched at once.
  var text: FieldText { get }
}

extension HeaderField {
  /// The two-byte name that errors carry.
  @inlinable
  public var id: FieldID { FieldID(layer: Self.layer, index: rawValue) }

  /// Put together from the single members, where there is no table.
  public var text: FieldText { FieldText(name, title, citation, displayFilterName, explanation) }
}

/// The value of a field as views show it.
public enum FieldValue: Hashable, Sendable {
  case unsigned(UInt64)
  case boolean(Bool)
  case text(String)
  case bytes([UInt8])
  /// A group whose value lies in its children.
  case group
}

/// One field of a layer: where it lies, what it holds and what that means here.
public struct FieldNode: Hashable, Sendable {
  /// Name in JSON (`HeaderField.name`, or a generated one inside repeated groups).
  public var name: String
  /// The RFC's term.
  public var title: String
  /// Octets from the start of the buffer that the layer lies in.
  public var range: Range<Int>
  /// Bits within those octets, counted as RFCs do from the most significant one, where the field is not whole octets.
  public var bits: Range<Int>?
  /// The value.
  public var value: FieldValue
  /// What this very value means: `6 is TCP`; empty where the number says it all.
  public var meaning: String
  /// What the field is for.
  public var explanation: String
  /// Where it is specified.
  public var citation: String
  /// Name in Wireshark's display filters.
  public var displayFilterName: String?
  /// Fields inside this one.
  public var children: [FieldNode]

  /// A field as its `Field` enum describes it, with the value that stands there.
  public init(
    _ field: some HeaderField, _ range: Range<Int>, _ value: FieldValue, bits: Range<Int>? = nil, meaning: String = "",
    children: [FieldNode] = []
  ) {
    let text = field.text
    self.name = text.name
    self.title = text.title
    self.range = range
    self.bits = bits
    self.value = value
    self.meaning = meaning
    self.explanation = text.explanation
    self.citation = text.citation
    self.displayFilterName = text.displayFilterName
    self.children = children
  }
}

/// One layer of a frame: its fields and the bytes that it spans.
public struct LayerNode: Hashable, Sendable {
  /// Which layer.
  public var kind: LayerKind
  /// The octets of the layer's header (for a protected layer: of all that it spans).
  public var range: Range<Int>
  /// Its fields in the order of their bytes.
  public var fields: [FieldNode]
  /// Where reading stopped, when it did.
  public var fault: DecodeError?

  public init(kind: LayerKind, range: Range<Int>, fields: [FieldNode], fault: DecodeError? = nil) {
    self.kind = kind
    self.range = range
    self.fields = fields
    self.fault = fault
  }
}
