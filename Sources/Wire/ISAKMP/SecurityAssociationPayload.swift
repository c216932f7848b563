//       0                   1                   2                   3
//       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   0  | Next Payload  |   RESERVED    |         Payload Length        |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   4  |              Domain of Interpretation  (DOI)                  |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   8  |                           Situation                           |
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  12  ~                           Proposals                           ~
//      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//      RFC 2408 §3.4, RFC 2407 §4.6.1

/// What is proposed for an SA, or what was chosen (RFC 2408 §3.4).
public struct SecurityAssociationPayload: Hashable, Sendable {
  public enum Field: UInt8, TabledField {
    case domainOfInterpretation = 32
    case situation, identityOnly, secrecy, integrity

    public static var layer: LayerKind { .isakmp }

    public func meaning(of value: UInt64, variant: UInt8) -> String {
      switch self {
      case .domainOfInterpretation: domainMeaning(value)
      case .situation: value == UInt64(SecurityAssociationPayload.identityOnly) ? "identity only" : ""
      default: ""
      }
    }

    public var text: FieldText {
      switch self {
      case .domainOfInterpretation:
        FieldText(
          "domainOfInterpretation", "Domain of Interpretation", "RFC 2408 §3.4", "isakmp.sa.doi",
          "Whose numbers the rest of the payload uses; 1 is the IPsec DOI of RFC 2407.")
      case .situation:
        FieldText(
          "situation", "Situation", "RFC 2407 §4.2", "isakmp.sa.situation",
          "What kind of negotiation this is; IPsec uses identity only.")
      case .identityOnly:
        FieldText(
          "identityOnly", "SIT_IDENTITY_ONLY", "RFC 2407 §4.2.1", "isakmp.sa.situation.identity_only",
          "The SA is identified by an identification payload.")
      case .secrecy:
        FieldText(
          "secrecy", "SIT_SECRECY", "RFC 2407 §4.2.2", "isakmp.sa.situation.secrecy",
          "The SA is for an environment of labelled secrecy.")
      case .integrity:
        FieldText(
          "integrity", "SIT_INTEGRITY", "RFC 2407 §4.2.3", "isakmp.sa.situation.integrity",
          "The SA is for an environment of labelled integrity.")
      }
    }
  }

  /// The IPsec domain of interpretation (RFC 2407 §4.2).
  public static let ipsecDomain: UInt32 = 1
  /// SIT_IDENTITY_ONLY (RFC 2407 §4.2.1).
  public static let identityOnly: UInt32 = 1

  public var domainOfInterpretation: UInt32
  public var situation: UInt32
  public var proposals: [Proposal]

  public init(
    domainOfInterpretation: UInt32 = Self.ipsecDomain, situation: UInt32 = Self.identityOnly, proposals: [Proposal]
  ) {
    self.domainOfInterpretation = domainOfInterpretation
    self.situation = situation
    self.proposals = proposals
  }

  /// More proposals than this in one payload are refused.
  static let maximumProposals = 255

  /// Reads the body: from the DOI up to the cursor's end. A DOI other than IPsec's is refused at its field, since its
  /// situation has a form that we do not know (RFC 2408 §5.4 answers with DOI-NOT-SUPPORTED).
  // Deviates: situations with SIT_SECRECY or SIT_INTEGRITY carry labels (RFC 2407 §4.6.1) that nothing here
  // understands; they are refused at the situation (RFC 2407 §4.2: SITUATION-NOT-SUPPORTED).
  init(reading frame: borrowing RawSpan, at cursor: inout Cursor) throws(DecodeError) {
    domainOfInterpretation = try cursor.uint32(frame, Field.domainOfInterpretation)
    guard domainOfInterpretation == Self.ipsecDomain else {
      throw Field.domainOfInterpretation.invalid(domainOfInterpretation, at: cursor.position - 4)
    }
    situation = try cursor.uint32(frame, Field.situation)
    guard situation & 0x6 == 0 else { throw Field.situation.invalid(situation, at: cursor.position - 4) }
    proposals = []
    while cursor.remaining > 0 {
      guard proposals.count < Self.maximumProposals else {
        throw DecodeError(field: Proposal.Field.proposal.id, offset: cursor.position, fault: .bound(proposals.count))
      }
      proposals.append(try Proposal(reading: frame, at: &cursor))
    }
  }

  /// Octets of the body.
  public var encodedLength: Int { proposals.reduce(8) { $0 + $1.encodedLength } }

  /// Appends the body: everything behind the generic header.
  func write(to writer: inout ByteWriter) {
    writer.append(domainOfInterpretation)
    writer.append(situation)
    for (index, proposal) in proposals.enumerated() {
      proposal.write(to: &writer, isLast: index + 1 == proposals.count)
    }
  }

  /// Everything behind the generic header: SAi_b of RFC 2409 §5.
  public func body() -> [UInt8] {
    var writer = ByteWriter(capacity: encodedLength)
    write(to: &writer)
    return writer.bytes
  }
}

extension SecurityAssociationPayload {
  /// The fields of a body that begins at `offset`.
  func fields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.number(.domainOfInterpretation, 0, 4, domainOfInterpretation)
    list.number(.situation, 4, 4, situation, children: situationFields(at: offset))
    var nodes = list.nodes
    var position = offset + 8
    for (index, proposal) in proposals.enumerated() {
      nodes.append(proposal.field(at: position, isLast: index + 1 == proposals.count))
      position += proposal.encodedLength
    }
    return nodes.numbered()
  }

  private func situationFields(at offset: Int) -> [FieldNode] {
    var list = FieldList<Field>(at: offset)
    list.flag(.integrity, 4, 4, bit: 29, situation & 4 != 0)
    list.flag(.secrecy, 4, 4, bit: 30, situation & 2 != 0)
    list.flag(.identityOnly, 4, 4, bit: 31, situation & 1 != 0)
    return list.nodes
  }
}
