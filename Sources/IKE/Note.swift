import Wire

/// The side of an exchange.
public enum IKERole: String, Hashable, Sendable, CaseIterable {
  case initiator
  case responder

  /// The other side.
  public var opposite: IKERole { self == .initiator ? .responder : .initiator }
}

/// A refusal: who refused what, by which rule, and what it would have taken.
public struct IKERefusal: Error, Hashable, Sendable {
  /// The side that says no.
  public var side: IKERole
  /// The rule that was broken, in words.
  public var rule: String
  /// The attribute or payload that broke it; empty where it is none in particular.
  public var attribute: String
  /// What the other side offered.
  public var offered: String
  /// What this side would have taken.
  public var wanted: String
  /// Where the rule stands.
  public var citation: String
  /// What the other side is told.
  public var notification: NotifyType?

  public init(
    side: IKERole, rule: String, attribute: String = "", offered: String = "", wanted: String = "", citation: String,
    notification: NotifyType? = nil
  ) {
    self.side = side
    self.rule = rule
    self.attribute = attribute
    self.offered = offered
    self.wanted = wanted
    self.citation = citation
    self.notification = notification
  }
}

extension IKERefusal: CustomStringConvertible {
  /// `the responder refuses: no transform is acceptable: Hash Algorithm: MD5 offered, SHA-1 wanted (RFC 2409 §5)`.
  public var description: String {
    var text = "the \(side.rawValue) refuses: \(rule)"
    if !attribute.isEmpty { text += ": \(attribute)" }
    switch (offered.isEmpty, wanted.isEmpty) {
    case (false, false): text += ": \(offered) offered, \(wanted) wanted"
    case (false, true): text += ": \(offered)"
    case (true, false): text += ": \(wanted) wanted"
    case (true, true): break
    }
    return text + " (\(citation))"
  }
}

/// Why a datagram was not let into an exchange.
public enum IKEDropReason: Hashable, Sendable {
  /// It can't be read: no ISAKMP message, or what it decrypts to is none.
  case malformed
  /// No association has its cookies.
  case unknownCookie
  /// The exchange is not at this message, or there is no such exchange.
  case unexpected
  /// It does not prove that it comes from the peer.
  case badHash
  /// Its content is not acceptable.
  case refused
  /// It was received before.
  case duplicate
  /// It says in clear what only counts when protected.
  case unencrypted
  /// A limit of the engine is reached.
  case limit
}

/// What an engine tells for the record of the run; it mirrors what a journal keeps of an exchange.
public enum IKENote: Hashable, Sendable {
  /// An exchange began. `cookies` are the initiator's and the responder's; `messageID` is 0 in phase 1.
  case began(
    kind: ExchangeType, role: IKERole, peer: IPAddress, cookies: CookiePair, messageID: UInt32,
    parent: IKEExchangeID?)
  /// The exchange reached a state; the story says in words what that means.
  case advanced(state: String, story: String)
  /// A message came in and was accepted.
  case received(message: Int, summary: String)
  /// A value was derived: name, formula, citation, octets.
  case derived(name: String, formula: String, citation: String, value: [UInt8])
  /// The responder's choice, or the initiator's acceptance of it.
  case chosen(suite: String)
  /// This side said no.
  case refused(IKERefusal)
  /// The exchange did what it was for.
  case completed
  /// The exchange was given up.
  case abandoned(why: String)
  /// A phase 1 association is no more.
  case ended(why: String)
  /// A modular exponentiation was done.
  case exponentiated(group: UInt16, purpose: String)
  /// A datagram was not let into an exchange.
  case dropped(IKEDropReason, detail: String)
  /// Something that a reader of the run should know.
  case noted(String)
}
