/// What is known of one field: its row, and how to make the words that depend on use and value.
final class FieldEntry: Sendable {
  let text: FieldText
  let variantText: @Sendable (UInt8) -> FieldText
  let meaning: @Sendable (UInt64, UInt8) -> String

  init(_ field: some HeaderField) {
    text = field.text
    variantText = { field.text(variant: $0) }
    meaning = { field.meaning(of: $0, variant: $1) }
  }

  /// For a field that no header has listed: its number says at least which one it is.
  init(unknown id: FieldID) {
    let text = FieldText("field\(id.index)", "field \(id.index)", "Lockstep", nil, "A field without a description.")
    self.text = text
    variantText = { _ in text }
    meaning = { _, _ in "" }
  }
}

/// Finds the words of fields by their two-byte names.
enum FieldRegistry {
  /// The entry of a field, by layer and index.
  static func entry(of id: FieldID) -> FieldEntry { known(id) ?? FieldEntry(unknown: id) }

  /// The entry of a field that a header has listed.
  static func known(_ id: FieldID) -> FieldEntry? {
    let layer = Int(id.layer.rawValue)
    guard layer < table.count, Int(id.index) < table[layer].count else { return nil }
    return table[layer][Int(id.index)]
  }

  /// By raw value of the layer, then by raw value of the field; ISAKMP's headers and payloads share one layer, and each
  /// has raw values of its own.
  private static let table: [[FieldEntry?]] = {
    var table: [[FieldEntry?]] = []
    for add in fields { add(&table) }
    return table
  }()

  /// A new header adds its line here.
  private static let fields: [@Sendable (inout [[FieldEntry?]]) -> Void] = [
    entries(FrameField.self), entries(DataField.self),
    entries(EthernetHeader.Field.self), entries(LinuxCookedHeader.Field.self), entries(PPPHeader.Field.self),
    entries(PPPControlPacket.Field.self),
    entries(LoopbackHeader.Field.self), entries(ARPMessage.Field.self),
    entries(IPv4Header.Field.self), entries(IPv6Header.Field.self), entries(IPv6HopByHopField.self),
    entries(IPv6RoutingHeader.Field.self), entries(IPv6FragmentHeader.Field.self),
    entries(IPv6DestinationOptionsField.self),
    entries(ICMPMessage.Field.self), entries(ICMPv6Message.Field.self),
    entries(UDPHeader.Field.self), entries(TCPHeader.Field.self),
    entries(AuthenticationHeader.Field.self), entries(ESPHeader.Field.self), entries(IPCompHeader.Field.self),
    entries(GREHeader.Field.self), entries(L2TPHeader.Field.self),
    entries(NonESPMarker.Field.self), entries(NATKeepalive.Field.self),
    entries(ISAKMPHeader.Field.self), entries(GenericPayloadHeader.Field.self),
    entries(SecurityAssociationPayload.Field.self), entries(Proposal.Field.self), entries(Transform.Field.self),
    entries(DataAttribute.Field.self), entries(IdentificationPayload.Field.self),
    entries(CertificatePayload.Field.self), entries(CertificateRequestPayload.Field.self),
    entries(NotificationPayload.Field.self), entries(DeletePayload.Field.self),
    entries(ConfigurationPayload.Field.self), entries(NATOriginalAddressPayload.Field.self),
    entries(ISAKMPPayload.Field.self), entries(ISAKMPDissection.Field.self),
  ]

  private static func entries<Field: HeaderField>(
    _: Field.Type
  ) -> @Sendable (inout [[FieldEntry?]]) -> Void {
    { table in
      let layer = Int(Field.layer.rawValue)
      while table.count <= layer { table.append([]) }
      for field in Field.allCases {
        while table[layer].count <= Int(field.rawValue) { table[layer].append(nil) }
        table[layer][Int(field.rawValue)] = FieldEntry(field)
      }
    }
  }
}
