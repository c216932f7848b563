import Units

/// Puts the fragments of IPv6 packets together again, within bounds. RFC 2460 §4.5. Fragments that overlap give up
/// their packet, those of it that are still to come included (RFC 5722 §4); a packet that is its own only fragment is
/// taken by itself (RFC 6946 §4).
public struct IPv6Reassembler: Hashable, Sendable {
  /// How much may wait, and for how long.
  public typealias Limits = IPv4Reassembler.Limits
  /// What became of a packet or fragment that was handed in.
  public typealias Outcome = IPv4Reassembler.Outcome

  /// Why a fragment was not taken. With `overlap`, `contradictoryEnd` and `tooManyFragments` the packet is given up too.
  public enum Refusal: Error, Hashable, Sendable {
    /// A header makes no sense, or the packet is shorter than it says.
    case malformed(DecodeError)
    /// The fragment covers octets that another one brought, or belongs to a packet of which two did.
    case overlap
    /// The packet's payload would pass 65,535 octets.
    case tooLong
    /// A fragment with M set whose payload is no multiple of eight octets, or an empty one.
    case raggedLength
    /// Two fragments disagree about where the packet ends.
    case contradictoryEnd
    /// Too many packets wait.
    case tooManyDatagrams
    /// Too many octets wait.
    case tooManyOctets
    /// The packet has too many fragments.
    case tooManyFragments
  }

  /// What fragments of one packet have in common. RFC 2460 §4.5.
  public struct Key: Hashable, Sendable {
    /// Source address.
    public let source: IPv6Address
    /// Destination address.
    public let destination: IPv6Address
    /// Identification.
    public let identification: UInt32

    /// The packet that the fragment in `packet` belongs to; `nil` for what is no fragment of several, or makes no sense.
    public init?(_ packet: [UInt8]) {
      guard let fragment = try? Fragment(packet), !fragment.isWhole else { return nil }
      self = fragment.key
    }

    fileprivate init(_ header: IPv6Header, _ fragment: IPv6FragmentHeader) {
      source = header.sourceAddress
      destination = header.destinationAddress
      identification = fragment.identification
    }
  }

  /// A packet that was given up because its time ran out.
  public struct Expiry: Hashable, Sendable {
    /// Which packet.
    public let key: Key
    /// Its first fragment, where that came: what an ICMPv6 Time Exceeded of code 1 quotes, and only then is one sent.
    public let firstFragment: [UInt8]?
  }

  /// The 60 seconds of RFC 2460 §4.5, and the bounds of IPv4.
  public static let usualLimits = Limits(timeout: .seconds(60))

  /// The bounds.
  public let limits: Limits
  /// In the order in which their first fragments came, so in the order of their deadlines too.
  private var partial: [Partial] = []

  public init(limits: Limits = Self.usualLimits) { self.limits = limits }

  /// Octets of payload that wait.
  public var waitingOctets: Int { partial.reduce(0) { $0 + $1.pieces.octets } }
  /// Packets that wait, those included of which no more is taken.
  public var waitingDatagrams: Int { partial.count }
  /// When `expire(at:)` has something to do, if nothing else comes.
  public var nextDeadline: Instant? { partial.first?.deadline }

  /// Takes a packet or fragment that arrived at `now`.
  public mutating func accept(_ packet: [UInt8], at now: Instant) throws(Refusal) -> Outcome {
    guard let fragment = try Fragment(packet) else { return .complete(packet) }
    if fragment.isWhole { return .complete(fragment.packet(fragment.payload)) }
    let index = try place(of: fragment.key, at: now, adding: fragment.payload.count)
    guard !partial[index].isRefused else { throw .overlap }
    do throws(FragmentPieces.Fault) {
      try partial[index].insert(fragment, packet, limit: limits.fragments)
    } catch {
      partial[index].refuse()
      throw Refusal(error)
    }
    guard let whole = partial[index].whole else { return .waiting }
    partial.remove(at: index)
    return .complete(whole)
  }

  /// Gives up the packets whose time has run out at `now`, the oldest first; those that were refused before go in
  /// silence.
  public mutating func expire(at now: Instant) -> [Expiry] {
    let count = partial.prefix { $0.deadline <= now }.count
    defer { partial.removeFirst(count) }
    return partial.prefix(count).filter { !$0.isRefused }.map {
      Expiry(key: $0.key, firstFragment: $0.firstFragment)
    }
  }

  /// Where `key`'s packet waits: found, or begun if the bounds allow.
  private mutating func place(of key: Key, at now: Instant, adding count: Int) throws(Refusal) -> Int {
    guard waitingOctets + count <= limits.octets else { throw .tooManyOctets }
    if let index = partial.firstIndex(where: { $0.key == key }) { return index }
    guard partial.count < limits.datagrams else { throw .tooManyDatagrams }
    partial.append(Partial(key: key, deadline: now + limits.timeout))
    return partial.count - 1
  }
}

extension IPv6Reassembler {
  /// A fragment, taken apart.
  private struct Fragment: Hashable, Sendable {
    let key: Key
    let header: IPv6FragmentHeader
    /// The headers in front of the fragment header, which every fragment carries.
    let unfragmentable: [UInt8]
    /// Where in those the number stands that announces the fragment header.
    let nextHeaderPlace: Int
    let payload: [UInt8]

    var offset: Int { Int(header.fragmentOffset) * 8 }
    var isWhole: Bool { offset == 0 && !header.moreFragments }

    /// Takes a packet apart; `nil` for one that is no fragment. It is one in the very cases in which `IPGlance` finds a
    /// fragment header: what one of them took for a fragment and the other for a whole packet would be put together
    /// again and again.
    init?(_ packet: [UInt8]) throws(Refusal) {
      do throws(DecodeError) {
        let glance = try IPGlance(verifying: packet)
        guard glance.isIPv6 else { throw IPv6Header.Field.version.invalid(packet[0] >> 4, at: 0) }
        let frame = unsafe packet.span.bytes
        var chain = ExtensionHeaders(frame)
        guard chain.walk(frame), let front = chain.frontOfFragment else { return nil }
        nextHeaderPlace = front.place
        unfragmentable = Array(packet[..<front.length])
        var cursor = Cursor(position: front.length, end: glance.totalLength)
        header = try IPv6FragmentHeader(reading: frame, at: &cursor)
        key = Key(try IPv6Header(decoding: unfragmentable), header)
        payload = Array(packet[cursor.position..<cursor.end])
      } catch { throw .malformed(error) }
      guard isWhole || !payload.isEmpty, !header.moreFragments || payload.count % 8 == 0 else { throw .raggedLength }
      guard unfragmentable.count - 40 + offset + payload.count <= 65_535 else { throw .tooLong }
    }

    /// The packet without fragment header that carries `payload`.
    func packet(_ payload: [UInt8]) -> [UInt8] {
      var packet = unfragmentable
      packet[nextHeaderPlace] = header.nextHeader.rawValue
      let length = UInt16(clamping: unfragmentable.count - 40 + payload.count)
      packet[4] = UInt8(truncatingIfNeeded: length >> 8)
      packet[5] = UInt8(truncatingIfNeeded: length)
      return packet + payload
    }
  }

  /// A packet of which some fragments are there.
  private struct Partial: Hashable, Sendable {
    let key: Key
    let deadline: Instant
    var pieces = FragmentPieces()
    /// The fragment whose headers the whole packet gets.
    var first: Fragment?
    var firstFragment: [UInt8]?
    /// Whether fragments contradicted each other: no more are taken until the time runs out.
    var isRefused = false

    init(key: Key, deadline: Instant) {
      self.key = key
      self.deadline = deadline
    }

    mutating func insert(_ fragment: Fragment, _ packet: [UInt8], limit: Int) throws(FragmentPieces.Fault) {
      try pieces.insert(
        fragment.payload, at: fragment.offset, isLast: !fragment.header.moreFragments, limit: limit)
      if fragment.offset == 0, first == nil {
        first = fragment
        firstFragment = packet
      }
    }

    mutating func refuse() {
      self = Partial(key: key, deadline: deadline)
      isRefused = true
    }

    var whole: [UInt8]? { first.flatMap { first in pieces.whole.map { first.packet($0) } } }
  }
}

extension IPv6Reassembler.Refusal: CustomStringConvertible {
  fileprivate init(_ fault: FragmentPieces.Fault) {
    self =
      switch fault {
      case .overlap: .overlap
      case .contradictoryEnd: .contradictoryEnd
      case .tooMany: .tooManyFragments
      }
  }

  /// The reason for people.
  public var description: String {
    switch self {
    case .malformed(let error): "\(error)"
    case .overlap: "the packet's fragments overlap (RFC 5722 §4)"
    case .tooLong: "the fragments make more than 65535 octets (RFC 2460 §4.5)"
    case .raggedLength: "a fragment that is not the last must carry a multiple of eight octets (RFC 2460 §4.5)"
    case .contradictoryEnd: "two fragments disagree about where the packet ends (RFC 2460 §4.5)"
    case .tooManyDatagrams: "too many packets wait for fragments"
    case .tooManyOctets: "too many octets wait for fragments"
    case .tooManyFragments: "the packet has too many fragments"
    }
  }
}
