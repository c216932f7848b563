import Cryptography
import IPsec
import Wire

/// The numbers under which RFC 2409 Appendix A and RFC 2407 §4.4.4 and §4.5 negotiate algorithms. Key lengths are in
/// bits, and `nil` where the cipher has one length only and the attribute must not be sent (RFC 2409 Appendix A).
struct CipherNumbers: Sendable {
  var cipher: CipherAlgorithm
  /// Encryption Algorithm of phase 1; `nil` where there is none.
  var phase1: UInt16?
  /// Transform identifier of ESP.
  var esp: UInt8
  var keyBits: UInt16?

  static let all: [CipherNumbers] = [
    row(.null, nil, .null), row(.desCBC, .desCBC, .des), row(.tripleDESCBC, .tripleDESCBC, .tripleDES),
    row(.aes128CBC, .aesCBC, .aesCBC, 128), row(.aes192CBC, .aesCBC, .aesCBC, 192),
    row(.aes256CBC, .aesCBC, .aesCBC, 256), row(.cast128CBC, .castCBC, .cast, 128),
    row(.blowfishCBC, .blowfishCBC, .blowfish, 128), row(.aes128CTR, nil, .aesCTR, 128),
    row(.aes192CTR, nil, .aesCTR, 192), row(.aes256CTR, nil, .aesCTR, 256),
    row(.ideaCBC, .ideaCBC, .idea),
  ]

  private static func row(
    _ cipher: CipherAlgorithm, _ phase1: IKEEncryptionAlgorithm?, _ esp: ESPTransformID, _ keyBits: UInt16? = nil
  ) -> CipherNumbers {
    CipherNumbers(cipher: cipher, phase1: phase1?.rawValue, esp: esp.rawValue, keyBits: keyBits)
  }

  static func of(_ cipher: CipherAlgorithm) -> CipherNumbers {
    guard let row = all.first(where: { $0.cipher == cipher }) else {
      preconditionFailure("\(cipher.name) has no number")
    }
    return row
  }

  /// CAST and Blowfish go by a key length of 128 bits where none is named: RFC 2451 §2.2.
  var impliedKeyBits: UInt16? { cipher == .cast128CBC || cipher == .blowfishCBC ? 128 : nil }
}

extension HashAlgorithm {
  /// Hash Algorithm of phase 1; `nil` where RFC 2409 has no number for it.
  var phase1Number: UInt16? {
    switch self {
    case .md5: IKEHashAlgorithm.md5.rawValue
    case .sha1: IKEHashAlgorithm.sha1.rawValue
    case .sha256: IKEHashAlgorithm.sha2_256.rawValue
    case .sha384: IKEHashAlgorithm.sha2_384.rawValue
    case .sha512: IKEHashAlgorithm.sha2_512.rawValue
    case .ripemd160: nil
    }
  }
}

extension IntegrityAlgorithm {
  /// Authentication Algorithm of phase 2; `nil` for none, which is said by leaving the attribute out.
  var phase2Number: UInt16? {
    switch self {
    case .none: nil
    case .hmacMD5_96: AuthenticationAlgorithm.hmacMD5.rawValue
    case .hmacSHA1_96: AuthenticationAlgorithm.hmacSHA1.rawValue
    case .hmacSHA256_128: AuthenticationAlgorithm.hmacSHA2_256.rawValue
    case .hmacSHA384_192: AuthenticationAlgorithm.hmacSHA2_384.rawValue
    case .hmacSHA512_256: AuthenticationAlgorithm.hmacSHA2_512.rawValue
    case .hmacRIPEMD160_96: AuthenticationAlgorithm.hmacRIPEMD.rawValue
    }
  }
}

extension IntegrityAlgorithm {
  /// Transform identifier of AH; each goes with one authentication algorithm (RFC 2407 §4.4.3). `nil` for none.
  var ahTransform: AHTransformID? {
    switch self {
    case .none: nil
    case .hmacMD5_96: .md5
    case .hmacSHA1_96: .sha1
    case .hmacSHA256_128: .sha2_256
    case .hmacSHA384_192: .sha2_384
    case .hmacSHA512_256: .sha2_512
    case .hmacRIPEMD160_96: .ripemd
    }
  }
}

extension AssociationSuite {
  /// Transform identifier in a proposal for the suite's protocol; `nil` where there is none.
  var transformID: UInt8? {
    switch self {
    case .esp(let suite): CipherNumbers.of(suite.cipher).esp
    case .ah(let integrity): integrity.ahTransform?.rawValue
    case .ipcomp(.deflate): IPCompTransformID.deflate.rawValue
    }
  }

  /// Key Length, in bits; `nil` where the attribute is left out.
  var keyBits: UInt16? { if case .esp(let suite) = self { CipherNumbers.of(suite.cipher).keyBits } else { nil } }

  /// `ESP 3DES-CBC, HMAC-SHA-1-96`.
  var words: String {
    switch self {
    case .esp(let suite): "ESP \(suite.cipher.name), \(suite.integrity.name)"
    case .ah(let integrity): "AH \(integrity.name)"
    case .ipcomp(.deflate): "IPComp DEFLATE"
    }
  }
}
