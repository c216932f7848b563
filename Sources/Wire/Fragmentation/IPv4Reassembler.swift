import Units

/// Puts the fragments of IPv4 datagrams together again, within bounds. RFC 791 §3.2. Deviates: RFC 791 lets a later
/// fragment overwrite an earlier one; overlaps are refused here, since they only serve to slip past filters (RFC 1858,
/// RFC 3128), and the datagram that they belong to is given up.
public struct IPv4Reassembler: Hashable, Sendable {
  /// How much may wait, and for how long.
  public struct Limits: Hashable, Sendable {
    /// Datagrams that wait for fragments.
    public var datagrams: Int
    /// Octets of payload that wait, all datagrams together.
    public var octets: Int
    /// Fragments of one datagram.
    public var fragments: Int
    /// How long a datagram may wait after its first fragment. RFC 1122 §3.3.2 asks for 60 to 120 s, hosts take 30.
    public var timeout: SimDuration

    public init(
      datagrams: Int = 64, octets: Int = 1 << 20, fragments: Int = 1024, timeout: SimDuration = .seconds(30)
    ) {
      self.datagrams = datagrams
      self.octets = octets
      self.fragments = fragments
      self.timeout = timeout
    }
  }

  /// Why a fragment was not taken. With `overlap` and the two contradictions the datagram is given up as well.
  public enum Refusal: Error, Hashable, Sendable {
    /// The header makes no sense.
    case malformed(DecodeError)
    /// The fragment covers octets that another one brought.
    case overlap
    /// The datagram would pass 65,535 octets: the "ping of death".
    case tooLong
    /// A fragment with MF set whose payload is no multiple of eight octets, or is empty.
    case raggedLength
    /// Two fragments disagree about where the datagram ends.
    case contradictoryEnd
    /// Too many datagrams wait.
    case tooManyDatagrams
    /// Too many octets wait.
    case tooManyOctets
    /// The datagram has too many fragments.
    case tooManyFragments
  }

  /// What became of a datagram or fragment that was handed in.
  public enum Outcome: Hashable, Sendable {
    /// It was whole already, or its last missing fragment came: the whole datagram.
    case complete([UInt8])
    /// Other fragments are still missing.
    case waiting
  }

  /// What fragments of one datagram have in common. RFC 791 §2.3.
  public struct Key: Hashable, Sendable {
    /// Source address.
    public let source: IPv4Address
    /// Destination address.
    public let destination: IPv4Address
    /// Protocol.
    public let `protocol`: IPProtocol
    /// Identification.
    public let identification: UInt16

    /// The datagram that the fragment in `datagram` belongs to; `nil` for what is no fragment, or makes no sense.
    public init?(_ datagram: [UInt8]) {
      guard let header = try? IPv4Header(decoding: datagram), header.isFragment else { return nil }
      self.init(header)
    }

    fileprivate init(_ header: IPv4Header) {
      source = header.sourceAddress
      destination = header.destinationAddress
      `protocol` = header.protocol
      identification = header.identification
    }
  }

  /// A datagram that was given up because its time ran out.
  public struct Expiry: Hashable, Sendable {
    /// Which datagram.
    public let key: Key
    /// Its first fragment, where that came: what an ICMP Time Exceeded of code 1 quotes, and only then is one sent
    /// (RFC 792 p. 6).
    public let firstFragment: [UInt8]?
  }

  /// The bounds.
  public let limits: Limits
  /// In the order in which their first fragments came, so in the order of their deadlines too.
  private var partial: [Partial] = []

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// Octets of payload that wait.
  public var waitingOctets: Int { partial.reduce(0) { $0 + $1.pieces.octets } }
  /// Datagrams that wait.
  public var waitingDatagrams: Int { partial.count }
  /// When `expire(at:)` has something to do, if nothing else comes.
  public var nextDeadline: Instant? { partial.first?.deadline }

  /// Takes a datagram or fragment that arrived at `now`.
  public mutating func accept(_ datagram: [UInt8], at now: Instant) throws(Refusal) -> Outcome {
    let (header, payload) = try Self.parts(of: datagram)
    guard header.isFragment else { return .complete(datagram) }
    try Self.check(header, payload.count)
    let index = try place(of: Key(header), at: now, adding: payload.count)
    do throws(Refusal) {
      try partial[index].insert(header, payload, datagram, limit: limits.fragments)
    } catch {
      // What came before a contradiction can't be trusted either (RFC 5722 §4 says so of IPv6).
      partial.remove(at: index)
      throw error
    }
    guard let whole = partial[index].whole else { return .waiting }
    partial.remove(at: index)
    return .complete(whole)
  }

  /// Gives up the datagrams whose time has run out at `now`, the oldest first.
  public mutating func expire(at now: Instant) -> [Expiry] {
    let count = partial.prefix { $0.deadline <= now }.count
    defer { partial.removeFirst(count) }
    return partial.prefix(count).map { Expiry(key: $0.key, firstFragment: $0.firstFragment) }
  }

  private static func parts(of datagram: [UInt8]) throws(Refusal) -> (IPv4Header, [UInt8]) {
    do {
      var cursor = Cursor(end: datagram.count)
      let header = unsafe try IPv4Header(reading: datagram.span.bytes, at: &cursor)
      try header.holdToPayload(&cursor)
      return (header, Array(datagram[cursor.position..<cursor.end]))
    } catch { throw .malformed(error) }
  }

  private static func check(_ header: IPv4Header, _ count: Int) throws(Refusal) {
    guard count > 0, !header.moreFragments || count % 8 == 0 else { throw .raggedLength }
    guard header.encodedLength + header.payloadOffset + count <= 65_535 else { throw .tooLong }
  }

  /// Where `key`'s datagram waits: found, or begun if the bounds allow. What has expired makes room first.
  private mutating func place(of key: Key, at now: Instant, adding count: Int) throws(Refusal) -> Int {
    guard waitingOctets + count <= limits.octets else { throw .tooManyOctets }
    if let index = partial.firstIndex(where: { $0.key == key }) { return index }
    guard partial.count < limits.datagrams else { throw .tooManyDatagrams }
    partial.append(Partial(key: key, deadline: now + limits.timeout))
    return partial.count - 1
  }
}

extension IPv4Reassembler {
  /// A datagram of which some fragments are there.
  private struct Partial: Hashable, Sendable {
    let key: Key
    let deadline: Instant
    var pieces = FragmentPieces()
    var firstHeader: IPv4Header?
    var firstFragment: [UInt8]?

    init(key: Key, deadline: Instant) {
      self.key = key
      self.deadline = deadline
    }

    mutating func insert(
      _ header: IPv4Header, _ payload: [UInt8], _ datagram: [UInt8], limit: Int
    ) throws(Refusal) {
      do throws(FragmentPieces.Fault) {
        try pieces.insert(payload, at: header.payloadOffset, isLast: !header.moreFragments, limit: limit)
      } catch {
        throw Refusal(error)
      }
      if header.payloadOffset == 0, firstHeader == nil {
        firstHeader = header
        firstFragment = datagram
      }
    }

    /// The whole datagram, once nothing is missing: the first fragment's header, and every payload.
    var whole: [UInt8]? {
      guard var header = firstHeader, let payload = pieces.whole else { return nil }
      header.moreFragments = false
      return header.datagram(payload)
    }
  }
}

extension IPv4Reassembler.Refusal {
  fileprivate init(_ fault: FragmentPieces.Fault) {
    self =
      switch fault {
      case .overlap: .overlap
      case .contradictoryEnd: .contradictoryEnd
      case .tooMany: .tooManyFragments
      }
  }
}

extension IPv4Reassembler.Refusal: CustomStringConvertible {
  /// The reason for people.
  public var description: String {
    switch self {
    case .malformed(let error): "\(error)"
    case .overlap: "the fragment overlaps one that came before (RFC 1858 §4)"
    case .tooLong: "the fragments make more than 65535 octets (RFC 791 §3.1)"
    case .raggedLength: "a fragment that is not the last must carry a multiple of eight octets (RFC 791 §3.1)"
    case .contradictoryEnd: "two fragments disagree about where the datagram ends (RFC 791 §3.2)"
    case .tooManyDatagrams: "too many datagrams wait for fragments"
    case .tooManyOctets: "too many octets wait for fragments"
    case .tooManyFragments: "the datagram has too many fragments"
    }
  }
}
