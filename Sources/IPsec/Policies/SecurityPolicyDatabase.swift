import Wire

/// A policy entry that a packet fell under. A class, made once for an entry: what is told of every packet is a reference.
public final class MatchedPolicy: Hashable, Sendable {
  /// Its place in the database, from 0.
  public let index: Int
  /// What the scenario calls it.
  public let name: String
  /// What it says is to be done.
  public let action: PolicyAction

  public init(index: Int, name: String, action: PolicyAction) {
    self.index = index
    self.name = name
    self.action = action
  }

  public static func == (lhs: MatchedPolicy, rhs: MatchedPolicy) -> Bool {
    lhs.index == rhs.index && lhs.name == rhs.name && lhs.action == rhs.action
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(index)
    hasher.combine(name)
    hasher.combine(action)
  }
}

/// What the policy database says of a packet.
public enum PolicyMatch: Hashable, Sendable {
  /// The first entry that covers it.
  case entry(MatchedPolicy)
  /// No entry was asked: it is ISAKMP of this node's own, which passes so that keys can be negotiated at all.
  case negotiation
  /// No entry covers it: it is discarded (RFC 2401 §4.4.1).
  case none
}

/// The security policy database: ordered entries, the first that covers a packet decides. RFC 2401 §4.4.1.
public struct SecurityPolicyDatabase: Hashable, Sendable {
  /// The port of ISAKMP: RFC 2408 §2.5.1.
  public static let isakmpPort: UInt16 = 500

  /// The entries in their order; selectors speak of outbound packets.
  public let entries: [SecurityPolicy]
  /// The node's own addresses in ascending order.
  public let localAddresses: [IPAddress]
  /// The entries as they are told to others.
  private let told: [MatchedPolicy]
  /// What packets are held against, by entry.
  private let tests: [Test]

  public init(_ entries: [SecurityPolicy], localAddresses: [IPAddress]) {
    self.entries = entries
    tests = entries.map(Test.init)
    told = entries.indices.map { MatchedPolicy(index: $0, name: entries[$0].name, action: entries[$0].action) }
    self.localAddresses = localAddresses.sorted()
  }

  /// What is to be done with a packet that leaves the node.
  public func match(outbound packet: PacketSelectors) -> PolicyMatch { match(find(outbound: packet)) }

  /// What is to be done with a packet that entered the node: entries are matched with source and destination exchanged.
  public func match(inbound packet: PacketSelectors) -> PolicyMatch { match(find(inbound: packet)) }

  /// The place of the entry called `name`.
  public func index(of name: String) -> Int? { entries.firstIndex { $0.name == name } }

  /// Whether `address` is one of the node's own.
  public func isLocal(_ address: IPAddress) -> Bool { localAddresses.contains(address) }

  /// Only with this node at one end: ISAKMP that others exchange through it is traffic like any other.
  private func isOwnISAKMP(_ address: IPAddress, _ port: UInt16?, _ packet: PacketSelectors) -> Bool {
    packet.transport == .udp && port == Self.isakmpPort && isLocal(address)
  }
}

extension SecurityPolicyDatabase {
  /// An entry's selector, either way.
  private struct Test: Hashable, Sendable {
    let outbound: HeaderSelector
    let inbound: HeaderSelector
    let isNamed: Bool

    init(_ entry: SecurityPolicy) {
      outbound = HeaderSelector(entry.selector)
      inbound = HeaderSelector(entry.selector.reversed)
      isNamed = entry.selector.isNamed
    }
  }
}

// MARK: - Places

extension SecurityPolicyDatabase {
  /// What was found for a packet, before anything is copied out of the entry.
  enum Finding: Hashable, Sendable {
    case negotiation
    case none
    case entry(Int)
  }

  /// What is to be done with a packet that leaves; `names` says whose it is, where that is known.
  func find(outbound packet: PacketSelectors, of names: PacketNames? = nil) -> Finding {
    if isOwnISAKMP(packet.source, packet.sourcePort, packet) { return .negotiation }
    for index in 0..<tests.count where tests[index].outbound.matches(packet) {
      if !tests[index].isNamed || entries[index].selector.matches(packet, of: names) { return .entry(index) }
    }
    return .none
  }

  /// What is to be done with a packet that came. An entry for a name is for those packets only that came by its own
  /// association: the peer's identity stood for the name when that was made (RFC 2401 §4.4.2).
  func find(inbound packet: PacketSelectors, byAssociationOf vouched: Int? = nil) -> Finding {
    if isOwnISAKMP(packet.destination, packet.destinationPort, packet) { return .negotiation }
    for index in 0..<tests.count where tests[index].inbound.matches(packet) {
      if !tests[index].isNamed || index == vouched { return .entry(index) }
    }
    return .none
  }

  /// A finding as it is told to others.
  func match(_ finding: Finding) -> PolicyMatch {
    switch finding {
    case .negotiation: .negotiation
    case .none: .none
    case .entry(let index): .entry(told[index])
    }
  }
}
