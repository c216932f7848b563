import Wire

/// Addresses that a line of a key file speaks of: one, those of a prefix, those with `*` in some places, or any.
public struct AddressPattern: Hashable, Sendable {
  private var isIPv6: Bool?
  private var value: IPv6Address
  private var mask: IPv6Address

  /// Every address of either family.
  public static let any = AddressPattern(isIPv6: nil, value: Self.zero, mask: Self.zero)

  private static let zero = IPv6Address(high: 0, low: 0)

  private init(isIPv6: Bool?, value: IPv6Address, mask: IPv6Address) {
    self.isIPv6 = isIPv6
    self.mask = mask
    self.value = IPv6Address(high: value.high & mask.high, low: value.low & mask.low)
  }

  /// The one address.
  public init(_ address: IPAddress) {
    self.init(isIPv6: Self.isIPv6(address), value: Self.number(address), mask: IPv6Address(high: .max, low: .max))
  }

  /// `*`, an address, an address with a prefix length behind a slash, or an address with `*` in place of octets
  /// (IPv4) or groups (IPv6); `nil` for anything else.
  public init?(_ text: String) {
    if text == "*" || text.isEmpty {
      self = .any
    } else if let slash = text.firstIndex(of: "/") {
      self.init(text[..<slash], prefixLength: text[text.index(after: slash)...])
    } else {
      self.init(wildcards: text)
    }
  }

  private init?(_ address: Substring, prefixLength text: Substring) {
    guard let address = IPAddress(address), let length = UInt8(text) else { return nil }
    let isIPv6 = Self.isIPv6(address)
    guard length <= (isIPv6 ? 128 : 32) else { return nil }
    let ones = Int(length) + (isIPv6 ? 0 : 96)
    let mask = IPv6Address(high: Self.mask(ones), low: Self.mask(ones - 64))
    self.init(isIPv6: isIPv6, value: Self.number(address), mask: mask)
  }

  private init?(wildcards text: String) {
    let isIPv6 = text.utf8.contains(UInt8(ascii: ":"))
    guard let low = IPAddress(Self.replacing(text, by: "0")),
      let high = IPAddress(Self.replacing(text, by: isIPv6 ? "ffff" : "255"))
    else { return nil }
    let (lowNumber, highNumber) = (Self.number(low), Self.number(high))
    let mask = IPv6Address(
      high: ~(lowNumber.high ^ highNumber.high), low: ~(lowNumber.low ^ highNumber.low))
    self.init(isIPv6: isIPv6, value: lowNumber, mask: mask)
  }

  private static func replacing(_ text: String, by part: String) -> String {
    text.split(separator: "*", omittingEmptySubsequences: false).joined(separator: part)
  }

  private static func mask(_ ones: Int) -> UInt64 {
    ones <= 0 ? 0 : ones >= 64 ? .max : UInt64.max << UInt64(64 - ones)
  }

  private static func isIPv6(_ address: IPAddress) -> Bool {
    if case .v6 = address { return true }
    return false
  }

  private static func number(_ address: IPAddress) -> IPv6Address {
    switch address {
    case .v4(let address): IPv6Address(high: 0, low: UInt64(address.rawValue))
    case .v6(let address): address
    }
  }

  /// Whether the line speaks of `address`; where there is none, whether it speaks of any.
  public func matches(_ address: IPAddress?) -> Bool {
    guard let isIPv6 else { return true }
    guard let address, Self.isIPv6(address) == isIPv6 else { return false }
    let number = Self.number(address)
    return number.high & mask.high == value.high && number.low & mask.low == value.low
  }
}

/// SPIs that a line of a key file speaks of: one, those with `*` in place of some digits, or any.
public struct SPIPattern: Hashable, Sendable {
  private var value: UInt32
  private var mask: UInt32

  /// Every SPI.
  public static let any = SPIPattern(value: 0, mask: 0)

  private init(value: UInt32, mask: UInt32) {
    self.value = value & mask
    self.mask = mask
  }

  /// The one SPI.
  public init(_ spi: UInt32) { self.init(value: spi, mask: .max) }

  /// `*`, a decimal number, or up to eight hexadecimal digits behind `0x`, any of which may be `*`.
  public init?(_ text: String) {
    if text == "*" {
      self = .any
    } else if text.hasPrefix("0x") || text.hasPrefix("0X") {
      self.init(digits: Array(text.utf8.dropFirst(2)))
    } else if let number = UInt32(text) {
      self.init(number)
    } else {
      return nil
    }
  }

  private init?(digits: [UInt8]) {
    guard (1...8).contains(digits.count) else { return nil }
    var (value, mask) = (UInt32(0), digits.count == 8 ? UInt32(0) : UInt32.max << UInt32(4 * digits.count))
    for (index, character) in digits.enumerated() {
      let shift = UInt32(4 * (digits.count - 1 - index))
      if character == UInt8(ascii: "*") { continue }
      guard let digit = hexadecimalDigit(character) else { return nil }
      value |= UInt32(digit) << shift
      mask |= 0xF << shift
    }
    self.init(value: value, mask: mask)
  }

  /// The SPI, where the line names exactly one.
  public var exact: UInt32? { mask == .max ? value : nil }

  /// Whether the line speaks of `spi`.
  public func matches(_ spi: UInt32) -> Bool { spi & mask == value }
}
