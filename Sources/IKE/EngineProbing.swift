import IPsec
import Units
import Wire

/// Whether a peer is still there: RFC 3706.
extension IKEEngine {
  /// Something came in by an association, so that its peer lives and need not be asked (RFC 3706 §5.5).
  public mutating func heard(by association: AssociationIdentity, at instant: Instant) {
    guard let child = child(of: association) else { return }
    peers[child.peerIndex].heard = max(peers[child.peerIndex].heard, instant)
  }

  /// A protected message came in under a phase 1 association: it counts, and its sender lives.
  mutating func received(_ octets: Int, under id: IKEExchangeID, at instant: Instant) {
    if let peerIndex = associations[id]?.peerIndex { peers[peerIndex].heard = instant }
    account(octets, id, at: instant)
  }

  /// Begins to watch over a peer that has said that it answers.
  mutating func watch(_ association: Phase1Association, at instant: Instant) {
    peers[association.peerIndex].heard = instant
    guard let detection = association.detection else { return }
    associations[association.id]?.probeNumber =
      UInt32(truncatingIfNeeded: desk.randomness.messageIDs.next()) & 0x7FFF_FFFF
    setProbeTimer(association, at: instant + detection.idle)
  }

  private mutating func setProbeTimer(_ association: Phase1Association, at instant: Instant) {
    let timer = IKETimer(exchange: association.id, purpose: .probe, generation: association.generation)
    desk.actions.append(.setTimer(timer, at: instant))
  }

  /// Asks a peer that was silent for too long, asks again, or takes it for dead. One with which nothing is shared is
  /// left in peace.
  mutating func probe(_ association: Phase1Association, at instant: Instant) {
    let peer = peers[association.peerIndex]
    guard let detection = association.detection, peer.current == association.id else { return }
    guard peer.heard + detection.idle <= instant, !peer.children.isEmpty else {
      associations[association.id]?.probes = 0
      return setProbeTimer(association, at: max(peer.heard, peer.children.isEmpty ? instant : .zero) + detection.idle)
    }
    guard association.probes < detection.limit else { return bury(association, at: instant) }
    let number = association.probeNumber &+ 1
    associations[association.id]?.probeNumber = number
    associations[association.id]?.probes += 1
    sendInformational(
      [.notification(.probe(.areYouThere, number, association.keys.cookies))], under: association,
      story: "asks whether the peer is there, number \(number)", at: instant)
    setProbeTimer(association, at: instant + detection.retry)
  }

  /// A peer that does not answer has lost everything: what was shared with it goes, and what is still wanted begins
  /// with phase 1 anew (RFC 3706 §5.5).
  private mutating func bury(_ association: Phase1Association, at instant: Instant) {
    let lost = peers[association.peerIndex].children.compactMap { children[$0] }
    for child in lost { forget(child) }
    if !lost.isEmpty { desk.actions.append(.remove(lost.flatMap(\.identities), why: .deadPeer)) }
    for id in peers[association.peerIndex].associations {
      guard let dead = associations[id] else { continue }
      end(
        dead, why: "the peer has not answered \(association.probes) times whether it is there (RFC 3706 §5.5)",
        isTold: false, at: instant)
    }
  }

  /// R-U-THERE and its answer. The number has to grow, and the answer's has to be the last that was asked with.
  mutating func takeProbe(
    _ notification: NotificationPayload, _ association: Phase1Association, _ id: IKEExchangeID, at instant: Instant
  ) {
    guard notification.spi == association.keys.cookies.octets, notification.data.count == 4 else {
      desk.note(.noted("it names another association, or no number (RFC 3706 §5.3)"), id)
      return
    }
    let number = notification.data.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    if notification.type == .areYouThereAcknowledgement {
      let isRight = number == association.probeNumber
      desk.note(.noted(isRight ? "the peer is there" : "nobody asked with the number \(number)"), id)
      if isRight { associations[association.id]?.probes = 0 }
      return
    }
    // The same number once more is an answer that was lost. The message itself is new: its ID was never used before.
    guard number >= association.peerProbeNumber ?? 0 else {
      desk.note(.noted("the number \(number) was used before (RFC 3706 §6)"), id)
      return
    }
    associations[association.id]?.peerProbeNumber = number
    sendInformational(
      [.notification(.probe(.areYouThereAcknowledgement, number, association.keys.cookies))], under: association,
      story: "answers that it is there, number \(number)", at: instant)
  }
}

extension Phase1Association {
  /// How the peer is watched over; `nil` where this side does not, or the peer has not said that it answers.
  fileprivate var detection: DeadPeerDetection? { isProbeAnswered ? setting.peer.deadPeerDetection : nil }
}

extension NotificationPayload {
  /// R-U-THERE or R-U-THERE-ACK: RFC 3706 §5.3 and §5.4.
  static func probe(_ type: NotifyType, _ number: UInt32, _ cookies: CookiePair) -> NotificationPayload {
    NotificationPayload(
      protocolID: .isakmp, spi: cookies.octets, type: type, data: KeyDerivation.octets(number))
  }
}

extension Phase1Setting {
  /// What this side says of itself in its first message.
  var vendorIDs: [ISAKMPPayload] {
    (peer.deadPeerDetection == nil ? [] : [.vendorID(VendorID.deadPeerDetection)])
      + (peer.remoteAccess?.hasUsers == true ? [.vendorID(VendorID.xauth)] : [])
  }
}

extension ReceivedMessage {
  /// Whether the sender says that it answers R-U-THERE, in whatever version (RFC 3706 §5.1).
  var announcesProbes: Bool {
    chain.payloads.contains { payload in
      if case .vendorID(let octets) = payload {
        octets.starts(with: VendorID.deadPeerDetection.dropLast(2))
      } else {
        false
      }
    }
  }
}
