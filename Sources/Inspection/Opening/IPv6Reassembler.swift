import Wire

/// Puts the fragments of IPv6 packets together again, within bounds. RFC 2460 §4.5; overlaps are refused, and what they
/// belong to is given up (RFC 5722 §4).
struct IPv6Reassembler: Hashable, Sendable {
  /// Packets that wait for fragments at the same time; the one that began first makes room.
  static let mostPackets = 256
  /// Octets that wait, all packets together.
  static let mostOctets = 1 << 22

  /// What fragments of one packet have in common.
  struct Key: Hashable, Sendable {
    var source: IPv6Address
    var destination: IPv6Address
    var identification: UInt32
  }

  /// A fragment in the buffer that holds it.
  struct Fragment {
    let bytes: [UInt8]
    /// Where the IPv6 header begins.
    let start: Int
    /// Where the fragment header begins; what lies between them is the unfragmentable part.
    let header: Int
    /// Where the packet ends.
    let end: Int
  }

  private struct Piece: Hashable, Sendable {
    var offset: Int
    var octets: [UInt8]
    var upperBound: Int { offset + octets.count }
  }

  private struct Partial: Hashable, Sendable {
    let key: Key
    var pieces: [Piece] = []
    var octets = 0
    var end: Int?
    /// The unfragmentable part of the first fragment, and what follows it.
    var front: [UInt8] = []
  }

  private var partial: [Partial] = []

  private static let fixedLength = 8

  /// Takes a fragment; returns the whole packet with the last missing one. What makes no sense is not taken.
  mutating func accept(_ fragment: Fragment) -> [UInt8]? {
    guard let read = Self.read(fragment) else { return nil }
    let index = place(of: read.key)
    guard Self.insert(read.piece, isLast: read.isLast, into: &partial[index]) else {
      partial.remove(at: index)
      return nil
    }
    if read.piece.offset == 0 { partial[index].front = Self.front(fragment) }
    guard let whole = Self.whole(partial[index]) else {
      makeRoom()
      return nil
    }
    partial.remove(at: index)
    return whole
  }

  private static func read(_ fragment: Fragment) -> (key: Key, piece: Piece, isLast: Bool)? {
    var cursor = Cursor(position: fragment.header, end: fragment.end)
    let frame = unsafe fragment.bytes.span.bytes
    guard fragment.start + 40 <= fragment.header, fragment.end <= frame.byteCount,
      let header = try? IPv6FragmentHeader(reading: frame, at: &cursor)
    else { return nil }
    let octets = frame.octets(in: cursor.position..<cursor.end)
    let offset = Int(header.fragmentOffset) * 8
    guard !octets.isEmpty, !header.moreFragments || octets.count % 8 == 0,
      fragment.header - fragment.start - 40 + offset + octets.count <= 65_535
    else { return nil }
    let key = Key(
      source: frame.ipv6Address(at: fragment.start + 8), destination: frame.ipv6Address(at: fragment.start + 24),
      identification: header.identification)
    return (key, Piece(offset: offset, octets: octets), !header.moreFragments)
  }

  /// The unfragmentable part with the announcement of the fragment header replaced by what the fragment header announces.
  private static func front(_ fragment: Fragment) -> [UInt8] {
    var front = Array(fragment.bytes[fragment.start..<fragment.header])
    var (announcement, position) = (6, 40)
    while position + 1 < front.count {
      announcement = position
      position += (Int(front[position + 1]) + 1) * 8
    }
    front[announcement] = fragment.bytes[fragment.header]
    return front
  }

  private mutating func place(of key: Key) -> Int {
    if let index = partial.firstIndex(where: { $0.key == key }) { return index }
    partial.append(Partial(key: key))
    return partial.count - 1
  }

  private mutating func makeRoom() {
    while partial.count > Self.mostPackets || partial.count > 1 && waitingOctets > Self.mostOctets {
      partial.removeFirst()
    }
  }

  private var waitingOctets: Int { partial.reduce(0) { $0 + $1.octets } }

  /// Returns whether the fragment goes with those before it; the very same one once more does.
  private static func insert(_ piece: Piece, isLast: Bool, into partial: inout Partial) -> Bool {
    let index = partial.pieces.firstIndex { $0.offset >= piece.offset } ?? partial.pieces.count
    if index < partial.pieces.count, partial.pieces[index] == piece { return true }
    if index > 0, partial.pieces[index - 1].upperBound > piece.offset { return false }
    if index < partial.pieces.count, partial.pieces[index].offset < piece.upperBound { return false }
    if let end = partial.end, isLast || piece.upperBound > end { return false }
    if isLast, index < partial.pieces.count { return false }
    partial.pieces.insert(piece, at: index)
    partial.octets += piece.octets.count
    if isLast { partial.end = piece.upperBound }
    return true
  }

  private static func whole(_ partial: Partial) -> [UInt8]? {
    guard partial.octets == partial.end, !partial.front.isEmpty else { return nil }
    var packet = partial.front
    for piece in partial.pieces { packet += piece.octets }
    packet[4] = UInt8(truncatingIfNeeded: (packet.count - 40) >> 8)
    packet[5] = UInt8(truncatingIfNeeded: packet.count - 40)
    return packet
  }
}
