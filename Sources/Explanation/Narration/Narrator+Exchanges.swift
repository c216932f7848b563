import Journal

extension Narrator {
  func words(_ event: ExchangeEvent, _ entry: Entry) -> String {
    let who = name(entry.node)
    switch event {
    case .began(let id, let kind, let isInitiator, let peer, _, let messageID, let parent):
      return began(who, id, kind, isInitiator, peer, messageID, parent, entry.node)
    case .advanced(let id, let state, let story):
      return "\(who), \(title(id, entry)): \(story.isEmpty ? state : story)"
    case .sent(let id, let packet, let message, let summary):
      return "\(who) sends message \(message) of \(title(id, entry)): \(summary)" + length(of: packet)
    case .received(let id, _, let message, let summary):
      return "\(who) accepts message \(message) of \(title(id, entry)): \(summary)"
    case .retransmitted(let id, _, let attempt):
      // A responder repeats itself because it was asked again, an initiator because time is up: true of both.
      return "\(who) sends its last message of \(title(id, entry)) again, attempt \(attempt): "
        + "it or its answer was lost or is late"
    case .derived(_, let value):
      return "\(who) derives \(value.name) = \(value.formula), \(Words.excerpt(value.value)) (\(value.citation))"
    case .chosen(let id, let suite): return "\(who) settles in \(title(id, entry)) on \(suite)"
    case .refused(let id, let refusal):
      return "\(who)\(id.map { ", \(title($0, entry))," } ?? "") refuses as \(refusal.words)"
    case .completed(let id): return "\(who) completes \(title(id, entry))"
    case .abandoned(let id, let why): return "\(who) gives \(title(id, entry)) up: \(why)"
    case .ended(let id, let why): return "\(who) ends the association of \(title(id, entry)): \(why)"
    case .exponentiated(let id, let group, let purpose):
      return "\(who) does a modular exponentiation in group \(group) for \(title(id, entry)): \(purpose)"
    case .noted(let id, let text): return "\(who)\(id.map { ", \(title($0, entry))" } ?? ""): \(text)"
    }
  }

  private func began(
    _ who: String, _ id: ExchangeID, _ kind: ExchangeKind, _ isInitiator: Bool, _ peer: [UInt8], _ messageID: UInt32,
    _ parent: ExchangeID?, _ node: NodeID
  ) -> String {
    // An informational exchange is one message, and nobody answers it: RFC 2409 §5.7.
    let verb = isInitiator ? "begins" : kind == .informational ? "hears" : "answers"
    var words = "\(who) \(verb) \(kind.words) \(id.rawValue) with \(glossary.party(peer))"
    words += " as \(isInitiator ? "initiator" : "responder")"
    if messageID != 0 { words += ", message ID \(Words.hexadecimal(messageID, digits: 8))" }
    if let parent { words += ", under \(glossary.name(of: parent, at: node))" }
    return words
  }

  /// `main mode 1 with fw-b`.
  private func title(_ id: ExchangeID, _ entry: Entry) -> String {
    "\(glossary.name(of: id, at: entry.node)) with \(glossary.peer(of: id, at: entry.node))"
  }

  private func length(of packet: PacketID) -> String {
    summary(packet).map { ", \(Words.octets($0.octets))" } ?? ""
  }
}

extension RefusalDescription {
  /// `responder: no transform is acceptable: Hash Algorithm: MD5 offered, SHA-1 wanted (RFC 2409 §5)`.
  var words: String {
    var text = "\(side): \(rule)"
    if !attribute.isEmpty { text += ": \(attribute)" }
    switch (offered.isEmpty, wanted.isEmpty) {
    case (false, false): text += ": \(offered) offered, \(wanted) wanted"
    case (false, true): text += ": \(offered) offered"
    case (true, false): text += ": \(wanted) wanted"
    case (true, true): break
    }
    return text + " (\(citation))"
  }
}
