import Journal

extension Narrator {
  func words(_ event: ApplicationEvent, _ entry: Entry) -> String {
    switch event {
    case .began(let id):
      let flow = glossary.flow(id)
      return "\(flow.from) begins \(flow.name): \(flow.kindWords) to \(flow.to)"
    case .requested(let id, let sequence, _, let octets):
      let flow = glossary.flow(id)
      return "\(flow.from) sends \(flow.request) \(sequence) to \(flow.to), \(Words.octets(octets))"
    case .served(let id, let sequence, _, let octets):
      let flow = glossary.flow(id)
      return "\(flow.to) gets \(flow.request) \(sequence) of \(flow.from), \(Words.octets(octets))"
    case .answered(let id, let sequence, _, let octets, let elapsed):
      let flow = glossary.flow(id)
      let length = flow.kind == "ping" ? "" : ", \(Words.octets(octets)),"
      return
        "\(flow.from) has \(flow.to)'s answer to \(flow.request) \(sequence)\(length) after \(Words.duration(elapsed))"
    case .unanswered(let id, let sequence):
      let flow = glossary.flow(id)
      return "\(flow.from) waits no longer for an answer of \(flow.to) to \(flow.request) \(sequence)"
    case .connection(let id, let from, let to):
      let flow = glossary.flow(id)
      let who = name(entry.node)
      return "\(who)'s connection with \(who == flow.from ? flow.to : flow.from): \(from) → \(to) (\(flow.name))"
    case .retransmitted(let id, let number, let attempt):
      return "\(name(entry.node)) sends TCP segment \(number) again, attempt \(attempt) (\(glossary.flow(id).name))"
    case .errorReceived(let id, let type, let code, let packet):
      // The types of ICMPv6 are others: the message itself says which of the two it is.
      let six = packet.flatMap(summary)?.parts.first { $0.kind == .icmpv6 }
      return "\(name(entry.node)) hears by \(six?.words ?? "ICMP \(LayerWords.icmpError(type: type, code: code))")"
        + (id.map { " (\(glossary.flow($0).name))" } ?? "")
    case .failed(let id, let why): return "\(glossary.flow(id).from) gives \(glossary.flow(id).name) up: \(why)"
    case .completed(let id): return "\(glossary.flow(id).from) completes \(glossary.flow(id).name)"
    }
  }
}

extension RunDescription.Flow {
  /// `ping`, `UDP request`, `TCP request`.
  var request: String {
    switch kind {
    case "ping": "ping"
    case "udp": "UDP request"
    case "tcp": "TCP request"
    case "datagrams": "datagram"
    default: "request"
    }
  }

  /// `pings`, `UDP requests`.
  var kindWords: String { request + "s" }
}
