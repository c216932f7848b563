extension IPv6Address {
  /// The sixteen-bit groups in order.
  var groups: [UInt16] {
    (0..<4).map { UInt16(truncatingIfNeeded: high >> (48 - 16 * $0)) }
      + (0..<4).map { UInt16(truncatingIfNeeded: low >> (48 - 16 * $0)) }
  }

  /// The address of eight groups.
  init(groups: [UInt16]) {
    high = groups.prefix(4).reduce(0) { $0 << 16 | UInt64($1) }
    low = groups.dropFirst(4).prefix(4).reduce(0) { $0 << 16 | UInt64($1) }
  }

  /// Text as RFC 4291 §2.2 allows it: eight groups, `::` once for a run of zeros, and an IPv4 address as the last two
  /// groups; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    let halves = Self.halves(of: String(text))
    guard let head = Self.groups(in: halves.head, mayEndInIPv4: halves.tail == nil) else { return nil }
    guard let tailText = halves.tail else {
      guard head.count == 8 else { return nil }
      self.init(groups: head)
      return
    }
    guard let tail = Self.groups(in: tailText, mayEndInIPv4: true), head.count + tail.count <= 7 else { return nil }
    self.init(groups: head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail)
  }

  /// What stands before and behind the first `::`; no tail where there is none.
  private static func halves(of text: String) -> (head: Substring, tail: Substring?) {
    let octets = text.utf8
    var index = octets.startIndex
    while index != octets.endIndex {
      let next = octets.index(after: index)
      if next != octets.endIndex, octets[index] == UInt8(ascii: ":"), octets[next] == UInt8(ascii: ":") {
        return (text[..<index], text[octets.index(after: next)...])
      }
      index = next
    }
    return (text[...], nil)
  }

  private static func groups(in text: Substring, mayEndInIPv4: Bool) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var groups: [UInt16] = []
    for (index, part) in parts.enumerated() {
      if mayEndInIPv4, index == parts.count - 1, let address = IPv4Address(part) {
        groups += [UInt16(address.rawValue >> 16), UInt16(truncatingIfNeeded: address.rawValue)]
      } else if (1...4).contains(part.utf8.count), part.utf8.first != UInt8(ascii: "+"),
        let group = UInt16(part, radix: 16)
      {
        groups.append(group)
      } else {
        return nil
      }
    }
    return groups.count <= 8 ? groups : nil
  }
}

extension IPv6Address: CustomStringConvertible {
  /// The canonical text of RFC 5952 §4: lower case, no leading zeros, `::` for the longest run of zeros, the first of
  /// equal ones, never for a single group; an IPv4-mapped address ends in dotted decimal (§5).
  public var description: String {
    if high == 0, low >> 32 == 0xFFFF {
      return "::ffff:\(IPv4Address(rawValue: UInt32(truncatingIfNeeded: low)))"
    }
    let groups = groups
    let run = Self.longestRunOfZeros(groups)
    let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
    guard run.count >= 2 else { return text(groups[...]) }
    return text(groups[..<run.lowerBound]) + "::" + text(groups[run.upperBound...])
  }

  private static func longestRunOfZeros(_ groups: [UInt16]) -> Range<Int> {
    var longest = 0..<0
    var start = 0
    for index in 0...groups.count where index == groups.count || groups[index] != 0 {
      if index - start > longest.count { longest = start..<index }
      start = index + 1
    }
    return longest
  }
}

extension IPAddress {
  /// Dotted decimal or the text of RFC 4291 §2.2; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    if let address = IPv4Address(text) {
      self = .v4(address)
    } else if let address = IPv6Address(text) {
      self = .v6(address)
    } else {
      return nil
    }
  }
}

extension IPAddress: CustomStringConvertible {
  /// Dotted decimal, or RFC 5952's text.
  public var description: String {
    switch self {
    case .v4(let address): address.description
    case .v6(let address): address.description
    }
  }
}

/// An IEEE 802 address of six octets.
public struct HardwareAddress: Hashable, Sendable, CustomStringConvertible {
  /// The 48 bits, the first octet in the most significant eight that are used.
  public var rawValue: UInt64

  /// The low 48 bits of `rawValue`.
  public init(rawValue: UInt64) { self.rawValue = rawValue & 0xFFFF_FFFF_FFFF }

  /// Six octets with colons: `02:00:0a:01:00:05`.
  public var description: String { hexadecimalOctets(rawValue, count: 6) }
}

extension RawSpan {
  /// An IEEE 802 address at `offset`.
  func hardwareAddress(at offset: Int) -> HardwareAddress {
    HardwareAddress(rawValue: UInt64(uint16(at: offset)) << 32 | UInt64(uint32(at: offset + 2)))
  }
}

extension ByteWriter {
  /// Appends the six octets of an IEEE 802 address.
  mutating func append(_ address: HardwareAddress) {
    append(UInt16(truncatingIfNeeded: address.rawValue >> 32))
    append(UInt32(truncatingIfNeeded: address.rawValue))
  }
}
