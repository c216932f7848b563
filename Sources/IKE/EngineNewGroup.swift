import Units
import Wire

/// New group mode: RFC 2409 §5.6.
extension IKEEngine {
  /// A peer proposes a group of its own. Whether numbers that a peer made are a group in which logarithms are hard
  /// takes longer to find out than to refuse, so none is taken: the answer is the notification that RFC 2409 §5.6
  /// demands for that.
  mutating func receiveNewGroup(_ header: ISAKMPHeader, _ datagram: Datagram) throws(Rejection) {
    let association = try protecting(header, datagram)
    try checkIsNew(header, association)
    let rule = MessageRule.of(.newGroupMode, 1)
    let id = desk.nextExchange()
    let mark = desk.actions.count
    let vector = association.keys.initializationVector(
      lastPhase1Block: association.lastBlock, messageID: header.messageID, desk: &desk, id)
    let message: ReceivedMessage
    do throws(Rejection) {
      message = try open(header, datagram, rule, association.keys, vector: vector).message
      try verifyFirst(message, header, association.keys, "prf(SKEYID_a, M-ID | SA)", id)
    } catch {
      desk.actions.removeSubrange(mark...)
      throw error
    }
    associations[association.id]?.peerMessageIDs.insert(header.messageID)
    desk.actions.insert(
      .note(
        .began(
          kind: .newGroupMode, role: .responder, peer: datagram.remote.address, cookies: association.keys.cookies,
          messageID: header.messageID, parent: association.id), exchange: id), at: mark)
    noteReceived(rule, message, id, before: mark + 1)
    received(datagram.bytes.count, under: association.id, at: datagram.arrival)
    let refusal = Self.refusal(of: message.securityAssociation)
    desk.note(.refused(refusal), id)
    sendNotification(refusal, about: (.isakmp, nil), under: association.id, at: datagram.arrival)
    desk.note(.abandoned(why: refusal.description), id)
  }

  private static func refusal(of offer: SecurityAssociationPayload?) -> IKERefusal {
    let attributes = offer?.proposals.first?.transforms.first?.attributes ?? []
    let number = attributes.first { $0.type == IKEAttributeType.groupDescription.rawValue }?.unsigned
    return IKERefusal(
      side: .responder, rule: "a group of the peer's own is not taken",
      attribute: IKEAttributeType.groupDescription.meaning, offered: number.map { "\($0)" } ?? "nothing",
      wanted: "one of the Oakley groups", citation: "RFC 2409 §5.6", notification: .attributesNotSupported)
  }
}
