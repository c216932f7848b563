import IPsec
import Units
import Wire

/// Quick mode in the engine: RFC 2409 §5.5.
extension IKEEngine {
  // MARK: Initiator

  mutating func startQuickMode(_ acquire: Acquire, under id: IKEExchangeID, at instant: Instant) {
    guard let association = associations[id], let group = directory.group(of: acquire.item) else { return }
    let setting = quickModeSetting(
      association, messageID: makeMessageID(id), acquire, group, exchange: desk.nextExchange())
    noteBegan(setting, .initiator)
    var inbound: [AssociationIdentity] = []
    do {
      inbound = try makeInbound(group, at: setting.local, side: .initiator)
      let vector = setting.keys.initializationVector(
        lastPhase1Block: association.lastBlock, messageID: setting.messageID, desk: &desk, setting.exchange)
      let (state, message) = try SentProposal.begin(setting, inbound: inbound, vector: vector, desk: &desk)
      var exchange = QuickModeExchange(
        id: setting.exchange, association: id, messageID: setting.messageID, role: .initiator,
        peerIndex: association.peerIndex, acquire: acquire, policy: setting.policy, inbound: inbound,
        state: .sentProposal(state), received: [], sent: message)
      send(message, exchange, retransmission: nil, at: instant)
      desk.note(.advanced(state: "SentProposal", story: SentProposal.story), exchange.id)
      arm(&exchange, at: instant)
      keep(exchange)
    } catch {
      release(inbound)
      wanted.remove(Wanted(peerIndex: association.peerIndex, acquire: acquire))
      desk.note(.refused(error), setting.exchange)
      desk.note(.abandoned(why: error.description), setting.exchange)
      desk.actions.append(.acquireFailed(policy: setting.policy, why: error.description))
    }
  }

  func quickModeSetting(
    _ association: Phase1Association, messageID: UInt32, _ acquire: Acquire, _ group: LayerGroup,
    exchange: IKEExchangeID
  ) -> QuickModeSetting {
    QuickModeSetting(
      exchange: exchange, association: association.id, messageID: messageID, keys: association.keys,
      local: association.setting.local.address, remote: association.setting.remote.address, acquire: acquire,
      policy: name(of: acquire), group: group)
  }

  mutating func noteBegan(_ setting: QuickModeSetting, _ role: IKERole) {
    desk.note(
      .began(
        kind: .quickMode, role: role, peer: setting.remote, cookies: setting.keys.cookies,
        messageID: setting.messageID, parent: setting.association), setting.exchange)
  }

  /// A message ID that was not used under an association yet: RFC 2409 §5.5 wants it random and unique. The side that
  /// began phase 1 leaves the highest bit clear and the other sets it, so that two of our kind never choose the same
  /// one.
  mutating func makeMessageID(_ id: IKEExchangeID) -> UInt32 {
    let side: UInt32 = associations[id]?.role == .responder ? 0x8000_0000 : 0
    while true {
      let messageID = UInt32(truncatingIfNeeded: desk.randomness.messageIDs.next()) & 0x7FFF_FFFF | side
      guard let association = associations[id] else { return messageID }
      guard messageID != 0, !association.peerMessageIDs.contains(messageID) else { continue }
      if associations[id]?.ownMessageIDs.insert(messageID).inserted == true { return messageID }
    }
  }

  // MARK: Exchanges

  mutating func keep(_ exchange: QuickModeExchange) {
    quickModes[exchange.id] = exchange
    quickModeIDs[exchange.key] = exchange.id
  }

  mutating func forget(_ exchange: QuickModeExchange) {
    quickModes[exchange.id] = nil
    quickModeIDs[exchange.key] = nil
  }

  /// Forgets quick modes whose last message nobody can ask for any more.
  mutating func forgetFinished(until instant: Instant) {
    while let id = finished.next(at: instant) {
      if let exchange = quickModes[id] { forget(exchange) }
    }
  }

  mutating func send(
    _ message: OutgoingMessage, _ exchange: QuickModeExchange, retransmission: Int?, at instant: Instant
  ) {
    guard let association = associations[exchange.association] else { return }
    desk.actions.append(
      .send(
        message.bytes, from: association.setting.local, to: association.setting.remote, exchange: exchange.id,
        message: message.message, summary: message.summary, retransmission: retransmission))
    account(message.bytes.count, exchange.association, at: instant)
  }

  mutating func arm(_ exchange: inout QuickModeExchange, at instant: Instant) {
    exchange.generation += 1
    let wait = configuration.peers[exchange.peerIndex].retransmission.wait(attempt: exchange.attempts)
    desk.actions.append(
      .setTimer(
        IKETimer(exchange: exchange.id, purpose: .retransmit, generation: exchange.generation), at: instant + wait))
  }

  /// No answer came to message 1, or no confirmation to message 2.
  mutating func retransmit(_ exchange: QuickModeExchange, at instant: Instant) {
    var exchange = exchange
    guard exchange.state.awaited != nil else { return }
    guard exchange.attempts < configuration.peers[exchange.peerIndex].retransmission.limit else {
      let why =
        "no answer to message \(exchange.sent.message) of quick mode after \(exchange.attempts) retransmissions"
      giveUp(exchange, why: exchange.hint.map { "\(why); \($0)" } ?? why, at: instant)
      // A peer that answers nothing has probably lost the association: the next packet begins with phase 1 again.
      if exchange.role == .initiator, let association = associations[exchange.association] {
        end(association, why: "the peer no longer answers", isTold: true, at: instant)
      }
      return
    }
    exchange.attempts += 1
    send(exchange.sent, exchange, retransmission: exchange.attempts, at: instant)
    arm(&exchange, at: instant)
    quickModes[exchange.id] = exchange
  }

  /// Gives a quick mode up, and takes back what it has installed.
  mutating func giveUp(_ exchange: QuickModeExchange, why: String, at instant: Instant) {
    forget(exchange)
    release(exchange.inbound)
    desk.note(.abandoned(why: why), exchange.id)
    switch exchange.state {
    case .sentProposal:
      wanted.remove(Wanted(peerIndex: exchange.peerIndex, acquire: exchange.acquire))
      desk.actions.append(.acquireFailed(policy: exchange.policy, why: why))
    case .answeredProposal(let state):
      desk.actions.append(.remove(state.installs.map(\.inbound.identity), why: .unconfirmed))
      // The initiator may have installed the pair: message 3 is the one that nobody acknowledges.
      sendDelete(of: exchange.inbound, peer: exchange.peerIndex, at: instant)
    case .confirmed: break
    }
  }
}

extension QuickModeExchange {
  var key: IKEEngine.QuickModeKey {
    IKEEngine.QuickModeKey(association: association, messageID: messageID)
  }
}
