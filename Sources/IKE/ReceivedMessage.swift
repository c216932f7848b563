import Cryptography
import Units
import Wire

/// A message that was read, with the octets it was read from: the hashes cover those, not what we make of them.
struct ReceivedMessage: Sendable {
  let header: ISAKMPHeader
  let chain: PayloadChain
  /// What the chain's ranges lie in: the whole message, or the decrypted body.
  let octets: [UInt8]

  /// Reads a message in clear.
  init(clear octets: [UInt8]) throws(DecodeError) {
    var cursor = Cursor(end: octets.count)
    (header, chain) = try unsafe ISAKMPMessage.read(octets.span.bytes, at: &cursor)
    self.octets = octets
    if let fault = chain.reservedFault { throw fault }
  }

  /// Reads a body that was decrypted. What follows the last payload is padding, whose length and content are the
  /// sender's choice (RFC 2409 Appendix B): no hash covers it, and nothing is made of it.
  init(header: ISAKMPHeader, decrypted body: [UInt8]) throws(DecodeError) {
    self.header = header
    octets = body
    chain = try PayloadChain(first: header.nextPayload, decoding: body)
    if let fault = chain.reservedFault { throw fault }
  }

  var types: [PayloadType] { chain.payloads.map(\.type) }

  /// The octets behind the generic header of the first payload of `type`.
  func body(_ type: PayloadType) -> [UInt8] {
    guard let raw = chain.rawPayloads.first(where: { $0.type == type }) else { return [] }
    return Array(octets[raw.body])
  }

  /// Everything behind the first payload, up to the end of the last: what HASH(1) and HASH(2) cover.
  var behindFirst: [UInt8] {
    guard let first = chain.rawPayloads.first else { return [] }
    return Array(octets[first.whole.upperBound..<chain.end])
  }

  var securityAssociation: SecurityAssociationPayload? {
    for case .securityAssociation(let payload) in chain.payloads { return payload }
    return nil
  }

  var identifications: [IdentificationPayload] {
    chain.payloads.compactMap { payload in
      if case .identification(let identification) = payload { identification } else { nil }
    }
  }

  var certificates: [CertificatePayload] {
    chain.payloads.compactMap { payload in
      if case .certificate(let certificate) = payload { certificate } else { nil }
    }
  }

  var notifications: [NotificationPayload] {
    chain.payloads.compactMap { payload in
      if case .notification(let notification) = payload { notification } else { nil }
    }
  }

  var deletes: [DeletePayload] {
    chain.payloads.compactMap { payload in
      if case .delete(let delete) = payload { delete } else { nil }
    }
  }
}

/// A message of ours, ready to go and to be sent again.
struct OutgoingMessage: Hashable, Sendable {
  var bytes: [UInt8]
  var message: Int
  var summary: String

  /// A message in clear, measured by its row first.
  static func clear(_ rule: MessageRule, _ header: ISAKMPHeader, _ payloads: [ISAKMPPayload]) -> OutgoingMessage {
    rule.mustAllow(payloads, side: rule.sender)
    return OutgoingMessage(
      bytes: ISAKMPMessage(header: header, payloads: payloads).encoded, message: rule.message,
      summary: rule.summary(of: payloads.map(\.type)))
  }

  /// A message whose payloads are encrypted, and the vector that the next one starts from.
  static func encrypted(
    _ rule: MessageRule, _ header: ISAKMPHeader, _ payloads: [ISAKMPPayload], _ protection: MessageProtection,
    initializationVector: [UInt8]
  ) throws(IKERefusal) -> (message: OutgoingMessage, next: [UInt8]) {
    rule.mustAllow(payloads, side: rule.sender)
    let plain = ISAKMPMessage.encoded(payloads)
    guard let step = protection.encrypt(plain, initializationVector: initializationVector) else {
      throw IKERefusal(
        side: rule.sender, rule: "the cipher can't be computed here", attribute: "Encryption Algorithm",
        offered: protection.cipher.name, citation: "RFC 2409 Appendix B")
    }
    var header = header
    header.flags.insert(.encryption)
    header.nextPayload = payloads.first?.type ?? .none
    header.length = UInt32(ISAKMPHeader.encodedLength + step.body.count)
    var writer = ByteWriter(capacity: Int(header.length))
    header.write(to: &writer)
    writer.append(step.body)
    let message = OutgoingMessage(
      bytes: writer.bytes, message: rule.message, summary: rule.summary(of: payloads.map(\.type)))
    return (message, step.nextInitializationVector)
  }
}

extension MessageRule {
  /// What we send follows the table: anything else is our own fault.
  fileprivate func mustAllow(_ payloads: [ISAKMPPayload], side: IKERole) {
    if let refusal = refusal(of: payloads.map(\.type), side: side) { preconditionFailure(refusal.description) }
  }
}
