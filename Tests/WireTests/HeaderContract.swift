import Testing

@testable import Wire

/// What style asks of every header: it writes all of its octets, reads back as itself, refuses each proper prefix at the
/// field in which it ends, and shows every flipped bit or refuses it. `fixed` is how many octets have to be there.
func expectContract<Header: WireHeader>(
  _ header: Header, fixed: Int? = nil, refusesPrefixes: Bool = true, ignoredBits: Set<Int> = [],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let octets = header.encoded
  #expect(octets.count == header.encodedLength, "encodedLength", sourceLocation: sourceLocation)
  #expect(throws: Never.self, sourceLocation: sourceLocation) {
    let read = try Header(decoding: octets)
    #expect(read == header, "round trip", sourceLocation: sourceLocation)
  }
  expectFieldsInside(header, octets.count, sourceLocation)
  if refusesPrefixes { expectPrefixesRefused(header, octets, sourceLocation) }
  for bit in 0..<octets.count * 8 where !ignoredBits.contains(bit) {
    var flipped = octets
    flipped[bit / 8] ^= 0x80 >> UInt8(bit % 8)
    guard let read = try? Header(decoding: flipped) else { continue }
    #expect(read != header, "bit \(bit) reads the same", sourceLocation: sourceLocation)
  }
}

private func expectPrefixesRefused<Header: WireHeader>(
  _ header: Header, _ octets: [UInt8], _ sourceLocation: SourceLocation
) {
  for length in 0..<octets.count {
    do {
      _ = try Header(decoding: Array(octets.prefix(length)))
      Issue.record("a prefix of \(length) octets was read", sourceLocation: sourceLocation)
    } catch {
      #expect(error.field.layer == Header.layer, sourceLocation: sourceLocation)
      #expect(error.offset <= length, "refused at \(error.offset) of \(length)", sourceLocation: sourceLocation)
      guard case .truncated(let needed, let available) = error.fault else { continue }
      #expect(error.offset + available == length, "ends elsewhere: \(error)", sourceLocation: sourceLocation)
      #expect(needed > available, sourceLocation: sourceLocation)
    }
  }
}

/// Every field lies inside its header, its children inside it, and none is named twice at the top.
private func expectFieldsInside<Header: WireHeader>(
  _ header: Header, _ count: Int, _ sourceLocation: SourceLocation
) {
  func check(_ nodes: [FieldNode], _ bounds: Range<Int>) {
    for node in nodes {
      #expect(
        bounds.lowerBound <= node.range.lowerBound && node.range.upperBound <= bounds.upperBound,
        "\(node.name) at \(node.range) leaves \(bounds)", sourceLocation: sourceLocation)
      #expect(!node.explanation.isEmpty && !node.citation.isEmpty, sourceLocation: sourceLocation)
      check(node.children, node.range)
    }
  }
  let nodes = header.fields(at: 100)
  check(nodes, 100..<100 + count)
  #expect(Set(nodes.map(\.name)).count == nodes.count, "a name stands twice", sourceLocation: sourceLocation)
}

/// Octets that are the same on every machine: SplitMix64.
struct Noise: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
  mutating func octets(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }
}
