import Wire

/// What of a selector is held against a packet's headers: all but whose it is. There is no reference in it, so that it is
/// looked at without counting any, with every packet and every entry before the one that covers it.
struct HeaderSelector: Hashable, Sendable {
  private let source: AddressRange
  private let destination: AddressRange
  private let transport: TransportSelector
  private let sourcePorts: PortSelector
  private let destinationPorts: PortSelector
  private let sensitivity: ClosedRange<Sensitivity>?

  init(_ selector: Selector) {
    source = selector.source
    destination = selector.destination
    transport = selector.transport
    sourcePorts = selector.sourcePorts
    destinationPorts = selector.destinationPorts
    sensitivity = selector.sensitivity
  }

  /// Whether `packet` is one of those that it is for, whoever's it is. Where ports are asked for, a packet that shows none
  /// is not (RFC 2401 §4.4.2: OPAQUE is matched by ANY and OPAQUE alone).
  @inline(__always)
  func matches(_ packet: PacketSelectors) -> Bool {
    source.contains(packet.source) && destination.contains(packet.destination) && transport.matches(packet)
      && sourcePorts.matches(packet.sourcePort, of: packet)
      && destinationPorts.matches(packet.destinationPort, of: packet)
      && (sensitivity.map { levels in packet.sensitivity.map(levels.contains) ?? false } ?? true)
  }
}
