/// Writes JSON (RFC 8259) into octets, front to back: nothing is built up and then turned into text. What strings hold
/// beside printable ASCII is escaped, so that no control character of a capture reaches a terminal.
public struct JSONWriter: Sendable {
  /// What has been written.
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false

  public init(capacity: Int = 4096) { bytes.reserveCapacity(capacity) }

  /// Forgets what was written, and keeps the room.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  /// `{ … }`.
  public mutating func object(_ body: (inout JSONWriter) -> Void) {
    open(UInt8(ascii: "{"))
    body(&self)
    close(UInt8(ascii: "}"))
  }

  /// `[ … ]`.
  public mutating func array(_ body: (inout JSONWriter) -> Void) {
    open(UInt8(ascii: "["))
    body(&self)
    close(UInt8(ascii: "]"))
  }

  /// The name of the member whose value is written next: one of ours, so of nothing but plain characters.
  public mutating func name(_ name: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: name.utf8)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  /// A string.
  public mutating func string(_ text: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    if Self.isPlain(text) { bytes.append(contentsOf: text.utf8) } else { appendEscaped(text) }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func isPlain(_ text: String) -> Bool {
    let octets = text.utf8.span
    for index in octets.indices where !isPlain(octets[index]) { return false }
    return true
  }

  /// Everything but printable ASCII as UTF-16 in hexadecimal. RFC 8259 §7.
  private mutating func appendEscaped(_ text: String) {
    for unit in text.utf16 {
      if let octet = UInt8(exactly: unit), Self.isPlain(octet) {
        bytes.append(octet)
      } else if unit == 0x22 || unit == 0x5C {
        bytes += [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: unit)]
      } else {
        bytes += [UInt8(ascii: "\\"), UInt8(ascii: "u")]
        for shift in [12, 8, 4, 0] { bytes.append(Self.digit(UInt8(truncatingIfNeeded: unit >> UInt16(shift)) & 0xF)) }
      }
    }
  }

  /// A number without a fraction.
  public mutating func number(_ value: some BinaryInteger) {
    separate()
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    appendDigits(UInt64(value.magnitude), atLeast: 1)
  }

  /// Seconds with nine decimals, every digit of them.
  public mutating func seconds(nanoseconds: Int64) {
    separate()
    if nanoseconds < 0 { bytes.append(UInt8(ascii: "-")) }
    let (seconds, fraction) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    appendDigits(seconds, atLeast: 1)
    bytes.append(UInt8(ascii: "."))
    appendDigits(fraction, atLeast: 9)
  }

  /// `true` or `false`.
  public mutating func boolean(_ value: Bool) {
    separate()
    bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
  }

  /// A string of two lower-case hexadecimal digits an octet.
  public mutating func hexadecimal(_ octets: [UInt8]) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    bytes.reserveCapacity(bytes.count + 2 * octets.count + 1)
    for octet in octets {
      bytes.append(Self.digit(octet >> 4))
      bytes.append(Self.digit(octet & 0xF))
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// The end of a line, behind a whole document.
  public mutating func endLine() {
    bytes.append(0x0A)
    needsComma = false
  }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

  private static func isPlain(_ octet: UInt8) -> Bool {
    octet >= 0x20 && octet < 0x7F && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\")
  }

  private mutating func appendDigits(_ value: UInt64, atLeast count: Int) {
    var digits: (UInt64, UInt64) = (value, 1)
    var width = 1
    while digits.0 >= 10 {
      digits.0 /= 10
      digits.1 *= 10
      width += 1
    }
    if width < count { bytes.append(contentsOf: repeatElement(0x30, count: count - width)) }
    var divisor = digits.1
    while divisor > 0 {
      bytes.append(0x30 + UInt8(truncatingIfNeeded: value / divisor % 10))
      divisor /= 10
    }
  }
}
