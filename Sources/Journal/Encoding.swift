/// Writes the body of an entry: unsigned numbers as LEB128, octets and text behind their length.
public struct BodyWriter: Sendable {
  /// What was written.
  public private(set) var bytes: [UInt8] = []

  public init() {}

  /// Takes over a buffer and goes on behind what it holds, so that many bodies share one allocation.
  init(appendingTo bytes: consuming [UInt8]) { self.bytes = bytes }

  /// Gives the buffer back.
  consuming func finish() -> [UInt8] { bytes }

  /// An unsigned number, seven bits an octet, least significant first.
  public mutating func unsigned(_ value: some UnsignedInteger & FixedWidthInteger) {
    var rest = UInt64(value)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// One octet as it is.
  mutating func raw(_ byte: UInt8) { bytes.append(byte) }

  /// A truth value in one octet.
  public mutating func boolean(_ value: Bool) { bytes.append(value ? 1 : 0) }

  /// Octets behind their count.
  public mutating func octets(_ value: [UInt8]) {
    unsigned(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// Text as UTF-8 behind its length.
  public mutating func text(_ value: String) {
    let utf8 = value.utf8
    unsigned(UInt64(utf8.count))
    bytes.append(contentsOf: utf8)
  }

  /// A value that may be missing.
  public mutating func optional<Value>(_ value: Value?, _ write: (inout BodyWriter, Value) -> Void) {
    boolean(value != nil)
    if let value { write(&self, value) }
  }

  /// Values behind their count.
  public mutating func list<Value>(_ values: [Value], _ write: (inout BodyWriter, Value) -> Void) {
    unsigned(UInt64(values.count))
    for value in values { write(&self, value) }
  }
}

/// What is wrong with a stored entry: a database that was damaged, or written by somebody else.
public struct BodyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Octet of the body at which reading stopped.
  public var offset: Int
  /// What was expected there.
  public var expected: String

  public init(offset: Int, expected: String) {
    self.offset = offset
    self.expected = expected
  }

  /// `the entry's body ends or is damaged at octet 7; expected a number`.
  public var description: String { "the entry's body ends or is damaged at octet \(offset); expected \(expected)" }
}

/// Reads what `BodyWriter` wrote; every count is checked against what is left.
public struct BodyReader: Sendable {
  private let bytes: [UInt8]
  private let start: Int
  private let count: Int
  /// Octets read so far.
  public private(set) var position = 0

  public init(_ bytes: [UInt8]) { self.init(bytes, in: 0..<bytes.count) }

  /// Reads a body where it lies in a larger buffer.
  init(_ buffer: [UInt8], in range: Range<Int>) {
    bytes = buffer
    start = range.lowerBound
    count = range.count
  }

  /// The whole body.
  var body: [UInt8] { Array(bytes[start..<start + count]) }

  func failure(_ expected: String) -> BodyError { BodyError(offset: position, expected: expected) }

  mutating func byte(_ expected: String) throws(BodyError) -> UInt8 {
    guard position < count else { throw failure(expected) }
    defer { position += 1 }
    return bytes[start + position]
  }

  /// A number that fits `Value`.
  public mutating func unsigned<Value: UnsignedInteger & FixedWidthInteger>(
    _ type: Value.Type = Value.self
  ) throws(BodyError) -> Value {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte("a number")
      let part = UInt64(next & 0x7F)
      guard shift < 63 || (shift == 63 && part <= 1) else { throw failure("a number of at most 64 bits") }
      result |= part << shift
      if next & 0x80 == 0 {
        // One number has one form, so that equal values are equal octets.
        guard next != 0 || shift == 0 else { throw failure("a number in its shortest form") }
        break
      }
      shift += 7
    }
    guard let value = Value(exactly: result) else { throw failure("a number of at most \(Value.bitWidth) bits") }
    return value
  }

  /// A truth value.
  public mutating func boolean() throws(BodyError) -> Bool {
    switch try byte("a truth value") {
    case 0: return false
    case 1: return true
    default: throw failure("0 or 1")
    }
  }

  /// Octets behind their count.
  public mutating func octets() throws(BodyError) -> [UInt8] {
    let length = try unsigned(UInt64.self)
    guard length <= UInt64(count - position) else { throw failure("\(length) octets") }
    defer { position += Int(length) }
    return Array(bytes[start + position..<start + position + Int(length)])
  }

  /// UTF-8 text; octets that are not UTF-8 are an error.
  public mutating func text() throws(BodyError) -> String {
    guard let text = String(validating: try octets(), as: UTF8.self) else { throw failure("UTF-8 text") }
    return text
  }

  /// A value that may be missing.
  public mutating func optional<Value>(
    _ read: (inout BodyReader) throws(BodyError) -> Value
  ) throws(BodyError) -> Value? {
    try boolean() ? try read(&self) : nil
  }

  /// Makes sure that all was read: what is left over belongs to nothing.
  public func requireEnd() throws(BodyError) {
    guard position == count else { throw failure("the end of the body") }
  }

  /// Values behind their count.
  public mutating func list<Value>(
    _ read: (inout BodyReader) throws(BodyError) -> Value
  ) throws(BodyError) -> [Value] {
    let total = try unsigned(UInt64.self)
    // Every value takes an octet at least: a count past what is left is damage, and must not reserve memory.
    guard total <= UInt64(count - position) else { throw failure("\(total) values") }
    var values: [Value] = []
    values.reserveCapacity(Int(min(total, 1_024)))
    for _ in 0..<total { values.append(try read(&self)) }
    return values
  }
}
