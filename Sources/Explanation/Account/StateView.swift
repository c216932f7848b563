import Journal
import Recording
import Units

/// What a node holds after an entry, in words: associations, exchanges, connections, what it has learned.
public struct StateView: Sendable {
  private let glossary: RunGlossary
  private let state: WorldState

  /// The state after an entry of a recorded run.
  public init(_ reader: RunReader, at entry: EntryID) throws(RecordingError) {
    self.init(try RunGlossary(reader), try reader.state(at: entry))
  }

  /// A state that was folded already.
  public init(_ glossary: RunGlossary, _ state: WorldState) {
    self.glossary = glossary
    self.state = state
  }

  /// The node's state in lines.
  public func lines(of node: NodeID, _ style: Style = .plain) -> [String] {
    let after = "after entry \(state.entry.rawValue), at \(Words.instant(state.instant))"
    guard let held = state.nodes[node] else {
      return [style.show("\(glossary.name(of: node)) \(after): nothing has happened to it yet")]
    }
    var lines = [style.paint("\(glossary.name(of: node)) \(after)", as: .heading)]
    lines += section("Security associations", associations(of: held), style)
    lines += section("ISAKMP exchanges", exchanges(of: held), style)
    lines += section("TCP connections", connections(of: held, node), style)
    lines += section("Path MTU", pathMTU(of: held), style)
    lines += section("Packets held back", waiting(of: held), style)
    lines += section("Counters", counters(of: held), style)
    return lines
  }

  private func section(_ title: String, _ lines: [String], _ style: Style) -> [String] {
    lines.isEmpty ? [] : ["  " + style.paint(title, as: .heading)] + lines.map { style.show("    " + $0) }
  }

  private func associations(of node: NodeState) -> [String] {
    node.associations.values.map { association in
      let description = association.description
      let counts = description.direction == .outbound || description.replayWindow == 0
      let number = "\(counts ? "last sequence number" : "replay window up to") \(association.sequenceNumber), "
      let age = Words.duration(state.instant - association.installedAt)
      return
        "\(description.words(glossary)), policy \(description.policy): \(Words.count(association.packets, "packet")), "
        + (description.name.isIPComp ? "" : number) + "\(age) old" + (association.isExpiring ? ", to be renewed" : "")
    }
  }

  private func exchanges(of node: NodeState) -> [String] {
    node.exchanges.rows.map { id, exchange in
      let role = exchange.isInitiator ? "initiator" : "responder"
      let suite = exchange.suite.isEmpty ? "" : "; \(exchange.suite)"
      return "\(exchange.kind.words) \(id.rawValue) with \(glossary.party(exchange.peer)) as \(role), "
        + "\(exchange.phase.words): \(exchange.story.isEmpty ? exchange.state : exchange.story)\(suite)"
    }
  }

  private func connections(of node: NodeState, _ id: NodeID) -> [String] {
    node.connections.rows.map { flow, state in
      let flow = glossary.flow(flow)
      let other = glossary.name(of: id) == flow.from ? flow.to : flow.from
      return "with \(other) (\(flow.name)): \(state)"
    }
  }

  private func pathMTU(of node: NodeState) -> [String] {
    node.pathMTU.rows.map { "to \(glossary.address($0.key.octets)): \(Words.octets($0.value))" }
  }

  private func waiting(of node: NodeState) -> [String] {
    node.held.rows.map { "packet \($0.key.rawValue) waits for policy \($0.value)" }
  }

  private func counters(of node: NodeState) -> [String] {
    var lines: [String] = []
    if node.delivered > 0 { lines.append("\(Words.count(node.delivered, "packet")) taken in") }
    if node.exponentiations > 0 {
      lines.append("\(Words.count(node.exponentiations, "modular exponentiation")) done")
    }
    lines += node.drops.rows.map { "dropped \(Words.dropped($0.value)) \($0.key.words)" }
    return lines
  }
}

extension ExchangeState.Phase {
  /// How far it got.
  fileprivate var words: String {
    switch self {
    case .underway: "under way"
    case .completed: "completed"
    case .abandoned: "given up"
    case .ended: "ended"
    }
  }
}
