extension ISAKMPPayload {
  /// A payload as a group, and the content of those that are octets and nothing else.
  public enum Field: UInt8, TabledField {
    case payload = 120
    case keyExchange, hash, signature, nonce, vendorID, natDiscovery

    public static var layer: LayerKind { .isakmp }

    /// Of a payload: its type.
    public func text(variant: UInt8) -> FieldText {
      guard self == .payload, let row = ISAKMPPayload.titles.first(where: { $0.type.rawValue == variant }) else {
        return text
      }
      return FieldText(row.name, row.title, row.citation, text.displayFilterName, text.explanation)
    }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      self == .payload ? "\(value), \(PayloadType(rawValue: UInt8(truncatingIfNeeded: value)).meaning)" : ""
    }

    public var text: FieldText {
      switch self {
      case .payload:
        FieldText("payload", "Payload", "RFC 2408 §3.2", "isakmp.typepayload", "One payload of the message.")
      case .keyExchange:
        FieldText(
          "keyExchangeData", "Key Exchange Data", "RFC 2408 §3.7", "isakmp.key_exchange.data",
          "The sender's public Diffie-Hellman value, padded in front to the length of the group's prime.")
      case .hash:
        FieldText(
          "hashData", "Hash Data", "RFC 2408 §3.11", "isakmp.hash",
          "A keyed hash that proves who sent the message and that nothing in it was changed.")
      case .signature:
        FieldText(
          "signatureData", "Signature Data", "RFC 2408 §3.12", "isakmp.sig",
          "A signature over HASH_I or HASH_R, made with the sender's private key.")
      case .nonce:
        FieldText(
          "nonceData", "Nonce Data", "RFC 2408 §3.13", "isakmp.nonce",
          "Random octets that make sure that this exchange is no replay of an earlier one.")
      case .vendorID:
        FieldText(
          "vendorIDData", "Vendor ID", "RFC 2408 §3.16", "isakmp.vid_bytes",
          "A constant by which implementations recognise their own kind and its extensions.")
      case .natDiscovery:
        FieldText(
          "natDiscoveryHash", "HASH of the address and port", "RFC 3947 §3.2", "isakmp.ike.nat_hash",
          "HASH over cookies, address and port: where it doesn't match what arrives, a NAT is between.")
      }
    }
  }

  /// The group's name in JSON and its title, by type; those that are not here are opaque.
  fileprivate static let titles: [(type: PayloadType, name: String, title: String, citation: String)] = [
    (.securityAssociation, "securityAssociation", "Security Association Payload", "RFC 2408 §3.4"),
    (.keyExchange, "keyExchange", "Key Exchange Payload", "RFC 2408 §3.7"),
    (.identification, "identification", "Identification Payload", "RFC 2408 §3.8"),
    (.certificate, "certificate", "Certificate Payload", "RFC 2408 §3.9"),
    (.certificateRequest, "certificateRequest", "Certificate Request Payload", "RFC 2408 §3.10"),
    (.hash, "hash", "Hash Payload", "RFC 2408 §3.11"), (.signature, "signature", "Signature Payload", "RFC 2408 §3.12"),
    (.nonce, "nonce", "Nonce Payload", "RFC 2408 §3.13"),
    (.notification, "notification", "Notification Payload", "RFC 2408 §3.14"),
    (.delete, "delete", "Delete Payload", "RFC 2408 §3.15"),
    (.vendorID, "vendorID", "Vendor ID Payload", "RFC 2408 §3.16"),
    (.configuration, "configuration", "Attribute Payload", "draft-ietf-ipsec-isakmp-mode-cfg-05 §3.2"),
    (.natDiscovery, "natDiscovery", "NAT Discovery Payload", "RFC 3947 §3.2"),
    (.natOriginalAddress, "natOriginalAddress", "NAT Original Address Payload", "RFC 3947 §5.2"),
    (.natDiscoveryDraft, "natDiscovery", "NAT Discovery Payload", "draft-ietf-ipsec-nat-t-ike-02 §3.2"),
    (
      .natOriginalAddressDraft, "natOriginalAddress", "NAT Original Address Payload",
      "draft-ietf-ipsec-nat-t-ike-02 §4.2"
    ),
  ]

  /// The payload as a group of fields: its generic header, then its body.
  func field(_ raw: RawPayload) -> FieldNode {
    let header = GenericPayloadHeader.fields(
      at: raw.whole.lowerBound, next: raw.nextPayload, reserved: raw.reserved, length: raw.whole.count)
    return FieldNode(
      Field.payload.id, raw.whole, .group, UInt64(raw.type.rawValue), variant: raw.type.rawValue,
      attachment: .children(header + bodyFields(at: raw.body.lowerBound)))
  }

  private func bodyFields(at offset: Int) -> [FieldNode] {
    switch self {
    case .securityAssociation(let payload): payload.fields(at: offset)
    case .identification(let payload): payload.fields(at: offset)
    case .certificate(let payload): payload.fields(at: offset)
    case .certificateRequest(let payload): payload.fields(at: offset)
    case .notification(let payload): payload.fields(at: offset)
    case .delete(let payload): payload.fields(at: offset)
    case .configuration(let payload): payload.fields(at: offset)
    case .natOriginalAddress(let payload), .natOriginalAddressDraft(let payload): payload.fields(at: offset)
    case .keyExchange(let octets): Self.octets(Field.keyExchange, octets, at: offset)
    case .hash(let octets): Self.octets(Field.hash, octets, at: offset)
    case .signature(let octets): Self.octets(Field.signature, octets, at: offset)
    case .nonce(let octets): Self.octets(Field.nonce, octets, at: offset)
    case .vendorID(let octets): Self.octets(Field.vendorID, octets, at: offset, VendorID.name(of: octets) ?? "unknown")
    case .natDiscovery(let octets), .natDiscoveryDraft(let octets):
      Self.octets(Field.natDiscovery, octets, at: offset)
    case .other(_, let octets): Self.octets(GenericPayloadHeader.Field.body, octets, at: offset)
    }
  }

  private static func octets<F: HeaderField>(
    _ field: F, _ octets: [UInt8], at offset: Int, _ meaning: String = ""
  ) -> [FieldNode] {
    octets.isEmpty ? [] : [FieldNode(field, offset..<offset + octets.count, .bytes(octets), meaning: meaning)]
  }
}
