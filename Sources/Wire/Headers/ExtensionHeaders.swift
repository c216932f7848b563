/// The extension headers that stand between an IPv6 header and what the packet carries. RFC 2460 §4.
@usableFromInline
struct ExtensionHeaders {
  /// What stands behind those that have been walked over.
  @usableFromInline private(set) var next: IPProtocol
  /// Where the octet stands that names it.
  @usableFromInline private(set) var place = 6
  /// Octets of the IPv6 header and of those that have been walked over.
  @usableFromInline private(set) var length = 40
  /// Whether a fragment header was met that belongs to one of several fragments.
  @usableFromInline private(set) var isFragment = false
  /// Whether none was met that says otherwise.
  @usableFromInline private(set) var isFirst = true
  /// The part that every fragment repeats: up to the routing header, or else the hop-by-hop options, or else the IPv6
  /// header alone. RFC 2460 §4.5.
  private(set) var unfragmentable = Part(length: 40, place: 6)
  /// What stands in front of the fragment header, if one was met.
  private(set) var frontOfFragment: Part?
  /// The header that was walked over last; none for the IPv6 header itself.
  private var previous: IPProtocol?
  private var count = 0

  /// Headers at the front of a packet.
  struct Part {
    /// Octets of the headers.
    let length: Int
    /// Where the octet stands that names what follows them.
    let place: Int
  }

  /// Before the walk, behind the IPv6 header at the front of `frame`, of which 40 octets are there.
  @inlinable
  init(_ frame: borrowing RawSpan) { self.init(next: IPProtocol(rawValue: frame.uint8(at: 6))) }

  @usableFromInline
  init(next: IPProtocol) { self.next = next }

  /// Whether the header of this number stands in front of what a packet carries.
  @inlinable
  static func isExtensionHeader(_ number: IPProtocol) -> Bool {
    number == .hopByHop || number == .ipv6Routing || number == .ipv6Fragment || number == .ipv6DestinationOptions
  }

  /// Walks to what the packet carries, or to a fragment; whether it came there, or found what may not be. The octets that
  /// the payload length speaks of are there.
  @usableFromInline
  mutating func walk(_ frame: borrowing RawSpan) -> Bool {
    let end = 40 + Int(frame.uint16(at: 4))
    while Self.isExtensionHeader(next), !isFragment {
      guard count < IPGlance.extensionHeaderLimit, isInPlace, end - length >= 8 else { return false }
      let octets = next == .ipv6Fragment ? 8 : (Int(frame.uint8(at: length + 1)) + 1) * 8
      guard octets <= end - length else { return false }
      if next == .ipv6Fragment { note(fragment: frame.uint16(at: length + 2)) }
      step(over: octets, to: IPProtocol(rawValue: frame.uint8(at: length)))
    }
    return true
  }

  private mutating func step(over octets: Int, to following: IPProtocol) {
    if next == .ipv6Fragment { frontOfFragment = Part(length: length, place: place) }
    (previous, place) = (next, length)
    length += octets
    count += 1
    if frontOfFragment == nil, next == .hopByHop || next == .ipv6Routing {
      unfragmentable = Part(length: length, place: place)
    }
    next = following
  }

  private mutating func note(fragment word: UInt16) {
    isFragment = word & 0xFFF9 != 0
    isFirst = word & 0xFFF8 == 0
  }

  /// Hop-by-hop options stand behind the IPv6 header only; a packet is cut once.
  private var isInPlace: Bool { next == .hopByHop ? previous == nil : next != .ipv6Fragment || frontOfFragment == nil }

  /// Throws what kept the walk from its end.
  func refuse(_ frame: borrowing RawSpan) throws(DecodeError) {
    let names = Self.nextHeaderField(of: previous)
    guard isInPlace else { throw DecodeError(field: names, offset: place, fault: .value(UInt64(next.rawValue))) }
    guard count < IPGlance.extensionHeaderLimit else {
      throw DecodeError(field: names, offset: place, fault: .bound(IPGlance.extensionHeaderLimit))
    }
    var cursor = Cursor(position: length, end: 40 + Int(frame.uint16(at: 4)))
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
