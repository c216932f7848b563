/// What kind of header, payload or frame a field belongs to. The raw value is part of the journal's encoding: append only.
public enum LayerKind: UInt8, CaseIterable, Hashable, Sendable, Codable {
  case frame = 0
  case ethernet, linuxCooked, ppp, arp
  case ipv4, ipv6, ipv6HopByHop, ipv6Routing, ipv6Fragment, ipv6DestinationOptions
  case icmp, icmpv6, udp, tcp
  case ah, esp, ipcomp, gre, l2tp
  case nonESPMarker, natKeepalive
  case isakmp
  case dns, rip
  case data
  case loopback
  case pppControl
}

/// Which field of which layer, in two bytes: cheap enough to travel in an error on the hot path.
public struct FieldID: Hashable, Sendable {
  /// The layer that the field belongs to.
  public let layer: LayerKind
  /// The field's raw value within its layer's `Field` enum.
  public let index: UInt8

  @inlinable
  public init(layer: LayerKind, index: UInt8) {
    self.layer = layer
    self.index = index
  }
}

/// Why bytes could not be read: which field, where, and what was wrong. A malformed packet is data, so this is small,
/// and its words are made only when somebody reads them.
public struct DecodeError: Error, Hashable, Sendable {
  /// What was wrong with a field.
  public enum Fault: Hashable, Sendable {
    /// The field needs `needed` octets and `available` are left.
    case truncated(needed: Int, available: Int)
    /// The field holds a value that its RFC rules out.
    case value(UInt64)
    /// A length that contradicts its surroundings: it says `stated`, where `limit` is what fits.
    case length(stated: Int, limit: Int)
    /// More nesting or repetition than Lockstep is willing to follow.
    case bound(Int)
  }

  /// The field at which reading stopped.
  public let field: FieldID
  /// Octets from the start of the frame.
  public let offset: Int
  /// What was wrong.
  public let fault: Fault

  @inline(never)
  public init(field: FieldID, offset: Int, fault: Fault) {
    self.field = field
    self.offset = offset
    self.fault = fault
  }
}
