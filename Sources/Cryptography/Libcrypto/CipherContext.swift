import CLibcrypto

/// A cipher context of libcrypto: keyed once, given an initialization vector for each piece of data.
@safe struct CipherContext: ~Copyable {
  private let pointer: OpaquePointer

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
      && EVP_CipherInit_ex2(context, nil, key, nil, encrypts, nil) == 1
    guard keyed else {
      unsafe EVP_CIPHER_CTX_free(context)
      throw Library.failure(of: "EVP_CipherInit_ex2")
    }
    unsafe pointer = context
  }

  deinit { unsafe EVP_CIPHER_CTX_free(pointer) }

  /// Processes `range` in place with the vector given. Both were checked by the caller.
  func process(_ buffer: inout [UInt8], _ range: Range<Int>, vector: [UInt8]) throws(CryptographyError) {
    let done = unsafe buffer.withUnsafeMutableBufferPointer { octets in
      unsafe vector.withUnsafeBufferPointer { unsafe process(octets, range, $0.baseAddress) }
    }
    guard done else { throw Library.failure(of: "EVP_Cipher") }
  }

  /// Processes `range` in place with the vector at `offset` of the same buffer. Both were checked by the caller.
  func process(_ buffer: inout [UInt8], _ range: Range<Int>, vectorAt offset: Int) throws(CryptographyError) {
    let done = unsafe buffer.withUnsafeMutableBufferPointer { octets in
      unsafe process(octets, range, UnsafePointer(octets.baseAddress.map { unsafe $0 + offset }))
    }
    guard done else { throw Library.failure(of: "EVP_Cipher") }
  }

  /// `EVP_Cipher` and not `EVP_CipherUpdate`: it buffers no last block, so that padding need not be switched off anew
  /// each time that a vector is set.
  private func process(
    _ octets: UnsafeMutableBufferPointer<UInt8>, _ range: Range<Int>, _ vector: UnsafePointer<UInt8>?
  ) -> Bool {
    guard let start = octets.baseAddress else { return range.isEmpty }
    let from = unsafe start + range.lowerBound
    return unsafe EVP_CipherInit_ex2(pointer, nil, nil, vector, -1, nil) == 1
      && EVP_Cipher(pointer, from, from, UInt32(truncatingIfNeeded: range.count)) >= 0
  }
}
