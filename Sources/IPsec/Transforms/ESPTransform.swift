import Cryptography
import Wire

/// ESP with the keys of one association, in one direction: seals payloads, or opens packets. RFC 2406.
///
/// It knows nothing of sequence numbers, windows or policies, and holds no state that changes: a copy shares its
/// contexts.
public struct ESPTransform: Sendable {
  /// How large things get.
  public let geometry: ESPGeometry
  /// The cipher's algorithm.
  public let algorithm: CipherAlgorithm
  /// Whether an initialization vector is a counter, which must not repeat, and not a first block, which must not be
  /// foreseen.
  let isCounterMode: Bool

  /// In one place, so that a copy counts one reference.
  private final class Keyed: Sendable {
    let cipher: Cipher
    let authenticator: MessageAuthenticator?

    init(_ cipher: Cipher, _ authenticator: MessageAuthenticator?) {
      self.cipher = cipher
      self.authenticator = authenticator
    }
  }

  private let keyed: Keyed

  /// Fails where a key has a length that its algorithm does not take. A sender may pad more than the cipher asks for.
  public init(
    suite: ESPSuite, cipherKey: [UInt8], integrityKey: [UInt8], direction: Cipher.Direction, paddingMultiple: Int = 0
  ) throws(CryptographyError) {
    geometry = ESPGeometry(suite, paddingMultiple: paddingMultiple)
    algorithm = suite.cipher
    isCounterMode = suite.cipher.blockLength == 1
    keyed = Keyed(
      try Cipher(suite.cipher, key: cipherKey, direction: direction),
      try suite.integrity.authenticator(key: integrityKey))
  }
}

// MARK: - Sealing

extension ESPTransform {
  /// What is known of a packet before it is sealed.
  public struct Envelope: Hashable, Sendable {
    /// The receiver's index.
    public var spi: UInt32
    /// The packet's number.
    public var sequenceNumber: UInt32
    /// As long as the cipher wants it.
    public var initializationVector: InitializationVector
    /// What the payload is.
    public var nextHeader: IPProtocol
    /// Octets of padding, where they are to be other than the suite asks for: 0 to 255, and such that the cipher takes the
    /// length.
    public var padding: Int?

    public init(
      spi: UInt32, sequenceNumber: UInt32, initializationVector: InitializationVector, nextHeader: IPProtocol,
      padding: Int? = nil
    ) {
      self.spi = spi
      self.sequenceNumber = sequenceNumber
      self.initializationVector = initializationVector
      self.nextHeader = nextHeader
      self.padding = padding
    }
  }

  /// The octets of `header`, then the ESP packet around `payload` of `datagram`.
  public func seal(
    _ datagram: [UInt8], _ payload: Range<Int>, behind header: [UInt8], _ envelope: Envelope
  ) throws(CryptographyError) -> [UInt8] {
    try seal(datagram, payload, envelope, behind: header.count) { layout, _ in
      layout.copy(header, 0..<header.count)
    }
  }

  /// The ESP packet around `payload` of `datagram`, behind a front of `frontLength` octets that `writeFront` writes; it
  /// is told how long the whole becomes. The payload is copied once, to where it is encrypted; then the ICV over
  /// everything from SPI to ciphertext is put behind it (RFC 2406 §3.3.4).
  @inline(__always)
  func seal(
    _ datagram: [UInt8], _ payload: Range<Int>, _ envelope: Envelope, behind frontLength: Int,
    _ writeFront: (inout PacketLayout, Int) -> Void
  ) throws(CryptographyError) -> [UInt8] {
    let padding = envelope.padding.map { max(0, min($0, 255)) } ?? geometry.padding(payload: payload.count)
    let ciphertextLength = payload.count + padding + ESPGeometry.trailerLength
    let length = frontLength + geometry.overhead + ciphertextLength
    var packet = PacketLayout.packet(of: length) { layout in
      writeFront(&layout, length)
      layout.put(envelope.spi)
      layout.put(envelope.sequenceNumber)
      envelope.initializationVector.write(to: &layout)
      layout.copy(datagram, payload)
      layout.putCounting(padding)
      layout.put(UInt8(truncatingIfNeeded: padding))
      layout.put(envelope.nextHeader.rawValue)
      layout.putZeros(geometry.integrityCheckValueLength)
    }
    try protect(&packet, from: frontLength)
    return packet
  }

  private func protect(_ packet: inout [UInt8], from start: Int) throws(CryptographyError) {
    let vector = start + ESPGeometry.headerLength
    let end = packet.count - geometry.integrityCheckValueLength
    try keyed.cipher.process(
      &packet, range: vector + geometry.initializationVectorLength..<end, initializationVectorAt: vector)
    try keyed.authenticator?.writeIntegrityCheckValue(
      of: start..<end, into: &packet, at: end, length: geometry.integrityCheckValueLength)
  }
}

// MARK: - Opening

extension ESPTransform {
  /// A decrypted payload.
  public struct Opened: Hashable, Sendable {
    /// What was to stand in front, then the payload.
    public var octets: [UInt8]
    /// What the payload is.
    public var nextHeader: IPProtocol
    /// Octets of padding behind the payload.
    public var padding: Int
    /// The first octet of padding, from 0, that is not what RFC 2406 §2.4 sets (1, 2, 3, …); a receiver should refuse
    /// it.
    public var wrongPadding: Int?
  }

  /// Why a packet could not be opened.
  public enum Failure: Error, Hashable, Sendable {
    /// From SPI to ICV it has a length that the suite cannot produce.
    case length(Int)
    /// The pad length passes the octets in front of it.
    case padLength(Int, limit: Int)
    /// Something else than the packet was at fault.
    case cryptography(CryptographyError)
  }

  /// Whether the ICV of the packet that lies in `packet` of `datagram`, from SPI to ICV, is right. RFC 2406 §3.4.4.
  /// Without an authenticator every packet passes.
  public func isAuthentic(_ datagram: [UInt8], _ packet: Range<Int>) throws(Failure) -> Bool {
    guard packet.upperBound <= datagram.count, geometry.isPossible(sealedLength: packet.count) else {
      throw .length(packet.count)
    }
    guard let authenticator = keyed.authenticator else { return true }
    let end = packet.upperBound - geometry.integrityCheckValueLength
    do throws(CryptographyError) {
      return try authenticator.verifyIntegrityCheckValue(
        of: packet.lowerBound..<end, in: datagram, at: end, length: geometry.integrityCheckValueLength)
    } catch { throw .cryptography(error) }
  }

  /// Decrypts the packet that lies in `packet` of `datagram` and takes its padding off: RFC 2406 §3.4.5. Nothing is
  /// verified: ``isAuthentic(_:_:)`` comes first. The payload is put behind a copy of `header` of the same datagram, to
  /// where it is decrypted, and not moved again.
  public func open(
    _ datagram: [UInt8], _ packet: Range<Int>, behind header: Range<Int> = 0..<0
  ) throws(Failure) -> Opened {
    guard packet.upperBound <= datagram.count, geometry.isPossible(sealedLength: packet.count) else {
      throw .length(packet.count)
    }
    let vector = packet.lowerBound + ESPGeometry.headerLength
    let ciphertext =
      vector + geometry.initializationVectorLength..<packet.upperBound - geometry.integrityCheckValueLength
    var trailer = Trailer()
    let octets: [UInt8]
    do throws(CryptographyError) {
      octets = try keyed.cipher.processed(datagram, range: ciphertext, initializationVectorAt: vector, behind: header) {
        trailer = Trailer(endOf: $0)
        return trailer.payload
      }
    } catch { throw .cryptography(error) }
    let limit = ciphertext.count - ESPGeometry.trailerLength
    guard trailer.padding <= limit else { throw .padLength(trailer.padding, limit: limit) }
    return Opened(
      octets: octets, nextHeader: trailer.nextHeader, padding: trailer.padding, wrongPadding: trailer.wrongPadding)
  }

  /// What stands behind the payload in a plaintext, which has room for it: RFC 2406 §2.4 to §2.6.
  private struct Trailer {
    var nextHeader = IPProtocol.noNextHeader
    /// As it says itself.
    var padding = 0
    var wrongPadding: Int?
    /// Octets in front of it.
    var payload = 0

    init() {}

    @inline(__always)
    init(endOf plaintext: borrowing Span<UInt8>) {
      let end = plaintext.count - ESPGeometry.trailerLength
      padding = Int(plaintext[end])
      nextHeader = IPProtocol(rawValue: plaintext[end + 1])
      guard padding <= end else { return }
      payload = end - padding
      for index in 0..<padding where plaintext[payload + index] != UInt8(truncatingIfNeeded: index + 1) {
        wrongPadding = index
        break
      }
    }
  }
}
