import Journal

/// The journal's closed lists in words. A case without words does not compile.
extension ExchangeKind {
  /// `main mode`.
  var words: String {
    switch self {
    case .mainMode: "main mode"
    case .aggressiveMode: "aggressive mode"
    case .informational: "informational exchange"
    case .transaction: "transaction exchange"
    case .quickMode: "quick mode"
    case .newGroupMode: "new group mode"
    }
  }

  /// Which phase of ISAKMP it belongs to: RFC 2408 §2.3.
  var phase: Int {
    switch self {
    case .mainMode, .aggressiveMode: 1
    case .informational, .transaction, .quickMode, .newGroupMode: 2
    }
  }
}

extension AssociationEnd {
  /// Why it ended, behind "because".
  public var words: String {
    switch self {
    case .lifetimeSeconds: "its lifetime in seconds is over"
    case .lifetimeKilobytes: "its lifetime in kilobytes is used up"
    case .deletedByPeer: "the peer has deleted it"
    case .deletedByUs: "this node has deleted it"
    case .replaced: "a newer one has taken its place"
    case .sequenceExhausted: "its sequence numbers are used up"
    case .deadPeer: "its peer no longer answers"
    }
  }
}

extension RunEnd {
  /// Why it ended, behind "because".
  public var words: String {
    switch self {
    case .quiet: "nothing is left to happen"
    case .durationReached: "the scenario's duration is over"
    case .eventLimit: "the limit on events is reached"
    }
  }
}

extension PolicyVerdict {
  /// What the policy does with a packet: `fw-a, policy 1 to-branch: protects …`.
  var verb: String {
    switch self {
    case .discard: "discards"
    case .bypass: "lets pass in clear"
    case .apply: "protects"
    }
  }

  /// The same of a packet that comes in.
  var inboundVerb: String {
    switch self {
    case .discard: "discards"
    case .bypass: "lets in in clear"
    case .apply: "admits"
    }
  }
}

extension Direction {
  /// `outbound`.
  var words: String {
    switch self {
    case .outbound: "outbound"
    case .inbound: "inbound"
    }
  }
}

extension DropReason {
  /// Why a packet went no further, behind "because".
  public var words: String {
    if let row = Self.table.first(where: { $0.reason == self }) { return row.words }
    return "\(self)"
  }

  /// Every reason once; a test holds this to it.
  static let table: [(reason: DropReason, words: String)] = [
    (.linkLoss, "the link lost it"),
    (.linkQueueFull, "the link's queue is full"),
    (.exceedsLinkMTU, "it is larger than the link takes"),
    (.noSuchNextHop, "the next hop is not on the link"),
    (.malformedHeader, "its header is malformed"),
    (.badChecksum, "its checksum is wrong"),
    (.timeToLiveExceeded, "its time to live is over"),
    (.noRoute, "no route leads to its destination"),
    (.fragmentationNeeded, "it must be fragmented and may not be"),
    (.notForUs, "it is for somebody else, and this node forwards nothing"),
    (.reassemblyTimeout, "its other fragments did not come in time"),
    (.reassemblyOverlap, "its fragments contradict each other"),
    (.reassemblyLimit, "too much waits for reassembly"),
    (.noListener, "nobody here wants it"),
    (.malformedPayload, "its payload is malformed"),
    (.policyDiscard, "its policy discards it"),
    (.cleartextWherePolicyDemandsIPsec, "it came in clear where the policy demands IPsec"),
    (.ipsecWherePolicyDemandsCleartext, "it came protected where the policy wants clear text"),
    (.wrongAssociation, "it came by another association than the policy demands"),
    (.wrongInnerSelector, "what was inside is not what its association may carry"),
    (.noPolicy, "no policy covers it"),
    (.acquireFailed, "no security association could be had for it"),
    (.acquireQueueFull, "too many packets wait for a security association"),
    (.unknownSPI, "no security association has its SPI"),
    (.badICV, "its ICV is wrong: it was changed, or made with another key"),
    (.replayed, "its sequence number was seen before"),
    (.leftOfWindow, "its sequence number lies left of the replay window"),
    (.sequenceNumberExhausted, "the association's sequence numbers are used up"),
    (.associationExpired, "its association has expired"),
    (.badPadding, "its padding is not 1, 2, 3, …"),
    (.badPadLength, "its pad length exceeds the packet"),
    (.shortPacket, "it is too short for its association's transform"),
    (.unexpectedNextHeader, "what is inside is not what its mode says"),
    (.dummyPacket, "it is a dummy packet, meant to be dropped"),
    (.cryptographyFailed, "the cryptography failed"),
    (.nestingTooDeep, "more is nested in it than a node unwraps"),
    (.decompressionFailed, "what it has packed cannot be unpacked"),
    (.isakmpMalformed, "it is no ISAKMP message that can be read"),
    (.isakmpUnknownCookie, "no ISAKMP SA has its cookies"),
    (.isakmpUnexpected, "no exchange expects this message now"),
    (.isakmpBadHash, "its HASH is wrong"),
    (.isakmpRefused, "its content was refused"),
    (.isakmpDuplicate, "the message was received before"),
    (.isakmpUnencrypted, "it says in clear what only counts when protected"),
    (.applicationClosed, "the application no longer waits for it"),
    (.filtered, "a packet filter drops it"),
  ]

  /// Its name in lists and JSON: `badICV`.
  var name: String { "\(self)" }
}
