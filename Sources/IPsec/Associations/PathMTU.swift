import Units
import Wire

/// What an association learned of its path, from a router that could not forward one of its packets. RFC 2401 §6.1.2.
struct PathMTU: Hashable, Sendable {
  /// After this time a larger one may be tried: RFC 1191 §6.3.
  static let age = SimDuration.seconds(600)
  /// Every module forwards datagrams of so many octets: RFC 791 §3.2. No path has less room for what is sealed,
  /// whatever a forged message says.
  static let minimumInnerLength = 68
  /// Where MTUs lie in practice, for routers that name none: RFC 1191 §7.1.
  static let plateaus = [65_535, 32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68]

  /// The largest outer datagram.
  var mtu: Int
  /// When that was learned.
  var learned: Instant

  /// Whether it still counts.
  func isFresh(at now: Instant) -> Bool { now - learned < Self.age }

  /// The plateau below a length that did not pass.
  static func plateau(below length: Int) -> Int { plateaus.first { $0 < length } ?? 68 }
}

extension OutboundAssociation {
  /// The largest outer datagram now.
  func outerMTU(linkMTU: Int, at now: Instant) -> Int {
    guard let pathMTU, pathMTU.isFresh(at: now) else { return linkMTU }
    return min(linkMTU, pathMTU.mtu)
  }

  /// Octets of the sealed form of the smallest datagram that every path takes; of IPv6 what every link takes.
  fileprivate var minimumMTU: Int {
    let headerLength = OuterHeader.length(to: identity.destination)
    guard headerLength == 20 else { return Departure.ipv6MinimumMTU }
    return sealedLength(total: PathMTU.minimumInnerLength, headerLength: headerLength)
  }

  /// Takes note of an MTU; says whether it is news. It never grows by a message (RFC 1191 §3), only by age.
  fileprivate mutating func learn(_ mtu: Int, at now: Instant) -> Bool {
    let held = max(mtu, minimumMTU)
    guard held < outerMTU(linkMTU: Departure.longestDatagram, at: now) else { return false }
    pathMTU = PathMTU(mtu: held, learned: now)
    return true
  }
}

extension IPsecEngine {
  /// Takes note that outer datagrams of an association must not pass `mtu` octets: RFC 2401 §6.1.2.1. Says whether
  /// that is news: not where there is no such outbound association, or where its path was known to be as narrow.
  public mutating func learnPathMTU(
    _ mtu: Int, forAssociation identity: AssociationIdentity, at now: Instant
  ) -> Bool {
    guard let slot = associations.outbound.slot(of: identity) else { return false }
    return associations.outbound.records[slot].learn(mtu, at: now)
  }

  /// The same from an ICMP message that a datagram was too big: the MTU that it names, 0 where the router is older than RFC
  /// 1191, and the beginning of the datagram that it quotes. The SPI must be there: in the first 8 octets behind the IP header.
  /// Gives the association where that is news.
  public mutating func learnPathMTU(
    _ nextHopMTU: Int, quoting quoted: [UInt8], at now: Instant
  ) -> AssociationIdentity? {
    guard let (identity, length) = outboundAssociation(quoted) else { return nil }
    let mtu = nextHopMTU > 0 ? nextHopMTU : PathMTU.plateau(below: length)
    return learnPathMTU(mtu, forAssociation: identity, at: now) ? identity : nil
  }

  /// The association by which this node sent the datagram of which `quoted` is the beginning, as an ICMP error quotes it,
  /// and how long that datagram says it was; `nil` where it was sent by none of this node's.
  public func outboundAssociation(_ quoted: [UInt8]) -> (identity: AssociationIdentity, totalLength: Int)? {
    guard let quote = QuotedDatagram(quoted), policies.isLocal(quote.source), let spi = quote.spi else { return nil }
    let identity = AssociationIdentity(
      spi: spi, destination: quote.destination, securityProtocol: quote.protocol)
    return isOutbound(identity) ? (identity, quote.totalLength) : nil
  }

  /// The largest datagram, with a header of `headerLength` octets, whose sealed form fits the path now; `nil` where
  /// there is no such outbound association.
  public func maximumInnerLength(
    forAssociation identity: AssociationIdentity, linkMTU: Int = 1_500, headerLength: Int = 20, at now: Instant
  ) -> Int? {
    guard let slot = associations.outbound.slot(of: identity) else { return nil }
    let mtu = associations.outbound.records[slot].outerMTU(linkMTU: linkMTU, at: now)
    return associations.outbound.records[slot].maximumInnerLength(mtu: mtu, headerLength: headerLength)
  }
}

/// What an ICMP error tells of a datagram by quoting its beginning: RFC 792, RFC 2463 §2.4.
struct QuotedDatagram {
  var source: IPAddress
  var destination: IPAddress
  var `protocol`: IPProtocol
  var totalLength: Int
  /// Of AH and ESP.
  var spi: UInt32?

  init?(_ quoted: [UInt8]) {
    var cursor = Cursor(end: quoted.count)
    let frame = unsafe quoted.span.bytes
    if quoted.first.map({ $0 >> 4 }) == 6 {
      guard let header = try? IPv6Header(reading: frame, at: &cursor) else { return nil }
      (source, destination) = (.v6(header.sourceAddress), .v6(header.destinationAddress))
      (`protocol`, totalLength) = (header.nextHeader, 40 + Int(header.payloadLength))
      // A sealed packet that was cut at this node: the fragment header stands in front of ESP.
      if `protocol` == .ipv6Fragment, let fragment = try? IPv6FragmentHeader(reading: frame, at: &cursor) {
        `protocol` = fragment.nextHeader
      }
    } else {
      guard let header = try? IPv4Header(reading: frame, at: &cursor), header.fragmentOffset == 0 else { return nil }
      (source, destination) = (.v4(header.sourceAddress), .v4(header.destinationAddress))
      (`protocol`, totalLength) = (header.protocol, Int(header.totalLength))
    }
    let offset = cursor.position + (`protocol` == .ah ? 4 : 0)
    guard `protocol` == .esp || `protocol` == .ah, quoted.count >= cursor.position + 8 else { return }
    spi = frame.uint32(at: offset)
  }
}
