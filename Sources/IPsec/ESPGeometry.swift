import Cryptography
import Wire

/// How many octets ESP with a given suite takes, and how much fits into how much. RFC 2406 §2.
public struct ESPGeometry: Hashable, Sendable {
  /// Octets of SPI and sequence number.
  public static let headerLength = 8
  /// Octets of pad length and next header.
  public static let trailerLength = 2

  /// Octets of IV in front of the ciphertext.
  public let initializationVectorLength: Int
  /// What the ciphertext is a multiple of: the cipher's block, and four octets at least (RFC 2406 §2.4). A power of
  /// two, as every block length is.
  public let alignment: Int
  /// Octets of the ICV.
  public let integrityCheckValueLength: Int

  public init(_ suite: ESPSuite) {
    initializationVectorLength = suite.cipher.initializationVectorLength
    alignment = max(4, suite.cipher.blockLength)
    integrityCheckValueLength = suite.integrity.icvLength
  }

  /// Octets that are never ciphertext.
  public var overhead: Int { Self.headerLength + initializationVectorLength + integrityCheckValueLength }

  /// Octets of ciphertext that `payload` octets become with padding, pad length and next header.
  @inlinable
  public func ciphertextLength(payload: Int) -> Int {
    (payload + Self.trailerLength + alignment - 1) & ~(alignment - 1)
  }

  /// Octets from SPI to ICV around `payload` octets.
  @inlinable
  public func sealedLength(payload: Int) -> Int { overhead + ciphertextLength(payload: payload) }

  /// The largest payload whose packet, from SPI to ICV, takes at most `length` octets; 0 where none fits.
  public func largestPayload(within length: Int) -> Int {
    max(0, (length - overhead) / alignment * alignment - Self.trailerLength)
  }

  /// Whether `length` octets from SPI to ICV are a packet that some payload can have become.
  public func isPossible(sealedLength length: Int) -> Bool {
    length >= overhead + alignment && (length - overhead) & (alignment - 1) == 0
  }
}
