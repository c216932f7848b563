import IPsec
import Wire

extension ScalarRule {
  private static let octets = "[0-9]{1,3}(\\.[0-9]{1,3}){3}"

  static let address = ScalarRule(expected: "an address such as \"192.0.2.1\"", pattern: "^\(octets)$") {
    text throws(ScalarFault) in
    guard let address = IPv4Address(text) else { throw ScalarFault("\(quoted(text)) is no IPv4 address") }
    return .address(address)
  }

  /// An interface's own address with the length of its link's prefix.
  static let interfaceAddress = ScalarRule(
    expected: "an address with its prefix length such as \"192.0.2.1/30\"", pattern: "^\(octets)/[0-9]{1,2}$"
  ) { text throws(ScalarFault) in
    guard let (address, prefix) = split(text) else {
      throw ScalarFault("\(quoted(text)) is no address with its prefix length")
    }
    if prefix.length < 31, address == prefix.network {
      throw ScalarFault("\(address) is the address of the network \(prefix) itself")
    }
    if prefix.length < 31, address == prefix.last {
      throw ScalarFault("\(address) is the broadcast address of \(prefix)")
    }
    guard address.rawValue >> 24 != 0, address.rawValue >> 24 < 224, address.rawValue >> 24 != 127 else {
      throw ScalarFault("\(address) is no address that a node can have")
    }
    return .interfaceAddress(address, prefix)
  }

  /// A destination of routes.
  static let destination = ScalarRule(
    expected: "a prefix such as \"10.2.0.0/16\", or \"default\"", pattern: "^default$|^\(octets)/[0-9]{1,2}$"
  ) { text throws(ScalarFault) in
    if text == "default" { return .prefix(IPv4Prefix(.any, length: 0)) }
    return .prefix(try prefix(text))
  }

  /// What a selector speaks of: RFC 2401 §4.4.2.
  static let addresses = ScalarRule(
    expected: "\"any\", an address, a prefix such as \"10.1.0.0/16\", or a range such as \"10.1.0.5-10.1.0.9\"",
    pattern: "^any$|^\(octets)(/[0-9]{1,2}|-\(octets))?$"
  ) { text throws(ScalarFault) in
    if text == "any" { return .addresses(.any) }
    if text.contains("/") { return .addresses(AddressRange(try prefix(text))) }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { IPv4Address($0) }
    guard (1...2).contains(parts.count), let first = parts[0], let last = parts[parts.count - 1] else {
      throw ScalarFault("\(quoted(text)) names no addresses")
    }
    guard first <= last else { throw ScalarFault("\(quoted(text)) ends before it begins") }
    return .addresses(AddressRange(first: first, last: last))
  }

  private static func prefix(_ text: String) throws(ScalarFault) -> IPv4Prefix {
    guard let (address, prefix) = split(text) else { throw ScalarFault("\(quoted(text)) is no prefix") }
    guard address == prefix.network else {
      throw ScalarFault("\(quoted(text)) has bits set behind its \(prefix.length)", suggestion: prefix.description)
    }
    return prefix
  }

  private static func split(_ text: String) -> (IPv4Address, IPv4Prefix)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPv4Address(parts[0]), parts[1].utf8.count <= 2,
      parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(parts[1]), length <= 32
    else { return nil }
    return (address, IPv4Prefix(address, length: length))
  }
}
