/// One payload of a message, as its type has it (RFC 2408 §3.4 to §3.16).
public enum ISAKMPPayload: Hashable, Sendable {
  case securityAssociation(SecurityAssociationPayload)
  /// The public value of a Diffie-Hellman exchange (RFC 2408 §3.7).
  case keyExchange([UInt8])
  case identification(IdentificationPayload)
  case certificate(CertificatePayload)
  case certificateRequest(CertificateRequestPayload)
  case hash([UInt8])
  case signature([UInt8])
  case nonce([UInt8])
  case notification(NotificationPayload)
  case delete(DeletePayload)
  case vendorID([UInt8])
  case configuration(ConfigurationPayload)
  /// The hash over an address and a port, RFC 3947 §3.2, under type 20.
  case natDiscovery([UInt8])
  /// RFC 3947 §5.2, under type 21.
  case natOriginalAddress(NATOriginalAddressPayload)
  /// As `natDiscovery`, under the drafts' type 130.
  case natDiscoveryDraft([UInt8])
  /// As `natOriginalAddress`, under the drafts' type 131.
  case natOriginalAddressDraft(NATOriginalAddressPayload)
  /// A type that we do not open, with its body.
  case other(PayloadType, [UInt8])

  /// The number that announces this payload in the header before it.
  public var type: PayloadType {
    switch self {
    case .securityAssociation: .securityAssociation
    case .keyExchange: .keyExchange
    case .identification: .identification
    case .certificate: .certificate
    case .certificateRequest: .certificateRequest
    case .hash: .hash
    case .signature: .signature
    case .nonce: .nonce
    case .notification: .notification
    case .delete: .delete
    case .vendorID: .vendorID
    case .configuration: .configuration
    case .natDiscovery: .natDiscovery
    case .natOriginalAddress: .natOriginalAddress
    case .natDiscoveryDraft: .natDiscoveryDraft
    case .natOriginalAddressDraft: .natOriginalAddressDraft
    case .other(let type, _): type
    }
  }

  /// Reads the body of a payload of `type`: all that the cursor holds.
  init(type: PayloadType, reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    switch type {
    case .securityAssociation:
      self = .securityAssociation(try SecurityAssociationPayload(reading: frame, at: &cursor))
    case .keyExchange: self = .keyExchange(cursor.rest(frame))
    case .identification: self = .identification(try IdentificationPayload(reading: frame, at: &cursor))
    case .certificate: self = .certificate(try CertificatePayload(reading: frame, at: &cursor))
    case .certificateRequest:
      self = .certificateRequest(try CertificateRequestPayload(reading: frame, at: &cursor))
    case .hash: self = .hash(cursor.rest(frame))
    case .signature: self = .signature(cursor.rest(frame))
    case .nonce: self = .nonce(cursor.rest(frame))
    case .notification: self = .notification(try NotificationPayload(reading: frame, at: &cursor))
    case .delete: self = .delete(try DeletePayload(reading: frame, at: &cursor))
    case .vendorID: self = .vendorID(cursor.rest(frame))
    case .configuration: self = .configuration(try ConfigurationPayload(reading: frame, at: &cursor))
    case .natDiscovery: self = .natDiscovery(cursor.rest(frame))
    case .natOriginalAddress: self = .natOriginalAddress(try NATOriginalAddressPayload(reading: frame, at: &cursor))
    case .natDiscoveryDraft: self = .natDiscoveryDraft(cursor.rest(frame))
    case .natOriginalAddressDraft:
      self = .natOriginalAddressDraft(try NATOriginalAddressPayload(reading: frame, at: &cursor))
    default: self = .other(type, cursor.rest(frame))
    }
  }

  /// Octets of the payload, its generic header included.
  public var encodedLength: Int { GenericPayloadHeader.encodedLength + bodyLength }

  private var bodyLength: Int {
    switch self {
    case .securityAssociation(let payload): payload.encodedLength
    case .identification(let payload): payload.encodedLength
    case .certificate(let payload): payload.encodedLength
    case .certificateRequest(let payload): payload.encodedLength
    case .notification(let payload): payload.encodedLength
    case .delete(let payload): payload.encodedLength
    case .configuration(let payload): payload.encodedLength
    case .natOriginalAddress(let payload), .natOriginalAddressDraft(let payload): payload.encodedLength
    case .keyExchange(let octets), .hash(let octets), .signature(let octets), .nonce(let octets),
      .vendorID(let octets), .natDiscovery(let octets), .natDiscoveryDraft(let octets), .other(_, let octets):
      octets.count
    }
  }

  /// Everything behind the generic header.
  public func body() -> [UInt8] {
    var writer = ByteWriter(capacity: bodyLength)
    writeBody(to: &writer)
    return writer.bytes
  }

  /// Appends everything behind the generic header.
  func writeBody(to writer: inout ByteWriter) {
    switch self {
    case .securityAssociation(let payload): payload.write(to: &writer)
    case .identification(let payload): payload.write(to: &writer)
    case .certificate(let payload): payload.write(to: &writer)
    case .certificateRequest(let payload): payload.write(to: &writer)
    case .notification(let payload): payload.write(to: &writer)
    case .delete(let payload): payload.write(to: &writer)
    case .configuration(let payload): payload.write(to: &writer)
    case .natOriginalAddress(let payload), .natOriginalAddressDraft(let payload): payload.write(to: &writer)
    case .keyExchange(let octets), .hash(let octets), .signature(let octets), .nonce(let octets),
      .vendorID(let octets), .natDiscovery(let octets), .natDiscoveryDraft(let octets), .other(_, let octets):
      writer.append(octets)
    }
  }

  /// Appends the payload with its generic header, which announces `next`.
  func write(next: PayloadType, to writer: inout ByteWriter) {
    GenericPayloadHeader.write(next: next, to: &writer) { writeBody(to: &$0) }
  }
}
