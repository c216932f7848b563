import Units
import Wire

extension IPsecEngine {
  /// The plan for a datagram and the associations that were chosen for it. Both DF bits set: it is too big. The inner one
  /// set, the outermost clear: the outer datagram is fragmented. The inner one clear: it may be cut before, must be where the
  /// outer bit is set, and is not where the association is for certain ports, which its later fragments would not show
  /// (RFC 2401 §4.4.2, OPAQUE). An IPv6 packet is never cut on its way, and passes whole where its source could not be told
  /// of so narrow a path (RFC 2460 §5); in transport mode its source is this node, which cuts the sealed packet.
  func plan(_ departure: borrowing Departure) -> SealingPlan {
    let header = departure.header
    let (length, dontFragment) = sealed(departure)
    let outermost = departure.slots[departure.slots.count - 1]
    let mtu = associations.outbound.records[outermost].outerMTU(linkMTU: departure.linkMTU, at: departure.now)
    if length <= mtu { return .whole }
    let limit = maximumInnerLength(departure.slots, mtu: mtu, headerLength: header.headerLength)
    let isTunnel = firstLayerIsTunnel[departure.policyIndex]
    let innerForbids = header.isIPv6 ? isTunnel : header.dontFragment
    if innerForbids, header.isIPv6 || dontFragment {
      let isSayable = !header.isIPv6 || header.totalLength > Departure.ipv6MinimumMTU
      if isSayable { return .tooBig(limit: header.isIPv6 ? max(limit, Departure.ipv6MinimumMTU) : limit) }
    }
    let mayCut = isTunnel && !header.isIPv6 && !header.dontFragment && limit >= header.headerLength + 8
    if mayCut, cutsFirst(departure.slots[0]) || dontFragment || length > Departure.longestDatagram {
      return .pieces(limit: limit)
    }
    return length > Departure.longestDatagram ? .tooLong : .whole
  }

  private func cutsFirst(_ slot: Int) -> Bool {
    let record = associations.outbound.records[slot]
    return record.origin.rules.fragmentation == .beforeEncapsulation && !record.parameters.selector.namesPorts
  }

  /// How long the outermost datagram becomes, and whether it will forbid its fragmentation.
  private func sealed(_ departure: borrowing Departure) -> (length: Int, dontFragment: Bool) {
    var (total, headerLength) = (departure.header.totalLength, departure.header.headerLength)
    var dontFragment = Self.mayNotBeCut(departure.header)
    for place in 0..<departure.slots.count {
      let slot = departure.slots[place]
      let rules = associations.outbound.records[slot].origin.rules
      total = associations.outbound.records[slot].sealedLength(total: total, headerLength: headerLength)
      headerLength = associations.outbound.records[slot].frontLength(behind: headerLength)
      if rules.isTunnel { dontFragment = OuterHeader.dontFragment(rules.dontFragment, inner: dontFragment) }
    }
    return (total, dontFragment)
  }

  /// The largest datagram with a header of `headerLength` octets that fits `mtu` when it has passed the bundle; 0 where none
  /// does.
  private func maximumInnerLength(_ slots: SlotList, mtu: Int, headerLength: Int) -> Int {
    var fronts = [headerLength]
    for place in 0..<slots.count - 1 {
      fronts.append(associations.outbound.records[slots[place]].frontLength(behind: fronts[place]))
    }
    var limit = mtu
    for place in (0..<slots.count).reversed() {
      limit = associations.outbound.records[slots[place]].maximumInnerLength(
        mtu: limit, headerLength: fronts[place])
    }
    return limit
  }
}
