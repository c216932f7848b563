import IPsec
import Wire

extension ScalarRule {
  private static let octets = "[0-9]{1,3}(\\.[0-9]{1,3}){3}"
  /// RFC 4291 §2.2, roughly: the reader is exact.
  private static let groups = "[0-9A-Fa-f]*:[0-9A-Fa-f:.]*"
  private static let anyAddress = "(\(octets)|\(groups))"

  static let address = ScalarRule(
    expected: "an address such as \"192.0.2.1\" or \"2001:db8::1\"", pattern: "^\(anyAddress)$"
  ) { text throws(ScalarFault) in
    guard let address = IPAddress(text) else { throw ScalarFault("\(quoted(text)) is no IP address") }
    return .address(address)
  }

  /// An interface's own address with the length of its link's prefix.
  static let interfaceAddress = ScalarRule(
    expected: "an address with its prefix length such as \"192.0.2.1/30\" or \"2001:db8::1/64\"",
    pattern: "^\(anyAddress)/[0-9]{1,3}$"
  ) { text throws(ScalarFault) in
    guard let (address, prefix) = split(text) else {
      throw ScalarFault("\(quoted(text)) is no address with its prefix length")
    }
    if let fault = fault(of: address, in: prefix) { throw fault }
    return .interfaceAddress(address, prefix)
  }

  /// Why no node can have the address on such a link.
  private static func fault(of address: IPAddress, in prefix: IPPrefix) -> ScalarFault? {
    let isNetwork = address == prefix.network
    switch address {
    case .v4(let address):
      if prefix.length < 31, isNetwork {
        return ScalarFault("\(address) is the address of the network \(prefix) itself")
      }
      if prefix.length < 31, .v4(address) == prefix.last {
        return ScalarFault("\(address) is the broadcast address of \(prefix)")
      }
      let first = address.rawValue >> 24
      return first != 0 && first < 224 && first != 127
        ? nil : ScalarFault("\(address) is no address that a node can have")
    case .v6(let address):
      // RFC 4291 §2.6.1; on a link of two, RFC 6164 lets it be.
      if prefix.length < 127, isNetwork {
        return ScalarFault("\(address) is the anycast address of the routers in \(prefix)")
      }
      let isLocal = address.high == 0 && address.low <= 1
      return !isLocal && !address.isMulticast ? nil : ScalarFault("\(address) is no address that a node can have")
    }
  }

  /// A destination of routes; as text, `default` of the neighbour's family.
  static let destination = ScalarRule(
    expected: "a prefix such as \"10.2.0.0/16\" or \"2001:db8::/32\", or \"default\"",
    pattern: "^default$|^\(anyAddress)/[0-9]{1,3}$"
  ) { text throws(ScalarFault) in text == "default" ? .text(text) : .prefix(try prefix(text)) }

  /// What a selector speaks of: RFC 2401 §4.4.2.
  static let addresses = ScalarRule(
    expected: "\"any\", an address, a prefix such as \"10.1.0.0/16\", or a range such as \"10.1.0.5-10.1.0.9\"",
    pattern: "^any$|^\(anyAddress)(/[0-9]{1,3}|-\(anyAddress))?$"
  ) { text throws(ScalarFault) in
    if text == "any" { return .addresses(.any) }
    if text.contains("/") { return .addresses(AddressRange(try prefix(text))) }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { IPAddress($0) }
    guard (1...2).contains(parts.count), let first = parts[0], let last = parts[parts.count - 1] else {
      throw ScalarFault("\(quoted(text)) names no addresses")
    }
    guard first.isIPv6 == last.isIPv6 else {
      throw ScalarFault("\(quoted(text)) begins in \(first.family) and ends in \(last.family)")
    }
    guard first <= last else { throw ScalarFault("\(quoted(text)) ends before it begins") }
    return .addresses(AddressRange(first: first, last: last))
  }

  private static func prefix(_ text: String) throws(ScalarFault) -> IPPrefix {
    guard let (address, prefix) = split(text) else { throw ScalarFault("\(quoted(text)) is no prefix") }
    guard address == prefix.network else {
      throw ScalarFault("\(quoted(text)) has bits set behind its \(prefix.length)", suggestion: prefix.description)
    }
    return prefix
  }

  private static func split(_ text: String) -> (IPAddress, IPPrefix)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPAddress(parts[0]), parts[1].utf8.count <= 3,
      parts[1].utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(parts[1]),
      length <= (address.isIPv6 ? 128 : 32)
    else { return nil }
    return (address, IPPrefix(address, length: length))
  }
}
