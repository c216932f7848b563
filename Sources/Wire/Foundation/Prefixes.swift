extension IPv4Prefix {
  /// An address whose host bits are zero, a slash and a length of 0 to 32: `10.1.0.0/16`; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    guard let prefix = IPPrefix(text), case .v4(let network) = prefix.network else { return nil }
    self.init(network, length: prefix.length)
  }
}

/// An IPv6 prefix: an address whose host bits are zero, and how many bits count. RFC 2373 §2.3.
public struct IPv6Prefix: Hashable, Sendable {
  /// The network's address, host bits zero.
  public let network: IPv6Address
  /// Leading bits that count, 0 to 128.
  public let length: Int

  /// The prefix of `length` bits that `address` lies in; the length is held to 0 to 128.
  @inlinable
  public init(_ address: IPv6Address, length: Int) {
    self.length = max(0, min(128, length))
    let mask = Self.mask(self.length)
    network = IPv6Address(high: address.high & mask.high, low: address.low & mask.low)
  }

  /// An address whose host bits are zero, a slash and a length of 0 to 128: `2001:db8::/48`; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    guard let prefix = IPPrefix(text), case .v6(let network) = prefix.network else { return nil }
    self.init(network, length: prefix.length)
  }

  @inlinable
  static func mask(_ length: Int) -> IPv6Address {
    // A shift by 64 bits or more leaves none.
    IPv6Address(high: ~(UInt64.max >> length), low: ~(UInt64.max >> max(0, length - 64)))
  }

  /// The mask: `length` ones, then zeros.
  @inlinable
  public var mask: IPv6Address { Self.mask(length) }

  /// Whether `address` lies in the prefix.
  @inlinable
  public func contains(_ address: IPv6Address) -> Bool {
    let mask = mask
    return address.high & mask.high == network.high && address.low & mask.low == network.low
  }

  /// The last address of the prefix.
  public var last: IPv6Address { IPv6Address(high: network.high | ~mask.high, low: network.low | ~mask.low) }
}

extension IPv6Prefix: CustomStringConvertible {
  /// `2001:db8::/48`.
  public var description: String { "\(network)/\(length)" }
}

/// A prefix of either family: what a route, a link or a selector is named by.
public struct IPPrefix: Hashable, Sendable {
  /// The network's address, host bits zero.
  public let network: IPAddress
  /// Leading bits that count: 0 to 32, or 0 to 128.
  public let length: Int

  /// The prefix of `length` bits that `address` lies in; the length is held to what the family has.
  @inlinable
  public init(_ address: IPAddress, length: Int) {
    switch address {
    case .v4(let address): self.init(IPv4Prefix(address, length: length))
    case .v6(let address): self.init(IPv6Prefix(address, length: length))
    }
  }

  /// An IPv4 prefix as one of either family.
  @inlinable
  public init(_ prefix: IPv4Prefix) {
    network = .v4(prefix.network)
    length = prefix.length
  }

  /// An IPv6 prefix as one of either family.
  @inlinable
  public init(_ prefix: IPv6Prefix) {
    network = .v6(prefix.network)
    length = prefix.length
  }

  /// An address whose host bits are zero, a slash and a length in digits without leading zeros: `10.1.0.0/16`,
  /// `2001:db8::/48`; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPAddress(parts[0]), let length = Self.length(parts[1]) else { return nil }
    self.init(address, length: length)
    guard self.length == length, network == address else { return nil }
  }

  private static func length(_ text: some StringProtocol) -> Int? {
    guard (1...3).contains(text.utf8.count), let length = UInt8(text), "\(length)" == text else { return nil }
    return Int(length)
  }

  /// Whether this is a prefix of IPv6 addresses.
  @inlinable
  public var isIPv6: Bool { network.isIPv6 }

  /// Whether `address` lies in the prefix; one of the other family never does.
  @inlinable
  public func contains(_ address: IPAddress) -> Bool {
    switch (network, address) {
    case (.v4(let network), .v4(let address)): (address.rawValue ^ network.rawValue) & IPv4Prefix.mask(length) == 0
    case (.v6(let network), .v6(let address)): IPv6Prefix(network, length: length).contains(address)
    default: false
    }
  }

  /// The last address of the prefix.
  public var last: IPAddress {
    switch network {
    case .v4(let network): .v4(IPv4Prefix(network, length: length).last)
    case .v6(let network): .v6(IPv6Prefix(network, length: length).last)
    }
  }
}

extension IPPrefix: CustomStringConvertible {
  /// `10.1.0.0/16`, `2001:db8::/48`.
  public var description: String { "\(network)/\(length)" }
}
