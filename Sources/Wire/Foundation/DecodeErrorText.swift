/// The words that belong to a field's two-byte name.
public struct FieldDescription: Hashable, Sendable {
  /// The RFC's term.
  public let title: String
  /// Where it is specified.
  public let citation: String

  /// The words of `field`, where its layer is known.
  public init?(_ field: FieldID) {
    guard let text = FieldRegistry.known(field)?.text else { return nil }
    title = text.title
    citation = text.citation
  }
}

extension LayerKind {
  /// The usual name of the layer.
  public var title: String {
    switch self {
    case .frame: "frame"
    case .ethernet: "Ethernet"
    case .linuxCooked: "Linux cooked capture"
    case .ppp: "PPP"
    case .arp: "ARP"
    case .ipv4: "IPv4"
    case .ipv6: "IPv6"
    case .ipv6HopByHop: "IPv6 hop-by-hop options"
    case .ipv6Routing: "IPv6 routing"
    case .ipv6Fragment: "IPv6 fragment"
    case .ipv6DestinationOptions: "IPv6 destination options"
    case .icmp: "ICMP"
    case .icmpv6: "ICMPv6"
    case .udp: "UDP"
    case .tcp: "TCP"
    case .ah: "AH"
    case .esp: "ESP"
    case .ipcomp: "IPComp"
    case .gre: "GRE"
    case .l2tp: "L2TP"
    case .nonESPMarker: "non-ESP marker"
    case .natKeepalive: "NAT keepalive"
    case .isakmp: "ISAKMP"
    case .dns: "DNS"
    case .rip: "RIP"
    case .data: "data"
    case .loopback: "loopback"
    case .pppControl: "PPP control"
    }
  }
}

extension DecodeError: CustomStringConvertible {
  /// The sentence for people: `ESP · Pad Length at byte 0x0057: 23 exceeds the 16 bytes before it (RFC 2406 §2.5)`.
  public var description: String {
    let words = FieldDescription(field)
    let name = words?.title ?? "field \(field.index)"
    let citation = words.map { " (\($0.citation))" } ?? ""
    return "\(field.layer.title) · \(name) at byte \(hexadecimal(offset, digits: 4)): \(faultText)\(citation)"
  }

  private var faultText: String {
    switch fault {
    case .truncated(let needed, let available):
      "needs \(Self.bytes(needed)), \(available == 0 ? "none is" : available == 1 ? "1 is" : "\(available) are") left"
    case .value(let value) where Self.checksums.contains(field):
      "\(hexadecimal(value, digits: 4)) is not what these bytes sum to"
    case .value(let value): "\(value) is not allowed here"
    case .length(let stated, let limit) where field == ESPHeader.Field.padLength.id:
      "\(stated) exceeds the \(Self.bytes(limit)) before it"
    case .length(let stated, let limit) where stated > limit: "\(stated) exceeds the \(Self.bytes(limit)) there are"
    case .length(let stated, let limit): "\(stated) is less than the \(Self.bytes(limit)) there must be"
    case .bound(let limit): "more than \(limit), which is as far as Lockstep follows"
    }
  }

  private static let checksums: Set<FieldID> = [
    IPv4Header.Field.headerChecksum.id, ICMPMessage.Field.checksum.id, ICMPv6Message.Field.checksum.id,
    UDPHeader.Field.checksum.id, TCPHeader.Field.checksum.id, GREHeader.Field.checksum.id,
  ]

  private static func bytes(_ count: Int) -> String { count == 1 ? "1 byte" : "\(count) bytes" }
}
