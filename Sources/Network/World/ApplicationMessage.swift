/// The little protocol of the simulated applications, readable in every hex view: one line of text, then filling.
///
/// Messages are put together octet by octet, behind room for the headers that go in front of them: as strings they would
/// cost more than all the rest of a packet's way.
enum ApplicationMessage {
  /// `REQUEST 3 200 orders` and filling up to `size` octets: the third request, and 200 octets are wanted in return.
  static func request(
    _ sequence: UInt32, wanting responseSize: Int, flow: String, size: Int, headroom: Int = 0
  ) -> [UInt8] {
    var message = begun("REQUEST ", sequence, size, headroom)
    message.append(decimal: UInt64(clamping: responseSize))
    message.append(UInt8(ascii: " "))
    return finished(&message, flow, size, headroom)
  }

  /// `RESPONSE 3 orders` and filling up to `size` octets.
  static func response(_ sequence: UInt32, flow: String, size: Int, headroom: Int = 0) -> [UInt8] {
    var message = begun("RESPONSE ", sequence, size, headroom)
    return finished(&message, flow, size, headroom)
  }

  /// `DATAGRAM 3 orders` and filling up to `size` octets.
  static func datagram(_ sequence: UInt32, flow: String, size: Int, headroom: Int = 0) -> [UInt8] {
    var message = begun("DATAGRAM ", sequence, size, headroom)
    return finished(&message, flow, size, headroom)
  }

  private static func begun(_ word: String, _ sequence: UInt32, _ size: Int, _ headroom: Int) -> [UInt8] {
    var message: [UInt8] = []
    message.reserveCapacity(headroom + max(size, 64))
    message.append(contentsOf: repeatElement(0, count: headroom))
    message.append(contentsOf: word.utf8)
    message.append(decimal: UInt64(sequence))
    message.append(UInt8(ascii: " "))
    return message
  }

  private static func finished(
    _ message: inout [UInt8], _ flow: String, _ size: Int, _ headroom: Int
  ) -> [UInt8] {
    message.append(contentsOf: flow.utf8)
    message.append(UInt8(ascii: "\n"))
    let end = headroom + max(0, size)
    if message.count > end { message.removeLast(message.count - end) }
    while message.count < end {
      // The alphabet goes on where it stood, so that every octet shows its place.
      let start = (message.count - headroom) % 26
      message.append(contentsOf: filling[start..<min(filling.count, start + end - message.count)])
    }
    return message
  }

  private static let filling: [UInt8] = (0..<2_080).map { UInt8(ascii: "a") + UInt8($0 % 26) }

  /// The numbers of the first line: the sequence, and how many octets are wanted.
  static func numbers(in octets: [UInt8]) -> (sequence: UInt32, wanted: Int?)? { numbers(in: octets, octets.indices) }

  /// The numbers of the first line of a message that lies in `range`.
  static func numbers(in octets: [UInt8], _ range: Range<Int>) -> (sequence: UInt32, wanted: Int?)? {
    // The line is looked at as far as 128 octets.
    var words = Words(octets: octets, position: range.lowerBound, end: min(range.upperBound, range.lowerBound + 128))
    guard words.skip(), let sequence = words.number().flatMap({ UInt32(exactly: $0) }) else { return nil }
    return (sequence, words.number().flatMap { Int(exactly: $0) })
  }

  /// Words of one line, with spaces between.
  private struct Words {
    let octets: [UInt8]
    var position: Int
    let end: Int

    private var isInWord: Bool {
      position < end && octets[position] != UInt8(ascii: " ") && octets[position] != UInt8(ascii: "\n")
    }

    private mutating func skipSpaces() {
      while position < end, octets[position] == UInt8(ascii: " ") { position += 1 }
    }

    /// Passes a word; false where there is none.
    mutating func skip() -> Bool {
      skipSpaces()
      let start = position
      while isInWord { position += 1 }
      return position > start
    }

    /// The next word as a number; `nil` where it is none.
    mutating func number() -> UInt64? {
      skipSpaces()
      guard isInWord else { return nil }
      var value: UInt64? = 0
      while isInWord {
        let digit = octets[position] &- UInt8(ascii: "0")
        value = digit > 9 ? nil : value.flatMap { $0 < 1 << 59 ? $0 * 10 + UInt64(digit) : nil }
        position += 1
      }
      return value
    }
  }
}

extension [UInt8] {
  /// Appends a number's decimal digits.
  fileprivate mutating func append(decimal number: UInt64) {
    var unit: UInt64 = 1
    while number / unit >= 10 { unit *= 10 }
    while unit > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / unit % 10))
      unit /= 10
    }
  }
}
