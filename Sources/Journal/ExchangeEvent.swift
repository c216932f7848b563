import Units

/// One value that an exchange derived, and how: so that a view can show where each key came from.
public struct DerivedValue: Hashable, Sendable, Codable {
  /// `SKEYID_e`, `HASH_I`, `KEYMAT`, `IV`, …
  public var name: String
  /// `prf(SKEYID, SKEYID_a | g^xy | CKY-I | CKY-R | 2)`.
  public var formula: String
  /// `RFC 2409 §5`.
  public var citation: String
  /// The octets.
  public var value: [UInt8]

  public init(name: String, formula: String, citation: String, value: [UInt8]) {
    self.name = name
    self.formula = formula
    self.citation = citation
    self.value = value
  }
}

/// A refusal in full: who refused what, and what it would have taken.
public struct RefusalDescription: Hashable, Sendable, Codable {
  /// `initiator` or `responder`: the side that said no.
  public var side: String
  /// The rule that was broken, in words.
  public var rule: String
  /// The attribute or payload that broke it; empty where it is none in particular.
  public var attribute: String
  /// What the other side offered.
  public var offered: String
  /// What this side would have taken.
  public var wanted: String
  /// `RFC 2409 §5.4`.
  public var citation: String

  public init(side: String, rule: String, attribute: String, offered: String, wanted: String, citation: String) {
    self.side = side
    self.rule = rule
    self.attribute = attribute
    self.offered = offered
    self.wanted = wanted
    self.citation = citation
  }
}

/// What an ISAKMP exchange is for.
public enum ExchangeKind: UInt8, Hashable, Sendable, Codable {
  case mainMode = 2
  case aggressiveMode = 4
  case informational = 5
  case transaction = 6
  case quickMode = 32
  case newGroupMode = 33
}

/// What can happen in an ISAKMP exchange.
public enum ExchangeEvent: Hashable, Sendable {
  /// An exchange began. `cookies` are the initiator's and the responder's, 16 octets; `messageID` is 0 in phase 1.
  case began(
    ExchangeID, kind: ExchangeKind, isInitiator: Bool, peer: [UInt8], cookies: [UInt8], messageID: UInt32,
    parent: ExchangeID?)
  /// The exchange reached a state; the story says in words what that means.
  case advanced(ExchangeID, state: String, story: String)
  /// A message went out in `packet`; `summary` names its payloads: `HDR, SA`.
  case sent(ExchangeID, packet: PacketID, message: UInt32, summary: String)
  /// A message came in and was accepted.
  case received(ExchangeID, packet: PacketID, message: UInt32, summary: String)
  /// The last message was sent again for want of an answer.
  case retransmitted(ExchangeID, packet: PacketID, attempt: UInt32)
  /// A value was derived.
  case derived(ExchangeID, DerivedValue)
  /// The responder's choice, or the initiator's acceptance of it.
  case chosen(ExchangeID, suite: String)
  /// This side said no.
  case refused(ExchangeID?, RefusalDescription)
  /// The exchange did what it was for.
  case completed(ExchangeID)
  /// The exchange was given up.
  case abandoned(ExchangeID, why: String)
  /// A phase 1 association is no more.
  case ended(ExchangeID, why: String)
  /// A modular exponentiation was done: the work that a flood makes a node do.
  case exponentiated(ExchangeID, group: UInt16, purpose: String)
  /// Something that a reader of the run should know.
  case noted(ExchangeID?, text: String)

  var code: UInt8 {
    switch self {
    case .began: 1
    case .advanced: 2
    case .sent: 3
    case .received: 4
    case .retransmitted: 5
    case .derived: 6
    case .chosen: 7
    case .refused: 8
    case .completed: 9
    case .abandoned: 10
    case .ended: 11
    case .exponentiated: 12
    case .noted: 13
    }
  }

  /// The packet that carries the message.
  public var packet: PacketID? {
    switch self {
    case .sent(_, let packet, _, _), .received(_, let packet, _, _), .retransmitted(_, let packet, _): packet
    default: nil
    }
  }

  /// The exchange that it happened in.
  public var exchange: ExchangeID? {
    switch self {
    case .began(let id, _, _, _, _, _, _), .advanced(let id, _, _), .sent(let id, _, _, _), .received(let id, _, _, _),
      .retransmitted(let id, _, _), .derived(let id, _), .chosen(let id, _), .completed(let id),
      .abandoned(let id, _), .ended(let id, _), .exponentiated(let id, _, _):
      id
    case .refused(let id, _), .noted(let id, _): id
    }
  }

  func write(to writer: inout BodyWriter) {
    writer.optional(exchange) { $0.unsigned($1.rawValue) }
    switch self {
    case .began(_, let kind, let isInitiator, let peer, let cookies, let messageID, let parent):
      writer.unsigned(kind.rawValue)
      writer.boolean(isInitiator)
      writer.octets(peer)
      writer.octets(cookies)
      writer.unsigned(messageID)
      writer.optional(parent) { $0.unsigned($1.rawValue) }
    case .advanced(_, let state, let story):
      writer.text(state)
      writer.text(story)
    case .sent(_, let packet, let message, let summary), .received(_, let packet, let message, let summary):
      writer.unsigned(packet.rawValue)
      writer.unsigned(message)
      writer.text(summary)
    case .retransmitted(_, let packet, let attempt):
      writer.unsigned(packet.rawValue)
      writer.unsigned(attempt)
    case .derived(_, let value):
      writer.text(value.name)
      writer.text(value.formula)
      writer.text(value.citation)
      writer.octets(value.value)
    case .refused(_, let refusal):
      for text in [
        refusal.side, refusal.rule, refusal.attribute, refusal.offered, refusal.wanted, refusal.citation,
      ] {
        writer.text(text)
      }
    case .exponentiated(_, let group, let purpose):
      writer.unsigned(group)
      writer.text(purpose)
    case .chosen(_, let text), .abandoned(_, let text), .ended(_, let text), .noted(_, let text): writer.text(text)
    case .completed: break
    }
  }

  init?(code: UInt8, reading reader: inout BodyReader) throws(BodyError) {
    // Nothing is known of the body of a code that is not.
    guard (1...13).contains(code) else { return nil }
    let exchange = try reader.optional { r throws(BodyError) in ExchangeID(try r.unsigned()) }
    switch code {
    case 8:
      self = .refused(
        exchange,
        RefusalDescription(
          side: try reader.text(), rule: try reader.text(), attribute: try reader.text(), offered: try reader.text(),
          wanted: try reader.text(), citation: try reader.text()))
    case 13: self = .noted(exchange, text: try reader.text())
    default:
      guard let exchange else { throw BodyError(offset: reader.position, expected: "an exchange") }
      guard let event = try Self.read(code, exchange, &reader) else { return nil }
      self = event
    }
  }

  private static func read(
    _ code: UInt8, _ id: ExchangeID, _ reader: inout BodyReader
  ) throws(BodyError) -> ExchangeEvent? {
    switch code {
    case 1:
      .began(
        id, kind: try reader.coded("an exchange type"), isInitiator: try reader.boolean(), peer: try reader.octets(),
        cookies: try reader.octets(), messageID: try reader.unsigned(),
        parent: try reader.optional { r throws(BodyError) in ExchangeID(try r.unsigned()) })
    case 2: .advanced(id, state: try reader.text(), story: try reader.text())
    case 3: .sent(id, packet: try reader.packet(), message: try reader.unsigned(), summary: try reader.text())
    case 4: .received(id, packet: try reader.packet(), message: try reader.unsigned(), summary: try reader.text())
    case 5: .retransmitted(id, packet: try reader.packet(), attempt: try reader.unsigned())
    case 6:
      .derived(
        id,
        DerivedValue(
          name: try reader.text(), formula: try reader.text(), citation: try reader.text(),
          value: try reader.octets()))
    case 7: .chosen(id, suite: try reader.text())
    case 9: .completed(id)
    case 10: .abandoned(id, why: try reader.text())
    case 11: .ended(id, why: try reader.text())
    case 12: .exponentiated(id, group: try reader.unsigned(), purpose: try reader.text())
    default: nil
    }
  }
}
