import Testing

@testable import Cryptography

/// One published example of a cipher.
struct CipherExample: Sendable, CustomTestStringConvertible {
  let source: String
  let algorithm: CipherAlgorithm
  let key: String
  let vector: String
  let plaintext: String
  let ciphertext: String

  var testDescription: String { "\(algorithm.name): \(source)" }

  static let all: [CipherExample] = [
    CipherExample(
      source: "FIPS 81 table C1", algorithm: .desCBC, key: "0123456789abcdef", vector: "1234567890abcdef",
      plaintext: "4e6f77206973207468652074696d6520666f7220616c6c20",
      ciphertext: "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6"),
    CipherExample(
      source: "NIST CAVS 11.1, TCBCMMT3 encrypt, second", algorithm: .tripleDESCBC,
      key: "a49d7564199e97cb529d2c9d97bf2f98d35edf57ba1f7358", vector: "c2e999cb6249023c",
      plaintext: "c689aee38a301bb316da75db36f110b5", ciphertext: "e9afaba5ec75ea1bbe65506655bb4ecb"),
    CipherExample(
      source: "RFC 3602 §4 case 2", algorithm: .aes128CBC, key: "c286696d887c9aa0611bbb3e2025a45a",
      vector: "562e17996d093d28ddb3ba695a2e6f58",
      plaintext: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      ciphertext: "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1"),
    CipherExample(
      source: "NIST SP 800-38A F.2.3, first block", algorithm: .aes192CBC,
      key: "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", vector: "000102030405060708090a0b0c0d0e0f",
      plaintext: "6bc1bee22e409f96e93d7e117393172a", ciphertext: "4f021db243bc633d7178183a9fa071e8"),
    CipherExample(
      source: "NIST SP 800-38A F.2.5, first block", algorithm: .aes256CBC,
      key: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
      vector: "000102030405060708090a0b0c0d0e0f",
      plaintext: "6bc1bee22e409f96e93d7e117393172a", ciphertext: "f58c4c04d6e5f1ba779eabfb5f7bfbd6"),
    CipherExample(
      source: "RFC 2144 B.1, 128 bits", algorithm: .cast128CBC, key: "0123456712345678234567893456789a",
      vector: "0000000000000000", plaintext: "0123456789abcdef", ciphertext: "238b4fe5847e44b2"),
    CipherExample(
      source: "RFC 2144 B.1, 80 bits", algorithm: .cast128CBC, key: "01234567123456782345",
      vector: "0000000000000000", plaintext: "0123456789abcdef", ciphertext: "eb6a711a2c02271b"),
    CipherExample(
      source: "RFC 2144 B.1, 40 bits", algorithm: .cast128CBC, key: "0123456712",
      vector: "0000000000000000", plaintext: "0123456789abcdef", ciphertext: "7ac816d16e9b302e"),
    CipherExample(
      source: "Schneier, vectors-2.txt, chaining mode", algorithm: .blowfishCBC,
      key: "0123456789abcdeff0e1d2c3b4a59687", vector: "fedcba9876543210",
      plaintext: "37363534333231204e6f77206973207468652074696d6520666f722000000000",
      ciphertext: "6b77b4d63006dee605b156e27403979358deb9e7154616d959f1652bd5ff92cc"),
    CipherExample(
      source: "RFC 3686 §6 vector 3, nonce behind the key", algorithm: .aes128CTR,
      key: "7691be035e5020a8ac6e618529f9a0dc00e0017b", vector: "27777f3f4a1786f0",
      plaintext: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
      ciphertext: "c1cf48a89f2ffdd9cf4652e9efdb72d74540a42bde6d7836d59a5ceaaef3105325b2072f"),
    CipherExample(
      source: "RFC 3686 §6 vector 4", algorithm: .aes192CTR,
      key: "16af5b145fc9f579c175f93e3bfb0eed863d06ccfdb7851500000048", vector: "36733c147d6d93cb",
      plaintext: "53696e676c6520626c6f636b206d7367", ciphertext: "4b55384fe259c9c84e7935a003cbe928"),
    CipherExample(
      source: "RFC 3686 §6 vector 7", algorithm: .aes256CTR,
      key: "776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c10400000060", vector: "db5672c97aa8f0b2",
      plaintext: "53696e676c6520626c6f636b206d7367", ciphertext: "145ad01dbf824ec7560863dc71e3e0c0"),
    CipherExample(
      source: "Python's cryptography 48.0.0, four blocks", algorithm: .ideaCBC, key: "00010002000300040005000600070008",
      vector: "fedcba9876543210", plaintext: "4e6f77206973207468652074696d6520666f7220616c6c20676f6f64206d656e",
      ciphertext: "661598fe374651f2dcf8ab34d0d6247f907506e3f5f29c4a5f74dc484115aba8"),
    CipherExample(
      source: "RFC 2410 §2: the identity", algorithm: .null, key: "", vector: "",
      plaintext: "123456789abcdef0aa", ciphertext: "123456789abcdef0aa"),
  ]
}
