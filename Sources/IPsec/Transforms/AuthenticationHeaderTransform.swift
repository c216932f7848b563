import Cryptography
import Wire

/// AH with the key of one association: RFC 2402. It covers a whole datagram, IPv4 or IPv6, and has the same look in
/// both modes: in tunnel mode the datagram is the outer one, and what AH precedes is the inner.
public struct AuthenticationHeaderTransform: Sendable {
  /// The algorithm.
  public let integrity: IntegrityAlgorithm
  let authenticator: MessageAuthenticator
  /// Octets of the ICV: asked for with every packet, and the table of the algorithms is further away.
  let icvLength: Int

  /// Fails where the key's length is wrong; `nil` for no algorithm, which AH has not (RFC 2402 §5).
  public init?(_ integrity: IntegrityAlgorithm, key: [UInt8]) throws(CryptographyError) {
    guard let authenticator = try integrity.authenticator(key: key) else { return nil }
    self.integrity = integrity
    self.authenticator = authenticator
    icvLength = integrity.icvLength
  }

  /// The octets that the ICV of the first AH of a whole datagram is computed over: RFC 2402 §3.3.3. Fails where there
  /// is no AH behind the IP header, or it has no room for an ICV of `icvLength` octets.
  public static func icvInput(_ datagram: [UInt8], icvLength: Int) throws(DecodeError) -> AuthenticatedOctets {
    try AuthenticatedOctets(of: datagram, icvLength: icvLength)
  }

  /// Whether the ICV of the first AH of a whole datagram is right: RFC 2402 §3.4.4.
  public func isAuthentic(_ datagram: [UInt8]) throws(DecodeError) -> Bool {
    let covered = try Self.icvInput(datagram, icvLength: integrity.icvLength)
    let carried = covered.header.integrityCheckValue.prefix(integrity.icvLength)
    return constantTimeEquals(integrityCheckValue(of: covered), Array(carried))
  }

  /// The ICV over the octets: RFC 2402 §3.3.3.
  private func integrityCheckValue(of covered: AuthenticatedOctets) -> [UInt8] {
    Array(authenticator.authenticate(covered.octets).prefix(integrity.icvLength))
  }

  /// The datagram with AH where RFC 2402 §3.1.1 has it: behind the IPv4 header and its options, or behind the IPv6 header
  /// and those extension headers that routers on the way read. In tunnel mode the datagram is the outer header with the
  /// inner datagram behind it.
  public func protect(_ datagram: [UInt8], spi: UInt32, sequenceNumber: UInt32) throws(DecodeError) -> [UInt8] {
    let walk = try HeaderWalk(datagram).readOnTheWay
    // Authentication Data fills 64 bits in IPv6, if need be with padding: RFC 2402 §2.6, §3.3.3.2.1.
    let padding = walk.isIPv6 ? -(12 + integrity.icvLength) & 7 : 0
    let ah = AuthenticationHeader(
      nextHeader: walk.next, spi: spi, sequenceNumber: sequenceNumber,
      integrityCheckValue: [UInt8](repeating: 0, count: integrity.icvLength + padding))
    var protected = try walk.datagram(datagram, .ah, ah.encoded + datagram[walk.offset..<walk.end])
    let covered = try Self.icvInput(protected, icvLength: integrity.icvLength)
    protected.replaceSubrange(covered.icvRange, with: integrityCheckValue(of: covered))
    return protected
  }

  /// A datagram without its first AH: what was there before ``protect(_:spi:sequenceNumber:)``. In tunnel mode the inner
  /// datagram lies behind the header.
  public static func removingHeader(from datagram: [UInt8]) throws(DecodeError) -> [UInt8] {
    let walk = try HeaderWalk(datagram).toAH
    var cursor = Cursor(position: walk.offset, end: walk.end)
    let ah = unsafe try AuthenticationHeader(reading: datagram.span.bytes, at: &cursor)
    return try walk.datagram(datagram, ah.nextHeader, Array(datagram[cursor.position..<walk.end]))
  }
}
