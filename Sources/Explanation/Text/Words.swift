import Units

/// Numbers and times in words, the same everywhere.
enum Words {
  /// `152 octets`, `1 octet`, `6,000 octets`.
  static func octets(_ count: some BinaryInteger) -> String { Self.count(count, "octet") }

  /// `3 packets`, `1 packet`.
  static func count(_ count: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
  }

  /// `1 packet because`, `3 packets, each because`: reasons speak of one packet.
  static func dropped(_ count: some BinaryInteger) -> String {
    Self.count(count, "packet") + (count == 1 ? " because" : ", each because")
  }

  /// `1,234,567`.
  static func grouped(_ number: some BinaryInteger) -> String {
    let digits = String(number)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0, result.last != "-" { result += "," }
      result.append(digit)
    }
    return result
  }

  /// `1.012 s`: at least three decimals, at most nine, none of them a superfluous zero.
  static func instant(_ instant: Instant) -> String { seconds(instant.nanoseconds) + " s" }

  private static func seconds(_ nanoseconds: UInt64) -> String {
    var fraction = padded(nanoseconds % 1_000_000_000, 9)
    while fraction.count > 3, fraction.last == "0" { fraction.removeLast() }
    return "\(nanoseconds / 1_000_000_000).\(fraction)"
  }

  /// `1.012346`: six decimals, cut off and not rounded, so that nothing seems to happen later than it did.
  static func column(_ instant: Instant) -> String {
    "\(instant.nanoseconds / 1_000_000_000).\(padded(instant.nanoseconds % 1_000_000_000 / 1_000, 6))"
  }

  /// `48.2 ms`: the largest unit that leaves at least one whole, three decimals at most.
  static func duration(_ duration: SimDuration) -> String {
    for (unit, name) in [(UInt64(1_000_000_000), "s"), (1_000_000, "ms"), (1_000, "us")]
    where duration.nanoseconds >= unit {
      var thousandths = padded(duration.nanoseconds % unit / (unit / 1_000), 3)
      while thousandths.last == "0" { thousandths.removeLast() }
      let whole = grouped(duration.nanoseconds / unit)
      return thousandths.isEmpty ? "\(whole) \(name)" : "\(whole).\(thousandths) \(name)"
    }
    return "\(duration.nanoseconds) ns"
  }

  static func padded(_ number: UInt64, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// `0x1a2b3c4d`.
  static func spi(_ spi: UInt32) -> String { hexadecimal(spi, digits: 8) }

  /// `0x` and at least `digits` digits.
  static func hexadecimal(_ number: some BinaryInteger, digits: Int) -> String {
    let text = String(number, radix: 16)
    return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// Two digits an octet, nothing between them.
  static func hexadecimal(_ octets: some Sequence<UInt8>) -> String {
    octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The octets where they are few, else the first ones and how many there are.
  static func excerpt(_ octets: [UInt8], limit: Int = 32) -> String {
    if octets.isEmpty { return "nothing" }
    if octets.count <= limit { return "0x" + hexadecimal(octets) }
    return "0x\(hexadecimal(octets.prefix(limit / 2)))… (\(Self.octets(octets.count)))"
  }
}

extension String {
  /// The text with blanks behind it up to `width` characters.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

  /// The text with blanks in front of it up to `width` characters.
  func indented(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

  /// The text, or its beginning and a mark, so that it takes `width` characters at most.
  func clipped(to width: Int, mark: String = "…") -> String {
    count <= width ? self : String(prefix(max(0, width - mark.count))) + String(mark.prefix(max(0, width)))
  }
}
