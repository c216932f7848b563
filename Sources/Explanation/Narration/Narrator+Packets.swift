import Journal
import Wire

extension Narrator {
  func words(_ event: PacketEvent, _ entry: Entry) -> String {
    let who = name(entry.node)
    switch event {
    case .originated(let packet, let flow):
      return "\(who) sends \(summary(packet).map { "\($0.line), \(Words.octets($0.octets))" } ?? short(packet))"
        + (flow.map { " (\(glossary.flow($0).name))" } ?? "")
    case .transmitted(let version, let link, let from, let to, let arrival):
      return "\(name(from)) → \(name(to))  \(shortWithLength(version.packet)) "
        + "(link \(glossary.name(of: link)), arrives \(Words.instant(arrival)))"
    case .delivered(let version, let number):
      return "\(who) takes in \(route(version.packet))" + suffix(for: number, version.packet)
    case .dropped(let version, let reason, let detail):
      return "\(who) drops \(route(version.packet)) because \(reason.words)"
        // "Because its policy discards it" has said it all.
        + (detail.isEmpty || reason == .policyDiscard ? "" : ": \(detail)")
    case .fragmented(let packet, let pieces, let mtu):
      return "\(who) cuts \(shortWithLength(packet)), into \(Words.count(pieces.count, "fragment")) of at most "
        + Words.octets(mtu)
    case .reassembled(let packet, let pieces):
      return "\(who) puts \(Words.count(pieces.count, "fragment")) together: \(shortWithLength(packet))"
    case .duplicated(let version, let link):
      return "the link \(glossary.name(of: link)) makes a second copy of \(short(version.packet)) of \(who)"
    case .held(let packet, let policy):
      return "\(who) holds \(route(packet)) back: policy \(policy) has no security association yet"
    case .released(let packet, let policy):
      return "\(who) lets \(route(packet)) go on: policy \(policy) has its security association"
    case .pathMTULearned(let destination, let mtu, _):
      return "\(who) learns that packets to \(glossary.address(destination)) may have \(Words.octets(mtu)) at most"
    }
  }

  /// The protocol's name where the packet's own octets are not there to say it.
  private func suffix(for number: UInt8, _ packet: PacketID) -> String {
    guard summary(packet) == nil else { return "" }
    return " for " + (IPProtocol(rawValue: number).name ?? "protocol \(number)")
  }
}
