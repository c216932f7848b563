import Wire

/// Cutting a datagram before it is sealed. RFC 791 §3.2, RFC 2401 Appendix B.
enum InnerFragments {
  /// The datagram in pieces of at most `limit` octets, which must leave room for a header and eight octets. The first keeps
  /// all options, the others those that are to be copied.
  static func cut(
    _ datagram: [UInt8], to limit: Int
  ) throws(DecodeError) -> [(datagram: [UInt8], header: IPv4Glance)] {
    var cursor = Cursor(end: datagram.count)
    var header = unsafe try IPv4Header(reading: datagram.span.bytes, at: &cursor)
    let wasLast = !header.moreFragments
    let end = min(datagram.count, Int(header.totalLength))
    var position = cursor.position
    var pieces: [(datagram: [UInt8], header: IPv4Glance)] = []
    while position < end {
      let room = limit - header.encodedLength
      let count = end - position <= room ? end - position : max(8, room / 8 * 8)
      header.moreFragments = !wasLast || position + count < end
      let piece = header.datagram(Array(datagram[position..<position + count]))
      pieces.append((piece, try IPv4Glance(verifying: piece)))
      position += count
      header.fragmentOffset += UInt16(truncatingIfNeeded: count / 8)
      if pieces.count == 1 { header.options = header.copiedOptions }
    }
    return pieces
  }
}
