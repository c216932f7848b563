/// The words that belong to a field's two-byte name.
public struct FieldDescription: Hashable, Sendable {
  /// The RFC's term.
  public let title: String
  /// Where it is specified.
  public let citation: String

  /// The words of `field`, where its layer is known.
  public init?(_ field: FieldID) {
    guard let words = LayerKind.fieldWords[field.layer]?(field.index) else { return nil }
    self = words
  }

  init(_ field: some HeaderField) {
    title = field.title
    citation = field.citation
  }
}

extension LayerKind {
  /// Finds the words of a layer's fields. A new header adds its line here.
  static let fieldWords: [LayerKind: @Sendable (UInt8) -> FieldDescription?] = [
    .frame: words(FrameField.self), .data: words(DataField.self),
    .ethernet: words(EthernetHeader.Field.self), .linuxCooked: words(LinuxCookedHeader.Field.self),
    .ppp: words(PPPHeader.Field.self), .loopback: words(LoopbackHeader.Field.self), .arp: words(ARPMessage.Field.self),
    .ipv4: words(IPv4Header.Field.self), .ipv6: words(IPv6Header.Field.self),
    .ipv6HopByHop: words(IPv6HopByHopField.self), .ipv6Routing: words(IPv6RoutingHeader.Field.self),
    .ipv6Fragment: words(IPv6FragmentHeader.Field.self),
    .ipv6DestinationOptions: words(IPv6DestinationOptionsField.self),
    .icmp: words(ICMPMessage.Field.self), .icmpv6: words(ICMPv6Message.Field.self),
    .udp: words(UDPHeader.Field.self), .tcp: words(TCPHeader.Field.self),
    .ah: words(AuthenticationHeader.Field.self), .esp: words(ESPHeader.Field.self),
    .ipcomp: words(IPCompHeader.Field.self), .gre: words(GREHeader.Field.self), .l2tp: words(L2TPHeader.Field.self),
    .nonESPMarker: words(NonESPMarker.Field.self), .natKeepalive: words(NATKeepalive.Field.self),
    .isakmp: { index in isakmpWords.lazy.compactMap { $0(index) }.first },
  ]

  /// ISAKMP's headers and payloads share one layer: each has raw values of its own.
  private static let isakmpWords: [@Sendable (UInt8) -> FieldDescription?] = [
    words(ISAKMPHeader.Field.self), words(GenericPayloadHeader.Field.self),
    words(SecurityAssociationPayload.Field.self), words(Proposal.Field.self), words(Transform.Field.self),
    words(DataAttribute.Field.self), words(IdentificationPayload.Field.self), words(CertificatePayload.Field.self),
    words(CertificateRequestPayload.Field.self), words(NotificationPayload.Field.self),
    words(DeletePayload.Field.self), words(ConfigurationPayload.Field.self),
    words(NATOriginalAddressPayload.Field.self), words(ISAKMPPayload.Field.self), words(ISAKMPDissection.Field.self),
  ]

  private static func words<Field: HeaderField>(_: Field.Type) -> @Sendable (UInt8) -> FieldDescription? {
    { Field(rawValue: $0).map { FieldDescription($0) } }
  }

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
