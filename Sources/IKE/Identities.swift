import IPsec
import Wire

/// Selectors as quick mode's identities say them, and back: RFC 2409 §5.5, RFC 2407 §4.6.2.
enum Identities {
  /// A phase 1 identity: for any protocol and port (RFC 2407 §4.6.2).
  static func phase1(_ identity: Identity) -> IdentificationPayload { IdentificationPayload(identity) }

  /// Whether a phase 1 identity is the expected one, with protocol and port 0, or UDP and 500 (RFC 2407 §4.6.2).
  static func refusal(of identity: IdentificationPayload, expected: Identity, side: IKERole) -> IKERefusal? {
    let isPortFine =
      identity.protocolID == 0 && identity.port == 0
      || identity.protocolID == IPProtocol.udp.rawValue
        && (identity.port == IKEEndpoint.isakmpPort || identity.port == 0)
    guard identity.identity == expected, isPortFine else {
      return IKERefusal(
        side: side, rule: "the identity is not the peer's", attribute: "Identification", offered: words(identity),
        wanted: words(phase1(expected)), citation: "RFC 2407 §4.6.2",
        notification: .invalidIDInformation)
    }
    return nil
  }

  /// IDci or IDcr for addresses of one family, a protocol and a port: a single address, a prefix or a range.
  static func payload(
    _ addresses: AddressRange, _ transport: TransportSelector, _ ports: PortSelector
  ) -> IdentificationPayload {
    let number: UInt8 = if case .value(let number) = transport { number.rawValue } else { 0 }
    return IdentificationPayload(identity(addresses), protocolID: number, port: ports.range?.lowerBound ?? 0)
  }

  private static func identity(_ addresses: AddressRange) -> Identity {
    if addresses.first == addresses.last { return Identity(addresses.first) }
    switch (addresses.first, addresses.last) {
    case (.v4(let first), .v4(let last)):
      guard let prefix = IPPrefix(addresses) else { return .ipv4Range(first, last) }
      return .ipv4Subnet(first, mask: IPv4Address(rawValue: IPv4Prefix(first, length: prefix.length).mask))
    case (.v6(let first), .v6(let last)):
      guard let prefix = IPPrefix(addresses) else { return .ipv6Range(first, last) }
      return .ipv6Subnet(first, mask: IPv6Prefix(first, length: prefix.length).mask)
    default: return .ipv4Subnet(.any, mask: .any)  // Both families at once cannot be said: every IPv4 address.
    }
  }

  /// Why a selector can't be said by identities, which carry one port or none, one protocol or none, and addresses of
  /// one family; `nil` where it can.
  static func obstacle(to selector: Selector) -> String? {
    let ports = [selector.sourcePorts, selector.destinationPorts]
    if ports.contains(where: { $0.range?.count ?? 1 > 1 }) {
      return "a range of ports can't be negotiated: an identity carries one port (RFC 2407 §4.6.2)"
    }
    if selector.transport == .opaque || ports.contains(.opaque) {
      return "OPAQUE can't be negotiated: an identity carries a protocol and a port, or any (RFC 2407 §4.6.2)"
    }
    if selector.sensitivity != nil {
      return "a sensitivity label can't be negotiated: the situation is identity only (RFC 2407 §4.2)"
    }
    let families = [selector.source, selector.destination].map { [$0.first.isIPv6, $0.last.isIPv6] }
    if families.contains(where: { $0[0] != $0[1] }) {
      return "IPv4 and IPv6 can't be negotiated at once: an identity is of one family (RFC 2407 §4.6.2)"
    }
    return nil
  }

  /// The selector that IDci and IDcr describe, from the initiator's side: source is the initiator's. `nil` where one of
  /// them is no address, prefix or range, or their protocols differ.
  static func selector(_ initiator: IdentificationPayload, _ responder: IdentificationPayload) -> Selector? {
    guard let source = range(initiator), let destination = range(responder),
      initiator.protocolID == responder.protocolID
    else { return nil }
    let transport: TransportSelector =
      initiator.protocolID == 0 ? .any : .value(IPProtocol(rawValue: initiator.protocolID))
    return Selector(
      source: source, destination: destination, transport: transport, sourcePorts: ports(initiator),
      destinationPorts: ports(responder))
  }

  private static func range(_ identity: IdentificationPayload) -> AddressRange? {
    switch identity.identity {
    case .ipv4Address(let address): AddressRange(.v4(address))
    case .ipv6Address(let address): AddressRange(.v6(address))
    case .ipv4Range(let first, let last): first <= last ? AddressRange(first: .v4(first), last: .v4(last)) : nil
    case .ipv6Range(let first, let last): first <= last ? AddressRange(first: .v6(first), last: .v6(last)) : nil
    case .ipv4Subnet(let address, let mask): range(address, mask)
    case .ipv6Subnet(let address, let mask): range(address, mask)
    default: nil
    }
  }

  /// The addresses under a mask of ones followed by zeros; `nil` for any other mask.
  private static func range(_ address: IPv4Address, _ mask: IPv4Address) -> AddressRange? {
    let host = ~mask.rawValue
    guard host & (host &+ 1) == 0 else { return nil }
    return AddressRange(IPPrefix(.v4(address), length: host.leadingZeroBitCount))
  }

  private static func range(_ address: IPv6Address, _ mask: IPv6Address) -> AddressRange? {
    let (high, low) = (~mask.high, ~mask.low)
    let isPrefix = high == 0 ? low & (low &+ 1) == 0 : low == .max && high & (high &+ 1) == 0
    guard isPrefix else { return nil }
    let length = high == 0 ? 64 + low.leadingZeroBitCount : high.leadingZeroBitCount
    return AddressRange(IPPrefix(.v6(address), length: length))
  }

  private static func ports(_ identity: IdentificationPayload) -> PortSelector {
    identity.port == 0 ? .any : .port(identity.port)
  }

  /// `ID_IPV4_ADDR_SUBNET 10.1.0.0/255.255.0.0, protocol 6, port 80`.
  static func words(_ identity: IdentificationPayload) -> String {
    let value: String =
      switch identity.identity {
      case .ipv4Address(let address): " \(address)"
      case .ipv4Subnet(let address, let mask): " \(address)/\(mask)"
      case .ipv4Range(let first, let last): " \(first) to \(last)"
      case .ipv6Address(let address): " \(address)"
      case .ipv6Subnet(let address, let mask): " \(address)/\(mask)"
      case .ipv6Range(let first, let last): " \(first) to \(last)"
      case .fullyQualifiedDomainName(let name), .userFullyQualifiedDomainName(let name): " \(name.prefix(255))"
      default: identity.data.isEmpty ? "" : " \(hexadecimal(identity.data))"
      }
    var text = identity.type.meaning + value
    if identity.protocolID != 0 { text += ", protocol \(identity.protocolID)" }
    if identity.port != 0 { text += ", port \(identity.port)" }
    return text
  }
}

extension Identity {
  /// ID_IPV4_ADDR or ID_IPV6_ADDR.
  init(_ address: IPAddress) {
    switch address {
    case .v4(let address): self = .ipv4Address(address)
    case .v6(let address): self = .ipv6Address(address)
    }
  }
}
