import IPsec
import Wire

/// Selectors as quick mode's identities say them, and back: RFC 2409 §5.5, RFC 2407 §4.6.2.
enum Identities {
  /// A phase 1 identity: the address, for any protocol and port (RFC 2407 §4.6.2).
  static func phase1(_ address: IPv4Address) -> IdentificationPayload {
    IdentificationPayload(.ipv4Address(address))
  }

  /// Whether a phase 1 identity is `address`, with protocol and port 0, or UDP and 500 (RFC 2407 §4.6.2).
  static func refusal(of identity: IdentificationPayload, expected: IPv4Address, side: IKERole) -> IKERefusal? {
    let isPortFine =
      identity.protocolID == 0 && identity.port == 0
      || identity.protocolID == IPProtocol.udp.rawValue
        && (identity.port == IKEEndpoint.isakmpPort || identity.port == 0)
    guard identity.identity == .ipv4Address(expected), isPortFine else {
      return IKERefusal(
        side: side, rule: "the identity is not the peer's", attribute: "Identification", offered: words(identity),
        wanted: "ID_IPV4_ADDR \(expected)", citation: "RFC 2407 §4.6.2", notification: .invalidIDInformation)
    }
    return nil
  }

  /// IDci or IDcr for addresses, a protocol and a port: a single address, a prefix or a range.
  static func payload(
    _ addresses: AddressRange, _ transport: IPProtocol?, _ ports: ClosedRange<UInt16>?
  ) -> IdentificationPayload {
    let identity: Identity =
      if addresses.first == addresses.last {
        .ipv4Address(addresses.first)
      } else if let mask = mask(of: addresses) {
        .ipv4Subnet(addresses.first, mask: mask)
      } else {
        .ipv4Range(addresses.first, addresses.last)
      }
    return IdentificationPayload(identity, protocolID: transport?.rawValue ?? 0, port: ports?.lowerBound ?? 0)
  }

  /// The mask where the addresses are exactly a prefix.
  private static func mask(of addresses: AddressRange) -> IPv4Address? {
    let difference = addresses.first.rawValue ^ addresses.last.rawValue
    let isPrefix = difference & (difference &+ 1) == 0 && addresses.first.rawValue & difference == 0
    return isPrefix ? IPv4Address(rawValue: ~difference) : nil
  }

  /// Whether a selector can be said by identities at all: they carry one port or none.
  static func canExpress(_ selector: Selector) -> Bool {
    [selector.sourcePorts, selector.destinationPorts].allSatisfy { $0 == nil || $0?.count == 1 }
  }

  /// The selector that IDci and IDcr describe, from the initiator's side: source is the initiator's. `nil` where one of them is
  /// no IPv4 address, prefix or range, or their protocols differ.
  static func selector(_ initiator: IdentificationPayload, _ responder: IdentificationPayload) -> Selector? {
    guard let source = range(initiator), let destination = range(responder),
      initiator.protocolID == responder.protocolID
    else { return nil }
    let transport = initiator.protocolID == 0 ? nil : IPProtocol(rawValue: initiator.protocolID)
    return Selector(
      source: source, destination: destination, transport: transport, sourcePorts: ports(initiator),
      destinationPorts: ports(responder))
  }

  private static func range(_ identity: IdentificationPayload) -> AddressRange? {
    switch identity.identity {
    case .ipv4Address(let address): return AddressRange(first: address, last: address)
    case .ipv4Range(let first, let last): return first <= last ? AddressRange(first: first, last: last) : nil
    case .ipv4Subnet(let address, let mask):
      let host = ~mask.rawValue
      guard host & (host &+ 1) == 0 else { return nil }
      let first = address.rawValue & mask.rawValue
      return AddressRange(first: IPv4Address(rawValue: first), last: IPv4Address(rawValue: first | host))
    default: return nil
    }
  }

  private static func ports(_ identity: IdentificationPayload) -> ClosedRange<UInt16>? {
    identity.port == 0 ? nil : identity.port...identity.port
  }

  /// `ID_IPV4_ADDR_SUBNET 10.1.0.0/255.255.0.0, protocol 6, port 80`.
  static func words(_ identity: IdentificationPayload) -> String {
    let value: String =
      switch identity.identity {
      case .ipv4Address(let address): " \(address)"
      case .ipv4Subnet(let address, let mask): " \(address)/\(mask)"
      case .ipv4Range(let first, let last): " \(first) to \(last)"
      case .fullyQualifiedDomainName(let name), .userFullyQualifiedDomainName(let name): " \(name.prefix(255))"
      default: identity.data.isEmpty ? "" : " \(hexadecimal(identity.data))"
      }
    var text = identity.type.meaning + value
    if identity.protocolID != 0 { text += ", protocol \(identity.protocolID)" }
    if identity.port != 0 { text += ", port \(identity.port)" }
    return text
  }
}

extension Selector {
  /// Whether every packet of `other` is one of these.
  func covers(_ other: Selector) -> Bool {
    source.contains(other.source) && destination.contains(other.destination)
      && (transport == nil || transport == other.transport) && Self.covers(sourcePorts, other.sourcePorts)
      && Self.covers(destinationPorts, other.destinationPorts)
  }

  private static func covers(_ all: ClosedRange<UInt16>?, _ some: ClosedRange<UInt16>?) -> Bool {
    guard let all else { return true }
    guard let some else { return false }
    return all.contains(some.lowerBound) && all.contains(some.upperBound)
  }
}
