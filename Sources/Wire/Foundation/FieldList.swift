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
  public mutating func number(
    _ field: Field, _ start: Int, _ count: Int, _ value: some BinaryInteger, bits: Range<Int>? = nil,
    meaning: String = ""
  ) {
    add(field, start, count, .unsigned(UInt64(truncatingIfNeeded: value)), bits: bits, meaning: meaning)
  }

  /// A flag: bit `bit` of the octets at `start`.
  public mutating func flag(
    _ field: Field, _ start: Int, _ count: Int = 1, bit: Int, _ value: Bool, meaning: String = ""
  ) {
    add(field, start, count, .boolean(value), bits: bit..<bit + 1, meaning: meaning)
  }

  /// A field whose value is words, an address say.
  public mutating func text(_ field: Field, _ start: Int, _ count: Int, _ value: String, meaning: String = "") {
    add(field, start, count, .text(value), meaning: meaning)
  }

  /// A field that holds octets; left out where there are none.
  public mutating func octets(
    _ field: Field, _ start: Int, _ value: [UInt8], meaning: String = "", children: [FieldNode] = []
  ) {
    guard !value.isEmpty else { return }
    add(field, start, value.count, .bytes(value), meaning: meaning, children: children)
  }

  /// A field of any kind.
  public mutating func add(
    _ field: Field, _ start: Int, _ count: Int, _ value: FieldValue, bits: Range<Int>? = nil, meaning: String = "",
    children: [FieldNode] = []
  ) {
    nodes.append(
      FieldNode(
        field, base + start..<base + start + count, value, bits: bits, meaning: meaning, children: children))
  }
}

extension Array where Element == FieldNode {
  /// The same fields with names that differ: of those with one name, the second gets a 2, the third a 3, and so on.
  func numbered() -> [FieldNode] {
    guard count > 1 else { return self }
    var seen: [String: Int] = [:]
    return map { node in
      var node = node
      let number = seen[node.name, default: 0] + 1
      seen[node.name] = number
      if number > 1 { node.name += "\(number)" }
      return node
    }
  }
}
