import Units

/// What is known of a run before it begins: everything that views need to speak of its entries, and everything that it
/// takes to simulate it again.
public struct RunDescription: Hashable, Sendable, Codable {
  /// How much of a run is recorded.
  public enum Detail: String, Hashable, Sendable, Codable, CaseIterable {
    /// Every entry and every packet.
    case everything
    /// Everything but link crossings: what was decided, negotiated and delivered.
    case summaries
    /// That it began and ended: for measuring. There is nothing to verify or to step through.
    case nothing
  }

  /// A node, by its index `NodeID`.
  public struct Node: Hashable, Sendable, Codable {
    public var name: String
    /// `host`, `router`, `firewall`, `isp`, `bump`.
    public var kind: String
    public var interfaces: [Interface]
    /// Its security policies in their order, in words.
    public var policies: [String]

    public init(name: String, kind: String, interfaces: [Interface], policies: [String]) {
      self.name = name
      self.kind = kind
      self.interfaces = interfaces
      self.policies = policies
    }
  }

  /// A node's end of a link.
  public struct Interface: Hashable, Sendable, Codable {
    public var name: String
    /// `10.1.0.1/16`; several as `10.1.0.1/16, 2001:db8::1/64`, and nothing where it has none.
    public var address: String
    public var link: LinkID?

    public init(name: String, address: String, link: LinkID?) {
      self.name = name
      self.address = address
      self.link = link
    }
  }

  /// A link, by its index `LinkID`.
  public struct Link: Hashable, Sendable, Codable {
    public var name: String
    /// `fw-a:wan`, `isp-1:a`.
    public var endpoints: [String]

    public init(name: String, endpoints: [String]) {
      self.name = name
      self.endpoints = endpoints
    }
  }

  /// A line of traffic, by its index `FlowID`.
  public struct Flow: Hashable, Sendable, Codable {
    public var name: String
    public var from: String
    public var to: String
    /// `ping`, `udp`, `tcp`, `datagrams`.
    public var kind: String

    public init(name: String, from: String, to: String, kind: String) {
      self.name = name
      self.from = from
      self.to = to
      self.kind = kind
    }
  }

  /// The scenario's name.
  public var scenario: String
  /// The scenario's one paragraph.
  public var summary: String
  /// The file that the scenario was read from, as the user named it.
  public var path: String
  /// The scenario file, whole.
  public var source: String
  public var seed: UInt64
  /// The version of Lockstep that simulated it.
  public var program: String
  public var detail: Detail
  public var nodes: [Node]
  public var links: [Link]
  public var flows: [Flow]
  /// Defaults that the scenario left to Lockstep: `links[0].delay: 0 ns`.
  public var defaults: [String]

  public init(
    scenario: String, summary: String, path: String, source: String, seed: UInt64, program: String, detail: Detail,
    nodes: [Node], links: [Link], flows: [Flow], defaults: [String]
  ) {
    self.scenario = scenario
    self.summary = summary
    self.path = path
    self.source = source
    self.seed = seed
    self.program = program
    self.detail = detail
    self.nodes = nodes
    self.links = links
    self.flows = flows
    self.defaults = defaults
  }
}
