import CLibcrypto

/// A hash that has read some octets: libcrypto's plain state, a value without a pointer in it, so that a copy goes on
/// by itself.
struct DigestState: Sendable {
  let algorithm: HashAlgorithm
  /// The largest of the states; each algorithm uses as much of it as its own state needs.
  private var storage = SHA512_CTX()

  init(_ algorithm: HashAlgorithm) {
    self.algorithm = algorithm
    unsafe withState { state in
      switch algorithm {
      case .md5: unsafe MD5_Init(state.assumingMemoryBound(to: MD5_CTX.self))
      case .sha1: unsafe SHA1_Init(state.assumingMemoryBound(to: SHA_CTX.self))
      case .sha256: unsafe SHA256_Init(state.assumingMemoryBound(to: SHA256_CTX.self))
      case .sha384: unsafe SHA384_Init(state.assumingMemoryBound(to: SHA512_CTX.self))
      case .sha512: unsafe SHA512_Init(state.assumingMemoryBound(to: SHA512_CTX.self))
      case .ripemd160: unsafe RIPEMD160_Init(state.assumingMemoryBound(to: RIPEMD160_CTX.self))
      }
    }
  }

  /// Reads on.
  mutating func update(_ octets: UnsafeRawBufferPointer) {
    guard let start = octets.baseAddress else { return }
    let algorithm = algorithm
    let count = octets.count
    unsafe withState { state in
      switch algorithm {
      case .md5: unsafe MD5_Update(state.assumingMemoryBound(to: MD5_CTX.self), start, count)
      case .sha1: unsafe SHA1_Update(state.assumingMemoryBound(to: SHA_CTX.self), start, count)
      case .sha256: unsafe SHA256_Update(state.assumingMemoryBound(to: SHA256_CTX.self), start, count)
      case .sha384: unsafe SHA384_Update(state.assumingMemoryBound(to: SHA512_CTX.self), start, count)
      case .sha512: unsafe SHA512_Update(state.assumingMemoryBound(to: SHA512_CTX.self), start, count)
      case .ripemd160: unsafe RIPEMD160_Update(state.assumingMemoryBound(to: RIPEMD160_CTX.self), start, count)
      }
    }
  }

  /// Ends the hash; `digest` has room for ``HashAlgorithm/digestLength`` octets. The state is spent afterwards.
  mutating func finish(into digest: UnsafeMutablePointer<UInt8>) {
    let algorithm = algorithm
    unsafe withState { state in
      switch algorithm {
      case .md5: unsafe MD5_Final(digest, state.assumingMemoryBound(to: MD5_CTX.self))
      case .sha1: unsafe SHA1_Final(digest, state.assumingMemoryBound(to: SHA_CTX.self))
      case .sha256: unsafe SHA256_Final(digest, state.assumingMemoryBound(to: SHA256_CTX.self))
      case .sha384: unsafe SHA384_Final(digest, state.assumingMemoryBound(to: SHA512_CTX.self))
      case .sha512: unsafe SHA512_Final(digest, state.assumingMemoryBound(to: SHA512_CTX.self))
      case .ripemd160: unsafe RIPEMD160_Final(digest, state.assumingMemoryBound(to: RIPEMD160_CTX.self))
      }
    }
  }

  /// These functions report success always: they compute in the state and allocate nothing.
  private mutating func withState(_ body: (UnsafeMutableRawPointer) -> Int32) {
    unsafe withUnsafeMutablePointer(to: &storage) { _ = unsafe body(UnsafeMutableRawPointer($0)) }
  }
}

extension DigestState {
  /// Reads `range` of `octets`, which the caller has checked.
  mutating func update(_ octets: [UInt8], _ range: Range<Int>) {
    unsafe octets.withUnsafeBytes { unsafe update(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Reads all of `octets`.
  mutating func update(_ octets: [UInt8]) {
    unsafe octets.withUnsafeBytes { unsafe update($0) }
  }

  /// Reads a number as eight octets, the most significant first.
  mutating func update(_ number: UInt64) {
    unsafe withUnsafeBytes(of: number.bigEndian) { unsafe update($0) }
  }

  /// The digest of what was read.
  consuming func digest() -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: algorithm.digestLength) { octets, count in
      guard let start = octets.baseAddress else { return }
      unsafe finish(into: start)
      count = algorithm.digestLength
    }
  }

  /// The first 32 octets of the digest as four numbers, for hashes that are at least as long.
  consuming func words() -> SIMD4<UInt64> {
    var words = SIMD8<UInt64>()
    unsafe withUnsafeMutableBytes(of: &words) { octets in
      guard let start = octets.baseAddress else { return }
      unsafe finish(into: start.assumingMemoryBound(to: UInt8.self))
    }
    return SIMD4(words[0].bigEndian, words[1].bigEndian, words[2].bigEndian, words[3].bigEndian)
  }
}
