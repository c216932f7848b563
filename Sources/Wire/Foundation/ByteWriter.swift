/// Builds a packet front to back, most significant octet first. A length that is known only when its content has been
/// written is reserved, and patched afterwards.
public struct ByteWriter: Sendable {
  /// What has been written.
  public private(set) var bytes: [UInt8] = []

  /// A writer that has room for `capacity` octets before it needs to grow.
  public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  /// A writer that goes on behind `bytes`.
  public init(continuing bytes: [UInt8]) { self.bytes = bytes }

  /// Octets written so far: where the next one goes.
  @inlinable
  public var count: Int { bytes.count }

  /// Appends one octet.
  public mutating func append(_ value: UInt8) { bytes.append(value) }

  /// Appends two octets.
  public mutating func append(_ value: UInt16) {
    bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    bytes.append(UInt8(truncatingIfNeeded: value))
  }

  /// Appends the low 24 bits of `value` as three octets.
  public mutating func append(uint24 value: UInt32) {
    append(UInt8(truncatingIfNeeded: value >> 16))
    append(UInt16(truncatingIfNeeded: value))
  }

  /// Appends four octets.
  public mutating func append(_ value: UInt32) {
    append(UInt16(truncatingIfNeeded: value >> 16))
    append(UInt16(truncatingIfNeeded: value))
  }

  /// Appends eight octets.
  public mutating func append(_ value: UInt64) {
    append(UInt32(truncatingIfNeeded: value >> 32))
    append(UInt32(truncatingIfNeeded: value))
  }

  /// Appends octets as they are.
  public mutating func append(_ octets: some Collection<UInt8>) { bytes.append(contentsOf: octets) }

  /// Appends an address in network order.
  public mutating func append(_ address: IPv4Address) { append(address.rawValue) }

  /// Appends an address in network order.
  public mutating func append(_ address: IPv6Address) {
    append(address.high)
    append(address.low)
  }

  /// Appends `count` times the same octet.
  public mutating func append(repeating octet: UInt8, count: Int) {
    bytes.append(contentsOf: repeatElement(octet, count: max(0, count)))
  }

  /// Leaves `count` octets of zero to be patched later; returns where they are.
  public mutating func reserve(_ count: Int) -> Int {
    defer { append(repeating: 0, count: count) }
    return bytes.count
  }

  /// Overwrites the octet at `offset`.
  public mutating func patch(_ value: UInt8, at offset: Int) { bytes[offset] = value }

  /// Overwrites the two octets at `offset`.
  public mutating func patch(_ value: UInt16, at offset: Int) {
    bytes[offset] = UInt8(truncatingIfNeeded: value >> 8)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  /// Overwrites the four octets at `offset`.
  public mutating func patch(_ value: UInt32, at offset: Int) {
    patch(UInt16(truncatingIfNeeded: value >> 16), at: offset)
    patch(UInt16(truncatingIfNeeded: value), at: offset + 2)
  }

  /// Writes a two-octet length, then what `body` writes, and patches the length: octets behind the length field, or,
  /// where `start` is given, octets from `start` on (a payload whose length covers its own header). What we write
  /// ourselves always fits: a longer body is a programming error.
  public mutating func withLength16(countingFrom start: Int? = nil, _ body: (inout ByteWriter) -> Void) {
    let field = reserve(2)
    body(&self)
    guard let length = UInt16(exactly: bytes.count - (start ?? field + 2)) else {
      preconditionFailure("a body of \(bytes.count - field) octets under a length of 16 bits")
    }
    patch(length, at: field)
  }

  /// As `withLength16`, with a length of four octets.
  public mutating func withLength32(countingFrom start: Int? = nil, _ body: (inout ByteWriter) -> Void) {
    let field = reserve(4)
    body(&self)
    guard let length = UInt32(exactly: bytes.count - (start ?? field + 4)) else {
      preconditionFailure("a body of \(bytes.count - field) octets under a length of 32 bits")
    }
    patch(length, at: field)
  }
}
