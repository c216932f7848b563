import Synchronization

/// A cipher, keyed once for a security association and used for all of its packets.
///
/// Nothing is carried from one call to the next: each gets its own initialization vector. Nothing is padded either:
/// ESP and ISAKMP pad as each of them says. libcrypto's context (1.5 KiB) is made at the first use and can be given
/// back with ``releaseContext()``, so that a hundred thousand idle associations cost only their keys.
public final class Cipher: Sendable {
  /// Which way the data goes through.
  public enum Direction: Sendable, Hashable {
    case encrypt
    case decrypt
  }

  /// A whole message, and what the next one of its chain starts from.
  public struct ChainedMessage: Hashable, Sendable {
    /// The message after encryption or decryption.
    public let octets: [UInt8]
    /// The last block of the ciphertext (RFC 2409 Appendix B); the vector that was given where the message is empty.
    public let nextInitializationVector: [UInt8]
  }

  /// The algorithm that it was made for.
  public let algorithm: CipherAlgorithm
  /// Which way it works.
  public let direction: Direction

  private let key: [UInt8]
  private let nonce: [UInt8]
  private let context = Mutex<CipherContext?>(nil)

  /// Takes keying material as it comes: parity bits are ignored, weak keys are not refused (see
  /// ``CipherAlgorithm/isWeakKey(_:)``). Fails where its length is wrong or libcrypto lacks the algorithm.
  public init(_ algorithm: CipherAlgorithm, key: [UInt8], direction: Direction) throws(CryptographyError) {
    try algorithm.checkKeyLength(key.count)
    _ = try Library.shared.cipher(algorithm)
    let keyCount = key.count - algorithm.properties.nonceLength
    self.algorithm = algorithm
    self.direction = direction
    self.key = Array(key[..<keyCount])
    self.nonce = Array(key[keyCount...])
  }

  /// Encrypts or decrypts `range` of `buffer` where it lies, with the vector given.
  public func process(
    _ buffer: inout [UInt8], range: Range<Int>, initializationVector: [UInt8]
  ) throws(CryptographyError) {
    try algorithm.checkInitializationVectorLength(initializationVector.count)
    try process(&buffer, range: range, vector: initializationVector, at: 0)
  }

  /// Encrypts or decrypts `range` of `buffer` where it lies, with the vector that stands at `offset` of the same
  /// buffer, as in an ESP packet.
  public func process(
    _ buffer: inout [UInt8], range: Range<Int>, initializationVectorAt offset: Int
  ) throws(CryptographyError) {
    try checkRange(offset, algorithm.initializationVectorLength, in: buffer.count)
    try process(&buffer, range: range, vector: nil, at: offset)
  }

  /// Encrypts or decrypts a whole message in CBC mode, as ISAKMP does, and says where the chain goes on. (There is no
  /// chain in counter mode: every message needs a vector that was never used.)
  public func process(
    _ message: [UInt8], initializationVector: [UInt8]
  ) throws(CryptographyError) -> ChainedMessage {
    var octets = message
    try process(&octets, range: 0..<octets.count, initializationVector: initializationVector)
    let ciphertext = direction == .encrypt ? octets : message
    let next = ciphertext.isEmpty ? initializationVector : Array(ciphertext.suffix(initializationVector.count))
    return ChainedMessage(octets: octets, nextInitializationVector: next)
  }

  /// Gives libcrypto's context back; the next call makes a new one.
  public func releaseContext() {
    context.withLock { slot in slot = nil }
  }

  /// `vector` is nil where the buffer itself holds it, so that a packet is processed without a copy of its vector.
  private func process(
    _ buffer: inout [UInt8], range: Range<Int>, vector: [UInt8]?, at offset: Int
  ) throws(CryptographyError) {
    try checkRange(range, in: buffer.count)
    guard range.count.isMultiple(of: algorithm.blockLength) else {
      throw .partialBlock(algorithm: algorithm.name, blockLength: algorithm.blockLength, actual: range.count)
    }
    guard algorithm != .null, !range.isEmpty else { return }
    let block = nonce.isEmpty ? vector : counterBlock(vector ?? buffer, at: vector == nil ? offset : 0)
    try context.withLock { (slot: inout CipherContext?) throws(CryptographyError) in
      if slot == nil { slot = try CipherContext(algorithm, key: key, direction: direction) }
      if let block {
        try slot?.process(&buffer, range, vector: block)
      } else {
        try slot?.process(&buffer, range, vectorAt: offset)
      }
    }
  }

  /// The first counter block of a packet: nonce, initialization vector, and a counter that starts at one. RFC 3686 §4.
  private func counterBlock(_ octets: [UInt8], at offset: Int) -> [UInt8] {
    nonce + octets[offset..<offset + algorithm.initializationVectorLength] + [0, 0, 0, 1]
  }
}
