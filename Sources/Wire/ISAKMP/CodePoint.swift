/// A number of a registry, open: one that we do not know survives a round trip and has no name.
public protocol CodePoint: RawRepresentable, Hashable, Sendable where RawValue: FixedWidthInteger & Sendable {
  /// The registry's names.
  static var names: CodePointNames<RawValue> { get }
}

extension CodePoint {
  /// The assigned name, `nil` for a number that we do not know.
  public var name: String? { Self.names.name(rawValue) }

  /// The assigned name, or the range of the registry that the number lies in.
  public var meaning: String { Self.names.meaning(rawValue) }
}

/// The names of a registry: single numbers, and the ranges that it sets aside. Sorted once, so nothing about it
/// depends on hashing.
public struct CodePointNames<Value: FixedWidthInteger & Sendable>: Sendable {
  private let assigned: [(value: Value, name: String)]
  private let ranges: [(values: ClosedRange<Value>, name: String)]

  /// A registry of `assigned` names and `ranges` that are set aside.
  public init(_ assigned: [(Value, String)], ranges: [(ClosedRange<Value>, String)] = []) {
    self.assigned = assigned.map { (value: $0.0, name: $0.1) }.sorted { $0.value < $1.value }
    self.ranges = ranges.map { (values: $0.0, name: $0.1) }
  }

  /// The name of exactly this value.
  public func name(_ value: Value) -> String? {
    var low = 0
    var high = assigned.count
    while low < high {
      let middle = (low + high) / 2
      if assigned[middle].value < value { low = middle + 1 } else { high = middle }
    }
    return low < assigned.count && assigned[low].value == value ? assigned[low].name : nil
  }

  /// The name of the value, else of the range that it lies in, else that it is unassigned.
  public func meaning(_ value: Value) -> String {
    name(value) ?? ranges.first { $0.values.contains(value) }?.name ?? "unassigned"
  }
}
