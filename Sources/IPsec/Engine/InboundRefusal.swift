import Cryptography
import Wire

/// Why a datagram that came was refused. The cases have the names of the simulator's drop reasons; ``detail`` is what
/// a person reads beside them.
public indirect enum InboundRefusal: Error, Hashable, Sendable {
  /// The header, of the datagram or of the one inside, cannot be right.
  case malformedHeader(DecodeError, isInner: Bool)
  /// A fragment was offered: reassembly comes first (RFC 2402 §3.4.1, RFC 2406 §3.4.1).
  case malformedPayload
  case policyDiscard(policy: String)
  case cleartextWherePolicyDemandsIPsec(policy: String)
  case ipsecWherePolicyDemandsCleartext(policy: String, AssociationIdentity)
  /// The associations that it came by are not those that the policy demands, in that order.
  case wrongAssociation(policy: String, demanded: String, used: String)
  case wrongInnerSelector(PacketSelectors, Selector)
  case noPolicy(PacketSelectors)
  case unknownSPI(AssociationIdentity)
  case badICV
  case replayed(UInt32)
  case leftOfWindow(UInt32, top: UInt32, size: Int)
  case associationExpired(LifetimeLimit)
  case badPadding(index: Int)
  case badPadLength(Int, limit: Int)
  case shortPacket(Int)
  /// AH ends behind the datagram, or has no room for the ICV.
  case shortAuthenticationHeader(Int, available: Int)
  case decompressionFailed(Deflate.Fault)
  /// More associations on one datagram than are followed.
  case nestingTooDeep(limit: Int)
  case unexpectedNextHeader(IPProtocol)
  /// Next header 59: made to be discarded (RFC 2406 leaves it out; RFC 4303 §2.6 names it).
  case dummyPacket
  case cryptographyFailed(CryptographyError)
}

extension InboundRefusal {
  /// One sentence without a full stop.
  public var detail: String {
    switch self {
    case .malformedHeader(let error, let isInner):
      "the \(isInner ? "inner " : "")IP header cannot be right: byte \(error.offset)"
    case .malformedPayload: "a fragment: IPsec takes whole datagrams only (RFC 2402 §3.4.1, RFC 2406 §3.4.1)"
    case .policyDiscard, .cleartextWherePolicyDemandsIPsec, .ipsecWherePolicyDemandsCleartext, .wrongAssociation,
      .wrongInnerSelector, .noPolicy:
      policyDetail
    default: packetDetail
    }
  }

  private var policyDetail: String {
    switch self {
    case .policyDiscard(let policy): "policy entry \"\(policy)\" discards it"
    case .cleartextWherePolicyDemandsIPsec(let policy):
      "it came in clear, and policy entry \"\(policy)\" demands IPsec (RFC 2401 §5.2.1)"
    case .ipsecWherePolicyDemandsCleartext(let policy, let identity):
      "it came by \(identity), and policy entry \"\(policy)\" bypasses IPsec (RFC 2401 §5.2.1)"
    case .wrongAssociation(let policy, let demanded, let used):
      "it came by \(used), and policy entry \"\(policy)\" covers it, which demands \(demanded) (RFC 2401 §5.2.1)"
    case .wrongInnerSelector(let packet, let selector):
      "the inner packet (\(packet)) is none that the association may carry (\(selector)) (RFC 2401 §5.2.1)"
    case .noPolicy(let packet): "no policy entry covers it (\(packet)) (RFC 2401 §4.4.1)"
    default: ""
    }
  }

  private var packetDetail: String {
    switch self {
    case .unknownSPI(let identity): "no association \(identity)"
    case .badICV:
      "the ICV is not the one that these octets and our key make (RFC 2402 §3.4.4, RFC 2406 §3.4.4)"
    case .replayed(let number): "sequence number \(number) has been here (RFC 2406 §3.4.3)"
    case .leftOfWindow(0, _, _): "sequence number 0 is never sent: the first is 1 (RFC 2406 §3.3.3)"
    case .leftOfWindow(let number, let top, let size):
      "sequence number \(number) is left of the window of \(size) that ends at \(top) (RFC 2406 §3.4.3)"
    case .associationExpired(let limit): "the association's \(limit.words) is over (RFC 2401 §4.4.3)"
    case .badPadding(let index): "octet \(index + 1) of the padding is not \(index + 1) (RFC 2406 §2.4)"
    case .badPadLength(let length, let limit):
      "pad length \(length) exceeds the \(limit) octets before it (RFC 2406 §2.5)"
    case .shortPacket(let length):
      "\(length) octets of ESP are no length that the association's algorithms produce (RFC 2406 §2)"
    case .shortAuthenticationHeader(let length, let available):
      "AH says it is \(length) octets long, and \(available) are there (RFC 2402 §2.2)"
    case .decompressionFailed(let fault): "what IPComp carries cannot be unpacked: \(fault.words) (RFC 2394 §2)"
    case .nestingTooDeep(let limit):
      "more than \(limit) associations on one datagram: no deeper is looked (RFC 2401 §4.5 demands two)"
    case .unexpectedNextHeader(let number):
      "next header \(number.rawValue) (\(number.name ?? "unknown")) where a tunnel carries IPv4, 4, or IPv6, 41 (RFC 2406 §2.6)"
    case .dummyPacket: "next header 59: a dummy that hides how much is sent"
    case .cryptographyFailed(let error): error.description
    default: ""
    }
  }
}

extension Deflate.Fault {
  var words: String {
    switch self {
    case .truncated: "it ends too early"
    case .malformed(let why): why
    case .tooLong: "it is more than a datagram holds"
    }
  }
}

extension LifetimeLimit {
  /// What it limits.
  public var words: String {
    switch self {
    case .duration: "lifetime in seconds"
    case .volume: "lifetime in octets"
    case .sequenceNumbers: "stock of sequence numbers"
    }
  }
}
