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

  private let cipher: Cipher
  private let authenticator: MessageAuthenticator?

  /// Fails where a key has a length that its algorithm does not take.
  public init(
    suite: ESPSuite, cipherKey: [UInt8], integrityKey: [UInt8], direction: Cipher.Direction
  ) throws(CryptographyError) {
    geometry = ESPGeometry(suite)
    algorithm = suite.cipher
    isCounterMode = suite.cipher.blockLength == 1
    cipher = try Cipher(suite.cipher, key: cipherKey, direction: direction)
    authenticator = try suite.integrity.authenticator(key: integrityKey)
  }

  /// 1, 2, 3, …: the padding of RFC 2406 §2.4.
  private static let padding: [UInt8] = (1...255).map { $0 }
  private static let zeros = [UInt8](repeating: 0, count: 64)
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

    public init(
      spi: UInt32, sequenceNumber: UInt32, initializationVector: InitializationVector, nextHeader: IPProtocol
    ) {
      self.spi = spi
      self.sequenceNumber = sequenceNumber
      self.initializationVector = initializationVector
      self.nextHeader = nextHeader
    }
  }

  /// The octets of `header`, then the ESP packet around `payload` of `datagram`. The payload is copied once, to where
  /// it is encrypted; then the ICV over everything from SPI to ciphertext is put behind it (RFC 2406 §3.3.4).
  public func seal(
    _ datagram: [UInt8], _ payload: Range<Int>, behind header: [UInt8], _ envelope: Envelope
  ) throws(CryptographyError) -> [UInt8] {
    let ciphertextLength = geometry.ciphertextLength(payload: payload.count)
    let padding = ciphertextLength - payload.count - ESPGeometry.trailerLength
    let length = header.count + geometry.overhead + ciphertextLength
    var packet = PacketLayout.packet(of: length) { layout in
      layout.copy(header, 0..<header.count)
      layout.put(envelope.spi)
      layout.put(envelope.sequenceNumber)
      envelope.initializationVector.write(to: &layout)
      layout.copy(datagram, payload)
      layout.copy(Self.padding, 0..<padding)
      layout.put(UInt8(truncatingIfNeeded: padding))
      layout.put(envelope.nextHeader.rawValue)
      layout.copy(Self.zeros, 0..<geometry.integrityCheckValueLength)
    }
    try protect(&packet, from: header.count)
    return packet
  }

  private func protect(_ packet: inout [UInt8], from start: Int) throws(CryptographyError) {
    let vector = start + ESPGeometry.headerLength
    let end = packet.count - geometry.integrityCheckValueLength
    try cipher.process(
      &packet, range: vector + geometry.initializationVectorLength..<end, initializationVectorAt: vector)
    try authenticator?.writeIntegrityCheckValue(
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
    guard let authenticator else { return true }
    let end = packet.upperBound - geometry.integrityCheckValueLength
    do throws(CryptographyError) {
      return try authenticator.verifyIntegrityCheckValue(
        of: packet.lowerBound..<end, in: datagram, at: end, length: geometry.integrityCheckValueLength)
    } catch { throw .cryptography(error) }
  }

  /// Decrypts the packet that lies in `packet` of `datagram` and takes its padding off: RFC 2406 §3.4.5. Nothing is
  /// verified:
  /// ``isAuthentic(_:_:)`` comes first. The payload is put behind `header`, where it was decrypted, and not moved again.
  public func open(
    _ datagram: [UInt8], _ packet: Range<Int>, behind header: ArraySlice<UInt8> = []
  ) throws(Failure) -> Opened {
    guard packet.upperBound <= datagram.count, geometry.isPossible(sealedLength: packet.count) else {
      throw .length(packet.count)
    }
    let vector = packet.lowerBound + ESPGeometry.headerLength
    let ciphertext =
      vector + geometry.initializationVectorLength..<packet.upperBound - geometry.integrityCheckValueLength
    // The vector is put behind the ciphertext, so that it goes with the trailer.
    var octets: [UInt8] = []
    octets.reserveCapacity(header.count + ciphertext.count + geometry.initializationVectorLength)
    octets.append(contentsOf: header)
    octets.append(contentsOf: datagram[ciphertext])
    octets.append(contentsOf: datagram[vector..<ciphertext.lowerBound])
    let plaintext = header.count..<header.count + ciphertext.count
    do throws(CryptographyError) {
      try cipher.process(&octets, range: plaintext, initializationVectorAt: plaintext.upperBound)
    } catch { throw .cryptography(error) }
    return try Self.withoutTrailer(octets, plaintext)
  }

  private static func withoutTrailer(
    _ octets: consuming [UInt8], _ plaintext: Range<Int>
  ) throws(Failure) -> Opened {
    let end = plaintext.upperBound - ESPGeometry.trailerLength
    let padding = Int(octets[end])
    let limit = end - plaintext.lowerBound
    guard padding <= limit else { throw .padLength(padding, limit: limit) }
    let wrong = (0..<padding).first { octets[end - padding + $0] != UInt8(truncatingIfNeeded: $0 + 1) }
    let nextHeader = IPProtocol(rawValue: octets[end + 1])
    octets.removeLast(octets.count - end + padding)
    return Opened(octets: octets, nextHeader: nextHeader, padding: padding, wrongPadding: wrong)
  }
}
