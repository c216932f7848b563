import Wire

/// An association that is wanted: what a key exchange needs to know. RFC 2401 §4.6.2, §5.1.1.
public struct AcquireRequest: Hashable, Sendable {
  /// The policy entry's name.
  public var policy: String
  /// The policy entry's place.
  public var policyIndex: Int
  /// Which layer of the entry's bundle it is, from 0 for the innermost.
  public var layer: Int
  /// How its packets are to be protected.
  public var protection: Protection
  /// This node's end: the tunnel's, or in transport mode the source of what it carries.
  public var local: IPAddress
  /// The peer's end: the tunnel's, or in transport mode the destination of what it carries.
  public var remote: IPAddress
  /// What the association is to carry, as seen outbound.
  public var selector: Selector
  /// The packet that asked for it; `nil` for a renewal.
  public var packet: PacketSelectors?
  /// The association that it is to succeed.
  public var successorOf: AssociationIdentity?

  /// What a packet under an entry asks for.
  public init(_ policy: SecurityPolicy, index: Int, layer: Int, protection: Protection, for packet: PacketSelectors) {
    self.policy = policy.name
    policyIndex = index
    self.layer = layer
    self.protection = protection
    self.packet = packet
    (local, remote) = protection.ends(ofLayer: layer) ?? (packet.source, packet.destination)
    selector = policy.selector(ofLayer: layer, protection, for: packet)
  }

  /// What the successor of an association asks for.
  init(
    renewing association: AssociationParameters, _ direction: AssociationDirection, index: Int, protection: Protection
  ) {
    let isOutbound = direction == .outbound
    policy = association.policy
    policyIndex = index
    layer = association.layer
    self.protection = protection
    local = isOutbound ? association.source : association.identity.destination
    remote = isOutbound ? association.identity.destination : association.source
    selector = isOutbound ? association.selector : association.selector.reversed
    successorOf = association.identity
  }
}

extension Protection {
  /// The two ends of a layer's association, where the bundle says them: a tunnel's own; in transport mode those of the
  /// tunnel around which it lies. `nil` where they are the packet's.
  public func ends(ofLayer index: Int) -> (local: IPAddress, remote: IPAddress)? {
    for place in stride(from: index, through: 0, by: -1) {
      if case .tunnel(let local, let remote)? = layer(place)?.mode { return (local, remote) }
    }
    return nil
  }

  /// The two ends of what a layer is given to carry, where the bundle says them.
  func carriedEnds(ofLayer index: Int) -> (local: IPAddress, remote: IPAddress)? {
    index == 0 ? nil : ends(ofLayer: index - 1)
  }
}

extension SecurityPolicy {
  /// What a layer's association is to carry, as seen outbound: for the innermost the entry's selector, with those values
  /// that are to come from the packet; for the others whatever goes between the ends of the layer below. In transport mode
  /// it is between two hosts only. RFC 2401 §4.4.1, §4.5.
  public func selector(ofLayer index: Int, _ protection: Protection, for packet: PacketSelectors?) -> Selector {
    guard index == 0 else {
      guard let ends = protection.carriedEnds(ofLayer: index) ?? packet.map({ ($0.source, $0.destination) }) else {
        return Selector(source: selector.source, destination: selector.destination)
      }
      return Selector(source: AddressRange(ends.local), destination: AddressRange(ends.remote))
    }
    guard let packet else { return selector }
    var wanted = selector.held(toFamilyOf: packet)
    wanted.take(protection.valuesFromPacket, from: packet)
    if !protection.innermost.mode.isTunnel { wanted.take([.source, .destination], from: packet) }
    return wanted
  }
}

extension Selector {
  /// Identities speak of one family at a time: the packet's.
  fileprivate func held(toFamilyOf packet: PacketSelectors) -> Selector {
    var held = self
    held.source = source.held(toFamilyOf: packet.source) ?? source
    held.destination = destination.held(toFamilyOf: packet.destination) ?? destination
    return held
  }

  fileprivate mutating func take(_ fields: SelectorFields, from packet: PacketSelectors) {
    if fields.contains(.source) { source = AddressRange(packet.source) }
    if fields.contains(.destination) { destination = AddressRange(packet.destination) }
    if fields.contains(.transport) { transport = .value(packet.transport) }
    if fields.contains(.sourcePort), let port = packet.sourcePort { sourcePorts = .port(port) }
    if fields.contains(.destinationPort), let port = packet.destinationPort { destinationPorts = .port(port) }
  }
}
