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
/// A capture makes millions of these and views read a few, so a node holds its field's two-byte name and its value as a
/// number; names, sentences, meanings and the text of addresses are made when somebody asks for them.
public struct FieldNode: Sendable {
  /// Which field of which layer.
  public let id: FieldID
  /// 0 and 1 for the first of its name among its siblings, 2 for the second: see `numbered()`.
  var ordinal: UInt16 = 0
  let form: Form
  private var remark: FieldRemark
  /// Which of the field's uses, where it has several: `HeaderField.text(variant:)`.
  let variant: UInt8
  private var firstBit: UInt8 = 0
  private var endBit: UInt8 = 0
  private var start: UInt32
  private var end: UInt32
  /// What the value and, for a group, its meaning are made from.
  let number: UInt64
  private var attachment: FieldAttachment

  /// How the value is kept.
  enum Form: UInt8 {
    /// The number itself.
    case unsigned
    /// The number, 0 or 1.
    case boolean
    /// The number.
    case ipv4, hardwareAddress
    /// As many octets as the range has, in the low octets of the number.
    case word
    /// Octets of the attachment.
    case octets
    /// Address or words among the details.
    case ipv6, text
    /// None; the number says what the group is about.
    case group
  }

  /// A node from its parts: what `FieldList` and headers call.
  @inline(__always)
  init(
    _ id: FieldID, _ range: Range<Int>, _ form: Form, _ number: UInt64, _ remark: FieldRemark = .ofValue,
    variant: UInt8 = 0, bits: Range<Int>? = nil, attachment: FieldAttachment = .none
  ) {
    self.id = id
    self.form = form
    self.remark = remark
    self.variant = variant
    self.number = number
    self.attachment = attachment
    start = UInt32(clamping: range.lowerBound)
    end = UInt32(clamping: range.upperBound)
    if let bits {
      firstBit = UInt8(clamping: bits.lowerBound)
      endBit = UInt8(clamping: bits.upperBound)
    }
  }

  /// A field as its `Field` enum describes it, with the value that stands there; without `meaning`, the field says
  /// itself what the value means.
  public init(
    _ field: some HeaderField, _ range: Range<Int>, _ value: FieldValue, bits: Range<Int>? = nil, meaning: String = "",
    children: [FieldNode] = []
  ) {
    self.init(field.id, range, value, bits: bits, meaning: meaning, children: children)
  }

  init(
    _ id: FieldID, _ range: Range<Int>, _ value: FieldValue, variant: UInt8 = 0, bits: Range<Int>? = nil,
    meaning: String = "", children: [FieldNode] = []
  ) {
    let (form, number): (Form, UInt64) =
      switch value {
      case .unsigned(let number): (.unsigned, number)
      case .boolean(let flag): (.boolean, flag ? 1 : 0)
      case .text: (.text, 0)
      case .bytes: (.octets, 0)
      case .group: (.group, 0)
      }
    self.init(
      id, range, form, number, .of(meaning), variant: variant, bits: bits,
      attachment: FieldAttachment(value, meaning: meaning, children: children))
  }

  /// A field whose value are the octets of `buffer` that it lies over.
  static func octets(
    _ field: some HeaderField, _ range: Range<Int>, of buffer: [UInt8], _ remark: FieldRemark = .ofValue
  ) -> FieldNode {
    FieldNode(field.id, range, .octets, 0, remark, attachment: .buffer(buffer))
  }

  /// Sets what the value means here to words that are known beforehand.
  mutating func remark(_ remark: FieldRemark) { self.remark = remark }
}

extension FieldNode {
  private var entry: FieldEntry { FieldRegistry.entry(of: id) }

  /// What its header's table says of the field.
  private var text: FieldText { variant == 0 ? entry.text : entry.variantText(variant) }

  /// Name in JSON (`HeaderField.name`); from the second field of one name among siblings on, with its number: `option2`.
  public var name: String { ordinal > 1 ? "\(text.name)\(ordinal)" : text.name }

  /// The name without a number.
  public var baseName: String { text.name }

  /// The RFC's term.
  public var title: String { text.title }

  /// What the field is for.
  public var explanation: String { text.explanation }

  /// Where it is specified.
  public var citation: String { text.citation }

  /// Name in Wireshark's display filters.
  public var displayFilterName: String? { text.displayFilterName }

  /// Octets from the start of the buffer that the layer lies in.
  public var range: Range<Int> { Int(start)..<Int(max(start, end)) }

  /// Bits within those octets, counted as RFCs do from the most significant one, where the field is not whole octets.
  public var bits: Range<Int>? { firstBit < endBit ? Int(firstBit)..<Int(endBit) : nil }

  /// What this very value means: `TCP` where the protocol is 6; empty where the number says it all.
  public var meaning: String {
    get {
      switch remark {
      case .ofValue: entry.meaning(number, variant)
      case .text: attachment.meaning
      default: remark.words
      }
    }
    set {
      remark = newValue.isEmpty ? .none : .text
      attachment.setMeaning(newValue)
    }
  }

  /// Fields inside this one.
  public var children: [FieldNode] {
    get { attachment.children }
    set { attachment.setChildren(newValue) }
  }

  /// Whether there are fields inside this one.
  public var hasChildren: Bool { !attachment.children.isEmpty }

  /// The value; addresses as text.
  public var value: FieldValue {
    switch form {
    case .unsigned: .unsigned(number)
    case .boolean: .boolean(number != 0)
    case .ipv4: .text(IPv4Address(rawValue: UInt32(truncatingIfNeeded: number)).description)
    case .hardwareAddress: .text(HardwareAddress(rawValue: number).description)
    case .word:
      .bytes((0..<min(8, range.count)).reversed().map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) })
    case .octets: .bytes(attachment.octets(in: range))
    case .ipv6, .text: .text(attachment.text)
    case .group: .group
    }
  }

  /// The value of a field that holds an IP address, without the way through its text.
  public var address: IPAddress? {
    switch form {
    case .ipv4: .v4(IPv4Address(rawValue: UInt32(truncatingIfNeeded: number)))
    case .ipv6: attachment.address.map { .v6($0) }
    default: nil
    }
  }

  /// Whether this is a group, whose value lies in its children.
  public var isGroup: Bool { form == .group }
}

extension FieldNode: Hashable {
  /// Whether views show the same: two ways to keep one value make no difference.
  public static func == (lhs: FieldNode, rhs: FieldNode) -> Bool {
    lhs.id == rhs.id && lhs.variant == rhs.variant && max(1, lhs.ordinal) == max(1, rhs.ordinal)
      && lhs.range == rhs.range && lhs.bits == rhs.bits && lhs.value == rhs.value && lhs.meaning == rhs.meaning
      && lhs.children == rhs.children
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(start)
    hasher.combine(end)
    hasher.combine(value)
  }
}
