import Cryptography
import Wire

/// The cipher of an ISAKMP association at work on the bodies of its messages: RFC 2409 Appendix B. Each exchange has a
/// chain of initialization vectors of its own; a caller takes over the next one only when the message was good.
public struct MessageProtection: Hashable, Sendable {
  /// A body, and the vector that the next message of the exchange starts from.
  public struct Step: Hashable, Sendable {
    /// The body after encryption or decryption; a decrypted one still has its padding.
    public var body: [UInt8]
    /// The last block of the ciphertext.
    public var nextInitializationVector: [UInt8]
  }

  /// The negotiated cipher.
  public var cipher: CipherAlgorithm
  /// Its key, derived from SKEYID_e.
  public var key: [UInt8]

  public init(cipher: CipherAlgorithm, key: [UInt8]) {
    self.cipher = cipher
    self.key = key
  }

  /// Decrypts the octets behind the ISAKMP header; `nil` where they are no whole number of blocks.
  public func decrypt(_ body: [UInt8], initializationVector: [UInt8]) -> Step? {
    guard !body.isEmpty, body.count.isMultiple(of: cipher.blockLength) else { return nil }
    return process(body, .decrypt, initializationVector)
  }

  /// Pads with zeros to whole blocks and encrypts; the padding counts in the header's length. `nil` where libcrypto
  /// lacks the cipher.
  public func encrypt(_ body: [UInt8], initializationVector: [UInt8]) -> Step? {
    let excess = body.count % cipher.blockLength
    let padding = excess == 0 ? 0 : cipher.blockLength - excess
    return process(body + [UInt8](repeating: 0, count: padding), .encrypt, initializationVector)
  }

  private func process(_ body: [UInt8], _ direction: Cipher.Direction, _ vector: [UInt8]) -> Step? {
    guard let engine = try? Cipher(cipher, key: key, direction: direction),
      let message = try? engine.process(body, initializationVector: vector)
    else { return nil }
    return Step(body: message.octets, nextInitializationVector: message.nextInitializationVector)
  }
}
