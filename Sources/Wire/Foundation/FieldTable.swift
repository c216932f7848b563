/// The words about every field of every layer, by the field's two-byte name: made once, then only read.
enum FieldTable {
  /// Every `Field` enum there is. A new header adds itself here; until it does, its nodes carry their words themselves.
  private static let types: [any HeaderField.Type] = [
    FrameField.self, DataField.self, EthernetHeader.Field.self, LinuxCookedHeader.Field.self, PPPHeader.Field.self,
    LoopbackHeader.Field.self, ARPMessage.Field.self, IPv4Header.Field.self, IPv6Header.Field.self,
    IPv6HopByHopField.self, IPv6RoutingHeader.Field.self, IPv6FragmentHeader.Field.self,
    IPv6DestinationOptionsField.self, ICMPMessage.Field.self, ICMPv6Message.Field.self, UDPHeader.Field.self,
    TCPHeader.Field.self, AuthenticationHeader.Field.self, ESPHeader.Field.self, IPCompHeader.Field.self,
    GREHeader.Field.self, L2TPHeader.Field.self, NonESPMarker.Field.self, NATKeepalive.Field.self,
    // ISAKMP's header and payloads share one layer: each has raw values of its own.
    ISAKMPHeader.Field.self, GenericPayloadHeader.Field.self, SecurityAssociationPayload.Field.self,
    Proposal.Field.self, Transform.Field.self, DataAttribute.Field.self, IdentificationPayload.Field.self,
    CertificatePayload.Field.self, CertificateRequestPayload.Field.self, NotificationPayload.Field.self,
    DeletePayload.Field.self, ConfigurationPayload.Field.self, NATOriginalAddressPayload.Field.self,
    ISAKMPPayload.Field.self, ISAKMPDissection.Field.self,
  ]

  /// Rows by layer and raw value; what no field has is `nil`.
  private static let rows: [FieldText?] = {
    var rows = [FieldText?](repeating: nil, count: 256 * LayerKind.allCases.count)
    for type in types { add(type, to: &rows) }
    return rows
  }()

  /// Which rows there are: asked for every node that is made, so without a look at the row.
  private static let known: [Bool] = rows.map { $0 != nil }
  /// The names alone: what JSON asks for.
  private static let names: [String] = rows.map { $0?.name ?? "" }

  private static func add<Field: HeaderField>(_: Field.Type, to rows: inout [FieldText?]) {
    for field in Field.allCases { rows[index(field.id)] = field.text }
  }

  private static func index(_ field: FieldID) -> Int { Int(field.layer.rawValue) << 8 | Int(field.index) }

  /// Whether the table has words about `field`.
  static func contains(_ field: FieldID) -> Bool { known[index(field)] }

  /// The name in JSON of a field that the table has.
  static func name(_ field: FieldID) -> String { names[index(field)] }

  /// The words about `field`; none where its layer has no such field.
  static func text(_ field: FieldID) -> FieldText {
    rows[index(field)] ?? FieldText("field\(field.index)", "field \(field.index)", "", nil, "")
  }
}
