import CLibcrypto

/// Where libcrypto keeps an algorithm: single DES, CAST-128 and Blowfish are in a module of their own since 3.0.
enum Provider: String, Sendable, Hashable {
  case `default`
  case legacy
}

/// A libcrypto of our own: a library context that no openssl.cnf of the machine can change, with the providers that we
/// need. It lives as long as the process.
final class Library: Sendable {
  /// An algorithm that libcrypto has handed out; never changed, never freed.
  @safe struct FetchedCipher: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  /// The library context; lives as long as the process.
  @safe struct Context: @unchecked Sendable {
    let pointer: OpaquePointer?
  }

  static let shared = Library(legacyProvider: Provider.legacy.rawValue)

  let context: Context
  private let ciphers: [Result<FetchedCipher?, CryptographyError>]

  /// `legacyProvider` is the name of the module that is loaded beside the default provider.
  init(legacyProvider: String) {
    let context = unsafe OSSL_LIB_CTX_new()
    self.context = unsafe Context(pointer: context)
    let hasDefault = unsafe OSSL_PROVIDER_load(context, Provider.default.rawValue) != nil
    let defaultReason = Self.takeReason()
    let hasLegacy = unsafe OSSL_PROVIDER_load(context, legacyProvider) != nil
    let legacyReason = Self.takeReason()
    ciphers = CipherAlgorithm.allCases.map { algorithm in
      let properties = algorithm.properties
      let (loaded, provider, reason) =
        properties.provider == .legacy
        ? (hasLegacy, legacyProvider, legacyReason) : (hasDefault, Provider.default.rawValue, defaultReason)
      guard let name = properties.libraryName else { return .success(nil) }
      guard loaded else {
        return .failure(.providerUnavailable(provider: provider, needed: properties.name, reason: reason))
      }
      guard let cipher = unsafe EVP_CIPHER_fetch(context, name, nil) else {
        return .failure(.algorithmUnavailable(name: properties.name, reason: Self.takeReason()))
      }
      return .success(unsafe FetchedCipher(pointer: cipher))
    }
  }

  /// libcrypto's implementation; nil for the NULL cipher and for IDEA, of which it has none.
  func cipher(_ algorithm: CipherAlgorithm) throws(CryptographyError) -> FetchedCipher? {
    try ciphers[Int(algorithm.rawValue)].get()
  }

  /// The failure of the call that was just made, in libcrypto's own words.
  static func failure(of call: String) -> CryptographyError {
    .library(call: call, reason: takeReason())
  }

  /// What libcrypto's error queue says, in the words of its oldest entry; the queue is empty afterwards.
  static func takeReason() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0, let text = unsafe ERR_reason_error_string(code) else { return "no reason given" }
    return unsafe String(cString: text)
  }
}
