/// Where a payload lay in the buffer that it was read from, and what its generic header said.
public struct RawPayload: Hashable, Sendable {
  /// What the header before it announced.
  public let type: PayloadType
  /// What its own header announces.
  public let nextPayload: PayloadType
  /// RESERVED of the generic header, which RFC 2408 §3.2 wants to be zero.
  public let reserved: UInt8
  /// Generic header and body.
  public let whole: Range<Int>

  /// The body: what HASH_I, HASH_R and the signatures cover of SA and identification payloads (RFC 2409 §5).
  public var body: Range<Int> { whole.lowerBound + GenericPayloadHeader.encodedLength..<whole.upperBound }
}

/// The payloads of a message in their order, and where each lay: for HASH(1) of quick mode take the octets from
/// `rawPayloads[0].whole.upperBound` to `end` (RFC 2409 §5.5).
public struct PayloadChain: Hashable, Sendable {
  /// The payloads in their order.
  public private(set) var payloads: [ISAKMPPayload] = []
  /// Where each payload lay; as many as `payloads`.
  public private(set) var rawPayloads: [RawPayload] = []
  /// One past the last payload's last octet: behind it only padding, or octets that no length covers.
  public private(set) var end: Int

  /// More payloads than this in one message are refused.
  public static let maximumPayloads = 64

  init(startingAt position: Int) { end = position }

  /// Reads payloads from one that was announced as `first` until one announces nothing, and leaves the cursor behind
  /// the last. Octets that are left are the caller's to judge: padding in an encrypted message, a fault in a clear
  /// one.
  public init(
    first: PayloadType, reading frame: borrowing RawSpan, at cursor: inout Cursor
  ) throws(DecodeError) {
    end = cursor.position
    var type = first
    while type != .none { type = try readOne(type, frame, at: &cursor) }
  }

  /// Reads one payload of `type` and returns the type of the next.
  mutating func readOne(
    _ type: PayloadType, _ frame: borrowing RawSpan, at cursor: inout Cursor
  ) throws(DecodeError) -> PayloadType {
    guard payloads.count < Self.maximumPayloads else {
      throw DecodeError(
        field: GenericPayloadHeader.Field.nextPayload.id, offset: cursor.position, fault: .bound(payloads.count))
    }
    let header = try GenericPayloadHeader(reading: frame, at: &cursor)
    var inner = Cursor(position: cursor.position, end: header.end)
    payloads.append(try ISAKMPPayload(type: type, reading: frame, at: &inner))
    rawPayloads.append(
      RawPayload(
        type: type, nextPayload: header.next, reserved: header.reserved, whole: header.start..<header.end))
    cursor.position = header.end
    end = header.end
    return header.next
  }

  /// The first octet that its RFC reserves and that is not zero, as the error that a strict receiver answers with
  /// PAYLOAD-MALFORMED (RFC 2408 §5.3); `nil` where all are.
  public var reservedFault: DecodeError? {
    for (payload, raw) in zip(payloads, rawPayloads) {
      if raw.reserved != 0 {
        return GenericPayloadHeader.Field.reserved.invalid(raw.reserved, at: raw.whole.lowerBound + 1)
      }
      if let fault = payload.reservedFault(bodyAt: raw.body.lowerBound) { return fault }
    }
    return nil
  }
}

extension ISAKMPPayload {
  fileprivate func reservedFault(bodyAt offset: Int) -> DecodeError? {
    switch self {
    case .securityAssociation(let payload): return payload.reservedFault(at: offset)
    case .configuration(let payload) where payload.reserved != 0:
      return ConfigurationPayload.Field.reserved.invalid(payload.reserved, at: offset + 1)
    case .natOriginalAddress(let payload) where payload.reserved != 0,
      .natOriginalAddressDraft(let payload) where payload.reserved != 0:
      return NATOriginalAddressPayload.Field.reserved.invalid(payload.reserved, at: offset + 1)
    default: return nil
    }
  }
}

extension SecurityAssociationPayload {
  fileprivate func reservedFault(at offset: Int) -> DecodeError? {
    var position = offset + 8
    for proposal in proposals {
      if proposal.reserved != 0 {
        return GenericPayloadHeader.Field.reserved.invalid(proposal.reserved, at: position + 1)
      }
      var inner = position + Proposal.fixedLength + proposal.spi.count
      for transform in proposal.transforms {
        if let fault = transform.reservedFault(at: inner) { return fault }
        inner += transform.encodedLength
      }
      position += proposal.encodedLength
    }
    return nil
  }
}

extension Transform {
  fileprivate func reservedFault(at offset: Int) -> DecodeError? {
    if reserved != 0 { return GenericPayloadHeader.Field.reserved.invalid(reserved, at: offset + 1) }
    if reserved2 != 0 { return Field.reserved2.invalid(reserved2, at: offset + 6) }
    return nil
  }
}
