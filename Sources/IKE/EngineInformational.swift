import IPsec
import Units
import Wire

/// Informational exchanges: RFC 2409 §5.7, RFC 2408 §4.8.
extension IKEEngine {
  // MARK: Outgoing

  /// Tells the peer of a refusal before there is anything to protect it with: RFC 2408 §5.4. It proves nothing, and the
  /// peer takes it as a hint only.
  mutating func complainInClear(_ refusal: IKERefusal, _ cookies: CookiePair, _ setting: Phase1Setting) {
    guard let type = refusal.notification else { return }
    sendInClear(type, cookies, from: setting.local, to: setting.remote, parent: setting.exchange)
  }

  /// Tells the sender of a message that could not be let into any exchange what was wrong with it: RFC 2408 §5.1 to
  /// §5.3. Not strangers, and not often: anybody could have it sent to somebody else. Informational exchanges are
  /// answered with silence, or two ends would complain of each other for ever.
  mutating func complain(of rejection: Rejection, _ datagram: Datagram) {
    guard let type = rejection.notification, datagram.bytes.count >= ISAKMPHeader.encodedLength,
      datagram.bytes[18] != ExchangeType.informational.rawValue,
      let peerIndex = directory.caller(local: datagram.local.address, remote: datagram.remote.address)
    else { return }
    if let last = peers[peerIndex].complained, datagram.arrival < last + Self.complaintInterval { return }
    peers[peerIndex].complained = datagram.arrival
    let numbers = [0, 8].map { start in
      datagram.bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    let cookies = CookiePair(initiator: Cookie(rawValue: numbers[0]), responder: Cookie(rawValue: numbers[1]))
    sendInClear(type, cookies, from: datagram.local, to: datagram.remote, parent: nil)
  }

  /// The least time between two such complaints to one peer.
  private static let complaintInterval = SimDuration.seconds(1)

  private mutating func sendInClear(
    _ type: NotifyType, _ cookies: CookiePair, from local: IKEEndpoint, to remote: IKEEndpoint, parent: IKEExchangeID?
  ) {
    let exchange = desk.nextExchange()
    let messageID = max(1, UInt32(truncatingIfNeeded: desk.randomness.messageIDs.next()))
    let header = ISAKMPHeader(
      initiatorCookie: cookies.initiator, responderCookie: cookies.responder, exchangeType: .informational,
      messageID: messageID)
    let notification = NotificationPayload(protocolID: .isakmp, spi: cookies.octets, type: type)
    let message = OutgoingMessage.clear(
      .of(.informational, 1, isEncrypted: false), header, [.notification(notification)])
    noteBegan(exchange, remote.address, cookies, messageID: messageID, parent: parent)
    desk.actions.append(
      .send(
        message.bytes, from: local, to: remote, exchange: exchange, message: 1, summary: message.summary,
        retransmission: nil))
    desk.note(.noted("tells the peer \(type.meaning), unprotected"), exchange)
    desk.note(.completed, exchange)
  }

  private mutating func noteBegan(
    _ exchange: IKEExchangeID, _ peer: IPAddress, _ cookies: CookiePair, messageID: UInt32, parent: IKEExchangeID?
  ) {
    desk.note(
      .began(
        kind: .informational, role: .initiator, peer: peer, cookies: cookies, messageID: messageID, parent: parent),
      exchange)
  }

  /// Tells the peer of a refusal in phase 2, about a protocol and the SPI that the peer or this side receives under.
  mutating func sendNotification(
    _ refusal: IKERefusal, about subject: (protocolID: SecurityProtocol, spi: UInt32?), under id: IKEExchangeID,
    at instant: Instant
  ) {
    guard let type = refusal.notification, let association = associations[id] else { return }
    let notification = NotificationPayload(
      protocolID: subject.protocolID, spi: subject.spi.map(subject.protocolID.octets) ?? [], type: type)
    sendInformational(
      [.notification(notification)], under: association, story: "tells the peer \(type.meaning)", at: instant)
  }

  /// Tells the peer that this side no longer receives by some associations: one payload for each protocol.
  mutating func sendDelete(of inbound: [AssociationIdentity], peer peerIndex: Int, at instant: Instant) {
    guard let association = usableAssociation(peerIndex, at: instant) else { return }
    var payloads: [ISAKMPPayload] = []
    for protocolID in [SecurityProtocol.ah, .esp, .ipcomp] {
      let spis = inbound.filter { SecurityProtocol($0.securityProtocol) == protocolID }.map(\.spi)
      guard !spis.isEmpty else { continue }
      payloads.append(.delete(DeletePayload(protocolID: protocolID, spis: spis.map(protocolID.octets))))
    }
    let names = inbound.map { "0x" + hexadecimal(SecurityProtocol($0.securityProtocol).octets($0.spi)) }
    sendInformational(
      payloads, under: association,
      story: "tells the peer that \(names.joined(separator: ", ")) \(names.count == 1 ? "is" : "are") no more",
      at: instant)
  }

  /// Tells the peer that a phase 1 association is no more; the SPI is its two cookies (RFC 2408 §3.15).
  mutating func sendDelete(of association: Phase1Association, at instant: Instant) {
    let delete = DeletePayload(protocolID: .isakmp, spis: [association.keys.cookies.octets])
    sendInformational(
      [.delete(delete)], under: association, story: "tells the peer that the phase 1 association is no more",
      at: instant)
  }

  mutating func sendInformational(
    _ payloads: [ISAKMPPayload], under association: Phase1Association, story: String, at instant: Instant
  ) {
    let exchange = desk.nextExchange()
    let keys = association.keys
    let messageID = makeMessageID(association.id)
    noteBegan(
      exchange, association.setting.remote.address, keys.cookies, messageID: messageID, parent: association.id)
    let vector = keys.initializationVector(
      lastPhase1Block: association.lastBlock, messageID: messageID, desk: &desk, exchange)
    // HASH(1) = prf(SKEYID_a, M-ID | N/D)   RFC 2409 §5.7
    let hash = keys.firstHash(
      messageID: messageID, rest: ISAKMPMessage.encoded(payloads), formula: Phase1Keys.informationalFormula,
      desk: &desk, exchange)
    do {
      let (message, _) = try OutgoingMessage.encrypted(
        .of(.informational, 1, isEncrypted: true), keys.header(.informational, messageID: messageID),
        [.hash(hash)] + payloads, keys.protection, initializationVector: vector)
      desk.actions.append(
        .send(
          message.bytes, from: association.setting.local, to: association.setting.remote, exchange: exchange,
          message: 1, summary: message.summary, retransmission: nil))
      desk.note(.noted(story), exchange)
      desk.note(.completed, exchange)
    } catch {
      desk.note(.abandoned(why: error.description), exchange)
    }
  }

  // MARK: Incoming

  mutating func receiveInformational(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) {
    guard header.flags.contains(.encryption) else { return try takeHint(header, datagram) }
    let association = try protecting(header, datagram)
    try checkIsNew(header, association)
    let rule = MessageRule.of(.informational, 1, isEncrypted: true)
    let id = desk.nextExchange()
    let mark = desk.actions.count
    let vector = association.keys.initializationVector(
      lastPhase1Block: association.lastBlock, messageID: header.messageID, desk: &desk, id)
    let message: ReceivedMessage
    do {
      message = try open(header, datagram, rule, association.keys, vector: vector).message
      try verifyFirst(message, header, association.keys, Phase1Keys.informationalFormula, id)
    } catch {
      desk.actions.removeSubrange(mark...)
      throw error
    }
    associations[association.id]?.peerMessageIDs.insert(header.messageID)
    let note = IKENote.began(
      kind: .informational, role: .responder, peer: datagram.remote.address, cookies: association.keys.cookies,
      messageID: header.messageID, parent: association.id)
    desk.actions.insert(.note(note, exchange: id), at: mark)
    noteReceived(rule, message, id, before: mark + 1)
    received(datagram.bytes.count, under: association.id, at: datagram.arrival)
    for notification in message.notifications { take(notification, association, id, at: datagram.arrival) }
    take(message.deletes, association, id, at: datagram.arrival)
    desk.note(.completed, id)
  }

  /// An unprotected notification: anybody could have sent it, so it changes nothing. What it says is remembered, and
  /// told when the exchange fails by itself.
  private mutating func takeHint(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) {
    let rule = MessageRule.of(.informational, 1, isEncrypted: false)
    let message: ReceivedMessage
    do { message = try ReceivedMessage(clear: datagram.bytes) } catch { throw Rejection(error) }
    if let refusal = rule.refusal(of: message.types, side: .responder) {
      throw Rejection(.unexpected, refusal.description)
    }
    let words = message.notifications.map(\.type.meaning) + message.deletes.map { _ in "a Delete" }
    let hint = "the peer says, unprotected: \(words.joined(separator: ", "))"
    guard let id = cookies[header.responderCookie] ?? cookies[header.initiatorCookie] else {
      throw Rejection(.unknownCookie, hint)
    }
    if phase1Exchanges[id]?.setting.remote == datagram.remote {
      phase1Exchanges[id]?.hint = hint
    } else if associations[id]?.setting.remote == datagram.remote {
      for exchange in quickModes.values where exchange.association == id { quickModes[exchange.id]?.hint = hint }
    }
    reject(Rejection(.unencrypted, hint), exchange: id)
  }

  private mutating func take(
    _ notification: NotificationPayload, _ association: Phase1Association, _ id: IKEExchangeID, at instant: Instant
  ) {
    desk.note(.noted("the peer says \(notification.type.meaning)"), id)
    if notification.type == .initialContact { initialContact(association.peerIndex, before: association.began) }
    if notification.type == .areYouThere || notification.type == .areYouThereAcknowledgement,
      let current = associations[association.id]
    {
      takeProbe(notification, current, id, at: instant)
    }
    guard notification.type.isError else { return }
    let pending = quickModes.values
      .filter { $0.association == association.id && $0.state.awaited == 2 }.sorted { $0.id < $1.id }
    let named = pending.first { $0.isMeant(by: notification) }
    // Many do not say which offer they mean: where there is one only, it is that.
    guard let exchange = named ?? (pending.count == 1 ? pending.first : nil) else { return }
    giveUp(exchange, why: "the responder refuses: \(notification.type.meaning)", at: instant)
  }

  private mutating func take(
    _ deletes: [DeletePayload], _ association: Phase1Association, _ id: IKEExchangeID, at instant: Instant
  ) {
    var removed: [AssociationIdentity] = []
    for delete in deletes where delete.protocolID != .isakmp {
      guard let number = delete.protocolID.ipProtocol else {
        desk.note(.noted("a Delete for \(delete.protocolID.meaning), of which there is none here"), id)
        continue
      }
      for spi in delete.spis.compactMap(delete.protocolID.number) {
        let outbound = AssociationIdentity(
          spi: spi, destination: association.setting.remote.address, securityProtocol: number)
        remove(outbound, &removed, id)
      }
    }
    if !removed.isEmpty { desk.actions.append(.remove(removed, why: .deletedByPeer)) }
    for delete in deletes where delete.protocolID == .isakmp { deleteAssociations(delete, association, at: instant) }
  }

  /// The peer no longer receives by this: what this side sends by it is lost, and all that was made with it goes too,
  /// the other direction included.
  private mutating func remove(
    _ outbound: AssociationIdentity, _ removed: inout [AssociationIdentity], _ id: IKEExchangeID
  ) {
    if let child = child(of: outbound) {
      forget(child)
      removed += child.identities
    } else if !removed.contains(outbound) {
      let octets = SecurityProtocol(outbound.securityProtocol).octets(outbound.spi)
      desk.note(.noted("a Delete for 0x\(hexadecimal(octets)), which is not known here"), id)
    }
  }

  private mutating func deleteAssociations(
    _ delete: DeletePayload, _ association: Phase1Association, at instant: Instant
  ) {
    for id in peers[association.peerIndex].associations {
      guard let named = associations[id], delete.spis.contains(named.keys.cookies.octets) else { continue }
      end(named, why: "the peer has deleted it", isTold: false, at: instant)
    }
  }
}

extension QuickModeExchange {
  /// Whether a notification names one of the SPIs that this side offered.
  fileprivate func isMeant(by notification: NotificationPayload) -> Bool {
    inbound.contains {
      let protocolID = SecurityProtocol($0.securityProtocol)
      return notification.protocolID == protocolID && protocolID.number(notification.spi) == $0.spi
    }
  }
}
