import Journal
import Recording
import Units
import Wire

/// What a view has to know of a run in order to speak of its entries by name.
public struct RunGlossary: Sendable {
  /// An exchange of a node, as far as it has a name.
  struct Exchange: Hashable, Sendable {
    var kind: ExchangeKind
    var peer: [UInt8]
    var isInitiator: Bool
  }

  private struct ExchangeKey: Hashable, Sendable {
    var node: NodeID
    var exchange: ExchangeID
  }

  /// The run's description.
  public let run: RunDescription
  private var exchanges: [ExchangeKey: Exchange] = [:]
  private var owners: [[UInt8]: NodeID] = [:]

  /// Knows nodes, links and flows; exchanges as `learn` tells of them.
  public init(_ run: RunDescription) {
    self.run = run
    for (index, node) in run.nodes.enumerated() {
      for interface in node.interfaces {
        for written in interface.address.split(separator: ",") {
          guard let address = IPAddress(written.drop { $0 == " " }.prefix { $0 != "/" }) else { continue }
          if owners[address.octets] == nil { owners[address.octets] = NodeID(UInt32(clamping: index)) }
        }
      }
    }
  }

  /// Knows all that a recorded run tells.
  public init(_ reader: RunReader) throws(RecordingError) {
    var glossary = RunGlossary(try reader.description())
    try reader.walk(matching: EntryFilter(kinds: Event.kinds(named: "exchange.began"))) { entry in
      glossary.learn(entry)
      return .on
    }
    self = glossary
  }

  /// Takes note of an exchange that began.
  public mutating func learn(_ entry: Entry) {
    guard case .exchange(.began(let id, let kind, let isInitiator, let peer, _, _, _)) = entry.event else { return }
    exchanges[ExchangeKey(node: entry.node, exchange: id)] = Exchange(
      kind: kind, peer: peer, isInitiator: isInitiator)
  }

  // MARK: Names

  /// A node's name.
  public func name(of node: NodeID) -> String {
    if node == .run { return "the run" }
    return run.nodes.indices.contains(Int(node.rawValue)) ? run.nodes[Int(node.rawValue)].name : "node \(node.rawValue)"
  }

  /// The node of that name.
  public func node(named name: String) -> NodeID? {
    run.nodes.firstIndex { $0.name == name }.map { NodeID(UInt32(clamping: $0)) }
  }

  /// A link by its two ends, `fw-a:wan – isp-1:customer`, or by its name where it has more.
  public func name(of link: LinkID) -> String {
    guard run.links.indices.contains(Int(link.rawValue)) else { return "link \(link.rawValue)" }
    let link = run.links[Int(link.rawValue)]
    return link.endpoints.count == 2 ? "\(link.endpoints[0]) – \(link.endpoints[1])" : link.name
  }

  /// A line of traffic.
  public func flow(_ flow: FlowID) -> RunDescription.Flow {
    if run.flows.indices.contains(Int(flow.rawValue)) { return run.flows[Int(flow.rawValue)] }
    return RunDescription.Flow(name: "flow \(flow.rawValue)", from: "its source", to: "its destination", kind: "")
  }

  /// The flow of that name.
  public func flow(named name: String) -> FlowID? {
    run.flows.firstIndex { $0.name == name }.map { FlowID(UInt32(clamping: $0)) }
  }

  /// The node that has the address.
  public func owner(of address: [UInt8]) -> NodeID? { owners[address] }

  /// An address in text.
  func address(_ octets: [UInt8]) -> String {
    IPAddress(octets: octets)?.description ?? Words.excerpt(octets)
  }

  /// The node that has the address, by name, else the address.
  func party(_ octets: [UInt8]) -> String { owner(of: octets).map { name(of: $0) } ?? address(octets) }

  func exchange(_ id: ExchangeID, at node: NodeID) -> Exchange? { exchanges[ExchangeKey(node: node, exchange: id)] }

  /// `main mode 1`, or `exchange 1` where its beginning is not known.
  func name(of id: ExchangeID, at node: NodeID) -> String {
    "\(exchange(id, at: node)?.kind.words ?? "exchange") \(id.rawValue)"
  }

  /// The other end of an exchange; `its peer` where it is not known.
  func peer(of id: ExchangeID, at node: NodeID) -> String {
    exchange(id, at: node).map { party($0.peer) } ?? "its peer"
  }
}
