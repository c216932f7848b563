import Units
import Wire

extension IPsecEngine {
  /// A packet that carries nothing, by the newest ESP association of an entry's layer, through the layers around it: next
  /// header 59, which its receiver throws away (RFC 4303 §2.6). `nil` where there is no such association with room for it.
  public mutating func dummy(policy index: Int, layer: Int, at now: Instant) -> (
    steps: SealSteps, events: [LifetimeEvent]
  )? {
    guard policies.entries.indices.contains(index), let protection = policies.entries[index].protection,
      let flow = protection.layer(layer)?.trafficFlow,
      let slot = associations.outboundSlots(ofPolicy: index, layer: layer).last,
      associations.outbound.records[slot].limit(reachedByPackets: 1, octets: flow.dummyLength + 512, at: now) == nil
    else { return nil }
    let payload = generator.bytes(flow.dummyLength)
    let identification = nextIdentification()
    guard
      let step = try? associations.outbound.records[slot].sealDummy(payload, identification: identification)
    else { return nil }
    var events: [LifetimeEvent] = []
    lookAtOutboundLimits(slot, &events)
    guard layer + 1 < protection.layerCount else { return (SealSteps(step), events) }
    return wrap(step, protection, index, from: layer + 1, at: now, &events).map { ($0, events) }
  }

  /// Puts the outer layers of a bundle around what an inner one has sealed; `nil` where one of them has no room for it.
  private mutating func wrap(
    _ first: SealStep, _ protection: Protection, _ index: Int, from layer: Int, at now: Instant,
    _ events: inout [LifetimeEvent]
  ) -> SealSteps? {
    var slots = SlotList()
    for place in layer..<protection.layerCount {
      // More than any number of layers adds to what the first has made.
      let octets = first.outer.count + 512 * protection.layerCount
      guard let slot = associations.outboundSlots(ofPolicy: index, layer: place).last,
        associations.outbound.records[slot].limit(reachedByPackets: 1, octets: octets, at: now) == nil
      else { return nil }
      slots.append(slot)
    }
    var step = first
    step.isLast = false
    guard let header = try? IPGlance(verifying: step.outer),
      let outer = try? sealBundle(step.outer, header, slots), !outer.isEmpty
    else { return nil }
    for place in 0..<slots.count { lookAtOutboundLimits(slots[place], &events) }
    return SealSteps([step] + outer)
  }
}
