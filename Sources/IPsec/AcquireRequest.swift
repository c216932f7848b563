import Wire

/// An association that is wanted: what a key exchange needs to know. RFC 2401 §4.6.2, §5.1.1.
public struct AcquireRequest: Hashable, Sendable {
  /// The policy entry's name.
  public var policy: String
  /// The policy entry's place.
  public var policyIndex: Int
  /// How its packets are to be protected.
  public var protection: Protection
  /// This node's end: the tunnel's, or in transport mode the packet's source.
  public var local: IPv4Address
  /// The peer's end: the tunnel's, or in transport mode the packet's destination.
  public var remote: IPv4Address
  /// What the association is to carry, as seen outbound: the entry's selector, in transport mode between the two
  /// hosts only.
  public var selector: Selector
  /// The packet that asked for it; `nil` for a renewal.
  public var packet: PacketSelectors?
  /// The association that it is to succeed.
  public var successorOf: AssociationIdentity?

  /// What a packet under an entry asks for.
  init(_ policy: SecurityPolicy, index: Int, protection: Protection, for packet: PacketSelectors) {
    self.policy = policy.name
    policyIndex = index
    self.protection = protection
    selector = policy.selector
    self.packet = packet
    switch protection.mode {
    case .tunnel(let local, let remote):
      self.local = local
      self.remote = remote
    case .transport:
      local = packet.source
      remote = packet.destination
      selector.source = AddressRange(first: local, last: local)
      selector.destination = AddressRange(first: remote, last: remote)
    }
  }

  /// What the successor of an association asks for.
  init(
    renewing association: AssociationParameters, _ direction: AssociationDirection, index: Int, protection: Protection
  ) {
    let isOutbound = direction == .outbound
    policy = association.policy
    policyIndex = index
    self.protection = protection
    local = isOutbound ? association.source : association.identity.destination
    remote = isOutbound ? association.identity.destination : association.source
    selector = isOutbound ? association.selector : association.selector.reversed
    successorOf = association.identity
  }
}
