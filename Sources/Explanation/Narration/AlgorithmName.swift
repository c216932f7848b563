import Cryptography

/// Algorithms of a journal, which keeps them by their names in code: `aes128CBC`.
enum AlgorithmName {
  static func cipherAlgorithm(_ name: String) -> CipherAlgorithm? { CipherAlgorithm.allCases.first { "\($0)" == name } }

  static func integrityAlgorithm(_ name: String) -> IntegrityAlgorithm? {
    IntegrityAlgorithm.allCases.first { "\($0)" == name }
  }

  /// `AES-128-CBC`; a name that this version does not know stays as it is.
  static func cipher(_ name: String) -> String {
    guard let algorithm = cipherAlgorithm(name) else { return name }
    return algorithm == .null ? "no encryption" : algorithm.name
  }

  /// What IPComp packs with: `DEFLATE`.
  static func compression(_ name: String) -> String { name == deflate ? "DEFLATE" : name }

  /// The name in journals of the one compression that there is.
  static let deflate = "deflate"

  /// `HMAC-SHA-1-96`.
  static func integrity(_ name: String) -> String {
    guard let algorithm = integrityAlgorithm(name) else { return name }
    return algorithm == .none ? "no authentication" : algorithm.name
  }
}
