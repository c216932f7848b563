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
  /// What a sender pads the ciphertext to a multiple of besides, to hide how much it sends; 0 for nothing. At most 240, so
  /// that the pad length fits its octet (RFC 2406 §2.4, §2.5).
  public let paddingMultiple: Int

  public init(_ suite: ESPSuite, paddingMultiple: Int = 0) {
    self.paddingMultiple = max(0, min(paddingMultiple, TrafficFlowConfidentiality.largestMultiple))
    initializationVectorLength = suite.cipher.initializationVectorLength
    alignment = max(4, suite.cipher.blockLength)
    integrityCheckValueLength = suite.integrity.icvLength
  }

  /// Octets that are never ciphertext.
  public var overhead: Int { Self.headerLength + initializationVectorLength + integrityCheckValueLength }

  /// Octets of ciphertext that `payload` octets become with padding, pad length and next header.
  @inlinable
  public func ciphertextLength(payload: Int) -> Int {
    let length = payload + Self.trailerLength
    return aligned(paddingMultiple > 0 ? (length + paddingMultiple - 1) / paddingMultiple * paddingMultiple : length)
  }

  @usableFromInline
  func aligned(_ length: Int) -> Int { (length + alignment - 1) & ~(alignment - 1) }

  /// Octets from SPI to ICV around `payload` octets.
  @inlinable
  public func sealedLength(payload: Int) -> Int { overhead + ciphertextLength(payload: payload) }

  /// The largest payload whose packet, from SPI to ICV, takes at most `length` octets; 0 where none fits.
  public func largestPayload(within length: Int) -> Int {
    let ciphertext = max(0, length - overhead) / alignment * alignment
    guard paddingMultiple > 0 else { return max(0, ciphertext - Self.trailerLength) }
    var multiples = ciphertext / paddingMultiple
    while multiples > 0, aligned(multiples * paddingMultiple) > ciphertext { multiples -= 1 }
    return max(0, multiples * paddingMultiple - Self.trailerLength)
  }

  /// Octets of padding behind `payload` octets.
  func padding(payload: Int) -> Int { ciphertextLength(payload: payload) - payload - Self.trailerLength }

  /// Whether `length` octets from SPI to ICV are a packet that some payload can have become.
  public func isPossible(sealedLength length: Int) -> Bool {
    length >= overhead + alignment && (length - overhead) & (alignment - 1) == 0
  }
}
