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
  /// The same for one of several uses of the field that differ in name, source or display filter; 0 is the usual one.
  func text(variant: UInt8) -> FieldText
  /// What `value` means in this field, `TCP` for 6 say; empty where the number says it all. Asked only when somebody
  /// looks, so it may take its time.
  func meaning(of value: UInt64, variant: UInt8) -> String
}

extension HeaderField {
  /// The two-byte name that errors carry.
  @inlinable
  public var id: FieldID { FieldID(layer: Self.layer, index: rawValue) }

  /// Put together from the single members, where there is no table.
  public var text: FieldText { FieldText(name, title, citation, displayFilterName, explanation) }

  /// The field has one use.
  public func text(variant: UInt8) -> FieldText { text }

  /// The number says it all.
  public func meaning(of value: UInt64, variant: UInt8) -> String { "" }
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
