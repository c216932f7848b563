import IKE
import IPsec
import Journal
import Units
import Wire

/// What an ISAKMP engine reacts to: the cause of its notes, and the datagram that it was given, if any.
struct ExchangeOccasion {
  /// Something that is attended to when the engine's actions are done.
  enum Outcome {
    case installed(policy: String, cause: EntryID?)
  }

  var cause: EntryID?
  var datagram: Datagram?
  var outcomes: [Outcome] = []
}

/// The driver of the nodes' ISAKMP engines: it carries bytes and instants in, and does what comes out.
extension World {
  mutating func receiveISAKMP(
    _ payload: [UInt8], _ datagram: Datagram, _ header: IPGlance, _ udp: UDPGlance, at node: Int
  ) {
    let from = IKEEndpoint(address: header.sourceAddress, port: udp.sourcePort)
    let to = IKEEndpoint(address: header.destinationAddress, port: udp.destinationPort)
    let actions = nodes[node].exchanges?.receive(payload, from: from, to: to, at: now) ?? []
    perform(actions, at: node, ExchangeOccasion(cause: datagram.cause, datagram: datagram))
  }

  mutating func exchangeTimerFired(_ timer: IKETimer, node: Int) {
    let actions = nodes[node].exchanges?.timerFired(timer, at: now) ?? []
    let cause = nodes[node].exchangeCauses[timer.exchange]
    perform(actions, at: node, ExchangeOccasion(cause: cause, datagram: nil))
  }

  /// Does what the engine asks for, in its order. What waited for an association leaves when all else is done: behind
  /// the message that lets the peer send by its own.
  mutating func perform(_ actions: [IKEAction], at node: Int, _ occasion: ExchangeOccasion) {
    var occasion = occasion
    for action in actions { perform(action, at: node, &occasion) }
    for case .installed(let policy, let cause) in occasion.outcomes { release(policy, at: node, cause: cause) }
  }

  private mutating func perform(_ action: IKEAction, at node: Int, _ occasion: inout ExchangeOccasion) {
    switch action {
    case .send(let bytes, let from, let to, let exchange, let message, let summary, let attempt):
      send(bytes, from, to, exchange, message, summary, attempt, at: node, &occasion)
    case .setTimer(let timer, let instant): schedule(.exchange(node: Int32(node), timer), at: instant)
    case .cancelTimer: break  // It fires, is told by its generation, and does nothing.
    case .installInbound(let pair): installInbound(pair, at: node, cause: occasion.cause)
    case .installOutbound(let pair): installOutbound(pair, at: node, &occasion)
    case .remove(let identities, let why):
      for identity in identities { remove(identity, Self.end(for: why), at: node, cause: occasion.cause) }
    case .configured: break  // A note says what the gateway gives; a scenario's policies name it already.
    case .acquireFailed(let policy, let why): acquireFailed(policy, why, at: node, cause: occasion.cause)
    case .note(let note, let exchange): record(note, exchange, at: node, &occasion)
    }
  }

  private static func end(for reason: IKERemovalReason) -> AssociationEnd {
    switch reason {
    case .deletedByPeer, .initialContact: .deletedByPeer
    case .unconfirmed, .partnerEnded: .deletedByUs
    case .deadPeer: .deadPeer
    }
  }

  private mutating func send(
    _ bytes: [UInt8], _ from: IKEEndpoint, _ to: IKEEndpoint, _ exchange: IKEExchangeID, _ message: Int,
    _ summary: String, _ attempt: Int?, at node: Int, _ occasion: inout ExchangeOccasion
  ) {
    let id = ExchangeID(exchange.rawValue)
    // The packet's number is known before it is made, so that the message is the packet's cause.
    let packet = PacketID(journal.lastPacket + 1)
    let event: ExchangeEvent =
      if let attempt {
        .retransmitted(id, packet: packet, attempt: UInt32(clamping: attempt))
      } else {
        .sent(id, packet: packet, message: UInt32(clamping: message), summary: summary)
      }
    let cause = note(.exchange(event), at: node, cause: occasion.cause)
    nodes[node].exchangeCauses[exchange] = cause
    let datagram = UDPHeader(sourcePort: from.port, destinationPort: to.port)
      .datagram(bytes, from: from.address, to: to.address)
    _ = send(datagram, .udp, from: from.address, to: to.address, at: node, cause: cause)
  }

  private mutating func record(
    _ note: IKENote, _ exchange: IKEExchangeID?, at node: Int, _ occasion: inout ExchangeOccasion
  ) {
    if case .dropped(let reason, let detail) = note {
      guard let datagram = occasion.datagram else { return }
      drop(datagram, Self.dropReason(reason), detail, at: node)
      return
    }
    guard let event = Self.event(note, exchange.map { ExchangeID($0.rawValue) }, occasion.datagram?.packet) else {
      return
    }
    occasion.cause = self.note(.exchange(event), at: node, cause: occasion.cause)
    if let exchange { nodes[node].exchangeCauses[exchange] = occasion.cause }
  }

  private static func dropReason(_ reason: IKEDropReason) -> DropReason {
    switch reason {
    case .malformed: .isakmpMalformed
    case .unknownCookie: .isakmpUnknownCookie
    case .unexpected, .limit: .isakmpUnexpected
    case .badHash: .isakmpBadHash
    case .refused: .isakmpRefused
    case .duplicate: .isakmpDuplicate
    case .unencrypted: .isakmpUnencrypted
    }
  }

  /// The journal's word for a note; `nil` for one that belongs to an exchange and names none.
  private static func event(_ note: IKENote, _ exchange: ExchangeID?, _ packet: PacketID?) -> ExchangeEvent? {
    switch note {
    case .noted(let text): return .noted(exchange, text: text)
    case .refused(let refusal): return .refused(exchange, RefusalDescription(refusal))
    default: break
    }
    guard let id = exchange else { return nil }
    switch note {
    case .began(let kind, let role, let peer, let cookies, let messageID, let parent):
      return .began(
        id, kind: ExchangeKind(rawValue: kind.rawValue) ?? .informational, isInitiator: role == .initiator,
        peer: peer.octets, cookies: cookies.octets, messageID: messageID,
        parent: parent.map { ExchangeID($0.rawValue) })
    case .advanced(let state, let story): return .advanced(id, state: state, story: story)
    case .received(let message, let summary):
      return .received(
        id, packet: packet ?? PacketID(0), message: UInt32(clamping: message), summary: summary)
    case .derived(let name, let formula, let citation, let value):
      return .derived(id, DerivedValue(name: name, formula: formula, citation: citation, value: value))
    case .chosen(let suite): return .chosen(id, suite: suite)
    case .completed: return .completed(id)
    case .abandoned(let why): return .abandoned(id, why: why)
    case .ended(let why): return .ended(id, why: why)
    case .exponentiated(let group, let purpose): return .exponentiated(id, group: group, purpose: purpose)
    case .noted, .refused, .dropped: return nil
    }
  }
}

extension RefusalDescription {
  init(_ refusal: IKERefusal) {
    self.init(
      side: refusal.side.rawValue, rule: refusal.rule, attribute: refusal.attribute, offered: refusal.offered,
      wanted: refusal.wanted, citation: refusal.citation)
  }
}
