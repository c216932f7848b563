/// An IPv4 address in host order.
public struct IPv4Address: Hashable, Comparable, Sendable {
  /// The 32 bits, the first octet in the most significant eight.
  public var rawValue: UInt32

  /// 0.0.0.0.
  public static let any = IPv4Address(rawValue: 0)
  /// 255.255.255.255.
  public static let broadcast = IPv4Address(rawValue: .max)

  @inlinable
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// `a.b.c.d`.
  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    rawValue = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
  }

  @inlinable
  public static func == (lhs: IPv4Address, rhs: IPv4Address) -> Bool { lhs.rawValue == rhs.rawValue }

  @inlinable
  public static func < (lhs: IPv4Address, rhs: IPv4Address) -> Bool { lhs.rawValue < rhs.rawValue }

  /// Dotted decimal with exactly four parts and no leading zeros; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
      var octet: UInt32 = 0
      for digit in part {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
        octet = octet * 10 + UInt32(digit - UInt8(ascii: "0"))
      }
      guard octet <= 255 else { return nil }
      value = value << 8 | octet
    }
    rawValue = value
  }

  /// The four octets in network order.
  public var octets: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: rawValue >> (24 - 8 * $0)) } }
}

extension IPv4Address: CustomStringConvertible {
  /// Dotted decimal.
  public var description: String { dottedDecimal(rawValue) }
}

/// An IPv6 address (RFC 2373).
public struct IPv6Address: Hashable, Comparable, Sendable {
  /// The first 64 bits.
  public var high: UInt64
  /// The last 64 bits.
  public var low: UInt64

  /// `::`, the unspecified address. RFC 2373 §2.5.2.
  public static let any = IPv6Address(high: 0, low: 0)

  @inlinable
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Sixteen octets in network order; `nil` for any other number.
  public init?(octets: some Collection<UInt8>) {
    guard octets.count == 16 else { return nil }
    high = octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    low = octets.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  @inlinable
  public static func == (lhs: IPv6Address, rhs: IPv6Address) -> Bool { lhs.high == rhs.high && lhs.low == rhs.low }

  @inlinable
  public static func < (lhs: IPv6Address, rhs: IPv6Address) -> Bool {
    lhs.high != rhs.high ? lhs.high < rhs.high : lhs.low < rhs.low
  }

  /// The sixteen octets in network order.
  public var octets: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: high >> (56 - 8 * $0)) }
      + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
  }

  /// Whether it names a group of interfaces: ff00::/8. RFC 2373 §2.7.
  @inlinable
  public var isMulticast: Bool { high >> 56 == 0xFF }
}

/// An address of either family: what an SA, a peer or a selector is named by.
public enum IPAddress: Hashable, Comparable, Sendable {
  case v4(IPv4Address)
  case v6(IPv6Address)

  /// 4 or 16 octets in network order; `nil` for any other number.
  public init?(octets: some Collection<UInt8>) {
    if octets.count == 4 {
      self = .v4(IPv4Address(rawValue: octets.reduce(0) { $0 << 8 | UInt32($1) }))
    } else if let address = IPv6Address(octets: octets) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  @inlinable
  public static func == (lhs: IPAddress, rhs: IPAddress) -> Bool {
    switch (lhs, rhs) {
    case (.v4(let lhs), .v4(let rhs)): lhs == rhs
    case (.v6(let lhs), .v6(let rhs)): lhs == rhs
    default: false
    }
  }

  /// Every IPv4 address comes before every IPv6 address.
  @inlinable
  public static func < (lhs: IPAddress, rhs: IPAddress) -> Bool {
    switch (lhs, rhs) {
    case (.v4(let lhs), .v4(let rhs)): lhs < rhs
    case (.v6(let lhs), .v6(let rhs)): lhs < rhs
    case (.v4, .v6): true
    case (.v6, .v4): false
    }
  }

  /// Whether it is an IPv4 address.
  @inlinable
  public var isIPv4: Bool { !isIPv6 }

  /// Whether it is an IPv6 address.
  @inlinable
  public var isIPv6: Bool {
    if case .v6 = self { true } else { false }
  }

  /// The octets in network order: 4 or 16.
  public var octets: [UInt8] {
    switch self {
    case .v4(let address): address.octets
    case .v6(let address): address.octets
    }
  }
}

/// An IPv4 prefix: an address whose host bits are zero, and how many bits count.
public struct IPv4Prefix: Hashable, Sendable {
  /// The network's address, host bits zero.
  public let network: IPv4Address
  /// Leading bits that count, 0 to 32.
  public let length: Int

  /// The prefix of `length` bits that `address` lies in; the length is held to 0 to 32.
  @inlinable
  public init(_ address: IPv4Address, length: Int) {
    self.length = max(0, min(32, length))
    network = IPv4Address(rawValue: address.rawValue & Self.mask(self.length))
  }

  @inlinable
  static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : UInt32.max << UInt32(32 - length) }

  /// The mask: `length` ones, then zeros.
  @inlinable
  public var mask: UInt32 { Self.mask(length) }

  /// Whether `address` lies in the prefix.
  @inlinable
  public func contains(_ address: IPv4Address) -> Bool { address.rawValue & mask == network.rawValue }

  /// The last address of the prefix.
  public var last: IPv4Address { IPv4Address(rawValue: network.rawValue | ~mask) }
}

extension IPv4Prefix: CustomStringConvertible {
  /// `10.1.0.0/16`.
  public var description: String { "\(network)/\(length)" }
}
