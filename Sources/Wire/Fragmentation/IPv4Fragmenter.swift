/// Cuts IPv4 datagrams to the size of a link. RFC 791 §3.2.
public enum IPv4Fragmenter {
  /// Why a datagram was not cut.
  public enum Refusal: Error, Hashable, Sendable {
    /// The header makes no sense.
    case malformed(DecodeError)
    /// DF is set and the datagram passes the MTU: the sender is to be told (RFC 1191 §4).
    case dontFragment(mtu: Int)
    /// The MTU leaves no room for eight octets behind the header.
    case mtuTooSmall(mtu: Int)
  }

  /// The fragments of `datagram` in order, each `mtu` octets at most, or the datagram alone where it fits. The first
  /// carries all options, the others those whose copy bit is set; a fragment may itself be cut again. RFC 791 §3.2.
  public static func fragment(_ datagram: [UInt8], mtu: Int) throws(Refusal) -> [[UInt8]] {
    if datagram.count <= mtu { return [datagram] }
    let (header, payload) = try parts(of: datagram)
    if header.encodedLength + payload.count <= mtu { return [header.datagram(payload)] }
    guard !header.dontFragment else { throw .dontFragment(mtu: mtu) }
    var later = header
    later.options = header.copiedOptions
    guard (mtu - header.encodedLength) & ~7 >= 8 else { throw .mtuTooSmall(mtu: mtu) }
    var fragments: [[UInt8]] = []
    var position = 0
    while position < payload.count {
      let fragment = cut(position == 0 ? header : later, payload, at: position, mtu: mtu)
      position += fragment.taken
      fragments.append(fragment.octets)
    }
    return fragments
  }

  private static func parts(of datagram: [UInt8]) throws(Refusal) -> (IPv4Header, [UInt8]) {
    do {
      var cursor = Cursor(end: datagram.count)
      let header = unsafe try IPv4Header(reading: datagram.span.bytes, at: &cursor)
      try header.holdToPayload(&cursor)
      return (header, Array(datagram[cursor.position..<cursor.end]))
    } catch { throw .malformed(error) }
  }

  /// NFB = (MTU - IHL * 4) / 8   RFC 791 §3.2
  private static func cut(
    _ template: IPv4Header, _ payload: [UInt8], at position: Int, mtu: Int
  ) -> (octets: [UInt8], taken: Int) {
    var header = template
    let room = mtu - header.encodedLength
    let isLast = payload.count - position <= room
    let taken = isLast ? payload.count - position : room & ~7
    header.fragmentOffset = template.fragmentOffset &+ UInt16(truncatingIfNeeded: position / 8)
    header.moreFragments = template.moreFragments || !isLast
    return (header.datagram(Array(payload[position..<position + taken])), taken)
  }
}
