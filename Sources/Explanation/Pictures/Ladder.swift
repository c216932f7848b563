import Journal
import Recording
import Wire

/// A ladder diagram of a run: a column a node, time downwards, an arrow for every packet between two columns.
public struct Ladder: Sendable {
  /// What is drawn.
  public struct Options: Hashable, Sendable {
    /// Nodes with a column, by name, in the order of the columns; `nil` for the ends of the traffic and the nodes with
    /// policies between them.
    public var nodes: [String]?
    /// The one line of traffic to be drawn, by name, beside the exchanges; `nil` for all.
    public var flow: String?
    /// Entries to be drawn; `nil` for all.
    public var range: ClosedRange<EntryID>?
    /// Whether ISAKMP messages are drawn.
    public var showsExchanges: Bool
    /// Whether other packets are drawn.
    public var showsTraffic: Bool
    /// Characters in a line; never taken as less than 40.
    public var width: Int
    /// Rows that are drawn at most.
    public var limit: Int

    public init(
      nodes: [String]? = nil, flow: String? = nil, range: ClosedRange<EntryID>? = nil, showsExchanges: Bool = true,
      showsTraffic: Bool = true, width: Int = 80, limit: Int = 200
    ) {
      self.nodes = nodes
      self.flow = flow
      self.range = range
      self.showsExchanges = showsExchanges
      self.showsTraffic = showsTraffic
      self.width = width
      self.limit = limit
    }
  }

  /// A name that the run does not know.
  public struct UnknownName: Error, Hashable, Sendable, CustomStringConvertible {
    /// `node` or `flow`.
    public var kind: String
    /// The name that was asked for.
    public var name: String
    /// The names that there are.
    public var known: [String]

    /// What is wrong, and what to do.
    public var description: String {
      let names = known.map { Style.plain.show($0) }.joined(separator: ", ")
      return "the run has no \(kind) \(Style.plain.show(name)); it has \(names)"
    }
  }

  private let reader: RunReader
  private let narrator: Narrator
  private let style: Style

  public init(_ reader: RunReader, style: Style = .plain) throws(RecordingError) {
    self.reader = reader
    self.style = style
    narrator = try Narrator(reader, style: style)
  }

  /// The ladder in lines. Throws `UnknownName` for a node or a flow that the run does not have.
  public func lines(_ options: Options = Options()) throws -> [String] {
    let flow = try options.flow.map { try self.flow($0) }
    let limit = min(max(options.limit, 0), 1 << 32)
    let nodes = try options.nodes.map { try $0.map { try self.node($0) } } ?? usualNodes(flow)
    var tracer = LadderTracer(columns: Dictionary(zip(nodes, 0...)) { first, _ in first })
    var messages: [PacketID: String] = [:]
    try reader.walk(options.range) { entry in
      if let message = message(entry) { messages[message.packet] = message.words }
      tracer.add(entry) {
        label($0, messages, options, flow)
      } note: {
        note($0, options, flow)
      }
      // The tracer may find a later arrow that began earlier: it looks on a little before it stops.
      return tracer.rows.count < 2 * limit + 16 ? .on : .stop
    }
    let sorted = tracer.rows.enumerated().sorted { ($0.element.instant, $0.offset) < ($1.element.instant, $1.offset) }
    let rows = sorted.prefix(limit).map(\.element)
    let canvas = LadderCanvas(
      names: nodes.map { narrator.glossary.name(of: $0) }, width: options.width, style: style, rows: rows)
    var lines = [canvas.header] + rows.flatMap { canvas.lines($0) }
    if sorted.count > rows.count { lines.append(style.show("  … and more: ask for other entries or a larger limit")) }
    return lines
  }

  // MARK: Names

  private func node(_ name: String) throws(UnknownName) -> NodeID {
    if let node = narrator.glossary.node(named: name) { return node }
    throw UnknownName(kind: "node", name: name, known: narrator.glossary.run.nodes.map(\.name))
  }

  private func flow(_ name: String) throws(UnknownName) -> FlowID {
    if let flow = narrator.glossary.flow(named: name) { return flow }
    throw UnknownName(kind: "flow", name: name, known: narrator.glossary.run.flows.map(\.name))
  }

  /// Nodes that keep policies, and the ends of the flow, or of the first one, in the scenario's order.
  private func usualNodes(_ flow: FlowID?) -> [NodeID] {
    let run = narrator.glossary.run
    let shown = flow.map { narrator.glossary.flow($0) } ?? run.flows.first
    let usual = run.nodes.enumerated().filter { _, node in
      !node.policies.isEmpty || node.name == shown?.from || node.name == shown?.to
    }
    let chosen = usual.isEmpty ? Array(run.nodes.enumerated().prefix(6)) : usual
    return chosen.map { NodeID(UInt32(clamping: $0.offset)) }
  }

  // MARK: Labels

  private func label(
    _ entry: Entry, _ messages: [PacketID: String], _ options: Options, _ flow: FlowID?
  ) -> String? {
    guard let packet = entry.event.packet, let summary = narrator.summary(packet) else { return nil }
    if summary.parts.contains(where: { $0.kind == .isakmp }) {
      return options.showsExchanges ? messages[packet] ?? summary.brief : nil
    }
    guard options.showsTraffic, belongs(packet, to: flow) else { return nil }
    return summary.brief
  }

  private func brief(_ packet: PacketID) -> String { narrator.summary(packet)?.brief ?? "packet \(packet.rawValue)" }

  private func belongs(_ packet: PacketID, to flow: FlowID?) -> Bool {
    guard let flow else { return true }
    return (try? reader.flow(of: packet)) == flow
  }

  /// `main mode 1: HDR, SA`, as the one who sends the message has it; `nil` for an entry that is no sending.
  private func message(_ entry: Entry) -> (packet: PacketID, words: String)? {
    guard case .exchange(let event) = entry.event, let id = event.exchange, let packet = event.packet else {
      return nil
    }
    let kind = narrator.glossary.exchange(id, at: entry.node)?.kind.words ?? "exchange"
    switch event {
    case .sent(_, _, let message, let summary): return (packet, "\(kind) \(message): \(summary)")
    case .retransmitted(_, _, let attempt): return (packet, "\(kind), again (\(attempt))")
    default: return nil
    }
  }

  /// Numbers on a ladder count messages, so the exchange's own is left out; that of a single message ends with it.
  private func completion(of id: ExchangeID, at node: NodeID) -> String? {
    guard let kind = narrator.glossary.exchange(id, at: node)?.kind else { return "exchange completed" }
    return kind == .informational ? nil : "\(kind.words) completed"
  }

  private func note(_ entry: Entry, _ options: Options, _ flow: FlowID?) -> String? {
    switch entry.event {
    case .packet(.dropped(let version, let reason, _)):
      return options.showsTraffic && belongs(version.packet, to: flow)
        ? "✗ \(brief(version.packet)): \(reason.words)" : nil
    case .packet(.held(let packet, _)):
      return options.showsTraffic && belongs(packet, to: flow) ? "holds \(brief(packet)) back" : nil
    case .exchange(.completed(let id)) where options.showsExchanges:
      return completion(of: id, at: entry.node)
    default: return nil
    }
  }
}
