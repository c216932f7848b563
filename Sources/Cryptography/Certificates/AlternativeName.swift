/// Another name of a certificate's subject (RFC 2459 §4.2.1.7): what IKE's identities are compared with.
public enum AlternativeName: Hashable, Sendable {
  /// ID_FQDN.
  case dns(String)
  /// ID_USER_FQDN.
  case email(String)
  /// ID_IPV4_ADDR or ID_IPV6_ADDR: four or sixteen octets.
  case address([UInt8])
  /// ID_DER_ASN1_DN.
  case directory(DistinguishedName)
  /// A kind that has no use here, by its tag's number, with its contents.
  case other(UInt8, [UInt8])

  /// GeneralName.
  var encoded: [UInt8] {
    switch self {
    case .email(let text): DER.string(.context(1), text)
    case .dns(let text): DER.string(.context(2), text)
    case .directory(let name): DER.value(.constructed(4), name.encoded)
    case .address(let octets): DER.value(.context(7), octets)
    case .other(let number, let octets): DER.value(.context(number & 0x1F), octets)
    }
  }

  init(reading reader: inout DERReader, _ field: String) throws(DERError) {
    let value = try reader.next(field)
    let contents = reader.contents(value)
    switch value.tag {
    case .context(1): self = .email(String(decoding: contents, as: UTF8.self))
    case .context(2): self = .dns(String(decoding: contents, as: UTF8.self))
    case .constructed(4):
      var inside = try reader.inside(value)
      self = .directory(try DistinguishedName(reading: &inside, field))
    case .context(7):
      guard contents.count == 4 || contents.count == 16 else {
        throw reader.error(
          field, at: value.whole.lowerBound, "is an address of \(contents.count) octets; expected 4 or 16")
      }
      self = .address(contents)
    default: self = .other(value.tag.rawValue & 0x1F, contents)
    }
  }
}

extension AlternativeName: CustomStringConvertible {
  /// `DNS fw-a.example`; control characters are replaced.
  public var description: String {
    switch self {
    case .dns(let text): "DNS \(DistinguishedName.readable(text))"
    case .email(let text): "email \(DistinguishedName.readable(text))"
    case .address(let octets) where octets.count == 4: "IP " + octets.map { "\($0)" }.joined(separator: ".")
    case .address(let octets):
      "IP "
        + stride(from: 0, to: octets.count - 1, by: 2)
        .map { String(UInt16(octets[$0]) << 8 | UInt16(octets[$0 + 1]), radix: 16) }.joined(separator: ":")
    case .directory(let name): "directory \(name)"
    case .other(let number, let octets): "name of kind \(number), \(octets.count) octets"
    }
  }
}

/// What a certificate's key is for, by the number of its bit (RFC 2459 §4.2.1.3).
public enum KeyUsage: Int, CaseIterable, Hashable, Sendable {
  /// Signatures over anything but certificates and lists: what IKE needs.
  case digitalSignature
  /// Signatures that are to bind their maker.
  case nonRepudiation
  /// Encryption of keys, as IKE's public key encryption does.
  case keyEncipherment
  /// Encryption of data.
  case dataEncipherment
  /// Diffie-Hellman.
  case keyAgreement
  /// Signatures over certificates.
  case certificateSigning
  /// Signatures over revocation lists.
  case revocationListSigning
  /// With key agreement: to encrypt only.
  case encipherOnly
  /// With key agreement: to decrypt only.
  case decipherOnly
}
