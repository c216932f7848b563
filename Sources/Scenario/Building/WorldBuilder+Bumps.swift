import Network
import Wire

/// Bumps in the wire (RFC 2401 §3.3) join two links to one segment, and stand for whom they have inside.
extension WorldBuilder {
  mutating func joinLinks() {
    draft.segments = Array(draft.links.indices)
    for node in draft.nodes.indices where draft.nodes[node].kind == .bump {
      let links = draft.nodes[node].interfaces.compactMap(\.link)
      guard links.count == 2, links[0] != links[1] else {
        collector.error(
          draft.nodes[node].place, draft.nodes[node].path,
          "\(draft.nodes[node].name) is a bump in the wire, and its interfaces are not on two links",
          expected: "each of its interfaces among the endpoints of a link of its own")
        continue
      }
      join(draft.segments[links[0]], draft.segments[links[1]])
      protect(by: node)
    }
  }

  private mutating func join(_ first: Int, _ second: Int) {
    let (kept, given) = (min(first, second), max(first, second))
    for link in draft.segments.indices where draft.segments[link] == given { draft.segments[link] = kept }
  }

  /// Its associations end at the addresses of those on its inside link.
  private mutating func protect(by node: Int) {
    let interfaces = draft.nodes[node].interfaces
    guard let inside = interfaces.firstIndex(where: \.isInside), let link = interfaces[inside].link else { return }
    let protected = draft.links[link].endpoints.flatMap { draft.nodes[$0.node].interfaces[$0.interface].addresses }
    draft.nodes[node].interfaces[1 - inside].protected = protected
    for address in protected where draft.nodes[node].record.value(.policies) != nil {
      draft.bumps[address.address] = draft.bumps[address.address] ?? node
    }
  }
}
