import Wire

/// The octets that the ICV of an AH covers: the IP header in front of it as it will arrive, with zeros for what routers
/// change on the way, then AH with zeros for its ICV, then all that follows. RFC 2402 §3.3.3 and Appendix A. Each octet
/// that is not the packet's own is marked with the reason.
public struct AuthenticatedOctets: Hashable, Sendable {
  /// What the ICV is computed over.
  public internal(set) var octets: [UInt8]
  /// Where AH lies in them.
  public let headerRange: Range<Int>
  /// AH as it stands in the packet.
  public let header: AuthenticationHeader
  /// What was made of other octets than the packet's, in the order of their places.
  public internal(set) var marks: [Mark] = []

  /// The octets for the first AH of a whole datagram. Fails where there is no AH behind the IP header and the headers
  /// that extend it, or where it has no room for an ICV of `icvLength` octets.
  public init(of datagram: [UInt8], icvLength: Int) throws(DecodeError) {
    let walk = try HeaderWalk(datagram).toAH
    try self.init(
      header: datagram[..<walk.offset], rest: datagram[walk.offset..<walk.end], icvLength: icvLength)
  }

  /// The octets for an AH whose IP header lies elsewhere, or with other headers between: those came later, by whoever
  /// bundled or tunnelled, and the ICV knows nothing of them.
  ///
  /// `header` is the IP header with its options or the headers that extend it; `rest` begins with AH.
  public init(header front: ArraySlice<UInt8>, rest: ArraySlice<UInt8>, icvLength: Int) throws(DecodeError) {
    let octets = Array(front) + rest
    var cursor = Cursor(position: front.count, end: octets.count)
    header = unsafe try AuthenticationHeader(reading: octets.span.bytes, at: &cursor)
    headerRange = front.count..<cursor.position
    let room = header.integrityCheckValue.count
    guard room >= icvLength else {
      throw AuthenticationHeader.Field.integrityCheckValue.invalidLength(icvLength, limit: room, at: front.count + 12)
    }
    self.octets = octets
    if octets[0] >> 4 == 4 { try normalizeIPv4(front.count) } else { try normalizeIPv6(front.count) }
    // Padding behind the ICV is covered as it stands: RFC 2402 §3.3.3.2.1.
    zero(.integrityCheckValue, front.count + 12..<front.count + 12 + icvLength)
    marks.sort { (first: Mark, second: Mark) in first.place < second.place }
  }

  /// Where the ICV lies in ``octets``, all of its octets zeros.
  public var icvRange: Range<Int> {
    marks.last { $0.field == .integrityCheckValue }?.range ?? headerRange.lowerBound + 12..<headerRange.lowerBound + 12
  }
}

extension AuthenticatedOctets {
  /// What was done to octets before the ICV was computed.
  public enum Change: String, Hashable, Sendable, CaseIterable {
    /// Routers may change them in ways that nobody can tell: zeros stand for them. RFC 2402 §3.3.3.1.
    case zeroed
    /// Routers change them in a way that the sender can tell: they are as they will arrive. RFC 2402 §3.3.3.1.
    case foreseen
    /// Headers that came later changed them: they are as they were when AH was put in.
    case restored
  }

  /// Octets that are not those of the packet.
  public struct Mark: Hashable, Sendable {
    /// The octets of the field, in ``AuthenticatedOctets/octets``.
    public let range: Range<Int>
    /// Which bits of those octets, where not all: bit 0 is the most significant one of the first octet.
    public let bits: Range<Int>?
    /// What was done.
    public let change: Change
    /// Which field.
    public let field: Field

    /// Places in their order, the wider of two that begin together first.
    fileprivate var place: (Int, Int, Int) { (range.lowerBound, bits?.lowerBound ?? 0, -range.upperBound) }

    /// The bits of the octet at `offset` that the mark covers; none outside of its range.
    public func mask(at offset: Int) -> UInt8 {
      guard range.contains(offset) else { return 0 }
      guard let bits else { return 0xFF }
      let first = 8 * (offset - range.lowerBound)
      let own = bits.clamped(to: first..<first + 8)
      return UInt8(truncatingIfNeeded: 0xFF >> (own.lowerBound - first) & 0xFF << (first + 8 - own.upperBound))
    }
  }

  /// Fills a field with zeros and marks it.
  mutating func zero(_ field: Field, _ range: Range<Int>, bits: Range<Int>? = nil) {
    let mark = Mark(range: range, bits: bits, change: .zeroed, field: field)
    for offset in range { octets[offset] &= ~mark.mask(at: offset) }
    marks.append(mark)
  }

  /// Notes that a field has been made what it will be at the end of the way.
  mutating func foresee(_ field: Field, _ range: Range<Int>) {
    marks.append(Mark(range: range, bits: nil, change: .foreseen, field: field))
  }

  /// Puts back what headers that came later have changed; what they have not is no change.
  mutating func restore(_ field: Field, _ value: some BinaryInteger, at offset: Int, count: Int) {
    let range = offset..<offset + count
    let octets = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - $0))) }
    guard !self.octets[range].elementsEqual(octets) else { return }
    self.octets.replaceSubrange(range, with: octets)
    marks.append(Mark(range: range, bits: nil, change: .restored, field: field))
  }
}
