/// What an identification payload's data say, taken by their type (RFC 2407 §4.6.2.2 to §4.6.2.13).
public enum Identity: Hashable, Sendable {
  case ipv4Address(IPv4Address)
  case fullyQualifiedDomainName(String)
  case userFullyQualifiedDomainName(String)
  /// Address and mask as they stand: neither need be a prefix's.
  case ipv4Subnet(IPv4Address, mask: IPv4Address)
  case ipv6Address(IPv6Address)
  case ipv6Subnet(IPv6Address, mask: IPv6Address)
  case ipv4Range(IPv4Address, IPv4Address)
  case ipv6Range(IPv6Address, IPv6Address)
  /// DER of an X.501 name.
  case distinguishedName([UInt8])
  /// DER of an X.509 GeneralName.
  case generalName([UInt8])
  case keyID([UInt8])
}

extension IdentificationPayload {
  /// The data taken by their type; `nil` for a type that we do not know and for data that do not suit the type.
  public var identity: Identity? {
    let addresses = AddressPair(data)
    switch type {
    case .ipv4Address: return addresses.oneV4.map(Identity.ipv4Address)
    case .fullyQualifiedDomainName: return printable(data).map(Identity.fullyQualifiedDomainName)
    case .userFullyQualifiedDomainName: return printable(data).map(Identity.userFullyQualifiedDomainName)
    case .ipv4AddressSubnet: return addresses.twoV4.map { .ipv4Subnet($0.0, mask: $0.1) }
    case .ipv6Address: return addresses.oneV6.map(Identity.ipv6Address)
    case .ipv6AddressSubnet: return addresses.twoV6.map { .ipv6Subnet($0.0, mask: $0.1) }
    case .ipv4AddressRange: return addresses.twoV4.map { .ipv4Range($0.0, $0.1) }
    case .ipv6AddressRange: return addresses.twoV6.map { .ipv6Range($0.0, $0.1) }
    case .derASN1DistinguishedName: return .distinguishedName(data)
    case .derASN1GeneralName: return .generalName(data)
    case .keyID: return .keyID(data)
    default: return nil
    }
  }

  /// The payload that says `identity`.
  public init(_ identity: Identity, protocolID: UInt8 = 0, port: UInt16 = 0) {
    let (type, data): (IdentificationType, [UInt8]) =
      switch identity {
      case .ipv4Address(let address): (.ipv4Address, address.octets)
      case .fullyQualifiedDomainName(let name): (.fullyQualifiedDomainName, Array(name.utf8))
      case .userFullyQualifiedDomainName(let name): (.userFullyQualifiedDomainName, Array(name.utf8))
      case .ipv4Subnet(let address, let mask): (.ipv4AddressSubnet, address.octets + mask.octets)
      case .ipv6Address(let address): (.ipv6Address, address.octets)
      case .ipv6Subnet(let address, let mask): (.ipv6AddressSubnet, address.octets + mask.octets)
      case .ipv4Range(let first, let last): (.ipv4AddressRange, first.octets + last.octets)
      case .ipv6Range(let first, let last): (.ipv6AddressRange, first.octets + last.octets)
      case .distinguishedName(let name): (.derASN1DistinguishedName, name)
      case .generalName(let name): (.derASN1GeneralName, name)
      case .keyID(let key): (.keyID, key)
      }
    self.init(type: type, protocolID: protocolID, port: port, data: data)
  }
}

/// Octets taken as one or two addresses, where their count is exactly right.
private struct AddressPair {
  let octets: [UInt8]

  init(_ octets: [UInt8]) { self.octets = octets }

  var oneV4: IPv4Address? { octets.count == 4 ? unsafe octets.span.bytes.ipv4Address(at: 0) : nil }

  var twoV4: (IPv4Address, IPv4Address)? {
    guard octets.count == 8 else { return nil }
    let bytes = unsafe octets.span.bytes
    return (bytes.ipv4Address(at: 0), bytes.ipv4Address(at: 4))
  }

  var oneV6: IPv6Address? { octets.count == 16 ? unsafe octets.span.bytes.ipv6Address(at: 0) : nil }

  var twoV6: (IPv6Address, IPv6Address)? {
    guard octets.count == 32 else { return nil }
    let bytes = unsafe octets.span.bytes
    return (bytes.ipv6Address(at: 0), bytes.ipv6Address(at: 16))
  }
}

/// The text of octets that are all printable ASCII; a name on the wire reaches a terminal in no other form.
func printable(_ octets: some Collection<UInt8>) -> String? {
  octets.allSatisfy { (0x20...0x7E).contains($0) } ? String(decoding: octets, as: UTF8.self) : nil
}

extension Identity {
  /// The identity in words; `nil` for one that is octets.
  public var text: String? {
    switch self {
    case .ipv4Address(let address): "\(address)"
    case .fullyQualifiedDomainName(let name), .userFullyQualifiedDomainName(let name): name
    case .ipv4Subnet(let address, let mask): "\(address)/\(mask)"
    case .ipv6Address(let address): "\(address)"
    case .ipv6Subnet(let address, let mask): "\(address)/\(mask)"
    case .ipv4Range(let first, let last): "\(first)-\(last)"
    case .ipv6Range(let first, let last): "\(first)-\(last)"
    case .distinguishedName, .generalName: nil
    case .keyID(let key): printable(key)
    }
  }

  /// A half of data that are two addresses.
  struct Part {
    let field: IdentificationPayload.Field
    let text: String
  }

  /// The two addresses of a subnet or a range; none in other identities.
  var parts: [Part] {
    switch self {
    case .ipv4Subnet(let address, let mask):
      [
        Part(field: .address, text: "\(address)"),
        Part(field: .mask, text: "\(mask)"),
      ]
    case .ipv6Subnet(let address, let mask):
      [
        Part(field: .address, text: "\(address)"),
        Part(field: .mask, text: "\(mask)"),
      ]
    case .ipv4Range(let first, let last):
      [
        Part(field: .first, text: "\(first)"),
        Part(field: .last, text: "\(last)"),
      ]
    case .ipv6Range(let first, let last):
      [
        Part(field: .first, text: "\(first)"),
        Part(field: .last, text: "\(last)"),
      ]
    default: []
    }
  }
}

extension IdentificationType {
  /// What Wireshark calls data of this type.
  var displayFilterName: String {
    switch self {
    case .ipv4Address: "isakmp.id.data.ipv4_addr"
    case .fullyQualifiedDomainName: "isakmp.id.data.fqdn"
    case .userFullyQualifiedDomainName: "isakmp.id.data.user_fqdn"
    case .ipv6Address: "isakmp.id.data.ipv6_addr"
    case .derASN1DistinguishedName: "isakmp.id.data.der_asn1_dn"
    case .keyID: "isakmp.id.data.key_id"
    default: "isakmp.id.data"
    }
  }

  /// What Wireshark calls one of the two addresses in data of this type.
  func displayFilterName(of part: IdentificationPayload.Field) -> String {
    let family = self == .ipv6AddressSubnet || self == .ipv6AddressRange ? "6" : "4"
    let name =
      switch part {
      case .address: "addr"
      case .mask: "subnet"
      case .first: "range_start"
      default: "range_end"
      }
    return "isakmp.id.data.ipv\(family)_\(name)"
  }
}
