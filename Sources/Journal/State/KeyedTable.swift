/// Values by key that are only ever seen in the order of their keys, so that no hashing shows in a journal, a view or a
/// file. Looking up costs what a dictionary costs; walking costs a sort.
public struct KeyedTable<Key: Hashable & Comparable, Value> {
  private var storage: [Key: Value] = [:]

  public init() {}

  /// Values that it holds.
  public var count: Int { storage.count }

  /// Whether it holds none.
  public var isEmpty: Bool { storage.isEmpty }

  /// The value of a key.
  public subscript(key: Key) -> Value? {
    get { storage[key] }
    set { storage[key] = newValue }
  }

  /// The value of a key, or `missing` where it has none yet.
  public subscript(key: Key, default missing: @autoclosure () -> Value) -> Value {
    get { storage[key, default: missing()] }
    _modify { yield &storage[key, default: missing()] }
  }

  /// Changes the value of a key in place, where it has one.
  public mutating func update(_ key: Key, _ change: (inout Value) -> Void) {
    guard let index = storage.index(forKey: key) else { return }
    change(&storage.values[index])
  }

  /// Keys and values in the order of the keys.
  public var rows: [(key: Key, value: Value)] { storage.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 } }

  /// Keys in their order.
  public var keys: [Key] { storage.keys.sorted() }

  /// Values in the order of their keys.
  public var values: [Value] { rows.map { $0.value } }
}

extension KeyedTable: Equatable where Value: Equatable {}
extension KeyedTable: Hashable where Value: Hashable {}
extension KeyedTable: Sendable where Key: Sendable, Value: Sendable {}

extension KeyedTable: Codable where Key: Codable, Value: Codable {
  private struct Row: Codable {
    var key: Key
    var value: Value
  }

  public init(from decoder: any Decoder) throws {
    for row in try [Row](from: decoder) { storage[row.key] = row.value }
  }

  public func encode(to encoder: any Encoder) throws {
    try rows.map { Row(key: $0.key, value: $0.value) }.encode(to: encoder)
  }
}
