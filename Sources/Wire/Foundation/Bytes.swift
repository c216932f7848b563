// The one file of Wire that touches memory without types: everything else reads through these bounds-checked calls.

extension RawSpan {
  /// The octet at `offset`.
  @inlinable @inline(__always)
  public func uint8(at offset: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

  /// Two octets at `offset`, most significant first.
  @inlinable @inline(__always)
  public func uint16(at offset: Int) -> UInt16 {
    UInt16(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  /// Three octets at `offset`, most significant first.
  @inlinable @inline(__always)
  public func uint24(at offset: Int) -> UInt32 { UInt32(uint16(at: offset)) << 8 | UInt32(uint8(at: offset + 2)) }

  /// Four octets at `offset`, most significant first.
  @inlinable @inline(__always)
  public func uint32(at offset: Int) -> UInt32 {
    UInt32(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// Eight octets at `offset`, most significant first.
  @inlinable @inline(__always)
  public func uint64(at offset: Int) -> UInt64 {
    UInt64(bigEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Eight octets at `offset`, least significant first: for sums that don't care about the order.
  @inlinable @inline(__always)
  public func littleEndian64(at offset: Int) -> UInt64 {
    UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// A copy of the octets in `range`.
  public func octets(in range: Range<Int>) -> [UInt8] {
    let part = extracting(range)
    return unsafe part.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// An IPv4 address at `offset`.
  @inlinable
  public func ipv4Address(at offset: Int) -> IPv4Address { IPv4Address(rawValue: uint32(at: offset)) }

  /// An IPv6 address at `offset`.
  @inlinable
  public func ipv6Address(at offset: Int) -> IPv6Address {
    IPv6Address(high: uint64(at: offset), low: uint64(at: offset + 8))
  }
}

extension Cursor {
  /// Takes one octet.
  @inlinable
  public mutating func uint8(_ frame: borrowing RawSpan, _ field: some HeaderField) throws(DecodeError) -> UInt8 {
    try require(1, for: field)
    defer { position += 1 }
    return frame.uint8(at: position)
  }

  /// Takes two octets, most significant first.
  @inlinable
  public mutating func uint16(_ frame: borrowing RawSpan, _ field: some HeaderField) throws(DecodeError) -> UInt16 {
    try require(2, for: field)
    defer { position += 2 }
    return frame.uint16(at: position)
  }

  /// Takes four octets, most significant first.
  @inlinable
  public mutating func uint32(_ frame: borrowing RawSpan, _ field: some HeaderField) throws(DecodeError) -> UInt32 {
    try require(4, for: field)
    defer { position += 4 }
    return frame.uint32(at: position)
  }

  /// Takes a copy of `count` octets.
  public mutating func octets(
    _ count: Int, _ frame: borrowing RawSpan, _ field: some HeaderField
  ) throws(DecodeError) -> [UInt8] {
    try require(count, for: field)
    defer { position += count }
    return frame.octets(in: position..<position + count)
  }

  /// Takes a copy of all that is left.
  public mutating func rest(_ frame: borrowing RawSpan) -> [UInt8] {
    defer { position = end }
    return frame.octets(in: position..<end)
  }
}

/// A field and how many octets it takes in a header's fixed part; fields that share octets are named once, by the first.
typealias FieldWidth<Field: HeaderField> = (field: Field, width: Int)

extension Cursor {
  /// Makes sure that a header's fixed part of `length` octets is there; otherwise the error names the very field in which
  /// the bytes end.
  @inline(__always)
  func requireFixed<Field: HeaderField>(
    _ length: Int, _ layout: @autoclosure () -> [FieldWidth<Field>]
  ) throws(DecodeError) {
    if remaining < length { throw truncation(layout()) }
  }

  @inline(never)
  private func truncation<Field: HeaderField>(_ layout: [FieldWidth<Field>]) -> DecodeError {
    var offset = position
    for (field, width) in layout {
      if end - offset < width {
        return DecodeError(field: field.id, offset: offset, fault: .truncated(needed: width, available: end - offset))
      }
      offset += width
    }
    preconditionFailure("a header's layout is shorter than its fixed part")
  }
}

extension HeaderField {
  /// The error that says this field's value is ruled out.
  @inline(never)
  public func invalid(_ value: some BinaryInteger, at offset: Int) -> DecodeError {
    DecodeError(field: id, offset: offset, fault: .value(UInt64(truncatingIfNeeded: value)))
  }

  /// The error that says this field's length contradicts its surroundings.
  @inline(never)
  public func invalidLength(_ stated: Int, limit: Int, at offset: Int) -> DecodeError {
    DecodeError(field: id, offset: offset, fault: .length(stated: stated, limit: limit))
  }
}

/// Four octets in decimal with dots between: views ask for so many that the text is put together in place.
func dottedDecimal(_ address: UInt32) -> String {
  unsafe String(unsafeUninitializedCapacity: 15) { buffer in
    var count = 0
    for shift: UInt32 in [24, 16, 8, 0] {
      let octet = UInt8(truncatingIfNeeded: address >> shift)
      if octet >= 100 { unsafe put(UInt8(ascii: "0") + octet / 100, buffer, &count) }
      if octet >= 10 { unsafe put(UInt8(ascii: "0") + octet / 10 % 10, buffer, &count) }
      unsafe put(UInt8(ascii: "0") + octet % 10, buffer, &count)
      if shift > 0 { unsafe put(UInt8(ascii: "."), buffer, &count) }
    }
    return count
  }
}

/// `0x` and at least `digits` digits.
func hexadecimal(_ value: some BinaryInteger, digits: Int) -> String {
  let value = UInt64(truncatingIfNeeded: value)
  let count = max(digits, (67 - value.leadingZeroBitCount) / 4)
  return unsafe String(unsafeUninitializedCapacity: count + 2) { buffer in
    var written = 0
    unsafe put(UInt8(ascii: "0"), buffer, &written)
    unsafe put(UInt8(ascii: "x"), buffer, &written)
    for place in (0..<count).reversed() {
      let digit = place < 16 ? UInt8(value >> UInt64(4 * place) & 0xF) : 0
      unsafe put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10, buffer, &written)
    }
    return written
  }
}

/// The low `count` octets of `value`, two digits each, with colons between.
func hexadecimalOctets(_ value: UInt64, count: Int) -> String {
  unsafe String(unsafeUninitializedCapacity: 3 * count) { buffer in
    var written = 0
    for place in (0..<2 * count).reversed() {
      let digit = UInt8(value >> UInt64(4 * place) & 0xF)
      unsafe put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10, buffer, &written)
      if place & 1 == 0, place > 0 { unsafe put(UInt8(ascii: ":"), buffer, &written) }
    }
    return written
  }
}

/// Writes the next octet of a text; the callers ask for enough room.
@inline(__always)
private func put(_ octet: UInt8, _ buffer: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int) {
  unsafe buffer[count] = octet
  count += 1
}
