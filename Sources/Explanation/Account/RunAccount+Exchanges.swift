import Journal
import Units

extension RunAccount {
  mutating func add(_ event: ExchangeEvent, _ entry: Entry) {
    glossary.learn(entry)
    if let id = event.exchange { follow(event, ExchangePlace(node: entry.node, exchange: id)) }
    switch event {
    case .chosen(let id, let suite): suites[ExchangePlace(node: entry.node, exchange: id)] = suite
    case .completed(let id): complete(id, entry)
    case .refused(_, let refusal): fail(entry, "refuses as " + refusal.words)
    case .abandoned(let id, let why):
      suites[ExchangePlace(node: entry.node, exchange: id)] = nil
      fail(entry, "gives \(kind(id, entry)) with \(glossary.peer(of: id, at: entry.node)) up: \(why)")
    default: break
    }
  }

  private mutating func follow(_ event: ExchangeEvent, _ place: ExchangePlace) {
    switch event {
    case .began(_, let kind, true, _, _, _, _) where kind != .informational: unfinished[place] = 0
    case .retransmitted: unfinished[place]? += 1
    case .completed, .abandoned, .ended: unfinished[place] = nil
    default: break
    }
  }

  /// `fw-a has not finished main mode 1 with fw-b, 4 messages sent again`, in the order of nodes and exchanges.
  var unfinishedLines: [String] {
    let open = unfinished.sorted {
      ($0.key.node, $0.key.exchange.rawValue) < ($1.key.node, $1.key.exchange.rawValue)
    }
    let lines = open.prefix(Self.unfinishedLimit).map { place, repeats in
      let (node, id) = (place.node, place.exchange)
      return "\(glossary.name(of: node)) has not finished \(glossary.name(of: id, at: node)) with "
        + "\(glossary.peer(of: id, at: node))" + (repeats > 0 ? ", \(Words.count(repeats, "message")) sent again" : "")
    }
    let rest = open.count - lines.count
    return lines + (rest > 0 ? ["\(Words.count(rest, "more exchange")) not finished"] : [])
  }

  /// Unfinished exchanges that are told one by one.
  private static let unfinishedLimit = 8

  private func kind(_ id: ExchangeID, _ entry: Entry) -> String {
    glossary.exchange(id, at: entry.node)?.kind.words ?? "an exchange"
  }

  /// Failures that are told apart.
  private static let failureLimit = 64

  /// Both ends complete an exchange; the initiator's end counts.
  private mutating func complete(_ id: ExchangeID, _ entry: Entry) {
    let suite = suites.removeValue(forKey: ExchangePlace(node: entry.node, exchange: id)) ?? ""
    guard let exchange = glossary.exchange(id, at: entry.node), exchange.isInitiator, !suite.isEmpty else { return }
    let initiator = glossary.name(of: entry.node)
    let responder = glossary.party(exchange.peer)
    let words = exchange.kind.words
    let index = places.negotiations.place(
      of: Places.Key(entry.node, "\(responder) \(words)", suite), in: &negotiations,
      or: Negotiation(
        initiator: initiator, responder: responder, exchange: words, phase: exchange.kind.phase, suite: suite,
        completed: 0, firstCompleted: entry.instant))
    negotiations[index].completed += 1
  }

  private mutating func fail(_ entry: Entry, _ words: String) {
    // A flood of offers, each with a fault of its own, must not fill the account.
    let words = failures.count < Self.failureLimit ? words : "refuses or gives up other exchanges"
    let index = places.failures.place(
      of: Places.Key(entry.node, words), in: &failures,
      or: Failure(node: glossary.name(of: entry.node), words: words, count: 0))
    failures[index].count += 1
  }

  mutating func add(_ event: ApplicationEvent) {
    guard let id = event.flow, flows.indices.contains(Int(id.rawValue)) else { return }
    let index = Int(id.rawValue)
    switch event {
    case .requested: flows[index].asked += 1
    case .served: flows[index].arrived += 1
    case .answered(_, _, _, _, let elapsed):
      flows[index].answered += 1
      flows[index].longest = max(flows[index].longest, elapsed)
    case .unanswered: flows[index].unanswered += 1
    case .retransmitted: flows[index].retransmitted += 1
    case .failed(_, let why): flows[index].failure = why
    default: break
    }
  }
}
