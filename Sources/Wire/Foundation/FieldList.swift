/// Collects the nodes of one header's fields; places are counted from the header's start.
public struct FieldList<Field: HeaderField> {
  let base: Int
  /// The fields so far.
  public private(set) var nodes: [FieldNode] = []

  /// A list for a header that begins at `base`.
  public init(at base: Int, capacity: Int = 8) {
    self.base = base
    nodes.reserveCapacity(capacity)
  }

  /// A field of `count` octets at `start` that holds a number.
  @inline(__always)
  mutating func number(
    _ field: Field, _ start: Int, _ count: Int, _ value: some BinaryInteger, bits: Range<Int>? = nil,
    _ remark: FieldRemark = .ofValue, variant: UInt8 = 0, children: [FieldNode] = []
  ) {
    nodes.append(
      FieldNode(
        field.id, range(start, count), .unsigned, UInt64(truncatingIfNeeded: value), remark, variant: variant,
        bits: bits, attachment: children.isEmpty ? .none : .children(children)))
  }

  /// A field of `count` octets at `start` that holds a number, and what it means if the field itself cannot say.
  public mutating func number(
    _ field: Field, _ start: Int, _ count: Int, _ value: some BinaryInteger, bits: Range<Int>? = nil,
    meaning: String
  ) {
    add(field, start, count, .unsigned(UInt64(truncatingIfNeeded: value)), bits: bits, meaning: meaning)
  }

  /// A checksum of two octets, and whether it is the right one.
  @inline(__always)
  mutating func checksum(_ field: Field, _ start: Int, _ stated: UInt16, right: UInt16) {
    number(field, start, 2, stated, .right)
    if stated != right {
      nodes[nodes.count - 1].meaning = "wrong: these octets sum to \(hexadecimal(right, digits: 4))"
    }
  }

  /// A flag: bit `bit` of the octets at `start`.
  @inline(__always)
  public mutating func flag(_ field: Field, _ start: Int, _ count: Int = 1, bit: Int, _ value: Bool, variant: UInt8 = 0)
  {
    nodes.append(
      FieldNode(
        field.id, range(start, count), .boolean, value ? 1 : 0, variant: variant, bits: bit..<bit + 1))
  }

  /// An IPv4 address.
  @inline(__always)
  public mutating func address(_ field: Field, _ start: Int, _ address: IPv4Address, variant: UInt8 = 0) {
    nodes.append(FieldNode(field.id, range(start, 4), .ipv4, UInt64(address.rawValue), variant: variant))
  }

  /// An IPv6 address.
  public mutating func address(_ field: Field, _ start: Int, _ address: IPv6Address) {
    add(field, start, address)
  }

  mutating func add(_ field: Field, _ start: Int, _ address: IPv6Address, variant: UInt8 = 0) {
    nodes.append(
      FieldNode(
        field.id, range(start, 16), .ipv6, 0, variant: variant, attachment: .details(FieldDetails(address))))
  }

  /// The address of an interface, in the first six of `count` octets.
  @inline(__always)
  public mutating func address(_ field: Field, _ start: Int, _ address: HardwareAddress, count: Int = 6) {
    nodes.append(FieldNode(field.id, range(start, count), .hardwareAddress, address.rawValue))
  }

  /// At most eight octets, as a number.
  mutating func word(_ field: Field, _ start: Int, _ count: Int, _ value: UInt64) {
    nodes.append(FieldNode(field.id, range(start, count), .word, value))
  }

  /// A field whose value is words.
  public mutating func text(_ field: Field, _ start: Int, _ count: Int, _ value: String, meaning: String = "") {
    add(field, start, count, .text(value), meaning: meaning)
  }

  /// A field that holds octets; left out where there are none.
  public mutating func octets(
    _ field: Field, _ start: Int, _ value: [UInt8], variant: UInt8 = 0, meaning: String = "",
    children: [FieldNode] = []
  ) {
    guard !value.isEmpty else { return }
    add(field, start, value.count, .bytes(value), variant: variant, meaning: meaning, children: children)
  }

  /// A group of fields; what `number` says about it, the field's table tells.
  mutating func group(
    _ field: Field, _ start: Int, _ count: Int, _ number: UInt64 = 0, variant: UInt8 = 0, children: [FieldNode]
  ) {
    nodes.append(
      FieldNode(field.id, range(start, count), .group, number, variant: variant, attachment: .children(children)))
  }

  /// A field of any kind.
  public mutating func add(
    _ field: Field, _ start: Int, _ count: Int, _ value: FieldValue, variant: UInt8 = 0, bits: Range<Int>? = nil,
    meaning: String = "", children: [FieldNode] = []
  ) {
    nodes.append(
      FieldNode(
        field.id, range(start, count), value, variant: variant, bits: bits, meaning: meaning, children: children))
  }

  mutating func append(_ more: [FieldNode]) { nodes += more }

  @inline(__always)
  private func range(_ start: Int, _ count: Int) -> Range<Int> { base + start..<base + start + max(0, count) }
}

extension Array where Element == FieldNode {
  /// The same fields with names that differ: of those with one name, the second gets a 2, the third a 3, and so on.
  func numbered() -> [FieldNode] {
    guard count > 1 else { return self }
    var nodes = self
    for index in 1..<count {
      guard let previous = nodes[..<index].lastIndex(where: { $0.isNamesake(of: nodes[index]) }) else { continue }
      let number = Swift.max(1, nodes[previous].ordinal)
      nodes[index].ordinal = number == .max ? .max : number + 1
    }
    return nodes
  }
}

extension FieldNode {
  /// Whether both would have one name: siblings of different fields never do.
  fileprivate func isNamesake(of other: FieldNode) -> Bool {
    id == other.id && (variant == other.variant || baseName == other.baseName)
  }
}
