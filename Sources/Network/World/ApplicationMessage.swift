/// The little protocol of the simulated applications, readable in every hex view: one line of text, then filling.
///
/// A message is a copy of the filling with the line written over its beginning, behind room for the headers that go in front
/// of it: put together from strings it would cost more than the rest of a packet's way.
enum ApplicationMessage {
  /// `REQUEST 3 200 orders` and filling up to `size` octets: the third request, and 200 octets are wanted in return.
  static func request(
    _ sequence: UInt32, wanting responseSize: Int, flow: String, size: Int, headroom: Int = 0
  ) -> [UInt8] {
    var line = Line(over: filling(size, headroom), from: headroom)
    line.put("REQUEST ".utf8)
    line.put(decimal: UInt64(sequence))
    line.put(UInt8(ascii: " "))
    line.put(decimal: UInt64(clamping: responseSize))
    return line.finish(with: flow)
  }

  /// `RESPONSE 3 orders` and filling up to `size` octets.
  static func response(_ sequence: UInt32, flow: String, size: Int, headroom: Int = 0) -> [UInt8] {
    var line = Line(over: filling(size, headroom), from: headroom)
    line.put("RESPONSE ".utf8)
    line.put(decimal: UInt64(sequence))
    return line.finish(with: flow)
  }

  /// `DATAGRAM 3 orders` and filling up to `size` octets.
  static func datagram(_ sequence: UInt32, flow: String, size: Int, headroom: Int = 0) -> [UInt8] {
    var line = Line(over: filling(size, headroom), from: headroom)
    line.put("DATAGRAM ".utf8)
    line.put(decimal: UInt64(sequence))
    return line.finish(with: flow)
  }

  /// The alphabet again and again, so that every octet shows its place: octet 26 of the message, wherever that begins, is
  /// an `a`.
  private static func filling(_ size: Int, _ headroom: Int) -> [UInt8] {
    let start = 25 - (headroom + 25) % 26
    let end = start + headroom + max(0, size)
    guard end > alphabets.count else { return Array(alphabets[start..<end]) }
    var octets = Array(alphabets[start...])
    octets.reserveCapacity(end - start)
    while octets.count < end - start {
      octets.append(contentsOf: alphabets[..<min(alphabets.count, end - start - octets.count)])
    }
    return octets
  }

  /// A multiple of the alphabet.
  private static let alphabets: [UInt8] = (0..<2_080).map { UInt8(ascii: "a") + UInt8($0 % 26) }

  /// The first line of a message, written over what is there; what does not fit is left out.
  private struct Line: ~Copyable {
    private var octets: [UInt8]
    private var position: Int

    init(over octets: consuming [UInt8], from position: Int) {
      self.octets = octets
      self.position = position
    }

    mutating func put(_ octet: UInt8) {
      guard position < octets.count else { return }
      octets[position] = octet
      position += 1
    }

    mutating func put(_ text: String.UTF8View) {
      // Through spans: an array asks at each octet whether it is shared, and a string of what kind it is.
      let (source, start) = (text.span, position)
      var target = octets.mutableSpan
      let count = max(0, min(source.count, target.count - start))
      for index in 0..<count { target[start + index] = source[index] }
      position = start + count
    }

    mutating func put(decimal number: UInt64) {
      // The digits come out last first; division by a constant is a multiplication.
      var reversed: UInt64 = 0
      var rest = number
      var count = 0
      guard rest <= UInt32.max else { return put(String(number).utf8) }
      repeat {
        reversed = reversed * 10 + rest % 10
        rest /= 10
        count += 1
      } while rest > 0
      for _ in 0..<count {
        put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: reversed % 10))
        reversed /= 10
      }
    }

    consuming func finish(with flow: String) -> [UInt8] {
      put(UInt8(ascii: " "))
      put(flow.utf8)
      put(UInt8(ascii: "\n"))
      return octets
    }
  }

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
      var value: UInt64 = 0
      var isNumber = true
      while isInWord {
        let digit = octets[position] &- UInt8(ascii: "0")
        isNumber = isNumber && digit <= 9 && value < 1 << 59
        value = value &* 10 &+ UInt64(digit)
        position += 1
      }
      return isNumber ? value : nil
    }
  }
}
