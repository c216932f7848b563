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
      ciphertext: "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6")
  ]
}

@Suite("Ciphers")
struct CipherTests {
  @Test("Published examples, both ways", arguments: CipherExample.all)
  func published(_ example: CipherExample) throws {
    let (key, vector) = (hex(example.key), hex(example.vector))
    let (plaintext, ciphertext) = (hex(example.plaintext), hex(example.ciphertext))
    let seal = try Cipher(example.algorithm, key: key, direction: .encrypt)
    let open = try Cipher(example.algorithm, key: key, direction: .decrypt)
    #expect(try hex(seal.process(plaintext, initializationVector: vector).octets) == example.ciphertext)
    #expect(try hex(open.process(ciphertext, initializationVector: vector).octets) == example.plaintext)
  }

  @Test("Both ends of every group come to the same secret")
  func smoke() throws {
    #expect(HashAlgorithm.sha1.digest(Array("abc".utf8)).count == 20)
    for group in DiffieHellmanGroup.all {
      var a = SeededGenerator(seed: 1, node: "a", purpose: "x")
      var b = SeededGenerator(seed: 1, node: "b", purpose: "x")
      let x = DiffieHellmanGroup.makePrivateExponent(using: &a)
      let y = DiffieHellmanGroup.makePrivateExponent(using: &b)
      let gx = try group.publicValue(x)
      let gy = try group.publicValue(y)
      #expect(try group.sharedSecret(x, peerPublicValue: gy) == group.sharedSecret(y, peerPublicValue: gx))
      #expect(try group.publicValue([0] + x) == gx)
    }
  }
}
