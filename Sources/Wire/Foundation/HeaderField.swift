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
///
/// A frame has dozens, so a node holds the field's two-byte name, and its words are looked up when somebody reads them.
public struct FieldNode: Hashable, Sendable {
  /// Octets from the start of the buffer that the layer lies in.
  public var range: Range<Int>
  /// Bits within those octets, counted as RFCs do from the most significant one, where the field is not whole octets.
  public var bits: Range<Int>? {
    get { bitRange.isEmpty ? nil : Int(bitRange.lowerBound)..<Int(bitRange.upperBound) }
    set { bitRange = Self.narrow(newValue) }
  }
  /// The value.
  public var value: FieldValue
  /// What this very value means: `6 is TCP`; empty where the number says it all.
  public var meaning: String
  /// Fields inside this one.
  public var children: [FieldNode]
  /// Which field of which layer.
  public let field: FieldID

  private var bitRange: Range<UInt16>
  fileprivate var words: Words

  /// Where the words about a field are: in its layer's table, or with this node, since they depend on its value.
  fileprivate indirect enum Words: Hashable, Sendable {
    case ofTable
    case own(FieldText)
  }

  /// A field as its `Field` enum describes it, with the value that stands there.
  public init(
    _ field: some HeaderField, _ range: Range<Int>, _ value: FieldValue, bits: Range<Int>? = nil, meaning: String = "",
    children: [FieldNode] = []
  ) {
    self.field = field.id
    self.range = range
    self.bitRange = Self.narrow(bits)
    self.value = value
    self.meaning = meaning
    self.children = children
    words = FieldTable.contains(field.id) ? .ofTable : .own(field.text)
  }

  private static func narrow(_ bits: Range<Int>?) -> Range<UInt16> {
    guard let bits else { return 0..<0 }
    return UInt16(clamping: bits.lowerBound)..<UInt16(clamping: bits.upperBound)
  }

  /// All words about the field.
  public var text: FieldText {
    get {
      switch words {
      case .ofTable: FieldTable.text(field)
      case .own(let text): text
      }
    }
    set { words = .own(newValue) }
  }
}

extension FieldNode {
  /// Name in JSON (`HeaderField.name`, or a generated one inside repeated groups).
  public var name: String {
    get {
      switch words {
      case .ofTable: FieldTable.name(field)
      case .own(let text): text.name
      }
    }
    set { text.name = newValue }
  }
  /// The RFC's term.
  public var title: String {
    get { text.title }
    set { text.title = newValue }
  }
  /// What the field is for.
  public var explanation: String {
    get { text.explanation }
    set { text.explanation = newValue }
  }
  /// Where it is specified.
  public var citation: String {
    get { text.citation }
    set { text.citation = newValue }
  }
  /// Name in Wireshark's display filters.
  public var displayFilterName: String? {
    get { text.displayFilterName }
    set { text.displayFilterName = newValue }
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
