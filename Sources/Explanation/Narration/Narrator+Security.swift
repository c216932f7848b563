import Journal
import Wire

extension Narrator {
  func words(_ event: SecurityEvent, _ entry: Entry) -> String {
    let who = name(entry.node)
    switch event {
    case .policyMatched(let packet, let direction, let index, let policy, let verdict):
      let verb = direction == .inbound ? verdict.inboundVerb : verdict.verb
      return "\(who), policy \(UInt64(index) + 1) \(policy): \(verb) \(route(packet))"
    case .associationWanted(let policy, let packet):
      return "\(who) wants a security association for policy \(policy)"
        + (packet.map { ", for \(short($0))" } ?? "")
    case .sealed(let inner, let outer, let association, let sequence):
      return "\(who) seals \(short(inner)) into \(association.words) seq \(sequence)" + length(of: outer)
    case .opened(_, let inner, let association, let sequence, let top):
      return "\(who) opens \(association.words) seq \(sequence): \(shortWithLength(inner)) (replay window up to \(top))"
    case .associationInstalled(let description):
      return "\(who) installs its \(description.words(glossary)) for policy \(description.policy)"
    case .associationRemoved(let association, let direction, let end):
      return "\(who) removes its \(direction.words) \(association.words) because \(end.words)"
    case .associationExpiring(let association, let end):
      return "\(who) has to renew \(association.words): \(end.soonWords)"
    case .dummySent(let packet, let association, let sequence):
      return "\(who) sends a dummy as \(association.words) seq \(sequence)" + length(of: packet)
    }
  }

  private func length(of packet: PacketID) -> String {
    summary(packet).map { ", \(Words.octets($0.octets))" } ?? ""
  }
}

extension AssociationEnd {
  /// Why an association is due for renewal.
  fileprivate var soonWords: String {
    switch self {
    case .lifetimeSeconds: "its lifetime in seconds is nearly over"
    case .lifetimeKilobytes: "its lifetime in kilobytes is nearly used up"
    case .sequenceExhausted: "its sequence numbers are nearly used up"
    case .deletedByPeer, .deletedByUs, .replaced: words
    }
  }
}

extension AssociationName {
  /// `ESP`.
  var protocolName: String { IPProtocol(rawValue: protocolNumber).name ?? "protocol \(protocolNumber)" }

  /// `ESP 0x1a2b3c4d`.
  var words: String { "\(protocolName) \(Words.spi(spi))" }
}

extension AssociationDescription {
  /// `outbound ESP 0x1a2b3c4d to fw-b, tunnel mode, AES-128-CBC, HMAC-SHA-1-96, 40 s, 1,024 KiB`.
  func words(_ glossary: RunGlossary) -> String {
    let other =
      direction == .outbound
      ? "to \(glossary.party(name.destination))" : "from \(glossary.party(source))"
    return "\(direction.words) \(name.words) \(other), \(terms)"
  }

  /// `tunnel mode, AES-128-CBC, HMAC-SHA-1-96, 40 s, 1,024 KiB`.
  var terms: String { ([isTunnel ? "tunnel mode" : "transport mode"] + algorithms + lifetimes).joined(separator: ", ") }

  /// The cipher and the authenticator by the names that RFCs give them.
  var algorithms: [String] {
    let cipherName = cipher.isEmpty ? nil : AlgorithmName.cipher(cipher)
    return [cipherName, AlgorithmName.integrity(integrity)].compactMap { $0 }
  }

  var lifetimes: [String] {
    [lifetimeSeconds.map { "\(Words.grouped($0)) s" }, lifetimeKilobytes.map { "\(Words.grouped($0)) KiB" }]
      .compactMap { $0 }
  }
}
