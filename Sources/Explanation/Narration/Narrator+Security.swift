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
      // IPComp counts nothing: RFC 2393 §3.
      let words = association.isIPComp ? "packs \(short(inner)) into" : "seals \(short(inner)) into"
      return "\(who) \(words) \(association.words(sequence))" + length(of: outer)
    case .opened(_, let inner, let association, let sequence, let top):
      let verb = association.isIPComp ? "unpacks" : "opens"
      let window = top > 0 ? " (replay window up to \(top))" : ""
      return "\(who) \(verb) \(association.words(sequence)): \(shortWithLength(inner))\(window)"
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
    case .deadPeer: "its peer no longer answers"
    case .deletedByPeer, .deletedByUs, .replaced: words
    }
  }
}

extension AssociationName {
  /// `ESP`.
  var protocolName: String { IPProtocol(rawValue: protocolNumber).name ?? "protocol \(protocolNumber)" }

  /// Whether the SPI is a CPI, of 16 bits.
  var isIPComp: Bool { protocolNumber == IPProtocol.ipcomp.rawValue }

  /// `ESP 0x1a2b3c4d`, `IPComp 0x1a2b`.
  var words: String { "\(protocolName) \(isIPComp ? Words.hexadecimal(spi, digits: 4) : Words.spi(spi))" }

  /// `ESP 0x1a2b3c4d seq 3`.
  func words(_ sequenceNumber: UInt32) -> String { isIPComp ? words : "\(words) seq \(sequenceNumber)" }
}

extension AssociationDescription {
  /// Whether it packs with DEFLATE.
  var isDeflate: Bool { name.isIPComp && cipher == AlgorithmName.deflate }

  /// `outbound ESP 0x1a2b3c4d to fw-b, tunnel mode, AES-128-CBC, HMAC-SHA-1-96, 40 s, 1,024 KiB`.
  func words(_ glossary: RunGlossary) -> String {
    let other =
      direction == .outbound
      ? "to \(glossary.party(name.destination))" : "from \(glossary.party(source))"
    return "\(direction.words) \(name.words) \(other), \(terms)"
  }

  /// `tunnel mode, AES-128-CBC, HMAC-SHA-1-96, 40 s, 1,024 KiB`.
  var terms: String { ([isTunnel ? "tunnel mode" : "transport mode"] + algorithms + lifetimes).joined(separator: ", ") }

  /// The cipher and the authenticator by the names that RFCs give them; of IPComp the compression.
  var algorithms: [String] {
    if name.isIPComp { return [AlgorithmName.compression(cipher)] }
    let cipherName = cipher.isEmpty ? nil : AlgorithmName.cipher(cipher)
    return [cipherName, AlgorithmName.integrity(integrity)].compactMap { $0 }
  }

  var lifetimes: [String] {
    [lifetimeSeconds.map { "\(Words.grouped($0)) s" }, lifetimeKilobytes.map { "\(Words.grouped($0)) KiB" }]
      .compactMap { $0 }
  }
}
