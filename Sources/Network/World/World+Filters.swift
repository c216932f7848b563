import Journal
import Wire

/// Packet filters of the nodes.
extension World {
  /// Whether a rule of the node keeps a datagram from crossing an interface: it is then dropped in silence, as filters do,
  /// and the record says by which rule.
  mutating func isFiltered(
    _ datagram: borrowing Datagram, _ header: IPGlance, by interface: Int, _ direction: FilterDirection, at node: Int
  ) -> Bool {
    let name = nodes[node].interfaces[interface].name
    guard let rule = nodes[node].filters.first(where: { $0.fits(header, of: datagram.bytes, by: name, direction) }),
      rule.action == .drop
    else { return false }
    drop(datagram, .filtered, "rule \"\(rule.name)\", \(direction.rawValue) by \(name)", at: node)
    return true
  }

  /// The same for a datagram that leaves, whose header this node has verified or made.
  mutating func isFiltered(
    _ datagram: borrowing Datagram, by interface: Int, _ direction: FilterDirection, at node: Int
  ) -> Bool {
    guard let header = try? IPGlance(verifying: datagram.bytes) else { return false }
    return isFiltered(datagram, header, by: interface, direction, at: node)
  }
}
