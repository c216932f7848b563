import CLibcrypto

/// A number of libcrypto's, wiped when it goes.
@safe struct BigNumber: ~Copyable {
  let pointer: OpaquePointer

  init(_ octets: [UInt8]) throws(CryptographyError) {
    guard let number = unsafe BN_bin2bn(octets, Int32(clamping: octets.count), nil) else {
      throw Library.failure(of: "BN_bin2bn")
    }
    unsafe pointer = number
  }

  deinit { unsafe BN_clear_free(pointer) }

  /// The number in `length` octets, zeros in front.
  func octets(_ length: Int) throws(CryptographyError) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: length)
    guard unsafe BN_bn2binpad(pointer, &octets, Int32(clamping: length)) >= 0 else {
      throw Library.failure(of: "BN_bn2binpad")
    }
    return octets
  }
}

/// Scratch numbers of libcrypto's, for one thread.
@safe struct Workspace: ~Copyable {
  let pointer: OpaquePointer

  init() throws(CryptographyError) {
    guard let context = unsafe BN_CTX_new_ex(Library.shared.context.pointer) else {
      throw Library.failure(of: "BN_CTX_new_ex")
    }
    unsafe pointer = context
  }

  deinit { unsafe BN_CTX_free(pointer) }
}
