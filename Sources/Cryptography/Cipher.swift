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
  /// What a counter block begins with; `nil` in CBC mode.
  private let nonce: UInt32?
  // Asked for with every packet, and the table of the algorithms is further away.
  private let blockLength: Int
  private let initializationVectorLength: Int
  /// What libcrypto lacks: 104 octets of subkeys, which change as little as the key does.
  private let idea: IDEA?
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
    nonce = keyCount == key.count ? nil : key[keyCount...].reduce(0) { $0 << 8 | UInt32($1) }
    idea = algorithm == .ideaCBC ? IDEA(key: key, direction: direction) : nil
    blockLength = algorithm.blockLength
    initializationVectorLength = algorithm.initializationVectorLength
  }

  /// Encrypts or decrypts `range` of `buffer` where it lies, with the vector given.
  public func process(
    _ buffer: inout [UInt8], range: Range<Int>, initializationVector: [UInt8]
  ) throws(CryptographyError) {
    try algorithm.checkInitializationVectorLength(initializationVector.count)
    try process(&buffer, range, vector: ChainingBlock(initializationVector, at: 0, count: initializationVectorLength))
  }

  /// Encrypts or decrypts `range` of `buffer` where it lies, with the vector that stands at `offset` of the same
  /// buffer, as in an ESP packet.
  public func process(
    _ buffer: inout [UInt8], range: Range<Int>, initializationVectorAt offset: Int
  ) throws(CryptographyError) {
    try checkRange(offset, initializationVectorLength, in: buffer.count)
    try process(&buffer, range, vector: ChainingBlock(buffer, at: offset, count: initializationVectorLength))
  }

  /// What `range` of `octets` becomes with the vector that stands at `offset` of them, in an array of its own: a packet
  /// is taken out of another with one copy. The octets in `header` of the same stand in front; of what was processed, as
  /// much is kept as `length` says when it has seen it.
  public func processed(
    _ octets: [UInt8], range: Range<Int>, initializationVectorAt offset: Int, behind header: Range<Int>,
    length: (borrowing Span<UInt8>) -> Int
  ) throws(CryptographyError) -> [UInt8] {
    try checkRange(offset, initializationVectorLength, in: octets.count)
    try checkRange(header, in: octets.count)
    try check(range, in: octets.count)
    let vector = ChainingBlock(octets, at: offset, count: initializationVectorLength)
    return try run(over: octets, range, header, vector, length)
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

  private func process(
    _ buffer: inout [UInt8], _ range: Range<Int>, vector: ChainingBlock
  ) throws(CryptographyError) {
    try check(range, in: buffer.count)
    try run(&buffer, range, vector)
  }

  private func check(_ range: Range<Int>, in count: Int) throws(CryptographyError) {
    try checkRange(range, in: count)
    // Block lengths are powers of two.
    guard range.count & (blockLength - 1) == 0 else {
      throw .partialBlock(algorithm: algorithm.name, blockLength: blockLength, actual: range.count)
    }
  }

  /// Processes whole blocks, where they lie or to another place. A context is made where there is none, and given back
  /// where it failed.
  func run(
    _ source: UnsafePointer<UInt8>, to start: UnsafeMutablePointer<UInt8>, _ count: Int, _ vector: ChainingBlock
  ) throws(CryptographyError) {
    guard algorithm != .null, count > 0 else {
      if unsafe UnsafePointer(start) != source { unsafe start.initialize(from: source, count: count) }
      return
    }
    if let idea { return unsafe idea.process(source, to: start, count, vector) }
    let vector = nonce.map { ChainingBlock(nonce: $0, vector: vector) } ?? vector
    try context.withLock { (slot: inout CipherContext?) throws(CryptographyError) in
      if slot == nil { slot = try CipherContext(algorithm, key: key, direction: direction) }
      if let done = unsafe slot?.process(source, to: start, count, vector: vector), done { return }
      slot = nil
      throw Library.failure(of: "EVP_Cipher")
    }
  }
}
