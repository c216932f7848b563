/// A walk from an IPv6 header over the extension headers that stand in front of what the packet carries. RFC 2460 §4.
struct ExtensionHeaderWalk {
  /// What stands at `position`.
  private(set) var next: IPProtocol
  /// Where the octet stands that names it.
  private(set) var place = 6
  /// The first octet that has not been walked over.
  private(set) var position = 40
  /// One past the last octet of the packet, as its payload length says.
  let end: Int
  /// Whether a fragment header was met that belongs to one of several fragments.
  private(set) var isFragment = false
  /// Whether none was met that says otherwise.
  private(set) var isFirst = true
  /// The header that stands in front of `position`; none for the IPv6 header itself.
  private var previous: IPProtocol?
  private var hasFragmentHeader = false
  private var count = 0

  /// A walk that begins behind the IPv6 header at the front of `frame`, of which 40 octets are there.
  init(_ frame: borrowing RawSpan) {
    next = IPProtocol(rawValue: frame.uint8(at: 6))
    end = 40 + Int(frame.uint16(at: 4))
  }

  /// Walks as far as it goes; whether it came to its end, or found what may not be.
  mutating func finish(_ frame: borrowing RawSpan) -> Bool {
    while Self.isExtensionHeader(next), !isFragment {
      guard count < IPGlance.extensionHeaderLimit, isInPlace, end - position >= 8 else { return false }
      let length = next == .ipv6Fragment ? 8 : (Int(frame.uint8(at: position + 1)) + 1) * 8
      guard length <= end - position else { return false }
      if next == .ipv6Fragment { note(fragment: frame.uint16(at: position + 2)) }
      (previous, place) = (next, position)
      next = IPProtocol(rawValue: frame.uint8(at: position))
      position += length
      count += 1
    }
    return true
  }

  private mutating func note(fragment word: UInt16) {
    hasFragmentHeader = true
    isFragment = word & 0xFFF9 != 0
    isFirst = word & 0xFFF8 == 0
  }

  /// Hop-by-hop options stand behind the IPv6 header only; a packet is cut once.
  private var isInPlace: Bool { next == .hopByHop ? previous == nil : next != .ipv6Fragment || !hasFragmentHeader }

  private static func isExtensionHeader(_ number: IPProtocol) -> Bool {
    number == .hopByHop || number == .ipv6Routing || number == .ipv6Fragment || number == .ipv6DestinationOptions
  }

  /// What kept the walk from its end.
  @inline(never)
  func refusal(_ frame: borrowing RawSpan) throws(DecodeError) {
    let names = Self.nextHeaderField(of: previous)
    guard isInPlace else {
      throw DecodeError(field: names, offset: place, fault: .value(UInt64(next.rawValue)))
    }
    guard count < IPGlance.extensionHeaderLimit else {
      throw DecodeError(field: names, offset: place, fault: .bound(IPGlance.extensionHeaderLimit))
    }
    var cursor = Cursor(position: position, end: end)
    switch next {
    case .hopByHop: _ = try IPv6HopByHopHeader(reading: frame, at: &cursor)
    case .ipv6Routing: _ = try IPv6RoutingHeader(reading: frame, at: &cursor)
    case .ipv6Fragment: _ = try IPv6FragmentHeader(reading: frame, at: &cursor)
    default: _ = try IPv6DestinationOptionsHeader(reading: frame, at: &cursor)
    }
  }

  private static func nextHeaderField(of header: IPProtocol?) -> FieldID {
    switch header {
    case .hopByHop?: IPv6HopByHopField.nextHeader.id
    case .ipv6Routing?: IPv6RoutingHeader.Field.nextHeader.id
    case .ipv6Fragment?: IPv6FragmentHeader.Field.nextHeader.id
    case .ipv6DestinationOptions?: IPv6DestinationOptionsField.nextHeader.id
    default: IPv6Header.Field.nextHeader.id
    }
  }
}
