extension ScalarRule {
  /// A shared secret: text, or octets as `0x…`.
  static let secret = ScalarRule(
    expected: "a secret of 1 to 128 octets, as text or as hexadecimal octets after 0x", pattern: "^.{1,258}$"
  ) { text throws(ScalarFault) in
    guard text.hasPrefix("0x") else {
      guard (1...128).contains(text.utf8.count) else { throw ScalarFault("the secret has \(text.utf8.count) octets") }
      return .key(Array(text.utf8))
    }
    return .key(try octets(text.dropFirst(2), of: "secret", 1...128))
  }

  /// Octets of a key, all of them written out.
  static let hexadecimal = ScalarRule(
    expected: "hexadecimal octets after 0x such as \"0x00112233\"", pattern: "^0x([0-9A-Fa-f]{2})+$", literal: .integer
  ) { text throws(ScalarFault) in
    guard text.hasPrefix("0x") else {
      let isHexadecimal = text.count % 2 == 0 && text.allSatisfy(\.isHexDigit)
      throw ScalarFault("the key does not begin with 0x", suggestion: isHexadecimal ? "0x\(text)" : nil)
    }
    return .key(try octets(text.dropFirst(2), of: "key", 1...128))
  }

  private static func octets(
    _ text: Substring, of noun: String, _ bounds: ClosedRange<Int>
  ) throws(ScalarFault) -> [UInt8] {
    let values = text.compactMap(\.hexDigitValue)
    guard values.count == text.count else { throw ScalarFault("the \(noun) is not hexadecimal behind its 0x") }
    guard values.count % 2 == 0, bounds.contains(values.count / 2) else {
      throw ScalarFault("the \(noun) has \(values.count) hexadecimal digits")
    }
    return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }

  /// A security parameters index, as a number or after 0x. RFC 2406 §2.1 keeps those below 256.
  static let spi = ScalarRule(
    expected: "a security parameters index from 256 to 0xffffffff such as \"0x1001\"",
    pattern: "^(0x[0-9A-Fa-f]{1,8}|[0-9]{3,10})$", literal: .integer
  ) { text throws(ScalarFault) in
    let number = text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
    guard let number, !text.hasPrefix("+"), !text.hasPrefix("0x+") else {
      throw ScalarFault("\(quoted(text)) is no SPI")
    }
    guard number > 255 else { throw ScalarFault("the SPI \(number) is reserved (RFC 2406 §2.1)") }
    return .integer(UInt64(number))
  }
}
