import CLibcrypto

/// A cipher context of libcrypto: keyed once, given an initialization vector for each piece of data.
///
/// In CBC mode the vector is not given to libcrypto, which takes as long over it as over two hundred octets of AES.
/// The context goes on where the last piece left it, and the vector is exchanged for what it is chained to: both are
/// but added, without carry, to the first block of the plaintext.
///
///     C₁ = E(P₁ ⊕ IV) = E((P₁ ⊕ IV ⊕ chain) ⊕ chain)     P₁ = D(C₁) ⊕ IV = (D(C₁) ⊕ chain) ⊕ IV ⊕ chain
@safe struct CipherContext: ~Copyable {
  private let pointer: OpaquePointer
  /// 1 in counter mode; else that of CBC mode, eight or sixteen.
  private let blockLength: Int
  private let encrypts: Bool
  /// What libcrypto will chain the next block to.
  private var chain = ChainingBlock()

  /// `key` is the cipher's own key, of a length that the algorithm takes.
  init(_ algorithm: CipherAlgorithm, key: [UInt8], direction: Cipher.Direction) throws(CryptographyError) {
    guard let cipher = try Library.shared.cipher(algorithm) else {
      throw .algorithmUnavailable(name: algorithm.name, reason: "nothing to compute")
    }
    guard let context = unsafe EVP_CIPHER_CTX_new() else { throw Library.failure(of: "EVP_CIPHER_CTX_new") }
    let encrypts: Int32 = direction == .encrypt ? 1 : 0
    // Twice, because the length of the key must be known before the key is given.
    let keyed =
      unsafe EVP_CipherInit_ex2(context, cipher.pointer, nil, nil, encrypts, nil) == 1
      && EVP_CIPHER_CTX_set_key_length(context, Int32(truncatingIfNeeded: key.count)) == 1
      && ChainingBlock().withOctets { unsafe EVP_CipherInit_ex2(context, nil, key, $0, encrypts, nil) } == 1
    guard keyed else {
      unsafe EVP_CIPHER_CTX_free(context)
      throw Library.failure(of: "EVP_CipherInit_ex2")
    }
    unsafe pointer = context
    blockLength = algorithm.blockLength
    self.encrypts = direction == .encrypt
  }

  deinit { unsafe EVP_CIPHER_CTX_free(pointer) }

  /// Processes the `count` octets at `source` to `start`, which may be the same place, with the vector given, in counter
  /// mode the first counter block. They are whole blocks, one at least. Says whether it worked; where not, the context is
  /// of no more use.
  @inline(__always)
  mutating func process(
    _ source: UnsafePointer<UInt8>, to start: UnsafeMutablePointer<UInt8>, _ count: Int, vector: ChainingBlock
  ) -> Bool {
    if blockLength == 1 { return unsafe processCounters(source, start, count, vector) }
    if !encrypts { return unsafe decrypt(source, start, count, vector) }
    if unsafe UnsafePointer(start) != source { unsafe start.initialize(from: source, count: count) }
    return unsafe encrypt(start, count, vector)
  }

  private func processCounters(
    _ source: UnsafePointer<UInt8>, _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ counter: ChainingBlock
  ) -> Bool {
    unsafe counter.withOctets { unsafe EVP_CipherInit_ex2(pointer, nil, nil, $0, -1, nil) } == 1
      && run(source, start, count)
  }

  private mutating func encrypt(
    _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ vector: ChainingBlock
  ) -> Bool {
    unsafe (vector ^ chain).apply(to: start, count: blockLength)
    guard unsafe run(start, start, count) else { return false }
    unsafe chain = ChainingBlock(start + (count - blockLength), count: blockLength)
    return true
  }

  private mutating func decrypt(
    _ source: UnsafePointer<UInt8>, _ start: UnsafeMutablePointer<UInt8>, _ count: Int, _ vector: ChainingBlock
  ) -> Bool {
    let last = unsafe ChainingBlock(source + (count - blockLength), count: blockLength)
    guard unsafe run(source, start, count) else { return false }
    unsafe (vector ^ chain).apply(to: start, count: blockLength)
    chain = last
    return true
  }

  /// `EVP_Cipher` and not `EVP_CipherUpdate`: it buffers no last block.
  @inline(__always)
  private func run(_ source: UnsafePointer<UInt8>, _ start: UnsafeMutablePointer<UInt8>, _ count: Int) -> Bool {
    unsafe EVP_Cipher(pointer, start, source, UInt32(truncatingIfNeeded: count)) >= 0
  }
}

// MARK: - Where the octets lie

extension Cipher {
  /// Processes `range` of `buffer`, which the caller has checked.
  @inline(__always)
  func run(_ buffer: inout [UInt8], _ range: Range<Int>, _ vector: ChainingBlock) throws(CryptographyError) {
    try unsafe buffer.withUnsafeMutableBufferPointer { (octets) throws(CryptographyError) in
      guard let front = octets.baseAddress else { return }
      let start = unsafe front + range.lowerBound
      unsafe try run(start, to: start, range.count, vector)
    }
  }

  /// An array of `header` of `octets`, then what `range` of them becomes, as far as `length` says. The caller has checked
  /// both ranges.
  @inline(__always)
  func run(
    over octets: [UInt8], _ range: Range<Int>, _ header: Range<Int>, _ vector: ChainingBlock,
    _ length: (borrowing Span<UInt8>) -> Int
  ) throws(CryptographyError) -> [UInt8] {
    let room = header.count + range.count
    return try unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) {
      (place) throws(CryptographyError) in
      guard let target = place.baseAddress else { return [] }
      let text = unsafe UnsafeMutableBufferPointer(start: target + header.count, count: range.count)
      try unsafe octets.withUnsafeBufferPointer { (source) throws(CryptographyError) in
        guard let start = source.baseAddress else { return }
        unsafe target.initialize(from: start + header.lowerBound, count: header.count)
        unsafe try run(start + range.lowerBound, to: target + header.count, range.count, vector)
      }
      let kept = unsafe length(Span(_unsafeElements: UnsafeBufferPointer(text)))
      let count = header.count + max(0, min(kept, range.count))
      return unsafe [UInt8](UnsafeBufferPointer(start: target, count: count))
    }
  }
}
