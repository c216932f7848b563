import Cryptography
import Wire

/// AH with the key of one association: RFC 2402. It covers a whole datagram, IPv4 or IPv6, and has the same look in
/// both modes: in tunnel mode the datagram is the outer one, and what AH precedes is the inner.
public struct AuthenticationHeaderTransform: Sendable {
  /// The algorithm.
  public let integrity: IntegrityAlgorithm
  let authenticator: MessageAuthenticator

  /// Fails where the key's length is wrong; `nil` for no algorithm, which AH has not (RFC 2402 §5).
  public init?(_ integrity: IntegrityAlgorithm, key: [UInt8]) throws(CryptographyError) {
    guard let authenticator = try integrity.authenticator(key: key) else { return nil }
    self.integrity = integrity
    self.authenticator = authenticator
  }

  /// What an ICV is computed over.
  public struct Input: Hashable, Sendable {
    /// The datagram with everything zeroed, or foreseen, that may change on its way, and the ICV zeroed.
    public var octets: [UInt8]
    /// Where AH begins.
    public var offset: Int
    /// AH as it stands in the datagram.
    public var header: AuthenticationHeader
  }

  /// The octets that the ICV of the first AH of a whole datagram is computed over: RFC 2402 §3.3.3. Fails where there
  /// is no AH behind the IP header, or it has no room for an ICV of `icvLength` octets.
  public static func icvInput(_ datagram: [UInt8], icvLength: Int) throws(DecodeError) -> Input {
    var octets = datagram
    let isIPv4 = datagram.first.map { $0 >> 4 == 4 } ?? true
    let offset = isIPv4 ? try MutableFields.normalizeIPv4(&octets) : try MutableFields.normalizeIPv6(&octets)
    var cursor = Cursor(position: offset, end: datagram.count)
    let header = unsafe try AuthenticationHeader(reading: datagram.span.bytes, at: &cursor)
    let room = header.integrityCheckValue.count
    guard room >= icvLength else {
      throw AuthenticationHeader.Field.integrityCheckValue.invalidLength(icvLength, limit: room, at: offset + 12)
    }
    for place in offset + 12..<offset + 12 + icvLength { octets[place] = 0 }
    return Input(octets: octets, offset: offset, header: header)
  }

  /// Whether the ICV of the first AH of a whole datagram is right: RFC 2402 §3.4.4.
  public func isAuthentic(_ datagram: [UInt8]) throws(DecodeError) -> Bool {
    let input = try Self.icvInput(datagram, icvLength: integrity.icvLength)
    let computed = authenticator.authenticate(input.octets).prefix(integrity.icvLength)
    return constantTimeEquals(Array(computed), Array(input.header.integrityCheckValue.prefix(integrity.icvLength)))
  }

  /// The datagram with AH behind its IPv4 header and options: RFC 2402 §3.1. In tunnel mode the datagram is the outer
  /// header with the inner datagram behind it.
  public func protect(_ datagram: [UInt8], spi: UInt32, sequenceNumber: UInt32) throws(DecodeError) -> [UInt8] {
    var header = try IPv4Header(decoding: datagram)
    let zeros = [UInt8](repeating: 0, count: integrity.icvLength)
    var ah = AuthenticationHeader(
      nextHeader: header.protocol, spi: spi, sequenceNumber: sequenceNumber, integrityCheckValue: zeros)
    let payload = datagram[
      header.encodedLength..<max(header.encodedLength, min(datagram.count, Int(header.totalLength)))]
    header.protocol = .ah
    let input = try Self.icvInput(header.datagram(ah.encoded + payload), icvLength: integrity.icvLength)
    ah.integrityCheckValue = Array(authenticator.authenticate(input.octets).prefix(integrity.icvLength))
    return header.datagram(ah.encoded + payload)
  }

  /// An IPv4 datagram without its first AH: what was there before ``protect(_:spi:sequenceNumber:)``. In tunnel mode
  /// the inner datagram lies behind the header.
  public static func removingHeader(from datagram: [UInt8]) throws(DecodeError) -> [UInt8] {
    var cursor = Cursor(end: datagram.count)
    let frame = unsafe datagram.span.bytes
    var header = try IPv4Header(reading: frame, at: &cursor)
    let ah = try AuthenticationHeader(reading: frame, at: &cursor)
    header.protocol = ah.nextHeader
    return header.datagram(Array(datagram[cursor.position...]))
  }
}
