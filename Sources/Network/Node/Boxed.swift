/// A value in a place of its own, for what few nodes have: an empty one takes eight octets however large the value would be.
/// It is a value itself: whoever changes it has it alone, or copies it first.
struct Boxed<Value: Sendable>: Sendable {
  /// Changed only where nobody else refers to it.
  private final class Storage: @unchecked Sendable {
    var value: Value?

    init(_ value: Value?) { self.value = value }
  }

  private var storage: Storage?

  /// Whether nothing is in it; told without looking into it.
  var isEmpty: Bool { storage == nil }

  /// What is in it. Changed where it lies.
  var value: Value? {
    _read { yield storage?.value }
    _modify {
      if let storage = uniqueStorage() {
        yield &storage.value
      } else {
        var value: Value?
        yield &value
        if let value { storage = Storage(value) }
      }
    }
  }

  private mutating func uniqueStorage() -> Storage? {
    if storage != nil, !isKnownUniquelyReferenced(&storage) { storage = Storage(storage?.value) }
    return storage
  }
}
